// SPDX-License-Identifier: MIT OR Apache-2.0
//! The life of an update, as a pure function of record and event.
//!
//! ```text
//!           Install            good bundle            written
//!   rest ────────────► checking ────────► installing ─────────► installed
//!   ▲  ▲                  │ refused           │ failed             │ quiet time, Activate
//!   │  └──────────────────┴───────────────────┘                    ▼
//!   │                                                          activating ◄── Rollback (from rest)
//!   │ confirmed                                                    │ restart
//!   └────────────────────── unconfirmed ◄──────────────────────────┤ the new slot runs
//!   ▲                           │ restart                          │ the old slot runs
//!   │                           ▼                                  ▼
//!   └── rolled-back ◄── verdict or three tries ── or back to installed: it was a power cut
//! ```
//!
//! The firmware tries a slot once when told (`BootNext`) and starts the confirmed one otherwise
//! (`BootOrder`), so whatever happens between two lines of this picture, the old slot comes back.
//! Tries are counted before the firmware is told: a system that hangs before this daemon runs must
//! count too. A try is given back only when the firmware certainly was not told; the exploration
//! found that a lost answer, forgiven each time, would be a loop. Nothing is counted while the
//! running slot is confirmed.
//!
//! The floor is the version that was confirmed before the running one. So an update never leads
//! down, and a field engineer can go back exactly one step, to the system that was good before.

mod fault;
mod judge;
mod record;
mod start;

#[cfg(test)]
mod explore;
#[cfg(test)]
mod scenarios;

use std::cmp::Ordering;

use semver::Version;
use uketsuke_bus::update1::{LastResult, SlotState};

pub use fault::{Fault, Refusal};
pub use judge::{CLASSES, Manifest};
pub use record::{Bundle, Content, Pending, Record, Rest, Slot, Slots, State};
pub use start::Condemned;

/// How often a system may be started without being confirmed (OTA-07).
pub const TRIES: u8 = 3;

/// What runs now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Here {
    /// Its slot.
    pub slot: Slot,
    /// Its version.
    pub version: Version,
}

/// The record, and what runs; None until the installer has said which slot it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Machine {
    /// What is durable.
    pub record: Record,
    /// What runs.
    pub here: Option<Here>,
}

/// What happens to it. A call that cannot be answered now is refused and changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The daemon has started and knows what runs.
    Started {
        /// What runs.
        here: Here,
        /// Mark of this boot.
        boot: String,
        /// What the boot check last condemned.
        condemned: Option<Condemned>,
        /// Whether a restart of the machine was asked for in this boot.
        restarting: bool,
    },
    /// Somebody wants a bundle installed; the name of the job.
    Install(String),
    /// The look into the bundle ended.
    Inspected(Result<Manifest, Refusal>),
    /// The installation ended.
    InstallEnded(Result<(), Refusal>),
    /// The pending system is to take over now.
    Activate {
        /// Whether a patient is at the reader.
        patient: bool,
    },
    /// Whether the firmware was told of the pending slot, and the restart is coming.
    Marked(Told),
    /// The boot check found the running system fit for service.
    Confirm,
    /// The firmware was told to keep the running slot, or could not be.
    MarkedGood(Result<(), Refusal>),
    /// The older system is wanted back.
    Rollback {
        /// Whether a patient is at the reader.
        patient: bool,
    },
    /// What waits is not wanted any more.
    Cancel,
}

/// How telling the firmware of the pending slot ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It knows, and the restart is asked for.
    Yes,
    /// It certainly was not told.
    No(Refusal),
    /// It may know; no restart is asked for.
    Perhaps(Refusal),
}

/// What is to be done, once the record is durable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Look into the bundle.
    Inspect,
    /// Write the bundle with this manifest hash to the other slot.
    Install {
        /// Name of the job.
        transaction: String,
        /// The manifest that was looked at.
        hash: String,
    },
    /// Find out what became of this installation.
    Ask {
        /// Name of the job.
        transaction: String,
    },
    /// Make the other slot the firmware's next choice, then ask for the restart.
    MarkActive,
    /// Make the running slot the firmware's first choice.
    MarkGood,
}

/// One event's outcome: the new record and what is to be done.
type Step = Result<(Record, Vec<Effect>), Refusal>;

impl Machine {
    /// Whether the running slot is confirmed.
    #[must_use]
    pub fn confirmed(&self) -> bool {
        self.here.is_some() && !matches!(self.record.state, State::Unconfirmed(_))
    }

    /// Applies one event at `now` (seconds since 1970, UTC).
    ///
    /// # Errors
    /// The refusal of a call; nothing has changed then.
    pub fn step(&self, event: Event, now: u64) -> Result<(Self, Vec<Effect>), Refusal> {
        if let Event::Started {
            here,
            boot,
            condemned,
            restarting,
        } = event
        {
            let (record, effects) = if self.record.boot == boot {
                start::resumed(&self.record, restarting)
            } else {
                start::booted(&self.record, &here, boot, condemned)
            };
            let here = Some(here);
            return Ok((Self { record, here }, effects));
        }
        let here = self.here.as_ref().ok_or_else(|| {
            let text = "the installer has not said yet which slot runs";
            Refusal::new(Fault::InstallerDown, text)
        })?;
        let (record, effects) = match event {
            Event::Started { .. } => unreachable!("answered above"),
            Event::Install(transaction) => self.install(transaction),
            Event::Inspected(seen) => self.inspected(here, seen),
            Event::InstallEnded(result) => self.install_ended(result, now),
            Event::Activate { patient } => self.activate(patient),
            Event::Marked(result) => self.marked(result),
            Event::Confirm => self.confirm(here),
            Event::MarkedGood(result) => self.marked_good(here, result),
            Event::Rollback { patient } => self.rollback(here, patient, now),
            Event::Cancel => self.cancel(),
        }?;
        let here = self.here.clone();
        Ok((Self { record, here }, effects))
    }

    fn install(&self, transaction: String) -> Step {
        let back = self.resting()?.clone();
        let mut record = self.record.clone();
        record.state = State::Checking { transaction, back };
        record.last_error = None;
        Ok((record, vec![Effect::Inspect]))
    }

    fn inspected(&self, here: &Here, seen: Result<Manifest, Refusal>) -> Step {
        let State::Checking { transaction, back } = &self.record.state else {
            return self.nothing();
        };
        let judged = seen.and_then(|manifest| manifest.judge(here, self.record.floor.as_ref()));
        match judged {
            Ok(bundle) => {
                let mut record = self.record.clone();
                let slot = here.slot.other();
                // From here on the other slot holds neither what it held nor what it will hold.
                record
                    .slots
                    .set(slot, Some(&bundle.version), SlotState::Incomplete);
                let transaction = transaction.clone();
                let effect = Effect::Install {
                    transaction: transaction.clone(),
                    hash: bundle.hash.clone(),
                };
                record.state = State::Installing {
                    transaction,
                    bundle,
                    slot,
                };
                Ok((record, vec![effect]))
            }
            Err(refusal) => Ok((self.failed(back.clone(), refusal.fault), Vec::new())),
        }
    }

    fn install_ended(&self, result: Result<(), Refusal>, now: u64) -> Step {
        let State::Installing { bundle, slot, .. } = &self.record.state else {
            return self.nothing();
        };
        if let Err(refusal) = result {
            return Ok((self.failed(Rest::Idle, refusal.fault), Vec::new()));
        }
        let mut record = self.record.clone();
        record
            .slots
            .set(*slot, Some(&bundle.version), SlotState::Installed);
        record.state = State::Rest(Rest::Installed(Pending {
            version: bundle.version.clone(),
            slot: *slot,
            tries: 0,
            since: now,
            rollback: false,
        }));
        record.last_error = None;
        record.last_result = LastResult::Installed;
        Ok((record, Vec::new()))
    }

    fn activate(&self, patient: bool) -> Step {
        let Rest::Installed(pending) = self.resting()? else {
            let text = "no update waits for its activation";
            return Err(Refusal::new(Fault::NothingPending, text));
        };
        self.arm(pending.clone(), patient)
    }

    fn rollback(&self, here: &Here, patient: bool, now: u64) -> Step {
        let rest = self.resting()?;
        let slot = here.slot.other();
        let content = self.record.slots.of(slot);
        let older = |version: &&Version| version.cmp_precedence(&here.version) == Ordering::Less;
        let version = match (&content.version, content.state) {
            (Some(version), SlotState::Good) => Some(version).filter(older),
            _ => None,
        };
        let Some(version) = version else {
            let text = "the other slot holds nothing older that was good";
            return Err(Refusal::new(Fault::NothingToRollBack, text));
        };
        below(self.record.floor.as_ref(), version)?;
        let pending = match rest {
            // A rollback that a power cut sent back.
            Rest::Installed(pending) if pending.rollback => pending.clone(),
            _ => Pending {
                version: version.clone(),
                slot,
                tries: 0,
                since: now,
                rollback: true,
            },
        };
        self.arm(pending, patient)
    }

    fn arm(&self, mut pending: Pending, patient: bool) -> Step {
        if patient {
            let text = "a patient is at the reader";
            return Err(Refusal::new(Fault::Busy, text));
        }
        pending.tries += 1;
        let mut record = self.record.clone();
        record.state = State::Activating(pending);
        record.last_error = None;
        Ok((record, vec![Effect::MarkActive]))
    }

    fn marked(&self, told: Told) -> Step {
        let State::Activating(pending) = &self.record.state else {
            return self.nothing();
        };
        let mut record = self.record.clone();
        match told {
            Told::Yes => {}
            Told::No(refusal) => {
                let tries = pending.tries.saturating_sub(1);
                let rest = if pending.rollback && tries == 0 {
                    Rest::Confirmed
                } else {
                    Rest::Installed(Pending {
                        tries,
                        ..pending.clone()
                    })
                };
                record.fail(rest, refusal.fault);
            }
            Told::Perhaps(refusal) => record.perhaps_tried(pending.clone(), refusal.fault),
        }
        Ok((record, Vec::new()))
    }

    fn confirm(&self, here: &Here) -> Step {
        let State::Unconfirmed(pending) = &self.record.state else {
            return self.nothing();
        };
        if let Some(pending) = pending
            && (pending.slot, &pending.version) != (here.slot, &here.version)
        {
            let text = format!(
                "{} was installed, but {} runs",
                pending.version, here.version
            );
            return Err(Refusal::new(Fault::WrongVersion, text));
        }
        below(self.record.floor.as_ref(), &here.version)?;
        Ok((self.record.clone(), vec![Effect::MarkGood]))
    }

    fn marked_good(&self, here: &Here, result: Result<(), Refusal>) -> Step {
        if !matches!(self.record.state, State::Unconfirmed(_)) {
            return self.nothing();
        }
        let mut record = self.record.clone();
        if let Err(refusal) = result {
            record.last_error = Some(refusal.fault);
            return Ok((record, Vec::new()));
        }
        // One step back stays possible after an update; a step back raises nothing.
        let before = record.confirmed.take().unwrap_or(here.version.clone());
        if before.cmp_precedence(&here.version) != Ordering::Greater {
            record.floor = Some(match record.floor.take() {
                Some(floor) if floor.cmp_precedence(&before) == Ordering::Greater => floor,
                _ => before,
            });
        }
        record.confirmed = Some(here.version.clone());
        record
            .slots
            .set(here.slot, Some(&here.version), SlotState::Good);
        record.state = State::Rest(Rest::Confirmed);
        record.last_error = None;
        record.last_result = LastResult::Confirmed;
        Ok((record, Vec::new()))
    }

    fn cancel(&self) -> Step {
        let mut record = self.record.clone();
        record.state = match &self.record.state {
            State::Checking { back, .. } => State::Rest(back.clone()),
            State::Rest(Rest::Installed(pending)) if pending.rollback => {
                State::Rest(Rest::Confirmed)
            }
            State::Rest(Rest::Installed(_)) => State::Rest(Rest::Idle),
            State::Rest(_) | State::Unconfirmed(None) => {
                let text = "nothing is going on";
                return Err(Refusal::new(Fault::NothingPending, text));
            }
            State::Installing { .. } => {
                let text =
                    "the installer cannot be stopped once it writes; it changes nothing by itself";
                return Err(Refusal::new(Fault::NotCancellable, text));
            }
            State::Activating(_) | State::Unconfirmed(Some(_)) => {
                let text = "the other system is already on its way";
                return Err(Refusal::new(Fault::NotCancellable, text));
            }
        };
        record.last_error = None;
        record.last_result = LastResult::Cancelled;
        Ok((record, Vec::new()))
    }

    /// The rest that a job can start from.
    fn resting(&self) -> Result<&Rest, Refusal> {
        match &self.record.state {
            State::Rest(rest) => Ok(rest),
            State::Unconfirmed(_) => {
                let text = "the running slot is not confirmed yet";
                Err(Refusal::new(Fault::Unconfirmed, text))
            }
            State::Checking { .. } | State::Installing { .. } => {
                Err(Refusal::new(Fault::Busy, "an installation is going on"))
            }
            State::Activating(_) => Err(Refusal::new(Fault::Busy, "the restart is coming")),
        }
    }

    fn failed(&self, rest: Rest, fault: Fault) -> Record {
        let mut record = self.record.clone();
        record.fail(rest, fault);
        record
    }

    /// An answer nobody waits for any more, or a call that finds its wish fulfilled.
    fn nothing(&self) -> Step {
        Ok((self.record.clone(), Vec::new()))
    }
}

impl Record {
    fn fail(&mut self, rest: Rest, fault: Fault) {
        self.state = State::Rest(rest);
        self.last_error = Some(fault);
        self.last_result = LastResult::Failed;
    }

    /// An activation ended without a restart, but may have been the firmware's business: it counts.
    fn perhaps_tried(&mut self, pending: Pending, fault: Fault) {
        if pending.tries >= TRIES {
            self.give_up(&pending, Fault::NeverConfirmed);
        } else {
            self.fail(Rest::Installed(pending), fault);
        }
    }

    /// `pending` is not tried any more.
    fn give_up(&mut self, pending: &Pending, why: Fault) {
        let version = Some(&pending.version);
        self.slots.set(pending.slot, version, SlotState::Bad);
        self.state = State::Rest(Rest::RolledBack);
        self.last_error = Some(why);
        self.last_result = LastResult::RolledBack;
    }
}

/// Refuses a version below the floor.
fn below(floor: Option<&Version>, version: &Version) -> Result<(), Refusal> {
    match floor {
        Some(floor) if version.cmp_precedence(floor) == Ordering::Less => Err(Refusal::new(
            Fault::Downgrade,
            format!("{version} is below the floor, {floor}"),
        )),
        _ => Ok(()),
    }
}
