// SPDX-License-Identifier: MIT OR Apache-2.0
//! 運転モード: what the terminal holds the reader in (the ministry's older way, still in use).
//!
//! ```text
//!  無人運転 ──hold──► 暗証番号認証固定: a card leads to P-04. Stays until the terminal says otherwise.
//!     ▲    └──hold──► 目視確認: a card leads to P-02 as ever; 目視で本人確認完了 at the terminal on P-00
//!     │                 │       opens S-02, drawn in `visual`
//!     └─────────────────┘ after one patient, whatever came of him · 中止 · fifteen minutes · the
//!                         screen, the reader or the way to the centre going · the terminal
//! ```
//!
//! Staff forget to switch back. So 目視確認 ends by itself, and before staff have vouched for somebody
//! it bars nobody: whoever places a card then is asked as ever. Nothing is kept: a restart begins at
//! 無人運転, and the terminal holds 暗証番号認証固定 anew, 目視確認 never.
//!
//! A setting lets 目視確認 serve one patient after another for so many minutes, which P-00 counts down.
//! Each still needs a tick of his own; all else ends it as ever.
//!
//! P-00 says what is held, and after five minutes without anybody reminds of it (MODE-09).

use uketsuke_bus::staff::StaffEvent;
use uketsuke_bus::view::Operation;

use super::Turn;
use super::event::Effect;
use super::rules::Defect;
use super::state::{Desk, Hold, MINUTE};
use super::{Millis, Rules};

impl Turn<'_> {
    /// The terminal says what the reader is held in. Said again it changes nothing, above all no
    /// time that runs.
    pub(super) fn hold(&mut self, operation: Operation) {
        if operation == self.state.operation() {
            return;
        }
        match self.state.operation() {
            Operation::Unattended => {}
            Operation::PinOnly => {
                self.state.held = None;
                self.effects.push(Effect::Note(StaffEvent::Released));
            }
            Operation::Visual => self.end_held_visual(StaffEvent::Released),
        }
        let (event, until) = match operation {
            Operation::Unattended => return,
            Operation::PinOnly => (StaffEvent::HeldPinOnly, None),
            Operation::Visual => {
                let long = self.rules.run.unwrap_or(self.rules.held);
                (StaffEvent::HeldVisual, Some(self.now + long))
            }
        };
        self.effects.push(Effect::Note(event));
        self.state.held = Some(Hold {
            operation,
            remind: Some(self.now + self.rules.held_reminder),
            until,
            left: until.and_then(|until| minutes(until, self.now, self.rules)),
        });
    }

    /// Whether 目視確認 goes on for the next patient although it is over for this one.
    pub(super) fn run_goes_on(&self, cause: StaffEvent) -> bool {
        use StaffEvent::{CardFailed, CardLifted, Served, Stopped};
        let patient = matches!(cause, Served | CardLifted | CardFailed)
            || (cause == Stopped && self.rules.broken(Defect::RunGoesOn));
        self.rules.run.is_some() && patient
    }

    /// Staff have ticked 目視で本人確認完了: S-02, where nothing stands in its way.
    pub(super) fn vouched(&mut self) {
        let ready = self.state.reader && self.state.link.is_none();
        if ready && self.state.operation() == Operation::Visual && self.state.desk == Desk::Idle {
            self.state.desk = self.open_visual(StaffEvent::Vouched);
        }
    }

    /// A card was placed or lifted, or something pressed: the reminder waits for the next pause.
    pub(super) fn somebody_is_here(&mut self) {
        if let Some(held) = &mut self.state.held {
            held.remind = Some(self.now + self.rules.held_reminder);
        }
    }

    /// 目視確認 needs the way to the centre. A card that is signing already is let finish, as after a
    /// PIN, and tells by itself what came of it.
    pub(super) fn link_lost(&mut self) {
        match &self.state.desk {
            Desk::Session(session) if session.eye && !session.authenticated() => {}
            Desk::Session(_) => self.no_more_held_visual(StaffEvent::LinkDown),
            _ => self.no_more_visual(StaffEvent::LinkDown),
        }
    }

    /// Ends what the terminal holds where that is 目視確認. Whom staff vouched for, if anybody, is dealt
    /// with already.
    pub(super) fn no_more_held_visual(&mut self, cause: StaffEvent) {
        if self.state.operation() == Operation::Visual {
            self.visual_over(cause);
        }
    }

    /// Whether something about what is held was due.
    pub(super) fn held_due(&mut self) -> bool {
        let now = self.now;
        let due = |at: Option<super::Millis>| at.is_some_and(|at| at <= now);
        let reminded = due(self.state.reminder());
        let Some(held) = &mut self.state.held else {
            return false;
        };
        if due(held.until) {
            if self.rules.broken(Defect::HeldForEver) {
                held.until = None;
            } else {
                self.end_held_visual(StaffEvent::Elapsed);
            }
            return true;
        }
        let counted = due(held.counts_on());
        if counted {
            held.left = held.until.and_then(|until| minutes(until, now, self.rules));
        }
        if reminded {
            held.remind = None;
        }
        reminded || counted
    }

    /// Held no longer, and with it ends what staff vouched for; staff who are typing a passcode go on.
    fn end_held_visual(&mut self, cause: StaffEvent) {
        if self.state.is_visual() {
            self.no_more_visual(cause);
        } else {
            self.no_more_held_visual(cause);
        }
    }
}

/// Whole minutes until then, rounded up; none where nothing is counted down.
fn minutes(until: Millis, now: Millis, rules: &Rules) -> Option<u8> {
    rules.run?;
    u8::try_from(until.0.saturating_sub(now.0).div_ceil(MINUTE.0)).ok()
}
