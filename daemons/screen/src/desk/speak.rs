// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the desk has to say aloud; see [`crate::speech`].

use uketsuke_bus::screen1::Language;

use super::{Desk, Looks};
use crate::speech::heard;
use crate::speech::{Heard, Order, Place, help, spoken};
use crate::views;

impl Desk {
    /// What the voice is asked, if anything new is to be heard.
    pub fn take_speech(&mut self) -> Option<Order> {
        let id = self.view.as_ref().map(|view| view.id);
        let language = spoken(self.language);
        let place = Place {
            view: id,
            overlay: self.overlay(),
            language,
            pad: self.pads,
        };
        let heard = self.speech.speaks(id).then(|| self.hear(language));
        self.speech.turn(place, heard);
        self.speech.take_order()
    }

    fn hear(&self, language: Language) -> Heard {
        let looks = Looks {
            language,
            ..self.looks()
        };
        let model = looks.model(&self.setup, self.view.as_ref(), &self.details);
        let tree = views::view(&model);
        let ring = self.focus.as_deref();
        Heard {
            words: heard::words(&tree, language),
            ring: ring.and_then(|action| heard::label(&tree, action, language)),
            help: Some(help(language)),
        }
    }
}
