// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whose card lies there: placing, lifting, coming back, certificate and challenge.

use std::sync::Arc;

use uketsuke_bus::card1::CardKind;
use uketsuke_bus::staff::StaffEvent;
use uketsuke_bus::view::{Hop, Operation};

use super::awaited::Fetch;
use super::event::{CardFault, Challenge, Effect, LinkFault, Placed, Slot, Tag};
use super::person::{Certificate, Given, Ticks};
use super::rules::Defect;
use super::state::{Away, Desk, End, Session, Stage};
use super::{Turn, endings};

impl Turn<'_> {
    pub(super) fn placed(&mut self, card: Placed) {
        // A card on top of a card: the lifting was missed.
        self.lifted();
        self.compare_anew();
        if card.slot == Slot::Card {
            self.state.reader = true;
        }
        self.state.card = Some(card);
        self.state.desk = match std::mem::replace(&mut self.state.desk, Desk::Idle) {
            Desk::Session(session) if session.phone.is_some() => {
                self.placed_on_phone_path(session, card)
            }
            Desk::Session(session) => self.placed_again(session, card),
            Desk::Visual { .. } => self.begin_visual(card),
            Desk::Idle | Desk::Passcode(_) | Desk::Lifted { .. } | Desk::Ended(_) => {
                self.begin(card, None)
            }
        };
    }

    /// A card was placed while another one's answers wait.
    fn placed_again(&mut self, mut session: Session, card: Placed) -> Desk {
        if card.slot == Slot::Phone {
            // Nothing there can be the card that is awaited here.
            return Desk::Session(session);
        }
        match card.kind {
            CardKind::Card | CardKind::CardPinUnusable => {
                let wait = self.wait(self.rules.read_limit);
                self.effects.push(Effect::ReadCertificate(wait.tag));
                if let Some(away) = &mut session.away {
                    away.returning = Some(wait);
                }
                Desk::Session(session)
            }
            // Most likely the same card, badly placed: the patient tries again while time runs.
            CardKind::Mute => Desk::Session(session),
            CardKind::PhoneAndroid | CardKind::PhoneIphone | CardKind::Foreign => {
                self.abandon(&session);
                self.begin(card, None)
            }
        }
    }

    /// A new session for the card that lies there, or the reason why there is none.
    pub(super) fn begin(&mut self, card: Placed, certificate: Option<Arc<Certificate>>) -> Desk {
        if card.slot == Slot::Phone {
            return self.begin_beside(card);
        }
        match card.kind {
            CardKind::Card if card.tries > 0 => {}
            CardKind::Card | CardKind::CardPinUnusable if self.state.offers_face() => {}
            CardKind::Card | CardKind::CardPinUnusable => {
                return self.ended(End::PinUnusable, false, None);
            }
            CardKind::Mute => return self.ended(End::Unreadable, false, None),
            CardKind::PhoneAndroid | CardKind::PhoneIphone | CardKind::Foreign => {
                return self.ended(End::WrongCard, false, None);
            }
        }
        if let Some(hop) = self.state.link {
            return self.ended(End::LinkDown(hop), false, None);
        }
        let mut session = self.session(certificate);
        let first = match self.state.operation() {
            _ if !self.state.takes_pin() => Stage::Locked,
            Operation::PinOnly => Stage::Pin { wrong: false },
            Operation::Unattended | Operation::Visual => Stage::Method,
        };
        self.ask(&mut session, first);
        Desk::Session(session)
    }

    /// A session for the card that lies there, with everything asked for that it begins with.
    pub(super) fn session(&mut self, certificate: Option<Arc<Certificate>>) -> Session {
        let certificate = match certificate {
            Some(certificate) => Fetch::Here(certificate),
            None => {
                let wait = self.wait(self.rules.read_limit);
                self.effects.push(Effect::ReadCertificate(wait.tag));
                Fetch::Awaited(wait)
            }
        };
        let wait = self.wait(self.rules.challenge_limit);
        self.effects.push(Effect::Challenge(wait.tag));
        Session {
            phone: None,
            eye: false,
            face: false,
            certificate,
            challenge: Fetch::Awaited(wait),
            stage: Stage::Method,
            timer: None,
            away: None,
            visit: None,
            given: Given::default(),
            carried_over: false,
            prescription: None,
            subsidy: None,
            high_cost: None,
            ticks: Ticks::default(),
        }
    }

    /// A patient who takes more time before signing gets a challenge that is still good when it is
    /// signed: an old one would cost the check-in after the PIN was typed.
    pub(super) fn renew_challenge(&mut self, session: &mut Session) {
        if session.authenticated() || session.challenge.here().is_none() {
            return;
        }
        self.abandon(session);
        let wait = self.wait(self.rules.challenge_limit);
        self.effects.push(Effect::Challenge(wait.tag));
        session.challenge = Fetch::Awaited(wait);
    }

    pub(super) fn lifted(&mut self) {
        let Some(card) = self.state.card.take() else {
            return;
        };
        self.compare_anew();
        self.state.desk = match std::mem::replace(&mut self.state.desk, Desk::Idle) {
            // What the phone path needs of a phone is what it answers; the rest is in its hand.
            Desk::Session(session) if session.phone.is_some() => Desk::Session(session),
            // Something else than this session's card, which is away.
            Desk::Session(session) if card.slot == Slot::Phone => Desk::Session(session),
            Desk::Session(session) => self.left(session),
            Desk::Ended(ended) => self.lifted_at_end(ended),
            // Nothing that lay there was theirs.
            other
            @ (Desk::Idle | Desk::Lifted { .. } | Desk::Passcode(_) | Desk::Visual { .. }) => other,
        };
    }

    /// The card of a session is not there any more.
    pub(super) fn left(&mut self, mut session: Session) -> Desk {
        let until = self.now + self.rules.resume;
        if !session.authenticated() {
            if session.eye {
                self.visual_over(StaffEvent::CardLifted);
                if self.rules.broken(Defect::VisualStays) {
                    return Desk::Visual { until };
                }
            }
            self.abandon(&session);
            return Desk::Lifted { until };
        }
        session.timer = None;
        let until = session.away.map_or(until, |away| away.until);
        session.away = Some(Away {
            until,
            returning: None,
        });
        match session.stage {
            Stage::Over(end) => self.end(session, end),
            _ => Desk::Session(session),
        }
    }

    pub(super) fn certificate(
        &mut self,
        mut session: Session,
        tag: Tag,
        result: Result<Arc<Certificate>, CardFault>,
    ) -> Desk {
        let returning = session.away.and_then(|away| away.returning);
        if returning.is_some_and(|wait| wait.tag == tag) {
            return self.came_back(session, result);
        }
        if !session.certificate.awaits(tag) {
            return Desk::Session(session);
        }
        match result {
            Ok(certificate) => {
                session.certificate = Fetch::Here(certificate);
                match &session.stage {
                    Stage::Signed(signature) => {
                        let signature = signature.clone();
                        self.check_in(session, signature)
                    }
                    _ => self.try_sign(session),
                }
            }
            Err(fault) => self.card_failed(session, fault),
        }
    }

    /// The certificate of a card placed while answers wait.
    fn came_back(
        &mut self,
        mut session: Session,
        result: Result<Arc<Certificate>, CardFault>,
    ) -> Desk {
        match result {
            Ok(certificate) => {
                let same = session
                    .certificate
                    .here()
                    .is_some_and(|known| known.same_card(&certificate));
                if same || self.rules.broken(Defect::AnyCardResumes) {
                    return self.resume(session);
                }
                self.abandon(&session);
                match self.state.card {
                    Some(card) => self.begin(card, Some(certificate)),
                    None => Desk::Idle,
                }
            }
            Err(CardFault::Gone) => self.left(session),
            Err(fault) => {
                session.away = None;
                self.card_failed(session, fault)
            }
        }
    }

    /// The same card lies there again: on where it was.
    fn resume(&mut self, mut session: Session) -> Desk {
        session.away = None;
        // Reading the certificate claimed the card; nothing more is wanted of it.
        self.effects.push(Effect::Release);
        match session.stage {
            Stage::Over(end) => self.end(session, end),
            Stage::NothingAsked => self.complete(session),
            _ => self.ask_again(session),
        }
    }

    /// The card did not do what it was asked.
    pub(super) fn card_failed(&mut self, session: Session, fault: CardFault) -> Desk {
        if session.phone.is_some() {
            return self.phone_failed(session, fault);
        }
        match fault {
            CardFault::Gone => self.left(session),
            CardFault::Unreadable => self.end(session, End::Unreadable),
            CardFault::NotOurs => self.end(session, End::WrongCard),
        }
    }

    pub(super) fn challenge(&mut self, tag: Tag, result: Result<Arc<Challenge>, LinkFault>) {
        if !self.state.awaits(tag) {
            // It belongs to a session that is over: the centre need not wait for it.
            if let Ok(challenge) = result {
                self.effects.push(Effect::Abandon(challenge));
            }
            return;
        }
        self.in_session(|turn, mut session| {
            if !session.challenge.awaits(tag) {
                return Desk::Session(session);
            }
            match result {
                Ok(challenge) => {
                    session.challenge = Fetch::Here(challenge);
                    turn.try_sign(session)
                }
                Err(fault) => turn.end(session, endings::of_link(fault)),
            }
        });
    }

    pub(super) fn link(&mut self, down: Option<Hop>) {
        let before = std::mem::replace(&mut self.state.link, down);
        self.state.desk = match std::mem::replace(&mut self.state.desk, Desk::Idle) {
            // Before the VERIFY, so that no try is spent on a check-in that cannot be sent.
            Desk::Session(session) => match (&session.stage, down) {
                (
                    Stage::Method
                    | Stage::Pin { .. }
                    | Stage::Gathering
                    | Stage::WhichPhone
                    | Stage::Hold(_)
                    | Stage::Trouble(_)
                    | Stage::Locked
                    | Stage::Compare(_)
                    | Stage::NotFound
                    | Stage::NoNumber,
                    Some(hop),
                ) => self.end(session, End::LinkDown(hop)),
                _ => Desk::Session(session),
            },
            Desk::Ended(mut ended) => match (ended.end, down, self.state.card) {
                (End::LinkDown(_), Some(hop), _) => {
                    ended.end = End::LinkDown(hop);
                    Desk::Ended(ended)
                }
                (End::LinkDown(_), None, Some(card)) if before.is_some() => self.begin(card, None),
                _ => Desk::Ended(ended),
            },
            other => other,
        };
    }
}
