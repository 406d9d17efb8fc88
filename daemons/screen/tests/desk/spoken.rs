// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is said, and when.

use std::time::{Duration, Instant};

use uketsuke_bus::mode1::{Details, View};
use uketsuke_bus::screen1::Language;
use uketsuke_bus::voice1::Loudness;
use uketsuke_common::config::Voice;
use uketsuke_screen::desk::{Desk, Event, LANGUAGE_IDLE, Setup};
use uketsuke_screen::input::Key;
use uketsuke_screen::speech::{DONE_TONE, FORGOTTEN_TONE, Order, list};
use uketsuke_screen::ui::node::{CLOSE_ACTION, LANGUAGES_ACTION};

use super::hand::{press, sample, setup};

/// A desk with somebody who listens.
struct Listener {
    desk: Desk,
    now: Instant,
    number: u64,
}

impl Listener {
    fn new(change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = setup(0);
        change(&mut setup);
        Self {
            desk: Desk::new(setup),
            now: Instant::now(),
            number: 0,
        }
    }

    /// The next view, as the mode manager would say it.
    fn meets(&mut self, name: &str) -> Option<Order> {
        let (view, details) = sample(name);
        self.meets_view(view.unwrap(), details)
    }

    fn meets_view(&mut self, mut view: View, details: Details) -> Option<Order> {
        self.number += 1;
        view.number = self.number;
        self.desk.event(Event::View(Some(view), details), self.now);
        self.desk.take_speech()
    }

    fn key(&mut self, key: Key) -> Option<Order> {
        self.now += Duration::from_secs(1);
        self.desk.key(key, self.now);
        self.desk.take_speech()
    }

    fn waits(&mut self, time: Duration) -> Option<Order> {
        self.now += time;
        self.desk.tick(self.now);
        self.desk.take_speech()
    }
}

/// The words of an order, and how loud.
fn heard(order: Option<Order>) -> (Vec<String>, Loudness) {
    let Some(Order::Say(names, loudness)) = order else {
        panic!("{order:?} says nothing")
    };
    let words = |name: &str| {
        let mut lines = list::LIST.lines();
        let line = lines.find(|line| line.starts_with(&format!("{name}\t")));
        line.map_or(name, |line| line.rsplit('\t').next().unwrap())
            .to_owned()
    };
    (names.into_iter().map(words).collect(), loudness)
}

fn said(order: Option<Order>) -> Vec<String> {
    heard(order).0
}

const HELP: &str = "プラスで次へ、マイナスで前へ、エンターで決定します。\
                    スターでもう一度、スラッシュで大きな声でお聞きになれます。\
                    お困りのときは、受付へお声がけください。";

#[test]
fn nothing_is_said_until_somebody_feels_for_a_key() {
    let mut listener = Listener::new(|_| {});
    assert_eq!(listener.meets("P-00"), None);
    assert_eq!(listener.meets("P-02-face"), None);
    assert_eq!(
        said(listener.key(Key::Next)),
        [
            HELP,
            "本人確認の方法を選んでください。",
            "本人確認の情報は、他の目的には使用しません。",
            "顔認証を行う",
        ]
    );
    assert_eq!(said(listener.key(Key::Next)), ["暗証番号を入力"]);
    assert_eq!(
        said(listener.meets("P-05x")),
        [
            "確認しています。",
            "マイナンバーカードを置いたままお待ちください。"
        ]
    );
}

#[test]
fn digits_are_counted_and_never_told() {
    let mut listener = Listener::new(|_| {});
    listener.meets("P-04");
    listener.key(Key::Next);
    for (digit, count) in [(1, "1"), (2, "2"), (3, "3")] {
        let words = said(listener.key(Key::Digit(digit + 4)));
        assert_eq!(words.len(), 1, "{words:?}");
        assert!(
            words[0].contains(&format!("4桁のうち{count}桁")),
            "{words:?}"
        );
    }
    let words = said(listener.key(Key::Erase));
    assert!(words[0].contains("4桁のうち2桁"), "{words:?}");
}

#[test]
fn a_second_wrong_pin_is_said_like_the_first() {
    let mut listener = Listener::new(|_| {});
    listener.meets("P-04");
    listener.key(Key::Next);
    let first = said(listener.meets("F-03"));
    assert_eq!(first[0], "暗証番号が違います。");
    let second = said(listener.meets("F-03-last"));
    assert_eq!(second[0], first[0]);
    assert_ne!(second[1], first[1], "the tries that are left");
}

#[test]
fn a_warning_is_said_by_itself() {
    let mut listener = Listener::new(|_| {});
    listener.meets("P-02");
    listener.key(Key::Next);
    let words = said(listener.meets("P-02-warning"));
    assert_eq!(words.len(), 1, "{words:?}");
    assert_eq!(listener.meets("P-02"), None, "taken back in silence");
}

#[test]
fn again_and_louder_until_the_patient_has_gone() {
    let mut listener = Listener::new(|_| {});
    listener.meets("P-06-x");
    let whole = said(listener.key(Key::Next));
    let (again, loudness) = heard(listener.key(Key::Again));
    assert_eq!(again, whole[1..], "all but how to use the keys");
    assert_eq!(loudness, Loudness::Normal);
    for wanted in [
        Loudness::Loud,
        Loudness::Loudest,
        Loudness::Normal,
        Loudness::Loud,
    ] {
        assert_eq!(heard(listener.key(Key::Louder)), (again.clone(), wanted));
    }
    assert_eq!(heard(listener.meets("P-09a-x")).1, Loudness::Loud);
    assert_eq!(listener.meets("P-00"), Some(Order::Hush));
    assert_eq!(
        listener.meets("P-02"),
        None,
        "the next patient called nobody"
    );
    let (words, loudness) = heard(listener.key(Key::Next));
    assert_eq!(words[0], HELP);
    assert_eq!(loudness, Loudness::Normal);
}

#[test]
fn left_alone_on_the_idle_view_it_is_silent_again() {
    let mut listener = Listener::new(|_| {});
    listener.meets("P-00");
    let words = said(listener.key(Key::Next));
    assert!(words.contains(&"マイナンバーカードを置いてください。".to_owned()));
    assert_eq!(listener.waits(LANGUAGE_IDLE), Some(Order::Hush));
    assert_eq!(listener.meets("P-02"), None);
}

#[test]
fn a_language_without_a_voice_is_said_in_english() {
    let mut listener = Listener::new(|_| {});
    listener.meets("P-02");
    listener.key(Key::Next);
    listener
        .desk
        .event(Event::Language(Language::Ko), listener.now);
    let words = said(listener.desk.take_speech());
    assert_eq!(words[0], "Choose how to confirm who you are.");
    listener
        .desk
        .event(Event::Language(Language::En), listener.now);
    assert_eq!(listener.desk.take_speech(), None, "the same words");
}

#[test]
fn languages_are_chosen_by_ear_each_in_its_own_voice() {
    let mut listener = Listener::new(|_| {});
    listener.meets("P-00");
    listener.key(Key::Next);
    press(&mut listener.desk, LANGUAGES_ACTION, listener.now);
    assert!(listener.desk.take_speech().is_some(), "the choice is said");
    let mut names = Vec::new();
    for _ in 0..7 {
        names.extend(said(listener.key(Key::Next)));
    }
    assert_eq!(
        names,
        [
            "日本語",
            "やさしい にほんご",
            "English",
            "Chinese",
            "Korean",
            "Vietnamese",
            "Portuguese"
        ]
    );
    listener.now += Duration::from_secs(1);
    press(&mut listener.desk, CLOSE_ACTION, listener.now);
    let words = said(listener.desk.take_speech());
    assert_eq!(words[0], "マイナンバーカードを置いてください。");
}

#[test]
fn off_says_nothing_whatever_is_pressed() {
    let mut listener = Listener::new(|setup| setup.usual.voice = Voice::Off);
    listener.meets("P-02");
    for key in [Key::Next, Key::Again, Key::Louder, Key::Press] {
        assert_eq!(listener.key(key), None);
    }
}

#[test]
fn always_speaks_from_the_card_on_and_not_to_an_empty_room() {
    let mut listener = Listener::new(|setup| setup.usual.voice = Voice::Always);
    assert_eq!(listener.meets("P-00"), None);
    let words = said(listener.meets("P-02"));
    assert_eq!(words[0], "本人確認の方法を選んでください。");
    assert_eq!(said(listener.key(Key::Next))[0], HELP);
    assert_eq!(listener.meets("P-00"), Some(Order::Hush));
}

#[test]
fn notes_for_everybody_when_done_and_when_forgotten() {
    let mut listener = Listener::new(|setup| setup.usual.voice = Voice::Off);
    assert_eq!(said(listener.meets("P-13")), [DONE_TONE]);
    assert_eq!(said(listener.meets("F-16")), [FORGOTTEN_TONE]);
    assert_eq!(
        listener.meets("P-00"),
        Some(Order::Hush),
        "the card is gone"
    );
    let mut listener = Listener::new(|setup| setup.usual.chimes = false);
    assert_eq!(listener.meets("P-13"), None);
    assert_eq!(listener.meets("F-16"), None);
}

#[test]
fn a_name_is_shown_and_not_said() {
    let mut listener = Listener::new(|_| {});
    listener.meets("P-05x");
    listener.key(Key::Next);
    let words = said(listener.meets("P-13"));
    assert_eq!(words[0], DONE_TONE);
    assert_eq!(words[1], "確認が完了しました。");
    let tree = listener.desk.scene().tree();
    assert!(tree.iter().any(|node| node.label.contains("シカク")));
}
