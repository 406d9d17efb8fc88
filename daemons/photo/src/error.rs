// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why there is no picture.

use std::path::PathBuf;
use std::time::Duration;

use crate::limits;

/// Why a photo gave no picture. Offsets are bytes from the photo's start; no variant says what stood there,
/// beyond numbers of its header.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// Empty, or longer than a card can hold.
    #[error("{bytes} bytes; a card's photo has 1 to {}", limits::MOST_BYTES)]
    Length {
        /// How many.
        bytes: usize,
    },
    /// The boxes around the picture are not those of JP2 (ITU-T T.800 Annex I).
    #[error("container, offset {at}: {what}")]
    Container {
        /// Where.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// The markers of the picture are not those of T.800 Annex A.
    #[error("codestream, offset {at}: {what}")]
    Codestream {
        /// Where.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A marker that no portrait needs, or that nobody knows.
    #[error("codestream, offset {at}: marker {marker:#06x} is not taken")]
    Marker {
        /// Where.
        at: usize,
        /// Which.
        marker: u16,
    },
    /// Smaller or larger than [`limits`] allow.
    #[error("offset {at}: {width}x{height} pixels; {least}x{least} to {most_width}x{most_height} are taken",
        least = limits::LEAST_SIDE, most_width = limits::MOST_WIDTH, most_height = limits::MOST_HEIGHT)]
    Size {
        /// Where the header says so.
        at: usize,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// Not one component.
    #[error("offset {at}: {components} components; one is taken")]
    Components {
        /// Where the header says so.
        at: usize,
        /// How many.
        components: u16,
    },
    /// Not 8 bits without sign.
    #[error("offset {at}: sample format {format:#04x}; 8 bits without sign (0x07) are taken")]
    Depth {
        /// Where the header says so.
        at: usize,
        /// Bits less one, and the sign in bit 7.
        format: u8,
    },
    /// Container and codestream do not speak of the same picture.
    #[error("codestream, offset {at}: {width}x{height} pixels are not the container's")]
    Disagreement {
        /// Where the codestream says so.
        at: usize,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// More tiles than [`limits::MOST_TILES`].
    #[error(
        "codestream, offset {at}: {tiles} tiles; {} are taken",
        limits::MOST_TILES
    )]
    Tiles {
        /// Where the header says so.
        at: usize,
        /// How many.
        tiles: u64,
    },
    /// More decompositions than [`limits::MOST_LEVELS`].
    #[error(
        "codestream, offset {at}: {levels} decompositions; {} are taken",
        limits::MOST_LEVELS
    )]
    Levels {
        /// Where the header says so.
        at: usize,
        /// How many.
        levels: u8,
    },
    /// No layer, or more than [`limits::MOST_LAYERS`].
    #[error(
        "codestream, offset {at}: {layers} layers; 1 to {} are taken",
        limits::MOST_LAYERS
    )]
    Layers {
        /// Where the header says so.
        at: usize,
        /// How many.
        layers: u16,
    },
    /// Cut into more pieces than [`limits::MOST_ENTRIES`].
    #[error(
        "codestream, offset {at}: {entries} code-blocks, layers and precincts; {} are taken",
        limits::MOST_ENTRIES
    )]
    Entries {
        /// Where the header says so.
        at: usize,
        /// How many, at most.
        entries: u64,
    },
    /// The decoder gave up on the picture's data.
    #[error("the picture's data")]
    Data(#[source] hayro_jpeg2000::DecodeError),
    /// What the decoder made is not what the header promised.
    #[error("the decoder made {components} components of {samples} samples")]
    Result {
        /// Components made.
        components: usize,
        /// Samples of the first.
        samples: usize,
    },

    /// The decoder's socket does not open.
    #[error("cannot reach the photo decoder at {path}")]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The decoder ended without a whole answer: a limit of its process, or a fault of ours.
    #[error("the photo decoder ended without an answer")]
    Gone,
    /// It did not answer in time.
    #[error("no answer of the photo decoder within {limit:?}")]
    Late {
        /// How long was waited.
        limit: Duration,
    },
    /// Its answer is none.
    #[error("the photo decoder's answer: {what}")]
    Answer {
        /// What is wrong with it.
        what: &'static str,
    },
    /// It refused the photo.
    #[error("{text}")]
    Refused {
        /// For which cause.
        cause: Cause,
        /// Its words; printable ASCII.
        text: String,
    },
}

/// The cause of a refusal, as a number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Cause {
    /// [`PhotoError::Length`]
    Length = 1,
    /// [`PhotoError::Container`]
    Container = 2,
    /// [`PhotoError::Codestream`]
    Codestream = 3,
    /// [`PhotoError::Marker`]
    Marker = 4,
    /// [`PhotoError::Size`]
    Size = 5,
    /// [`PhotoError::Components`]
    Components = 6,
    /// [`PhotoError::Depth`]
    Depth = 7,
    /// [`PhotoError::Disagreement`]
    Disagreement = 8,
    /// [`PhotoError::Tiles`]
    Tiles = 9,
    /// [`PhotoError::Levels`]
    Levels = 10,
    /// [`PhotoError::Layers`]
    Layers = 11,
    /// [`PhotoError::Entries`]
    Entries = 12,
    /// [`PhotoError::Data`]
    Data = 13,
    /// [`PhotoError::Result`]
    Result = 14,
}

impl Cause {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 14] = [
        Self::Length,
        Self::Container,
        Self::Codestream,
        Self::Marker,
        Self::Size,
        Self::Components,
        Self::Depth,
        Self::Disagreement,
        Self::Tiles,
        Self::Levels,
        Self::Layers,
        Self::Entries,
        Self::Data,
        Self::Result,
    ];

    /// The cause with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| *cause as u8 == number)
    }
}

impl PhotoError {
    /// Why the photo was refused; `None` where the way to the decoder failed, not the photo.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        Some(match self {
            Self::Length { .. } => Cause::Length,
            Self::Container { .. } => Cause::Container,
            Self::Codestream { .. } => Cause::Codestream,
            Self::Marker { .. } => Cause::Marker,
            Self::Size { .. } => Cause::Size,
            Self::Components { .. } => Cause::Components,
            Self::Depth { .. } => Cause::Depth,
            Self::Disagreement { .. } => Cause::Disagreement,
            Self::Tiles { .. } => Cause::Tiles,
            Self::Levels { .. } => Cause::Levels,
            Self::Layers { .. } => Cause::Layers,
            Self::Entries { .. } => Cause::Entries,
            Self::Data(_) => Cause::Data,
            Self::Result { .. } => Cause::Result,
            Self::Refused { cause, .. } => *cause,
            Self::Unreachable { .. } | Self::Gone | Self::Late { .. } | Self::Answer { .. } => {
                return None;
            }
        })
    }
}
