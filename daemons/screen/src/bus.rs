// SPDX-License-Identifier: MIT OR Apache-2.0
//! `jp.uketsuke.Screen1` as served.

use uketsuke_bus::screen1::{Contrast, Ease, Language, Layout, Text};
use zbus::interface;

use crate::desk::Event;
use crate::drawing::{Order, Orders};

/// The served object.
pub struct Screen1 {
    /// The language shown now.
    pub language: Language,
    /// Those that the configuration offers.
    pub languages: Vec<Language>,
    /// Text size, colours and layout that were asked for.
    pub ease: Ease,
    /// The glass, as [`crate::output::Output::name`] says it.
    pub output: String,
    /// The way to the drawing thread.
    pub orders: Orders,
}

#[interface(name = "jp.uketsuke.Screen1")]
impl Screen1 {
    /// Language of the screen until the session ends; the next patient gets the configured one.
    /// One of `ja`, `ja-easy` (やさしい日本語), `en`, `zh` (simplified), `ko`, `vi`, `pt` (Brazil), as
    /// far as the configuration offers it; another one is refused with `InvalidArgs`.
    #[zbus(property)]
    fn language(&self) -> Language {
        self.language
    }

    /// See the getter.
    #[zbus(property)]
    fn set_language(&mut self, language: Language) -> zbus::fdo::Result<()> {
        if !self.languages.contains(&language) {
            let name = language.as_str();
            return Err(zbus::fdo::Error::InvalidArgs(format!(
                "{name} is not among screen.languages"
            )));
        }
        if !self.orders.send(Order::Event(Event::Language(language))) {
            return Err(zbus::fdo::Error::Failed(
                "the drawing thread has ended".to_owned(),
            ));
        }
        self.language = language;
        Ok(())
    }

    /// Colours until the session ends; the next patient gets the configured ones. One of `normal`,
    /// `high`.
    #[zbus(property)]
    fn contrast(&self) -> Contrast {
        self.ease.contrast
    }

    /// Size of the text that was asked for, until the session ends. A view whose words would not
    /// fit is shown smaller. One of `normal`, `large`, `largest`.
    #[zbus(property)]
    fn text(&self) -> Text {
        self.ease.text
    }

    /// Where the things to touch lie until the session ends: `normal`, or `low`, all in the lower
    /// half of the glass.
    #[zbus(property)]
    fn layout(&self) -> Layout {
        self.ease.layout
    }

    /// The glass that is lit, in words: kind first (`kms`, `fbdev`, `panel`), then device,
    /// connector and pixels. The self-test judges by the kind whether a patient can see anything.
    #[zbus(property(emits_changed_signal = "const"))]
    fn output(&self) -> &str {
        &self.output
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use zbus::object_server::Interface;

    #[test]
    fn served_interface_is_the_committed_contract() {
        let (reports, _heard) = tokio::sync::mpsc::unbounded_channel();
        let (orders, _drawing) = crate::drawing::prepare(reports).unwrap();
        let mut served = String::new();
        let object = Screen1 {
            language: Language::Ja,
            languages: vec![Language::Ja],
            ease: Ease::default(),
            output: "memory".to_owned(),
            orders,
        };
        object.introspect_to_writer(&mut served, 0);
        uketsuke_bus::contract::assert_contract("jp.uketsuke.Screen1.xml", &served);
    }
}
