// SPDX-License-Identifier: MIT OR Apache-2.0
//! `jp.uketsuke.Face1`: whether the face before the reader is the one of the card's photo.
//!
//! What is compared stays with who compares: it reads 照合番号B from the card's front, has the photo of
//! the card daemon, and attests there what it found. The caller gets a verdict, and neither a picture
//! nor a number, nor how like they are.

use serde::{Deserialize, Serialize};
use zbus::{ObjectPath, OwnedFd, Type};

/// Longest comparison, in seconds; whoever asked does not wait longer.
pub const LONGEST_S: u64 = 40;
/// After so many seconds without a face that can be used a comparison ends by itself.
pub const WITHOUT_FACE_S: u64 = 20;

/// What came of a comparison. On the wire in kebab-case.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum FaceVerdict {
    /// The card's holder stands there, alive; attested at the card daemon.
    Match,
    /// A person stands there whom the photo does not show.
    Other,
    /// No face that could be used was seen for [`WITHOUT_FACE_S`].
    NoFace,
    /// 照合番号B cannot be read from the card's front, was wrong, or has too few tries left.
    NoNumber,
    /// The card gives no photo that could be compared: it has none, or none that is genuine.
    NoPhoto,
}

/// A camera: what it is for, and whether it works.
pub type CameraState = (Camera, bool);
/// What is wrong with a camera, in a word for staff.
pub type CameraFault = (Camera, String);

/// What a camera looks at. On the wire in kebab-case.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum Camera {
    /// Whoever stands there.
    Face,
    /// The front of the card on the reader.
    CardFront,
}

impl Camera {
    /// As on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Face => "face",
            Self::CardFront => "card-front",
        }
    }
}

/// Why there is no verdict.
#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "jp.uketsuke.Face1.Error")]
pub enum FaceError {
    /// The bus itself failed.
    #[zbus(error)]
    ZBus(zbus::Error),
    /// The card was lifted, or its session is over.
    Gone(String),
    /// Another comparison is under way.
    Busy(String),
    /// This kind of card has no photo.
    NotThisKind(String),
    /// A camera does not work.
    NoCamera(String),
    /// There is nothing here that could compare.
    NoEngine(String),
    /// This card was compared in vain too often; it may be again in a while.
    TooOften(String),
    /// `Close` came before the verdict, or nobody is being compared.
    Closed(String),
    /// A defect of theirs; the log says more.
    Internal(String),
}

/// Who compares.
#[zbus::proxy(
    interface = "jp.uketsuke.Face1",
    default_service = "jp.uketsuke.Face1",
    default_path = "/jp/uketsuke/Face1"
)]
pub trait Face1 {
    /// Compares whoever stands before the reader with the photo of this card (an object of
    /// `jp.uketsuke.Card1`), once, and says what came of it. While it lasts `Hint` says what would help.
    ///
    /// Errors: `Gone`, `Busy`, `NotThisKind`, `NoCamera`, `NoEngine`, `TooOften`, `Closed`, `Internal`.
    fn verify(&self, card: &ObjectPath<'_>) -> Result<FaceVerdict, FaceError>;

    /// Ends a comparison that is under way, and drops whatever was seen. Where there is none it does
    /// nothing.
    fn close(&self) -> Result<(), FaceError>;

    /// What the camera for faces sees, for as long as this comparison lasts: a ring of pictures in shared
    /// memory that can only be looked at, and that is overwritten at the end (`uketsuke-face-preview` has
    /// its form). Waits a moment for a comparison that is about to begin.
    ///
    /// Errors: `Closed`, `Internal`.
    fn preview(&self) -> Result<OwnedFd, FaceError>;

    /// Who compares, in a word; empty where nobody does, and then no face need be offered.
    #[zbus(property)]
    fn engine(&self) -> Result<String, zbus::fdo::Error>;

    /// What is wrong with each camera (`face`, `card-front`) of which anything is known to be wrong, in a
    /// word: `absent`, `foreign`, `ambiguous`, `refused`, `wrong-format`, `ended`, `stalled`, `garbage`,
    /// `frozen`; `covered` and `dark` are told of cameras that work.
    #[zbus(property)]
    fn faults(&self) -> Result<Vec<CameraFault>, zbus::fdo::Error>;

    /// Each camera (`face`, `card-front`) and whether it works.
    #[zbus(property)]
    fn cameras(&self) -> Result<Vec<CameraState>, zbus::fdo::Error>;

    /// What whoever stands there could do, by the wire name of a `Hint`; said when it changes.
    #[zbus(signal)]
    fn hint(&self, hint: &str) -> zbus::Result<()>;
}
