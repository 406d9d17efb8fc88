// SPDX-License-Identifier: MIT OR Apache-2.0
//! The choice of languages: one touch on a name, each in its own language, always in one order.

use super::{Scene, frame};
use crate::texts::{Language, catalogue, key, letters};
use crate::ui::node::*;

/// Height of one language, mm: two lines of text, for the longest name.
const LANGUAGE_MM: f32 = 18.0;
/// Room between two languages, mm.
const BETWEEN_MM: f32 = 4.0;
/// What a language holds besides its name, mm: room inside, the sign of the present one, gap.
const BESIDE_NAME_MM: f32 = 16.0;
/// Side of the sign of the present language, mm.
const SIGN_MM: f32 = 8.0;

/// Side of the globe beside the title, mm.
const TITLE_SIGN_MM: f32 = 11.0;

/// Room for rounding the cells of a line up to whole pixels, mm.
const ROUNDING_MM: f32 = 0.6;

/// Every language that is offered.
pub(super) fn choose(scene: &Scene<'_>) -> Node {
    let columns = if scene.wide() { 3 } else { 2 };
    let across = columns as f32;
    let inner = frame::inner_mm(scene) - ROUNDING_MM;
    let cell = (inner - BETWEEN_MM * (across - 1.0)) / across;
    let room = cell - BESIDE_NAME_MM;
    let names = scene
        .languages
        .iter()
        .map(|l| catalogue(*l).text(key::LANGUAGE_NAME));
    // One size for all: a smaller name would look like the lesser one.
    let all_fit = names
        .into_iter()
        .all(|name| frame::fits(&name, room, 2, TextSize::Body));
    let size = if all_fit {
        TextSize::Body
    } else {
        TextSize::Note
    };
    let lines = scene.languages.chunks(columns).map(|line| {
        let cells = line.iter().map(|l| one(scene, *l, size));
        row(cells.map(|one| one.width(Length::Mm(cell)).rigid()))
            .gap(BETWEEN_MM)
            .rigid()
    });
    let title = scene.text(key::LANGUAGE_CHOOSE);
    let sizes = [TextSize::Title, TextSize::Lead];
    let title_size = frame::fit(&title, frame::inner_mm(scene) - TITLE_SIGN_MM, 1, &sizes);
    let title = row([
        icon(Icon::Language, TITLE_SIGN_MM).ink(Colour::Primary),
        heading(title).size(title_size).live(),
    ])
    .gap(3.0)
    .across(Place::Centre)
    .rigid();
    frame::over(scene, title, column(lines).gap(BETWEEN_MM).grow())
}

/// One language by its own name. The present one is filled and ticked: not by colour alone.
fn one(scene: &Scene<'_>, language: Language, size: TextSize) -> Node {
    let name = catalogue(language).text(key::LANGUAGE_NAME);
    let node = button(name, format!("{LANGUAGE_ACTION}{}", language.as_str()))
        .size(size)
        .bold()
        .letters(letters(language))
        .pad_xy(2.0, 0.5)
        .at_least(MIN_TARGET_MM, LANGUAGE_MM);
    if language == scene.texts.language() {
        node.primary().icon_of(Icon::Check, SIGN_MM)
    } else {
        node
    }
}
