// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a person reads and can press on each view.
#![allow(clippy::unwrap_used)]

mod exact;
mod held;
mod languages;
mod room;

use std::collections::BTreeSet;

use uketsuke_bus::mode1::Action;
use uketsuke_bus::screen1::{Ease, Layout};

use exact::EXACT;

use super::gallery::Sample;
use super::*;
use crate::texts::{LANGUAGES, plain};
use crate::ui::node::{
    CLOSE_ACTION, DIGIT_ACTION, EASE_ACTION, ERASE_ACTION, Kind, LANGUAGES_ACTION, SCREEN_ACTION,
};

const PANELS: [Panel; 2] = [Panel::LANDSCAPE, Panel::PORTRAIT];

fn walk<'n>(node: &'n Node, into: &mut Vec<&'n Node>) {
    into.push(node);
    for child in &node.children {
        walk(child, into);
    }
}

fn nodes(root: &Node) -> Vec<&Node> {
    let mut all = Vec::new();
    walk(root, &mut all);
    all
}

/// Every label of the tree in reading order, run together without any space.
fn read(root: &Node) -> String {
    nodes(root)
        .iter()
        .map(|n| n.spoken())
        .collect::<String>()
        .replace(' ', "")
}

fn shown(name: &str, language: Language, panel: Panel) -> Node {
    let all = gallery();
    let sample = all
        .iter()
        .find(|s| s.name == name)
        .unwrap_or_else(|| panic!("no sample {name}"));
    view(&sample.model(language, panel))
}

#[test]
fn japanese_is_that_of_the_notices_word_for_word() {
    for panel in PANELS {
        for (name, texts) in EXACT {
            let read = read(&shown(name, Language::Ja, panel));
            for text in *texts {
                assert!(
                    read.contains(&text.replace(' ', "")),
                    "{name}: no «{text}» in «{read}»"
                );
            }
        }
    }
}

#[test]
fn every_view_has_a_sample_and_every_sample_with_japanese_text_is_checked() {
    let samples: BTreeSet<ViewId> = gallery()
        .iter()
        .filter_map(|s| s.view.as_ref().map(|v| v.id))
        .collect();
    let all: BTreeSet<ViewId> = ViewId::ALL.iter().copied().collect();
    assert_eq!(samples, all);
    let checked: BTreeSet<&str> = EXACT.iter().map(|(name, _)| &name[..4]).collect();
    for id in ViewId::ALL {
        // P-05x is ours alone: no notice words it.
        assert!(
            *id == ViewId::Wait || checked.contains(&id.as_str()[..4]),
            "{}",
            id.as_str()
        );
    }
    let names: Vec<String> = gallery().into_iter().map(|s| s.name).collect();
    assert_eq!(
        names.len(),
        names.iter().collect::<BTreeSet<_>>().len(),
        "{names:?}"
    );
}

/// Each sample in each language on each panel in each layout.
fn each(check: impl Fn(&Sample, &str, &Node)) {
    for sample in gallery() {
        for language in LANGUAGES {
            for (panel, layout) in PANELS.map(|p| Layout::ALL.map(|l| (p, l))).concat() {
                let name = format!("{} {language:?} {panel:?} {layout:?}", sample.name);
                let ease = Ease {
                    layout,
                    ..Ease::default()
                };
                let model = Model {
                    ease,
                    ..sample.model(language, panel)
                };
                check(&sample, &name, &view(&model));
            }
        }
    }
}

#[test]
fn the_choice_of_looks_offers_each_once_and_a_way_back_and_no_digit() {
    for sample in gallery() {
        for panel in PANELS {
            let model = Model {
                overlay: Some(Overlay::Ease),
                ..sample.model(Language::Ja, panel)
            };
            let root = view(&model);
            let mut pressed: Vec<String> = nodes(&root)
                .iter()
                .filter_map(|n| n.action.clone())
                .collect();
            pressed.sort();
            let mut wanted = vec![
                CLOSE_ACTION,
                EASE_ACTION,
                LANGUAGES_ACTION,
                "screen-contrast-high",
                "screen-contrast-normal",
                "screen-layout-low",
                "screen-text-large",
                "screen-text-largest",
                "screen-text-normal",
            ];
            if sample.view.as_ref().is_some_and(|v| v.warning_s.is_some()) {
                wanted.push("continue");
            }
            wanted.sort_unstable();
            assert_eq!(pressed, wanted, "{}", sample.name);
            let chosen: Vec<String> = nodes(&root)
                .iter()
                .map(|n| n.spoken())
                .filter(|read| read.contains("選択中"))
                .collect();
            assert_eq!(
                chosen,
                ["標準、選択中", "標準の色、選択中"],
                "{}",
                sample.name
            );
        }
    }
}

#[test]
fn every_choice_has_exactly_one_button_and_nothing_else_can_be_pressed() {
    each(|sample, name, root| {
        let pressed: Vec<String> = nodes(root)
            .iter()
            .filter_map(|n| n.action.clone())
            .collect();
        let (own, choices): (Vec<String>, Vec<String>) = pressed.into_iter().partition(|a| {
            a.starts_with(SCREEN_ACTION) || a.starts_with(DIGIT_ACTION) || a == ERASE_ACTION
        });
        let mut found = choices;
        found.sort();
        let mut wanted: Vec<String> = sample
            .view
            .iter()
            .flat_map(|v| v.choices.iter().map(|a| a.as_str().to_owned()))
            .collect();
        wanted.sort();
        assert_eq!(found, wanted, "{name}");
        let keys = if sample.view.as_ref().and_then(|v| v.pad) == Some(true) {
            11
        } else {
            0
        };
        // Everything lower, language, text and colours.
        assert_eq!(own.len(), 3 + keys, "{name}: {own:?}");
        assert_eq!(
            own.iter().collect::<BTreeSet<_>>().len(),
            own.len(),
            "{name}: {own:?}"
        );
    });
}

#[test]
fn every_action_can_be_offered_on_every_view() {
    for id in ViewId::ALL {
        let mut v = View::new(*id, 1);
        v.choices = Action::ALL.to_vec();
        let sample = Sample {
            name: String::new(),
            view: Some(v),
            details: Details::default(),
            pin_digits: 0,
        };
        let root = view(&sample.model(Language::Ja, Panel::LANDSCAPE));
        for action in Action::ALL {
            let count = nodes(&root)
                .iter()
                .filter(|n| n.action.as_deref() == Some(action.as_str()))
                .count();
            assert_eq!(count, 1, "{}: {}", id.as_str(), action.as_str());
        }
    }
}

#[test]
fn every_view_has_one_heading_that_is_read_out_and_a_code_for_staff() {
    each(|sample, name, root| {
        let all = nodes(root);
        let headings: Vec<_> = all.iter().filter(|n| n.kind == Kind::Heading).collect();
        assert_eq!(headings.len(), 1, "{name}");
        assert!(headings[0].live, "{name}");
        if let Some(v) = &sample.view {
            assert!(all.iter().any(|n| n.spoken() == v.id.as_str()), "{name}");
        }
    });
}

#[test]
fn whatever_can_be_pressed_or_means_something_has_a_name() {
    each(|_, name, root| {
        for node in nodes(root) {
            let named = node.action.is_some()
                || matches!(
                    node.kind,
                    Kind::Text | Kind::Heading | Kind::Strip | Kind::Dots { .. }
                );
            assert!(
                !named || !node.spoken().trim().is_empty(),
                "{name}: {node:?}"
            );
            assert!(
                !node.spoken().contains(['|', '~', '{', '\u{2068}']),
                "{name}: {node:?}"
            );
        }
    });
}

#[test]
fn the_warning_shows_over_every_view() {
    for id in ViewId::ALL {
        let mut v = View::new(*id, 1);
        v.warning_s = Some(15);
        v.choices = vec![Action::Continue];
        let sample = Sample {
            name: String::new(),
            view: Some(v),
            details: Details::default(),
            pin_digits: 0,
        };
        let over = [None, Some(Overlay::Languages), Some(Overlay::Ease)];
        for (panel, overlay) in PANELS.map(|panel| over.map(|over| (panel, over))).concat() {
            let model = Model {
                overlay,
                ..sample.model(Language::Ja, panel)
            };
            let read = read(&view(&model));
            assert!(
                read.contains("まもなく終了します。続けますか。") && read.contains("続ける"),
                "{}: {read}",
                id.as_str()
            );
        }
    }
}

#[test]
fn a_done_view_without_its_personal_part_names_nobody() {
    let read = read(&shown("P-13-no-name", Language::Ja, Panel::LANDSCAPE));
    assert!(read.contains("確認が完了しました。マイナンバーカードを取り出してください。"));
    assert!(!read.contains('様'));
    assert_eq!(plain("確\u{2060}認\u{200b}が"), "確認が");
}
