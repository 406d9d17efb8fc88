// SPDX-License-Identifier: MIT OR Apache-2.0
//! The consent questions and what is asked besides, in the order of the screens.

use uketsuke_bus::consent::{ConsentAnswer, PrescriptionForm};
use uketsuke_bus::view::Action;

use super::event::{Effect, LinkFault, Tag, still_fits};
use super::person::Given;
use super::rules::Defect;
use super::state::{Desk, End, Session, Stage, Timer};
use super::{Turn, endings};

/// Seconds between two changes of the time-out warning: coarse, so that a screen reader can speak
/// each and nobody is hurried by a running clock.
const WARNING_STEP_S: u64 = 5;

impl Timer {
    /// The warning `now`, and when it changes next.
    pub(super) fn warn(&mut self, now: super::Millis) {
        let left_s = self.end.0.saturating_sub(now.0).div_ceil(1000);
        let shown = left_s.div_ceil(WARNING_STEP_S) * WARNING_STEP_S;
        self.warning_s = u32::try_from(shown).ok();
        let next_left = shown.saturating_sub(WARNING_STEP_S) * 1000;
        self.next = super::Millis(self.end.0.saturating_sub(next_left));
    }
}

impl Turn<'_> {
    /// Puts a question; its time starts now, or when the card is back.
    pub(super) fn ask(&mut self, session: &mut Session, stage: Stage) {
        self.close_face(session);
        session.timer = session.away.is_none().then(|| Timer {
            end: self.now + self.rules.question,
            next: self.now + self.rules.warning,
            warning_s: None,
        });
        if stage == Stage::ConsentMethod && self.rules.broken(Defect::EndlessConsent) {
            session.timer = None;
        }
        session.stage = stage;
    }

    /// The full time again for the question that is up.
    pub(super) fn ask_again(&mut self, mut session: Session) -> Desk {
        if session.asks() {
            let stage = session.stage.clone();
            self.ask(&mut session, stage);
        } else if let Stage::Hold(until) = &mut session.stage {
            *until = self.now + self.rules.hold;
        }
        Desk::Session(session)
    }

    /// What is asked first once the centre has accepted the card.
    pub(super) fn first_question(&mut self, mut session: Session, expired: bool) -> Desk {
        let fits = session
            .earlier()
            .is_some_and(|earlier| still_fits(earlier, &self.rules.categories).is_some());
        let stage = if expired {
            Stage::Expired
        } else if self.rules.categories.groups.is_empty() {
            // Nothing is recorded while the card is away.
            session.stage = Stage::NothingAsked;
            return match session.away {
                None => self.complete(session),
                Some(_) => Desk::Session(session),
            };
        } else if fits {
            Stage::CarryOver
        } else {
            Stage::ConsentMethod
        };
        self.ask(&mut session, stage);
        Desk::Session(session)
    }

    /// A choice on F-07, P-06…P-12, P-13b, or 続ける on any question.
    pub(super) fn consent(&mut self, mut session: Session, action: Action) -> Desk {
        let stage = match (&session.stage, action) {
            (Stage::Expired, Action::Continue) => return self.complete(session),
            (_, Action::Continue) => {
                self.renew_challenge(&mut session);
                return self.ask_again(session);
            }
            (Stage::CarryOver, Action::KeepEarlier) => return self.keep_earlier(session),
            (Stage::CarryOver, Action::ShowEarlier) => Stage::Earlier,
            (Stage::Earlier, Action::Back) => Stage::CarryOver,
            (Stage::CarryOver, Action::ChooseAgain) => Stage::ConsentMethod,
            (Stage::ConsentMethod, Action::AgreeAll) => return self.agree_all(session),
            (Stage::ConsentMethod, Action::ChooseEach) => Stage::Consent(0),
            (Stage::Prescription, Action::ElectronicPrescription | Action::PaperPrescription) => {
                session.prescription = Some(match action {
                    Action::ElectronicPrescription => PrescriptionForm::Electronic,
                    _ => PrescriptionForm::Paper,
                });
                return self.consented(session);
            }
            (Stage::Subsidy, Action::Use | Action::UseNot) => {
                let used = action == Action::Use || self.rules.broken(Defect::AssumeUse);
                session.subsidy = Some(used);
                return self.consented(session);
            }
            (Stage::HighCost, Action::Provide | Action::ProvideNot) => {
                session.high_cost = Some(action == Action::Provide);
                return self.consented(session);
            }
            (Stage::Letters(page), _) => {
                let page = *page;
                return self.letters(session, page, action);
            }
            (Stage::Consent(at), Action::Agree | Action::Refuse) => {
                let at = *at;
                return self.answered(session, at, action == Action::Agree);
            }
            _ => return Desk::Session(session),
        };
        self.ask(&mut session, stage);
        Desk::Session(session)
    }

    fn answered(&mut self, mut session: Session, at: usize, agreed: bool) -> Desk {
        let groups = &self.rules.categories.groups;
        if let Some(group) = groups.get(at) {
            session.given.0.push(ConsentAnswer {
                group: *group,
                agreed: agreed || self.rules.broken(Defect::AssumeConsent),
            });
        }
        if at + 1 < groups.len() {
            self.ask(&mut session, Stage::Consent(at + 1));
            return Desk::Session(session);
        }
        self.consented(session)
    }

    fn agree_all(&mut self, mut session: Session) -> Desk {
        let all = self.rules.categories.groups.iter();
        session.given = Given(
            all.map(|group| ConsentAnswer {
                group: *group,
                agreed: true,
            })
            .collect(),
        );
        self.consented(session)
    }

    fn keep_earlier(&mut self, mut session: Session) -> Desk {
        let kept = session
            .earlier()
            .and_then(|earlier| still_fits(earlier, &self.rules.categories));
        match kept {
            Some(answers) => {
                session.given = Given(answers);
                session.carried_over = true;
                if self.rules.broken(Defect::LimitCarriedOver) {
                    session.high_cost = Some(true);
                }
                self.consented(session)
            }
            None => {
                self.ask(&mut session, Stage::ConsentMethod);
                Desk::Session(session)
            }
        }
    }

    /// Every consent is answered: what is asked besides, in the order of the screens, or the end.
    fn consented(&mut self, mut session: Session) -> Desk {
        let stage = if self.rules.prescription && session.prescription.is_none() {
            Stage::Prescription
        } else if self.rules.subsidy && session.subsidy.is_none() {
            Stage::Subsidy
        } else if self.rules.high_cost && session.high_cost.is_none() {
            // Before the letters: with P-11 it is what concerns money.
            Stage::HighCost
        } else if session.letters().is_empty() && !self.rules.broken(Defect::LettersForAll) {
            return self.complete(session);
        } else {
            return self.begin_letters(session);
        };
        self.ask(&mut session, stage);
        Desk::Session(session)
    }

    pub(super) fn complete(&mut self, mut session: Session) -> Desk {
        session.timer = None;
        let wait = self.wait(self.rules.complete_limit);
        if let Some(challenge) = session.challenge.here() {
            self.effects.push(Effect::Complete {
                tag: wait.tag,
                challenge: challenge.clone(),
                categories: self.rules.categories.clone(),
                given: std::mem::take(&mut session.given),
                carried_over: session.carried_over,
                prescription: match self.rules.broken(Defect::AssumeForm) {
                    true => Some(PrescriptionForm::Electronic),
                    false => session.prescription,
                },
                subsidy: session.subsidy,
                high_cost: session.high_cost,
                letters: session.letter_answers(),
            });
        }
        session.stage = Stage::Completing(wait);
        if self.rules.broken(Defect::DoneBeforeDurable) {
            return self.end(session, End::Done);
        }
        Desk::Session(session)
    }

    pub(super) fn completed(
        &mut self,
        mut session: Session,
        tag: Tag,
        result: Result<(), LinkFault>,
    ) -> Desk {
        if !matches!(session.stage, Stage::Completing(wait) if wait.tag == tag) {
            return Desk::Session(session);
        }
        let end = match result {
            Ok(()) => End::Done,
            Err(fault) => endings::of_link(fault),
        };
        session.stage = Stage::Over(end);
        self.end(session, end)
    }
}
