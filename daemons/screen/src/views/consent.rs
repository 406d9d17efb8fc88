// SPDX-License-Identifier: MIT OR Apache-2.0
//! May past medical information be given: P-06, P-07, P-08, P-09a to P-09d.

use uketsuke_bus::consent::{ConsentGroup, Variant};
use uketsuke_bus::mode1::{Details, ViewId};

use super::{Scene, choices, frame};
use crate::texts::{Key, key};
use crate::ui::node::*;

/// Variant Y says less, so it stands where `mode` did not say.
fn by_variant(scene: &Scene<'_>, x: Key, y: Key) -> Key {
    match scene.view.variant {
        Some(Variant::X) => x,
        Some(Variant::Y) | None => y,
    }
}

/// Words, then the answers, then the ways aside.
fn question(scene: &Scene<'_>, words: Vec<Node>) -> Node {
    let mut parts = words;
    parts.push(spacer());
    parts.extend(choices::mains(scene));
    parts.extend(choices::sides(scene));
    frame::stacked(scene, column(parts).gap(4.0))
}

/// P-06: all, or one by one.
pub(super) fn method(scene: &Scene<'_>) -> Node {
    let groups = by_variant(scene, key::CONSENT_GROUPS_X, key::CONSENT_GROUPS_Y);
    question(
        scene,
        vec![
            heading(scene.text(key::CONSENT_QUESTION)).live(),
            text(scene.text(groups)).size(TextSize::Lead),
        ],
    )
}

/// P-07: as last time?
pub(super) fn carry_over(scene: &Scene<'_>) -> Node {
    question(
        scene,
        vec![heading(scene.text(key::CONSENT_QUESTION)).live()],
    )
}

/// P-08: what was agreed earlier.
pub(super) fn earlier(scene: &Scene<'_>, details: &Details) -> Node {
    let mut rows = Vec::new();
    if let Some((categories, answers)) = &details.earlier {
        for group in &categories.groups {
            let agreed = answers.iter().any(|a| a.group == *group && a.agreed);
            rows.push(earlier_row(
                scene,
                group_name(*group, categories.variant),
                agreed,
            ));
        }
    }
    let list = column(rows).card().gap(1.0).pad_xy(4.0, 2.0);
    question(
        scene,
        vec![heading(scene.text(key::EARLIER_TITLE)).live(), list],
    )
}

fn group_name(group: ConsentGroup, variant: Variant) -> Key {
    match (group, variant) {
        (ConsentGroup::Surgery, Variant::X) => key::EARLIER_SURGERY_X,
        (ConsentGroup::Surgery, Variant::Y) => key::EARLIER_SURGERY_Y,
        (ConsentGroup::Care, Variant::X) => key::EARLIER_CARE_X,
        (ConsentGroup::Care, Variant::Y) => key::EARLIER_CARE_Y,
        (ConsentGroup::Medicine, _) => key::EARLIER_MEDICINE,
        (ConsentGroup::CheckUps, _) => key::EARLIER_CHECKUP,
    }
}

/// The group left, the mark right; read as one line.
fn earlier_row(scene: &Scene<'_>, group: Key, agreed: bool) -> Node {
    let mark = if agreed {
        key::CONSENT_MARK_YES
    } else {
        key::CONSENT_MARK_NO
    };
    let ink = if agreed { Colour::Good } else { Colour::Alert };
    let line = scene.with(
        key::EARLIER_ROW,
        [
            ("group", scene.text(group).into()),
            ("mark", scene.text(mark).into()),
        ],
    );
    row([
        text(scene.text(group)).width(Length::Mm(0.0)).grow(),
        text(scene.text(mark))
            .size(TextSize::Lead)
            .bold()
            .ink(ink)
            .rigid(),
    ])
    .gap(4.0)
    .across(Place::Centre)
    .label(line)
}

/// P-09: one kind of information.
pub(super) fn one(scene: &Scene<'_>) -> Node {
    let (title, words) = match scene.view.id {
        ViewId::ConsentSurgery => (
            by_variant(scene, key::SURGERY_HEADING_X, key::SURGERY_HEADING_Y),
            by_variant(scene, key::SURGERY_QUESTION_X, key::SURGERY_QUESTION_Y),
        ),
        ViewId::ConsentMedicine => (key::MEDICINE_HEADING, key::MEDICINE_QUESTION),
        ViewId::ConsentCheckUps => (key::CHECKUP_HEADING, key::CHECKUP_QUESTION),
        _ => (
            key::CARE_HEADING,
            by_variant(scene, key::CARE_QUESTION_X, key::CARE_QUESTION_Y),
        ),
    };
    let mut top = Vec::new();
    if let (Some(step), Some(steps)) = (scene.view.step, scene.view.steps) {
        top.push(
            text(scene.with(
                key::QUESTION_COUNT,
                [("step", step.into()), ("steps", steps.into())],
            ))
            .bold()
            .ink(Colour::Primary)
            .pad_xy(3.0, 1.0)
            .radius(2.0)
            .fill(Colour::Quiet)
            .rigid(),
        );
    }
    top.push(heading(scene.text(title)).grow().live());
    question(
        scene,
        vec![
            row(top).gap(4.0).across(Place::Centre),
            text(scene.text(words)).size(TextSize::Lead),
        ],
    )
}
