// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the next start finds on the data partition: as the product mends it, with its own record.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use semver::Version;
use uketsuke_bus::update1::SlotState;
use uketsuke_update::domain::{Effect, Event, Fault, Here, Machine, Record, Refusal, Slot, State};
use uketsuke_update::store::{Store, StoreError};

use crate::tools::{Tools, ToolsError};

/// What the product does with the partition on each start (`daemons/boot/src/data/storage.rs`): a
/// simple check, and a full repair where that is not enough. Then whether anything is left to mend,
/// and the files, past the kernel.
const SCRIPT: &str = r#"
e2fsck -p "$1" 2>&1; mended=$?; repaired=0
if [ "$mended" -gt 1 ]; then e2fsck -f -y "$1" 2>&1; repaired=$?; fi
e2fsck -f -n "$1" 2>&1; left=$?
debugfs -R "dump /state/update/state.json $2/state.json" "$1" 2>&1
debugfs -R "dump /state/rauc/central.raucs $2/central.raucs" "$1" 2>&1
echo "ended $mended $repaired $left"
"#;

/// What is wrong with a data partition.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A tool.
    #[error(transparent)]
    Tools(#[from] ToolsError),
    /// A file.
    #[error("{path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file system is damaged.
    #[error("the file system: e2fsck {repaired}, then {left}: {said}")]
    Damaged {
        /// What repairing ended with; more than 1 is not repaired.
        repaired: i32,
        /// What a look at all of it ended with; more than 0 is damage.
        left: i32,
        /// Their words.
        said: String,
    },
    /// The update daemon would not take its record.
    #[error("the record of the update daemon")]
    Store(#[from] StoreError),
    /// The record is lost.
    #[error("the record of the update daemon {0}")]
    Record(&'static str),
    /// The next start does not go on.
    #[error("from {state} the start of slot {slot} does not go on: {why}")]
    Stuck {
        /// What the record says.
        state: String,
        /// Which slot starts.
        slot: &'static str,
        /// What is refused.
        why: String,
    },
    /// The record says something else than the disk.
    #[error("the record says {state} with slot b {content:?}, but {truth}")]
    Untrue {
        /// Its state.
        state: String,
        /// What it says of slot b.
        content: SlotState,
        /// What is so.
        truth: &'static str,
    },
    /// The installer's notes are no key file.
    #[error("line {line} of the installer's notes is {text:?}")]
    Notes {
        /// Its number.
        line: usize,
        /// The line.
        text: String,
    },
}

/// What the product did to the file system before it used it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mending {
    /// Nothing but a replay of the journal.
    Journal,
    /// What a simple check mends by itself.
    Simple,
    /// A full repair, as after a torn write of the superblock, which has no journal.
    Full,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// How much had to be done to the file system.
    pub mending: Mending,
    /// The record of the update daemon.
    pub record: Record,
    /// Whether the installer has notes.
    pub notes: bool,
}

/// Mends and reads a copy of the partition, in a folder of its own.
///
/// # Errors
/// [`DataError`].
pub async fn inspect(tools: &Tools, partition: &Path, folder: &Path) -> Result<Found, DataError> {
    std::fs::remove_dir_all(folder)
        .or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })
        .and_then(|()| std::fs::create_dir_all(folder))
        .map_err(failed(folder))?;
    let (inside, into) = (tools.inside(partition)?, tools.inside(folder)?);
    let arguments = [
        "-c".as_ref(),
        SCRIPT.as_ref(),
        "inspect".as_ref(),
        inside.as_os_str(),
        into.as_os_str(),
    ];
    let said = tools.run("bash", arguments).await?;
    let [mended, repaired, left] = ended(&said).ok_or(DataError::Record("was not reached"))?;
    if repaired > 1 || left > 0 {
        return Err(DataError::Damaged {
            repaired,
            left,
            said,
        });
    }
    let record = record(folder)?;
    let path = folder.join("central.raucs");
    let notes = match std::fs::read(&path) {
        Ok(bytes) => Some(key_file(&bytes)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(source) => return Err(DataError::File { path, source }),
    };
    Ok(Found {
        mending: match mended {
            0 => Mending::Journal,
            1 => Mending::Simple,
            _ => Mending::Full,
        },
        record,
        notes: notes.is_some(),
    })
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> DataError {
    let path = path.to_owned();
    move |source| DataError::File { path, source }
}

/// The exit codes off the last line.
fn ended(said: &str) -> Option<[i32; 3]> {
    let codes = said.lines().next_back()?.strip_prefix("ended ")?;
    let codes: Result<Vec<i32>, _> = codes.split(' ').map(str::parse).collect();
    codes.ok()?.try_into().ok()
}

/// The record in this folder as the daemon loads it; one that is absent or would be set aside is
/// lost.
fn record(folder: &Path) -> Result<Record, DataError> {
    let path = folder.join("state.json");
    if !path.exists() {
        return Err(DataError::Record("is not there"));
    }
    let record = Store::new(folder).load()?;
    if !path.exists() {
        return Err(DataError::Record("is no record any more"));
    }
    Ok(record)
}

/// Whether this is a key file of GLib as the installer writes it: groups of slots, and lines of
/// `name=value` in them.
fn key_file(bytes: &[u8]) -> Result<BTreeSet<String>, DataError> {
    let text = String::from_utf8_lossy(bytes);
    let mut groups = BTreeSet::new();
    for (number, line) in text.lines().enumerate() {
        let name = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let pair = line.split_once('=').is_some_and(|(name, _)| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-._[]@".contains(c);
            !name.is_empty() && name.chars().all(plain)
        });
        match name {
            Some(name) => {
                groups.insert(name.to_owned());
            }
            None if line.is_empty() || line.starts_with('#') => {}
            None if pair && !groups.is_empty() && !line.contains(['\0', '\u{fffd}']) => {}
            None => {
                return Err(DataError::Notes {
                    line: number + 1,
                    text: line.to_owned(),
                });
            }
        }
    }
    Ok(groups)
}

/// Makes sure that a start of this slot with this record leads on: to a reader that takes the next
/// update, or to a system on trial that the boot check can confirm.
///
/// # Errors
/// [`DataError::Stuck`].
pub fn goes_on(record: &Record, slot: Slot, version: &Version) -> Result<(), DataError> {
    let stuck = |why: String| DataError::Stuck {
        state: state(record),
        slot: slot.as_str(),
        why,
    };
    let refused = |refusal: Refusal| stuck(format!("{refusal:?}"));
    let machine = Machine {
        record: record.clone(),
        here: None,
    };
    let started = Event::Started {
        here: Here {
            slot,
            version: version.clone(),
        },
        boot: "the next one".to_owned(),
        condemned: None,
        restarting: false,
    };
    let (mut machine, effects) = machine.step(started, 0).map_err(refused)?;
    if effects.iter().any(|e| matches!(e, Effect::Ask { .. })) {
        // The installer, started anew, knows nothing of it.
        let lost = Refusal::new(Fault::Interrupted, "not known");
        let ended = machine.step(Event::InstallEnded(Err(lost)), 0);
        machine = ended.map_err(refused)?.0;
    }
    if !machine.confirmed() {
        let (_, effects) = machine.step(Event::Confirm, 0).map_err(refused)?;
        return match effects[..] {
            [Effect::MarkGood] => Ok(()),
            _ => Err(stuck("the trial cannot be confirmed".to_owned())),
        };
    }
    let next = Event::Install("the next one".to_owned());
    let (_, effects) = machine.step(next, 0).map_err(refused)?;
    match effects[..] {
        [Effect::Inspect] => Ok(()),
        _ => Err(stuck("no install begins".to_owned())),
    }
}

/// How much of slot B is certainly there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nothing of the install.
    Nothing,
    /// Something between nothing and all.
    Partly,
    /// All, for certain.
    Wholly,
}

/// Makes sure that the record does not say more of slot B than is so: it may only count as
/// installed when it is whole, and must be known to be in the works once something was written.
///
/// # Errors
/// [`DataError::Untrue`].
pub fn is_true(record: &Record, written: Written) -> Result<(), DataError> {
    let content = record.slots.of(Slot::B).state;
    let ready = matches!(content, SlotState::Installed | SlotState::Good)
        || record.state.pending().is_some();
    let working = matches!(record.state, State::Installing { slot: Slot::B, .. })
        && content == SlotState::Incomplete;
    let truth = match written {
        Written::Wholly => return Ok(()),
        Written::Nothing if !ready => return Ok(()),
        Written::Partly if working => return Ok(()),
        Written::Nothing => "nothing was written to it",
        Written::Partly => "it is partly written",
    };
    Err(DataError::Untrue {
        state: state(record),
        content,
        truth,
    })
}

/// The state's name.
#[must_use]
pub fn state(record: &Record) -> String {
    format!("{:?}", record.state.wire()).to_lowercase()
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
