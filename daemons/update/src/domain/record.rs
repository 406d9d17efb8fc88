// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is durable: the floor, the slots, and where an update stands.

use semver::Version;
use serde::{Deserialize, Serialize};
use uketsuke_bus::update1::{LastResult, SlotState, UpdateState};

use super::Fault;

/// One of the two system slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// `system0`.
    A,
    /// `system1`.
    B,
}

impl Slot {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// Its name on the bus.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// The slot RAUC calls so (`bootname` of system.conf).
    #[must_use]
    pub fn from_bootname(name: &str) -> Option<Self> {
        match name {
            "system0" => Some(Self::A),
            "system1" => Some(Self::B),
            _ => None,
        }
    }
}

/// What is known of a slot's content.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Content {
    /// Its version, if one is known.
    pub version: Option<Version>,
    /// How far it can be trusted.
    pub state: SlotState,
}

impl Content {
    /// A slot nothing is known of.
    pub const UNKNOWN: Self = Self {
        version: None,
        state: SlotState::Unknown,
    };
}

/// Both slots.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slots {
    a: Content,
    b: Content,
}

impl Slots {
    /// What is known of `slot`.
    #[must_use]
    pub fn of(&self, slot: Slot) -> &Content {
        match slot {
            Slot::A => &self.a,
            Slot::B => &self.b,
        }
    }

    pub(super) fn set(&mut self, slot: Slot, version: Option<&Version>, state: SlotState) {
        let content = Content {
            version: version.cloned(),
            state,
        };
        match slot {
            Slot::A => self.a = content,
            Slot::B => self.b = content,
        }
    }
}

/// What the look into a bundle showed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bundle {
    /// Its version.
    pub version: Version,
    /// SHA-256 of its manifest: what is installed is what was looked at.
    pub hash: String,
}

/// A system in a slot that is to take over.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pending {
    /// Its version.
    pub version: Version,
    /// Where it lies.
    pub slot: Slot,
    /// How often it was made the firmware's next choice.
    pub tries: u8,
    /// Since when it waits, seconds since 1970 (UTC).
    pub since: u64,
    /// Whether it is the older system, wanted back by a field engineer.
    pub rollback: bool,
}

/// Where an update rests between jobs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rest {
    /// Nothing is pending.
    Idle,
    /// A system waits for its activation.
    Installed(Pending),
    /// The running one was confirmed.
    Confirmed,
    /// A system was given up.
    RolledBack,
}

/// A job, or the rest between two.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing is going on.
    Rest(Rest),
    /// A bundle is being looked at; nothing has changed yet.
    Checking {
        /// Name of the job, for RAUC's own records.
        transaction: String,
        /// Where to go back to.
        back: Rest,
    },
    /// The other slot is being written.
    Installing {
        /// Name of the job, for RAUC's own records.
        transaction: String,
        /// What is being written.
        bundle: Bundle,
        /// Where to.
        slot: Slot,
    },
    /// The firmware is told, the restart is asked for.
    Activating(Pending),
    /// The running system has to be confirmed. None: nobody planned it, as on a new reader.
    Unconfirmed(Option<Pending>),
}

impl State {
    /// Its name on the bus.
    #[must_use]
    pub fn wire(&self) -> UpdateState {
        match self {
            Self::Rest(Rest::Idle) => UpdateState::Idle,
            Self::Rest(Rest::Installed(_)) => UpdateState::Installed,
            Self::Rest(Rest::Confirmed) => UpdateState::Confirmed,
            Self::Rest(Rest::RolledBack) => UpdateState::RolledBack,
            Self::Checking { .. } => UpdateState::Checking,
            Self::Installing { .. } => UpdateState::Installing,
            Self::Activating(_) => UpdateState::Activating,
            Self::Unconfirmed(_) => UpdateState::Unconfirmed,
        }
    }

    /// The system that waits, is being started or is on trial.
    #[must_use]
    pub fn pending(&self) -> Option<&Pending> {
        match self {
            Self::Rest(Rest::Installed(pending))
            | Self::Checking {
                back: Rest::Installed(pending),
                ..
            }
            | Self::Activating(pending) => Some(pending),
            Self::Unconfirmed(pending) => pending.as_ref(),
            _ => None,
        }
    }
}

/// Everything that outlives a power cut.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Record {
    /// The boot it was last brought up to date in; empty before the first.
    pub boot: String,
    /// Lowest version that may be confirmed.
    pub floor: Option<Version>,
    /// Version that was confirmed last.
    pub confirmed: Option<Version>,
    /// The slots.
    pub slots: Slots,
    /// Where an update stands.
    pub state: State,
    /// Why the last job failed.
    pub last_error: Option<Fault>,
    /// How the last job ended.
    pub last_result: LastResult,
    /// The last verdict of the boot check that was taken into account.
    #[serde(default)]
    pub judged: Option<u64>,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            boot: String::new(),
            floor: None,
            confirmed: None,
            slots: Slots {
                a: Content::UNKNOWN,
                b: Content::UNKNOWN,
            },
            state: State::Rest(Rest::Idle),
            last_error: None,
            last_result: LastResult::None,
            judged: None,
        }
    }
}
