// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is kept of boots: what passed on the last good one, and the verdict on this one.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use uketsuke_bus::update1::Verdict;

use crate::durable;

/// Version of the form of [`Passed`].
const FORMAT: u32 = 1;
/// File names in the state directory; the second as `uketsuke_bus::update1::VERDICT_FILE`.
const PASSED: &str = "passed";
const VERDICT: &str = "verdict";

/// The checks that were ok on the last good boot.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Passed {
    format: u32,
    version: String,
    checks: BTreeSet<String>,
}

/// Reads what passed. Nothing on the first boot; what cannot be read is said and counts as
/// nothing, so that a broken file makes the gate the minimum and never a reboot.
#[must_use]
pub fn passed(directory: &Path) -> BTreeSet<String> {
    let path = directory.join(PASSED);
    let read = std::fs::read(&path).and_then(|bytes| {
        let passed: Passed = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
        if passed.format == FORMAT {
            Ok(passed.checks)
        } else {
            Err(io::Error::other(format!(
                "unknown format {}",
                passed.format
            )))
        }
    });
    read.unwrap_or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            eprintln!(
                "uketsukectl: {}: {error}; only the minimum is asked",
                path.display()
            );
        }
        BTreeSet::new()
    })
}

/// Keeps what passed.
///
/// # Errors
/// When it cannot be made durable.
pub fn keep_passed(directory: &Path, version: String, checks: BTreeSet<String>) -> io::Result<()> {
    let passed = Passed {
        format: FORMAT,
        version,
        checks,
    };
    durable::replace(&directory.join(PASSED), &serde_json::to_vec(&passed)?)
}

/// Keeps the verdict, for the update daemon.
///
/// # Errors
/// When it cannot be made durable.
pub fn keep_verdict(directory: &Path, verdict: &Verdict) -> io::Result<()> {
    durable::replace(&directory.join(VERDICT), &serde_json::to_vec(verdict)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_verdict_lies_where_the_update_daemon_looks() {
        let place = Path::new(uketsuke_bus::update1::VERDICT_FILE);
        assert_eq!(place.file_name().unwrap(), VERDICT);
        assert_eq!(
            place.parent().unwrap(),
            Path::new("/var/lib/uketsuke/boot-ok")
        );
    }

    #[test]
    fn what_passed_comes_back_and_a_broken_file_counts_as_nothing() {
        let directory = tempfile::tempdir().unwrap();
        assert!(passed(directory.path()).is_empty());
        let checks: BTreeSet<String> = ["card".to_owned()].into();
        keep_passed(directory.path(), "0.1.0".into(), checks.clone()).unwrap();
        assert_eq!(passed(directory.path()), checks);
        let path = directory.path().join(PASSED);
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(passed(directory.path()).is_empty(), "{length}");
        }
        let newer = String::from_utf8(whole).unwrap().replace(":1,", ":2,");
        std::fs::write(&path, newer).unwrap();
        assert!(passed(directory.path()).is_empty());
    }
}
