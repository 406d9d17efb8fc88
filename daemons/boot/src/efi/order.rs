// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which load options there must be, and in which order: decided here, written elsewhere.
//!
//! - `system0` and `system1` exist once each, active, leading to the slots of the booted disk. One
//!   that leads elsewhere (swapped disk) or was switched off is rewritten under its number; second
//!   ones are deleted.
//! - In `BootOrder` ours stand before everything else, in the order they had: a kiosk boots from
//!   its own disk first. Foreign options keep their order behind them.
//! - An option that was there but not in the order stays out of it: that is how RAUC marks a slot
//!   it is writing to or that has not been confirmed. An option that had to be made is put behind
//!   the other one.
//! - The slot named by `first`, or the booted one where its own option had to be made or where none
//!   of ours was in the order, comes first.
//! - Options that cannot be understood are left alone; their numbers count as taken.

use std::collections::BTreeMap;

use crate::efi::option::{ACTIVE, LoadOption, Target};
use crate::slot::Slot;

/// What the firmware's memory holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nvram {
    /// `Boot####` by number; `None` where one cannot be understood.
    pub options: BTreeMap<u16, Option<LoadOption>>,
    /// `BootOrder`; empty when it is missing or cannot be read.
    pub order: Vec<u16>,
    /// `BootCurrent`.
    pub current: Option<u16>,
}

impl Nvram {
    /// The slot whose option the firmware says it has booted. The label alone decides, so this
    /// works where no disk is there to compare with.
    #[must_use]
    pub fn current_slot(&self) -> Option<Slot> {
        let option = self.options.get(&self.current?)?.as_ref()?;
        Slot::of_entry(&option.description)
    }

    /// Whether `slot` runs on trial: its option exists and is not in the order, the other one is.
    #[must_use]
    pub fn on_trial(&self, slot: Slot) -> bool {
        let ordered = |slot| self.numbers(slot).any(|n| self.order.contains(&n));
        self.numbers(slot).next().is_some() && !ordered(slot) && ordered(slot.other())
    }

    /// The numbers of the options labelled as `slot`'s, those in the order first.
    fn numbers(&self, slot: Slot) -> impl Iterator<Item = u16> {
        let labelled = move |number: &u16| {
            let option = self.options.get(number).and_then(Option::as_ref);
            option.is_some_and(|option| option.description == slot.entry())
        };
        let ordered = self.order.iter().copied().filter(labelled);
        let others = self.options.keys().copied().filter(labelled);
        ordered.chain(others.filter(|number| !self.order.contains(number)))
    }
}

/// What has to be written, in the order in which it has to be done: order, options, deletions.
///
/// The order first: after a power cut it names options that are not there yet, which firmware skips
/// and the next plan fills in. The other way round an option would be there and not in the order,
/// which is what a slot on trial looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// `BootOrder`, if it changes.
    pub order: Option<Vec<u16>>,
    /// Options to write.
    pub write: Vec<(u16, LoadOption)>,
    /// Options to delete.
    pub delete: Vec<u16>,
}

impl Plan {
    /// Whether everything is as it should be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Plan::default()
    }
}

/// Plans the options of `targets` (the slots of the booted disk, with their files).
#[must_use]
pub fn plan(nvram: &Nvram, targets: &[(Slot, Target)], booted: Slot, first: Option<Slot>) -> Plan {
    let mut plan = Plan::default();
    let mut taken: Vec<u16> = nvram.options.keys().copied().collect();
    let mut ours = Vec::new();
    let mut made = Vec::new();
    for slot in Slot::BOTH {
        let mut numbers = nvram.numbers(slot);
        let Some((_, target)) = targets.iter().find(|(of, _)| *of == slot) else {
            // No such slot on this disk: whatever the option leads to is not ours.
            plan.delete.extend(numbers);
            continue;
        };
        let wanted = LoadOption::new(slot.entry(), target.clone());
        let all: Vec<u16> = numbers.by_ref().collect();
        let exact = all.iter().find(|number| leads_to(nvram, **number, target));
        let number = match exact.or(all.first()).copied() {
            Some(number) => number,
            None => {
                let Some(free) = (0..=u16::MAX).find(|number| !taken.contains(number)) else {
                    continue;
                };
                taken.push(free);
                free
            }
        };
        if exact.is_none() {
            made.push(slot);
        }
        if !is_sound(nvram, number, target) {
            plan.write.push((number, wanted));
        }
        plan.delete
            .extend(all.into_iter().filter(|other| *other != number));
        ours.push((slot, number));
    }
    let order = order(nvram, &ours, &made, &plan.delete, booted, first);
    if order != nvram.order {
        plan.order = Some(order);
    }
    plan
}

/// `BootOrder` once the options of `ours` exist and those of `delete` are gone.
fn order(
    nvram: &Nvram,
    ours: &[(Slot, u16)],
    made: &[Slot],
    delete: &[u16],
    booted: Slot,
    first: Option<Slot>,
) -> Vec<u16> {
    let number = |slot| ours.iter().find(|(of, _)| *of == slot).map(|(_, n)| *n);
    let is_ours = |number: &u16| ours.iter().any(|(_, n)| n == number);
    let mut own: Vec<u16> = Vec::new();
    let mut foreign: Vec<u16> = Vec::new();
    for entry in &nvram.order {
        let list = if is_ours(entry) {
            &mut own
        } else {
            &mut foreign
        };
        let exists = nvram.options.contains_key(entry) || is_ours(entry);
        if exists && !delete.contains(entry) && !list.contains(entry) {
            list.push(*entry);
        }
    }
    let fresh = own.is_empty();
    for (slot, number) in ours {
        if (fresh || made.contains(slot)) && !own.contains(number) {
            own.push(*number);
        }
    }
    let lead = first.or_else(|| (fresh || made.contains(&booted)).then_some(booted));
    if let Some(lead) = lead.and_then(number) {
        own.retain(|number| *number != lead);
        own.insert(0, lead);
    }
    own.extend(foreign);
    own
}

/// Whether option `number` leads to the partition of `target`, whatever file it names.
fn leads_to(nvram: &Nvram, number: u16, target: &Target) -> bool {
    let option = nvram.options.get(&number).and_then(Option::as_ref);
    let found = option.and_then(|option| option.target.as_ref());
    found.is_some_and(|found| found.guid == target.guid && found.number == target.number)
}

/// Whether option `number` is exactly what we would write. File names of FAT ignore case.
fn is_sound(nvram: &Nvram, number: u16, target: &Target) -> bool {
    let Some(Some(option)) = nvram.options.get(&number) else {
        return false;
    };
    let Some(found) = &option.target else {
        return false;
    };
    let place = (found.number, found.start, found.blocks, found.guid);
    option.attributes & ACTIVE != 0
        && place == (target.number, target.start, target.blocks, target.guid)
        && found.file.eq_ignore_ascii_case(&target.file)
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
