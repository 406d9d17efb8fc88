// SPDX-License-Identifier: MIT OR Apache-2.0
//! 目視確認: staff vouch for one patient by eye, after their passcode.
//!
//! ```text
//!  P-00 ──職員用──► S-01 ──digits──► (verifying) ──right──► S-02 ──card──► (gathering ► signing) P-05x
//!   ▲                │ ▲                │                    │                │
//!   │                │ └── wrong, or nobody can say ◄────────┤                └─ signed: as after a PIN,
//!   │                └── too many: so long, or closed        │                   and at the end S-03
//!   └── 中止, 60 s ──┴────────────── 中止, 3 min ─────────────┘
//! ```
//!
//! It serves one patient (MODE-08). Whatever is placed on S-02 uses it up: a card that is lifted before
//! it signed, that cannot be read or is none of ours, is told as ever, and the next one begins at P-02.
//! The screen, the reader, the way to the centre or the last passcode going ends it too. Nothing of it
//! is kept: a restart begins at P-00. Staff may also vouch at the terminal: `held`.
//!
//! A card placed on S-01 belongs to a patient who did not wait: it begins at P-02, and the passcode that
//! is right a moment later opens nothing.

use uketsuke_bus::card1::CardKind;
use uketsuke_bus::staff::StaffEvent;
use uketsuke_bus::view::Operation;

use super::Turn;
use super::event::{Effect, Passed, Placed, Slot, Tag};
use super::rules::Defect;
use super::state::{Desk, End, Passcode, Session, Stage};

impl Turn<'_> {
    /// 職員用.
    pub(super) fn begin_passcode(&self) -> Desk {
        Desk::Passcode(Passcode {
            said: None,
            verifying: None,
            until: self.now + self.rules.question,
        })
    }

    /// Four digits on S-01: asked about once.
    pub(super) fn passcode_entered(&mut self, mut passcode: Passcode) -> Desk {
        if passcode.open() {
            let wait = self.wait(self.rules.verify_limit);
            self.effects.push(Effect::Verify(wait.tag));
            passcode.verifying = Some(wait);
        }
        Desk::Passcode(passcode)
    }

    pub(super) fn verified(&mut self, tag: Tag, said: Passed) {
        let awaited = match &self.state.desk {
            Desk::Passcode(passcode) => passcode.verifying.is_some_and(|wait| wait.tag == tag),
            Desk::Idle => self.rules.broken(Defect::LatePasscodeOpens) && said == Passed::Right,
            _ => false,
        };
        if !awaited {
            return;
        }
        self.state.desk = if said == Passed::Right {
            self.open_visual(StaffEvent::Opened)
        } else {
            self.not_opened(said)
        };
    }

    /// S-02, and the record of who opened it.
    pub(super) fn open_visual(&mut self, by: StaffEvent) -> Desk {
        self.effects.push(Effect::Note(by));
        Desk::Visual {
            until: self.now + self.rules.visual,
        }
    }

    /// S-01 again. What bars it is shown as long as a message.
    pub(super) fn not_opened(&mut self, said: Passed) -> Desk {
        self.effects.push(Effect::Note(StaffEvent::NotOpened));
        let mut passcode = Passcode {
            said: Some(said),
            verifying: None,
            until: self.now + self.rules.question,
        };
        if !passcode.open() {
            passcode.until = self.now + self.rules.message;
        }
        Desk::Passcode(passcode)
    }

    /// The patient for whom staff have vouched has placed something.
    pub(super) fn begin_visual(&mut self, card: Placed) -> Desk {
        let end = match card.kind {
            _ if card.slot == Slot::Phone => Some(End::WrongCard),
            // Whatever has become of its PIN.
            CardKind::Card | CardKind::CardPinUnusable => None,
            CardKind::Mute => Some(End::Unreadable),
            CardKind::PhoneAndroid | CardKind::PhoneIphone | CardKind::Foreign => {
                Some(End::WrongCard)
            }
        };
        match end {
            Some(end) => {
                self.visual_over(StaffEvent::CardFailed);
                self.ended(end, card.slot == Slot::Phone, None)
            }
            None => {
                let mut session = self.session(None);
                session.eye = true;
                session.stage = Stage::Gathering;
                Desk::Session(session)
            }
        }
    }

    /// Has the card sign, once everything is there.
    pub(super) fn sign_by_eye(&mut self, mut session: Session) -> Desk {
        if session.stage == Stage::Gathering
            && session.certificate.here().is_some()
            && let Some(challenge) = session.challenge.here().cloned()
        {
            let wait = self.wait(self.rules.sign_limit);
            self.effects.push(Effect::SignByEye {
                tag: wait.tag,
                challenge,
            });
            session.stage = Stage::Signing(wait);
        }
        Desk::Session(session)
    }

    /// A part without which staff cannot go on has left: S-01 and S-02 are over, and so is a session
    /// whose card has not signed yet.
    pub(super) fn no_more_visual(&mut self, cause: StaffEvent) {
        match &self.state.desk {
            Desk::Passcode(_) => self.state.desk = Desk::Idle,
            Desk::Visual { .. } => {
                self.visual_over(cause);
                self.state.desk = Desk::Idle;
            }
            Desk::Session(session) if session.eye && !session.authenticated() => {
                self.visual_over(cause);
                self.in_session(|turn, session| {
                    turn.abandon(&session);
                    turn.take_card()
                });
            }
            Desk::Session(_) | Desk::Idle | Desk::Lifted { .. } | Desk::Ended(_) => {}
        }
        self.no_more_held_visual(cause);
    }

    /// Nobody typed, or nobody said whose it is.
    pub(super) fn passcode_due(&mut self, passcode: Passcode) -> Desk {
        match passcode.verifying {
            Some(_) => self.not_opened(Passed::Unverified),
            None => Desk::Idle,
        }
    }

    /// No card came.
    pub(super) fn visual_due(&mut self) -> Desk {
        if self.rules.broken(Defect::EndlessVisual) {
            return Desk::Visual {
                until: self.now + self.rules.visual,
            };
        }
        self.visual_over(StaffEvent::Elapsed);
        Desk::Idle
    }

    /// A 目視確認 is over, and with it what the terminal held, unless that is for a run of patients.
    pub(super) fn visual_over(&mut self, cause: StaffEvent) {
        self.effects.push(Effect::Note(cause));
        let stays = self.rules.broken(Defect::HoldStays) && cause == StaffEvent::Served;
        if self.state.operation() == Operation::Visual && !stays && !self.run_goes_on(cause) {
            self.state.held = None;
        }
    }
}
