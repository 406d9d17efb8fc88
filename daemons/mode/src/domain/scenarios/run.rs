// SPDX-License-Identifier: MIT OR Apache-2.0
//! A run of patients in the terminal's 目視確認: each with a tick of his own, and never longer than set.

use super::*;
use uketsuke_bus::staff::StaffEvent;
use uketsuke_bus::view::Operation;

const MINUTES: u64 = 10;

impl Desk {
    /// The terminal holds 目視確認 for a run of patients.
    fn in_a_run() -> Self {
        let mut desk = Self::new(Rules {
            run: Some(Millis(MINUTES * 60_000)),
            ..Rules::default()
        });
        desk.does(Event::Staff(true));
        desk.does(Event::Hold(Operation::Visual));
        assert_eq!(desk.notes(), [StaffEvent::HeldVisual]);
        assert_eq!(desk.sees().held_min, Some(10));
        desk
    }

    fn ticked_in_a_run() -> Self {
        let mut desk = Self::in_a_run();
        assert_eq!(desk.does(Event::Vouched), ViewId::Visual);
        desk
    }

    /// The patient vouched for is served, and lifts his card.
    fn serve_by_eye(&mut self) {
        assert_eq!(self.does(Event::Vouched), ViewId::Visual);
        let tag = self.placed_by_eye();
        self.does(Event::Signed(tag, Ok(Arc::new(Signature(vec![1])))));
        assert_eq!(self.notes(), [StaffEvent::Served]);
        assert!(!self.state.is_visual());
        let tag = self.check_in_tag();
        self.does(Event::CheckedIn(tag, Ok(valid())));
        self.press(Action::AgreeAll);
        assert_eq!(self.durable(), ViewId::VisualDone);
        assert_eq!(self.does(Event::CardLifted), ViewId::Idle);
    }
}

#[test]
fn one_patient_after_another_is_served_each_with_a_tick_of_his_own() {
    let mut desk = Desk::in_a_run();
    for _ in 0..3 {
        desk.serve_by_eye();
        assert_eq!(desk.sees().operation, Some(Operation::Visual));
    }
    // Nobody vouched for this one.
    assert_eq!(desk.place(), ViewId::Method);
    assert_eq!(desk.does(Event::Vouched), ViewId::Method);
    assert!(!desk.state.is_visual());
}

#[test]
fn a_patient_who_fails_does_not_end_the_run() {
    let mut desk = Desk::ticked_in_a_run();
    desk.place_kind(CardKind::Foreign);
    assert_eq!(desk.notes(), [StaffEvent::CardFailed]);
    assert_eq!(desk.does(Event::CardLifted), ViewId::Idle);
    assert_eq!(desk.does(Event::Vouched), ViewId::Visual);
    desk.place();
    assert_eq!(desk.does(Event::CardLifted), ViewId::CardLifted);
    assert_eq!(desk.notes(), [StaffEvent::CardLifted]);
    assert_eq!(desk.press(Action::Finish), ViewId::Idle);
    assert_eq!(desk.sees().operation, Some(Operation::Visual));
}

#[test]
fn everything_but_a_patient_ends_the_run() {
    let gone: [(fn() -> Event, StaffEvent); 6] = [
        (|| Event::Act(Action::Stop), StaffEvent::Stopped),
        (|| Event::ScreenGone, StaffEvent::PartGone),
        (|| Event::ReaderDown, StaffEvent::PartGone),
        (|| Event::Link(Some(Hop::Terminal)), StaffEvent::LinkDown),
        (|| Event::Staff(false), StaffEvent::Withdrawn),
        (|| Event::Hold(Operation::Unattended), StaffEvent::Released),
    ];
    for (event, cause) in gone {
        let mut desk = Desk::ticked_in_a_run();
        desk.does(event());
        assert_eq!(desk.notes(), [cause]);
        assert_eq!(desk.state.operation(), Operation::Unattended, "{cause:?}");
        assert!(!desk.state.is_visual(), "{cause:?}");
    }
    // Staff who vouched and went away.
    let mut desk = Desk::ticked_in_a_run();
    assert_eq!(desk.wait(180), ViewId::Idle);
    assert_eq!(desk.state.operation(), Operation::Unattended);
}

#[test]
fn p_00_counts_the_minutes_down_and_then_it_is_over_whoever_is_there() {
    let mut desk = Desk::in_a_run();
    for left in (1..=10).rev() {
        assert_eq!(desk.sees().held_min, Some(left));
        desk.wait(59);
        assert_eq!(desk.sees().held_min, Some(left));
        desk.wait(1);
    }
    assert_eq!(desk.sees().held_min, None);
    assert_eq!(desk.state.operation(), Operation::Unattended);

    let mut desk = Desk::in_a_run();
    desk.wait(MINUTES * 60 - 10);
    assert_eq!(desk.does(Event::Vouched), ViewId::Visual);
    assert_eq!(desk.wait(10), ViewId::Idle);
    assert_eq!(desk.notes(), [StaffEvent::Elapsed]);
    assert_eq!(desk.place(), ViewId::Method);
}

#[test]
fn set_again_it_is_not_longer() {
    let mut desk = Desk::in_a_run();
    desk.wait(300);
    desk.does(Event::Hold(Operation::Visual));
    assert_eq!(desk.notes(), []);
    assert_eq!(desk.sees().held_min, Some(5));
}
