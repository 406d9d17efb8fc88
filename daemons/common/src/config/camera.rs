// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[camera.face]` and `[camera.card]`: which camera has which role, and what it is asked for.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Problems;
use super::slot::check_udev;

/// `[camera]` of `reader.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CameraConfig {
    /// The one before which the patient stands.
    pub face: OneCameraConfig,
    /// The one that sees the front of the card on the reader.
    pub card: OneCameraConfig,
}

/// One camera.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OneCameraConfig {
    /// udev properties that its device must have, letter by letter; there is no such camera where
    /// nothing is set.
    pub udev: BTreeMap<String, String>,
    /// Pixels across; 320 to 1920, a multiple of 16.
    pub width: u32,
    /// Pixels down; 240 to 1200, a multiple of 8.
    pub height: u32,
    /// Pictures a second; 5 to 60.
    pub rate: u32,
}

impl OneCameraConfig {
    /// Whether there is such a camera.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !self.udev.is_empty()
    }

    fn check(&self, keys: &Keys, problems: &mut Problems) {
        check_udev(&self.udev, keys.udev, problems);
        problems.range(keys.width, self.width, 320..=1920, "pixels");
        if !self.width.is_multiple_of(16) {
            problems.add(keys.width, format!("{}; a multiple of 16", self.width));
        }
        problems.range(keys.height, self.height, 240..=1200, "pixels");
        if !self.height.is_multiple_of(8) {
            problems.add(keys.height, format!("{}; a multiple of 8", self.height));
        }
        problems.range(keys.rate, self.rate, 5..=60, "pictures a second");
    }
}

impl Default for OneCameraConfig {
    fn default() -> Self {
        Self {
            udev: BTreeMap::new(),
            width: 640,
            height: 480,
            rate: 30,
        }
    }
}

impl Default for CameraConfig {
    fn default() -> Self {
        Self {
            face: OneCameraConfig::default(),
            // Its letters are small, and it lies still.
            card: OneCameraConfig {
                width: 1280,
                height: 720,
                rate: 10,
                ..OneCameraConfig::default()
            },
        }
    }
}

impl CameraConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        self.face.check(&FACE, problems);
        self.card.check(&CARD, problems);
        match (self.face.is_set(), self.card.is_set()) {
            (true, false) => problems.add(
                CARD.udev,
                "not set, and `camera.face` is; a face is compared with both cameras or not at all",
            ),
            (false, true) => problems.add(
                FACE.udev,
                "not set, and `camera.card` is; a face is compared with both cameras or not at all",
            ),
            (true, true) if self.face.udev == self.card.udev => problems.add(
                CARD.udev,
                "the same device as `camera.face`; each camera has its own",
            ),
            _ => {}
        }
    }
}

/// How the keys of a camera are called.
struct Keys {
    udev: &'static str,
    width: &'static str,
    height: &'static str,
    rate: &'static str,
}

const FACE: Keys = Keys {
    udev: "camera.face.udev",
    width: "camera.face.width",
    height: "camera.face.height",
    rate: "camera.face.rate",
};
const CARD: Keys = Keys {
    udev: "camera.card.udev",
    width: "camera.card.width",
    height: "camera.card.height",
    rate: "camera.card.rate",
};
