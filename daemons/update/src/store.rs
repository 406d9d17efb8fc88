// SPDX-License-Identifier: MIT OR Apache-2.0
//! The record on disk: replaced whole, durable before anything that rests on it is done.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::{Fault, Record};

/// Number of the file's format. Fields may be added without a new one; both slots' daemons read the
/// same file, the older as well, so what an older one cannot understand gets a new number.
const FORMAT: u32 = 1;
/// Largest file that is read; ours has less than 2 KiB.
const MAX_BYTES: u64 = 64 * 1024;
const NAME: &str = "state.json";

/// Why the record cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is of a newer daemon: the other slot's, before a step back.
    #[error("{path}: format {found}; this daemon knows {FORMAT} and leaves the file alone")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// Reading or writing failed.
    #[error("{act} {path}")]
    Io {
        /// What failed.
        act: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

#[derive(Serialize, Deserialize)]
struct Format {
    format: u32,
}

#[derive(Serialize)]
struct Written<'a> {
    format: u32,
    #[serde(flatten)]
    record: &'a Record,
}

/// The record's place.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
}

impl Store {
    /// In the state directory.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    /// The record as it was left. A reader without one is new. A file that is no record any more (a
    /// disk that forgot) is set aside, and the reader counts as new: its floor starts at what runs.
    ///
    /// # Errors
    /// When the file is of a newer daemon, or cannot be read or set aside.
    pub fn load(&self) -> Result<Record, StoreError> {
        let path = self.path();
        let bytes = match read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Record::default()),
            Err(source) => return Err(io("read", &path, source)),
        };
        if let Ok(Format { format }) = serde_json::from_slice(&bytes)
            && format > FORMAT
        {
            return Err(StoreError::Newer {
                path,
                found: format,
            });
        }
        match serde_json::from_slice(&bytes) {
            Ok(record) => Ok(record),
            Err(error) => {
                let aside = self.directory.join("state.json.broken");
                tracing::error!(%error, path = %path.display(), aside = %aside.display(),
                    "no record any more; set aside, the floor begins anew at what runs");
                fs::rename(&path, &aside).map_err(|e| io("set aside", &path, e))?;
                Ok(Record {
                    last_error: Some(Fault::StorageFailed),
                    ..Record::default()
                })
            }
        }
    }

    /// Makes `record` the one that is found after a power cut.
    ///
    /// # Errors
    /// When that cannot be promised; the earlier one is still there then, or already this one.
    pub fn save(&self, record: &Record) -> Result<(), StoreError> {
        let path = self.path();
        let fresh = self.directory.join("state.json.new");
        let written = Written {
            format: FORMAT,
            record,
        };
        let mut text = serde_json::to_vec_pretty(&written)
            .map_err(|e| io("write", &fresh, std::io::Error::other(e)))?;
        text.push(b'\n');
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&fresh)?;
            file.write_all(&text)?;
            file.sync_all()
        };
        write().map_err(|e| io("write", &fresh, e))?;
        fs::rename(&fresh, &path).map_err(|e| io("rename", &fresh, e))?;
        let synced = File::open(&self.directory).and_then(|directory| directory.sync_all());
        synced.map_err(|e| io("sync", &self.directory, e))
    }
}

fn io(act: &'static str, path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io {
        act,
        path: path.to_owned(),
        source,
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::{Bundle, Pending, Rest, Slot, State};
    use semver::Version;

    fn pending() -> Pending {
        Pending {
            version: Version::new(1, 2, 3),
            slot: Slot::B,
            tries: 2,
            since: 1_800_000_000,
            rollback: true,
        }
    }

    #[test]
    fn every_state_comes_back_as_it_was_saved() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path());
        assert_eq!(store.load().unwrap(), Record::default());
        let bundle = Bundle {
            version: "2.0.0-rc.1+7".parse().unwrap(),
            hash: "ab".repeat(32),
        };
        let transaction = "t".to_owned();
        let states = [
            State::Rest(Rest::Idle),
            State::Rest(Rest::Installed(pending())),
            State::Rest(Rest::Confirmed),
            State::Rest(Rest::RolledBack),
            State::Checking {
                transaction: transaction.clone(),
                back: Rest::Installed(pending()),
            },
            State::Installing {
                transaction,
                bundle,
                slot: Slot::A,
            },
            State::Activating(pending()),
            State::Unconfirmed(Some(pending())),
            State::Unconfirmed(None),
        ];
        for state in states {
            let record = Record {
                boot: "b".into(),
                floor: Some(Version::new(1, 0, 0)),
                state,
                last_error: Some(Fault::NeverConfirmed),
                judged: Some(7),
                ..Record::default()
            };
            store.save(&record).unwrap();
            assert_eq!(store.load().unwrap(), record);
        }
    }

    #[test]
    fn a_file_cut_off_anywhere_is_set_aside_and_a_newer_one_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path());
        let path = directory.path().join(NAME);
        store.save(&Record::default()).unwrap();
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() - 2 {
            fs::write(&path, &whole[..length]).unwrap();
            let record = store.load().unwrap();
            assert_eq!(record.last_error, Some(Fault::StorageFailed), "{length}");
            assert!(!path.exists());
        }
        fs::write(&path, b"{\"format\": 2, \"anything\": 1}").unwrap();
        let error = store.load().unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 2, .. }));
        assert!(path.exists());
    }

    proptest::proptest! {
        #[test]
        fn no_content_of_the_file_stops_the_daemon_but_a_newer_format(
            at in 0_usize..2000,
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40),
        ) {
            let directory = tempfile::tempdir().unwrap();
            let store = Store::new(directory.path());
            let record = Record {
                state: State::Activating(pending()),
                floor: Some(Version::new(1, 0, 0)),
                ..Record::default()
            };
            store.save(&record).unwrap();
            let path = directory.path().join(NAME);
            let mut text = fs::read(&path).unwrap();
            let at = at % text.len();
            let end = (at + bytes.len()).min(text.len());
            text.splice(at..end, bytes);
            fs::write(&path, &text).unwrap();
            match store.load() {
                Ok(record) => proptest::prop_assert!(path.exists() || record.floor.is_none()),
                Err(StoreError::Newer { found, .. }) => proptest::prop_assert!(found > FORMAT),
                Err(error) => return Err(proptest::test_runner::TestCaseError::fail(error.to_string())),
            }
        }
    }

    #[test]
    fn a_half_written_new_file_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path());
        let record = Record {
            boot: "kept".into(),
            ..Record::default()
        };
        store.save(&record).unwrap();
        fs::write(directory.path().join("state.json.new"), b"{\"for").unwrap();
        assert_eq!(store.load().unwrap(), record);
        store.save(&record).unwrap();
        assert!(!directory.path().join("state.json.new").exists());
    }

    #[test]
    fn a_record_that_cannot_be_written_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(&directory.path().join("absent"));
        let error = store.save(&Record::default()).unwrap_err();
        assert!(matches!(error, StoreError::Io { act: "write", .. }));
    }
}
