// SPDX-License-Identifier: MIT OR Apache-2.0
//! The door between the stick's process, which reads what strangers wrote, and the one that may
//! change the reader: a socket over which grant and set are handed, and nothing else. What comes
//! through is believed no more than the stick itself: the grant is judged again, here with its own
//! record of used ones, and then the whole set.
//!
//! Request: `UKP1`, the grant, the number of files, path and content of each. Answer: one byte, the
//! report's text. Lengths are four bytes, big-endian.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use uketsuke_common::config::Problem;
use zeroize::Zeroizing;

use crate::boot::{Boot, trusted_time};
use crate::grant::{self, Act, GrantError, Keys};
use crate::ledger::Ledger;
use crate::report::{Outcome, Report};
use crate::set::{Clock, MAX_FILES, MAX_PEM, Set};

const MAGIC: &[u8; 4] = b"UKP1";
/// Longest path of a file of a set.
const MAX_PATH: usize = 128;
/// Largest file; `reader.toml` may be the largest.
const MAX_FILE: usize = if MAX_PEM > uketsuke_common::config::MAX_BYTES {
    MAX_PEM as usize
} else {
    uketsuke_common::config::MAX_BYTES as usize
};
/// Longest answer.
const MAX_ANSWER: usize = 64 * 1024;
/// How long the other end may be silent.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long sealing and storing may take.
const WORK: Duration = Duration::from_secs(120);

const SERVICE_STICK: &str = "a service stick";

fn write_part(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(bytes)
}

fn read_length(from: &mut impl Read, limit: usize) -> io::Result<usize> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > limit {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{length}; at most {limit} are taken"),
        ));
    }
    Ok(length)
}

fn read_part(from: &mut impl Read, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; read_length(from, limit)?]);
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Hands grant and set to the door at `socket`; returns how it ended, and the report.
///
/// # Errors
/// When there is nobody at the door, or the answer is none.
pub fn knock(socket: &Path, grant: &[u8], set: &Set) -> io::Result<(Outcome, String)> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_read_timeout(Some(WORK))?;
    stream.write_all(MAGIC)?;
    write_part(&mut stream, grant)?;
    let files: Vec<_> = set.files().collect();
    let count = u32::try_from(files.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    stream.write_all(&count.to_be_bytes())?;
    for (path, content) in files {
        write_part(&mut stream, path.as_bytes())?;
        write_part(&mut stream, content)?;
    }
    let mut outcome = [0];
    stream.read_exact(&mut outcome)?;
    let text = read_part(&mut stream, MAX_ANSWER)?;
    let outcome = match outcome[0] {
        b'A' => Outcome::Applied,
        b'R' => Outcome::Refused,
        _ => Outcome::Failed,
    };
    Ok((outcome, String::from_utf8_lossy(&text).into_owned()))
}

/// Serves one caller. `after` is called when a set came into force.
///
/// # Errors
/// When the caller does not speak as it should, or what is in force cannot be laid out.
pub fn serve(
    mut stream: UnixStream,
    boot: &Boot<'_>,
    after: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut magic = [0; 4];
    stream.read_exact(&mut magic)?;
    anyhow::ensure!(magic == *MAGIC, "the caller speaks another language");
    let grant = read_part(&mut stream, grant::MAX_BYTES as usize)?;
    let mut set = Set::default();
    let mut problems = Vec::new();
    for _ in 0..read_length(&mut stream, MAX_FILES)? {
        let path = read_part(&mut stream, MAX_PATH)?;
        let content = read_part(&mut stream, MAX_FILE)?;
        match std::str::from_utf8(&path) {
            Ok(path) => problems.extend(set.insert(path, content).err()),
            Err(_) => anyhow::bail!("a path that is not UTF-8"),
        }
    }
    let report = admit(boot, &grant, &set, problems);
    boot.tell(&report);
    let applied = report.outcome == Outcome::Applied;
    if applied {
        boot.lay_out(report.when)?;
    }
    let letter = match report.outcome {
        Outcome::Applied => b'A',
        Outcome::Refused => b'R',
        Outcome::Failed | Outcome::Damaged => b'F',
    };
    let mut text = report.to_string();
    text.truncate(text.floor_char_boundary(MAX_ANSWER));
    stream.write_all(&[letter])?;
    write_part(&mut stream, text.as_bytes())?;
    if applied { after() } else { Ok(()) }
}

/// Judges the grant, then the set, and applies it.
fn admit(boot: &Boot<'_>, grant: &[u8], set: &Set, problems: Vec<Problem>) -> Report {
    let (now, judged) = judge(boot, grant, set);
    if let Err(error) = judged {
        return Report {
            when: now,
            source: SERVICE_STICK,
            outcome: Outcome::Refused,
            lines: vec![format!("service.grant: {error}")],
        };
    }
    let clock = Clock {
        now,
        certain: false,
    };
    boot.apply(set, problems, clock, SERVICE_STICK)
}

/// The time, and whether the grant lets this set in; it counts as used afterwards.
fn judge(boot: &Boot<'_>, grant: &[u8], set: &Set) -> (i64, Result<(), GrantError>) {
    let places = boot.places;
    let lost = |what: String| GrantError::NoRecord(what);
    let now = match trusted_time(places, boot.files) {
        Ok(now) => now,
        Err(error) => return (places.time(), Err(lost(error.to_string()))),
    };
    let judged = (|| {
        let keys = Keys::read(&places.keys).map_err(|e| lost(e.to_string()))?;
        let device = std::fs::read_to_string(&places.device).map_err(|e| lost(e.to_string()))?;
        let claims = keys.judge(grant, device.trim(), now)?;
        claims.allows_set(&set.hash())?;
        Ledger::new(boot.files, &places.ledger).spend(&claims, now)
    })();
    (now, judged)
}

impl grant::Claims {
    /// Whether this set may be applied.
    ///
    /// # Errors
    /// [`GrantError::NotAllowed`].
    pub fn allows_set(&self, hash: &str) -> Result<(), GrantError> {
        if !self.allow.contains(&Act::Provision) {
            return Err(GrantError::NotAllowed("provision"));
        }
        match &self.set {
            Some(only) if only != hash => Err(GrantError::NotAllowed("this provisioning set")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
