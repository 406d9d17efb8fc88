// SPDX-License-Identifier: MIT OR Apache-2.0
//! `reader.toml`, the one file that sets a reader up.
//!
//! Read order: defaults in code, `reader.toml`, then `reader.d/*.toml` by name; a later file
//! replaces single keys of an earlier one. Every daemon reads and checks the whole configuration,
//! so that a mistake anywhere is found at once and nothing half-applies. A file is data only:
//! unknown keys, wrong types, values out of range, symlinks, bad UTF-8 and files over
//! [`MAX_BYTES`] are refused with file, line and key. `config/reader.toml` in the source tree shows
//! every key with its meaning, unit and range; a test holds it against the defaults here.

mod card;
mod error;
mod facility;
mod mode;
mod screen;
mod source;
mod terminal;
mod update;
mod uplink;

use std::path::Path;

use serde::Deserialize;

pub use card::CardConfig;
pub use error::{ConfigError, Problem, Problems};
pub use facility::{FacilityConfig, Takes};
pub use mode::ModeConfig;
pub use screen::{Output, Rotation, ScreenConfig};
pub use source::MAX_BYTES;
pub use terminal::{Centre, Place, TerminalConfig};
pub use update::{Activation, Server, UpdateConfig, Window, has_user};
pub use uplink::UplinkConfig;

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
}

impl Reader {
    /// Everything that is well-formed but cannot be meant.
    fn check(&self, problems: &mut Problems) {
        self.facility.check(problems);
        self.card.check(problems);
        self.mode.check(problems);
        self.uplink.check(problems);
        self.terminal.check(problems);
        self.screen.check(problems);
        self.update.check(problems);
    }
}

/// Loads from `$UKETSUKE_CONFIG`, or from [`DEFAULT_DIRECTORY`].
///
/// # Errors
/// [`ConfigError`] with every problem found, each with file, line and key.
pub fn load() -> Result<Reader, ConfigError> {
    let directory =
        std::env::var_os(DIRECTORY_VARIABLE).unwrap_or_else(|| DEFAULT_DIRECTORY.into());
    load_from(Path::new(&directory))
}

/// Loads from `directory`; absent files leave the defaults.
///
/// # Errors
/// [`ConfigError`] with every problem found, each with file, line and key.
pub fn load_from(directory: &Path) -> Result<Reader, ConfigError> {
    let sources = source::read_all(directory)?;
    let mut merged = toml::Table::new();
    for source in &sources {
        // Alone first: only a single file's own error has a line to point at.
        let table = source.parse()?;
        source::merge(&mut merged, table);
    }
    let reader: Reader = merged
        .try_into()
        .map_err(|e: toml::de::Error| ConfigError::one(Problem::whole(directory, e.message())))?;
    let mut problems = Problems::default();
    reader.check(&mut problems);
    problems.into_result(&sources)?;
    Ok(reader)
}

#[cfg(test)]
mod tests;
