// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is drawn, touched and read, from the views to the memory of a glass.

use std::time::{Duration, Instant};

use super::hand::{desk, middle, node, press, sample, setup};
use proptest::prelude::*;
use uketsuke_bus::mode1::{Details, View, ViewId};
use uketsuke_bus::screen1::Language;
use uketsuke_bus::secret::take;
use uketsuke_screen::desk::{Desk, Effect, Event, LANGUAGE_IDLE};
use uketsuke_screen::drawing::present;
use uketsuke_screen::input::Key;
use uketsuke_screen::output::memory::Memory;
use uketsuke_screen::output::{Phase, Touch};
use uketsuke_screen::ui::check::problems;
use uketsuke_screen::ui::geometry::Rotation;
use uketsuke_screen::ui::layout::Panel;
use uketsuke_screen::ui::scene::Scene;
use uketsuke_screen::{FACES, pad, pictures, texts, views};

/// Presses a button if the view has it.
fn try_press(desk: &mut Desk, action: &str, now: Instant) -> Option<Effect> {
    let tree = desk.scene().tree();
    let has = tree.iter().any(|n| n.action.as_deref() == Some(action));
    if has { press(desk, action, now) } else { None }
}

/// A language by touch: its button in the choice, which the button in the bar opens.
fn choose(desk: &mut Desk, language: &str, now: Instant) -> Option<Effect> {
    assert!(press(desk, "screen-languages", now).is_none());
    press(
        desk,
        &format!("screen-language-{language}"),
        now + Duration::from_millis(200),
    )
}

#[test]
fn every_view_can_be_touched_read_and_fits() {
    let mut found = Vec::new();
    // The two reference orientations and a 10.1 inch panel, which shows more at once.
    let larger = views::Panel {
        width_mm: 216.6,
        height_mm: 135.4,
    };
    let panels = pictures::orientations().into_iter().chain([(
        "10-inch",
        larger,
        Panel::new((1280, 800), (larger.width_mm, larger.height_mm)),
    )]);
    let mut pictures = 0;
    for (word, size, panel) in panels {
        let mut scene = Scene::new(panel, FACES);
        for language in texts::LANGUAGES {
            for sample in views::gallery() {
                scene.show(views::view(&sample.model(language, size)));
                pictures += 1;
                for problem in problems(&scene) {
                    found.push(format!("{} {language:?} {word}: {problem}", sample.name));
                }
            }
        }
    }
    println!("{pictures} pictures checked");
    assert!(
        found.is_empty(),
        "{} problems\n{}",
        found.len(),
        found.join("\n")
    );
}

#[derive(Clone, Debug)]
enum Step {
    View(usize),
    Digits(u8),
    Language(usize),
    Own(usize),
    Key(Key),
    Down(u16, u16),
    Move(u16, u16),
    Up(u16, u16),
    Idle,
}

/// The screen's own buttons; those of the choices are there only while these are open.
const OWN: [&str; 8] = [
    "screen-languages",
    "screen-language-ko",
    "screen-ease",
    "screen-layout-low",
    "screen-layout-normal",
    "screen-text-largest",
    "screen-text-large",
    "screen-contrast-high",
];

fn keys() -> impl Strategy<Value = Key> {
    prop_oneof![
        2 => Just(Key::Next),
        1 => Just(Key::Previous),
        1 => Just(Key::Press),
        1 => Just(Key::Erase),
        1 => any::<u8>().prop_map(Key::Digit),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let at = || (any::<u16>(), any::<u16>());
    let step = prop_oneof![
        3 => (0usize..64).prop_map(Step::View),
        1 => (0u8..10).prop_map(Step::Digits),
        1 => (0usize..7).prop_map(Step::Language),
        2 => (0usize..OWN.len()).prop_map(Step::Own),
        2 => keys().prop_map(Step::Key),
        4 => at().prop_map(|(x, y)| Step::Down(x, y)),
        2 => at().prop_map(|(x, y)| Step::Move(x, y)),
        4 => at().prop_map(|(x, y)| Step::Up(x, y)),
        1 => Just(Step::Idle),
    ];
    proptest::collection::vec(step, 1..24)
}

/// A touch at a share of the screen, or on one of the things to press.
fn touch(desk: &Desk, x: u16, y: u16, phase: Phase) -> Touch {
    let targets: Vec<_> = desk
        .scene()
        .tree()
        .into_iter()
        .filter(|n| n.action.is_some())
        .collect();
    if x.is_multiple_of(4) || targets.is_empty() {
        let panel = desk.scene().panel();
        let share = |value: u16, of: u32| i32::from(value) * of as i32 / 65536;
        Touch {
            x: share(x, panel.width),
            y: share(y, panel.height),
            phase,
        }
    } else {
        middle(&targets[usize::from(y) % targets.len()], phase)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// The picture after any history equals the picture drawn from nothing, to the pixel, and so
    /// does the memory of the glass.
    #[test]
    fn partial_repaints_equal_full_ones(steps in steps(), orientation in 0usize..2) {
        let setup = setup(orientation);
        let size = (setup.panel.width, setup.panel.height);
        let mut desk = Desk::new(setup);
        let mut glass = Memory::new(size);
        let gallery = views::gallery();
        let mut now = Instant::now();
        for step in steps {
            now += Duration::from_millis(150);
            match step {
                Step::View(index) => {
                    let sample = &gallery[index % gallery.len()];
                    desk.event(Event::View(sample.view.clone(), sample.details.clone()), now);
                }
                Step::Digits(digit) => drop(try_press(&mut desk, &format!("digit-{digit}"), now)),
                Step::Key(key) => drop(desk.key(key, now)),
                Step::Own(index) => drop(try_press(&mut desk, OWN[index], now)),
                Step::Language(index) => {
                    let language = texts::LANGUAGES[index];
                    desk.event(Event::Language(language), now);
                }
                Step::Down(x, y) => drop(desk.touch(touch(&desk, x, y, Phase::Down), now)),
                Step::Move(x, y) => drop(desk.touch(touch(&desk, x, y, Phase::Move), now)),
                Step::Up(x, y) => drop(desk.touch(touch(&desk, x, y, Phase::Up), now)),
                Step::Idle => {
                    now += pad::IDLE;
                    desk.tick(now);
                }
            }
            present(&mut desk, &mut glass, Rotation::None).unwrap();
            prop_assert!(desk.scene().equals_full_repaint());
            let pixels = desk.scene().frame().pixels.iter().flat_map(|p| p.to_le_bytes());
            prop_assert!(pixels.eq(glass.bytes.iter().copied()), "the glass differs");
        }
    }
}

/// Every picture and tree that somebody sees while `code` is typed.
fn frames_while_typing(code: &str) -> Vec<(Vec<u32>, String)> {
    let mut desk = desk("P-04");
    let mut seen = Vec::new();
    let now = Instant::now();
    for (index, digit) in code.chars().enumerate() {
        let at = now + Duration::from_secs(index as u64);
        let key = node(&desk, &format!("digit-{digit}"));
        for phase in [Phase::Down, Phase::Up] {
            desk.touch(middle(&key, phase), at);
            let tree = serde_json::to_string(&desk.scene().tree()).unwrap();
            seen.push((desk.scene().frame().pixels.clone(), tree));
            let damage: Vec<_> = desk.take_damage().unwrap();
            seen.push((Vec::new(), format!("{damage:?}")));
        }
    }
    seen
}

/// SCR-01.
#[test]
fn frames_of_two_codes_are_identical() {
    let reference = frames_while_typing("1357");
    assert_ne!(reference[0].0, reference[2].0, "a touch shows");
    for code in ["0000", "9821", "1111", "5555"] {
        assert!(
            frames_while_typing(code) == reference,
            "{code} can be told from 1357"
        );
    }
}

#[test]
fn four_digits_leave_sealed_with_the_number_of_the_view() {
    let mut desk = desk("P-04");
    let mut now = Instant::now();
    let mut last = None;
    for digit in ["1", "2", "2", "4"] {
        now += Duration::from_secs(1);
        last = press(&mut desk, &format!("digit-{digit}"), now);
    }
    let Some(Effect::EnterPin(number, fd)) = last else {
        panic!("no PIN")
    };
    assert_eq!(number, desk.view_number());
    assert_eq!(take(fd, 4).unwrap().expose(), b"1224");
    // A fifth digit goes nowhere; a refusal opens the pad again.
    assert!(press(&mut desk, "digit-9", now + Duration::from_secs(1)).is_none());
    desk.event(Event::PinRefused, now);
    let dots = desk
        .scene()
        .tree()
        .into_iter()
        .find(|n| n.role == "status" && n.live)
        .unwrap();
    assert!(dots.label.contains('0'), "{}", dots.label);
}

fn dots(desk: &Desk) -> Vec<u32> {
    desk.scene().frame().pixels.clone()
}

#[test]
fn digits_are_wiped_when_idle_and_when_the_view_changes() {
    let now = Instant::now();
    let later = now + Duration::from_secs(1);
    let mut desk = desk("F-03");
    let empty = dots(&desk);
    press(&mut desk, "digit-1", now);
    assert_ne!(dots(&desk), empty);
    let deadline = desk.deadline().unwrap();
    assert_eq!(deadline, now + pad::IDLE);
    desk.tick(deadline - Duration::from_millis(1));
    assert_ne!(dots(&desk), empty);
    desk.tick(deadline);
    assert_eq!(dots(&desk), empty);
    assert_eq!(desk.deadline(), None);

    press(&mut desk, "digit-1", later);
    let (mut view, details) = sample("F-03");
    view.as_mut().unwrap().number += 1;
    view.as_mut().unwrap().tries_left = Some(1);
    desk.event(Event::View(view.clone(), details.clone()), later);
    let after = dots(&desk);
    desk.event(Event::View(None, Details::default()), later);
    desk.event(Event::View(view, details), later);
    assert_eq!(dots(&desk), after);
}

#[test]
fn the_time_out_warning_leaves_a_slow_hand_its_digits() {
    let now = Instant::now();
    let mut desk = desk("P-04");
    desk.event(Event::View(None, Details::default()), now);
    let (view, _) = sample("P-04");
    let mut view = view.unwrap();
    desk.event(Event::View(Some(view.clone()), Details::default()), now);
    for (second, digit) in ["1", "2", "3"].iter().enumerate() {
        press(
            &mut desk,
            &format!("digit-{digit}"),
            now + Duration::from_secs(second as u64),
        );
    }
    view.number += 1;
    view.warning_s = Some(15);
    desk.event(Event::View(Some(view), Details::default()), now);
    let pin = press(&mut desk, "digit-4", now + Duration::from_secs(9));
    let Some(Effect::EnterPin(_, fd)) = pin else {
        panic!("no PIN")
    };
    assert_eq!(take(fd, 4).unwrap().expose(), b"1234");
}

#[test]
fn a_button_acts_on_release_inside_itself_only() {
    let now = Instant::now();
    let mut desk = desk("P-02-face");
    let (face, pin) = (node(&desk, "face"), node(&desk, "pin"));
    desk.touch(middle(&face, Phase::Down), now);
    assert!(desk.touch(middle(&pin, Phase::Up), now).is_none());
    // Off and back again is still a press.
    desk.touch(middle(&face, Phase::Down), now);
    desk.touch(middle(&pin, Phase::Move), now);
    desk.touch(middle(&face, Phase::Move), now);
    let Some(Effect::Act(1, action)) = desk.touch(middle(&face, Phase::Up), now) else {
        panic!("no act")
    };
    assert_eq!(action, "face");
}

#[test]
fn the_same_key_again_at_once_is_one_press() {
    let now = Instant::now();
    let mut desk = desk("P-02-face");
    let soon = now + Duration::from_millis(99);
    assert!(press(&mut desk, "pin", now).is_some());
    assert!(press(&mut desk, "pin", soon).is_none());
    assert!(press(&mut desk, "finish", soon).is_some());
    assert!(press(&mut desk, "pin", now + Duration::from_millis(100)).is_some());
}

#[test]
fn a_touch_never_acts_on_a_view_it_did_not_begin_on() {
    let now = Instant::now();
    let mut desk = desk("P-02-face");
    let pin = node(&desk, "pin");
    desk.touch(middle(&pin, Phase::Down), now);
    let (mut view, details) = sample("P-02-face");
    view.as_mut().unwrap().number += 1;
    desk.event(Event::View(view, details), now);
    assert!(desk.touch(middle(&pin, Phase::Up), now).is_none());
}

#[test]
fn the_language_lasts_for_one_patient() {
    let now = Instant::now();
    let idle = || Event::View(Some(View::new(ViewId::Idle, 7)), Details::default());
    let mut desk = desk("P-02");
    let effect = choose(&mut desk, "en", now);
    assert!(matches!(effect, Some(Effect::Language(Language::En))));
    assert_eq!(desk.language(), Language::En);
    let (view, details) = sample("P-04");
    desk.event(Event::View(view, details), now);
    assert_eq!(desk.language(), Language::En);
    assert!(matches!(
        desk.event(idle(), now),
        Some(Effect::Language(Language::Ja))
    ));
    assert_eq!(desk.language(), Language::Ja);
    // Chosen on the idle view and left alone.
    choose(&mut desk, "en", now + Duration::from_millis(800));
    assert_eq!(desk.language(), Language::En);
    let deadline = desk.deadline().unwrap();
    assert_eq!(deadline, now + Duration::from_secs(1) + LANGUAGE_IDLE);
    assert!(matches!(
        desk.tick(deadline),
        Some(Effect::Language(Language::Ja))
    ));
    assert_eq!(desk.language(), Language::Ja);
}

#[test]
fn a_press_repaints_little_more_than_the_button() {
    let now = Instant::now();
    for (name, action) in [
        ("P-02-face", "face"),
        ("P-06-x", "agree-all"),
        ("P-04", "erase"),
    ] {
        let mut desk = desk(name);
        desk.take_damage();
        let button = node(&desk, action);
        desk.touch(middle(&button, Phase::Down), now);
        let area: i64 = desk.take_damage().unwrap().iter().map(|r| r.area()).sum();
        let bound = i64::from(button.w) * i64::from(button.h) * 11 / 10;
        assert!(area <= bound, "{name} {action}: {area} of {bound} pixels");
        assert!(area > 0);
    }
}

#[test]
fn nothing_changes_when_nothing_happens() {
    let mut desk = desk("P-02");
    let (view, details) = sample("P-02");
    desk.take_damage();
    desk.event(Event::View(view, details), Instant::now());
    assert!(desk.take_damage().is_none());
    assert!(desk.deadline().is_none());
}
