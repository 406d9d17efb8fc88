// SPDX-License-Identifier: MIT OR Apache-2.0
//! The keypad: whatever can be pressed on any view is reached and pressed without the glass.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use uketsuke_bus::mode1::{Action, Details, View, ViewId};
use uketsuke_bus::screen1::Language;
use uketsuke_bus::secret::take;
use uketsuke_screen::desk::{Desk, Effect, Event};
use uketsuke_screen::input::Key;
use uketsuke_screen::ui::scene::TreeNode;
use uketsuke_screen::views;

use super::hand::{desk, setup};

/// A time far enough after the last one for a second press.
fn later(now: &mut Instant) -> Instant {
    *now += Duration::from_secs(1);
    *now
}

/// What the ring lies round.
fn ring(desk: &Desk) -> Option<String> {
    let mut tree = desk.scene().tree().into_iter();
    tree.find(|node| node.focused).and_then(|node| node.action)
}

/// What can be pressed but the keys of the pad.
fn stops(tree: Vec<TreeNode>) -> Vec<String> {
    let buttons = tree.into_iter().filter(|n| n.role != "key" && n.enabled);
    buttons.filter_map(|n| n.action).collect()
}

/// Leads the ring to an action.
fn lead(desk: &mut Desk, action: &str, now: &mut Instant) {
    for _ in 0..40 {
        if ring(desk).as_deref() == Some(action) {
            return;
        }
        assert!(desk.key(Key::Next, later(now)).is_none());
    }
    panic!("no way to {action}");
}

#[test]
fn the_ring_stops_at_everything_once_in_reading_order_and_round() {
    let mut now = Instant::now();
    let mut desk = Desk::new(setup(0));
    for sample in views::gallery() {
        // More of the same view leaves the ring where it is.
        desk.event(Event::View(None, Details::default()), now);
        desk.event(Event::View(sample.view, sample.details), now);
        assert_eq!(ring(&desk), None, "{}", sample.name);
        let wanted = stops(desk.scene().tree());
        for _ in 0..2 {
            for action in &wanted {
                assert!(desk.key(Key::Next, later(&mut now)).is_none());
                assert_eq!(ring(&desk).as_ref(), Some(action), "{}", sample.name);
            }
        }
        for action in wanted.iter().rev().skip(1) {
            assert!(desk.key(Key::Previous, later(&mut now)).is_none());
            assert_eq!(ring(&desk).as_ref(), Some(action), "{}", sample.name);
        }
        assert!(desk.scene().equals_full_repaint(), "{}", sample.name);
    }
}

#[test]
fn enter_presses_what_the_ring_lies_round_and_nothing_without_it() {
    let mut now = Instant::now();
    let mut desk = desk("P-09a-x");
    assert!(desk.key(Key::Press, later(&mut now)).is_none());
    let first = ring(&desk);
    assert_eq!(first.as_deref(), Some("agree"), "it shows where one is");
    lead(&mut desk, "refuse", &mut now);
    let Some(Effect::Act(_, action)) = desk.key(Key::Press, later(&mut now)) else {
        panic!("nothing was pressed")
    };
    assert_eq!(action, "refuse");
    // The next view asks something else: Enter again presses nothing.
    let mut next = View::new(ViewId::ConsentCare, 9);
    next.choices = vec![Action::Agree, Action::Refuse, Action::Finish];
    desk.event(Event::View(Some(next), Details::default()), now);
    assert_eq!(ring(&desk), None);
    assert!(desk.key(Key::Press, later(&mut now)).is_none());
}

#[test]
fn a_held_or_trembling_key_is_one_press() {
    let mut now = Instant::now();
    let mut desk = desk("P-02-face");
    lead(&mut desk, "pin", &mut now);
    let pressed = later(&mut now);
    assert!(desk.key(Key::Press, pressed).is_some());
    let soon = pressed + Duration::from_millis(99);
    assert!(desk.key(Key::Press, soon).is_none());
}

#[test]
fn digits_are_typed_taken_back_and_sent() {
    let mut now = Instant::now();
    let mut desk = desk("P-04");
    desk.event(Event::View(None, Details::default()), now);
    let mut view = View::new(ViewId::Pin, 5);
    view.pad = Some(true);
    view.choices = vec![Action::Finish];
    desk.event(Event::View(Some(view), Details::default()), now);
    let mut frames = BTreeSet::new();
    for key in [
        Key::Digit(1),
        Key::Digit(9),
        Key::Erase,
        Key::Digit(2),
        Key::Digit(3),
        Key::Digit(77),
    ] {
        assert!(desk.key(key, later(&mut now)).is_none());
        frames.insert(desk.scene().frame().pixels.clone());
    }
    // One digit, two, one again, two, three: nothing but their number is to be seen.
    assert_eq!(frames.len(), 3);
    let Some(Effect::EnterPin(5, fd)) = desk.key(Key::Digit(4), later(&mut now)) else {
        panic!("no PIN")
    };
    assert_eq!(take(fd, 4).unwrap().expose(), b"1234");
}

#[test]
fn digits_do_nothing_where_there_is_no_pad() {
    let mut now = Instant::now();
    let mut desk = Desk::new(setup(1));
    for sample in views::gallery() {
        let pad = sample
            .view
            .as_ref()
            .is_some_and(|view| view.pad == Some(true));
        desk.event(Event::View(sample.view, sample.details), now);
        let before = desk.scene().frame().pixels.clone();
        for key in [Key::Digit(1), Key::Erase] {
            let effect = desk.key(key, later(&mut now));
            assert!(effect.is_none(), "{}", sample.name);
        }
        let same = desk.scene().frame().pixels == before;
        assert!(same || pad, "{}", sample.name);
    }
}

#[test]
fn the_ring_stays_while_the_warning_comes() {
    let mut now = Instant::now();
    let mut desk = Desk::new(setup(0));
    let mut view = View::new(ViewId::ConsentCare, 1);
    view.choices = vec![Action::Agree, Action::Refuse, Action::Finish];
    desk.event(Event::View(Some(view.clone()), Details::default()), now);
    lead(&mut desk, "refuse", &mut now);
    view.number += 1;
    view.warning_s = Some(15);
    view.choices.push(Action::Continue);
    desk.event(Event::View(Some(view), Details::default()), now);
    assert_eq!(ring(&desk).as_deref(), Some("refuse"));
    lead(&mut desk, "continue", &mut now);
    assert!(matches!(
        desk.key(Key::Press, later(&mut now)),
        Some(Effect::Act(2, action)) if action == "continue"
    ));
}

#[test]
fn language_and_looks_are_chosen_without_the_glass() {
    let mut now = Instant::now();
    let mut desk = desk("P-02");
    lead(&mut desk, "screen-languages", &mut now);
    assert!(desk.key(Key::Press, later(&mut now)).is_none());
    assert_eq!(ring(&desk), None, "the choice begins without a ring");
    lead(&mut desk, "screen-language-ko", &mut now);
    assert!(matches!(
        desk.key(Key::Press, later(&mut now)),
        Some(Effect::Language(Language::Ko))
    ));
    lead(&mut desk, "screen-ease", &mut now);
    assert!(desk.key(Key::Press, later(&mut now)).is_none());
    lead(&mut desk, "screen-text-largest", &mut now);
    assert!(desk.key(Key::Press, later(&mut now)).is_none());
    assert_eq!(ring(&desk).as_deref(), Some("screen-text-largest"));
    lead(&mut desk, "screen-close", &mut now);
    assert!(desk.key(Key::Press, later(&mut now)).is_none());
    assert_eq!(desk.overlay(), None);
}

#[test]
fn while_a_keypad_is_plugged_the_pad_is_not_shuffled() {
    let now = Instant::now();
    let mut shuffled = setup(0);
    shuffled.usual.shuffle_pad = true;
    let mut desk = Desk::new(shuffled);
    let order = |desk: &Desk| {
        let keys = desk.scene().tree().into_iter();
        let digits = keys.filter(|n| n.action.as_deref().is_some_and(|a| a.starts_with("digit-")));
        digits.map(|n| n.label).collect::<String>()
    };
    desk.event(Event::Keypad(true), now);
    let show = |desk: &mut Desk, number| {
        let mut view = View::new(ViewId::Pin, number);
        view.pad = Some(true);
        desk.event(Event::View(None, Details::default()), now);
        desk.event(Event::View(Some(view), Details::default()), now);
    };
    for number in 1..20 {
        show(&mut desk, number);
        assert_eq!(order(&desk), "1234567890");
    }
    desk.event(Event::Keypad(false), now);
    let mut orders = BTreeSet::new();
    for number in 20..40 {
        show(&mut desk, number);
        orders.insert(order(&desk));
    }
    assert!(orders.len() > 10);
}
