// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which reader has which role, by what it is and never by the order in which PC/SC lists it.

use std::collections::BTreeMap;

use uketsuke_bus::card1::Role;
use uketsuke_common::config::{CardConfig, SlotConfig};

/// udev properties of a reader's USB device.
pub type Properties = BTreeMap<String, String>;

/// The roles of `reader.toml`.
#[derive(Clone, Debug)]
pub struct Roles {
    card: SlotConfig,
    phone: Option<SlotConfig>,
}

/// What a reader is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Nothing of ours.
    None,
    /// This.
    One(Role),
    /// Either, as far as the configuration says; it is taken for phones.
    Both,
}

impl Roles {
    /// Those of `[card]`.
    #[must_use]
    pub fn new(config: &CardConfig) -> Self {
        let phone = &config.phone_slot;
        Self {
            card: config.slot.clone(),
            phone: (!phone.is_empty()).then(|| phone.clone()),
        }
    }

    /// Whether the role of a reader of this name hangs on its USB device.
    #[must_use]
    pub fn ask_for_device(&self, name: &str) -> bool {
        [Some(&self.card), self.phone.as_ref()]
            .into_iter()
            .flatten()
            .any(|slot| name.contains(&slot.name) && !slot.udev.is_empty())
    }

    /// What the reader `name` is for; `device` is empty where it has no USB device.
    #[must_use]
    pub fn of(&self, name: &str, device: &Properties) -> Fit {
        let phone = self.phone.as_ref();
        match (
            fits(&self.card, name, device),
            phone.is_some_and(|slot| fits(slot, name, device)),
        ) {
            (true, true) => Fit::Both,
            (true, false) => Fit::One(Role::Card),
            (false, true) => Fit::One(Role::Phone),
            (false, false) => Fit::None,
        }
    }
}

impl Fit {
    /// The role that comes of it.
    #[must_use]
    pub fn role(self) -> Option<Role> {
        match self {
            Self::None => None,
            Self::One(role) => Some(role),
            Self::Both => Some(Role::Phone),
        }
    }
}

fn fits(slot: &SlotConfig, name: &str, device: &Properties) -> bool {
    name.contains(&slot.name)
        && slot
            .udev
            .iter()
            .all(|(property, value)| device.get(property) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(name: &str, udev: &[(&str, &str)]) -> SlotConfig {
        SlotConfig {
            name: name.into(),
            udev: properties(udev),
        }
    }

    fn properties(all: &[(&str, &str)]) -> Properties {
        let own = |(property, value): &(&str, &str)| ((*property).into(), (*value).into());
        all.iter().map(own).collect()
    }

    fn roles(slot: SlotConfig, phone_slot: SlotConfig) -> Roles {
        Roles::new(&CardConfig {
            slot,
            phone_slot,
            ..CardConfig::default()
        })
    }

    #[test]
    fn with_nothing_set_any_reader_is_for_cards() {
        let roles = roles(slot("", &[]), slot("", &[]));
        for name in ["ACS ACR1252 00 00", "Virtual PCD 00 01"] {
            assert!(!roles.ask_for_device(name));
            assert_eq!(roles.of(name, &properties(&[])), Fit::One(Role::Card));
        }
    }

    #[test]
    fn equal_readers_are_told_apart_by_where_they_are_plugged_in() {
        let vendor = ("ID_VENDOR_ID", "04e6");
        let (left, right) = (("ID_PATH", "usb-0:1"), ("ID_PATH", "usb-0:2"));
        let roles = roles(slot("", &[vendor, left]), slot("", &[vendor, right]));
        let name = "Identiv CLOUD 3700 F 00 00";
        assert!(roles.ask_for_device(name));
        for (port, fit) in [
            (left, Fit::One(Role::Card)),
            (right, Fit::One(Role::Phone)),
            (("ID_PATH", "usb-0:3"), Fit::None),
        ] {
            assert_eq!(roles.of(name, &properties(&[vendor, port])), fit);
        }
        assert_eq!(roles.of(name, &properties(&[left])), Fit::None);
        assert_eq!(roles.of(name, &properties(&[])), Fit::None);
    }

    #[test]
    fn a_reader_without_device_is_known_by_its_name() {
        let roles = roles(slot("00 00", &[]), slot("00 01", &[]));
        let of = |name| roles.of(name, &properties(&[]));
        assert_eq!(of("Virtual PCD 00 00"), Fit::One(Role::Card));
        assert_eq!(of("Virtual PCD 00 01"), Fit::One(Role::Phone));
        assert_eq!(of("Virtual PCD 01 00"), Fit::None);
    }

    #[test]
    fn a_reader_that_fits_both_is_taken_for_phones() {
        let roles = roles(slot("Virtual", &[]), slot("", &[("ID_VENDOR_ID", "04e6")]));
        let fit = roles.of("Virtual PCD", &properties(&[("ID_VENDOR_ID", "04e6")]));
        assert_eq!((fit, fit.role()), (Fit::Both, Some(Role::Phone)));
    }
}
