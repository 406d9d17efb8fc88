// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is remembered over reboots outside the disk, in one EFI variable, and what follows from it.
//!
//! ```text
//!              dm-verity panic of the slot that runs          panic again, or other slot out
//!   both fine ---------------------------------> one corrupt ------------------------------> stay
//!       ^         other slot first, reboot            |
//!       '---------------------------------------------'
//!         the slot came up and was confirmed (`settled`), or the disk was written anew
//! ```
//!
//! No boot is counted (OTA-07): a power cut on a healthy slot leaves no panic record and enters no
//! emergency, so it changes nothing here. Only an *emergency* (the initrd or the start-up gave up)
//! is counted, per slot, and the count goes back to nothing when the slot is confirmed. A slot that
//! is out and has one more emergency all the same takes the other one out with it: whatever the
//! order says, the other one does not start.
//!
//! One variable, so that each change is one atomic write of the firmware; text, so that a service
//! engineer can read it: `1 last=a corrupt=b emergency=2,0 data=… judged=…`.

use std::fmt;

use uuid::Uuid;

use crate::slot::Slot;

/// Emergencies of one slot after which the other slot is put first. Two may be a slow disk or a
/// loose cable; a third in a row, each after a reset, is the slot.
pub const EMERGENCIES: u8 = 3;

/// The variable's content. Anything that cannot be read is taken as nothing remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The slot that booted last: a panic record found now is its.
    pub last: Option<Slot>,
    /// Slots that panicked on their root (by [`Slot::index`]).
    pub corrupt: [bool; 2],
    /// Emergencies since the slot was last confirmed, up to [`EMERGENCIES`].
    pub emergencies: [u8; 2],
    /// The data partition of the disk all this was seen on. It is made on the box with a random
    /// GUID and no image holds one, so a disk that was swapped or written anew is told apart.
    pub data: Option<Uuid>,
    /// The last panic record judged, so that one that cannot be deleted is not judged again.
    pub judged: Option<String>,
}

/// What the disk says, where it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskFacts {
    /// GUID of its data partition; none before the first start.
    pub data: Option<Uuid>,
}

/// A record of the kernel that a root did not match its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Which dump it was.
    pub record: String,
    /// The slot its device numbers point to, on this boot's numbering.
    pub hint: Option<Slot>,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Open the root.
    Continue,
    /// Try the same slot once more.
    Reboot,
    /// Put this slot first in `BootOrder` and reboot.
    SwitchTo(Slot),
    /// No slot is left: keep the picture that sends the patient to the desk.
    Stay {
        /// Whether to forget everything after a while and try again: where only emergencies speak
        /// against a slot, or where the disk cannot be told apart from a newly written one.
        retry: bool,
    },
}

impl State {
    /// Judges what the last boot left, before the root is opened.
    #[must_use]
    pub fn judge(
        mut self,
        booted: Option<Slot>,
        evidence: Option<Evidence>,
        disk: Option<DiskFacts>,
    ) -> (State, Verdict) {
        self.bind(disk);
        let evidence = evidence.filter(|found| self.judged.as_ref() != Some(&found.record));
        let mut verdict = Verdict::Continue;
        if let Some(evidence) = evidence {
            // The record is of the boot before this one. Without memory of it, the device numbers
            // are the next best witness; without either, firmware has most likely not changed over.
            let guilty = self.last.or(evidence.hint).or(booted);
            self.judged = Some(evidence.record);
            if let Some(guilty) = guilty {
                let again = self.corrupt[guilty.index()] && booted == Some(guilty);
                self.corrupt[guilty.index()] = true;
                // It was put behind the other one and runs all the same: the other one did not even
                // reach this program.
                self.corrupt[guilty.other().index()] |= again;
                if booted == Some(guilty) {
                    verdict = Verdict::SwitchTo(guilty.other());
                }
            }
        }
        self.last = booted.or(self.last);
        if self.out(Slot::A) && self.out(Slot::B) {
            verdict = self.stay();
        }
        (self, verdict)
    }

    /// Judges an emergency: the initrd or the start-up of the system gave up.
    #[must_use]
    pub fn emergency(mut self, booted: Option<Slot>, disk: Option<DiskFacts>) -> (State, Verdict) {
        self.bind(disk);
        if self.out(Slot::A) && self.out(Slot::B) {
            let verdict = self.stay();
            return (self, verdict);
        }
        let Some(booted) = booted else {
            return (self, Verdict::Reboot);
        };
        self.last = Some(booted);
        let again = self.emergencies[booted.index()] == EMERGENCIES;
        if again {
            // As with a corrupt root: it was put behind the other one and runs all the same, so the
            // other one did not even reach this program. Changing over once more would never end.
            self.emergencies[booted.other().index()] = EMERGENCIES;
        }
        let count = (self.emergencies[booted.index()] + 1).min(EMERGENCIES);
        self.emergencies[booted.index()] = count;
        let verdict = if count < EMERGENCIES {
            Verdict::Reboot
        } else if self.out(booted.other()) {
            self.stay()
        } else {
            Verdict::SwitchTo(booted.other())
        };
        (self, verdict)
    }

    /// The slot is confirmed, or was written anew: nothing speaks against it any more.
    #[must_use]
    pub fn cleared(mut self, slot: Slot) -> State {
        self.corrupt[slot.index()] = false;
        self.emergencies[slot.index()] = 0;
        self
    }

    /// Everything that speaks against a slot is forgotten.
    #[must_use]
    pub fn forgiven(self) -> State {
        self.cleared(Slot::A).cleared(Slot::B)
    }

    /// Whether `slot` must not be put first.
    #[must_use]
    pub fn out(&self, slot: Slot) -> bool {
        self.corrupt[slot.index()] || self.emergencies[slot.index()] >= EMERGENCIES
    }

    fn stay(&self) -> Verdict {
        let both_corrupt = self.corrupt == [true, true];
        Verdict::Stay {
            retry: !both_corrupt || self.data.is_none(),
        }
    }

    /// Marks hold for the disk they were made on. A disk without a data partition is new.
    fn bind(&mut self, disk: Option<DiskFacts>) {
        let Some(disk) = disk else {
            return;
        };
        if self.data.is_some() && self.data != disk.data {
            self.corrupt = [false; 2];
            self.emergencies = [0; 2];
        }
        self.data = disk.data;
    }

    /// Reads the variable. What is not understood counts as not remembered.
    #[must_use]
    pub fn parse(data: &[u8]) -> State {
        let text = String::from_utf8_lossy(data);
        let mut words = text.split_ascii_whitespace();
        let mut state = State::default();
        if words.next() != Some("1") {
            return state;
        }
        for (key, value) in words.filter_map(|word| word.split_once('=')) {
            match key {
                "last" => state.last = value.parse().ok(),
                "corrupt" => {
                    for slot in Slot::BOTH {
                        state.corrupt[slot.index()] = value.contains(slot.letter());
                    }
                }
                "emergency" => {
                    for (count, text) in state.emergencies.iter_mut().zip(value.split(',')) {
                        *count = text.parse().unwrap_or(0).min(EMERGENCIES);
                    }
                }
                "data" => state.data = value.parse().ok(),
                "judged" => state.judged = Some(value.to_owned()),
                _ => {}
            }
        }
        state
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("1")?;
        if let Some(last) = self.last {
            write!(f, " last={last}")?;
        }
        f.write_str(" corrupt=")?;
        for slot in Slot::BOTH.iter().filter(|slot| self.corrupt[slot.index()]) {
            write!(f, "{slot}")?;
        }
        let [a, b] = self.emergencies;
        write!(f, " emergency={a},{b}")?;
        if let Some(data) = self.data {
            write!(f, " data={data}")?;
        }
        if let Some(judged) = &self.judged {
            write!(f, " judged={judged}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
