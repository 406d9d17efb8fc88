// SPDX-License-Identifier: MIT OR Apache-2.0
//! `judge` and `emergency`: what the last boot left, what this one ended in, and what to do now.
//!
//! Both run where nothing but the kernel and the firmware can be relied on. Each step is made
//! durable before the next: order of booting, then the mark, then the record is deleted. A power
//! cut in between leaves a record whose slot is known (`last`), so the next boot ends the same way.

use std::time::Duration;

use crate::disk::Disk;
use crate::efi::vars::VarError;
use crate::firmware;
use crate::machine::Machine;
use crate::pstore::{self, PstoreError};
use crate::report::{error, notice, warning};
use crate::slot::{Role, Slot};
use crate::state::{DiskFacts, Evidence, Verdict};

/// How long the safe screen stands before everything is forgotten and tried again, where that may
/// help. Short enough that a loose cable mends itself before opening time, long enough that two
/// times three tries an hour wear out nothing.
pub const RETRY: Duration = Duration::from_secs(15 * 60);

/// Pause before a reboot that nothing counts (no firmware memory, no known slot).
pub const UNCOUNTED: Duration = Duration::from_secs(60);

/// What the program has to do once everything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// End; the boot goes on.
    Continue,
    /// Reboot after a pause.
    Reboot(Duration),
    /// Keep the safe screen, for ever or for so long; then forgive and reboot.
    Stay(Option<Duration>),
}

/// What is known of the boot that runs.
struct Facts {
    slot: Option<Slot>,
    disk: Option<Disk>,
}

impl Facts {
    /// The disk is best; where it is not there, the firmware's own word.
    fn gather(machine: &Machine) -> Facts {
        match machine.booted() {
            Ok(booted) => Facts {
                slot: Some(booted.slot),
                disk: Some(booted.disk),
            },
            Err(error) => {
                let slot = firmware::read(&machine.variables()).current_slot();
                let why = crate::report::chain(&error);
                warning!("booted disk unknown ({why}); firmware says slot {slot:?}");
                Facts { slot, disk: None }
            }
        }
    }

    fn disk_facts(&self) -> Option<DiskFacts> {
        let disk = self.disk.as_ref()?;
        let data = disk.part(Role::Data).map(|part| part.guid);
        Some(DiskFacts { data })
    }
}

/// Judges the last boot.
#[must_use]
pub fn judge(machine: &Machine) -> Outcome {
    let facts = Facts::gather(machine);
    let variables = machine.variables();
    let store = machine.path("/sys/fs/pstore");
    let corruption = read_store(&store);
    let evidence = corruption.as_ref().map(|found| Evidence {
        record: found.dump.clone(),
        hint: found
            .device
            .as_ref()
            .and_then(|n| machine.slot_of_device(n)),
    });
    let before = firmware::state(&variables);
    let (state, verdict) = before.judge(facts.slot, evidence, facts.disk_facts());
    if let Some(found) = &corruption {
        let device = found.device.as_deref().unwrap_or("unknown device");
        error!("the last boot ended because its root did not match its hash ({device}); {state}");
    }
    if let Verdict::SwitchTo(slot) = verdict {
        report(put_first(machine, &facts, slot));
    }
    let remembered = report(
        firmware::remember(&variables, &state)
            .err()
            .into_iter()
            .collect(),
    );
    if let Some(found) = &corruption
        && let Err(error) = pstore::delete(&store, &found.files)
    {
        error!("{}; it is judged once only", crate::report::chain(&error));
    }
    match verdict {
        Verdict::Continue => Outcome::Continue,
        // Without memory the mark is lost and the change of order may be too: a pause bounds a loop.
        Verdict::Reboot | Verdict::SwitchTo(_) if remembered => Outcome::Reboot(Duration::ZERO),
        Verdict::Reboot | Verdict::SwitchTo(_) => Outcome::Reboot(UNCOUNTED),
        Verdict::Stay { retry } => Outcome::Stay(retry.then_some(RETRY)),
    }
}

/// Judges an emergency of this boot.
#[must_use]
pub fn emergency(machine: &Machine) -> Outcome {
    let facts = Facts::gather(machine);
    let variables = machine.variables();
    let (state, verdict) = firmware::state(&variables).emergency(facts.slot, facts.disk_facts());
    notice!("emergency of slot {:?}; {state}", facts.slot);
    if let Verdict::SwitchTo(slot) = verdict {
        report(put_first(machine, &facts, slot));
    }
    let remembered = report(
        firmware::remember(&variables, &state)
            .err()
            .into_iter()
            .collect(),
    );
    match verdict {
        Verdict::Stay { retry } => Outcome::Stay(retry.then_some(RETRY)),
        _ if remembered && facts.slot.is_some() => Outcome::Reboot(Duration::ZERO),
        _ => Outcome::Reboot(UNCOUNTED),
    }
}

/// Forgets what speaks against the slots, for another round of tries.
pub fn forgive(machine: &Machine) {
    let variables = machine.variables();
    let state = firmware::state(&variables).forgiven();
    report(
        firmware::remember(&variables, &state)
            .err()
            .into_iter()
            .collect(),
    );
}

fn put_first(machine: &Machine, facts: &Facts, slot: Slot) -> Vec<VarError> {
    let variables = machine.variables();
    match &facts.disk {
        Some(disk) => {
            let booted = facts.slot.unwrap_or(slot);
            firmware::ensure(&variables, &firmware::targets(disk), booted, Some(slot))
        }
        None => {
            let written = firmware::put_first_by_label(&variables, slot);
            written.err().into_iter().collect()
        }
    }
}

fn read_store(store: &std::path::Path) -> Option<pstore::Corruption> {
    let parts = pstore::read(store).unwrap_or_else(|error: PstoreError| {
        warning!("{}; taken as empty", crate::report::chain(&error));
        Vec::new()
    });
    pstore::corruption(&parts)
}

/// Reports what was not written; whether everything was.
fn report(failures: Vec<VarError>) -> bool {
    for failure in &failures {
        error!("{}", crate::report::chain(failure));
    }
    failures.is_empty()
}
