// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a card remembers without power: its secrets with their counters, and how often they were
//! presented. One file per card, replaced atomically before the answer leaves, so that a card torn
//! off the reader, or this program killed, never forgets a try.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::pin::Pin;

/// Format of the file.
const FORMAT: u32 = 1;

/// Why a card's memory could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The file could not be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file could not be replaced.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is not what this version writes.
    #[error("{path} is not a card memory of format {FORMAT}: {reason}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// What is on disk. No `Debug`: it holds secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    format: u32,
    /// Secrets by their file identifier.
    pub pins: BTreeMap<u16, Pin>,
    /// VERIFY commands with data on the authentication PIN, since the last reset.
    pub verifies: u64,
    /// Those of them that did not succeed.
    pub verifies_wrong: u64,
}

/// A card's memory and the file it lives in.
pub struct Memory {
    path: PathBuf,
    content: Content,
    fresh: Content,
}

impl Memory {
    /// Opens the memory at `path`; a card never used before has the secrets `pins`.
    pub fn open(path: PathBuf, pins: BTreeMap<u16, Pin>) -> Result<Self, MemoryError> {
        let fresh = Content {
            format: FORMAT,
            pins,
            verifies: 0,
            verifies_wrong: 0,
        };
        let content = match fs::read(&path) {
            Ok(bytes) => printed_anew(parse(&path, &bytes)?, &fresh),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                store(&path, &fresh)?;
                fresh.clone()
            }
            Err(source) => return Err(MemoryError::Read { path, source }),
        };
        Ok(Self {
            path,
            content,
            fresh,
        })
    }

    /// What the card knows now.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Changes the memory: `act` works on a copy, which becomes the memory once it is in its file.
    pub fn update<T>(&mut self, act: impl FnOnce(&mut Content) -> T) -> Result<T, MemoryError> {
        let mut next = self.content.clone();
        let result = act(&mut next);
        if next != self.content {
            store(&self.path, &next)?;
            self.content = next;
        }
        Ok(result)
    }

    /// Makes the card as it was before its first use.
    pub fn reset(&mut self) -> Result<(), MemoryError> {
        let fresh = self.fresh.clone();
        self.update(|content| *content = fresh)
    }
}

/// What is printed on a card changes with the card: a kept memory takes it as it is now.
fn printed_anew(mut kept: Content, fresh: &Content) -> Content {
    for (number, pin) in &fresh.pins {
        match kept.pins.get(number) {
            Some(old) if !pin.is_reprinted(old) => {}
            _ => {
                kept.pins.insert(*number, pin.clone());
            }
        }
    }
    kept
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Content, MemoryError> {
    let wrong = |reason| MemoryError::Format {
        path: path.to_owned(),
        reason,
    };
    let content: Content =
        serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
    if content.format != FORMAT {
        return Err(wrong(format!("it is of format {}", content.format)));
    }
    Ok(content)
}

fn store(path: &Path, content: &Content) -> Result<(), MemoryError> {
    let bytes = serde_json::to_vec(content).map_err(|error| MemoryError::Format {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    replace(path, &bytes, FOR_OWNER).map_err(|source| MemoryError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Mode of a file that holds secrets.
pub const FOR_OWNER: u32 = 0o600;
/// Mode of a file that other users' programs read.
pub const FOR_ALL: u32 = 0o644;

/// Replaces the file at `path` so that a program killed at any moment leaves the old or the new
/// content there. Not forced to the disk: a busy one takes seconds for that, in which a card that has
/// to answer a VERIFY within two would count as mute.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut next = path.as_os_str().to_owned();
    next.push(".new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&next)?;
    // Whatever the umask of this process says.
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    fs::rename(&next, path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::apdu::Sw;
    use crate::pin::Rule;

    fn pins() -> BTreeMap<u16, Pin> {
        BTreeMap::from([(0x0018, Pin::new("1234", Rule::FourDigits, 3, 3))])
    }

    fn left(memory: &Memory) -> u8 {
        memory.content().pins[&0x0018].left()
    }

    #[test]
    fn what_is_printed_is_that_of_the_card_as_it_is_now() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("memory.json");
        let printed = |value: &str| {
            let mut pins = pins();
            pins.insert(0x0212, Pin::new(value, Rule::Printed, 10, 10));
            let mut memory = Memory::open(path.clone(), pins).unwrap();
            let present = |content: &mut Content| {
                content.pins.get_mut(&0x0018).unwrap().present(b"0");
                content.pins.get_mut(&0x0212).unwrap().present(b"11")
            };
            (memory.update(present).unwrap(), left(&memory))
        };
        assert_eq!(printed("22"), (Sw::tries(9), 2));
        assert_eq!(printed("22"), (Sw::tries(8), 1));
        assert_eq!(printed("11"), (Sw::OK, 0));
        // A memory from before the card had it.
        std::fs::remove_file(&path).unwrap();
        Memory::open(path.clone(), pins()).unwrap();
        assert_eq!(printed("11"), (Sw::OK, 2));
    }

    #[test]
    fn a_spent_try_survives_a_new_start_and_only_reset_gives_it_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("memory.json");
        let mut memory = Memory::open(path.clone(), pins()).unwrap();
        memory
            .update(|content| content.pins.get_mut(&0x0018).unwrap().present(b"0"))
            .unwrap();
        let mut memory = Memory::open(path.clone(), pins()).unwrap();
        assert_eq!(left(&memory), 2);
        memory.reset().unwrap();
        assert_eq!(left(&Memory::open(path, pins()).unwrap()), 3);
    }

    #[test]
    fn what_cannot_be_written_has_not_happened() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("card");
        fs::create_dir(&inside).unwrap();
        let mut memory = Memory::open(inside.join("memory.json"), pins()).unwrap();
        fs::remove_dir_all(&inside).unwrap();
        let spent = memory.update(|content| content.pins.get_mut(&0x0018).unwrap().present(b"0"));
        assert!(matches!(spent, Err(MemoryError::Write { .. })));
        assert_eq!(left(&memory), 3);
    }

    #[test]
    fn a_file_of_another_format_is_refused_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("memory.json");
        fs::write(
            &path,
            br#"{"format":2,"pins":{},"verifies":0,"verifies_wrong":0}"#,
        )
        .unwrap();
        assert!(matches!(
            Memory::open(path, pins()),
            Err(MemoryError::Format { .. })
        ));
    }

    #[test]
    fn the_file_is_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("memory.json");
        Memory::open(path.clone(), pins()).unwrap();
        assert_eq!(
            fs::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
