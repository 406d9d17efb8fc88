// SPDX-License-Identifier: MIT OR Apache-2.0
//! `jp.uketsuke.Screen1`: how the screen presents itself.

use serde::{Deserialize, Serialize};
use zbus::Type;

/// A language of the screen. On the bus and in the configuration it goes by its short name
/// ([`Self::as_str`]).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// 日本語.
    #[default]
    Ja,
    /// やさしい日本語: short sentences, easy words.
    JaEasy,
    /// English.
    En,
    /// Chinese, simplified (简体中文).
    Zh,
    /// Korean (한국어).
    Ko,
    /// Vietnamese (Tiếng Việt).
    Vi,
    /// Portuguese of Brazil (Português).
    Pt,
}

impl Language {
    /// Every language, in the order in which a choice of them offers them.
    pub const ALL: [Self; 7] = [
        Self::Ja,
        Self::JaEasy,
        Self::En,
        Self::Zh,
        Self::Ko,
        Self::Vi,
        Self::Pt,
    ];

    /// The short name: on the bus, in the configuration, in file names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::JaEasy => "ja-easy",
            Self::En => "en",
            Self::Zh => "zh",
            Self::Ko => "ko",
            Self::Vi => "vi",
            Self::Pt => "pt",
        }
    }

    /// The BCP 47 tag, for whatever picks fonts, plurals or a voice by it. やさしい日本語 has no
    /// registered subtag, so its tag is a private one.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::JaEasy => "ja-x-easy",
            Self::En => "en",
            Self::Zh => "zh-Hans",
            Self::Ko => "ko",
            Self::Vi => "vi",
            Self::Pt => "pt-BR",
        }
    }
}

/// The colours of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum Contrast {
    /// Calm colours; text at 7:1 and more.
    #[default]
    Normal,
    /// White and yellow on black; text at 15:1 and more.
    High,
}

impl Contrast {
    /// Both, the usual one first.
    pub const ALL: [Self; 2] = [Self::Normal, Self::High];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

/// The size of the text that a patient asked for. A view whose text would not fit is shown a little
/// smaller, never smaller than `Normal`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum Text {
    /// Readable at 50 cm at the age of 70.
    #[default]
    Normal,
    /// Capitals of at least 4.8 mm.
    Large,
    /// Capitals of at least 6.1 mm: 0.7 degrees at 50 cm.
    Largest,
}

impl Text {
    /// All sizes, the smallest first.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Large, Self::Largest];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Large => "large",
            Self::Largest => "largest",
        }
    }
}

/// Where the things to touch lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Where a standing hand finds them best.
    #[default]
    Normal,
    /// All in the lower half of the glass, for a hand that comes from a wheelchair.
    Low,
}

impl Layout {
    /// Both, the usual one first.
    pub const ALL: [Self; 2] = [Self::Normal, Self::Low];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

/// What a patient chose, or was given, to see and to reach the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ease {
    /// The colours.
    pub contrast: Contrast,
    /// The size of the text.
    pub text: Text,
    /// Where the things to touch lie.
    pub layout: Layout,
}

/// Presentation of the screen; nothing about what is shown.
#[zbus::proxy(
    interface = "jp.uketsuke.Screen1",
    default_service = "jp.uketsuke.Screen1",
    default_path = "/jp/uketsuke/Screen1"
)]
pub trait Screen1 {
    /// Language until the session ends; the next patient gets the configured one again. Only a
    /// language that the configuration offers can be set.
    #[zbus(property)]
    fn language(&self) -> Result<Language, zbus::fdo::Error>;

    /// See the getter.
    #[zbus(property)]
    fn set_language(&self, language: Language) -> Result<(), zbus::fdo::Error>;

    /// Colours until the session ends; the next patient gets the configured ones again.
    #[zbus(property)]
    fn contrast(&self) -> Result<Contrast, zbus::fdo::Error>;

    /// Size of the text that was asked for, as long as the colours.
    #[zbus(property)]
    fn text(&self) -> Result<Text, zbus::fdo::Error>;

    /// Where the things to touch lie, as long as the colours.
    #[zbus(property)]
    fn layout(&self) -> Result<Layout, zbus::fdo::Error>;

    /// The glass that is lit, in words: kind first (`kms`, `fbdev`, `panel`), then device, connector
    /// and pixels.
    #[zbus(property(emits_changed_signal = "const"))]
    fn output(&self) -> Result<String, zbus::fdo::Error>;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_short_name_is_the_one_on_the_wire() {
        for language in Language::ALL {
            let wire = serde_json::to_value(language).unwrap();
            assert_eq!(wire, language.as_str());
        }
    }
}
