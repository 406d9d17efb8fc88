// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[screen]`: display and touch.

use std::path::PathBuf;

use serde::Deserialize;
use uketsuke_bus::screen1::{Contrast, Language, Layout, Text};

use super::Problems;

/// Where the picture goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// A display of the kernel's mode setting; the frame buffer device where there is none.
    Kms,
    /// The old frame buffer device.
    Fbdev,
    /// Shared memory and injected touch, for the bench and for panels driven by another program.
    Panel,
}

/// When the screen says its views aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voice {
    /// From the first key of a keypad until the patient has gone.
    Keypad,
    /// To every patient, from the card on.
    Always,
    /// Never.
    Off,
}

/// How far the panel is turned clockwise against its native orientation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u16")]
pub enum Rotation {
    /// 0°.
    None,
    /// 90°.
    Quarter,
    /// 180°.
    Half,
    /// 270°.
    ThreeQuarters,
}

impl TryFrom<u16> for Rotation {
    type Error = String;

    fn try_from(degrees: u16) -> Result<Self, String> {
        match degrees {
            0 => Ok(Self::None),
            90 => Ok(Self::Quarter),
            180 => Ok(Self::Half),
            270 => Ok(Self::ThreeQuarters),
            other => Err(format!("{other} degrees; 0, 90, 180 or 270 are possible")),
        }
    }
}

/// `[screen]` of `reader.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScreenConfig {
    /// Where the picture goes.
    pub output: Output,
    /// Directory of the panel's frame and socket; only with `output = "panel"`.
    pub panel: PathBuf,
    /// Pixels of a panel that cannot say so itself (`output = "panel"`); 320 to 4096 each.
    pub pixels: (u32, u32),
    /// Width of the visible area in its native orientation, in mm; 60 to 600.
    pub width_mm: u32,
    /// Height of the visible area in its native orientation, in mm; 60 to 600.
    pub height_mm: u32,
    /// Clockwise turn of the picture against the native orientation, in degrees.
    pub rotate: Rotation,
    /// Language a new patient meets; one of `languages`.
    pub language: Language,
    /// Languages a patient can choose from, in the order in which they are offered; each once.
    pub languages: Vec<Language>,
    /// Colours a new patient meets.
    pub contrast: Contrast,
    /// Size of the text a new patient meets.
    pub text: Text,
    /// Where the things to touch lie for a new patient.
    pub layout: Layout,
    /// A second touch of the same key within this time is ignored; 0 to 500 ms.
    pub same_key_ms: u32,
    /// The digits of the pad in another order each time it is shown.
    pub shuffle_pad: bool,
    /// Keypads on USB are used.
    pub keypad: bool,
    /// When views are said aloud.
    pub voice: Voice,
    /// Two notes when it is done, three again and again where something lies on the reader.
    pub chimes: bool,
}

impl Default for ScreenConfig {
    fn default() -> Self {
        Self {
            output: Output::Kms,
            panel: PathBuf::from("/run/uketsuke/screen"),
            pixels: (1280, 800),
            width_mm: 172,
            height_mm: 108,
            rotate: Rotation::None,
            language: Language::Ja,
            languages: Language::ALL.to_vec(),
            contrast: Contrast::Normal,
            text: Text::Normal,
            layout: Layout::Normal,
            same_key_ms: 100,
            shuffle_pad: false,
            keypad: true,
            voice: Voice::Keypad,
            chimes: true,
        }
    }
}

impl ScreenConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        problems.range("screen.pixels", self.pixels.0, 320..=4096, "pixels");
        problems.range("screen.pixels", self.pixels.1, 320..=4096, "pixels");
        problems.range("screen.width_mm", self.width_mm, 60..=600, "mm");
        problems.range("screen.height_mm", self.height_mm, 60..=600, "mm");
        problems.range("screen.same_key_ms", self.same_key_ms, 0..=500, "ms");
        self.check_languages(problems);
        if !self.panel.is_absolute() {
            problems.add("screen.panel", "not an absolute path");
        }
    }

    fn check_languages(&self, problems: &mut Problems) {
        const KEY: &str = "screen.languages";
        let twice = (1..self.languages.len())
            .map(|at| self.languages.split_at(at))
            .find_map(|(before, rest)| rest.first().filter(|one| before.contains(one)));
        if let Some(twice) = twice {
            problems.add(KEY, format!("{:?} is there twice", twice.as_str()));
        }
        if self.languages.is_empty() {
            problems.add(KEY, "empty; at least one language, that of `language`");
        } else if !self.languages.contains(&self.language) {
            problems.add(
                KEY,
                format!(
                    "{:?} is missing, the language a new patient meets (`language`)",
                    self.language.as_str()
                ),
            );
        }
    }
}
