// SPDX-License-Identifier: MIT OR Apache-2.0
//! `reader.toml`, the one file that sets a reader up.
//!
//! Read order: defaults in code, `reader.toml`, then `reader.d/*.toml` by name; a later file
//! replaces single keys of an earlier one. Every daemon reads and checks the whole configuration,
//! so that a mistake anywhere is found at once and nothing half-applies. A file is data only:
//! unknown keys, wrong types, values out of range, symlinks, bad UTF-8 and files over
//! [`MAX_BYTES`] are refused with file, line and key. `config/reader.toml` in the source tree shows
//! every key with its meaning, unit and range; a test holds it against the defaults here.
//! What a facility sets from the terminal is a [`Profile`], laid over these files.

mod camera;
mod card;
mod error;
mod facility;
mod mode;
mod profile;
mod receipt;
mod screen;
mod slot;
mod source;
mod terminal;
mod update;
mod uplink;
mod voice;

use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use camera::{CameraConfig, OneCameraConfig};
pub use card::CardConfig;
pub use error::{ConfigError, Problem, Problems};
pub use facility::{FacilityConfig, PrescriptionAsked, Prescriptions, Takes};
pub use mode::{ModeConfig, StaffButton};
pub use profile::{Own, PROFILE_BYTES, PROFILE_KEYS, Profile, Setting, write_profile};
pub use receipt::{FileEncoding, ReceiptConfig, Receipts};
pub use screen::{Output, Rotation, ScreenConfig, Voice};
pub use slot::SlotConfig;
pub use source::MAX_BYTES;
use source::Source;
pub use terminal::{Centre, DatabasePlace, Place, TerminalConfig};
pub use update::{Activation, Server, UpdateConfig, Window, has_user};
pub use uplink::UplinkConfig;
pub use voice::{Sound, VoiceConfig};

/// Where the configuration lies on a reader.
pub const DEFAULT_DIRECTORY: &str = "/etc/uketsuke";
/// Environment variable that names another directory (tests, bench).
pub const DIRECTORY_VARIABLE: &str = "UKETSUKE_CONFIG";

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reader {
    /// Who the reader serves.
    pub facility: FacilityConfig,
    /// Card sessions.
    pub card: CardConfig,
    /// The cameras.
    pub camera: CameraConfig,
    /// Times of the check-in.
    pub mode: ModeConfig,
    /// The way to the terminal.
    pub uplink: UplinkConfig,
    /// The terminal (資格確認端末).
    pub terminal: TerminalConfig,
    /// Display and touch.
    pub screen: ScreenConfig,
    /// Updates of the system.
    pub update: UpdateConfig,
    /// Where it sounds.
    pub voice: VoiceConfig,
}

impl Reader {
    /// Everything that is well-formed but cannot be meant.
    fn check(&self, problems: &mut Problems) {
        self.facility.check(problems);
        self.camera.check(problems);
        self.card.check(problems);
        self.mode.check(problems);
        self.uplink.check(problems);
        self.terminal.check(problems);
        self.screen.check(problems);
        self.update.check(problems);
        self.voice.check(problems);
        self.check_together(problems);
    }

    /// What each section allows, but not together.
    fn check_together(&self, problems: &mut Problems) {
        if self.terminal.place == Place::Here
            && self.terminal.centre_s.saturating_add(2) > self.uplink.request_s
        {
            problems.add(
                "terminal.centre_s",
                format!(
                    "{} s; at least 2 s shorter than `uplink.request_s`, which is {} s",
                    self.terminal.centre_s, self.uplink.request_s
                ),
            );
        }
    }
}

/// Loads from `$UKETSUKE_CONFIG`, or from [`DEFAULT_DIRECTORY`].
///
/// # Errors
/// [`ConfigError`] with every problem found, each with file, line and key.
pub fn load() -> Result<Reader, ConfigError> {
    load_from(&directory())
}

fn directory() -> PathBuf {
    std::env::var_os(DIRECTORY_VARIABLE).map_or_else(|| DEFAULT_DIRECTORY.into(), PathBuf::from)
}

/// Loads from `directory`; absent files leave the defaults.
///
/// # Errors
/// [`ConfigError`] with every problem found, each with file, line and key.
pub fn load_from(directory: &Path) -> Result<Reader, ConfigError> {
    assemble(&source::read_all(directory)?)
}

/// What the configuration would be with `text` as the file `path`, read after the `reader.toml` of
/// `directory` and instead of its `reader.d`. Nothing but that `reader.toml` is read.
///
/// # Errors
/// [`ConfigError`] with every problem found, each with file, line and key.
pub fn load_over(directory: &Path, path: &Path, text: &[u8]) -> Result<Reader, ConfigError> {
    let mut sources = Vec::new();
    sources.extend(source::read(&directory.join("reader.toml"))?);
    sources.push(Source::new(path, text.to_vec())?);
    assemble(&sources)
}

/// The line on which `text` sets a dotted key, or opens its section.
#[must_use]
pub fn line_of(text: &str, key: &str) -> Option<usize> {
    Source::new(Path::new(""), text.as_bytes().to_vec())
        .ok()?
        .line_of(key)
}

fn assemble(sources: &[Source]) -> Result<Reader, ConfigError> {
    let mut merged = toml::Table::new();
    let mut found = Vec::new();
    for source in sources {
        // Alone first: only a single file's own error has a line to point at.
        let (table, problems) = source.parse();
        found.extend(problems);
        source::merge(&mut merged, table);
    }
    let reader: Reader = match merged.try_into() {
        Ok(reader) => reader,
        Err(error) => {
            let file = sources.last().map(|s| s.path.clone()).unwrap_or_default();
            found.push(Problem::whole(&file, toml::de::Error::message(&error)));
            return Err(ConfigError { problems: found });
        }
    };
    let mut problems = Problems::default();
    reader.check(&mut problems);
    found.extend(problems.placed(sources));
    if found.is_empty() {
        Ok(reader)
    } else {
        Err(ConfigError { problems: found })
    }
}

#[cfg(test)]
mod tests;
