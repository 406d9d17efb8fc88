// SPDX-License-Identifier: MIT OR Apache-2.0
//! The screen's own buttons, in the bar at the lower edge of every view: everything lower
//! (車いす), language, text and colours. They lie where a hand from a wheelchair reaches them, in
//! either layout.

use uketsuke_bus::screen1::Layout;

use super::{Overlay, Scene, frame};
use crate::texts::{Language, catalogue, key};
use crate::ui::node::*;

/// Side of a button that shows a sign alone, mm.
const SIGN_BUTTON_MM: f32 = MIN_TARGET_MM;
/// Side of its sign, mm.
const SIGN_MM: f32 = 10.5;
/// Room for the label of the language button, and its width, mm.
const LANGUAGE_LABEL_MM: f32 = 25.0;
const LANGUAGE_MM: f32 = 36.0;
/// Room for the label of the button for text and colours on a tall panel, mm.
const EASE_LABEL_MM: f32 = 22.0;
/// Room between the buttons, mm.
const GAP_MM: f32 = 3.0;

/// The screen's own buttons at the left, always in the same place, and at the right what else the
/// view has there.
pub(super) fn bar(scene: &Scene<'_>, aside: Option<Node>) -> Node {
    let crowded = aside.as_ref().is_some_and(|row| {
        let signs = row.children.iter().any(|button| button.icon.is_some());
        row.children.len() > 1 || signs
    });
    let own = [wheelchair(scene)]
        .into_iter()
        .chain(language(scene))
        .chain([ease(scene, crowded)]);
    let aside = aside.into_iter().flat_map(|aside| [spacer(), aside]);
    row(own.chain(aside))
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

/// Opens the choice of languages, where there is one, and closes it. The globe says it to whoever
/// cannot read the present language, an English voice to whoever hears it.
fn language(scene: &Scene<'_>) -> Option<Node> {
    if scene.languages.len() < 2 {
        return None;
    }
    let words = scene.text(key::LANGUAGE_BUTTON);
    let sizes = [TextSize::Body, TextSize::Note];
    let size = frame::fit(scene, &words, LANGUAGE_LABEL_MM, 1, &sizes);
    let heard = catalogue(Language::En).text(key::LANGUAGE_BUTTON);
    let node = button(words, LANGUAGES_ACTION).heard_in(Language::En, heard);
    let node = node.size(size);
    let open = scene.overlay == Some(Overlay::Languages);
    let room = scene.scale == Scale::NORMAL && (scene.wide() || !scene.low());
    if !room {
        return Some(sign_alone(node, Icon::Language, open));
    }
    let node = node
        .icon(Icon::Language)
        .pad_xy(1.5, 1.0)
        .gap(1.5)
        .width(Length::Mm(LANGUAGE_MM))
        .at_least(SIGN_BUTTON_MM, SIGN_BUTTON_MM)
        .rigid();
    Some(if open { node.primary() } else { node })
}

/// Opens the choice of text size and colours, and closes it.
fn ease(scene: &Scene<'_>, crowded: bool) -> Node {
    let words = scene.text(key::EASE);
    let sizes = [TextSize::Body, TextSize::Note];
    let size = frame::fit(scene, &words, EASE_LABEL_MM, 1, &sizes);
    let node = button(words, EASE_ACTION).size(size);
    // On a tall panel nothing stands beside it; the pad takes half of a wide one.
    let beside_pad = scene.wide() && scene.view.pad == Some(true);
    let room =
        scene.scale == Scale::NORMAL && !crowded && !beside_pad && (!scene.low() || scene.wide());
    let open = scene.overlay == Some(Overlay::Ease);
    if !room {
        return sign_alone(node, Icon::Letters, open);
    }
    let node = node
        .icon(Icon::Letters)
        .pad_xy(2.0, 1.0)
        .at_least(SIGN_BUTTON_MM, SIGN_BUTTON_MM)
        .rigid();
    if open { node.primary() } else { node }
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
