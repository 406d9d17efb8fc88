// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cards that are wrong, lifted, brought back, or short of tries.

use super::*;

#[test]
fn wrong_pins_count_down_to_a_closed_pad() {
    let mut desk = desk();
    desk.identified(1);
    desk.press(Action::Pin);
    assert_eq!(desk.sees().tries_left, None);
    for left in [2, 1] {
        let tag = desk.signing();
        let wrong = Err(SignFault::WrongPin { tries: left });
        assert_eq!(desk.does(Event::Signed(tag, wrong)), ViewId::WrongPin);
        let seen = desk.sees();
        assert_eq!((seen.pad, seen.tries_left), (Some(true), Some(left)));
    }
    let tag = desk.signing();
    let wrong = Err(SignFault::WrongPin { tries: 0 });
    assert_eq!(desk.does(Event::Signed(tag, wrong)), ViewId::PinUnusable);
    assert_eq!(desk.sees().pad, None);
    assert_eq!(desk.press(Action::Finish), ViewId::CardForgotten);
}

#[test]
fn few_tries_are_told_before_the_first() {
    let mut desk = desk();
    desk.place_with(2);
    desk.press(Action::Pin);
    assert_eq!(desk.sees().tries_left, Some(2));
}

#[test]
fn cards_that_cannot_check_in_are_named_and_never_asked() {
    for (kind, shown) in [
        (CardKind::Foreign, ViewId::WrongCard),
        (CardKind::PhoneAndroid, ViewId::WrongCard),
        (CardKind::PhoneIphone, ViewId::WrongCard),
        (CardKind::Mute, ViewId::Unreadable),
        (CardKind::CardPinUnusable, ViewId::PinUnusable),
        (CardKind::Card, ViewId::PinUnusable),
    ] {
        let mut desk = desk();
        assert_eq!(desk.place_kind(kind), shown);
        assert!(desk.effects.iter().all(|e| matches!(e, Effect::Release)));
        assert_eq!(desk.does(Event::CardLifted), ViewId::Idle);
    }
}

#[test]
fn a_card_that_stops_answering_is_not_asked_again() {
    let mut desk = desk();
    desk.identified(1);
    desk.press(Action::Pin);
    let tag = desk.signing();
    let fault = Err(SignFault::Card(CardFault::Unreadable));
    assert_eq!(desk.does(Event::Signed(tag, fault)), ViewId::Unreadable);
    assert!(
        !desk
            .effects
            .iter()
            .any(|e| matches!(e, Effect::Sign { .. }))
    );
}

#[test]
fn a_card_lifted_before_it_signed_starts_afresh() {
    let mut desk = desk();
    desk.identified(1);
    desk.press(Action::Pin);
    desk.signing();
    assert_eq!(desk.does(Event::CardLifted), ViewId::CardLifted);
    assert!(desk.abandons());
    assert_eq!(desk.place(), ViewId::Method);
    desk.does(Event::CardLifted);
    assert_eq!(desk.wait(19), ViewId::CardLifted);
    assert_eq!(desk.wait(1), ViewId::Idle);
}

#[test]
fn the_same_card_goes_on_where_it_was_for_twenty_seconds() {
    let mut desk = desk();
    desk.answered(valid());
    desk.press(Action::ChooseEach);
    desk.press(Action::Refuse);
    assert_eq!(desk.does(Event::CardLifted), ViewId::CardLifted);
    desk.wait(19);
    desk.place();
    let read = desk.read_tag();
    assert_eq!(
        desk.does(Event::Certificate(read, Ok(certificate(1)))),
        ViewId::ConsentCare
    );
    desk.press(Action::Agree);
    desk.press(Action::Agree);
    let expected = [
        (ConsentGroup::Surgery, false),
        (ConsentGroup::Care, true),
        (ConsentGroup::CheckUps, true),
    ];
    assert_eq!(desk.sent().1, expected);
}

#[test]
fn answers_are_gone_after_twenty_seconds() {
    let mut desk = desk();
    desk.answered(valid());
    desk.does(Event::CardLifted);
    assert_eq!(desk.wait(20), ViewId::Idle);
    assert!(desk.abandons());
    assert_eq!(desk.place(), ViewId::Method);
}

#[test]
fn another_card_gets_nothing_of_the_first() {
    let mut desk = desk();
    desk.answered(valid());
    desk.does(Event::CardLifted);
    desk.place();
    let read = desk.read_tag();
    assert_eq!(
        desk.does(Event::Certificate(read, Ok(certificate(2)))),
        ViewId::Method
    );
    assert!(desk.abandons());
    let asked = desk.challenge_tag();
    desk.does(Event::Challenge(asked, Ok(challenge())));
    desk.press(Action::Pin);
    desk.signing();
}

#[test]
fn a_card_badly_put_back_may_be_put_back_again() {
    let mut desk = desk();
    desk.answered(valid());
    desk.does(Event::CardLifted);
    assert_eq!(desk.place_kind(CardKind::Mute), ViewId::CardLifted);
    desk.does(Event::CardLifted);
    desk.place();
    let read = desk.read_tag();
    assert_eq!(
        desk.does(Event::Certificate(read, Ok(certificate(1)))),
        ViewId::ConsentMethod
    );
}

#[test]
fn a_card_lifted_under_the_last_write_still_gets_its_done() {
    let mut desk = desk();
    desk.answered(valid());
    desk.press(Action::AgreeAll);
    let (tag, ..) = desk.sent();
    assert_eq!(desk.does(Event::CardLifted), ViewId::CardLifted);
    assert_eq!(desk.does(Event::Completed(tag, Ok(()))), ViewId::Done);
    assert_eq!(desk.wait(10), ViewId::Idle);
}

#[test]
fn the_name_waits_until_it_is_known_whose_card_lies_there() {
    for (card, shown) in [(1, ViewId::Done), (2, ViewId::Method)] {
        let mut desk = desk();
        desk.answered(valid());
        desk.press(Action::AgreeAll);
        let (tag, ..) = desk.sent();
        desk.does(Event::CardLifted);
        desk.place();
        let read = desk.read_tag();
        assert_eq!(desk.does(Event::Completed(tag, Ok(()))), ViewId::Wait);
        assert_eq!(
            desk.does(Event::Certificate(read, Ok(certificate(card)))),
            shown
        );
    }
}
