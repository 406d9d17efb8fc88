// SPDX-License-Identifier: MIT OR Apache-2.0
//! `data` and `reset`: the partition that outlives updates.

pub mod prepare;
pub mod probe;
pub mod room;
pub mod storage;
pub mod tools;
pub mod wipe;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::entries;
use crate::firmware;
use crate::machine::{Machine, MachineError};
use crate::report::{error, notice, warning};

use prepare::{Cause, Form, Prepared, Storage};
use storage::DataDisk;

/// What `data.mount` mounts; it is there only when the partition may be mounted.
const LINK: &str = "/run/uketsuke/data";
/// What the self-test shows.
const REPORT: &str = "/run/uketsuke/data.json";
/// How many past causes are kept on the partition.
const HISTORY: usize = 16;

/// Why the data partition is not in use, or was not erased.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// See [`MachineError`].
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// A file of /run cannot be written.
    #[error("{path}: cannot be written")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// See [`entries::EntriesError`].
    #[error(transparent)]
    Report(#[from] entries::EntriesError),
    /// The reader runs without: nothing it learns outlives a restart.
    #[error("no data partition: {0}")]
    Without(String),
    /// There is nothing to erase.
    #[error("this disk has no data partition")]
    Missing,
    /// The disk refused.
    #[error("{node}: cannot be erased")]
    Erase {
        /// The partition.
        node: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// One time the partition was made (anew).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Making {
    /// Why.
    pub cause: Cause,
    /// When, by the clock of that moment, in seconds since 1970. The clock of a box that just
    /// started may be wrong.
    pub at: u64,
}

/// `/run/uketsuke/data.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataReport {
    /// How the data is protected; none: there is no data partition in use.
    pub form: Option<Form>,
    /// Whether a TPM is there, which a weaker form does not use.
    pub tpm: bool,
    /// Why it was made (anew) on this start; empty on all others.
    pub causes: Vec<Cause>,
    /// What was mended on this start, in words.
    pub mended: Vec<String>,
    /// What failed on this start, in words.
    pub failures: Vec<String>,
}

/// Prepares the data partition and makes the link that `data.mount` mounts.
pub fn run(machine: &Machine) -> Result<(), DataError> {
    let link = machine.path(LINK);
    if link.is_symlink() {
        notice!("the data partition is prepared already");
        return Ok(());
    }
    let booted = machine.booted()?;
    let trial = firmware::read(&machine.variables()).on_trial(booted.slot);
    let mut disk = DataDisk::new(machine, &booted.name);
    let prepared = prepare::prepare(&mut disk, trial);
    tell(&prepared);
    let report = DataReport {
        form: prepared.usable.as_ref().map(|usable| usable.form),
        tpm: disk.has_tpm(),
        causes: prepared.causes.clone(),
        mended: prepared
            .usable
            .iter()
            .flat_map(|u| u.mended.clone())
            .collect(),
        failures: prepared.failures.clone(),
    };
    entries::write_report(&machine.path(REPORT), &report)?;
    let Some(usable) = prepared.usable else {
        return Err(DataError::Without(prepared.failures.join("; ")));
    };
    let write = |source| DataError::Write {
        path: link.clone(),
        source,
    };
    symlink(&usable.device, &link).map_err(write)
}

fn tell(prepared: &Prepared) {
    for cause in &prepared.causes {
        match cause {
            Cause::Missing | Cause::Reset => notice!("data partition: {cause}"),
            _ => error!("data partition: {cause}; what it held is lost unless it was left alone"),
        }
    }
    for failure in &prepared.failures {
        error!("data partition: {failure}");
    }
    match prepared.usable.as_ref().map(|usable| usable.form) {
        Some(Form::Plain) => {
            warning!("the data partition is not encrypted: whoever takes the disk reads it");
        }
        Some(Form::SealedWeakly) => {
            warning!(
                "the data partition is sealed without a signed policy: any system that starts under the same firmware settings unlocks it"
            );
        }
        Some(Form::Sealed) | None => {}
    }
}

/// Keeps on the mounted partition why it was made, for the years after this start.
pub fn record(mounted: &Path, causes: &[Cause]) -> io::Result<()> {
    if causes.is_empty() {
        return Ok(());
    }
    let path = mounted.join(room::RECORD);
    let mut history: Vec<Making> = match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let at = SystemTime::now().duration_since(UNIX_EPOCH);
    let at = at.map_or(0, |since| since.as_secs());
    history.extend(causes.iter().map(|cause| Making { cause: *cause, at }));
    let old = history.len().saturating_sub(HISTORY);
    let text = serde_json::to_vec_pretty(&history[old..])?;
    let new = path.with_extension("new");
    let mut file = fs::File::create(&new)?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&new, &path)?;
    fs::File::open(mounted)?.sync_all()
}

/// Factory reset: erases the key slots, asks the disk to forget the rest, forgets the machine's id.
/// The caller reboots; until then the kernel still holds the key of what is mounted.
pub fn reset(machine: &Machine) -> Result<(), DataError> {
    let booted = machine.booted()?;
    let disk = DataDisk::new(machine, &booted.name);
    let (_, node) = disk.partition()?.ok_or(DataError::Missing)?;
    let encrypted = matches!(probe::probe(&node), Ok(probe::Content::Luks(_)));
    wipe::erase_header(&node).map_err(|source| DataError::Erase {
        node: node.clone(),
        source,
    })?;
    let discarded = wipe::discard(&node);
    entries::forget_identity(machine)?;
    match discarded {
        Ok(()) => notice!("data partition erased"),
        Err(error) if encrypted => notice!("key slots erased; the disk keeps the noise: {error}"),
        // Without encryption the old bytes are still there: not a reset.
        Err(source) => return Err(DataError::Erase { node, source }),
    }
    Ok(())
}
