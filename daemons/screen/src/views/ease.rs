// SPDX-License-Identifier: MIT OR Apache-2.0
//! The choice of text size and colours, over whatever view is shown. It is the screen's own: the
//! mode manager knows nothing of it, and the time-out warning with its answer stays.

use uketsuke_bus::screen1::{Contrast, Text};

use super::{Scene, frame};
use crate::texts::{Key, key};
use crate::ui::node::*;

/// Room between the choices of a row, mm.
const CHOICE_GAP_MM: f32 = 3.0;

/// Side of the tick on what is chosen, mm.
const TICK_MM: f32 = 5.0;

/// Sizes in one row, colours in the next, and a way back.
pub(super) fn choose(scene: &Scene<'_>) -> Node {
    let sizes = Text::ALL.map(|text| {
        let words = match text {
            Text::Normal => key::TEXT_NORMAL,
            Text::Large => key::TEXT_LARGE,
            Text::Largest => key::TEXT_LARGEST,
        };
        let action = format!("{TEXT_ACTION}{}", text.as_str());
        (words, action, scene.ease.text == text)
    });
    let colours = Contrast::ALL.map(|contrast| {
        let words = match contrast {
            Contrast::Normal => key::CONTRAST_NORMAL,
            Contrast::High => key::CONTRAST_HIGH,
        };
        let action = format!("{CONTRAST_ACTION}{}", contrast.as_str());
        (words, action, scene.ease.contrast == contrast)
    });
    let title = scene.text(key::EASE_TITLE);
    let sizes_of_title = [TextSize::Title, TextSize::Lead, TextSize::Body];
    let lines = if scene.wide() { 1 } else { 2 };
    let size = frame::fit(
        scene,
        &title,
        frame::inner_mm(scene),
        lines,
        &sizes_of_title,
    );
    let words = column([
        heading(title).size(size).live(),
        text(scene.text(key::EASE_LASTS)).ink(Colour::Muted),
    ])
    .gap(frame::GAP_MM);
    frame::over(scene, words, [equal(scene, &sizes), equal(scene, &colours)])
}

/// Words, action, and whether it is chosen now.
type Choice = (Key, String, bool);

/// Equal shares, and one size for all.
fn equal(scene: &Scene<'_>, choices: &[Choice]) -> Node {
    let across = choices.len().max(1) as f32;
    let share = (frame::inner_mm(scene) - CHOICE_GAP_MM * (across - 1.0)) / across;
    let beside = if scene.wide() { TICK_MM + 7.0 } else { 5.0 };
    let all_fit = choices.iter().all(|(words, ..)| {
        frame::fits(
            scene,
            &scene.text(*words),
            share - beside,
            1,
            TextSize::Body,
        )
    });
    let size = if all_fit {
        TextSize::Body
    } else {
        TextSize::Note
    };
    let nodes = choices.iter().map(|choice| one(scene, choice, size));
    row(nodes.map(|n| n.width(Length::Mm(0.0)).grow()))
        .gap(CHOICE_GAP_MM)
        .rigid()
}

/// What is chosen now is filled, has a tick, and is read as chosen.
fn one(scene: &Scene<'_>, (words, action, chosen): &Choice, size: TextSize) -> Node {
    let words = scene.text(*words);
    let node = |label: String| {
        button(label, action.as_str())
            .size(size)
            .pad_xy(2.0, 0.5)
            .at_least(MIN_TARGET_MM, MIN_TARGET_MM)
    };
    if !*chosen {
        return node(words);
    }
    let read = scene.with(key::EASE_CHOSEN, [("name", words.as_str().into())]);
    let mut node = node(read).primary();
    if !scene.wide() {
        node = node.flow(Flow::Column).gap(0.5).pad_xy(0.5, 0.5);
    }
    node.children = vec![
        icon(Icon::Check, TICK_MM).ink(Colour::OnPrimary),
        text(words)
            .size(size)
            .align(Place::Centre)
            .bold()
            .ink(Colour::OnPrimary),
    ];
    node
}
