// SPDX-License-Identifier: MIT OR Apache-2.0
//! The choice of languages: one touch on a name, each in its own language, always in one order.

use super::{Scene, choices, frame};
use crate::speech::name_of;
use crate::texts::{Language, catalogue, key, letters};
use crate::ui::node::*;

/// Room between two languages, mm.
const BETWEEN_MM: f32 = MIN_GAP_MM;
/// Room inside a language at either side of its name, mm.
const INSIDE_MM: f32 = 1.5;
/// What a language holds besides its name, mm: room inside, the sign of the present one, gap.
const BESIDE_NAME_MM: f32 = 2.0 * INSIDE_MM + SIGN_MM + SIGN_GAP_MM;
/// Side of the sign of the present language, and room between it and the name, mm.
const SIGN_MM: f32 = 6.0;
const SIGN_GAP_MM: f32 = 1.5;
/// Side of the same sign where it stands above the name, mm.
const LOW_SIGN_MM: f32 = 5.0;

/// Side of the globe beside the title, mm.
const TITLE_SIGN_MM: f32 = 11.0;

/// Room for rounding the cells of a line up to whole pixels, mm.
const ROUNDING_MM: f32 = 0.6;

/// How the languages are laid out.
struct Cells {
    /// How many stand side by side.
    columns: usize,
    /// Height of one, mm.
    high: f32,
}

fn cells(scene: &Scene<'_>) -> Cells {
    let (columns, high) = match (scene.wide(), scene.low()) {
        (true, false) => (4, 18.0),
        (true, true) => (4, MIN_TARGET_MM),
        (false, false) => (2, 18.0),
        (false, true) => (3, MIN_TARGET_MM),
    };
    Cells { columns, high }
}

/// Every language that is offered.
pub(super) fn choose(scene: &Scene<'_>) -> Node {
    let Cells { columns, high } = cells(scene);
    let across = columns as f32;
    let inner = frame::inner_mm(scene) - ROUNDING_MM;
    let cell = (inner - BETWEEN_MM * (across - 1.0)) / across;
    let room = cell - BESIDE_NAME_MM;
    // One size for all: a smaller name would look like the lesser one.
    let all_fit = scene.languages.iter().all(|language| {
        let name = catalogue(*language).text(key::LANGUAGE_NAME);
        frame::fits(scene, &name, room, 2, TextSize::Body)
    });
    let size = if all_fit {
        TextSize::Body
    } else {
        TextSize::Note
    };
    let languages = scene.languages.iter().map(|l| one(scene, *l, size));
    // Half of a tall panel has no row for the ways out; seven languages leave two places in theirs.
    let out = choices::back_from_overlay(scene).filter(|_| in_cells(scene));
    let out = out.into_iter().flat_map(|row| row.children);
    let out = out.map(|node| {
        Node { icon: None, ..node }
            .pad_xy(INSIDE_MM, 0.5)
            .size(size)
    });
    let all: Vec<Node> = languages
        .chain(out)
        .map(|node| node.width(Length::Mm(cell)).at_least(cell, high).rigid())
        .collect();
    let lines = all
        .chunks(columns)
        .map(|line| row(line.to_vec()).gap(BETWEEN_MM).rigid());
    let title = scene.text(key::LANGUAGE_CHOOSE);
    let sizes = [TextSize::Title, TextSize::Lead];
    let width = frame::inner_mm(scene) - TITLE_SIGN_MM - frame::GAP_MM;
    let title_size = frame::fit(scene, &title, width, 1, &sizes);
    let title = row([
        icon(Icon::Language, TITLE_SIGN_MM).ink(Colour::Primary),
        heading(title)
            .size(title_size)
            .live()
            .width(Length::Mm(0.0))
            .grow(),
    ])
    .gap(frame::GAP_MM)
    .across(Place::Centre)
    .rigid();
    let lines = column(lines).gap(BETWEEN_MM).rigid();
    if in_cells(scene) {
        return frame::around(scene, vec![column([title]).grow(), lines], None);
    }
    frame::over(scene, column([title]), [lines])
}

/// Whether the ways out stand among the languages.
fn in_cells(scene: &Scene<'_>) -> bool {
    scene.low() && !scene.wide()
}

/// One language by its own name. The present one is filled and ticked: not by colour alone.
fn one(scene: &Scene<'_>, language: Language, size: TextSize) -> Node {
    let name = catalogue(language).text(key::LANGUAGE_NAME);
    let heard = name_of(language);
    let node = button(name, format!("{LANGUAGE_ACTION}{}", language.as_str()))
        .heard_in(heard.language, heard.words)
        .size(size)
        .bold()
        .letters(letters(language))
        .gap(SIGN_GAP_MM)
        .pad_xy(INSIDE_MM, 0.5);
    if language == scene.texts.language() {
        let node = node.primary().icon_of(Icon::Check, SIGN_MM);
        match in_cells(scene) {
            // As high as the others with the sign above the name.
            true => node
                .flow(Flow::Column)
                .gap(0.0)
                .icon_of(Icon::Check, LOW_SIGN_MM),
            false => node,
        }
    } else {
        node
    }
}
