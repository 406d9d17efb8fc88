// SPDX-License-Identifier: MIT OR Apache-2.0
//! The screen's own buttons, in the bar at the lower edge of every view: everything lower
//! (車いす), language, text and colours. They lie where a hand from a wheelchair reaches them, in
//! either layout.

use uketsuke_bus::screen1::Layout;

use super::{Scene, frame};
use crate::texts::key;
use crate::ui::node::*;

/// Side of a button that shows a sign alone, mm.
const SIGN_BUTTON_MM: f32 = MIN_TARGET_MM;
/// Side of its sign, mm.
const SIGN_MM: f32 = 10.5;
/// Room between the buttons, mm.
const GAP_MM: f32 = 3.0;

/// The screen's own buttons at the left, always in the same place, and at the right what else the
/// view has there.
pub(super) fn bar(scene: &Scene<'_>, aside: Option<Node>) -> Node {
    let crowded = aside.as_ref().is_some_and(|row| {
        let signs = row.children.iter().any(|button| button.icon.is_some());
        row.children.len() > 1 || signs
    });
    let own = [wheelchair(scene), language(scene), ease(scene, crowded)];
    let aside = aside.into_iter().flat_map(|aside| [spacer(), aside]);
    row(own.into_iter().chain(aside))
        .gap(GAP_MM)
        .across(Place::Centre)
        .rigid()
}

/// One touch puts everything lower, and back.
fn wheelchair(scene: &Scene<'_>) -> Node {
    let (other, words) = match scene.ease.layout {
        Layout::Normal => (Layout::Low, key::LAYOUT_LOW),
        Layout::Low => (Layout::Normal, key::LAYOUT_NORMAL),
    };
    let action = format!("{LAYOUT_ACTION}{}", other.as_str());
    let node = button(scene.text(words), action);
    sign_alone(node, Icon::Wheelchair, scene.low())
}

/// The language's own name where there is room for it, or the sign for languages.
fn language(scene: &Scene<'_>) -> Node {
    let node = frame::language(scene);
    let room = scene.scale == Scale::NORMAL && (scene.wide() || !scene.low());
    if room {
        node
    } else {
        sign_alone(node, Icon::Language, false)
    }
}

/// Opens the choice of text size and colours, and closes it.
fn ease(scene: &Scene<'_>, crowded: bool) -> Node {
    let node = button(scene.text(key::EASE), EASE_ACTION);
    // On a tall panel nothing stands beside it; the pad takes half of a wide one.
    let beside_pad = scene.wide() && scene.view.pad == Some(true);
    let room =
        scene.scale == Scale::NORMAL && !crowded && !beside_pad && !(scene.low() && !scene.wide());
    if scene.choosing || !room {
        return sign_alone(node, Icon::Letters, scene.choosing);
    }
    node.icon(Icon::Letters)
        .size(TextSize::Body)
        .pad_xy(2.0, 1.0)
        .at_least(SIGN_BUTTON_MM, SIGN_BUTTON_MM)
        .rigid()
}

/// A button that shows a sign; its label is what is read. Filled while what it switches is on.
fn sign_alone(node: Node, sign: Icon, on: bool) -> Node {
    let ink = if on { Colour::OnPrimary } else { Colour::Text };
    let mut node = node
        .pad_xy(0.0, 0.0)
        .at_least(SIGN_BUTTON_MM, SIGN_BUTTON_MM)
        .rigid();
    node.icon = None;
    node.children = vec![icon(sign, SIGN_MM).ink(ink)];
    if on { node.primary() } else { node }
}
