// SPDX-License-Identifier: MIT OR Apache-2.0
//! One reader: what it stands in, what staff want it in, and what is ordered of it.
//!
//! 目視確認, from the button to its end:
//!
//! ```text
//!           the button            the reader stands in it
//!  (none) ─────────────► asked ──────────────────────────► in force ◄──┐
//!     ▲                    │                                 │  └──────┘ a tick: given once
//!     ├────────────────────┘ a minute · another button       │
//!     └──────────────────────────────────────────────────────┘ the reader stands in something else ·
//!                                                              another button
//! ```
//!
//! In force it is never ordered again: the reader leaves it by itself after its one patient.

use std::time::{Duration, Instant};

use uketsuke_bus::view::Operation;
use uketsuke_link::orders::{Became, Command, Order, OrderResult};

use crate::store::ModeSet;

/// How long after staff pressed the button 目視確認 may begin, and a tick may be given (MODE-09): who
/// stands before a reader that comes back later is somebody else.
const FRESH: Duration = Duration::from_secs(60);

/// A moment by both clocks: one stands still while the machine sleeps, the other can be set back.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub awake: Instant,
    /// Seconds since 1970.
    pub clock: u64,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self {
            awake: Instant::now(),
            clock: uketsuke_link::now(),
        }
    }

    /// Whether what was asked for at this moment may still be done.
    fn is_fresh(self, now: Self) -> bool {
        now.awake.saturating_duration_since(self.awake) < FRESH
            && now.clock.saturating_sub(self.clock) < FRESH.as_secs()
    }
}

/// 目視確認, asked for or in force.
struct Visual {
    id: String,
    asked: Moment,
    in_force: bool,
    tick: Option<Tick>,
}

/// 目視で本人確認完了.
struct Tick {
    id: String,
    asked: Moment,
    given: bool,
}

/// The mode that was ordered last.
struct Given {
    id: String,
    operation: Operation,
    became: Option<Became>,
}

/// One reader.
pub(super) struct Reader {
    stands: Option<Operation>,
    visual: Option<Visual>,
    given: Option<Given>,
    /// Name of the order back to 無人運転 where staff never set a mode.
    back: String,
}

impl Reader {
    pub(super) fn new(back: String) -> Self {
        Self {
            stands: None,
            visual: None,
            given: None,
            back,
        }
    }

    /// What it stands in; none: it does not say.
    pub(super) fn operation(&self) -> Option<Operation> {
        self.stands
    }

    /// What staff want it in, with `set` for what they set for good.
    pub(super) fn wanted(&self, set: Option<&ModeSet>) -> Operation {
        match (&self.visual, set) {
            (Some(_), _) => Operation::Visual,
            (None, Some(set)) => set.operation,
            (None, None) => Operation::Unattended,
        }
    }

    pub(super) fn is_in_visual(&self) -> bool {
        self.visual.as_ref().is_some_and(|visual| visual.in_force)
    }

    /// Forgets what is over.
    pub(super) fn settle(&mut self, now: Moment) {
        let stands = self.stands == Some(Operation::Visual);
        let Some(visual) = &mut self.visual else {
            return;
        };
        let over = if visual.in_force {
            !stands
        } else {
            !visual.asked.is_fresh(now)
        };
        if over {
            self.visual = None;
        } else {
            visual.in_force = stands;
        }
    }

    /// It says what it stands in. Whatever was ordered before is done by then, or never will be.
    pub(super) fn stands(&mut self, operation: Option<Operation>, now: Moment) {
        self.given.take_if(|given| given.became.is_none());
        self.stands = operation;
        self.settle(now);
    }

    /// Staff want 目視確認, by the order `id`. In force already it goes on as it is.
    pub(super) fn ask_visual(&mut self, id: String, now: Moment) {
        if !self.is_in_visual() {
            self.visual = Some(Visual {
                id,
                asked: now,
                in_force: false,
                tick: None,
            });
            self.settle(now);
        }
    }

    /// Staff want something else, and what they vouched for goes with it.
    pub(super) fn end_visual(&mut self) {
        self.visual = None;
    }

    /// Staff have vouched, by the order `id`, which takes the place of one that was not given. `false`:
    /// 目視確認 is not in force.
    pub(super) fn vouch(&mut self, id: &str, now: Moment) -> bool {
        let Some(visual) = self.visual.as_mut().filter(|visual| visual.in_force) else {
            return false;
        };
        visual.tick = Some(Tick {
            id: id.to_owned(),
            asked: now,
            given: false,
        });
        true
    }

    /// Whether this tick is given, or will be.
    pub(super) fn has_tick(&self, id: &str) -> bool {
        let tick = self.visual.as_ref().and_then(|v| v.tick.as_ref());
        tick.is_some_and(|tick| tick.id == id)
    }

    /// A tick that was not given is not given any more.
    pub(super) fn take_back(&mut self, id: &str) {
        if let Some(visual) = &mut self.visual {
            visual.tick.take_if(|tick| tick.id == id && !tick.given);
        }
    }

    /// The next thing to do, with `set` for what staff set for good. A tick counts as given with this,
    /// whether the reader gets the answer or not: given twice it would vouch for a second patient.
    pub(super) fn order(&mut self, set: Option<ModeSet>, now: Moment) -> Option<Order> {
        self.settle(now);
        let stands = self.stands?;
        let (id, operation) = match (&mut self.visual, set) {
            (Some(visual), _) if visual.in_force => return visual.tick(now),
            (Some(visual), _) => (visual.id.clone(), Operation::Visual),
            (None, Some(set)) => (set.id, set.operation),
            (None, None) => (self.back.clone(), Operation::Unattended),
        };
        // A reader that does not take it would be asked again and again without a pause.
        if stands == operation || self.refused(&id) {
            return None;
        }
        self.given = Some(Given {
            id: id.clone(),
            operation,
            became: None,
        });
        let command = Command::Hold { operation };
        Some(Order { id, command })
    }

    /// It says what became of an order.
    pub(super) fn told(&mut self, result: &OrderResult, now: Moment) {
        if let Some(given) = self.given.as_mut().filter(|given| given.id == result.id) {
            given.became = Some(result.became);
            if result.became == Became::Held {
                self.stands = Some(given.operation);
                self.settle(now);
            }
        }
    }

    /// What became of the wish for a mode, by the order `id`; none: not told yet.
    pub(super) fn became(&self, operation: Operation, id: &str) -> Option<Became> {
        let underway = |given: &Given| given.became.is_none() && given.operation != operation;
        if self.stands == Some(operation) && !self.given.as_ref().is_some_and(underway) {
            return Some(Became::Held);
        }
        let given = self.given.as_ref().filter(|given| given.id == id)?;
        given.became.filter(|became| *became != Became::Held)
    }

    fn refused(&self, id: &str) -> bool {
        let given = self.given.as_ref().filter(|given| given.id == id);
        given.is_some_and(|given| given.became.is_some_and(|became| became != Became::Held))
    }
}

impl Visual {
    /// The tick, where there is one to give.
    fn tick(&mut self, now: Moment) -> Option<Order> {
        let tick = self.tick.as_mut()?;
        if tick.given || !tick.asked.is_fresh(now) {
            return None;
        }
        tick.given = true;
        Some(Order {
            id: tick.id.clone(),
            command: Command::Vouch,
        })
    }
}
