// SPDX-License-Identifier: MIT OR Apache-2.0
//! The face before the reader: P-03, F-01, F-02, F-05.
//!
//! One hint at a time, the one that helps now. The way aside is there from the first moment on, and looks
//! like one: nobody is pushed from the face to the PIN, and nobody has to wait for it.

use uketsuke_bus::mode1::Action;
use uketsuke_bus::view::Hint;

use super::frame::{self, Telling};
use super::{Scene, choices, identity};
use crate::texts::{Key, key};
use crate::ui::node::*;

/// P-03: look at the camera, and what would help.
pub(super) fn compare(scene: &Scene<'_>) -> Node {
    let hint = match scene.view.hint {
        Some(hint) if hint.is_trouble() => words(hint),
        _ => key::FACE_HOLD,
    };
    frame::mirrored(scene, seen(scene, key::FACE_LOOK, Some(hint)))
}

/// F-02: what keeps the face from being seen, and what else can be done.
pub(super) fn unclear(scene: &Scene<'_>) -> Node {
    let why = match scene.view.hint {
        Some(Hint::Backlight) => key::HINT_BACKLIGHT_LASTS,
        Some(hint) if hint.is_trouble() => words(hint),
        _ => key::FACE_LOOK,
    };
    frame::mirrored(scene, seen(scene, why, pin(scene)))
}

/// F-01: not found, with what is left.
pub(super) fn failed(scene: &Scene<'_>) -> Node {
    let again = choices::offered(scene, Action::Retry);
    let left = match (again, pin(scene)) {
        (true, Some(_)) => key::FACE_FAILED_DO,
        (true, None) => key::FACE_FAILED_AGAIN,
        (false, Some(pin)) => pin,
        (false, None) => key::ASK_RECEPTION,
    };
    let left = text(scene.text(left)).size(TextSize::Lead);
    identity::choice(scene, scene.text(key::FACE_FAILED), left)
}

/// F-05: the number on the card's front.
pub(super) fn number(scene: &Scene<'_>) -> Node {
    // What to do is all that is said, and takes the room.
    let telling = Telling {
        above: None,
        title: scene.text(key::NUMBER_UNREAD),
        heard: None,
        then: Vec::new(),
        art: Icon::PlaceCard,
        art_label: key::PLACE_CARD_PICTURE,
    };
    frame::told(scene, telling)
}

/// That there is a PIN, where there is.
fn pin(scene: &Scene<'_>) -> Option<Key> {
    choices::offered(scene, Action::Pin).then_some(key::FACE_PIN)
}

/// Words beside the mirror.
fn seen(scene: &Scene<'_>, title: Key, then: Option<Key>) -> Telling {
    let then = then.map(|words| scene.text(words));
    Telling {
        above: None,
        title: scene.text(title),
        heard: None,
        then: then.into_iter().collect(),
        art: Icon::Face,
        art_label: key::FACE_PICTURE,
    }
}

/// What a hint is told in.
fn words(hint: Hint) -> Key {
    match hint {
        Hint::LookHere => key::FACE_LOOK,
        Hint::HoldStill => key::FACE_HOLD,
        Hint::Closer => key::HINT_CLOSER,
        Hint::RaiseFace => key::HINT_RAISE,
        Hint::TooDark => key::HINT_DARK,
        Hint::Backlight => key::HINT_BACKLIGHT,
        Hint::Covered => key::HINT_COVERED,
        Hint::OnePerson => key::HINT_ONE_PERSON,
    }
}
