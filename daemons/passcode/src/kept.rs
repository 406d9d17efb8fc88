// SPDX-License-Identifier: MIT OR Apache-2.0
//! Codes and counts as one file: who takes the counts away takes the codes away as well. Where the board
//! has a counter that only grows (a TPM's), the file carries its value, and one that was put back is
//! recognised.
//!
//! ```text
//! file says | counter says      | so the file is
//! n         | n                 | the last
//! n + 1     | n                 | the last; the power went before the step, which is made up for
//! n         | anything else     | put back
//! nothing   | anything          | put back
//! n         | no counter here   | put back
//! nothing   | no counter here   | believed: the weaker form, for boards without one
//! ```
//! A file that never met a counter is not taken over for nothing either: whoever kept a copy of one from
//! before the counter came could put it back as often as he likes. That costs a reader that had
//! passcodes before it had a counter the highest wait once, or a passcode issued anew.

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
    /// When it does not answer; it may say one more all the same.
    fn step(&mut self) -> io::Result<()>;
}

/// What the file that is replaced is still worth to whoever has a copy of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// Nothing: the new one allows whatever it allowed, under the same codes. So the counter need not be
    /// stepped, which wears a TPM.
    Harmless,
    /// A guess, or a code: it must be recognised from now on.
    Void,
}

/// Where it is kept.
pub trait Keep {
    /// What was kept; none on a reader that never had a code. And whether it is older than the last.
    ///
    /// # Errors
    /// When it cannot be read.
    fn load(&mut self) -> Result<Option<(Kept, bool)>, KeptError>;
    /// Makes this what is found after a power cut, and the only one that is believed where the earlier is
    /// to be void.
    ///
    /// # Errors
    /// When that cannot be promised; the earlier is still there then, or already this.
    fn save(&mut self, kept: &mut Kept, earlier: Earlier) -> Result<(), KeptError>;
}

/// A file in a folder, with a counter beside it where there is one.
pub struct Folder<C> {
    folder: PathBuf,
    counter: Option<C>,
    /// The highest number that a file was given here.
    given: Option<u64>,
}

impl<C: Counter> Folder<C> {
    /// In this folder.
    #[must_use]
    pub fn new(folder: &Path, counter: Option<C>) -> Self {
        Self {
            folder: folder.to_owned(),
            counter,
            given: None,
        }
    }

    /// Replaces the file; durable when this returns.
    fn write(&mut self, kept: &Kept) -> Result<(), KeptError> {
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
        self.given = self.given.max(kept.counter);
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
            // Whoever keeps the counter from answering must not get the weaker form by it.
            let older = kept.counter.is_some();
            return Ok(Some((kept, older)));
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

    fn save(&mut self, kept: &mut Kept, earlier: Earlier) -> Result<(), KeptError> {
        let Some(counter) = &mut self.counter else {
            kept.counter = None;
            return self.write(kept);
        };
        let mut says = counter.value().map_err(KeptError::Counter)?;
        let unfinished = self.given > Some(says);
        if unfinished {
            // A file with the next number was written, and the step behind it failed. Another one with
            // that number must not come to be.
            counter.step().map_err(KeptError::Counter)?;
            says = says.saturating_add(1);
        }
        if earlier == Earlier::Harmless && !unfinished {
            kept.counter = Some(says);
            return self.write(kept);
        }
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
