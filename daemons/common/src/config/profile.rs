// SPDX-License-Identifier: MIT OR Apache-2.0
//! The facility profile (環境設定情報更新): what a facility may set from the terminal, as TOML like that of
//! `reader.toml`, read and refused by the same code and laid over the reader's own files.
//!
//! It names what it sets and nothing else: what it does not name stays as the reader's own files have it.
//! What belongs to the box, to its keys or to the way to the terminal is no setting of a facility: a
//! terminal that is not what it says it is could else send the reader elsewhere. Nor is when the button
//! for staff comes, which has to do with passcodes.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::{ConfigError, Problem};
use super::source::{self, Source};
use super::{Reader, assemble, directory};

/// Most bytes of a profile; one that sets everything has less than a third of it.
pub const PROFILE_BYTES: usize = 4096;

/// What a facility may set, by dotted key, in the order of `reader.toml`.
pub const PROFILE_KEYS: [&str; 25] = [
    "facility.name",
    "facility.diagnosis_names",
    "facility.takes",
    "facility.prescriptions",
    "facility.prescription_asked",
    "facility.medical_subsidy",
    "facility.high_cost_asked",
    "facility.record_sharing",
    "facility.phones",
    "mode.question_s",
    "mode.warning_s",
    "mode.resume_s",
    "mode.done_reminder_s",
    "mode.staff_call_s",
    "mode.message_s",
    "mode.link_s",
    "mode.face_attempts",
    "mode.visual_run_min",
    "screen.language",
    "screen.languages",
    "screen.contrast",
    "screen.text",
    "screen.layout",
    "screen.shuffle_pad",
    "screen.voice",
];

/// What a profile is called in a [`Problem`].
const NAME: &str = "profile";

/// One setting of a profile, in the types that its keys have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A word or a name.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Switch(bool),
    /// Words, in their order.
    List(Vec<String>),
}

/// A profile whose every line is one a facility may set. Whether it goes with what it is laid over is
/// for [`Own::under`] to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    text: String,
    settings: BTreeMap<&'static str, Setting>,
}

impl Profile {
    /// Reads one.
    ///
    /// # Errors
    /// [`ConfigError`] with every key that is unknown, not a facility's to set, or of another type.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if text.len() > PROFILE_BYTES {
            let what = format!("larger than {PROFILE_BYTES} bytes");
            return Err(ConfigError::one(Problem::whole(Path::new(NAME), what)));
        }
        let (table, mut problems) = source(text)?.parse();
        let mut settings = BTreeMap::new();
        for (section, values) in &table {
            let keys = values.as_table().into_iter().flatten();
            for (key, value) in keys {
                let dotted = format!("{section}.{key}");
                let known = PROFILE_KEYS.into_iter().find(|key| *key == dotted);
                match known.and_then(|key| Some((key, setting(value)?))) {
                    Some((key, setting)) => {
                        settings.insert(key, setting);
                    }
                    None => problems.push(Problem {
                        file: NAME.into(),
                        line: super::line_of(text, &dotted),
                        key: Some(dotted),
                        what: "not set from the terminal, but in the reader's own reader.toml"
                            .into(),
                    }),
                }
            }
        }
        if problems.is_empty() {
            let text = text.to_owned();
            Ok(Self { text, settings })
        } else {
            Err(ConfigError { problems })
        }
    }

    /// The TOML, as it was read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it sets.
    #[must_use]
    pub fn settings(&self) -> &BTreeMap<&'static str, Setting> {
        &self.settings
    }
}

/// Writes settings as the TOML of a profile. Whether it is one is for [`Profile::parse`] to say.
#[must_use]
pub fn write_profile(settings: &BTreeMap<&'static str, Setting>) -> String {
    let mut document = toml::Table::new();
    for (dotted, setting) in settings {
        let (section, key) = dotted.split_once('.').unwrap_or((dotted, ""));
        let section = document
            .entry(section)
            .or_insert_with(|| toml::Value::Table(toml::Table::new()));
        if let toml::Value::Table(section) = section {
            section.insert(key.to_owned(), value(setting));
        }
    }
    document.to_string()
}

fn value(setting: &Setting) -> toml::Value {
    match setting {
        Setting::Text(text) => text.as_str().into(),
        Setting::Number(number) => (*number).into(),
        Setting::Switch(on) => (*on).into(),
        Setting::List(words) => words.clone().into(),
    }
}

fn setting(value: &toml::Value) -> Option<Setting> {
    match value {
        toml::Value::String(text) => Some(Setting::Text(text.clone())),
        toml::Value::Integer(number) => Some(Setting::Number(*number)),
        toml::Value::Boolean(on) => Some(Setting::Switch(*on)),
        toml::Value::Array(words) => {
            let word = |word: &toml::Value| word.as_str().map(str::to_owned);
            words
                .iter()
                .map(word)
                .collect::<Option<_>>()
                .map(Setting::List)
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

fn source(text: &str) -> Result<Source, ConfigError> {
    Source::new(Path::new(NAME), text.as_bytes().to_vec())
}

/// The reader's own files as they were when they were read. Edited later they count from the next start
/// on, so that a profile does not bring half of an edit with it.
#[derive(Clone, Default)]
pub struct Own(Vec<Source>);

impl Own {
    /// Reads those of `$UKETSUKE_CONFIG`, or of [`super::DEFAULT_DIRECTORY`].
    ///
    /// # Errors
    /// [`ConfigError`] where a file cannot be read.
    pub fn load() -> Result<Self, ConfigError> {
        Self::load_from(&directory())
    }

    /// Reads those of `directory`.
    ///
    /// # Errors
    /// [`ConfigError`] where a file cannot be read.
    pub fn load_from(directory: &Path) -> Result<Self, ConfigError> {
        source::read_all(directory).map(Self)
    }

    /// The configuration without a profile.
    ///
    /// # Errors
    /// [`ConfigError`] with every problem found.
    pub fn alone(&self) -> Result<Reader, ConfigError> {
        assemble(&self.0)
    }

    /// The configuration with `profile` laid over it.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that the two cannot be together.
    pub fn under(&self, profile: &Profile) -> Result<Reader, ConfigError> {
        let mut sources = self.0.clone();
        sources.push(source(&profile.text)?);
        assemble(&sources)
    }
}

#[cfg(test)]
mod tests;
