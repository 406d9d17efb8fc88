// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two slots and what their parts are called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the two copies of the system on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
    /// Partitions `efi-a`, `root-a`, `verity-a`; firmware entry `system0`.
    A,
    /// Partitions `efi-b`, `root-b`, `verity-b`; firmware entry `system1`.
    B,
}

impl Slot {
    /// Both, in the order of their firmware entries.
    pub const BOTH: [Slot; 2] = [Slot::A, Slot::B];

    /// The other one.
    #[must_use]
    pub fn other(self) -> Slot {
        match self {
            Slot::A => Slot::B,
            Slot::B => Slot::A,
        }
    }

    /// Its place in pairs of values.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Slot::A => 0,
            Slot::B => 1,
        }
    }

    /// `a` or `b`, as partition labels end.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Slot::A => 'a',
            Slot::B => 'b',
        }
    }

    /// The label of its firmware entry, which is RAUC's `bootname`.
    #[must_use]
    pub fn entry(self) -> &'static str {
        match self {
            Slot::A => "system0",
            Slot::B => "system1",
        }
    }

    /// The slot whose firmware entry is labelled `entry`.
    #[must_use]
    pub fn of_entry(entry: &str) -> Option<Slot> {
        Slot::BOTH.into_iter().find(|slot| slot.entry() == entry)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

/// Neither `a` nor `b`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no slot: a or b")]
pub struct NoSlot(pub String);

impl FromStr for Slot {
    type Err = NoSlot;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "a" => Ok(Slot::A),
            "b" => Ok(Slot::B),
            other => Err(NoSlot(other.to_owned())),
        }
    }
}

/// What a labelled partition of the disk is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// EFI system partition of a slot, holding its UKI.
    Efi(Slot),
    /// Root file system of a slot.
    Root(Slot),
    /// dm-verity hash tree of a slot's root.
    Verity(Slot),
    /// Everything that outlives an update.
    Data,
    /// A configuration to take over, put there by whoever delivers the box.
    Provision,
}

impl Role {
    /// What the GPT label `label` stands for.
    #[must_use]
    pub fn of_label(label: &str) -> Option<Role> {
        match label {
            "efi-a" => Some(Role::Efi(Slot::A)),
            "efi-b" => Some(Role::Efi(Slot::B)),
            "root-a" => Some(Role::Root(Slot::A)),
            "root-b" => Some(Role::Root(Slot::B)),
            "verity-a" => Some(Role::Verity(Slot::A)),
            "verity-b" => Some(Role::Verity(Slot::B)),
            "data" => Some(Role::Data),
            "provision" => Some(Role::Provision),
            _ => None,
        }
    }

    /// The slot it belongs to, if it belongs to one.
    #[must_use]
    pub fn slot(self) -> Option<Slot> {
        match self {
            Role::Efi(slot) | Role::Root(slot) | Role::Verity(slot) => Some(slot),
            Role::Data | Role::Provision => None,
        }
    }
}
