// SPDX-License-Identifier: MIT OR Apache-2.0
//! Text size, colours and layout as the patient chooses them: how long they last, what they leave
//! alone.

use std::time::{Duration, Instant};

use super::hand::{desk, middle, node, press, sample, setup};
use uketsuke_bus::mode1::{Action, Details, View, ViewId};
use uketsuke_bus::screen1::{Contrast, Ease, Layout, Text};
use uketsuke_bus::secret::take;
use uketsuke_screen::desk::{Desk, Effect, Event, LANGUAGE_IDLE};
use uketsuke_screen::output::{Phase, Touch};
use uketsuke_screen::views;

/// A time far enough after the last one for a second touch.
fn later(now: &mut Instant) -> Instant {
    *now += Duration::from_secs(1);
    *now
}

#[test]
fn looks_and_layout_last_for_one_patient() {
    let mut now = Instant::now();
    let idle = |number| Event::View(Some(View::new(ViewId::Idle, number)), Details::default());
    let mut desk = desk("P-02");
    let wanted = Ease {
        contrast: Contrast::High,
        text: Text::Largest,
        layout: Layout::Low,
    };
    let choose = |desk: &mut Desk, now: &mut Instant| {
        for action in [
            "screen-layout-low",
            "screen-ease",
            "screen-text-largest",
            "screen-contrast-high",
        ] {
            assert!(press(desk, action, later(now)).is_none(), "{action}");
        }
    };
    choose(&mut desk, &mut now);
    assert_eq!(desk.ease(), wanted);
    let (view, details) = sample("P-06-x");
    desk.event(Event::View(view, details), now);
    assert_eq!(desk.ease(), wanted);
    // A new view closes the choice.
    node(&desk, "agree-all");
    desk.event(idle(7), now);
    assert_eq!(desk.ease(), Ease::default());

    // Chosen on the idle view and left alone, with the choice still open.
    choose(&mut desk, &mut now);
    assert_eq!(desk.ease(), wanted);
    let deadline = desk.deadline().unwrap();
    assert_eq!(deadline, now + LANGUAGE_IDLE);
    desk.tick(deadline - Duration::from_millis(1));
    assert_eq!(desk.ease(), wanted);
    let usual = {
        let mut fresh = Desk::new(setup(0));
        fresh.event(idle(7), now);
        fresh.scene().frame().pixels.clone()
    };
    desk.tick(deadline);
    assert_eq!(desk.ease(), Ease::default());
    assert_eq!(desk.deadline(), None);
    assert!(desk.scene().frame().pixels == usual, "something stays");
}

#[test]
fn a_new_patient_meets_what_is_configured() {
    let ease = Ease {
        contrast: Contrast::High,
        text: Text::Large,
        layout: Layout::Low,
    };
    let mut now = Instant::now();
    let mut eased = setup(1);
    eased.usual.ease = ease;
    let mut desk = Desk::new(eased);
    let idle = |number| Event::View(Some(View::new(ViewId::Idle, number)), Details::default());
    desk.event(idle(1), now);
    assert_eq!(desk.ease(), ease);
    press(&mut desk, "screen-layout-normal", later(&mut now));
    assert_eq!(desk.ease().layout, Layout::Normal);
    let (view, details) = sample("P-02");
    desk.event(Event::View(view, details), now);
    assert_eq!(desk.ease().layout, Layout::Normal);
    desk.event(idle(3), now);
    assert_eq!(desk.ease(), ease);
}

#[test]
fn everything_goes_low_and_back_in_one_touch_from_every_view() {
    for orientation in 0..2 {
        let mut now = Instant::now();
        let mut desk = Desk::new(setup(orientation));
        for sample in views::gallery() {
            desk.event(Event::View(sample.view, sample.details), now);
            press(&mut desk, "screen-layout-low", later(&mut now));
            assert_eq!(desk.ease().layout, Layout::Low, "{}", sample.name);
            let half = (desk.scene().panel().height / 2) as i32;
            for node in desk.scene().tree() {
                let low = node.action.is_none() || node.y >= half;
                assert!(low, "{}: {}", sample.name, node.label);
            }
            press(&mut desk, "screen-layout-normal", later(&mut now));
            assert_eq!(desk.ease(), Ease::default(), "{}", sample.name);
        }
    }
}

#[test]
fn a_trembling_touch_on_the_switch_is_one_touch() {
    let now = Instant::now();
    let mut desk = desk("P-02");
    let place = middle(&node(&desk, "screen-layout-low"), Phase::Down);
    for at in [now, now + Duration::from_millis(60)] {
        for phase in [Phase::Down, Phase::Up] {
            desk.touch(Touch { phase, ..place }, at);
        }
    }
    assert_eq!(desk.ease().layout, Layout::Low);
}

#[test]
fn the_choice_of_looks_keeps_digits_and_types_none() {
    let mut now = Instant::now();
    let mut desk = desk("P-04");
    desk.event(Event::View(None, Details::default()), now);
    let (view, _) = sample("P-04");
    let mut view = view.unwrap();
    desk.event(Event::View(Some(view.clone()), Details::default()), now);
    for digit in ["1", "2"] {
        press(&mut desk, &format!("digit-{digit}"), later(&mut now));
    }
    let keys: Vec<Touch> = (0..10)
        .map(|digit| middle(&node(&desk, &format!("digit-{digit}")), Phase::Down))
        .collect();
    press(&mut desk, "screen-ease", later(&mut now));
    // Where the keys were: the choice may change looks there, and types nothing.
    for key in keys {
        let at = later(&mut now);
        for phase in [Phase::Down, Phase::Up] {
            assert!(desk.touch(Touch { phase, ..key }, at).is_none());
        }
        let tree = desk.scene().tree();
        if tree.iter().any(|n| n.action.as_deref() == Some("digit-1")) {
            press(&mut desk, "screen-ease", later(&mut now));
        }
    }
    // The warning comes, is seen over the choice, and can be answered there.
    view.number += 1;
    view.warning_s = Some(15);
    view.choices.push(Action::Continue);
    desk.event(Event::View(Some(view.clone()), Details::default()), now);
    assert!(
        desk.scene()
            .tree()
            .iter()
            .any(|n| n.label.contains("まもなく終了"))
    );
    let effect = press(&mut desk, "continue", later(&mut now));
    assert!(matches!(effect, Some(Effect::Act(_, action)) if action == "continue"));
    // The answer takes the warning down; the choice stays until it is closed.
    view.number += 1;
    view.warning_s = None;
    view.choices.pop();
    desk.event(Event::View(Some(view), Details::default()), now);
    press(&mut desk, "screen-ease", later(&mut now));
    for digit in ["3", "4"] {
        let sent = press(&mut desk, &format!("digit-{digit}"), later(&mut now));
        if digit == "4" {
            let Some(Effect::EnterPin(_, fd)) = sent else {
                panic!("no PIN")
            };
            assert_eq!(take(fd, 4).unwrap().expose(), b"1234");
        }
    }
}
