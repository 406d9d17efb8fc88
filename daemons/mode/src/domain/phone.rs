// SPDX-License-Identifier: MIT OR Apache-2.0
//! The phone path (スマホ搭載): which phone, its PIN, holding it, and what it is after it signed.
//!
//! ```text
//!  P-00 ──phone──► P-05a ──iphone──────────┐           ┌── F-17, F-09 ──card──► P-00
//!   a phone held ──►│                      ▼           │    ▲   └──retry──► the pad, or P-05
//!                   └android► P-04 ─► (gathering) ► P-05 ───┤
//!                              ▲                       │ held│ nothing comes, wrong kind, gone
//!                              └─────── F-03 ◄─ wrong ─┤    │
//!                                                  (signing)┘
//!                                                      └─► (signed) ─► (checking) as a card
//! ```
//!
//! A phone is held for a second or two, so it is asked only when everything else is there, and after
//! its signature nobody needs it any more: its leaving changes nothing from then on. Before, it is
//! asked once for each time the patient typed his PIN (Android) or touched (iPhone).

use std::sync::Arc;

use uketsuke_bus::card1::CardKind;
use uketsuke_bus::view::{Action, Phone};

use super::Turn;
use super::awaited::Fetch;
use super::event::{CardFault, Effect, Placed, SignFault, Slot};
use super::person::{Given, Signature, Ticks};
use super::rules::Defect;
use super::state::{ByPhone, Desk, End, Session, Stage, Trouble};

impl Turn<'_> {
    /// P-05a, with the challenge fetched while the patient chooses; or why not.
    pub(super) fn begin_phone(&mut self) -> Desk {
        if let Some(hop) = self.state.link {
            return self.ended(End::LinkDown(hop), true, None);
        }
        let wait = self.wait(self.rules.challenge_limit);
        self.effects.push(Effect::Challenge(wait.tag));
        let mut session = Session {
            eye: false,
            face: false,
            phone: Some(ByPhone::default()),
            certificate: Fetch::Later,
            challenge: Fetch::Awaited(wait),
            stage: Stage::WhichPhone,
            timer: None,
            away: None,
            visit: None,
            given: Given::default(),
            carried_over: false,
            prescription: None,
            subsidy: None,
            high_cost: None,
            ticks: Ticks::default(),
        };
        self.ask(&mut session, Stage::WhichPhone);
        Desk::Session(session)
    }

    /// Something was placed where phones belong, and no session is there.
    pub(super) fn begin_beside(&mut self, placed: Placed) -> Desk {
        match placed.kind {
            CardKind::Card | CardKind::CardPinUnusable | CardKind::Foreign => {
                self.ended(End::WrongCard, true, None)
            }
            // Most likely a phone that is still locked.
            CardKind::PhoneAndroid | CardKind::PhoneIphone | CardKind::Mute => self.begin_phone(),
        }
    }

    /// A choice on P-05a, or on what went wrong.
    pub(super) fn phone_answer(&mut self, mut session: Session, action: Action) -> Desk {
        let Some(mut by) = session.phone else {
            return Desk::Session(session);
        };
        match action {
            Action::Android => by.kind = Some(Phone::Android),
            Action::Iphone => by.kind = Some(Phone::Iphone),
            // A session that took so long to get here gets a challenge that is still good.
            Action::ChooseAgain => {
                by = ByPhone::default();
                self.renew_challenge(&mut session);
            }
            Action::Retry => self.renew_challenge(&mut session),
            _ => {
                self.abandon(&session);
                return self.take_card();
            }
        }
        session.phone = Some(by);
        match by.kind {
            None => self.ask(&mut session, Stage::WhichPhone),
            Some(Phone::Iphone) => {
                session.timer = None;
                session.stage = Stage::Gathering;
                return self.hold_when_ready(session);
            }
            Some(_) => self.ask(&mut session, Stage::Pin { wrong: false }),
        }
        Desk::Session(session)
    }

    /// Has the phone held once there is something to sign.
    pub(super) fn hold_when_ready(&mut self, mut session: Session) -> Desk {
        if session.stage != Stage::Gathering || session.challenge.here().is_none() {
            return Desk::Session(session);
        }
        session.stage = Stage::Hold(self.now + self.rules.hold);
        if self.rules.broken(Defect::EndlessHold) {
            session.stage = Stage::Hold(super::Millis(u64::MAX));
        }
        match self.state.card.filter(|lies| lies.slot == Slot::Phone) {
            Some(placed) => self.held(session, placed),
            None => Desk::Session(session),
        }
    }

    /// Something lies where the phone is awaited.
    fn held(&mut self, mut session: Session, placed: Placed) -> Desk {
        let chosen = session.phone.and_then(|by| by.kind);
        let Some(challenge) = session.challenge.here().cloned() else {
            return Desk::Session(session);
        };
        let trouble = match (placed.kind, chosen) {
            (CardKind::PhoneAndroid, Some(Phone::Android)) if placed.tries == 0 => {
                return self.end(session, End::PinUnusable);
            }
            (CardKind::PhoneAndroid, Some(Phone::Android)) => {
                let wait = self.wait(self.rules.sign_limit);
                let tag = wait.tag;
                self.effects.push(Effect::Sign { tag, challenge });
                session.phone = Some(ByPhone {
                    kind: chosen,
                    tries: Some(placed.tries),
                });
                session.stage = Stage::Signing(wait);
                return Desk::Session(session);
            }
            (CardKind::PhoneIphone, Some(Phone::Iphone)) => {
                let wait = self.wait(self.rules.sign_limit);
                let tag = wait.tag;
                self.effects.push(Effect::SignOnPhone { tag, challenge });
                session.stage = Stage::Signing(wait);
                return Desk::Session(session);
            }
            (CardKind::PhoneAndroid | CardKind::PhoneIphone, _) => Trouble::OtherPhone,
            (CardKind::Card | CardKind::CardPinUnusable, _) => Trouble::CardThere,
            (CardKind::Foreign, _) => Trouble::NoPhone,
            (CardKind::Mute, _) => Trouble::Unreadable,
        };
        self.trouble(session, trouble)
    }

    /// Something was placed while the phone path is open.
    pub(super) fn placed_on_phone_path(&mut self, session: Session, placed: Placed) -> Desk {
        let signed = session.authenticated();
        match (placed.slot, placed.kind) {
            (Slot::Phone, _) if matches!(session.stage, Stage::Hold(_)) => {
                self.held(session, placed)
            }
            // Nobody waits for it now; what lies there is looked at when somebody does.
            (Slot::Phone, _) => Desk::Session(session),
            // The patient took the card instead, or somebody else came.
            (Slot::Card, CardKind::Card | CardKind::CardPinUnusable) => {
                self.abandon(&session);
                self.begin(placed, None)
            }
            _ if signed || matches!(session.stage, Stage::Signing(_)) => Desk::Session(session),
            (Slot::Card, CardKind::PhoneAndroid | CardKind::PhoneIphone | CardKind::Foreign) => {
                self.trouble(session, Trouble::NoPhone)
            }
            (Slot::Card, CardKind::Mute) => {
                self.abandon(&session);
                self.begin(placed, None)
            }
        }
    }

    /// The reader for phones came or went.
    pub(super) fn phones(&mut self, served: bool) {
        self.state.phones = served;
        if served {
            return;
        }
        if self.state.card.is_some_and(|lies| lies.slot == Slot::Phone) {
            self.lifted();
        }
        self.in_session(|turn, session| {
            // A phone being asked, or one that signed, is answered for by its own call.
            let waits = session.phone.is_some()
                && !session.authenticated()
                && !matches!(session.stage, Stage::Signing(_) | Stage::Trouble(_));
            if waits {
                return turn.trouble(session, Trouble::Unreadable);
            }
            Desk::Session(session)
        });
    }

    /// Says what went wrong and asks what to do. Digits that waited are not needed any more.
    pub(super) fn trouble(&mut self, mut session: Session, trouble: Trouble) -> Desk {
        if let Some(hop) = self.state.link {
            return self.end(session, End::LinkDown(hop));
        }
        self.power_down_phone();
        session.certificate = Fetch::Later;
        self.ask(&mut session, Stage::Trouble(trouble));
        Desk::Session(session)
    }

    /// The phone did not do what it was asked.
    pub(super) fn phone_failed(&mut self, session: Session, fault: CardFault) -> Desk {
        match fault {
            CardFault::Gone | CardFault::Unreadable => self.trouble(session, Trouble::Unreadable),
            CardFault::NotOurs => self.end(session, End::Refused),
        }
    }

    /// The phone's answer to what it was asked to sign.
    pub(super) fn phone_signed(
        &mut self,
        mut session: Session,
        mut by: ByPhone,
        result: Result<Arc<Signature>, SignFault>,
    ) -> Desk {
        match result {
            Ok(signature) => {
                let wait = self.wait(self.rules.read_limit);
                self.effects
                    .push(if self.rules.broken(Defect::AnyPhoneSigned) {
                        Effect::ReadCertificate(wait.tag)
                    } else {
                        Effect::ReadSigner(wait.tag)
                    });
                session.certificate = Fetch::Awaited(wait);
                session.stage = Stage::Signed(signature);
                Desk::Session(session)
            }
            Err(SignFault::WrongPin { tries }) if by.kind == Some(Phone::Android) => {
                // The lower of the phone's word and our own count, as for a card.
                let left = tries.min(by.tries.unwrap_or(0).saturating_sub(1));
                if let Some(lies) = &mut self.state.card
                    && lies.kind == CardKind::PhoneAndroid
                {
                    // One that was taken up and held again may have told its tries before the
                    // VERIFY: what lies there is believed one less, too.
                    lies.tries = lies.tries.saturating_sub(1).min(left);
                }
                by.tries = Some(left);
                session.phone = Some(by);
                if left == 0 {
                    return self.end(session, End::PinUnusable);
                }
                if self.rules.broken(Defect::PhoneAskedAgain) {
                    session.stage = Stage::Gathering;
                    return self.hold_when_ready(session);
                }
                self.pad_again(session, true)
            }
            Err(SignFault::Blocked) => {
                if let Some(lies) = &mut self.state.card
                    && lies.slot == Slot::Phone
                {
                    lies.tries = 0;
                }
                self.end(session, End::PinUnusable)
            }
            Err(SignFault::NotSent) if by.kind == Some(Phone::Android) => {
                self.pad_again(session, false)
            }
            Err(SignFault::WrongPin { .. } | SignFault::NotSent | SignFault::NoPinless) => {
                self.trouble(session, Trouble::Unreadable)
            }
            Err(SignFault::Card(fault)) => self.phone_failed(session, fault),
        }
    }

    /// Nothing stays unlocked on a phone that is still held.
    pub(super) fn power_down_phone(&mut self) {
        let phone = |lies: Placed| {
            lies.slot == Slot::Phone
                && matches!(lies.kind, CardKind::PhoneAndroid | CardKind::PhoneIphone)
        };
        if self.state.card.is_some_and(phone) {
            self.effects.push(Effect::Release);
        }
    }
}
