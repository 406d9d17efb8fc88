// SPDX-License-Identifier: MIT OR Apache-2.0
//! The choice of languages by touch: it opens over any view and leaves the check-in as it was.

use std::time::{Duration, Instant};

use super::hand::{middle, node, press, setup};
use uketsuke_bus::mode1::{Action, Details, View, ViewId};
use uketsuke_bus::screen1::Language;
use uketsuke_bus::secret::take;
use uketsuke_screen::desk::{Desk, Effect, Event, OVERLAY_IDLE, SETTLE};
use uketsuke_screen::output::{Phase, Touch};
use uketsuke_screen::views;
use uketsuke_screen::views::Overlay;

fn desk(orientation: usize, languages: &[Language]) -> Desk {
    let mut setup = setup(orientation);
    setup.usual.language = languages[0];
    setup.usual.languages = languages.to_vec();
    Desk::new(setup)
}

fn show(desk: &mut Desk, view: &View, now: Instant) {
    desk.event(Event::View(Some(view.clone()), Details::default()), now);
}

fn pad() -> View {
    let mut view = View::new(ViewId::Pin, 1);
    view.choices = vec![Action::Finish];
    view.pad = Some(true);
    view
}

/// A finger down and up at a place.
fn touch(desk: &mut Desk, at: Touch, now: Instant) -> Option<Effect> {
    let phase = |phase| Touch { phase, ..at };
    assert!(desk.touch(phase(Phase::Down), now).is_none());
    desk.touch(phase(Phase::Up), now)
}

fn tree(desk: &Desk) -> String {
    serde_json::to_string(&desk.scene().tree()).unwrap()
}

#[test]
fn every_language_is_two_touches_away_from_every_view() {
    for orientation in 0..2 {
        for sample in views::gallery() {
            let mut now = Instant::now();
            let mut desk = desk(orientation, &Language::ALL);
            desk.event(
                Event::View(sample.view.clone(), sample.details.clone()),
                now,
            );
            let before = tree(&desk);
            // Ends with the language it began with.
            for language in Language::ALL.into_iter().rev() {
                now += Duration::from_secs(1);
                assert!(press(&mut desk, "screen-languages", now).is_none());
                now += SETTLE;
                assert_eq!(desk.overlay(), Some(Overlay::Languages));
                let action = format!("screen-language-{}", language.as_str());
                let Some(Effect::Language(told)) = press(&mut desk, &action, now) else {
                    panic!("{} {language:?}: nobody is told", sample.name)
                };
                assert_eq!((told, desk.language()), (language, language));
                assert_eq!(desk.overlay(), None);
            }
            assert_eq!(tree(&desk), before, "{}", sample.name);
        }
    }
}

#[test]
fn back_leaves_everything_as_it_was() {
    let now = Instant::now();
    let mut desk = desk(0, &Language::ALL);
    show(&mut desk, &pad(), now);
    let before = tree(&desk);
    assert!(press(&mut desk, "screen-languages", now).is_none());
    assert_ne!(tree(&desk), before);
    let now = now + SETTLE;
    assert!(press(&mut desk, "screen-close", now).is_none());
    assert_eq!(tree(&desk), before);
    // Choosing the present language is going back as well.
    assert!(press(&mut desk, "screen-languages", now + SETTLE).is_none());
    assert!(press(&mut desk, "screen-language-ja", now + 2 * SETTLE).is_none());
    assert_eq!(tree(&desk), before);
}

#[test]
fn digits_typed_before_are_still_there_afterwards() {
    let now = Instant::now();
    let at = |second| now + Duration::from_secs(second);
    let mut desk = desk(0, &Language::ALL);
    show(&mut desk, &pad(), now);
    for (second, digit) in [(0, "digit-1"), (1, "digit-2")] {
        assert!(press(&mut desk, digit, at(second)).is_none());
    }
    press(&mut desk, "screen-languages", at(2));
    let keys = desk.scene().tree().into_iter().filter(|n| n.role == "key");
    assert_eq!(keys.count(), 0, "no digit can be typed blindly");
    // The warning comes while the choice is open.
    let mut warned = pad();
    warned.number += 1;
    warned.warning_s = Some(15);
    warned.choices.push(Action::Continue);
    show(&mut desk, &warned, at(3));
    assert_eq!(desk.overlay(), Some(Overlay::Languages));
    press(&mut desk, "screen-language-vi", at(4));
    press(&mut desk, "digit-3", at(5));
    let Some(Effect::EnterPin(number, fd)) = press(&mut desk, "digit-4", at(6)) else {
        panic!("no PIN")
    };
    assert_eq!(number, 2);
    assert_eq!(take(fd, 4).unwrap().expose(), b"1234");
}

#[test]
fn the_warning_is_seen_over_the_choice_and_its_button_works() {
    let now = Instant::now();
    let mut desk = desk(1, &Language::ALL);
    show(&mut desk, &pad(), now);
    press(&mut desk, "screen-languages", now);
    let mut warned = pad();
    warned.number = 2;
    warned.warning_s = Some(15);
    warned.choices.push(Action::Continue);
    show(&mut desk, &warned, now);
    let says = |desk: &Desk, what: &str| desk.scene().tree().iter().any(|n| n.label.contains(what));
    assert!(says(&desk, "まもなく終了します"));
    let Some(Effect::Act(2, action)) = press(&mut desk, "continue", now) else {
        panic!("no more time")
    };
    assert_eq!(action, "continue");
    assert_eq!(desk.overlay(), Some(Overlay::Languages));
}

#[test]
fn another_view_takes_the_choice_away() {
    let now = Instant::now();
    let mut desk = desk(0, &Language::ALL);
    show(&mut desk, &View::new(ViewId::Idle, 1), now);
    press(&mut desk, "screen-languages", now);
    // Only more of the same: the line comes and goes while somebody chooses.
    let mut idle = View::new(ViewId::Idle, 2);
    idle.choices = vec![Action::Phone];
    show(&mut desk, &idle, now);
    assert_eq!(desk.overlay(), Some(Overlay::Languages));
    show(&mut desk, &View::new(ViewId::Method, 3), now);
    assert_eq!(desk.overlay(), None);
    press(&mut desk, "screen-languages", now + SETTLE);
    desk.event(Event::View(None, Details::default()), now);
    assert_eq!(desk.overlay(), None);
}

#[test]
fn left_alone_it_closes_and_a_touch_keeps_it() {
    let now = Instant::now();
    let mut desk = desk(0, &Language::ALL);
    show(&mut desk, &View::new(ViewId::LinkDown, 1), now);
    press(&mut desk, "screen-languages", now);
    let later = now + OVERLAY_IDLE / 2;
    let nowhere = Touch {
        x: 1,
        y: 1,
        phase: Phase::Down,
    };
    touch(&mut desk, nowhere, later);
    assert_eq!(desk.deadline(), Some(later + OVERLAY_IDLE));
    desk.tick(later + OVERLAY_IDLE - Duration::from_millis(1));
    assert_eq!(desk.overlay(), Some(Overlay::Languages));
    desk.tick(later + OVERLAY_IDLE);
    assert_eq!(desk.overlay(), None);
    assert_eq!(desk.deadline(), None);
}

/// Whoever touches twice must not agree to anything by the second touch.
#[test]
fn the_second_of_two_touches_on_a_language_does_nothing() {
    let now = Instant::now();
    let again = now + SETTLE - Duration::from_millis(1);
    let mut on_answers = 0;
    for orientation in 0..2 {
        for language in Language::ALL {
            let mut desk = desk(orientation, &Language::ALL);
            let mut consent = View::new(ViewId::ConsentSurgery, 1);
            consent.choices = vec![Action::Agree, Action::Refuse, Action::Finish];
            show(&mut desk, &consent, now);
            press(&mut desk, "screen-languages", now - SETTLE);
            let action = format!("screen-language-{}", language.as_str());
            let place = middle(&node(&desk, &action), Phase::Down);
            touch(&mut desk, place, now);
            on_answers += desk.scene().hit(place.x, place.y).iter().count();
            assert!(touch(&mut desk, place, again).is_none(), "{language:?}");
            assert!(
                press(&mut desk, "finish", again).is_some(),
                "elsewhere it counts at once"
            );
        }
    }
    assert!(
        on_answers > 0,
        "no language lies over an answer, so nothing was tried"
    );
}

#[test]
fn a_language_that_is_not_offered_is_not_in_the_choice() {
    let now = Instant::now();
    let mut desk = desk(0, &[Language::Ko, Language::Ja]);
    assert_eq!(desk.language(), Language::Ko);
    show(&mut desk, &View::new(ViewId::Idle, 1), now);
    press(&mut desk, "screen-languages", now);
    let tree = desk.scene().tree().into_iter().filter_map(|n| n.action);
    let wanted = [
        "screen-language-ko",
        "screen-language-ja",
        "screen-layout-low",
        "screen-languages",
        "screen-ease",
        "screen-close",
    ];
    assert_eq!(tree.collect::<Vec<_>>(), wanted);
}
