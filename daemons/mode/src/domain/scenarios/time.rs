// SPDX-License-Identifier: MIT OR Apache-2.0
//! Time-outs, late answers, peers that are away.

use super::*;

#[test]
fn digits_typed_early_wait_for_the_challenge() {
    let mut desk = desk();
    desk.place();
    let (read, asked) = (desk.read_tag(), desk.challenge_tag());
    desk.press(Action::Pin);
    assert_eq!(desk.does(Event::PinEntered), ViewId::Wait);
    assert!(desk.effects.is_empty() && desk.state.awaits_pin());
    desk.does(Event::Certificate(read, Ok(certificate(1))));
    assert!(desk.effects.is_empty());
    desk.does(Event::Challenge(asked, Ok(challenge())));
    assert!(matches!(desk.effects[..], [Effect::Sign { .. }]));
    assert!(!desk.state.awaits_pin());
}

#[test]
fn no_challenge_spends_no_try() {
    let mut desk = desk();
    desk.place();
    let asked = desk.challenge_tag();
    desk.press(Action::Pin);
    desk.does(Event::PinEntered);
    let down = Err(LinkFault::Down(Hop::Centre));
    assert_eq!(desk.does(Event::Challenge(asked, down)), ViewId::LinkDown);
    assert_eq!(desk.sees().hop, Some(Hop::Centre));
    assert!(!desk.state.awaits_pin());
}

#[test]
fn a_link_that_comes_back_starts_the_waiting_card_afresh() {
    let mut desk = desk();
    assert_eq!(desk.does(Event::Link(Some(Hop::Network))), ViewId::LinkDown);
    assert_eq!(desk.place(), ViewId::LinkDown);
    assert_eq!(desk.sees().hop, Some(Hop::Network));
    assert_eq!(desk.does(Event::Link(None)), ViewId::Method);
}

#[test]
fn a_question_warns_at_45_s_and_ends_at_60_s() {
    let mut desk = desk();
    desk.answered(valid());
    desk.wait(44);
    assert_eq!(desk.sees().warning_s, None);
    for (after, left) in [(1, 15), (5, 10), (5, 5)] {
        assert_eq!(desk.wait(after), ViewId::ConsentMethod);
        assert_eq!(desk.sees().warning_s, Some(left));
        assert!(desk.sees().choices.contains(&Action::Continue));
    }
    assert_eq!(desk.wait(5), ViewId::TimedOut);
    assert_eq!(desk.wait(10), ViewId::CardForgotten);
    assert_eq!(
        desk.wait(600),
        ViewId::CardForgotten,
        "no new session for a card left lying"
    );
    assert_eq!(desk.does(Event::CardLifted), ViewId::Idle);
}

#[test]
fn more_time_can_be_had_more_than_ten_times() {
    let mut desk = desk();
    desk.answered(valid());
    for _ in 0..25 {
        assert_eq!(desk.wait(50), ViewId::ConsentMethod);
        desk.press(Action::Continue);
        assert_eq!(desk.sees().warning_s, None);
    }
}

#[test]
fn more_time_before_the_pin_gets_a_fresh_challenge() {
    let mut desk = desk();
    desk.identified(1);
    desk.press(Action::Pin);
    desk.wait(50);
    assert_eq!(desk.press(Action::Continue), ViewId::Pin);
    assert!(desk.abandons());
    let asked = desk.challenge_tag();
    desk.does(Event::PinEntered);
    assert!(desk.effects.is_empty(), "the old challenge is not signed");
    desk.does(Event::Challenge(asked, Ok(challenge())));
    assert!(matches!(desk.effects[..], [Effect::Sign { .. }]));
}

#[test]
fn a_forgotten_card_is_reminded_of_and_then_staff_are_told() {
    let mut desk = desk();
    desk.answered(valid());
    desk.press(Action::AgreeAll);
    desk.durable();
    assert_eq!(desk.wait(29), ViewId::Done);
    assert_eq!(desk.wait(1), ViewId::CardForgotten);
    assert!(matches!(desk.effects[..], [Effect::Remind]));
    assert!(details(&desk.state, &desk.rules).is_none());
    desk.wait(89);
    assert!(matches!(desk.effects[..], [Effect::Remind]));
    desk.wait(1);
    assert!(matches!(desk.effects[..], [Effect::TellStaff]));
}

#[test]
fn a_request_nobody_answers_ends_in_a_message() {
    let mut reading = desk();
    reading.place();
    let asked = reading.challenge_tag();
    reading.does(Event::Challenge(asked, Ok(challenge())));
    assert_eq!(reading.wait(15), ViewId::Unreadable);
    let mut asking = desk();
    asking.place();
    let read = asking.read_tag();
    asking.does(Event::Certificate(read, Ok(certificate(1))));
    assert_eq!(asking.wait(15), ViewId::LinkDown);
    let mut signing = desk();
    signing.identified(1);
    signing.press(Action::Pin);
    signing.signing();
    assert_eq!(signing.wait(20), ViewId::Unreadable);
    let mut checking = desk();
    checking.checking();
    assert_eq!(checking.wait(15), ViewId::LinkDown);
    let mut completing = desk();
    completing.answered(valid());
    completing.press(Action::AgreeAll);
    assert_eq!(completing.wait(15), ViewId::LinkDown);
    assert!(!completing.abandons(), "the consents may be there already");
}

#[test]
fn consents_the_queue_refuses_are_not_done() {
    let mut desk = desk();
    desk.answered(valid());
    desk.press(Action::AgreeAll);
    let (tag, ..) = desk.sent();
    let refused = Err(LinkFault::Down(Hop::Terminal));
    assert_eq!(desk.does(Event::Completed(tag, refused)), ViewId::LinkDown);
    assert!(desk.abandons());
}

#[test]
fn consents_are_asked_on_while_the_link_is_down() {
    let mut desk = desk();
    desk.answered(valid());
    assert_eq!(
        desk.does(Event::Link(Some(Hop::Terminal))),
        ViewId::ConsentMethod
    );
    desk.press(Action::AgreeAll);
    assert_eq!(desk.durable(), ViewId::Done);
    assert_eq!(desk.does(Event::CardLifted), ViewId::LinkDown);
}

#[test]
fn a_reader_that_leaves_in_a_session_is_shown_and_the_same_card_goes_on() {
    let mut desk = desk();
    desk.answered(valid());
    assert_eq!(desk.does(Event::ReaderDown), ViewId::Unreadable);
    assert_eq!(desk.sees().form, Some(Form::Reception));
    assert_eq!(desk.does(Event::ReaderUp), ViewId::CardLifted);
    desk.place();
    let read = desk.read_tag();
    assert_eq!(
        desk.does(Event::Certificate(read, Ok(certificate(1)))),
        ViewId::ConsentMethod
    );
}

#[test]
fn a_screen_that_comes_back_gives_the_full_time_again() {
    let mut desk = desk();
    desk.answered(valid());
    desk.wait(50);
    desk.does(Event::ScreenGone);
    desk.does(Event::ScreenBack);
    assert_eq!(desk.sees().warning_s, None);
    assert_eq!(desk.wait(44), ViewId::ConsentMethod);
}

#[test]
fn a_challenge_that_comes_late_is_given_up() {
    let mut desk = desk();
    desk.place();
    let asked = desk.challenge_tag();
    desk.press(Action::Finish);
    desk.does(Event::Challenge(asked, Ok(challenge())));
    assert!(matches!(desk.effects[..], [Effect::Abandon(_)]));
    assert_eq!(desk.sees().id, ViewId::CardForgotten);
}

#[test]
fn a_touch_that_comes_with_the_time_out_is_late() {
    let mut desk = desk();
    desk.answered(valid());
    desk.now += 60_000;
    assert_eq!(desk.does(Event::Act(Action::AgreeAll)), ViewId::TimedOut);
    assert!(
        !desk
            .effects
            .iter()
            .any(|e| matches!(e, Effect::Complete { .. }))
    );
}
