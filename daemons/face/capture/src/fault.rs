// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be wrong with a camera.

/// What is wrong with a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// No camera is plugged.
    Absent,
    /// Cameras are plugged, but none is the one that was named: another one in its place is not used.
    Foreign,
    /// Several are the one that was named.
    Ambiguous,
    /// Another program has it, or the rights to it are missing.
    Refused,
    /// It does not give pictures of the size and rate that are asked for.
    WrongFormat,
    /// Its pictures end.
    Ended,
    /// It is there and gives no pictures, or gives them too late to be of now.
    Stalled,
    /// What it gives are no pictures.
    Garbage,
    /// It gives the same picture again and again.
    Frozen,
    /// Something lies over it, or it sees nothing at all.
    Covered,
    /// It works, and it is dark before it.
    Dark,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Absent,
        Self::Foreign,
        Self::Ambiguous,
        Self::Refused,
        Self::WrongFormat,
        Self::Ended,
        Self::Stalled,
        Self::Garbage,
        Self::Frozen,
        Self::Covered,
        Self::Dark,
    ];

    /// The word for it, in the log and on the bus.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Foreign => "foreign",
            Self::Ambiguous => "ambiguous",
            Self::Refused => "refused",
            Self::WrongFormat => "wrong-format",
            Self::Ended => "ended",
            Self::Stalled => "stalled",
            Self::Garbage => "garbage",
            Self::Frozen => "frozen",
            Self::Covered => "covered",
            Self::Dark => "dark",
        }
    }

    /// Whether the camera cannot be worked with. What a patient, a hand or a lamp mends is no reason to
    /// call somebody: a clinic at night is dark.
    #[must_use]
    pub fn breaks(self) -> bool {
        !matches!(self, Self::Covered | Self::Dark)
    }

    /// Whether only starting the pictures anew may mend it.
    pub(crate) fn wants_restart(self) -> bool {
        matches!(self, Self::Garbage | Self::Frozen)
    }
}
