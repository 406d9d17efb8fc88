// SPDX-License-Identifier: MIT OR Apache-2.0
//! The face path (顔認証): comparing, what came of it, and the one signature on it.
//!
//! ```text
//!  P-02, P-04, F-03 ──face──► P-03 ──match──► (gathering ► signing) P-05x, from there as after a PIN
//!        F-04 ──face──────────►│ ▲ │ ▲                │
//!                              │ │ ▼ │ a hint lasts   └─ no signature ──┐
//!                              │ │ F-02                                 ▼
//!                              │ └──retry── F-01 ◄─ another person · no face · 40 s · nobody says
//!                              │             └──pin──► P-04
//!                              ├──pin──► P-04
//!                              └─ no number ► F-05 ──pin──► P-04
//! ```
//!
//! A card is compared three times as it lies there (FACE-06); lifting it and a signature begin the count
//! anew, a session that begins anew on it does not. It signs once on a face found on it.
//!
//! Faces are offered where somebody compares, both cameras work and a service is there that may have a
//! card sign without PIN: a reader that offered what cannot end well would waste the patient's time.
//! Where the terminal holds 暗証番号認証固定 they are not. Whatever is missing later ends the waiting at
//! once: F-01 offers what is left.

use uketsuke_bus::card1::CardKind;
use uketsuke_bus::face1::FaceVerdict;
use uketsuke_bus::view::{Action, Hint, Operation};

use super::event::{Effect, Faces, Slot, Tag};
use super::rules::Defect;
use super::state::{Compare, Desk, End, Session, Stage, State};
use super::{Millis, Turn};

/// How often a card is compared as it lies there, at the most (FACE-06).
pub(super) const COMPARISONS: u8 = 3;

impl State {
    /// Whether a face can be compared at all now.
    pub(super) fn compares(&self) -> bool {
        self.faces == Faces::Works && self.operation() != Operation::PinOnly
    }

    /// Whether the card that lies here may be compared once more.
    pub(super) fn offers_face(&self) -> bool {
        self.compares() && self.compared < COMPARISONS
    }

    /// Whether the card that lies here has a PIN that can be tried.
    pub(super) fn takes_pin(&self) -> bool {
        let usable = |lies: super::Placed| {
            lies.slot == Slot::Card && lies.kind == CardKind::Card && lies.tries > 0
        };
        self.card.is_some_and(usable)
    }

    /// Whether staff should know that faces could be compared, did the cameras work (F-06).
    pub(super) fn misses_camera(&self) -> bool {
        self.faces == Faces::Broken && self.operation() != Operation::PinOnly
    }

    /// What can be pressed where a face is compared, or was.
    pub(super) fn face_choices(&self, stage: &Stage) -> Vec<Action> {
        let first = match stage {
            Stage::Locked => Some(Action::Face),
            Stage::NotFound => Some(Action::Retry),
            _ => None,
        };
        let first = first.filter(|_| self.offers_face());
        let pin = self.takes_pin().then_some(Action::Pin);
        let all = [first, pin, Some(Action::Finish)];
        all.into_iter().flatten().collect()
    }
}

impl Turn<'_> {
    /// The card may be compared as often as the facility allows.
    pub(super) fn compare_anew(&mut self) {
        self.state.compared = COMPARISONS.saturating_sub(self.rules.attempts);
    }

    /// 顔認証を行う, or もう一度.
    pub(super) fn begin_compare(&mut self, mut session: Session) -> Desk {
        if matches!(session.stage, Stage::NotFound) {
            // Who has been here for so long gets a challenge that is still good when it is signed.
            self.renew_challenge(&mut session);
        }
        if !self.rules.broken(Defect::ComparedForEver) {
            self.state.compared = self.state.compared.saturating_add(1);
        }
        let mut wait = self.wait(self.rules.compare);
        if self.rules.broken(Defect::EndlessCompare) {
            wait.until = Millis(u64::MAX);
        }
        self.effects.push(Effect::Compare(wait.tag));
        session.timer = None;
        session.stage = Stage::Compare(Compare {
            wait,
            hint: None,
            lasting: None,
            unclear: false,
        });
        Desk::Session(session)
    }

    /// What the camera would be helped by.
    pub(super) fn hinted(&mut self, mut session: Session, hint: Hint) -> Desk {
        let lasting = self.now + self.rules.lasting;
        if let Stage::Compare(compare) = &mut session.stage {
            compare.hint = Some(hint);
            compare.unclear &= hint.is_trouble();
            compare.lasting = match (hint.is_trouble(), compare.unclear) {
                (true, false) => compare.lasting.or(Some(lasting)),
                _ => None,
            };
        }
        Desk::Session(session)
    }

    /// The verdict; none where nobody says one.
    pub(super) fn compared(
        &mut self,
        mut session: Session,
        tag: Tag,
        verdict: Option<FaceVerdict>,
    ) -> Desk {
        let late = self.rules.broken(Defect::LateFaceSigns)
            && matches!(session.stage, Stage::NotFound)
            && verdict == Some(FaceVerdict::Match);
        if !late && !matches!(&session.stage, Stage::Compare(now) if now.wait.tag == tag) {
            return Desk::Session(session);
        }
        match verdict {
            Some(FaceVerdict::Match) => self.found(session),
            Some(FaceVerdict::Other) if self.rules.broken(Defect::AnyFace) => self.found(session),
            Some(FaceVerdict::Other | FaceVerdict::NoFace) | None => self.not_found(session),
            Some(FaceVerdict::NoNumber) => {
                self.ask(&mut session, Stage::NoNumber);
                Desk::Session(session)
            }
            Some(FaceVerdict::NoPhoto) => {
                // There is nothing to be compared with, however often.
                self.state.compared = COMPARISONS;
                self.not_found(session)
            }
        }
    }

    fn found(&mut self, mut session: Session) -> Desk {
        self.close_face(&session);
        session.timer = None;
        session.face = true;
        session.stage = Stage::Gathering;
        self.try_sign(session)
    }

    /// F-01, with what is left.
    pub(super) fn not_found(&mut self, mut session: Session) -> Desk {
        session.face = false;
        self.ask(&mut session, Stage::NotFound);
        Desk::Session(session)
    }

    /// Has the card sign on the face that was found, once everything is there.
    pub(super) fn sign_by_face(&mut self, mut session: Session) -> Desk {
        if session.stage == Stage::Gathering
            && session.certificate.here().is_some()
            && let Some(challenge) = session.challenge.here().cloned()
        {
            let wait = self.wait(self.rules.sign_limit);
            self.effects.push(Effect::SignByFace {
                tag: wait.tag,
                challenge,
            });
            session.stage = Stage::Signing(wait);
        }
        Desk::Session(session)
    }

    /// The PIN was locked just now, or cannot be used: F-04, with the face where it can be compared.
    pub(super) fn pin_gone(&mut self, mut session: Session) -> Desk {
        if self.state.link.is_some() || !self.state.offers_face() {
            return self.end(session, End::PinUnusable);
        }
        self.ask(&mut session, Stage::Locked);
        Desk::Session(session)
    }

    /// Faces can be compared from now on, or not.
    pub(super) fn faces(&mut self, faces: Faces) {
        self.state.faces = faces;
        self.faces_changed();
    }

    /// Nobody waits for a face that cannot be compared.
    pub(super) fn faces_changed(&mut self) {
        if self.state.compares() {
            return;
        }
        self.in_session(|turn, session| match session.stage {
            Stage::Compare(_) => turn.not_found(session),
            Stage::Locked => turn.end(session, End::PinUnusable),
            _ => Desk::Session(session),
        });
    }

    /// Nobody is to be compared any more: the camera need not look on.
    pub(super) fn close_face(&mut self, session: &Session) {
        if matches!(session.stage, Stage::Compare(_)) {
            self.effects.push(Effect::CloseFace);
        }
    }

    /// Whether something about a comparison was due: its end, or a hint that has lasted.
    pub(super) fn compare_due(&mut self, session: &mut Session) -> Option<Desk> {
        let now = self.now;
        let Stage::Compare(compare) = &mut session.stage else {
            return None;
        };
        if compare.wait.until <= now {
            return Some(self.not_found(session.clone()));
        }
        if compare.lasting.is_some_and(|at| at <= now) {
            (compare.lasting, compare.unclear) = (None, true);
            return Some(Desk::Session(session.clone()));
        }
        None
    }
}
