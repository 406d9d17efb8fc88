// SPDX-License-Identifier: MIT OR Apache-2.0
//! The PIN: one VERIFY for each time a person typed four digits, and never another.

use std::sync::Arc;

use uketsuke_bus::staff::StaffEvent;
use uketsuke_bus::uplink1::Validity;
use uketsuke_bus::view::Hop;

use super::event::{CardFault, Effect, LinkFault, SignFault, Tag, Verdict};
use super::face::COMPARISONS;
use super::person::Signature;
use super::rules::Defect;
use super::state::{Desk, End, Session, Stage, Visit};
use super::{Turn, endings};

impl Turn<'_> {
    pub(super) fn pin_entered(&mut self, mut session: Session) -> Desk {
        if matches!(session.stage, Stage::Pin { .. }) {
            session.stage = Stage::Gathering;
            session.timer = None;
        }
        self.try_sign(session)
    }

    /// Signs if digits wait and everything else is there. Without a challenge a try would be
    /// spent for nothing.
    pub(super) fn try_sign(&mut self, mut session: Session) -> Desk {
        if session.phone.is_some() {
            return self.hold_when_ready(session);
        }
        if session.eye {
            return self.sign_by_eye(session);
        }
        if session.face {
            return self.sign_by_face(session);
        }
        if session.stage == Stage::Gathering
            && session.certificate.here().is_some()
            && let Some(challenge) = session.challenge.here().cloned()
        {
            let wait = self.wait(self.rules.sign_limit);
            self.effects.push(Effect::Sign {
                tag: wait.tag,
                challenge,
            });
            session.stage = Stage::Signing(wait);
        }
        Desk::Session(session)
    }

    pub(super) fn signed(
        &mut self,
        mut session: Session,
        tag: Tag,
        result: Result<Arc<Signature>, SignFault>,
    ) -> Desk {
        if !matches!(session.stage, Stage::Signing(wait) if wait.tag == tag) {
            return Desk::Session(session);
        }
        if let Some(by) = session.phone {
            return self.phone_signed(session, by, result);
        }
        let by_face = std::mem::take(&mut session.face);
        match result {
            Ok(signature) => {
                if session.eye {
                    self.visual_over(StaffEvent::Served);
                }
                self.check_in(session, signature)
            }
            Err(SignFault::Card(CardFault::Unreadable))
                if by_face && self.rules.broken(Defect::FaceSignsTwice) =>
            {
                session.face = true;
                session.stage = Stage::Gathering;
                self.try_sign(session)
            }
            // Nothing was typed that could be wrong.
            Err(SignFault::WrongPin { .. } | SignFault::Blocked | SignFault::NotSent)
                if session.eye || by_face =>
            {
                self.end(session, End::Unreadable)
            }
            // Whatever is wrong with it would be so again. The PIN may still do.
            Err(SignFault::NoPinless) if by_face && self.state.link.is_none() => {
                self.state.compared = COMPARISONS;
                self.not_found(session)
            }
            Err(SignFault::NoPinless) => self.end(session, End::LinkDown(Hop::Centre)),
            Err(SignFault::WrongPin { tries }) => {
                let left = self.spent(tries);
                if left == 0 {
                    return self.pin_gone(session);
                }
                self.pad_again(session, true)
            }
            Err(SignFault::Blocked) => {
                self.spent(0);
                self.pin_gone(session)
            }
            Err(SignFault::NotSent) => self.pad_again(session, false),
            Err(SignFault::Card(CardFault::Unreadable))
                if self.rules.broken(Defect::RepeatVerify) =>
            {
                session.stage = Stage::Gathering;
                self.try_sign(session)
            }
            Err(SignFault::Card(fault)) => self.card_failed(session, fault),
        }
    }

    /// The pad once more, unless the link broke meanwhile: the next try would be spent for nothing.
    pub(super) fn pad_again(&mut self, mut session: Session, wrong: bool) -> Desk {
        if let Some(hop) = self.state.link {
            return self.end(session, End::LinkDown(hop));
        }
        self.ask(&mut session, Stage::Pin { wrong });
        Desk::Session(session)
    }

    /// A try was spent. The lower of the card's word and our own count is believed: a stale
    /// figure must not promise a try that is gone.
    fn spent(&mut self, said: u8) -> u8 {
        match &mut self.state.card {
            Some(card) => {
                card.tries = said.min(card.tries.saturating_sub(1));
                card.tries
            }
            None => 0,
        }
    }

    pub(super) fn check_in(&mut self, mut session: Session, signature: Arc<Signature>) -> Desk {
        self.compare_anew();
        // From here only the card's presence matters: nothing stays unlocked on it.
        match session.phone {
            Some(_) => self.power_down_phone(),
            None => self.effects.push(Effect::Release),
        }
        let wait = self.wait(self.rules.check_in_limit);
        if let (Some(certificate), Some(challenge)) =
            (session.certificate.here(), session.challenge.here())
        {
            self.effects.push(Effect::CheckIn {
                tag: wait.tag,
                challenge: challenge.clone(),
                certificate: certificate.clone(),
                signature,
            });
        }
        session.stage = Stage::Checking(wait);
        Desk::Session(session)
    }

    pub(super) fn checked_in(
        &mut self,
        mut session: Session,
        tag: Tag,
        result: Result<Verdict, LinkFault>,
    ) -> Desk {
        if !matches!(session.stage, Stage::Checking(wait) if wait.tag == tag) {
            return Desk::Session(session);
        }
        let verdict = match result {
            Ok(verdict) => verdict,
            Err(fault) => return self.end(session, endings::of_link(fault)),
        };
        match verdict.validity {
            Validity::NotFound => self.end(session, End::NotFound),
            Validity::Invalid | Validity::Newer | Validity::Several => {
                self.end(session, End::AtReception)
            }
            Validity::Valid | Validity::ValidUnregistered => {
                let due = !verdict.certificate_expired || self.rules.broken(Defect::NoticeForAll);
                session.visit = Some(Visit {
                    name: verdict.name,
                    earlier: verdict.earlier,
                    letters: match self.rules.letters {
                        true => verdict.letters,
                        false => Arc::default(),
                    },
                    expires: verdict.expires.filter(|_| due),
                });
                self.first_question(session, verdict.certificate_expired)
            }
        }
    }
}
