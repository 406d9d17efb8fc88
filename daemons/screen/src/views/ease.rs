// SPDX-License-Identifier: MIT OR Apache-2.0
//! The choice of text size and colours, over whatever view is shown. It is the screen's own: the
//! mode manager knows nothing of it, and the time-out warning with its answer stays.

use uketsuke_bus::screen1::{Contrast, Text};

use super::{Scene, choices, frame};
use crate::texts::{Key, key};
use crate::ui::node::*;

/// Room between the choices of a row, mm.
const CHOICE_GAP_MM: f32 = 3.0;

/// Side of the tick on what is chosen, mm.
const TICK_MM: f32 = 5.0;

/// Sizes in one row, colours in the next, and a way back.
pub(super) fn choice(scene: &Scene<'_>) -> Node {
    let sizes = Text::ALL.map(|text| {
        let words = match text {
            Text::Normal => key::TEXT_NORMAL,
            Text::Large => key::TEXT_LARGE,
            Text::Largest => key::TEXT_LARGEST,
        };
        let action = format!("{TEXT_ACTION}{}", text.as_str());
        one(scene, words, action, scene.ease.text == text)
    });
    let colours = Contrast::ALL.map(|contrast| {
        let words = match contrast {
            Contrast::Normal => key::CONTRAST_NORMAL,
            Contrast::High => key::CONTRAST_HIGH,
        };
        let action = format!("{CONTRAST_ACTION}{}", contrast.as_str());
        one(scene, words, action, scene.ease.contrast == contrast)
    });
    let title = scene.text(key::EASE_TITLE);
    let sizes_of_title = [TextSize::Title, TextSize::Lead];
    let size = frame::fit(scene, &title, frame::inner_mm(scene), 2, &sizes_of_title);
    let words = column([
        heading(title).size(size).live(),
        text(scene.text(key::EASE_LASTS)).ink(Colour::Muted),
    ])
    .gap(frame::GAP_MM)
    .grow();
    let parts = vec![words, equal(sizes), equal(colours)];
    frame::finish(scene, parts, choices::closing(scene))
}

fn equal(nodes: impl IntoIterator<Item = Node>) -> Node {
    row(nodes.into_iter().map(|n| n.width(Length::Mm(0.0)).grow()))
        .gap(CHOICE_GAP_MM)
        .rigid()
}

/// What is chosen now is filled, has a tick, and is read as chosen.
fn one(scene: &Scene<'_>, words: Key, action: String, chosen: bool) -> Node {
    let words = scene.text(words);
    let node = |label: String| {
        button(label, action)
            .size(TextSize::Body)
            .pad_xy(2.0, 1.0)
            .at_least(MIN_TARGET_MM, MIN_TARGET_MM)
    };
    if !chosen {
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
            .align(Place::Centre)
            .bold()
            .ink(Colour::OnPrimary),
    ];
    node
}
