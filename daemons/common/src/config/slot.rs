// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[card.slot]` and `[card.phone_slot]`: which reader has which role.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Problems;

/// Most bytes of a PC/SC name (`MAX_READERNAME` of pcsc-lite, 128 with its end).
const MOST_NAME: usize = 127;
/// Most bytes of an udev property and of its value (`UDEV_NAME_SIZE`, `UDEV_LINE_SIZE` are larger).
const MOST_PROPERTY: usize = 256;

/// What a reader must be for a role. Everything that is set must fit; with nothing set any fits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SlotConfig {
    /// Part of its PC/SC name; empty fits any.
    pub name: String,
    /// udev properties that its USB device must have, letter by letter. A reader without USB device
    /// fits only where this is empty.
    pub udev: BTreeMap<String, String>,
}

impl SlotConfig {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.name.is_empty() && self.udev.is_empty()
    }

    /// Whether every reader that fits `other` fits this.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.name.contains(&self.name)
            && self
                .udev
                .iter()
                .all(|(property, value)| other.udev.get(property) == Some(value))
    }

    pub(super) fn check(&self, keys: &Keys, problems: &mut Problems) {
        if self.name.len() > MOST_NAME || self.name.chars().any(char::is_control) {
            problems.add(
                keys.name,
                format!(
                    "no part of a PC/SC name; at most {MOST_NAME} bytes, no control characters"
                ),
            );
        }
        check_udev(&self.udev, keys.udev, problems);
    }
}

/// Objects to what can be no property of udev.
pub(super) fn check_udev(
    udev: &BTreeMap<String, String>,
    key: &'static str,
    problems: &mut Problems,
) {
    for (property, value) in udev {
        let is_property = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if property.is_empty()
            || property.len() > MOST_PROPERTY
            || !property.chars().all(is_property)
        {
            problems.add(
                key,
                format!("{property:?} is no udev property; they are like \"ID_PATH\""),
            );
        }
        if value.is_empty() || value.len() > MOST_PROPERTY || value.chars().any(char::is_control) {
            problems.add(
                key,
                format!(
                    "{property} = {value:?}; 1 to {MOST_PROPERTY} bytes, no control characters"
                ),
            );
        }
    }
}

/// How the keys of a slot are called.
pub(super) struct Keys {
    name: &'static str,
    udev: &'static str,
}

/// Of `[card.slot]`.
pub(super) const CARD: Keys = Keys {
    name: "card.slot.name",
    udev: "card.slot.udev",
};
/// Of `[card.phone_slot]`.
pub(super) const PHONE: Keys = Keys {
    name: "card.phone_slot.name",
    udev: "card.phone_slot.udev",
};
