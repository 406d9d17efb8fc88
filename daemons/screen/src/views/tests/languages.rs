// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each language speaks for itself, and the choice of languages is there wherever there is one.

use uketsuke_bus::mode1::Action;

use super::*;
use crate::texts::letters;
use crate::ui::node::{CLOSE_ACTION, EASE_ACTION, LANGUAGE_ACTION, Letters};

fn chosen<'a>(sample: &'a Sample, language: Language, languages: &'a [Language]) -> Model<'a> {
    Model {
        overlay: Some(Overlay::Languages),
        languages,
        ..sample.model(language, Panel::LANDSCAPE)
    }
}

fn actions(root: &Node) -> Vec<String> {
    nodes(root)
        .iter()
        .filter_map(|n| n.action.clone())
        .collect()
}

/// Scripts that a language is not written in: a text left in another one is no translation.
fn foreign(language: Language) -> fn(char) -> bool {
    let kana = |c: char| ('\u{3041}'..='\u{30ff}').contains(&c) && c != '・';
    match letters(language) {
        Letters::Japanese => |c| ('\u{ac00}'..='\u{d7a3}').contains(&c),
        Letters::Chinese => kana,
        Letters::Korean => |c| ('\u{3041}'..='\u{9fff}').contains(&c),
        Letters::Latin => |c| c >= '\u{3000}',
    }
}

#[test]
fn views_hold_no_other_language_but_in_names() {
    for language in LANGUAGES {
        let is_foreign = foreign(language);
        for sample in gallery() {
            for node in nodes(&view(&sample.model(language, Panel::LANDSCAPE))) {
                let text = node
                    .spoken()
                    .replace(gallery::FACILITY, "")
                    .replace("シカク イチロウ", "");
                let of_a_letter = gallery::NAMES.iter().any(|(facility, _)| {
                    let begins: String = facility.chars().take(5).collect();
                    text.contains(&begins)
                });
                if of_a_letter && sample.name.starts_with("P-12") {
                    continue;
                }
                assert!(
                    !text.chars().any(is_foreign),
                    "{} {language:?}: {text}",
                    sample.name
                );
            }
        }
    }
}

/// A text that was copied and never translated would be the same in two languages.
#[test]
fn headings_differ_between_any_two_languages() {
    for name in [
        "P-00",
        "P-02-face",
        "P-04",
        "P-06-x",
        "P-09a-x",
        "P-13",
        "S-01",
        "F-03",
        "F-14-centre",
    ] {
        let read = |language| {
            let root = shown(name, language, Panel::LANDSCAPE);
            let all = nodes(&root);
            all.iter()
                .find(|n| n.kind == Kind::Heading)
                .unwrap()
                .spoken()
        };
        let all: BTreeSet<String> = LANGUAGES.map(read).into();
        assert_eq!(all.len(), LANGUAGES.len(), "{name}: {all:?}");
    }
}

/// An answer that cannot be told from its opposite would be a consent by accident.
#[test]
fn yes_and_no_are_different_words_in_every_language() {
    for language in LANGUAGES {
        for (name, yes, no) in [
            ("P-09a-x", Action::Agree, Action::Refuse),
            ("P-06-x", Action::AgreeAll, Action::ChooseEach),
            ("P-07", Action::KeepEarlier, Action::ChooseAgain),
        ] {
            let root = shown(name, language, Panel::PORTRAIT);
            let word = |action: Action| {
                let all = nodes(&root);
                let found = all
                    .iter()
                    .find(|n| n.action.as_deref() == Some(action.as_str()));
                found.unwrap().spoken()
            };
            assert_ne!(word(yes), word(no), "{name} {language:?}");
        }
    }
}

#[test]
fn the_choice_names_every_language_in_its_own_letters_and_ticks_the_present_one() {
    let samples = gallery();
    for language in LANGUAGES {
        for sample in &samples {
            let root = view(&chosen(sample, language, &LANGUAGES));
            let offered: Vec<String> = actions(&root)
                .into_iter()
                .filter(|a| a.starts_with(LANGUAGE_ACTION))
                .collect();
            let wanted = LANGUAGES.map(|l| format!("{LANGUAGE_ACTION}{}", l.as_str()));
            assert_eq!(offered, wanted, "{}", sample.name);
            for (action, of) in wanted.iter().zip(LANGUAGES) {
                let all = nodes(&root);
                let node = all
                    .iter()
                    .find(|n| n.action.as_ref() == Some(action))
                    .unwrap();
                assert_eq!(node.icon.is_some(), of == language, "{}", sample.name);
                assert_eq!(node.style.letters, Some(letters(of)));
            }
        }
    }
}

#[test]
fn over_a_view_nothing_else_can_be_pressed_but_back_more_time_and_the_screens_own_buttons() {
    for sample in gallery() {
        let root = view(&chosen(&sample, Language::Pt, &LANGUAGES));
        let mut rest = actions(&root);
        rest.retain(|a| !a.starts_with(LANGUAGE_ACTION));
        let warned = sample.view.as_ref().is_some_and(|v| v.warning_s.is_some());
        let own = ["screen-layout-low", LANGUAGES_ACTION, EASE_ACTION];
        let mut wanted = own.to_vec();
        wanted.push(CLOSE_ACTION);
        if warned {
            wanted.push(Action::Continue.as_str());
        }
        assert_eq!(rest, wanted, "{}", sample.name);
        let read = read(&root);
        assert_eq!(
            read.contains("Vaiencerrar."),
            warned,
            "{}: {read}",
            sample.name
        );
    }
}

#[test]
fn a_reader_of_one_language_offers_no_choice() {
    for sample in gallery() {
        let model = Model {
            languages: &[Language::Ja],
            ..sample.model(Language::Ja, Panel::PORTRAIT)
        };
        let root = view(&model);
        assert!(
            !actions(&root).iter().any(|a| a == LANGUAGES_ACTION),
            "{}",
            sample.name
        );
    }
}
