// SPDX-License-Identifier: MIT OR Apache-2.0
//! Codes and counts as one file: who takes the counts away takes the codes away as well. Where the board
//! has a counter that only grows (a TPM's), the file carries its value, and one that was put back is
//! recognised.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::counts::Counts;
use crate::verifier::Codes;

/// Number of the file's format.
const FORMAT: u32 = 1;
/// Largest file that is read: some hundreds of accounts.
const MAX_BYTES: u64 = 256 * 1024;
const NAME: &str = "passcodes.json";

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    format: u32,
    /// What the board's counter says once this file is the valid one; none without such a counter.
    counter: Option<u64>,
    /// Wrong ones.
    pub counts: Counts,
    /// Right ones.
    pub codes: Codes,
}

impl Kept {
    /// No wrong ones yet.
    #[must_use]
    pub fn new(codes: Codes) -> Self {
        Self {
            format: FORMAT,
            counter: None,
            counts: Counts::default(),
            codes,
        }
    }
}

/// Why nothing can be read or kept. Nothing is compared then.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// Reading or writing failed.
    #[error("{act} {path}")]
    Io {
        /// What failed.
        act: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that is none of ours, or damaged: the codes in it have to be issued anew.
    #[error("{path}: not a list of passcodes: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What of it.
        what: String,
    },
    /// The board's counter does not answer.
    #[error("the board's counter")]
    Counter(#[source] io::Error),
}

/// A counter of the board that only grows.
pub trait Counter {
    /// What it says.
    ///
    /// # Errors
    /// When it does not answer.
    fn value(&mut self) -> io::Result<u64>;
    /// Makes it say one more.
    ///
    /// # Errors
    /// When it does not answer.
    fn step(&mut self) -> io::Result<()>;
}

/// Where it is kept.
pub trait Keep {
    /// What was kept; none on a reader that never had a code. And whether it is older than the last.
    ///
    /// # Errors
    /// When it cannot be read.
    fn load(&mut self) -> Result<Option<(Kept, bool)>, KeptError>;
    /// Makes this what is found after a power cut.
    ///
    /// # Errors
    /// When that cannot be promised; the earlier is still there then, or already this.
    fn save(&mut self, kept: &mut Kept) -> Result<(), KeptError>;
}

/// A file in a folder, with a counter beside it where there is one.
pub struct Folder<C> {
    folder: PathBuf,
    counter: Option<C>,
}

impl<C: Counter> Folder<C> {
    /// In this folder.
    #[must_use]
    pub fn new(folder: &Path, counter: Option<C>) -> Self {
        Self {
            folder: folder.to_owned(),
            counter,
        }
    }

    /// Replaces the file; durable when this returns.
    fn write(&self, kept: &Kept) -> Result<(), KeptError> {
        let path = self.folder.join(NAME);
        let fresh = self.folder.join("passcodes.json.new");
        let mut text = serde_json::to_vec(kept).map_err(|e| failed("write", &fresh, e.into()))?;
        text.push(b'\n');
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(0o600);
        options
            .open(&fresh)
            .and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()
            })
            .map_err(|e| failed("write", &fresh, e))?;
        fs::rename(&fresh, &path).map_err(|e| failed("rename", &fresh, e))?;
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|e| failed("sync", &self.folder, e))
    }
}

impl<C: Counter> Keep for Folder<C> {
    fn load(&mut self) -> Result<Option<(Kept, bool)>, KeptError> {
        let path = self.folder.join(NAME);
        let mut bytes = Vec::new();
        match File::open(&path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", &path, error)),
            Ok(_) => {}
        }
        let damaged = |what: String| KeptError::Damaged {
            path: path.clone(),
            what,
        };
        if bytes.len() as u64 > MAX_BYTES {
            return Err(damaged(format!("larger than {MAX_BYTES} bytes")));
        }
        let kept: Kept = serde_json::from_slice(&bytes).map_err(|e| damaged(e.to_string()))?;
        if kept.format != FORMAT {
            return Err(damaged(format!("format {}", kept.format)));
        }
        let Some(counter) = &mut self.counter else {
            return Ok(Some((kept, false)));
        };
        let says = counter.value().map_err(KeptError::Counter)?;
        let older = match kept.counter {
            Some(of_file) if of_file == says => false,
            // The power went between the file and the step; nothing was compared on it.
            Some(of_file) if of_file == says.saturating_add(1) => {
                counter.step().map_err(KeptError::Counter)?;
                false
            }
            _ => true,
        };
        Ok(Some((kept, older)))
    }

    fn save(&mut self, kept: &mut Kept) -> Result<(), KeptError> {
        let Some(counter) = &mut self.counter else {
            kept.counter = None;
            return self.write(kept);
        };
        let says = counter.value().map_err(KeptError::Counter)?;
        kept.counter = Some(says.saturating_add(1));
        self.write(kept)?;
        match &mut self.counter {
            Some(counter) => counter.step().map_err(KeptError::Counter),
            None => Ok(()),
        }
    }
}

/// For a board without such a counter; never made.
pub enum NoCounter {}

impl Counter for NoCounter {
    fn value(&mut self) -> io::Result<u64> {
        match *self {}
    }

    fn step(&mut self) -> io::Result<()> {
        match *self {}
    }
}

fn failed(act: &'static str, path: &Path, source: io::Error) -> KeptError {
    KeptError::Io {
        act,
        path: path.to_owned(),
        source,
    }
}
