// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[voice]`: where it sounds.

use std::path::PathBuf;

use serde::Deserialize;

use super::Problems;

/// Longest name of an ALSA device, in bytes.
const DEVICE_BYTES: usize = 127;

/// Where it sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sound {
    /// A sound device of the kernel.
    Alsa,
    /// One WAV file for each order, at the speed of sound; for the bench and for tests.
    File,
}

/// `[voice]` of `reader.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoiceConfig {
    /// Where it sounds.
    pub output: Sound,
    /// Device as ALSA names it; only with `output = "alsa"`. The default is the first sound card, taken
    /// whole: ALSA's own default shares it among processes by means that the sandbox denies.
    pub device: String,
    /// Folder of the WAV files; only with `output = "file"`.
    pub files: PathBuf,
    /// Folder of the recordings.
    pub recordings: PathBuf,
}

impl Default for VoiceConfig {
    fn default() -> Self {
        Self {
            output: Sound::Alsa,
            device: "plughw".into(),
            files: PathBuf::from("/run/uketsuke/voice"),
            recordings: PathBuf::from("/usr/share/uketsuke/voice"),
        }
    }
}

impl VoiceConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        let printable = self.device.bytes().all(|b| b.is_ascii_graphic());
        if self.device.is_empty() || self.device.len() > DEVICE_BYTES || !printable {
            let what = format!("1 to {DEVICE_BYTES} printable ASCII characters without spaces");
            problems.add("voice.device", what);
        }
        if !self.files.is_absolute() {
            problems.add("voice.files", "not an absolute path");
        }
        if !self.recordings.is_absolute() {
            problems.add("voice.recordings", "not an absolute path");
        }
    }
}
