// SPDX-License-Identifier: MIT OR Apache-2.0
//! `jp.uketsuke.Voice1`: plays recordings made at build time, and nothing else.
//!
//! Orders are names of recordings, never words: what was not recorded cannot be said, so no name, no
//! hospital and no digit of a PIN ever can be. The screen has the list of what there is.

use serde::{Deserialize, Serialize};
use zbus::Type;

/// Most recordings of one order: a view's words with every choice of it are fewer.
pub const MOST_RECORDINGS: usize = 32;
/// Most bytes of a recording's name.
pub const NAME_BYTES: usize = 40;

/// How loud it is said. The next patient gets [`Self::Normal`] again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum Loudness {
    /// As the mixer is set up.
    #[default]
    Normal,
    /// Twice the amplitude of normal: 6 dB more.
    Loud,
    /// Four times the amplitude: 12 dB more. Recordings are made with that much room, so nothing is
    /// clipped.
    Loudest,
}

impl Loudness {
    /// All, the usual one first.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Loud, Self::Loudest];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Loud => "loud",
            Self::Loudest => "loudest",
        }
    }

    /// What comes after this one when somebody asks for more; after the last the first.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Normal => Self::Loud,
            Self::Loud => Self::Loudest,
            Self::Loudest => Self::Normal,
        }
    }
}

/// Why nothing is said.
#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "jp.uketsuke.Voice1.Error")]
pub enum VoiceError {
    /// The bus itself failed.
    #[zbus(error)]
    ZBus(zbus::Error),
    /// There is no such recording, its file is broken, no recording at all was named, or too many
    /// were; the text says which. It is for a developer's eyes: never log it, it tells what a patient
    /// chose.
    NoRecording(String),
    /// Nothing that sounds is plugged in, or it failed; it is looked for anew with each order.
    NoSound(String),
}

/// The voice. What is ordered takes the place of what is being said.
#[zbus::proxy(
    interface = "jp.uketsuke.Voice1",
    default_service = "jp.uketsuke.Voice1",
    default_path = "/jp/uketsuke/Voice1"
)]
pub trait Voice1 {
    /// Says recordings one after the other, from now on; answers when the first can be heard, or when
    /// a newer order or `Hush` came first. 1 to [`MOST_RECORDINGS`] names, of lower case letters,
    /// digits and `-`.
    ///
    /// Errors: `NoRecording` (and goes on with what is being said, unless it is the file that is
    /// broken), `NoSound`.
    fn say(&self, recordings: Vec<String>, loudness: Loudness) -> Result<(), VoiceError>;

    /// Says no more.
    fn hush(&self) -> Result<(), VoiceError>;

    /// Where it sounds, in words: the kind of sink, and its device.
    #[zbus(property(emits_changed_signal = "const"))]
    fn output(&self) -> Result<String, zbus::fdo::Error>;

    /// How many recordings there are.
    #[zbus(property(emits_changed_signal = "const"))]
    fn recordings(&self) -> Result<u32, zbus::fdo::Error>;
}
