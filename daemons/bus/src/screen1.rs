// SPDX-License-Identifier: MIT OR Apache-2.0
//! `jp.uketsuke.Screen1`: how the screen presents itself.

use serde::{Deserialize, Serialize};
use zbus::Type;

/// A language of the screen.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// 日本語.
    #[default]
    Ja,
    /// English.
    En,
}

/// Presentation of the screen; nothing about what is shown.
#[zbus::proxy(
    interface = "jp.uketsuke.Screen1",
    default_service = "jp.uketsuke.Screen1",
    default_path = "/jp/uketsuke/Screen1"
)]
pub trait Screen1 {
    /// Language until the session ends; the next patient gets the configured one again.
    #[zbus(property)]
    fn language(&self) -> Result<Language, zbus::fdo::Error>;

    /// See the getter.
    #[zbus(property)]
    fn set_language(&self, language: Language) -> Result<(), zbus::fdo::Error>;

    /// The glass that is lit, in words: kind first (`kms`, `fbdev`, `panel`), then device, connector
    /// and pixels.
    #[zbus(property(emits_changed_signal = "const"))]
    fn output(&self) -> Result<String, zbus::fdo::Error>;
}
