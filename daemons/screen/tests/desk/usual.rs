// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the facility sets from the terminal while the screen runs: for the next patient, not for this one.

use std::time::Instant;

use super::hand::{press, sample, setup};
use uketsuke_bus::mode1::{Details, View, ViewId};
use uketsuke_bus::screen1::{Ease, Language, Text};
use uketsuke_common::config::Voice;
use uketsuke_screen::desk::{Desk, Effect, Event, LANGUAGE_IDLE, SETTLE, Usual};

fn other() -> Usual {
    Usual {
        facility: "うけつけ薬局".into(),
        language: Language::En,
        languages: vec![Language::En, Language::Ja],
        ease: Ease {
            text: Text::Large,
            ..Ease::default()
        },
        voice: Voice::Off,
        ..setup(0).usual
    }
}

fn idle(number: u64) -> Event {
    Event::View(Some(View::new(ViewId::Idle, number)), Details::default())
}

fn set(usual: Usual) -> Event {
    Event::Usual(Box::new(usual))
}

fn took_up(effect: Option<Effect>) -> bool {
    matches!(effect, Some(Effect::Usual(Language::En, languages))
        if languages == [Language::En, Language::Ja])
}

fn reads(desk: &Desk, words: &str) -> bool {
    desk.scene().tree().iter().any(|n| n.label.contains(words))
}

#[test]
fn it_is_taken_up_at_once_where_nobody_is() {
    let now = Instant::now();
    let mut desk = Desk::new(setup(0));
    desk.event(idle(1), now);
    assert!(!reads(&desk, "うけつけ薬局"));
    assert!(took_up(desk.event(set(other()), now)));
    assert_eq!((desk.language(), desk.ease()), (Language::En, other().ease));
    assert!(reads(&desk, "うけつけ薬局"));
    assert!(desk.event(set(other()), now).is_none());
}

#[test]
fn who_is_there_keeps_what_there_was_and_the_next_meets_the_other() {
    let now = Instant::now();
    let mut desk = Desk::new(setup(0));
    let (view, details) = sample("P-02");
    desk.event(Event::View(view, details), now);
    let before = serde_json::to_string(&desk.scene().tree()).unwrap();
    assert!(desk.event(set(other()), now).is_none());
    assert!(desk.tick(now).is_none());
    assert_eq!(serde_json::to_string(&desk.scene().tree()).unwrap(), before);
    // The languages of before can still be chosen.
    press(&mut desk, "screen-languages", now);
    let korean = press(&mut desk, "screen-language-ko", now + SETTLE);
    assert!(matches!(korean, Some(Effect::Language(Language::Ko))));
    assert!(took_up(desk.event(idle(2), now + SETTLE)));
    assert_eq!(desk.language(), Language::En);
}

#[test]
fn what_somebody_chose_on_the_idle_view_goes_first() {
    let now = Instant::now();
    let mut desk = Desk::new(setup(0));
    desk.event(idle(1), now);
    desk.event(Event::Language(Language::Ko), now);
    assert!(desk.event(set(other()), now).is_none());
    assert_eq!(desk.language(), Language::Ko);
    assert!(took_up(desk.tick(now + LANGUAGE_IDLE)));
}

#[test]
fn of_two_in_a_row_the_last_counts_and_one_taken_back_changes_nothing() {
    let now = Instant::now();
    let mut desk = Desk::new(setup(0));
    let (view, details) = sample("P-02");
    desk.event(Event::View(view, details), now);
    desk.event(set(other()), now);
    desk.event(set(setup(0).usual), now);
    assert!(desk.event(idle(2), now).is_none());
    assert_eq!(desk.language(), Language::Ja);
}
