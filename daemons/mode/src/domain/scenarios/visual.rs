// SPDX-License-Identifier: MIT OR Apache-2.0
//! 目視確認, and everything that ends it.

use super::*;
use crate::domain::Passed;
use uketsuke_bus::staff::StaffEvent;

impl Desk {
    fn verify_tag(&self) -> Tag {
        self.tag(|e| match e {
            Effect::Verify(tag) => Some(*tag),
            _ => None,
        })
    }

    /// Staff press their button and type.
    fn typed(&mut self) -> Tag {
        self.does(Event::Staff(true));
        assert_eq!(self.press(Action::Staff), ViewId::Passcode);
        assert_eq!(self.sees().pad, Some(true));
        assert_eq!(self.does(Event::PinEntered), ViewId::Wait);
        self.verify_tag()
    }

    /// To S-02.
    pub(super) fn vouched(&mut self) {
        let tag = self.typed();
        assert_eq!(
            self.does(Event::Verified(tag, Passed::Right)),
            ViewId::Visual
        );
        assert_eq!(self.notes(), [StaffEvent::Opened]);
        assert!(self.state.is_visual());
    }

    /// From P-00, after a passcode, to that moment.
    fn asked_by_eye(&mut self) -> Tag {
        self.vouched();
        self.placed_by_eye()
    }

    /// From S-02 to the moment the card is asked to sign without PIN.
    pub(super) fn placed_by_eye(&mut self) -> Tag {
        assert_eq!(self.place_kind(CardKind::CardPinUnusable), ViewId::Wait);
        let (read, asked) = (self.read_tag(), self.challenge_tag());
        self.does(Event::Certificate(read, Ok(certificate(1))));
        self.does(Event::Challenge(asked, Ok(challenge())));
        self.sign_by_eye_tag()
    }

    pub(super) fn sign_by_eye_tag(&self) -> Tag {
        self.tag(|e| match e {
            Effect::SignByEye { tag, .. } => Some(*tag),
            _ => None,
        })
    }

    pub(super) fn notes(&self) -> Vec<StaffEvent> {
        let note = |effect: &Effect| match effect {
            Effect::Note(note) => Some(*note),
            _ => None,
        };
        self.effects.iter().filter_map(note).collect()
    }
}

#[test]
fn staff_vouch_and_a_patient_whose_pin_is_blocked_is_done_and_the_next_is_at_p_02() {
    let mut desk = desk();
    let tag = desk.asked_by_eye();
    assert!(!desk.state.awaits_pin());
    desk.does(Event::Signed(tag, Ok(Arc::new(Signature(vec![1])))));
    assert_eq!(desk.notes(), [StaffEvent::Served]);
    assert!(!desk.state.is_visual());
    let tag = desk.check_in_tag();
    assert_eq!(
        desk.does(Event::CheckedIn(tag, Ok(valid()))),
        ViewId::ConsentMethod
    );
    desk.press(Action::AgreeAll);
    assert_eq!(desk.durable(), ViewId::VisualDone);
    let shown = details(&desk.state, &desk.rules).and_then(|d| d.name_kana);
    assert_eq!(shown.as_deref(), Some("シカク イチロウ"));
    assert_eq!(desk.does(Event::CardLifted), ViewId::Idle);
    assert_eq!(desk.place(), ViewId::Method);
}

#[test]
fn the_button_is_there_while_somebody_has_a_passcode() {
    let mut desk = desk();
    assert!(!desk.sees().choices.contains(&Action::Staff));
    desk.does(Event::Staff(true));
    assert_eq!(desk.sees().choices, [Action::Staff]);
    desk.does(Event::Phones(true));
    assert_eq!(desk.sees().choices, [Action::Phone, Action::Staff]);
    desk.does(Event::Staff(false));
    assert_eq!(desk.sees().choices, [Action::Phone]);
}

#[test]
fn what_came_of_a_passcode_is_told_and_opens_nothing() {
    for (said, form, pad, wait_s) in [
        (Passed::Wrong, Form::WrongPasscode, Some(true), None),
        (
            Passed::Unverified,
            Form::UnverifiedPasscode,
            Some(true),
            None,
        ),
        (Passed::Wait(900), Form::WaitPasscode, None, Some(900)),
        (Passed::Closed, Form::ClosedPasscode, None, None),
    ] {
        let mut desk = desk();
        let tag = desk.typed();
        assert_eq!(desk.does(Event::Verified(tag, said)), ViewId::Passcode);
        let seen = desk.sees();
        assert_eq!(
            (seen.form, seen.pad, seen.wait_s),
            (Some(form), pad, wait_s)
        );
        assert_eq!(desk.notes(), [StaffEvent::NotOpened]);
        assert!(!desk.state.is_visual());
        // Whoever cannot type is soon sent away, and nobody stays here for ever.
        let stays = if pad.is_some() { 60 } else { 10 };
        assert_eq!(desk.wait(stays - 1), ViewId::Passcode);
        assert_eq!(desk.wait(1), ViewId::Idle);
    }
}

#[test]
fn a_verifier_that_says_nothing_opens_nothing_however_late_it_speaks() {
    let mut desk = desk();
    let tag = desk.typed();
    assert_eq!(desk.wait(30), ViewId::Passcode);
    assert_eq!(desk.sees().form, Some(Form::UnverifiedPasscode));
    assert_eq!(
        desk.does(Event::Verified(tag, Passed::Right)),
        ViewId::Passcode
    );
    assert_eq!(desk.notes(), []);
}

#[test]
fn a_patient_who_does_not_wait_for_staff_begins_as_ever() {
    let mut desk = desk();
    let tag = desk.typed();
    assert_eq!(desk.place(), ViewId::Method);
    assert_eq!(
        desk.does(Event::Verified(tag, Passed::Right)),
        ViewId::Method
    );
    assert!(!desk.state.is_visual());
}

#[test]
fn whatever_ends_it_before_a_card_came_leads_to_p_00_or_what_is_down() {
    let ends: [(Event, StaffEvent, ViewId); 5] = [
        (Event::Act(Action::Stop), StaffEvent::Stopped, ViewId::Idle),
        (Event::ScreenGone, StaffEvent::PartGone, ViewId::Idle),
        (Event::ReaderDown, StaffEvent::PartGone, ViewId::Unreadable),
        (
            Event::Link(Some(Hop::Network)),
            StaffEvent::LinkDown,
            ViewId::LinkDown,
        ),
        (Event::Staff(false), StaffEvent::Withdrawn, ViewId::Idle),
    ];
    for (event, cause, shown) in ends {
        let mut desk = desk();
        desk.vouched();
        assert_eq!(desk.does(event), shown, "{cause:?}");
        assert_eq!(desk.notes(), [cause]);
        desk.does(Event::ReaderUp);
        desk.does(Event::Link(None));
        assert_eq!(desk.place(), ViewId::Method, "{cause:?}");
    }
    let mut desk = desk();
    desk.vouched();
    assert_eq!(desk.wait(179), ViewId::Visual);
    assert_eq!(desk.wait(1), ViewId::Idle);
    assert_eq!(desk.notes(), [StaffEvent::Elapsed]);
}

#[test]
fn whatever_ends_it_before_the_card_signed_leaves_nothing_for_the_next() {
    let ends: [(Event, StaffEvent); 5] = [
        (Event::CardLifted, StaffEvent::CardLifted),
        (Event::ScreenGone, StaffEvent::PartGone),
        (Event::ReaderDown, StaffEvent::PartGone),
        (Event::Staff(false), StaffEvent::Withdrawn),
        (
            Event::CardPlaced(Placed {
                slot: Slot::Card,
                kind: CardKind::Card,
                tries: 3,
            }),
            StaffEvent::CardLifted,
        ),
    ];
    for (event, cause) in ends {
        let mut desk = desk();
        desk.asked_by_eye();
        desk.does(event);
        assert_eq!(desk.notes(), [cause]);
        assert!(!desk.state.is_visual(), "{cause:?}");
        desk.does(Event::CardLifted);
        desk.does(Event::ReaderUp);
        assert_eq!(desk.place(), ViewId::Method, "{cause:?}");
    }
}

#[test]
fn a_card_that_it_cannot_serve_uses_it_up() {
    for (kind, shown) in [
        (CardKind::Foreign, ViewId::WrongCard),
        (CardKind::Mute, ViewId::Unreadable),
        (CardKind::PhoneAndroid, ViewId::WrongCard),
    ] {
        let mut desk = desk();
        desk.vouched();
        assert_eq!(desk.place_kind(kind), shown);
        assert_eq!(desk.notes(), [StaffEvent::CardFailed]);
        assert_eq!(desk.does(Event::CardLifted), ViewId::Idle);
        assert_eq!(desk.place(), ViewId::Method);
    }
}

#[test]
fn a_card_that_does_not_sign_is_told_and_over() {
    for (fault, shown, cause) in [
        (SignFault::NoPinless, ViewId::LinkDown, StaffEvent::LinkDown),
        (
            SignFault::NotSent,
            ViewId::Unreadable,
            StaffEvent::CardFailed,
        ),
        (
            SignFault::Card(CardFault::Unreadable),
            ViewId::Unreadable,
            StaffEvent::CardFailed,
        ),
        (
            SignFault::Card(CardFault::NotOurs),
            ViewId::WrongCard,
            StaffEvent::CardFailed,
        ),
        (
            SignFault::Card(CardFault::Gone),
            ViewId::CardLifted,
            StaffEvent::CardLifted,
        ),
    ] {
        let mut desk = desk();
        let tag = desk.asked_by_eye();
        assert_eq!(desk.does(Event::Signed(tag, Err(fault))), shown);
        assert_eq!(desk.notes(), [cause]);
        assert!(!desk.state.is_visual());
    }
}

#[test]
fn after_its_signature_the_same_card_may_come_back_and_another_begins_as_ever() {
    for (card, shown) in [(1, ViewId::ConsentMethod), (2, ViewId::Method)] {
        let mut desk = desk();
        let tag = desk.asked_by_eye();
        desk.does(Event::Signed(tag, Ok(Arc::new(Signature(vec![1])))));
        let tag = desk.check_in_tag();
        desk.does(Event::CheckedIn(tag, Ok(valid())));
        assert_eq!(desk.does(Event::CardLifted), ViewId::CardLifted);
        desk.place();
        let read = desk.read_tag();
        assert_eq!(
            desk.does(Event::Certificate(read, Ok(certificate(card)))),
            shown
        );
    }
}
