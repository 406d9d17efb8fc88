// SPDX-License-Identifier: MIT OR Apache-2.0
//! A reader around the machine: firmware, RAUC, disk, power; each small and true to what matters.

use std::collections::BTreeSet;

use super::super::*;

/// The release that never passes the boot check.
pub const SICK: u64 = 2;
/// What servers offer: older than the first system, sick, good.
pub const OFFERED: [u64; 3] = [0, SICK, 3];
/// What a reader comes with.
pub const FACTORY: u64 = 1;

pub fn version(minor: u64) -> Version {
    Version::new(1, minor, 0)
}

/// What really lies in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Filled {
    pub minor: u64,
    pub whole: bool,
}

/// How far RAUC is with writing the slot that does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Writing {
    /// Asked, nothing done.
    Begun(u64),
    /// The slot is out of `BootOrder`.
    Unlisted(u64),
    /// Its content is half there.
    Half(u64),
}

/// What the daemon waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Job {
    Inspect,
    Install,
    Ask,
    /// Listens for the end of an installation.
    Follow,
    MarkActive,
    MarkGood,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The record on disk.
    pub disk: Record,
    /// The running daemon.
    pub daemon: Option<Machine>,
    /// Version of the bundle the daemon was told to install.
    pub source: u64,
    pub jobs: BTreeSet<Job>,
    /// The slot that runs.
    pub runs: Slot,
    pub slots: [Filled; 2],
    /// `BootOrder`, `BootNext`.
    pub order: Vec<Slot>,
    pub next: Option<Slot>,
    pub writing: Option<Writing>,
    /// An end of RAUC that the daemon listens for and has not heard yet.
    pub ended: Option<bool>,
    /// RAUC's own note that the slot was written whole.
    pub noted: Option<Slot>,
    /// In /run: the mark of this boot, the wish for a restart.
    pub mark: Option<bool>,
    pub restart: bool,
    pub condemned: Option<Condemned>,
    /// What really was confirmed, by slot.
    pub kept: [Option<u64>; 2],
    /// Starts of the system on trial since somebody ordered it.
    pub starts: u8,
}

impl std::fmt::Display for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let filled = self.slots.map(|slot| {
            let torn = if slot.whole { "" } else { "?" };
            format!("{}{torn}", slot.minor)
        });
        write!(
            f,
            "{:?} runs of {filled:?}, order {:?} next {:?}; daemon {}, {:?}, jobs {:?}, writing {:?}, \
             ended {:?}, noted {:?}",
            self.runs,
            self.order,
            self.next,
            self.daemon.is_some(),
            self.disk.state,
            self.jobs,
            self.writing,
            self.ended,
            self.noted,
        )
    }
}

pub fn at(slot: Slot) -> usize {
    match slot {
        Slot::A => 0,
        Slot::B => 1,
    }
}

impl World {
    pub fn new() -> Self {
        let factory = Filled {
            minor: FACTORY,
            whole: true,
        };
        let empty = Filled {
            minor: 0,
            whole: false,
        };
        Self {
            disk: Record::default(),
            daemon: None,
            source: 0,
            jobs: BTreeSet::new(),
            runs: Slot::A,
            slots: [factory, empty],
            order: vec![Slot::A, Slot::B],
            next: None,
            writing: None,
            ended: None,
            noted: None,
            mark: None,
            restart: false,
            condemned: None,
            kept: [None, None],
            starts: 0,
        }
    }

    pub fn here(&self) -> Here {
        Here {
            slot: self.runs,
            version: version(self.slots[at(self.runs)].minor),
        }
    }

    pub fn fit(&self) -> bool {
        self.slots[at(self.runs)].minor != SICK
    }

    pub fn on_trial(&self) -> bool {
        self.order.first() != Some(&self.runs)
    }

    /// Feeds the machine as the manager does: durable first, then the effects.
    pub fn feed(&mut self, event: Event) -> Result<(), Refusal> {
        let machine = self.daemon.clone().expect("the daemon runs");
        let (next, effects) = machine.step(event, 0)?;
        self.disk = next.record.clone();
        self.daemon = Some(next);
        for effect in effects {
            match effect {
                Effect::Inspect => self.jobs.insert(Job::Inspect),
                Effect::Install { .. } => self.jobs.insert(Job::Install),
                Effect::Ask { .. } => self.jobs.insert(Job::Ask),
                Effect::MarkActive => {
                    let content = self.disk.slots.of(self.runs.other());
                    assert_ne!(content.state, SlotState::Bad, "a bad system is armed");
                    self.jobs.insert(Job::MarkActive)
                }
                Effect::MarkGood => self.jobs.insert(Job::MarkGood),
            };
        }
        Ok(())
    }

    /// The daemon starts, and learns which slot runs.
    pub fn start(&mut self) {
        // A mark no earlier boot has left in the record.
        let fresh = self.disk.boot != "1";
        let mark = *self.mark.get_or_insert(fresh);
        self.daemon = Some(Machine {
            record: self.disk.clone(),
            here: None,
        });
        let started = Event::Started {
            here: self.here(),
            boot: u8::from(mark).to_string(),
            condemned: self.condemned.clone(),
            restarting: self.restart,
        };
        self.feed(started).expect("a start is never refused");
    }

    /// The daemon is gone; what it asked RAUC for last may still be done.
    pub fn kill(&mut self) {
        self.daemon = None;
        self.jobs.clear();
        self.ended = None;
    }

    /// The power is gone and comes back, or the machine restarts.
    pub fn boot(&mut self) {
        self.daemon = None;
        self.jobs.clear();
        self.writing = None;
        self.ended = None;
        self.mark = None;
        self.restart = false;
        let next = self.next.take();
        let choices = next.iter().chain(&self.order);
        let slot = choices
            .copied()
            .find(|slot| self.slots[at(*slot)].whole)
            .expect("no slot can be started");
        self.runs = slot;
        let pending = self.disk.state.pending();
        if pending.is_some_and(|p| p.slot == slot) && self.on_trial() {
            self.starts += 1;
        }
    }

    /// A person ordered something: counting begins anew.
    pub fn ordered(&mut self) {
        self.starts = 0;
    }

    /// RAUC does what it was asked for.
    pub fn carry_out(&mut self, job: Job) {
        match job {
            Job::Install => {
                self.noted = None;
                self.next = Some(self.runs);
                self.writing = Some(Writing::Begun(self.source));
            }
            Job::MarkActive => self.next = Some(self.runs.other()),
            Job::MarkGood => {
                self.order.retain(|slot| *slot != self.runs);
                self.order.insert(0, self.runs);
                self.kept[at(self.runs)] = Some(self.slots[at(self.runs)].minor);
            }
            Job::Inspect | Job::Ask | Job::Follow => {}
        }
    }

    /// RAUC goes on with writing; `fails` ends it there.
    pub fn write(&mut self, fails: bool) {
        let target = self.runs.other();
        let Some(writing) = self.writing else { return };
        let heard = self.jobs.contains(&Job::Follow);
        if fails {
            self.writing = None;
            self.ended = heard.then_some(false);
            return;
        }
        self.writing = match writing {
            Writing::Begun(minor) => {
                self.order.retain(|slot| *slot != target);
                Some(Writing::Unlisted(minor))
            }
            Writing::Unlisted(minor) => {
                let whole = false;
                self.slots[at(target)] = Filled { minor, whole };
                self.kept[at(target)] = None;
                Some(Writing::Half(minor))
            }
            Writing::Half(minor) => {
                let whole = true;
                self.slots[at(target)] = Filled { minor, whole };
                self.noted = Some(target);
                self.ended = heard.then_some(true);
                None
            }
        };
    }

    /// The boot check finds the running system unfit and leaves it.
    pub fn condemn(&mut self) {
        let id = u64::from(self.disk.judged == Some(0));
        self.condemned = Some(Condemned {
            version: self.here().version,
            slot: self.runs,
            id,
        });
    }
}
