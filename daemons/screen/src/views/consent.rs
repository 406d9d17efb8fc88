// SPDX-License-Identifier: MIT OR Apache-2.0
//! May past medical information be given: P-06, P-07, P-08, P-09a to P-09d; and P-10, P-11, P-13b.

use uketsuke_bus::consent::{ConsentGroup, Variant};
use uketsuke_bus::mode1::{Details, ViewId};

use super::{Scene, frame};
use crate::texts::{Key, key};
use crate::ui::node::*;

/// Variant Y says less, so it stands where `mode` did not say.
fn by_variant(scene: &Scene<'_>, x: Key, y: Key) -> Key {
    match scene.view.variant {
        Some(Variant::X) => x,
        Some(Variant::Y) | None => y,
    }
}

/// A question of several lines, as large as `lines` lines on a wide panel allow, or one more on a
/// tall one.
fn ask(scene: &Scene<'_>, words: String, lines: u8) -> Node {
    ask_at(scene, words, lines, &[TextSize::Lead, TextSize::Body])
}

fn ask_at(scene: &Scene<'_>, words: String, lines: u8, sizes: &[TextSize]) -> Node {
    let lines = if scene.wide() { lines } else { lines + 1 };
    let size = frame::fit(scene, &words, frame::inner_mm(scene), lines, sizes);
    text(words).size(size)
}

/// The heading, as large as one line on a wide panel or two on a tall one allow. What is too long for
/// that at any size takes a line more.
fn title(scene: &Scene<'_>, words: String) -> Node {
    let (lines, width) = (if scene.wide() { 1 } else { 2 }, frame::inner_mm(scene));
    let sizes = [TextSize::Title, TextSize::Lead, TextSize::Body];
    let size = match frame::fit(scene, &words, width, lines, &sizes) {
        TextSize::Body if !frame::fits(scene, &words, width, lines, TextSize::Body) => {
            TextSize::Lead
        }
        fitting => fitting,
    };
    heading(words).size(size).live()
}

/// The groups on P-06 are named again on their own views; where a language needs many words for them,
/// they leave the room to the question.
const GROUP_SIZES: [TextSize; 3] = [TextSize::Lead, TextSize::Body, TextSize::Note];

/// P-06: all, or one by one.
pub(super) fn method(scene: &Scene<'_>) -> Node {
    let groups = by_variant(scene, key::CONSENT_GROUPS_X, key::CONSENT_GROUPS_Y);
    frame::question(
        scene,
        [
            title(scene, scene.text(key::CONSENT_QUESTION)),
            ask_at(scene, scene.text(groups), 1, &GROUP_SIZES),
        ],
    )
}

/// P-10: electronic or on paper.
pub(super) fn prescription(scene: &Scene<'_>) -> Node {
    frame::question(
        scene,
        [title(scene, scene.text(key::PRESCRIPTION_QUESTION))],
    )
}

/// P-11: certificates of public subsidy.
pub(super) fn subsidy(scene: &Scene<'_>) -> Node {
    frame::question(scene, [title(scene, scene.text(key::SUBSIDY_QUESTION))])
}

/// P-13b: the limit of what is paid, and what that is.
pub(super) fn high_cost(scene: &Scene<'_>) -> Node {
    frame::question(
        scene,
        [
            title(scene, scene.text(key::HIGH_COST_QUESTION)),
            text(scene.text(key::HIGH_COST_WHAT)).ink(Colour::Muted),
        ],
    )
}

/// P-07: as last time?
pub(super) fn carry_over(scene: &Scene<'_>) -> Node {
    frame::question(scene, [title(scene, scene.text(key::CONSENT_QUESTION))])
}

/// What a row of P-08 holds besides the group, mm: mark, gap, room inside.
const BESIDE_GROUP_MM: f32 = 40.0;

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
    frame::question(scene, [title(scene, scene.text(key::EARLIER_TITLE)), list])
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
    let group = scene.text(group);
    let width = frame::inner_mm(scene) - BESIDE_GROUP_MM;
    let size = frame::fit(scene, &group, width, 1, &[TextSize::Body, TextSize::Note]);
    row([
        text(group).size(size).width(Length::Mm(0.0)).grow(),
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
    let (name, words) = match scene.view.id {
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
    frame::question(
        scene,
        [
            title(scene, scene.text(name)),
            ask(scene, scene.text(words), 2),
        ],
    )
}
