// SPDX-License-Identifier: MIT OR Apache-2.0
//! The check-in: a pure function of state, event and time.
//!
//! ```text
//!  P-00 ──card──► P-02 ──pin──► P-04 ──digits──► (gathering ► signing ► checking) P-05x
//!   ▲    │                       ▲                  │            │           │
//!   │    ├ foreign, phone ► F-09 │                  │    wrong ──┤           │
//!   │    ├ mute ► F-10           └──── F-03 ◄───────│────────────┤           │
//!   │    ├ PIN unusable ► F-04 ◄────────────────────│── no tries ┘           │
//!   │    └ link down ► F-14 ◄───────────────────────┴────── no way to the centre
//!   │         └─ link up, same placement ► P-02                              │
//!   │                                                       the centre's answer
//!   │   F-11 not found · F-12 not valid · F-07 too old ◄────────────────────┤
//!   │   F-07 expired, eligibility only ──continue──────────┐                 │
//!   │   P-07 earlier consents still fit ──keep─────────────┤◄────────────────┤
//!   │    │ ▲ show / back                                   │                 │
//!   │    │ └──► P-08                                       │                 │
//!   │    └ choose again ► P-06 ──agree all─────────────────┤◄────────────────┘
//!   │                      └ choose each ► P-09a…d ────────┤
//!   │                        P-10, P-11, P-13b where asked; P-12, drawn in `letters`
//!   │                                                      ▼
//!   └────────────card lifted──────────── P-13 ◄──durable── (completing) P-05x
//!                                         ▲                      │
//!                                         └─ P-14 ◄── expiring ──┘
//!
//!  P-02 ──face──► P-03 …: drawn in `face`; from the signature on it is the same.
//!  P-00 ──phone──► P-05a …: drawn in `phone`; from the signature on it is the same.
//!  P-00 ──staff──► S-01 …: drawn in `visual`; from the signature on it is the same.
//!  What the terminal holds the reader in changes where a card leads: `held`.
//!
//!  Any question: no touch ► warning ► F-15 ► F-16.   Finish ► F-16.
//!  Any last message, card still there: ► F-16 with a reminder ► staff are told. Only lifting the
//!  card leaves it; a card that was not lifted never starts a new session (but for F-14).
//!  Card lifted before it signed: F-08, nothing kept; any card starts afresh.
//!  Card lifted after it signed: F-08, the answers wait for the same certificate, then go.
//!  Reader gone: as lifted, shown as F-10.
//! ```
//!
//! There is no clock, bus, file or random source in here. The caller owns the state, feeds events
//! with the time they happened, carries out the effects, and sends [`Event::Tick`] at
//! [`State::deadline`]. Every effect that awaits an answer has a limit in [`Rules`], so a lost
//! answer ends in a message, never in a hang.

mod awaited;
mod consent;
mod endings;
mod event;
mod face;
mod held;
mod identify;
mod letters;
mod person;
mod phone;
mod pin;
mod rules;
mod state;
mod view;
mod visual;

#[cfg(test)]
mod explore;
#[cfg(test)]
mod scenarios;

use uketsuke_bus::staff::StaffEvent;
use uketsuke_bus::view::Action;

pub use event::{
    CardFault, Challenge, Effect, Event, Faces, LinkFault, Passed, Placed, SignFault, Slot, Tag,
    Verdict,
};
pub use person::{Certificate, Earlier, Given, Name, Signature};
pub use rules::Rules;
pub use state::{Millis, State};
pub use view::{details, view};

use awaited::Wait;
use rules::Defect;
use state::{Desk, Session, Stage};

/// Applies one event that happened at `now`. What fell due until then happens first, so a touch
/// that comes with the time-out is late.
#[must_use]
pub fn step(state: &State, event: Event, now: Millis, rules: &Rules) -> (State, Vec<Effect>) {
    let mut turn = Turn {
        state: state.clone(),
        effects: Vec::new(),
        now,
        rules,
    };
    turn.expire();
    turn.apply(event);
    // A hold may have run out while the card that came back was being read.
    turn.expire();
    (turn.state, turn.effects)
}

/// One step under way.
struct Turn<'a> {
    state: State,
    effects: Vec<Effect>,
    now: Millis,
    rules: &'a Rules,
}

impl Turn<'_> {
    fn apply(&mut self, event: Event) {
        match event {
            Event::Tick => {}
            Event::ScreenGone => {
                if !self.rules.broken(Defect::VisualOutlivesScreen) {
                    self.no_more_visual(StaffEvent::PartGone);
                }
            }
            Event::Staff(staff) => {
                self.state.staff = staff;
                if !staff {
                    self.no_more_visual(StaffEvent::Withdrawn);
                }
            }
            Event::Hold(operation) => {
                self.hold(operation);
                self.faces_changed();
            }
            Event::Vouched => self.vouched(),
            Event::ScreenBack => self.in_session(|turn, s| turn.ask_again(s)),
            Event::CardPlaced(card) => {
                self.somebody_is_here();
                self.placed(card);
            }
            Event::CardLifted => {
                self.somebody_is_here();
                self.lifted();
            }
            Event::ReaderUp => self.state.reader = true,
            Event::ReaderDown => {
                self.state.reader = false;
                self.no_more_visual(StaffEvent::PartGone);
                if self.state.card.is_some_and(|lies| lies.slot == Slot::Card) {
                    self.lifted();
                }
            }
            Event::Phones(served) => self.phones(served && self.rules.phones),
            Event::Faces(faces) => self.faces(faces),
            Event::Hint(hint) => self.in_session(|turn, s| turn.hinted(s, hint)),
            Event::Compared(tag, verdict) => {
                self.in_session(|turn, s| turn.compared(s, tag, verdict));
            }
            Event::Link(down) => {
                if down.is_some() {
                    self.link_lost();
                }
                self.link(down);
            }
            Event::Act(action) => self.act(action),
            Event::PinEntered => match self.state.desk {
                Desk::Passcode(passcode) => self.state.desk = self.passcode_entered(passcode),
                _ => self.in_session(Self::pin_entered),
            },
            Event::Verified(tag, said) => self.verified(tag, said),
            Event::Certificate(tag, result) => {
                self.in_session(|turn, s| turn.certificate(s, tag, result));
            }
            Event::Challenge(tag, result) => self.challenge(tag, result),
            Event::Signed(tag, result) => self.in_session(|turn, s| turn.signed(s, tag, result)),
            Event::CheckedIn(tag, result) => {
                self.in_session(|turn, s| turn.checked_in(s, tag, result));
            }
            Event::Completed(tag, result) => {
                self.in_session(|turn, s| turn.completed(s, tag, result));
            }
        }
    }

    /// Runs `go` with the session, if there is one; it says what the desk is afterwards.
    fn in_session(&mut self, go: impl FnOnce(&mut Self, Session) -> Desk) {
        match std::mem::replace(&mut self.state.desk, Desk::Idle) {
            Desk::Session(session) => self.state.desk = go(self, session),
            other => self.state.desk = other,
        }
    }

    /// A choice was pressed. What the view does not offer changes nothing.
    fn act(&mut self, action: Action) {
        if !view(&self.state, self.rules).choices.contains(&action) {
            return;
        }
        self.somebody_is_here();
        match &self.state.desk {
            Desk::Session(_) => self.in_session(|turn, s| turn.answer(s, action)),
            Desk::Ended(ended) if action == Action::Continue => {
                let ended = ended.clone();
                self.state.desk = self.noticed(ended);
            }
            Desk::Lifted { .. } | Desk::Ended(_) => self.state.desk = self.take_card(),
            Desk::Idle if action == Action::Staff => self.state.desk = self.begin_passcode(),
            // The other choice of P-00.
            Desk::Idle => self.state.desk = self.begin_phone(),
            // 中止.
            Desk::Passcode(_) => self.state.desk = Desk::Idle,
            Desk::Visual { .. } => self.no_more_visual(StaffEvent::Stopped),
        }
    }

    /// A choice the view of this session offers.
    fn answer(&mut self, mut session: Session, action: Action) -> Desk {
        match (&session.stage, action) {
            (_, Action::Finish) => {
                self.abandon(&session);
                self.take_card()
            }
            (_, Action::Face) | (Stage::NotFound, Action::Retry) => self.begin_compare(session),
            (_, Action::Pin) => {
                self.ask(&mut session, Stage::Pin { wrong: false });
                Desk::Session(session)
            }
            (Stage::WhichPhone, Action::Android | Action::Iphone)
            | (Stage::Trouble(_), Action::Retry | Action::ChooseAgain | Action::Card) => {
                self.phone_answer(session, action)
            }
            _ => self.consent(session, action),
        }
    }

    fn next_tag(&mut self) -> Tag {
        let tag = Tag(self.state.next_tag);
        self.state.next_tag += 1;
        tag
    }

    /// A request that counts as failed after `limit`.
    fn wait(&mut self, limit: Millis) -> Wait {
        Wait {
            tag: self.next_tag(),
            until: self.now + limit,
        }
    }
}
