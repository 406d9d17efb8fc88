// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sentences that are recorded are those that the views say, no more and no fewer, and nothing of
//! them is about a person. `BLESS=1` writes the lists.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use uketsuke_bus::screen1::{Ease, Language, Layout};
use uketsuke_screen::pictures::orientations;
use uketsuke_screen::speech::heard::{self, Line};
use uketsuke_screen::speech::{VOICES, list};
use uketsuke_screen::ui::node::Node;
use uketsuke_screen::views::gallery::{FACILITY, NAMES, Sample};
use uketsuke_screen::views::{Model, gallery, view};

/// What is recorded.
const LIST: &str = "texts/spoken.tsv";
/// What is heard of each view.
const HEARD: &str = "tests/heard.txt";

/// Tries that a PIN can have left, digits that a pad can hold, pages and letters of P-12.
const TRIES: [u8; 3] = [1, 2, 3];
const DIGITS: [u8; 5] = [0, 1, 2, 3, 4];
const PAGES: u16 = 20;

/// A sample with every value that its words can take.
fn with_values(sample: &Sample) -> Vec<Sample> {
    let base = || Sample {
        name: sample.name.clone(),
        view: sample.view.clone(),
        details: sample.details.clone(),
        pin_digits: sample.pin_digits,
    };
    let Some(view) = &sample.view else {
        return vec![base()];
    };
    let mut all = vec![base()];
    if view.pad == Some(true) {
        all.extend(DIGITS.map(|digits| Sample {
            pin_digits: digits,
            ..base()
        }));
    }
    if view.tries_left.is_some() {
        all.extend(TRIES.map(|tries| {
            let mut one = base();
            one.view.as_mut().unwrap().tries_left = Some(tries);
            one
        }));
    }
    if sample.details.letters.is_some() {
        all.extend((1..=PAGES).map(|page| {
            let mut one = base();
            let view = one.view.as_mut().unwrap();
            view.step = Some(page.try_into().unwrap());
            view.steps = Some(PAGES.try_into().unwrap());
            one
        }));
        all.extend([true, false].map(|ticked| {
            let mut one = base();
            let page = one.details.letters.as_mut().unwrap();
            page.rows.iter_mut().for_each(|row| row.ticked = ticked);
            one
        }));
    }
    if sample.details.earlier.is_some() {
        all.extend([true, false].map(|agreed| {
            let mut one = base();
            let (_, answers) = one.details.earlier.as_mut().unwrap();
            answers.iter_mut().for_each(|answer| answer.agreed = agreed);
            one
        }));
    }
    all
}

/// Every tree of a sample in a language: on both glasses, in both layouts, with what can stand over it.
fn trees(sample: &Sample, language: Language) -> Vec<Node> {
    let mut trees = Vec::new();
    for (_, panel, _) in orientations() {
        for layout in Layout::ALL {
            let ease = Ease {
                layout,
                ..Ease::default()
            };
            for overlay in sample.overlays() {
                trees.push(view(&Model {
                    ease,
                    overlay,
                    ..sample.model(language, panel)
                }));
            }
        }
    }
    trees
}

fn actions(node: &Node, found: &mut Vec<String>) {
    found.extend(node.action.clone());
    for child in &node.children {
        actions(child, found);
    }
}

/// All that is heard of a tree: its words, and each button when the ring comes to it.
fn heard_of(tree: &Node, language: Language) -> (Vec<Line>, Vec<Line>) {
    let mut buttons = Vec::new();
    actions(tree, &mut buttons);
    let pad = |action: &str| action.starts_with("digit-") || action == "erase";
    let labels = buttons.iter().filter(|action| !pad(action));
    let labels = labels.map(|action| {
        heard::label(tree, action, language)
            .unwrap_or_else(|| panic!("the ring comes to {action} and nothing is heard"))
    });
    (heard::words(tree, language), labels.collect())
}

fn all_lines() -> BTreeSet<Line> {
    let mut lines = BTreeSet::new();
    for language in VOICES {
        lines.insert(uketsuke_screen::speech::help(language));
        for sample in gallery().iter().flat_map(with_values) {
            for tree in trees(&sample, language) {
                let (words, labels) = heard_of(&tree, language);
                lines.extend(words);
                lines.extend(labels);
            }
        }
    }
    lines
}

/// A name that the words give themselves: two lists agree wherever they are made.
fn name(line: &Line) -> String {
    let hash = Sha256::digest(line.words.as_bytes());
    let mut name = line.language.as_str().to_owned() + "-";
    for byte in &hash[..8] {
        write!(name, "{byte:02x}").unwrap();
    }
    name
}

/// Compares with a committed file, or writes it.
fn same_as_committed(path: &str, made: &str) {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, made).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap();
    let line = made
        .lines()
        .zip(committed.lines())
        .find(|(made, committed)| made != committed);
    assert!(
        made == committed,
        "{path} is not what the views say (BLESS=1 writes it); first difference: {line:?}"
    );
}

#[test]
fn the_list_is_what_the_views_say() {
    let mut lines: Vec<String> = all_lines()
        .iter()
        .map(|line| {
            let tag = line.language.tag();
            format!("{}\t{tag}\t{}\n", name(line), line.words)
        })
        .collect();
    lines.sort();
    let head = "# SPDX-License-Identifier: MIT OR Apache-2.0\n\
                # The sentences that are recorded: name, language, words. `BLESS=1 cargo test -p\n\
                # uketsuke-screen --test spoken` writes it.\n";
    same_as_committed(LIST, &(head.to_owned() + &lines.concat()));
    let words = lines.iter().map(|line| line.matches('\t').count());
    assert!(words.into_iter().all(|tabs| tabs == 2), "a tab in a text");
    println!("recorded sentences: {}", lines.len());
}

#[test]
fn every_recording_has_a_name_of_its_own() {
    let names = list::LIST.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = names.filter_map(|line| line.split('\t').next()).collect();
    let once: BTreeSet<&&str> = names.iter().collect();
    assert_eq!(once.len(), names.len());
    assert!(
        names
            .iter()
            .all(|name| name.len() <= uketsuke_bus::voice1::NAME_BYTES)
    );
}

/// The invented patient, hospitals, departments, dates and the facility of the gallery.
#[test]
fn nothing_about_a_person_is_recorded() {
    let lines = all_lines();
    let letters = NAMES
        .iter()
        .flat_map(|(facility, department)| [*facility, *department]);
    let personal = letters.chain([FACILITY, "シカク", "イチロウ", "2027"]);
    for secret in personal {
        let told = lines.iter().find(|line| line.words.contains(secret));
        assert!(told.is_none(), "{secret} in {told:?}");
    }
}

/// A digit of a pad has no recording, in any language.
#[test]
fn no_digit_can_be_said() {
    for language in VOICES {
        for digit in 0..=9 {
            let line = Line {
                language,
                words: digit.to_string(),
            };
            assert!(list::recording(&line).is_none());
        }
    }
}

/// Numbers of tries, digits and letters differ in the pictures of a view; what is heard of the view is
/// one list.
#[test]
fn what_is_heard_of_each_view_is_listed() {
    let mut views = BTreeMap::new();
    for language in [Language::Ja, Language::En] {
        for sample in gallery() {
            let (_, panel, _) = orientations()[0];
            let tree = view(&sample.model(language, panel));
            let (words, labels) = heard_of(&tree, language);
            let say = |lines: Vec<Line>| -> Vec<String> {
                lines.into_iter().map(|line| line.words).collect()
            };
            let text = format!("{} | {}\n", say(words).join(" / "), say(labels).join(" / "));
            let key = format!("{} {}", sample.name, language.as_str());
            views.insert(key, text);
        }
    }
    let head = "# What is heard of each view: its words, then what the ring comes to.\n";
    let lines = views.iter().map(|(key, text)| format!("{key}: {text}"));
    same_as_committed(HEARD, &(head.to_owned() + &lines.collect::<String>()));
}

/// The ear is told the same on every glass.
#[test]
fn words_do_not_hang_on_the_glass() {
    for language in VOICES {
        for sample in gallery() {
            let heard = orientations().map(|(_, panel, _)| {
                let tree = view(&sample.model(language, panel));
                heard::words(&tree, language)
            });
            assert_eq!(heard[0], heard[1], "{} {language:?}", sample.name);
        }
    }
}

/// A language without a voice is still chosen by ear: by its English name.
#[test]
fn each_language_is_named_by_a_voice() {
    for language in Language::ALL {
        let line = uketsuke_screen::speech::name_of(language);
        assert!(VOICES.contains(&line.language), "{language:?}");
        assert!(list::recording(&line).is_some(), "{language:?}");
    }
}
