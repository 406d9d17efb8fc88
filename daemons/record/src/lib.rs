// SPDX-License-Identifier: MIT OR Apache-2.0
//! The signed records of the 券面事項確認AP (card face) of a My Number card.
//!
//! # Purpose
//! Turns what an untrusted card says into a photo that may be believed, or into a named refusal. Three
//! proofs have to hold at once:
//!
//! 1. a root that this reader was given signed the card-verifiable certificate (EF 0004);
//! 2. the key of that certificate signed the record (EF 0002), photo and card key included;
//! 3. the card signs a fresh challenge with that card key, so it is there and no copy of its files.
//!
//! Only then does [`Genuine::photo`] give the picture. What the record does not sign (date of expiry,
//! security code, table of offsets) is not handed out at all.
//!
//! # Place
//! No I/O, no clock, no randomness: bytes in, verdict out. Every function is total and bounded by its
//! input; the formats are those of the official test cards, which the tests read.
//!
//! # Secrets
//! Photo and 照合番号 are wiped when dropped, have no `Debug`, and appear in no error.

mod certificate;
mod face;
mod key;
mod reference;
mod roots;
mod tlv;

pub use certificate::{CvCertificate, KeyId};
pub use face::{FaceRecord, Genuine, Photo, Proof};
pub use key::{CHALLENGE_BYTES, PublicKey};
pub use reference::Reference;
pub use roots::{Root, RootError, Roots};
pub use tlv::{TlvError, total};

/// Why a record is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The bytes are no record.
    #[error("{part}: {source}")]
    Shape {
        /// Of which file or object.
        part: &'static str,
        /// What is wrong with them.
        #[source]
        source: TlvError,
    },
    /// An object has not the length or content it must have.
    #[error("{part}: {what}")]
    Content {
        /// Of which file or object.
        part: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Nobody we trust vouches for the certificate.
    #[error("the card's certificate names the root {0}, which is not known here")]
    UnknownRoot(KeyId),
    /// The certificate is not what its root signed.
    #[error("the card's certificate is not signed by its root")]
    CertificateForged,
    /// The record is not what the certified key signed.
    #[error("the record is not signed by the key of the card's certificate")]
    RecordForged,
    /// The answer to the challenge is not from the key in the record.
    #[error("the card does not hold the key of its record")]
    NotPresent,
}
