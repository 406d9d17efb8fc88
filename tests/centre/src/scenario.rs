// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who is who: from a certificate's serial number to the person it is answered for.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uketsuke_bus::day::Day;
use uketsuke_bus::letter::Letter;
use uketsuke_bus::uplink1::Validity;
use uketsuke_link::wire::Earlier;

/// What a profile is answered.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// 資格有効性.
    pub validity: Validity,
    /// カナ氏名.
    pub name_kana: Option<String>,
    /// Consents on record before the first visit (マイナポータル); a visit replaces them.
    pub earlier: Option<Earlier>,
    /// Referral letters to whichever facility asks; one that was submitted is not told of again.
    #[serde(default)]
    pub letters: Vec<Letter>,
}

impl Person {
    /// Who stands behind `profile` when a test has set nothing.
    #[must_use]
    pub fn of(profile: &str) -> Self {
        let name = match profile {
            "normal-adult" => "シカク イチロウ",
            _ => "テスト タロウ",
        };
        Self {
            validity: Validity::Valid,
            name_kana: Some(name.to_owned()),
            earlier: None,
            letters: match profile {
                "second-adult" => invented(),
                _ => Vec::new(),
            },
        }
    }
}

/// Letters of invented hospitals: two pages of P-12.
fn invented() -> Vec<Letter> {
    let letter = |id: &str, (month, day), facility: &str, department: &str| Letter {
        id: id.to_owned(),
        issued: Day {
            year: 2026,
            month,
            day,
        },
        facility: facility.to_owned(),
        department: department.to_owned(),
    };
    vec![
        letter("letter-1", (11, 5), "みなと総合病院", "循環器内科"),
        letter("letter-2", (10, 28), "さくら眼科クリニック", "眼科"),
        letter("letter-3", (10, 9), "県立みどり医療センター", "整形外科"),
        letter("letter-4", (9, 30), "やまて病院", "皮膚科"),
    ]
}

/// A certificate whose serial number is in no registry belongs to this profile.
pub const UNKNOWN: &str = "unknown";

/// The files of the virtual card. They are read for every check-in: the card may be made anew
/// while the centre runs.
pub struct Files {
    registry: PathBuf,
    trust: PathBuf,
}

#[derive(Deserialize)]
struct Entry {
    profile: String,
    serial_hex: String,
}

impl Files {
    /// Reads `registry` (JSON) and `trust` (PEM) when needed.
    #[must_use]
    pub fn new(registry: PathBuf, trust: PathBuf) -> Self {
        Self { registry, trust }
    }

    /// The file of the roots.
    #[must_use]
    pub fn trust(&self) -> &Path {
        &self.trust
    }

    /// The profile whose certificate has this serial number (hexadecimal, any case, leading zeros
    /// and colons do not matter).
    ///
    /// # Errors
    /// When the registry is there but cannot be read.
    pub fn profile(&self, serial: &str) -> anyhow::Result<String> {
        let text = match std::fs::read_to_string(&self.registry) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(UNKNOWN.to_owned());
            }
            Err(error) => return Err(error.into()),
        };
        let entries: Vec<Entry> = serde_json::from_str(&text)?;
        let wanted = plain(serial);
        Ok(entries
            .into_iter()
            .find(|entry| plain(&entry.serial_hex) == wanted)
            .map_or_else(|| UNKNOWN.to_owned(), |entry| entry.profile))
    }
}

fn plain(serial: &str) -> String {
    serial
        .chars()
        .filter(char::is_ascii_hexdigit)
        .map(|c| c.to_ascii_lowercase())
        .skip_while(|c| *c == '0')
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn serial_numbers_are_compared_as_numbers() {
        let directory = tempfile::tempdir().unwrap();
        let registry = directory.path().join("registry.json");
        let files = Files::new(registry.clone(), directory.path().join("ca.pem"));
        assert_eq!(files.profile("227b13").unwrap(), UNKNOWN);
        std::fs::write(
            &registry,
            r#"[{"profile":"normal-adult","serial_hex":"00:22:7B:13","subject_cn":"x"}]"#,
        )
        .unwrap();
        assert_eq!(files.profile("227b13").unwrap(), "normal-adult");
        assert_eq!(files.profile("227b14").unwrap(), UNKNOWN);
        std::fs::write(&registry, "{").unwrap();
        assert!(files.profile("227b13").is_err());
    }
}
