// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who is it: P-00, P-02, P-04 with F-03, P-05x.

use uketsuke_bus::mode1::ViewId;

use super::{PIN_DIGITS, Scene, choices, frame};
use crate::texts::key;
use crate::ui::node::*;

/// From this many tries down P-04 says how many are left (flows: 2).
const FEW_TRIES: u8 = 2;
/// Room between the keys of the pad, mm.
const KEY_GAP_MM: f32 = 3.0;
/// Rows of the pad.
const PAD_ROWS: f32 = 4.0;
/// What is above and below the pad on a wide panel, mm: edges, foot, gaps.
const WIDE_REST_MM: f32 = 17.0;
/// What is above and below the pad on a tall panel, mm: head, question, dots, foot, gaps.
const TALL_REST_MM: f32 = 82.0;

/// P-00: who we are, and what to do first.
pub(super) fn idle(scene: &Scene<'_>, facility: &str) -> Node {
    // Free text is set in the regular weight, the only one with every kanji.
    let place = text(facility).size(TextSize::Lead).ink(Colour::Muted);
    let ask = heading(scene.text(key::PLACE_CARD)).live();
    frame::pictured(
        scene,
        [place, ask],
        Icon::PlaceCard,
        key::PLACE_CARD_PICTURE,
    )
}

/// P-02: face or PIN.
pub(super) fn method(scene: &Scene<'_>) -> Node {
    let body = column(
        [
            Some(heading(scene.text(key::CHOOSE_METHOD)).live()),
            Some(text(scene.text(key::METHOD_PRIVACY)).ink(Colour::Muted)),
            Some(spacer()),
            choices::mains(scene),
            Some(spacer()),
            choices::sides(scene),
        ]
        .into_iter()
        .flatten(),
    )
    .gap(4.0);
    frame::stacked(scene, body)
}

/// P-05x: the card or the centre is at work.
pub(super) fn wait(scene: &Scene<'_>) -> Node {
    let words = [
        heading(scene.text(key::WAIT)).live(),
        text(scene.text(key::WAIT_CARD)).size(TextSize::Lead),
    ];
    frame::pictured(scene, words, Icon::Wait, key::WAIT)
}

/// P-04, and F-03 which is the same pad with the bad news above it.
pub(super) fn pin(scene: &Scene<'_>, digits: u8) -> Node {
    let mut words = question(scene);
    words.push(entered(scene, digits));
    let open = scene.view.pad == Some(true);
    let beside = choices::beside_pad(scene);
    if scene.wide() {
        words.push(spacer());
        words.push(row(beside.into_iter().map(Node::grow)).gap(4.0).rigid());
        let body = column(words).gap(3.0);
        if !open {
            return frame::stacked(scene, body);
        }
        let key_mm = key_side(scene.panel.height_mm - WIDE_REST_MM);
        frame::beside(scene, body, pad(scene, key_mm))
    } else {
        words.push(spacer());
        let side = column(beside)
            .gap(KEY_GAP_MM)
            .along(Place::End)
            .width(Length::Mm(0.0))
            .grow();
        let key_mm = key_side(scene.panel.height_mm - TALL_REST_MM);
        let controls = if open {
            vec![pad(scene, key_mm), side]
        } else {
            vec![side]
        };
        words.push(row(controls).gap(4.0).rigid());
        frame::stacked(scene, column(words).gap(3.0))
    }
}

/// The side of a key when the pad may be `room` mm high.
fn key_side(room: f32) -> f32 {
    let side = (room - KEY_GAP_MM * (PAD_ROWS - 1.0)) / PAD_ROWS;
    side.clamp(MIN_TARGET_MM, KEY_MM)
}

fn question(scene: &Scene<'_>) -> Vec<Node> {
    match (scene.view.id, scene.view.tries_left) {
        (ViewId::WrongPin, tries) => {
            let mut words = vec![
                heading(scene.text(key::PIN_WRONG))
                    .size(TextSize::Lead)
                    .ink(Colour::Alert)
                    .live(),
            ];
            words.extend(
                tries.map(|n| text(scene.with(key::PIN_WRONG_TRIES, [("tries", n.into())]))),
            );
            words
        }
        _ => vec![heading(scene.text(key::ENTER_PIN)).live()],
    }
}

/// The dots, and how many tries are left where they are few.
fn entered(scene: &Scene<'_>, digits: u8) -> Node {
    let label = scene.with(
        key::PIN_COUNT,
        [("count", digits.into()), ("digits", PIN_DIGITS.into())],
    );
    let mut parts = vec![dots(digits, PIN_DIGITS, label)];
    if let Some(tries) = scene.view.tries_left.filter(|n| *n <= FEW_TRIES)
        && scene.view.id == ViewId::Pin
    {
        parts.push(
            text(scene.with(key::TRIES_LEFT, [("tries", tries.into())]))
                .bold()
                .ink(Colour::Alert),
        );
    }
    row(parts).gap(6.0).across(Place::Centre).rigid()
}

/// Three columns, four rows; the last digit is taken back at the right of the zero.
fn pad(scene: &Scene<'_>, key_mm: f32) -> Node {
    let sized = |node: Node| {
        node.width(Length::Mm(key_mm))
            .height(Length::Mm(key_mm))
            .rigid()
    };
    let line = |nodes: [Node; 3]| row(nodes.map(sized)).gap(KEY_GAP_MM).rigid();
    column([
        line([1, 2, 3].map(digit_key)),
        line([4, 5, 6].map(digit_key)),
        line([7, 8, 9].map(digit_key)),
        line([
            column([]),
            digit_key(0),
            pad_key(scene.text(key::PIN_CORRECT), ERASE_ACTION),
        ]),
    ])
    .gap(KEY_GAP_MM)
    .rigid()
}
