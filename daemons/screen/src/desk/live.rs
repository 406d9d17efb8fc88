// SPDX-License-Identifier: MIT OR Apache-2.0
//! The mirror on the views about a face; see [`crate::mirror`].

use std::time::Instant;

use uketsuke_bus::mode1::{View, ViewId};
use uketsuke_face_preview::Reader;

use super::Desk;
use crate::mirror::{Look, Mirror, PACE};

/// Whether a view has a mirror: whoever is told what keeps him from being seen must see it.
pub fn has_mirror(view: Option<&View>) -> bool {
    view.is_some_and(|view| matches!(view.id, ViewId::Face | ViewId::FaceUnclear))
}

impl Desk {
    pub(super) fn put_up(&mut self, reader: Reader, now: Instant) {
        if has_mirror(self.view.as_ref()) {
            self.mirror = Some((Mirror::new(reader, now), now));
        }
    }

    /// Nothing of what was seen is kept when the next view is about something else (FACE-01).
    pub(super) fn take_down_unless(&mut self, next: Option<&View>) {
        if !has_mirror(next) && self.mirror.take().is_some() {
            self.show_live(None);
        }
    }

    pub(super) fn look_into_mirror(&mut self, now: Instant) {
        let Some((mirror, at)) = &mut self.mirror else {
            return;
        };
        if *at > now {
            return;
        }
        *at = now + PACE;
        // An overlay has no place for it.
        let look = match self.scene.live_size() {
            Some(size) => mirror.look(size, now),
            None => Look::Nothing,
        };
        match look {
            Look::New(picture) => self.show_live(Some(picture)),
            Look::Nothing => self.show_live(None),
            Look::Same => {}
        }
    }

    fn show_live(&mut self, picture: Option<crate::ui::picture::Picture>) {
        let damage = self.scene.set_live(picture);
        if !damage.is_empty() {
            self.damage.extend_from_slice(damage);
            self.changed = true;
        }
    }
}
