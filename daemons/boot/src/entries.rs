// SPDX-License-Identifier: MIT OR Apache-2.0
//! `entries`, `settled` and `identity`: what the running system and its start owe the firmware.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::efi::vars::{Name, UKETSUKE, VarError, Variables};
use crate::firmware;
use crate::machine::{Machine, MachineError};
use crate::report::{chain, notice, warning};
use crate::slot::Slot;

/// Why the entries are not what they should be.
#[derive(Debug, thiserror::Error)]
pub enum EntriesError {
    /// See [`MachineError`].
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// See [`VarError`].
    #[error(transparent)]
    Variable(#[from] VarError),
    /// Some variables could not be written; the others were.
    #[error("{count} EFI variables not written; first: {first}")]
    Variables {
        /// How many.
        count: usize,
        /// The first failure, with its cause.
        first: String,
    },
    /// The verdict of the boot check cannot be read.
    #[error("{path}: no verdict of the boot check")]
    Verdict {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of /run cannot be written.
    #[error("{path}: cannot be written")]
    Write {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// `/run/uketsuke/boot.json`: which slot runs and what is held against the slots, for the
/// self-test and for `uketsukectl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BootReport {
    /// The slot that runs.
    pub slot: Slot,
    /// Whether it runs on trial: not in `BootOrder` until it is confirmed.
    pub trial: bool,
    /// Slots whose root did not match its hash.
    pub corrupt: Vec<Slot>,
    /// Emergencies of slot A and B since they were last confirmed.
    pub emergencies: [u8; 2],
    /// What went wrong with the firmware's memory, in words; empty when all is well.
    pub problems: Vec<String>,
}

/// Ensures the firmware entries of the booted disk, clears the mark of `repaired`, and reports.
pub fn entries(machine: &Machine, repaired: Option<Slot>) -> Result<(), EntriesError> {
    let booted = machine.booted()?;
    let variables = machine.variables();
    let targets = firmware::targets(&booted.disk);
    let mut failures = firmware::ensure(&variables, &targets, booted.slot, None);
    let mut state = firmware::state(&variables);
    if let Some(slot) = repaired {
        state = state.cleared(slot);
        failures.extend(firmware::remember(&variables, &state).err());
    }
    let marked = |slot: &Slot| state.corrupt[slot.index()];
    let problems: Vec<String> = failures.iter().map(|failure| chain(failure)).collect();
    let report = BootReport {
        slot: booted.slot,
        trial: firmware::read(&variables).on_trial(booted.slot),
        corrupt: Slot::BOTH.into_iter().filter(marked).collect(),
        emergencies: state.emergencies,
        problems: problems.clone(),
    };
    write_report(&machine.path("/run/uketsuke/boot.json"), &report)?;
    match problems.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(EntriesError::Variables {
            count: failures.len(),
            first,
        }),
    }
}

/// What the boot check writes (`uketsuke_bus::update1::Verdict`), as far as it matters here. Not
/// taken from that crate: it would bring the bus into the initrd.
#[derive(Deserialize)]
struct Verdict {
    format: u32,
    slot: Slot,
    good: bool,
}

/// The boot check has spoken: where it found the running slot good, nothing speaks against that
/// slot any more. Says whether it did.
pub fn settled(machine: &Machine, verdict: &Path) -> Result<bool, EntriesError> {
    let failed = |source| EntriesError::Verdict {
        path: verdict.to_owned(),
        source,
    };
    let text = fs::read(verdict).map_err(failed)?;
    let spoken: Verdict = serde_json::from_slice(&text).map_err(|error| failed(error.into()))?;
    let booted = machine.booted()?;
    if spoken.format != 1 || !spoken.good || spoken.slot != booted.slot {
        return Ok(false);
    }
    let variables = machine.variables();
    let state = firmware::state(&variables).cleared(booted.slot);
    firmware::remember(&variables, &state)?;
    Ok(true)
}

/// Gives this machine an id that is stable over reboots and updates, before systemd makes up a
/// transient one: the file `/run/machine-id` is what PID 1 takes over when it changes roots.
///
/// Kept in the firmware's memory, because it is needed before the data partition can be opened, and
/// because serial numbers in SMBIOS are not unique on the boards this runs on.
pub fn identity(machine: &Machine) -> Result<(), EntriesError> {
    let variables = machine.variables();
    let name = Name::new("UketsukeMachineId", UKETSUKE);
    let id = match known(&variables, &name) {
        Some(id) => id,
        None => {
            let id = Uuid::new_v4();
            variables.write(&name, id.simple().to_string().as_bytes())?;
            notice!("this machine has an id now");
            id
        }
    };
    let path = machine.path("/run/machine-id");
    write_file(&path, format!("{}\n", id.simple()).as_bytes())
}

/// Forgets the machine's id: part of a factory reset.
pub fn forget_identity(machine: &Machine) -> Result<(), EntriesError> {
    let name = Name::new("UketsukeMachineId", UKETSUKE);
    Ok(machine.variables().delete(&name)?)
}

fn known(variables: &Variables, name: &Name) -> Option<Uuid> {
    let variable = variables.read(name).unwrap_or_else(|error| {
        warning!("{}; a new id is made", chain(&error));
        None
    })?;
    let id = Uuid::try_parse_ascii(&variable.data).ok()?;
    (!id.is_nil()).then_some(id)
}

/// Writes `report` for everybody to read.
pub fn write_report(path: &Path, report: &impl Serialize) -> Result<(), EntriesError> {
    let text = serde_json::to_vec_pretty(report).map_err(|error| EntriesError::Write {
        path: path.to_owned(),
        source: error.into(),
    })?;
    write_file(path, &text)
}

/// Replaces a file of /run by rename, so that no reader sees half of it.
fn write_file(path: &Path, text: &[u8]) -> Result<(), EntriesError> {
    let failed = |source| EntriesError::Write {
        path: path.to_owned(),
        source,
    };
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    let new = path.with_extension("new");
    let mut file = fs::File::create(&new).map_err(failed)?;
    file.write_all(text).map_err(failed)?;
    fs::set_permissions(&new, std::os::unix::fs::PermissionsExt::from_mode(0o444))
        .map_err(failed)?;
    fs::rename(&new, path).map_err(failed)
}
