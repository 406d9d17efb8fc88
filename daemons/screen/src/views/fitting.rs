// SPDX-License-Identifier: MIT OR Apache-2.0
//! A view at the size of text that the patient asked for, as far as its words fit.

use uketsuke_bus::screen1::{Contrast, Ease, Layout, Text};

use super::{Model, view};
use crate::ui::check::{misfits, too_high};
use crate::ui::node::{Node, Scale};
use crate::ui::scene::Scene;
use crate::ui::theme::Palette;

/// The size of text that was asked for.
#[must_use]
pub fn wanted(ease: Ease) -> Scale {
    match ease.text {
        Text::Normal => Scale::NORMAL,
        Text::Large => Scale::LARGE,
        Text::Largest => Scale::LARGEST,
    }
}

/// The colours that were asked for.
#[must_use]
pub fn palette(ease: Ease) -> Palette {
    match ease.contrast {
        Contrast::Normal => Palette::Calm,
        Contrast::High => Palette::Contrast,
    }
}

/// The view of a model at the largest scale from `model.scale` down at which nothing is clipped,
/// overlaps or gets too small to touch, for [`Scene::show`] of `on`. Its root carries the scale.
///
/// Nothing but the model and the glass decides, so the same view always looks the same.
#[must_use]
pub fn fitting(on: &mut Scene, model: &Model<'_>) -> Node {
    let panel = *on.panel();
    for scale in model.scale.and_smaller() {
        let made = view(&Model { scale, ..*model });
        // At the usual size every view fits, which tests see to; what is shown has been tried.
        if scale == Scale::NORMAL || on.looks_like(&made) {
            return made;
        }
        let laid = on.try_out(made.clone());
        let low = model.ease.layout == Layout::Low;
        if misfits(laid, &panel).is_empty() && (!low || too_high(laid, &panel).is_empty()) {
            return made;
        }
    }
    view(&Model {
        scale: Scale::NORMAL,
        ..*model
    })
}
