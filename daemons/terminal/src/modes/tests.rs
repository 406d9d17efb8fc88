// SPDX-License-Identifier: MIT OR Apache-2.0
//! One reader, with the time given from outside.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::*;
use uketsuke_link::orders::Command;

const UNATTENDED: Operation = Operation::Unattended;
const PIN_ONLY: Operation = Operation::PinOnly;
const VISUAL: Operation = Operation::Visual;

struct World {
    reader: Reader,
    set: Option<ModeSet>,
    now: Moment,
}

impl World {
    /// A reader that says it stands in 無人運転, and nothing is set.
    fn new() -> Self {
        let mut world = Self {
            reader: Reader::new("back".into()),
            set: None,
            now: Moment::now(),
        };
        world.stands(UNATTENDED);
        world
    }

    fn stands(&mut self, operation: Operation) {
        self.reader.stands(Some(operation), self.now);
    }

    fn set(&mut self, operation: Operation) {
        let id = operation.as_str().to_owned();
        self.reader.end_visual();
        self.set = Some(ModeSet { id, operation });
    }

    fn ask_visual(&mut self) {
        self.reader.ask_visual("visual".into(), self.now);
    }

    /// Seconds go by, by both clocks.
    fn pass(&mut self, seconds: u64) {
        self.now.awake += Duration::from_secs(seconds);
        self.now.clock += seconds;
    }

    /// The next order: its name, and the mode where it is one.
    fn order(&mut self) -> Option<(String, Option<Operation>)> {
        let order = self.reader.order(self.set.clone(), self.now)?;
        match order.command {
            Command::Hold { operation } => Some((order.id, Some(operation))),
            Command::Vouch => Some((order.id, None)),
            _ => panic!("no order of ours"),
        }
    }

    fn told(&mut self, id: &str, became: Became) {
        let id = id.to_owned();
        self.reader.told(&OrderResult::new(id, became), self.now);
    }

    /// The reader takes 目視確認.
    fn enter_visual(&mut self) {
        self.ask_visual();
        assert_eq!(self.order(), Some(("visual".into(), Some(VISUAL))));
        self.told("visual", Became::Held);
    }
}

#[test]
fn pin_only_is_ordered_whenever_the_reader_stands_in_something_else() {
    let mut w = World::new();
    assert_eq!(w.order(), None);
    w.set(PIN_ONLY);
    let hold = Some(("pin-only".into(), Some(PIN_ONLY)));
    assert_eq!(w.order(), hold);
    assert_eq!(w.order(), hold, "not told, not done");
    w.told("pin-only", Became::Held);
    assert_eq!(w.order(), None);
    w.stands(UNATTENDED);
    assert_eq!(w.order(), hold, "after a restart of the reader");
    w.stands(PIN_ONLY);
    assert_eq!(w.order(), None);
    w.set(UNATTENDED);
    assert_eq!(w.order(), Some(("unattended".into(), Some(UNATTENDED))));
}

#[test]
fn visual_is_ordered_for_a_minute_by_either_clock() {
    for slept in [false, true] {
        let mut w = World::new();
        w.ask_visual();
        w.pass(59);
        assert_eq!(w.order(), Some(("visual".into(), Some(VISUAL))));
        if slept {
            w.now.clock += 1;
        } else {
            w.now.awake += Duration::from_secs(1);
        }
        assert_eq!(w.order(), None);
        assert_eq!(w.reader.wanted(None), UNATTENDED);
    }
}

#[test]
fn a_reader_that_took_it_too_late_is_put_back() {
    let mut w = World::new();
    w.ask_visual();
    assert!(w.order().is_some());
    w.pass(60);
    w.told("visual", Became::Held);
    assert!(!w.reader.is_in_visual());
    assert_eq!(w.order(), Some(("back".into(), Some(UNATTENDED))));
    w.told("back", Became::Held);
    assert_eq!(w.order(), None);
}

#[test]
fn visual_lasts_until_the_reader_leaves_it_and_is_not_ordered_again() {
    let mut w = World::new();
    w.enter_visual();
    w.pass(600);
    w.stands(VISUAL);
    assert_eq!(w.order(), None);
    assert_eq!(w.reader.wanted(None), VISUAL);
    w.stands(UNATTENDED);
    assert_eq!(w.order(), None);
    assert_eq!(w.reader.wanted(None), UNATTENDED);
    // By itself it does not go there.
    w.stands(VISUAL);
    assert_eq!(w.order(), Some(("back".into(), Some(UNATTENDED))));
}

#[test]
fn a_result_that_was_lost_is_made_up_for_by_what_the_reader_says() {
    let mut w = World::new();
    w.ask_visual();
    assert!(w.order().is_some());
    w.stands(VISUAL);
    assert!(w.reader.is_in_visual());
    w.pass(60);
    assert_eq!(w.order(), None);
}

#[test]
fn after_visual_comes_what_was_set_for_good() {
    let mut w = World::new();
    w.set(PIN_ONLY);
    w.stands(PIN_ONLY);
    w.enter_visual();
    w.stands(UNATTENDED);
    assert_eq!(w.order(), Some(("pin-only".into(), Some(PIN_ONLY))));
}

#[test]
fn another_button_ends_visual_and_what_was_vouched_for() {
    let mut w = World::new();
    w.enter_visual();
    assert!(w.reader.vouch("tick", w.now));
    w.set(UNATTENDED);
    assert_eq!(w.order(), Some(("unattended".into(), Some(UNATTENDED))));
    w.ask_visual();
    w.stands(VISUAL);
    assert_eq!(w.order(), None, "the tick went with it");
}

#[test]
fn a_tick_is_given_once_in_visual_and_within_a_minute() {
    let mut w = World::new();
    assert!(!w.reader.vouch("early", w.now));
    w.enter_visual();
    assert!(w.reader.vouch("tick", w.now));
    assert_eq!(w.order(), Some(("tick".into(), None)));
    assert_eq!(w.order(), None);
    w.stands(VISUAL);
    assert_eq!(w.order(), None);

    assert!(w.reader.vouch("late", w.now));
    w.pass(60);
    assert_eq!(w.order(), None);

    assert!(w.reader.vouch("taken back", w.now));
    w.reader.take_back("taken back");
    assert_eq!(w.order(), None);

    assert!(w.reader.vouch("gone", w.now));
    w.stands(UNATTENDED);
    w.ask_visual();
    w.stands(VISUAL);
    assert_eq!(w.order(), None, "the reader had left 目視確認 in between");
}

#[test]
fn a_reader_that_does_not_say_is_ordered_nothing() {
    let mut w = World::new();
    w.set(PIN_ONLY);
    w.reader.stands(None, w.now);
    assert_eq!(w.order(), None);
    w.ask_visual();
    assert_eq!(w.order(), None);
}

#[test]
fn what_the_reader_does_not_take_is_not_ordered_without_end() {
    let mut w = World::new();
    w.set(PIN_ONLY);
    assert!(w.order().is_some());
    w.told("pin-only", Became::Refused);
    w.stands(UNATTENDED);
    assert_eq!(w.order(), None);
    let became = w.reader.became(PIN_ONLY, "pin-only");
    assert_eq!(became, Some(Became::Refused));
    w.ask_visual();
    assert_eq!(w.order(), Some(("visual".into(), Some(VISUAL))));
}

#[test]
fn a_mode_is_in_force_once_nothing_else_is_underway() {
    let mut w = World::new();
    assert_eq!(w.reader.became(UNATTENDED, "x"), Some(Became::Held));
    w.ask_visual();
    assert!(w.order().is_some());
    w.set(UNATTENDED);
    assert_eq!(w.reader.became(UNATTENDED, "unattended"), None);
    w.told("visual", Became::Held);
    assert_eq!(w.reader.became(UNATTENDED, "unattended"), None);
    assert!(w.order().is_some());
    w.told("unattended", Became::Held);
    assert_eq!(
        w.reader.became(UNATTENDED, "unattended"),
        Some(Became::Held)
    );
}
