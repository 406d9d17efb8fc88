// SPDX-License-Identifier: MIT OR Apache-2.0
//! The invariants of the design (§4), held against the truth.

use uketsuke_bus::consent::ConsentGroup;
use uketsuke_bus::view::{Action, Operation, Phone, View, ViewId};

use super::super::deeds::Do;
use super::super::world::{
    Awaited, Before, LETTERS, Lying, STALE, Which, before_answers, used_challenge,
};
use super::{Notice, Truth, Vouched};
use crate::domain::event::{Event, Faces};
use crate::domain::face::COMPARISONS;
use crate::domain::state::{Desk, End, State};
use crate::domain::{Effect, Millis, Rules, details, step, view};

/// The invariants of the design, §4, as far as there is something to break on the PIN path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Invariant {
    /// Done only by a PIN accepted on the card that is still the same, signed for this challenge.
    OneProof,
    /// From every state doing nothing leads to idle in time, and the patient is told.
    LeadsToIdle,
    /// No consent is recorded that was not given on this visit or carried over by touch.
    OwnConsent,
    /// Never a VERIFY that nobody typed, at no tries left, or while one is out.
    OneVerify,
    /// After the end nothing about the patient remains in view or state.
    NothingRemains,
    /// Late answers and touches on what is not offered change nothing.
    LateIsNothing,
    /// 目視確認 is on only from the right passcode or the terminal's tick on until its one patient's card
    /// has signed or left; what the terminal holds ends with it.
    OnePatient,
    /// A card signs once on a face found on it as it lies there, and on no other; it is compared three
    /// times at most, where faces are compared, and the camera does not look on after that.
    OneFace,
    /// Of a certificate that is about to expire every patient is told once, before the end of the
    /// check-in and after it is durable, while the card lies there; nobody else is.
    Noticed,
}

impl Truth {
    /// Checks the effects of one step, in order, and the state after it.
    pub fn judge(
        &mut self,
        state: &State,
        effects: &[Effect],
        rules: &Rules,
    ) -> Result<(), Invariant> {
        for effect in effects {
            self.judge_effect(effect, rules)?;
        }
        if !state.awaits_pin() {
            self.typed = false;
        }
        let awaited = Awaited::of(state);
        if awaited.signed.is_none() {
            self.asked = None;
        }
        let begun = effects.iter().any(|e| matches!(e, Effect::Compare(_)));
        let barred = begun && state.operation() == Operation::PinOnly;
        if barred || (self.comparing && awaited.compared.is_none()) {
            return Err(Invariant::OneFace);
        }
        if state.is_visual() && self.eye == Vouched::Nobody {
            return Err(Invariant::OnePatient);
        }
        if !state.is_visual() {
            // A run goes on after a patient; where none came, it does not.
            let goes_on = rules.run.is_some() && self.eye == Vouched::ThisCard;
            self.held &= self.eye == Vouched::Nobody || goes_on;
            self.eye = Vouched::Nobody;
        }
        let held = state.operation() == Operation::Visual;
        if held && !self.held {
            return Err(Invariant::OnePatient);
        }
        self.held = held;
        if awaited.certificate.is_empty() {
            self.signer = None;
        }
        let seen = view(state, rules);
        self.judge_view(state, &seen, rules)?;
        if seen.phone != Some(Phone::Iphone) {
            self.allowed = false;
        }
        if matches!(
            seen.id,
            ViewId::Idle | ViewId::CardForgotten | ViewId::TimedOut | ViewId::WrongCard
        ) {
            self.new_visit();
        }
        Ok(())
    }

    fn judge_effect(&mut self, effect: &Effect, rules: &Rules) -> Result<(), Invariant> {
        if used_challenge(effect).is_some_and(|asked| asked != self.challenge) {
            return Err(Invariant::OneProof);
        }
        match effect {
            Effect::Challenge(_) => self.new_visit(),
            Effect::Sign { .. } => {
                let asked = self.lying.and_then(Lying::asked);
                let takes = asked.is_some_and(|which| which != Which::I);
                if !self.typed || self.tries == 0 || !takes || self.link.is_some() {
                    return Err(Invariant::OneVerify);
                }
                self.typed = false;
                self.asks(asked)?;
            }
            Effect::SignOnPhone { .. } => {
                let asked = self.lying.and_then(Lying::asked);
                if !self.allowed || asked != Some(Which::I) || self.link.is_some() {
                    return Err(Invariant::OneVerify);
                }
                self.allowed = false;
                self.asks(asked)?;
            }
            Effect::SignByEye { .. } => {
                let asked = self.lying.and_then(Lying::card);
                if self.eye != Vouched::ThisCard || asked.is_none() {
                    return Err(Invariant::OnePatient);
                }
                if self.link.is_some() {
                    return Err(Invariant::OneVerify);
                }
                self.pinless = true;
                self.asks(asked)?;
            }
            Effect::Compare(_) => {
                let there = self.lying.and_then(Lying::card).is_some();
                let may = self.faces == Faces::Works && self.link.is_none() && there;
                if !may || self.comparing || self.compared == COMPARISONS {
                    return Err(Invariant::OneFace);
                }
                self.compared += 1;
                (self.comparing, self.found) = (true, false);
            }
            Effect::CloseFace => self.comparing = false,
            Effect::SignByFace { .. } => {
                let asked = self.lying.and_then(Lying::card);
                if !self.found || asked.is_none() {
                    return Err(Invariant::OneFace);
                }
                if self.link.is_some() {
                    return Err(Invariant::OneVerify);
                }
                self.found = false;
                self.pinless = true;
                self.asks(asked)?;
            }
            // A session that begins anew on a card that lies there is another one.
            Effect::ReadCertificate(_) => (self.signer, self.found) = (None, false),
            Effect::ReadSigner(_) => self.signer = self.signed.map(|(which, _)| which),
            Effect::CheckIn { certificate, .. } => {
                let own = self.same_card();
                if own.is_none_or(|which| which.der() != certificate.der()) {
                    return Err(Invariant::OneProof);
                }
            }
            Effect::Complete {
                given,
                carried_over,
                categories,
                prescription,
                subsidy,
                high_cost,
                letters,
                ..
            } => {
                if self.same_card().is_none() || self.said.is_none() || self.sent {
                    return Err(Invariant::OneProof);
                }
                let given: Vec<_> = given.0.iter().map(|a| (a.group, a.agreed)).collect();
                if *categories != rules.categories || !self.meant(&given, *carried_over, rules) {
                    return Err(Invariant::OwnConsent);
                }
                let letters: Vec<_> = letters.iter().map(|said| said.submit).collect();
                if letters != self.letters_meant(rules) {
                    return Err(Invariant::OwnConsent);
                }
                let besides = self.asks_besides(rules);
                if *prescription != self.prescription
                    || prescription.is_some() != (besides && rules.prescription)
                    || *subsidy != self.subsidy
                    || subsidy.is_some() != (besides && rules.subsidy)
                    || *high_cost != self.high_cost
                    || high_cost.is_some() != (besides && rules.high_cost)
                {
                    return Err(Invariant::OwnConsent);
                }
                self.sent = true;
            }
            _ => {}
        }
        Ok(())
    }

    /// Nothing else is being asked.
    fn asks(&mut self, which: Option<Which>) -> Result<(), Invariant> {
        if self.asked.is_some() {
            return Err(Invariant::OneVerify);
        }
        self.asked = which;
        Ok(())
    }

    /// The card that signed the current challenge, if it is the one that lies there; the phone
    /// that signed it, unless somebody's card lies there now.
    fn same_card(&self) -> Option<Which> {
        let (which, asked) = self.signed?;
        let there = if which.is_phone() {
            !matches!(self.lying, Some(Lying::Card(_) | Lying::Locked))
        } else {
            self.lying.is_some_and(|lying| lying.is(which))
        };
        (asked == self.challenge && there).then_some(which)
    }

    /// Whether these answers are what the patient touched.
    fn meant(&self, given: &[(ConsentGroup, bool)], carried: bool, rules: &Rules) -> bool {
        let groups = &rules.categories.groups;
        let Some(said) = self.said else { return false };
        let expected: Vec<_> = if said.expired {
            Vec::new()
        } else if self.kept {
            before_answers(groups)
                .iter()
                .map(|a| (a.group, a.agreed))
                .collect()
        } else if self.all {
            groups.iter().map(|group| (*group, true)).collect()
        } else {
            self.touched.clone()
        };
        let complete = said.expired || expected.len() == groups.len();
        let may_carry = self.kept && said.before == Before::SameCategories;
        complete && given == expected.as_slice() && carried == self.kept && (!carried || may_carry)
    }

    /// Whether anything is asked besides the consents: only who is asked for these is.
    fn asks_besides(&self, rules: &Rules) -> bool {
        let expired = self.said.is_none_or(|said| said.expired);
        !expired && !rules.categories.groups.is_empty()
    }

    /// What must be said to each letter: those that are ticked, where they were submitted, and only
    /// where there was anything to ask.
    fn letters_meant(&self, rules: &Rules) -> Vec<bool> {
        let wait = rules.letters && self.said.is_some_and(|said| said.letters);
        match (wait && self.asks_besides(rules), self.submitted) {
            (false, _) => Vec::new(),
            (true, true) => self.ticked.to_vec(),
            (true, false) => vec![false; LETTERS],
        }
    }

    fn judge_view(&mut self, state: &State, seen: &View, rules: &Rules) -> Result<(), Invariant> {
        let asks = seen.form != Some(uketsuke_bus::view::Form::Reception)
            && matches!(
                seen.id,
                ViewId::CertificateExpired
                    | ViewId::ConsentMethod
                    | ViewId::CarryOver
                    | ViewId::EarlierConsents
                    | ViewId::ConsentSurgery
                    | ViewId::ConsentCare
                    | ViewId::ConsentMedicine
                    | ViewId::ConsentCheckUps
                    | ViewId::PrescriptionForm
                    | ViewId::Subsidy
                    | ViewId::HighCost
                    | ViewId::Letters
            );
        if asks && (self.same_card().is_none() || self.said.is_none()) {
            return Err(Invariant::OneProof);
        }
        if matches!(seen.id, ViewId::Done | ViewId::VisualDone) {
            let left = self.lying.is_none() && self.signed.is_some_and(|s| s.1 == self.challenge);
            let own = left || self.same_card().is_some();
            if !own || !self.durable {
                return Err(Invariant::OneProof);
            }
        }
        self.judge_notice(seen)?;
        if seen.id == ViewId::Letters {
            let said = self.said.is_some_and(|said| said.letters && !said.expired);
            let page = seen.step.map(|page| usize::from(page) - 1);
            let shown = details(state, rules).and_then(|details| details.letters);
            let ticked = shown.map(|letters| letters.rows.iter().any(|row| row.ticked));
            if !said || ticked != page.and_then(|page| self.ticked.get(page).copied()) {
                return Err(Invariant::OwnConsent);
            }
        }
        // Before a phone is held nobody knows its tries.
        let spent = seen.phone.is_none() && self.tries == 0 && seen.id != ViewId::Passcode;
        if seen.pad == Some(true) && (spent || seen.tries_left == Some(0)) {
            return Err(Invariant::OneVerify);
        }
        nothing_remains(state, seen, rules)
    }

    /// P-14, and P-13 after it.
    fn judge_notice(&mut self, seen: &View) -> Result<(), Invariant> {
        let due = self.said.is_some_and(|said| said.near && !said.expired);
        let by_phone = self.signed.is_some_and(|(which, _)| which.is_phone());
        let shown = seen.id == ViewId::Expiring;
        self.notice = match self.notice {
            Notice::NotYet if shown => Notice::Shown,
            Notice::Shown if !shown => Notice::Over,
            as_before => as_before,
        };
        let wrong = match seen.id {
            ViewId::Expiring => {
                let own = self.same_card().is_some() && !by_phone;
                self.notice == Notice::Over || !due || !own || !self.durable
            }
            ViewId::Done | ViewId::VisualDone => {
                due && !by_phone && self.notice == Notice::NotYet && self.lying.is_some()
            }
            _ => false,
        };
        match wrong {
            true => Err(Invariant::Noticed),
            false => Ok(()),
        }
    }
}

/// Personal data is in a session, or is what P-13 and P-14 say; a view has it on
/// these, P-08 and P-12 only.
fn nothing_remains(state: &State, seen: &View, rules: &Rules) -> Result<(), Invariant> {
    let kept = match &state.desk {
        Desk::Ended(ended) => {
            ended.name.is_some() && !matches!(ended.end, End::Done | End::Expiring(_))
        }
        Desk::Session(s) => match seen.id {
            // A question on the phone path, before the phone has proved anything.
            ViewId::WrongCard | ViewId::PhoneUnreadable => {
                s.certificate.here().is_some() || s.visit.is_some()
            }
            id => matches!(id, ViewId::Idle | ViewId::CardForgotten | ViewId::TimedOut),
        },
        Desk::Idle | Desk::Lifted { .. } | Desk::Passcode(_) | Desk::Visual { .. } => false,
    };
    let shown = details(state, rules).is_some();
    let may_show = matches!(
        seen.id,
        ViewId::Done
            | ViewId::VisualDone
            | ViewId::Expiring
            | ViewId::EarlierConsents
            | ViewId::Letters
    );
    if kept || (shown && !may_show) || shown != (seen.personal == Some(true)) {
        return Err(Invariant::NothingRemains);
    }
    Ok(())
}

/// Late answers and touches on what is not offered change nothing.
pub fn judge_late(
    deed: Do,
    before: &View,
    awaited: &Awaited,
    states: (&State, &State),
    effects: &[Effect],
) -> Result<(), Invariant> {
    let meant = deed.is_meant(before, awaited);
    debug_assert!(!awaited.certificate.contains(&STALE));
    // A challenge nobody waits for is given back.
    let quiet = effects
        .iter()
        .all(|effect| matches!(effect, Effect::Abandon(_)));
    if !meant && (states.0 != states.1 || !quiet) {
        return Err(Invariant::LateIsNothing);
    }
    Ok(())
}

/// Longest chain of waits that doing nothing may go through, in steps.
const CHAIN: usize = 40;

/// Does nothing until nothing is due any more.
pub fn judge_idle(state: &State, rules: &Rules) -> Result<(), Invariant> {
    let longest_wait = [
        rules.question,
        rules.resume,
        rules.read_limit,
        rules.challenge_limit,
        rules.sign_limit,
        rules.hold,
        rules.compare,
        rules.check_in_limit,
        rules.complete_limit,
        rules.visual,
        rules.verify_limit + rules.question,
    ];
    let limit = longest_wait.iter().map(|m| m.0).max().unwrap_or(0)
        + rules.done_reminder.0.max(rules.message.0);
    let (mut state, mut now, mut arrived) = (state.clone(), Millis(0), false);
    let asked = view(&state, rules);
    // A phone may be waited for, and then it is asked what to do.
    let limit = limit + asked.phone.map_or(0, |_| rules.hold.0);
    let mut told = !matches!(
        asked.id,
        ViewId::Method
            | ViewId::Pin
            | ViewId::WrongPin
            | ViewId::Wait
            | ViewId::WhichPhone
            | ViewId::HoldPhone
            | ViewId::Face
            | ViewId::FaceUnclear
            | ViewId::FaceFailed
            | ViewId::NumberUnread
            | ViewId::PrescriptionForm
            | ViewId::Subsidy
            | ViewId::HighCost
            | ViewId::Letters
    ) && asked.warning_s.is_none()
        && !asked.choices.contains(&Action::Agree);
    for _ in 0..CHAIN {
        let seen = view(&state, rules);
        told |= matches!(
            seen.id,
            ViewId::TimedOut
                | ViewId::CardLifted
                | ViewId::Unreadable
                | ViewId::LinkDown
                // Staff read why it did not open.
                | ViewId::Passcode
        ) || matches!(state.desk, Desk::Ended(_));
        let idle = match seen.id {
            ViewId::Idle => state.card.is_none(),
            ViewId::CardForgotten => state.card.is_some(),
            ViewId::Unreadable | ViewId::LinkDown => state.desk == Desk::Idle,
            _ => false,
        };
        // From the first idle view on, time only tells staff of a forgotten card.
        if idle && !arrived && (now.0 > limit || !told) {
            return Err(Invariant::LeadsToIdle);
        }
        if arrived && !idle {
            return Err(Invariant::LeadsToIdle);
        }
        arrived |= idle;
        if arrived && details(&state, rules).is_some() {
            return Err(Invariant::NothingRemains);
        }
        let Some(at) = state.deadline() else {
            return match idle && state.operation() != Operation::Visual {
                true => Ok(()),
                false => Err(Invariant::LeadsToIdle),
            };
        };
        let (next, _) = step(&state, Event::Tick, at, rules);
        if next.deadline().is_some_and(|next| next <= at) {
            return Err(Invariant::LeadsToIdle);
        }
        (state, now) = (next, at);
    }
    Err(Invariant::LeadsToIdle)
}
