// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long the certificates last: those that the service manager has handed to the daemons.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use x509_parser::pem::Pem;

use super::Finding;

/// Units that hold certificates.
const UNITS: [&str; 2] = ["uketsuke-uplink.service", "uketsuke-terminal.service"];
/// Fewer days than this are bad: ordering new ones takes weeks.
const DAYS: i64 = 30;

/// `certificates`.
pub fn look(root: &Path) -> Finding {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX));
    let mut lines = Vec::new();
    for unit in UNITS {
        let directory = root.join("run/credentials").join(unit);
        let Ok(entries) = fs::read_dir(&directory) else {
            continue;
        };
        let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        for file in files {
            if file.extension().is_some_and(|e| e == "crt") {
                lines.push(days(&file, now));
            }
        }
    }
    if lines.is_empty() {
        return Finding::absent("certificates", "none to be seen (needs root)");
    }
    let bad = lines.iter().any(|line| line.is_err());
    let text: Vec<String> = lines
        .into_iter()
        .map(|line| line.unwrap_or_else(|bad| bad))
        .collect();
    let text = text.join(", ");
    if bad {
        Finding::bad("certificates", text)
    } else {
        Finding::ok("certificates", text)
    }
}

/// `reader.crt 340 days`, as an error when that is too few.
fn days(file: &Path, now: i64) -> Result<String, String> {
    let name = file.file_name().unwrap_or_default().display();
    let bytes = fs::read(file).map_err(|error| format!("{name}: {error}"))?;
    let mut left = None::<i64>;
    for pem in Pem::iter_from_buffer(&bytes) {
        let pem = pem.map_err(|error| format!("{name}: {error}"))?;
        let certificate = pem
            .parse_x509()
            .map_err(|error| format!("{name}: {error}"))?;
        let days = (certificate.validity().not_after.timestamp() - now).div_euclid(86_400);
        left = Some(left.map_or(days, |other| other.min(days)));
    }
    match left {
        Some(days) if days >= DAYS => Ok(format!("{name} {days} days")),
        Some(days) if days >= 0 => Err(format!("{name} only {days} days")),
        Some(days) => Err(format!("{name} expired {} days ago", -days)),
        None => Err(format!("{name} holds no certificate")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Verdict::{Absent, Bad, Ok};
    use super::*;

    fn certificate(days: i64) -> String {
        let mut parameters = rcgen::CertificateParams::new(vec!["reader".into()]).unwrap();
        let end = time::OffsetDateTime::now_utc() + time::Duration::days(days);
        parameters.not_before = end - time::Duration::days(400);
        parameters.not_after = end + time::Duration::hours(1);
        let key = rcgen::KeyPair::generate().unwrap();
        parameters.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn the_shortest_of_all_certificates_decides() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(look(root.path()).verdict, Absent);
        let directory = root.path().join("run/credentials/uketsuke-uplink.service");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("reader.crt"), certificate(340)).unwrap();
        // Not a certificate's name, so never opened: keys lie here too.
        fs::write(directory.join("reader.key"), "no").unwrap();
        let found = look(root.path());
        assert_eq!(
            (found.verdict, found.what.as_str()),
            (Ok, "reader.crt 340 days")
        );
        let chain = certificate(300) + &certificate(12);
        fs::write(directory.join("terminal-ca.crt"), chain).unwrap();
        let found = look(root.path());
        assert_eq!(found.verdict, Bad);
        assert!(
            found.what.contains("terminal-ca.crt only 12 days"),
            "{}",
            found.what
        );
        fs::write(directory.join("terminal-ca.crt"), certificate(-3)).unwrap();
        assert!(look(root.path()).what.contains("expired 3 days ago"));
        fs::write(directory.join("terminal-ca.crt"), "").unwrap();
        assert!(look(root.path()).what.contains("holds no certificate"));
    }
}
