// SPDX-License-Identifier: MIT OR Apache-2.0
//! Staff vouch for a patient: S-01, S-02. S-03 is P-13.

use uketsuke_bus::mode1::Form;

use super::frame::{self, Telling};
use super::{Scene, identity};
use crate::texts::key;
use crate::ui::node::*;

/// A longer wait is told in hours, rounded up: nobody stands there counting.
const LONGEST_IN_MINUTES: u32 = 90;

/// S-01: the pad, or why no passcode can be tried.
pub(super) fn passcode(scene: &Scene<'_>, digits: u8) -> Node {
    let wait = |seconds: u32| {
        let minutes = seconds.div_ceil(60);
        if minutes <= LONGEST_IN_MINUTES {
            scene.with(key::PASSCODE_WAIT_DO, [("minutes", minutes.into())])
        } else {
            let hours = minutes.div_ceil(60);
            scene.with(key::PASSCODE_WAIT_HOURS_DO, [("hours", hours.into())])
        }
    };
    let (title, then) = match scene.view.form {
        Some(Form::WaitPasscode) => (key::PASSCODE_WAIT, scene.view.wait_s.map(wait)),
        Some(Form::ClosedPasscode) => (
            key::PASSCODE_CLOSED,
            Some(scene.text(key::PASSCODE_CLOSED_DO)),
        ),
        _ => return identity::pin(scene, digits),
    };
    let telling = Telling {
        above: None,
        title: scene.text(title),
        heard: None,
        then: then.into_iter().collect(),
        art: Icon::Lock,
        art_label: title,
    };
    frame::told(scene, telling)
}

/// S-02: look, then have the card placed.
pub(super) fn visual(scene: &Scene<'_>) -> Node {
    let telling = Telling {
        above: None,
        title: scene.text(key::VISUAL_BEGIN),
        heard: None,
        then: vec![scene.text(key::VISUAL_DO)],
        art: Icon::PlaceCard,
        art_label: key::PLACE_CARD_PICTURE,
    };
    frame::told(scene, telling)
}
