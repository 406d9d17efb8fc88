// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a session ends, and what time alone does.

use std::sync::Arc;

use uketsuke_bus::card1::CardKind;
use uketsuke_bus::staff::StaffEvent;
use uketsuke_bus::view::Hop;

use super::Turn;
use super::event::{Effect, LinkFault, Slot};
use super::person::{Earlier, Name};
use super::rules::Defect;
use super::state::{Desk, End, Ended, Session, Stage, Then, Trouble};

/// How a session ends that the uplink could not serve.
pub(super) fn of_link(fault: LinkFault) -> End {
    match fault {
        LinkFault::Down(hop) => End::LinkDown(hop),
        LinkFault::Refused | LinkFault::Expired => End::Refused,
    }
}

impl Session {
    /// Whether a question is up that somebody has to answer.
    pub(super) fn asks(&self) -> bool {
        matches!(
            self.stage,
            Stage::Method
                | Stage::WhichPhone
                | Stage::Trouble(_)
                | Stage::Pin { .. }
                | Stage::Expired
                | Stage::CarryOver
                | Stage::Earlier
                | Stage::ConsentMethod
                | Stage::Consent(_)
                | Stage::Prescription
                | Stage::Subsidy
                | Stage::HighCost
                | Stage::Letters(_)
                | Stage::Locked
                | Stage::NotFound
                | Stage::NoNumber
        )
    }

    pub(super) fn earlier(&self) -> Option<&Arc<Earlier>> {
        self.visit.as_ref()?.earlier.as_ref()
    }
}

impl Turn<'_> {
    /// Ends the session with a message. While a card lies there and it is open whose, the message
    /// waits: it might name somebody else.
    pub(super) fn end(&mut self, mut session: Session, end: End) -> Desk {
        if session.away.is_some() && self.state.card.is_some() {
            session.stage = Stage::Over(end);
            return Desk::Session(session);
        }
        self.abandon(&session);
        if session.eye && !session.authenticated() {
            self.visual_over(match end {
                End::LinkDown(_) => StaffEvent::LinkDown,
                _ => StaffEvent::CardFailed,
            });
        }
        let phone = session.phone.is_some();
        let eye = session.eye;
        let visit = session.visit.take().filter(|_| end == End::Done);
        let (name, expires) = visit.map_or((None, None), |visit| (visit.name, visit.expires));
        let end = match expires {
            // Whoever has taken the card is leaving, and is told at the next visit.
            Some(day) if !phone && self.state.card.is_some() => End::Expiring(day),
            _ => end,
        };
        self.ended_by(eye, end, phone, name)
    }

    /// [`Self::ended`] of a patient for whom staff have vouched or not.
    fn ended_by(&mut self, eye: bool, end: End, phone: bool, name: Option<Arc<Name>>) -> Desk {
        match self.ended(end, phone, name) {
            Desk::Ended(ended) => Desk::Ended(Ended { eye, ..ended }),
            other => other,
        }
    }

    /// P-13 after P-14.
    pub(super) fn noticed(&mut self, ended: Ended) -> Desk {
        self.ended_by(ended.eye, End::Done, ended.phone, ended.name)
    }

    /// Tells the uplink that nothing more comes, unless the consents are on their way or there.
    pub(super) fn abandon(&mut self, session: &Session) {
        if !self.rules.broken(Defect::CameraLooksOn) {
            self.close_face(session);
        }
        if matches!(session.stage, Stage::Completing(_) | Stage::Over(End::Done)) {
            return;
        }
        if let Some(challenge) = session.challenge.here() {
            self.effects.push(Effect::Abandon(challenge.clone()));
        }
    }

    /// A last message; `phone` when it is about one.
    pub(super) fn ended(&mut self, end: End, phone: bool, name: Option<Arc<Name>>) -> Desk {
        let then = match self.state.card {
            None => Then::Leave {
                at: self.now + self.rules.message,
            },
            Some(_) if matches!(end, End::Expiring(_)) => Then::Done {
                at: match self.rules.broken(Defect::EndlessNotice) {
                    true => super::Millis(u64::MAX),
                    false => self.now + self.rules.message,
                },
            },
            Some(card) => {
                if matches!(card.kind, CardKind::Card | CardKind::CardPinUnusable) {
                    self.effects.push(Effect::Release);
                }
                self.power_down_phone();
                let remind = match end {
                    End::TimedOut => self.rules.message,
                    _ => self.rules.done_reminder,
                };
                Then::Remind {
                    at: self.now + remind,
                    staff: self.now + self.rules.staff_call.max(remind),
                }
            }
        };
        Desk::Ended(Ended {
            end,
            phone,
            eye: false,
            name,
            then,
        })
    }

    /// The patient is through, or gave up: idle, or a request to take the card.
    pub(super) fn take_card(&mut self) -> Desk {
        match self.state.card {
            Some(card) => self.ended(End::TakeCard, card.slot == Slot::Phone, None),
            None => Desk::Idle,
        }
    }

    /// What lay there at the end was taken: idle. But a phone leaves as it pleases, and its holder
    /// reads on.
    pub(super) fn lifted_at_end(&mut self, mut ended: Ended) -> Desk {
        // Nobody has told this patient yet that it is done.
        if matches!(ended.end, End::Expiring(_)) {
            return self.noticed(ended);
        }
        let asked_to = matches!(ended.end, End::TakeCard | End::WrongCard | End::TimedOut);
        if !ended.phone || asked_to {
            return Desk::Idle;
        }
        ended.then = Then::Leave {
            at: self.now + self.rules.message,
        };
        Desk::Ended(ended)
    }

    /// Does everything that fell due until now.
    pub(super) fn expire(&mut self) {
        while self.state.deadline().is_some_and(|at| at <= self.now) {
            if self.held_due() {
                continue;
            }
            self.state.desk = match std::mem::replace(&mut self.state.desk, Desk::Idle) {
                Desk::Idle => Desk::Idle,
                Desk::Passcode(passcode) => self.passcode_due(passcode),
                Desk::Visual { .. } => self.visual_due(),
                // A card that was reported gone but never lifted still lies there.
                Desk::Lifted { .. } => self.take_card(),
                Desk::Ended(ended) => self.ended_on(ended),
                Desk::Session(session) => self.session_due(session),
            };
        }
    }

    fn ended_on(&mut self, ended: Ended) -> Desk {
        match ended.then {
            Then::Leave { .. } | Then::Rest => Desk::Idle,
            Then::Done { .. } => self.noticed(ended),
            Then::Remind { staff, .. } => {
                self.effects.push(Effect::Remind);
                let kept = ended.name.filter(|_| self.rules.broken(Defect::KeepName));
                let there = |slot| self.state.card.is_some_and(|lies| lies.slot == slot);
                Desk::Ended(Ended {
                    end: End::TakeCard,
                    phone: there(Slot::Phone),
                    eye: false,
                    name: kept,
                    then: Then::Staff { at: staff },
                })
            }
            Then::Staff { .. } => {
                self.effects.push(Effect::TellStaff);
                Desk::Ended(Ended {
                    then: Then::Rest,
                    ..ended
                })
            }
        }
    }

    /// Exactly one thing of the session that is due.
    fn session_due(&mut self, mut session: Session) -> Desk {
        let now = self.now;
        let due = |at: Option<super::Millis>| at.is_some_and(|at| at <= now);
        let down = LinkFault::Down(self.state.link.unwrap_or(Hop::Terminal));
        if let Some(away) = session.away {
            if due(away.returning.map(|wait| wait.until)) {
                session.away = None;
                return self.end(session, End::Unreadable);
            }
            if away.returning.is_none() && due(Some(away.until)) {
                self.abandon(&session);
                return self.take_card();
            }
        }
        if let Some(timer) = &mut session.timer
            && timer.next <= now
        {
            if timer.end <= now {
                return self.end(session, End::TimedOut);
            }
            timer.warn(now);
            return Desk::Session(session);
        }
        if let Some(desk) = self.compare_due(&mut session) {
            return desk;
        }
        let by_phone = session.phone.is_some();
        if due(session.certificate.until()) {
            return match by_phone {
                true => self.trouble(session, Trouble::Unreadable),
                false => self.end(session, End::Unreadable),
            };
        }
        if by_phone
            && due(session.stage_until())
            && matches!(session.stage, Stage::Hold(_) | Stage::Signing(_))
        {
            return self.trouble(session, Trouble::Unreadable);
        }
        let end = match session.stage {
            Stage::Signing(_) if due(session.stage_until()) => End::Unreadable,
            _ => of_link(down),
        };
        self.end(session, end)
    }
}
