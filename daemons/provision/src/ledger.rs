// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which grants were used, and the latest time ever seen: both outlive a restart, and neither is
//! given up for a damaged file. Without the record no grant opens anything.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files::{Files, replace};
use crate::grant::{Claims, GrantError};

const FORMAT: u32 = 1;
/// Largest file; an entry has some 60 bytes and leaves with its grant's time.
const MAX_BYTES: u64 = 256 * 1024;
/// Most entries that are kept: grants of the last hours, for one box.
const MAX_USED: usize = 1024;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    format: u32,
    /// The latest time ever seen, seconds since 1970.
    seen: i64,
    /// Used grants with the end of their time.
    used: BTreeMap<String, i64>,
}

/// The record in one file.
pub struct Ledger<'a> {
    files: &'a dyn Files,
    path: PathBuf,
}

/// Why the record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not as it was written.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How.
        what: String,
    },
}

impl<'a> Ledger<'a> {
    /// The record in `path`.
    pub fn new(files: &'a dyn Files, path: &Path) -> Self {
        Self {
            files,
            path: path.to_owned(),
        }
    }

    fn read(&self) -> Result<Record, LedgerError> {
        let damaged = |what: String| LedgerError::Damaged {
            path: self.path.clone(),
            what,
        };
        match self.files.read(&self.path, MAX_BYTES) {
            Ok(bytes) => {
                let record: Record =
                    serde_json::from_slice(&bytes).map_err(|e| damaged(e.to_string()))?;
                if record.format != FORMAT {
                    return Err(damaged(format!("format {}", record.format)));
                }
                Ok(record)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Record {
                format: FORMAT,
                seen: 0,
                used: BTreeMap::new(),
            }),
            Err(source) => Err(self.file(source)),
        }
    }

    fn write(&self, record: &Record) -> Result<(), LedgerError> {
        let bytes = serde_json::to_vec(record).map_err(|e| self.file(e.into()))?;
        replace(self.files, &self.path, &bytes).map_err(|e| self.file(e))
    }

    fn file(&self, source: io::Error) -> LedgerError {
        LedgerError::File {
            path: self.path.clone(),
            source,
        }
    }

    /// The later of `clock` and the latest time seen, which it becomes.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn time(&self, clock: i64) -> Result<i64, LedgerError> {
        let mut record = self.read()?;
        if record.seen >= clock {
            return Ok(record.seen);
        }
        record.seen = clock;
        self.write(&record)?;
        Ok(clock)
    }

    /// Counts a grant as used from now on, durably.
    ///
    /// # Errors
    /// [`GrantError::Used`] when it was used before, [`GrantError::NoRecord`] when that cannot be
    /// known or kept.
    pub fn spend(&self, claims: &Claims, now: i64) -> Result<(), GrantError> {
        let lost = |e: LedgerError| GrantError::NoRecord(e.to_string());
        let mut record = self.read().map_err(lost)?;
        if record.used.contains_key(&claims.id) {
            return Err(GrantError::Used);
        }
        // Trusted time never goes back, so what is over can never be used again.
        record.used.retain(|_, until| *until > now);
        if record.used.len() >= MAX_USED {
            return Err(GrantError::NoRecord("too many grants at a time".into()));
        }
        record.used.insert(claims.id.clone(), claims.not_after);
        record.seen = record.seen.max(now);
        self.write(&record).map_err(lost)
    }
}
