// SPDX-License-Identifier: MIT OR Apache-2.0
//! A mode that the terminal holds is shown on P-00 and S-02 (MODE-09).

use uketsuke_bus::mode1::{Action, Form, Hop, Operation};

use super::*;
use crate::ui::node::Colour;

/// P-00 and S-02 beside whatever can be pressed there, while the terminal holds the reader.
pub(super) fn samples(operation: Operation, form: Option<Form>) -> Vec<Sample> {
    let beside: [(ViewId, &[Action]); 5] = [
        (ViewId::Idle, &[]),
        (ViewId::Idle, &[Action::Phone]),
        (ViewId::Idle, &[Action::Staff]),
        (ViewId::Idle, &[Action::Phone, Action::Staff]),
        (ViewId::Visual, &[Action::Stop]),
    ];
    let one = |(id, choices): (ViewId, &[Action])| {
        let mut view = View::new(id, 1);
        view.choices = choices.to_vec();
        view.operation = Some(operation);
        view.form = form;
        Sample {
            name: format!("{} {operation:?} {form:?} {choices:?}", id.as_str()),
            view: Some(view),
            details: Details::default(),
            pin_digits: 0,
        }
    };
    beside.into_iter().map(one).collect()
}

/// What staff read of a mode that the terminal holds. The modes' names are those of the terminal's
/// page, the rest is ours: no notice words it.
pub(super) const HELD: [(Operation, Option<Form>, &str, &str); 4] = [
    (
        Operation::PinOnly,
        None,
        "端末：暗証番号認証固定",
        "Terminal: PIN only",
    ),
    (
        Operation::PinOnly,
        Some(Form::StillHeld),
        "端末：暗証番号認証固定のままです",
        "Terminal: still on PIN only",
    ),
    (
        Operation::Visual,
        None,
        "端末：目視確認",
        "Terminal: visual check",
    ),
    (
        Operation::Visual,
        Some(Form::StillHeld),
        "端末：目視確認のままです",
        "Terminal: still on visual check",
    ),
];

fn strips(root: &Node) -> Vec<String> {
    nodes(root)
        .iter()
        .filter(|n| n.kind == Kind::Strip)
        .map(|n| n.spoken())
        .collect()
}

#[test]
fn a_mode_that_the_terminal_holds_is_told_and_help_is_still_offered() {
    for (operation, form, ja, en) in HELD {
        for sample in samples(operation, form) {
            for panel in PANELS {
                for (language, said, help) in [
                    (Language::Ja, ja, "お困りのときは、受付へ。"),
                    (Language::En, en, "Help at reception"),
                ] {
                    let root = view(&sample.model(language, panel));
                    assert_eq!(strips(&root), [said], "{} {panel:?}", sample.name);
                    assert!(
                        nodes(&root).iter().any(|n| n.spoken() == help),
                        "{} {panel:?}",
                        sample.name
                    );
                }
            }
        }
    }
}

#[test]
fn a_run_of_patients_is_counted_down() {
    for form in [None, Some(Form::StillHeld)] {
        for mut sample in samples(Operation::Visual, form) {
            sample.view.as_mut().unwrap().held_min = Some(12);
            for (language, said) in [
                (Language::Ja, "端末：目視確認 あと12分"),
                (Language::En, "Terminal: visual check, 12 min left"),
            ] {
                let root = view(&sample.model(language, Panel::PORTRAIT));
                assert_eq!(strips(&root), [said], "{}", sample.name);
            }
        }
    }
}

#[test]
fn only_the_reminder_warns() {
    for (operation, form, ..) in HELD {
        for sample in samples(operation, form) {
            let root = view(&sample.model(Language::Ja, Panel::LANDSCAPE));
            let strip = nodes(&root).into_iter().find(|n| n.kind == Kind::Strip);
            let warns = strip.unwrap().style.fill == Some(Colour::WarningGround);
            assert_eq!(warns, form.is_some(), "{}", sample.name);
        }
    }
}

#[test]
fn unattended_operation_is_nothing_to_tell_and_a_hop_that_is_down_goes_first() {
    for mut sample in samples(Operation::Unattended, None) {
        assert_eq!(
            strips(&view(&sample.model(Language::Ja, Panel::PORTRAIT))),
            [""; 0]
        );
        let shown = sample.view.as_mut().unwrap();
        shown.operation = Some(Operation::Visual);
        shown.hop = Some(Hop::Centre);
        assert_eq!(
            strips(&view(&sample.model(Language::Ja, Panel::PORTRAIT))),
            ["センターに接続できません"]
        );
    }
}
