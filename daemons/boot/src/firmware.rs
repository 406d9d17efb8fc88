// SPDX-License-Identifier: MIT OR Apache-2.0
//! The firmware's memory of a machine: read leniently, written in the planned order.
//!
//! Bad memory must never stop a boot: what cannot be read counts as missing, what cannot be written
//! is reported, and the rest of the plan is still carried out.

use crate::disk::Disk;
use crate::efi::option::{LoadOption, Target};
use crate::efi::order::{self, Nvram};
use crate::efi::vars::{GLOBAL, Name, UKETSUKE, VarError, Variables};
use crate::report::{notice, warning};
use crate::slot::{Role, Slot};
use crate::state::State;

/// File of the UKI on the EFI partition: the removable media path of this architecture (UEFI 2.10,
/// 3.5.1.1), so that firmware that has lost its entries boots it all the same.
#[cfg(target_arch = "x86_64")]
pub const LOADER: &str = r"\EFI\BOOT\BOOTX64.EFI";
/// File of the UKI on the EFI partition.
#[cfg(target_arch = "aarch64")]
pub const LOADER: &str = r"\EFI\BOOT\BOOTAA64.EFI";

/// Reads load options, order and current entry.
#[must_use]
pub fn read(variables: &Variables) -> Nvram {
    let numbers = variables.boot_numbers().unwrap_or_else(|error| {
        warning!("{error}; taken as none");
        Vec::new()
    });
    let options = numbers.into_iter().map(|number| {
        let data = value(variables, &Name::boot(number)).unwrap_or_default();
        let option = LoadOption::parse(&data)
            .inspect_err(|error| warning!("EFI variable Boot{number:04X}: {error}; left alone"));
        (number, option.ok())
    });
    Nvram {
        options: options.collect(),
        order: numbers_of(variables, "BootOrder"),
        current: numbers_of(variables, "BootCurrent").first().copied(),
    }
}

/// The slots of `disk` with what their load options must lead to.
#[must_use]
pub fn targets(disk: &Disk) -> Vec<(Slot, Target)> {
    let target = |slot| Some((slot, Target::new(disk.part(Role::Efi(slot))?, LOADER)));
    Slot::BOTH.into_iter().filter_map(target).collect()
}

/// Makes the load options of `targets` what they must be, and puts `first` first. Every part that
/// fails is in the answer; none keeps the others from being tried.
pub fn ensure(
    variables: &Variables,
    targets: &[(Slot, Target)],
    booted: Slot,
    first: Option<Slot>,
) -> Vec<VarError> {
    let plan = order::plan(&read(variables), targets, booted, first);
    let mut failures = Vec::new();
    if let Some(order) = &plan.order {
        notice!("BootOrder becomes {}", hexadecimal(order));
        failures.extend(write_order(variables, order).err());
    }
    for (number, option) in &plan.write {
        notice!("Boot{number:04X} becomes {}", option.description);
        let written = variables.write(&Name::boot(*number), &option.encode());
        failures.extend(written.err());
    }
    for number in &plan.delete {
        notice!("Boot{number:04X} leads to no slot of this disk: deleted");
        failures.extend(variables.delete(&Name::boot(*number)).err());
    }
    failures
}

/// Puts the entry of `slot` first where no disk is there to compare with: by its label alone.
pub fn put_first_by_label(variables: &Variables, slot: Slot) -> Result<(), VarError> {
    let nvram = read(variables);
    let labelled = nvram.options.iter().find(|(_, option)| {
        let option = option.as_ref();
        option.is_some_and(|option| option.description == slot.entry())
    });
    let Some((number, _)) = labelled else {
        warning!("no firmware entry {}: BootOrder stays", slot.entry());
        return Ok(());
    };
    let mut order = nvram.order.clone();
    order.retain(|entry| entry != number);
    order.insert(0, *number);
    notice!("BootOrder becomes {}", hexadecimal(&order));
    write_order(variables, &order)
}

/// What is remembered over reboots.
#[must_use]
pub fn state(variables: &Variables) -> State {
    State::parse(&value(variables, &state_name()).unwrap_or_default())
}

/// Remembers `state`.
pub fn remember(variables: &Variables, state: &State) -> Result<(), VarError> {
    let written = variables.write(&state_name(), state.to_string().as_bytes())?;
    if written {
        notice!("remembered: {state}");
    }
    Ok(())
}

fn state_name() -> Name {
    Name::new("UketsukeBoot", UKETSUKE)
}

fn write_order(variables: &Variables, order: &[u16]) -> Result<(), VarError> {
    let bytes: Vec<u8> = order
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    variables.write(&Name::new("BootOrder", GLOBAL), &bytes)?;
    Ok(())
}

/// The value of a variable; one that cannot be read is reported and counts as missing.
fn value(variables: &Variables, name: &Name) -> Option<Vec<u8>> {
    let read = variables.read(name);
    let variable = read.unwrap_or_else(|error| {
        warning!("{error}; taken as missing");
        None
    });
    variable.map(|variable| variable.data)
}

fn numbers_of(variables: &Variables, name: &str) -> Vec<u16> {
    let data = value(variables, &Name::new(name, GLOBAL)).unwrap_or_default();
    let pairs = data.chunks_exact(2);
    pairs
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect()
}

fn hexadecimal(order: &[u16]) -> String {
    let numbers: Vec<_> = order.iter().map(|number| format!("{number:04X}")).collect();
    numbers.join(",")
}
