// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the firmware starts next, read off its variables.

use std::collections::BTreeMap;

use uketsuke_boot::efi::option::{ACTIVE, LoadOption, OptionError};
use uketsuke_boot::efi::vars::GLOBAL;
use uketsuke_boot::slot::Slot;

use super::flash::{FlashError, Variables, variables};
use super::layout::Layout;

/// Why the choice cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The variables cannot be read.
    #[error(transparent)]
    Flash(#[from] FlashError),
    /// An entry is no entry.
    #[error("entry {number:04X}")]
    Option {
        /// Which.
        number: u16,
        /// Why.
        #[source]
        source: OptionError,
    },
    /// A list of entries has half an entry.
    #[error("{name} has {length} bytes")]
    List {
        /// Which.
        name: &'static str,
        /// Its bytes.
        length: usize,
    },
}

/// Where the firmware goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Once, before anything else.
    pub next: Option<Slot>,
    /// After that, and otherwise: the first entry of the order that can be started at all. None
    /// when that is no slot of this disk.
    pub first: Option<Slot>,
}

impl Choice {
    /// The choice that a start from this flash makes.
    ///
    /// # Errors
    /// [`ChoiceError`].
    pub fn of(flash: &[u8], layout: &Layout) -> Result<Self, ChoiceError> {
        let variables = variables(flash)?;
        let options = options(&variables)?;
        // Firmware passes over what is not there or not active (UEFI 2.10, 3.1).
        let slot = |number: &u16| -> Option<Option<Slot>> {
            let option = options.get(number)?;
            let active = option.attributes & ACTIVE != 0;
            active.then(|| {
                let target = option.target.as_ref()?;
                layout.slot(target.guid)
            })
        };
        let first = numbers(&variables, "BootOrder")?.iter().find_map(slot);
        let next = numbers(&variables, "BootNext")?.iter().find_map(slot);
        Ok(Self {
            next: next.flatten(),
            first: first.flatten(),
        })
    }

    /// Whether each start leads to a slot that is whole: A always is, B once it was `installed`.
    #[must_use]
    pub fn leads_to_whole(&self, installed: bool) -> bool {
        let whole = |slot| slot == Slot::A || installed;
        self.first.is_some_and(whole) && self.next.is_none_or(whole)
    }

    /// The slot of the next start.
    #[must_use]
    pub fn starts(&self) -> Option<Slot> {
        self.next.or(self.first)
    }
}

fn numbers(variables: &Variables, name: &'static str) -> Result<Vec<u16>, ChoiceError> {
    let Some(bytes) = variables.get(&(GLOBAL, name.to_owned())) else {
        return Ok(Vec::new());
    };
    if bytes.len() % 2 != 0 {
        let length = bytes.len();
        return Err(ChoiceError::List { name, length });
    }
    let pairs = bytes.chunks_exact(2);
    Ok(pairs
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect())
}

fn options(variables: &Variables) -> Result<BTreeMap<u16, LoadOption>, ChoiceError> {
    let mut options = BTreeMap::new();
    for ((vendor, name), data) in variables {
        let Some(digits) = name.strip_prefix("Boot") else {
            continue;
        };
        let Ok(number) = u16::from_str_radix(digits, 16) else {
            continue;
        };
        if *vendor != GLOBAL || digits.len() != 4 {
            continue;
        }
        let option = LoadOption::parse(data);
        let option = option.map_err(|source| ChoiceError::Option { number, source })?;
        options.insert(number, option);
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::flash::tests::Chip;
    use super::super::layout::tests::layout;
    use super::*;
    use uketsuke_boot::efi::option::Target;

    fn option(guid: u128, attributes: u32) -> Vec<u8> {
        let target = Target {
            number: 1,
            start: 40,
            blocks: 10,
            guid: uuid::Uuid::from_u128(guid),
            file: r"\EFI\BOOT\BOOTX64.EFI".to_owned(),
        };
        let mut option = LoadOption::new("system", target);
        option.attributes = attributes;
        option.encode()
    }

    /// Entry 0 leads to nothing here, 1 to slot A, 2 to slot B.
    fn chip() -> Chip {
        let mut chip = Chip::new();
        chip.set("Boot0000", &option(77, 1));
        chip.set("Boot0001", &option(1, 1));
        chip.set("Boot0002", &option(3, 1));
        chip.set("BootCurrent", &[1, 0]);
        chip
    }

    fn choice(chip: &Chip) -> (Option<Slot>, Option<Slot>) {
        let choice = Choice::of(&chip.now, &layout()).unwrap();
        (choice.next, choice.first)
    }

    #[test]
    fn the_first_entry_that_can_be_started_counts() {
        let mut chip = chip();
        assert_eq!(choice(&chip), (None, None));
        chip.set("BootOrder", &[9, 0, 2, 0, 1, 0]);
        assert_eq!(choice(&chip), (None, Some(Slot::B)), "9 is not there");
        chip.set("Boot0002", &option(3, 0));
        assert_eq!(choice(&chip), (None, Some(Slot::A)), "2 is switched off");
        chip.set("BootOrder", &[0, 0, 1, 0]);
        assert_eq!(choice(&chip), (None, None), "0 is no slot, and first");
    }

    #[test]
    fn one_start_may_be_another() {
        let mut chip = chip();
        chip.set("BootOrder", &[1, 0]);
        chip.set("BootNext", &[2, 0]);
        assert_eq!(choice(&chip), (Some(Slot::B), Some(Slot::A)));
        let starts = Choice::of(&chip.now, &layout()).unwrap().starts();
        assert_eq!(starts, Some(Slot::B));
        chip.delete("BootNext");
        assert_eq!(choice(&chip), (None, Some(Slot::A)));
    }

    #[test]
    fn broken_entries_and_lists_are_named() {
        let mut chip = chip();
        chip.set("BootOrder", &[1, 0, 2]);
        let error = Choice::of(&chip.now, &layout()).unwrap_err();
        assert_eq!(error.to_string(), "BootOrder has 3 bytes");
        chip.set("Boot000A", &[1]);
        let error = Choice::of(&chip.now, &layout()).unwrap_err();
        assert_eq!(error.to_string(), "entry 000A");
    }
}
