// SPDX-License-Identifier: MIT OR Apache-2.0
//! The phone path (flows §1.3) by name.

use uketsuke_bus::view::Phone;

use super::*;

/// A desk with a reader for phones.
fn phone_desk() -> Desk {
    let mut desk = desk();
    assert_eq!(desk.does(Event::Phones(true)), ViewId::Idle);
    desk
}

fn on(slot: Slot, kind: CardKind, tries: u8) -> Event {
    Event::CardPlaced(Placed { slot, kind, tries })
}

fn android(tries: u8) -> Event {
    on(Slot::Phone, CardKind::PhoneAndroid, tries)
}

fn iphone() -> Event {
    on(Slot::Phone, CardKind::PhoneIphone, 0)
}

impl Desk {
    /// P-05a, with the challenge there.
    fn chooses(&mut self) {
        assert_eq!(self.press(Action::Phone), ViewId::WhichPhone);
        let asked = self.challenge_tag();
        self.does(Event::Challenge(asked, Ok(challenge())));
    }

    /// P-05, four digits typed.
    fn holds_android(&mut self) {
        self.chooses();
        assert_eq!(self.press(Action::Android), ViewId::Pin);
        assert_eq!(self.does(Event::PinEntered), ViewId::HoldPhone);
        assert!(self.state.awaits_pin());
    }

    fn holds_iphone(&mut self) {
        self.chooses();
        assert_eq!(self.press(Action::Iphone), ViewId::HoldPhone);
        assert!(!self.state.awaits_pin());
    }

    fn sign_tag(&self) -> Tag {
        self.tag(|e| match e {
            Effect::Sign { tag, .. } | Effect::SignOnPhone { tag, .. } => Some(*tag),
            _ => None,
        })
    }

    fn asks_to_sign(&self) -> bool {
        self.effects
            .iter()
            .any(|e| matches!(e, Effect::Sign { .. } | Effect::SignOnPhone { .. }))
    }

    /// The phone signs; its certificate is read and goes to the centre.
    fn phone_signs(&mut self) -> Tag {
        let tag = self.sign_tag();
        let signature = Arc::new(Signature(vec![1]));
        assert_eq!(self.does(Event::Signed(tag, Ok(signature))), ViewId::Wait);
        let read = self.tag(|e| match e {
            Effect::ReadSigner(tag) => Some(*tag),
            _ => None,
        });
        self.does(Event::Certificate(read, Ok(certificate(9))));
        self.tag(|e| match e {
            Effect::CheckIn { tag, .. } => Some(*tag),
            _ => None,
        })
    }

    fn fails(&mut self, fault: SignFault) -> ViewId {
        let tag = self.sign_tag();
        self.does(Event::Signed(tag, Err(fault)))
    }
}

#[test]
fn phones_are_offered_while_their_reader_works() {
    let mut desk = desk();
    assert_eq!(desk.sees().choices, []);
    desk.does(Event::Phones(true));
    assert_eq!(desk.sees().choices, [Action::Phone]);
    desk.does(Event::Phones(false));
    assert_eq!(desk.sees().choices, []);
}

#[test]
fn an_android_phone_checks_in_and_may_leave_after_its_signature() {
    let mut desk = phone_desk();
    desk.holds_android();
    assert_eq!(desk.does(android(3)), ViewId::Wait);
    let tag = desk.sign_tag();
    let signature = Arc::new(Signature(vec![1]));
    desk.does(Event::Signed(tag, Ok(signature)));
    let read = desk.tag(|e| match e {
        Effect::ReadSigner(tag) => Some(*tag),
        _ => None,
    });
    assert_eq!(desk.does(Event::CardLifted), ViewId::Wait);
    desk.does(Event::Certificate(read, Ok(certificate(9))));
    let tag = desk.tag(|e| match e {
        Effect::CheckIn { tag, .. } => Some(*tag),
        _ => None,
    });
    assert_eq!(
        desk.does(Event::CheckedIn(tag, Ok(valid()))),
        ViewId::ConsentMethod
    );
    desk.press(Action::AgreeAll);
    assert_eq!(desk.durable(), ViewId::Done);
    let seen = desk.sees();
    assert_eq!(seen.phone, Some(Phone::Any));
    assert_eq!(seen.personal, Some(true));
    assert_eq!(desk.wait(10), ViewId::Idle);
    assert!(details(&desk.state, &desk.rules).is_none());
}

#[test]
fn an_iphone_signs_without_digits_and_done_ends_by_touch() {
    let mut desk = phone_desk();
    desk.holds_iphone();
    assert_eq!(desk.does(iphone()), ViewId::Wait);
    assert!(
        desk.effects
            .iter()
            .any(|e| matches!(e, Effect::SignOnPhone { .. }))
    );
    let tag = desk.phone_signs();
    desk.does(Event::CardLifted);
    desk.does(Event::CheckedIn(tag, Ok(valid())));
    desk.press(Action::AgreeAll);
    assert_eq!(desk.durable(), ViewId::Done);
    assert_eq!(desk.press(Action::Finish), ViewId::Idle);
}

#[test]
fn a_phone_is_asked_only_once_the_challenge_is_there() {
    let mut desk = phone_desk();
    desk.press(Action::Phone);
    let asked = desk.challenge_tag();
    desk.press(Action::Android);
    assert_eq!(desk.does(android(3)), ViewId::Pin);
    assert_eq!(desk.does(Event::PinEntered), ViewId::Wait);
    assert!(!desk.asks_to_sign());
    desk.does(Event::Challenge(asked, Ok(challenge())));
    assert!(desk.asks_to_sign());
}

#[test]
fn a_wrong_pin_needs_new_digits_though_the_phone_is_still_held() {
    let mut desk = phone_desk();
    desk.holds_android();
    desk.does(android(3));
    let wrong = |tries| SignFault::WrongPin { tries };
    assert_eq!(desk.fails(wrong(2)), ViewId::WrongPin);
    assert_eq!(desk.sees().tries_left, Some(2));
    assert!(!desk.asks_to_sign());
    // Held there all the time: the new entry is used at once, and once.
    assert_eq!(desk.does(Event::PinEntered), ViewId::Wait);
    assert_eq!(desk.fails(wrong(3)), ViewId::WrongPin);
    assert_eq!(desk.sees().tries_left, Some(1));
    desk.does(Event::CardLifted);
    assert_eq!(desk.does(Event::PinEntered), ViewId::HoldPhone);
    desk.does(android(1));
    assert_eq!(desk.fails(wrong(0)), ViewId::PinUnusable);
    assert_eq!(desk.sees().choices, [Action::Card, Action::Finish]);
}

#[test]
fn a_blocked_phone_is_not_asked() {
    let mut desk = phone_desk();
    desk.holds_android();
    assert_eq!(desk.does(android(0)), ViewId::PinUnusable);
    assert!(!desk.asks_to_sign());
    assert!(!desk.state.awaits_pin());
}

#[test]
fn digits_are_dropped_when_no_phone_comes() {
    let mut desk = phone_desk();
    desk.holds_android();
    assert_eq!(desk.wait(30), ViewId::PhoneUnreadable);
    assert!(!desk.state.awaits_pin());
    assert_eq!(desk.sees().choices, [Action::Retry, Action::Card]);
    assert_eq!(desk.does(android(3)), ViewId::PhoneUnreadable);
    assert_eq!(desk.press(Action::Retry), ViewId::Pin);
}

#[test]
fn an_iphone_that_left_too_soon_is_asked_again_after_a_touch() {
    let mut desk = phone_desk();
    desk.holds_iphone();
    desk.does(iphone());
    let tag = desk.sign_tag();
    assert_eq!(desk.does(Event::CardLifted), ViewId::Wait);
    let gone = Event::Signed(tag, Err(SignFault::Card(CardFault::Gone)));
    assert_eq!(desk.does(gone), ViewId::PhoneUnreadable);
    assert_eq!(desk.does(iphone()), ViewId::PhoneUnreadable);
    assert!(!desk.asks_to_sign());
    assert_eq!(desk.press(Action::Retry), ViewId::Wait);
    let asked = desk.challenge_tag();
    desk.does(Event::Challenge(asked, Ok(challenge())));
    assert!(desk.asks_to_sign());
}

#[test]
fn what_is_no_phone_of_the_chosen_kind_is_named() {
    for (event, shown, form) in [
        (iphone(), ViewId::PhoneUnreadable, Some(Form::OtherPhone)),
        (
            on(Slot::Phone, CardKind::Card, 3),
            ViewId::WrongCard,
            Some(Form::CardSlot),
        ),
        (
            on(Slot::Phone, CardKind::Foreign, 0),
            ViewId::WrongCard,
            Some(Form::PhoneSlot),
        ),
        (
            on(Slot::Card, CardKind::PhoneAndroid, 3),
            ViewId::WrongCard,
            Some(Form::PhoneSlot),
        ),
        (
            on(Slot::Phone, CardKind::Mute, 0),
            ViewId::PhoneUnreadable,
            None,
        ),
    ] {
        let mut desk = phone_desk();
        desk.holds_android();
        assert_eq!(desk.does(event), shown);
        assert_eq!(desk.sees().form, form);
        assert!(!desk.asks_to_sign() && !desk.state.awaits_pin());
        desk.does(Event::CardLifted);
        assert_eq!(desk.press(Action::Card), ViewId::Idle);
        assert!(desk.abandons());
    }
}

#[test]
fn the_other_phone_may_be_chosen_instead() {
    let mut desk = phone_desk();
    desk.holds_android();
    desk.does(iphone());
    assert_eq!(desk.press(Action::ChooseAgain), ViewId::WhichPhone);
    let asked = desk.challenge_tag();
    desk.does(Event::Challenge(asked, Ok(challenge())));
    assert_eq!(desk.press(Action::Iphone), ViewId::Wait);
    assert!(desk.asks_to_sign());
}

#[test]
fn a_card_goes_on_as_a_card_whatever_the_phone_path_was_at() {
    let card = || on(Slot::Card, CardKind::Card, 3);
    let mut desk = phone_desk();
    desk.holds_android();
    assert_eq!(desk.does(card()), ViewId::Method);
    assert!(desk.abandons() && !desk.state.awaits_pin());
    assert_eq!(desk.sees().phone, None);

    let mut desk = phone_desk();
    desk.holds_iphone();
    desk.does(iphone());
    let tag = desk.phone_signs();
    desk.does(Event::CheckedIn(tag, Ok(valid())));
    assert_eq!(desk.does(card()), ViewId::Method);
    assert!(desk.abandons());
}

#[test]
fn a_phone_held_at_the_idle_desk_opens_its_path_and_a_card_there_is_sent_here() {
    let mut desk = phone_desk();
    assert_eq!(desk.does(android(3)), ViewId::WhichPhone);
    let mut desk = phone_desk();
    assert_eq!(
        desk.does(on(Slot::Phone, CardKind::Card, 3)),
        ViewId::WrongCard
    );
    assert_eq!(desk.sees().form, Some(Form::CardSlot));
    assert_eq!(desk.does(Event::CardLifted), ViewId::Idle);
}

#[test]
fn every_question_of_the_phone_path_times_out() {
    let mut desk = phone_desk();
    desk.chooses();
    desk.wait(45);
    assert!(desk.sees().warning_s.is_some());
    assert_eq!(desk.wait(15), ViewId::TimedOut);
    assert_eq!(desk.wait(10), ViewId::Idle);

    let mut desk = phone_desk();
    desk.holds_iphone();
    assert_eq!(desk.wait(30), ViewId::PhoneUnreadable);
    assert_eq!(desk.wait(60), ViewId::TimedOut);
    assert_eq!(desk.wait(10), ViewId::Idle);
}

#[test]
fn a_reader_unplugged_leaves_the_card() {
    let mut desk = phone_desk();
    desk.holds_android();
    assert_eq!(desk.does(Event::Phones(false)), ViewId::PhoneUnreadable);
    assert_eq!(desk.sees().choices, [Action::Card]);
    assert!(!desk.state.awaits_pin());
    assert_eq!(desk.press(Action::Card), ViewId::Idle);
    assert_eq!(desk.sees().choices, []);
}

#[test]
fn a_phone_left_there_is_asked_to_be_taken() {
    let mut desk = phone_desk();
    desk.holds_iphone();
    desk.does(iphone());
    let tag = desk.phone_signs();
    desk.does(Event::CheckedIn(tag, Ok(valid())));
    desk.press(Action::AgreeAll);
    assert_eq!(desk.durable(), ViewId::Done);
    assert_eq!(desk.wait(30), ViewId::CardForgotten);
    assert_eq!(desk.sees().phone, Some(Phone::Any));
    assert_eq!(desk.does(Event::CardLifted), ViewId::Idle);
}

#[test]
fn a_broken_line_ends_the_phone_path_before_the_phone_is_asked() {
    let mut desk = phone_desk();
    desk.holds_android();
    assert_eq!(desk.does(Event::Link(Some(Hop::Centre))), ViewId::LinkDown);
    assert!(!desk.state.awaits_pin());
}
