// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the terminal holds the reader in, and everything that ends it.

use super::*;
use uketsuke_bus::staff::StaffEvent;
use uketsuke_bus::view::Operation;

impl Desk {
    fn held(operation: Operation) -> Self {
        let mut desk = desk();
        desk.does(Event::Staff(true));
        desk.does(Event::Hold(operation));
        assert_eq!(desk.sees().operation, Some(operation));
        desk
    }

    /// To S-02, by the tick at the terminal.
    fn ticked() -> Self {
        let mut desk = Self::held(Operation::Visual);
        assert_eq!(desk.notes(), [StaffEvent::HeldVisual]);
        assert_eq!(desk.does(Event::Vouched), ViewId::Visual);
        assert_eq!(desk.notes(), [StaffEvent::Vouched]);
        assert_eq!(desk.sees().operation, Some(Operation::Visual));
        desk
    }

    /// To the moment the card of the patient vouched for at the terminal is asked to sign.
    fn ticked_and_asked() -> (Self, Tag) {
        let mut desk = Self::ticked();
        let tag = desk.placed_by_eye();
        (desk, tag)
    }
}

#[test]
fn vouched_for_at_the_terminal_one_patient_is_done_and_the_next_is_at_p_02() {
    let (mut desk, tag) = Desk::ticked_and_asked();
    desk.does(Event::Signed(tag, Ok(Arc::new(Signature(vec![1])))));
    assert_eq!(desk.notes(), [StaffEvent::Served]);
    assert_eq!(desk.state.operation(), Operation::Unattended);
    let tag = desk.check_in_tag();
    desk.does(Event::CheckedIn(tag, Ok(valid())));
    desk.press(Action::AgreeAll);
    assert_eq!(desk.durable(), ViewId::VisualDone);
    assert_eq!(desk.does(Event::CardLifted), ViewId::Idle);
    assert_eq!(desk.sees().operation, None);
    // A second tick, or one that was on its way, vouches for nobody.
    assert_eq!(desk.does(Event::Vouched), ViewId::Idle);
    assert_eq!(desk.place(), ViewId::Method);
}

#[test]
fn whoever_comes_before_staff_have_vouched_is_asked_as_ever() {
    let mut desk = Desk::held(Operation::Visual);
    assert_eq!(desk.place(), ViewId::Method);
    assert_eq!(desk.does(Event::Vouched), ViewId::Method);
    assert!(!desk.state.is_visual());
    desk.does(Event::CardLifted);
    desk.press(Action::Finish);
    assert_eq!(desk.does(Event::Vouched), ViewId::Visual);
}

#[test]
fn staff_vouch_at_the_terminal_only_where_it_holds_visual_and_p_00_is_ready() {
    let mut desk = desk();
    assert_eq!(desk.does(Event::Vouched), ViewId::Idle);
    desk.does(Event::Hold(Operation::PinOnly));
    assert_eq!(desk.does(Event::Vouched), ViewId::Idle);
    desk.does(Event::Hold(Operation::Visual));
    desk.does(Event::Staff(true));
    desk.press(Action::Staff);
    assert_eq!(desk.does(Event::Vouched), ViewId::Passcode);
    assert!(!desk.state.is_visual());
}

#[test]
fn whatever_ends_visual_ends_what_the_terminal_holds() {
    let gone: [(fn() -> Event, StaffEvent); 5] = [
        (|| Event::ScreenGone, StaffEvent::PartGone),
        (|| Event::ReaderDown, StaffEvent::PartGone),
        (|| Event::Link(Some(Hop::Terminal)), StaffEvent::LinkDown),
        (|| Event::Staff(false), StaffEvent::Withdrawn),
        (|| Event::Hold(Operation::Unattended), StaffEvent::Released),
    ];
    for (event, cause) in gone {
        // With somebody vouched for, with nobody, and while a patient is asked as ever.
        let (mut ticked, mut alone) = (Desk::ticked(), Desk::held(Operation::Visual));
        let mut asked = Desk::held(Operation::Visual);
        asked.place();
        for desk in [&mut ticked, &mut alone, &mut asked] {
            desk.does(event());
            assert_eq!(desk.notes(), [cause]);
            assert_eq!(desk.state.operation(), Operation::Unattended, "{cause:?}");
            assert!(!desk.state.is_visual(), "{cause:?}");
        }
    }
    let mut desk = Desk::ticked();
    assert_eq!(desk.press(Action::Stop), ViewId::Idle);
    assert_eq!(desk.notes(), [StaffEvent::Stopped]);
    assert_eq!(desk.state.operation(), Operation::Unattended);
}

#[test]
fn a_patient_who_is_asked_as_ever_keeps_his_session_when_it_ends() {
    let mut desk = Desk::held(Operation::Visual);
    desk.place();
    assert_eq!(
        desk.does(Event::Hold(Operation::Unattended)),
        ViewId::Method
    );
    let mut desk = Desk::held(Operation::Visual);
    desk.place();
    assert_eq!(desk.does(Event::ScreenGone), ViewId::Method);
}

#[test]
fn a_card_that_is_signing_is_let_finish_and_ends_it_then() {
    let (mut desk, tag) = Desk::ticked_and_asked();
    desk.does(Event::Link(Some(Hop::Terminal)));
    assert_eq!(desk.notes(), []);
    desk.does(Event::Signed(tag, Ok(Arc::new(Signature(vec![1])))));
    assert_eq!(desk.notes(), [StaffEvent::Served]);
    assert_eq!(desk.state.operation(), Operation::Unattended);
}

#[test]
fn a_passcode_on_the_reader_uses_up_what_the_terminal_holds() {
    let mut desk = Desk::held(Operation::Visual);
    desk.vouched();
    desk.place_kind(CardKind::Foreign);
    assert_eq!(desk.notes(), [StaffEvent::CardFailed]);
    assert_eq!(desk.state.operation(), Operation::Unattended);
}

#[test]
fn the_terminal_holds_visual_for_fifteen_minutes_and_staff_are_reminded_after_five() {
    let mut desk = Desk::held(Operation::Visual);
    desk.wait(299);
    assert_eq!(desk.sees().form, None);
    desk.wait(1);
    assert_eq!(desk.sees().form, Some(Form::StillHeld));
    // Somebody came: five minutes from then on.
    desk.place();
    desk.does(Event::CardLifted);
    assert_eq!(desk.press(Action::Finish), ViewId::Idle);
    assert_eq!(desk.sees().form, None);
    desk.wait(300);
    assert_eq!(desk.sees().form, Some(Form::StillHeld));
    // Held again it is not held longer.
    desk.does(Event::Hold(Operation::Visual));
    assert_eq!(desk.notes(), []);
    desk.wait(299);
    assert_eq!(desk.state.operation(), Operation::Visual);
    desk.wait(1);
    assert_eq!(desk.state.operation(), Operation::Unattended);
    assert_eq!(desk.sees().form, None);
}

#[test]
fn nobody_is_reminded_while_a_patient_is_there() {
    let mut desk = Desk::held(Operation::PinOnly);
    desk.wait(290);
    desk.place();
    assert_eq!(desk.wait(400), ViewId::CardForgotten);
    assert_eq!(desk.does(Event::CardLifted), ViewId::Idle);
    desk.wait(299);
    assert_eq!(desk.sees().form, None);
    desk.wait(1);
    assert_eq!(desk.sees().form, Some(Form::StillHeld));
}

#[test]
fn fifteen_minutes_are_over_also_for_whom_staff_vouched_late() {
    let mut desk = Desk::held(Operation::Visual);
    desk.wait(890);
    assert_eq!(desk.does(Event::Vouched), ViewId::Visual);
    assert_eq!(desk.wait(10), ViewId::Idle);
    assert_eq!(desk.notes(), [StaffEvent::Elapsed]);
    assert_eq!(desk.place(), ViewId::Method);
}

#[test]
fn pin_only_asks_for_the_pin_at_once_and_stays() {
    let mut desk = Desk::held(Operation::PinOnly);
    assert_eq!(desk.notes(), [StaffEvent::HeldPinOnly]);
    assert_eq!(desk.place(), ViewId::Pin);
    desk.does(Event::CardLifted);
    desk.press(Action::Finish);
    for event in [
        Event::ScreenGone,
        Event::Link(Some(Hop::Terminal)),
        Event::Link(None),
        Event::ReaderDown,
        Event::ReaderUp,
    ] {
        desk.does(event);
        assert_eq!(desk.state.operation(), Operation::PinOnly);
    }
    desk.wait(3600);
    assert_eq!(desk.state.operation(), Operation::PinOnly);
    assert_eq!(desk.sees().form, Some(Form::StillHeld));
    // A passcode opens 目視確認 for one patient, and the mode is as it was.
    desk.vouched();
    assert_eq!(desk.press(Action::Stop), ViewId::Idle);
    assert_eq!(desk.state.operation(), Operation::PinOnly);
    desk.does(Event::Hold(Operation::Unattended));
    assert_eq!(desk.notes(), [StaffEvent::Released]);
    assert_eq!(desk.place(), ViewId::Method);
}
