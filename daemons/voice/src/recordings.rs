// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which recordings there are.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use uketsuke_bus::voice1::{MOST_RECORDINGS, NAME_BYTES};

/// What the name of a recording's file ends in: Opus in Ogg (RFC 7845).
pub const ENDING: &str = ".opus";

/// Why an order names nothing that can be said.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unknown {
    /// None was named.
    #[error("no recording was named")]
    None,
    /// Too many were named.
    #[error("{0} recordings; {MOST_RECORDINGS} at most")]
    TooMany(usize),
    /// This one, counted from 1, has a name that no recording can have. The name is not repeated: it
    /// may be anything.
    #[error("recording {0} of the order: 1 to {NAME_BYTES} of a-z, 0-9 and - make a name")]
    BadName(usize),
    /// There is none of this name.
    #[error("{0}: no such recording")]
    Absent(String),
}

/// The folder of recordings, as it was when the daemon started: it lies in the read-only image.
#[derive(Clone, Debug, Default)]
pub struct Recordings {
    folder: PathBuf,
    names: BTreeSet<String>,
}

impl Recordings {
    /// Lists `folder`. What is not named like a recording is none.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(folder: &Path) -> io::Result<Self> {
        let mut names = BTreeSet::new();
        for entry in std::fs::read_dir(folder)? {
            let file = entry?.file_name();
            let name = file.to_str().and_then(|file| file.strip_suffix(ENDING));
            names.extend(name.filter(|name| is_name(name)).map(str::to_owned));
        }
        Ok(Self {
            folder: folder.to_owned(),
            names,
        })
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// The files of an order. The file system is not asked.
    ///
    /// # Errors
    /// [`Unknown`], for the first name that is wrong.
    pub fn files(&self, names: &[String]) -> Result<Vec<PathBuf>, Unknown> {
        match names.len() {
            0 => return Err(Unknown::None),
            1..=MOST_RECORDINGS => {}
            many => return Err(Unknown::TooMany(many)),
        }
        let file = |(at, name): (usize, &String)| {
            if !is_name(name) {
                Err(Unknown::BadName(at + 1))
            } else if !self.names.contains(name) {
                Err(Unknown::Absent(name.clone()))
            } else {
                Ok(self.folder.join(format!("{name}{ENDING}")))
            }
        };
        names.iter().enumerate().map(file).collect()
    }
}

/// Whether a recording may be called so.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let letters = name
        .bytes()
        .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    (1..=NAME_BYTES).contains(&name.len()) && letters
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn some() -> (tempfile::TempDir, Recordings) {
        let folder = tempfile::tempdir().unwrap();
        for file in ["one.opus", "two-2.opus", "Three.opus", "four.wav", ".opus"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let recordings = Recordings::list(folder.path()).unwrap();
        (folder, recordings)
    }

    #[test]
    fn only_what_is_named_like_a_recording_is_one() {
        let (folder, recordings) = some();
        assert_eq!(recordings.count(), 2);
        let files = recordings.files(&names(&["two-2", "one", "one"])).unwrap();
        let file = |name: &str| folder.path().join(name);
        assert_eq!(
            files,
            [file("two-2.opus"), file("one.opus"), file("one.opus")]
        );
    }

    #[test]
    fn an_order_is_refused_for_its_first_mistake() {
        let (_folder, recordings) = some();
        let refused = |order: &[&str]| recordings.files(&names(order)).unwrap_err();
        assert_eq!(refused(&[]), Unknown::None);
        assert_eq!(refused(&["one"; 33]), Unknown::TooMany(33));
        assert_eq!(refused(&["one", "three"]), Unknown::Absent("three".into()));
        let long = "a".repeat(NAME_BYTES + 1);
        for bad in ["", "One", "../one", "one.opus", "one\0", "一", &long] {
            assert_eq!(refused(&["one", bad]), Unknown::BadName(2), "{bad:?}");
        }
        assert_eq!(
            refused(&[&"a".repeat(NAME_BYTES)]),
            Unknown::Absent("a".repeat(NAME_BYTES))
        );
        assert!(recordings.files(&names(&["one"; 32])).is_ok());
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        assert!(Recordings::list(Path::new("/nowhere/voice")).is_err());
    }
}
