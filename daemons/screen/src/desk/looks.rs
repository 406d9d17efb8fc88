// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a view is looked at, and when it is still the same one.

use uketsuke_bus::mode1::{Details, View};
use uketsuke_bus::screen1::{Ease, Language};

use super::Setup;
use crate::ui::node::Scale;
use crate::views::Overlay;
use crate::{shuffle, views};

/// How a view is looked at.
#[derive(Clone, Copy)]
pub(super) struct Looks {
    pub(super) overlay: Option<Overlay>,
    pub(super) language: Language,
    pub(super) pin_digits: u8,
    pub(super) pad_order: shuffle::Order,
    pub(super) ease: Ease,
    pub(super) scale: Scale,
}

impl Looks {
    pub(super) fn model<'a>(
        self,
        setup: &'a Setup,
        view: Option<&'a View>,
        details: &'a Details,
    ) -> views::Model<'a> {
        views::Model {
            view,
            details,
            overlay: self.overlay,
            language: self.language,
            languages: &setup.usual.languages,
            pin_digits: self.pin_digits,
            pad_order: self.pad_order,
            facility: &setup.usual.facility,
            panel: setup.size,
            ease: self.ease,
            scale: self.scale,
        }
    }
}

/// Whether the very next view is the same pad with the time-out warning put up or taken down: the
/// digits of somebody slow are kept then. On any other change they are wiped.
pub(super) fn only_warned(old: Option<&View>, new: Option<&View>) -> bool {
    let (Some(old), Some(new)) = (old, new) else {
        return false;
    };
    let mut same = new.clone();
    same.number = old.number;
    same.warning_s = old.warning_s;
    same.choices.clone_from(&old.choices);
    new.number == old.number + 1 && new.pad == Some(true) && same == *old
}
