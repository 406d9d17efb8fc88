// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a session was doing, and why it could not.

use std::fmt;

use uketsuke_bus::pinless1::PinlessError;
use uketsuke_record::RecordError;

use crate::apdu::Sw;
use crate::link::LinkError;

/// What was being done when something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Powering and taking the card.
    Connect,
    /// Clearing old rights.
    Clean,
    /// Selecting the application and reading the label.
    Identify,
    /// Reading the certificate.
    Certificate,
    /// Asking for the tries left.
    Tries,
    /// Presenting the PIN.
    Verify,
    /// Signing.
    Sign,
    /// Having somebody licensed free the key.
    Pinless,
    /// Selecting the card face and asking for the tries of 照合番号B.
    Face,
    /// Presenting 照合番号B.
    Reference,
    /// Reading the record and its issuer's certificate.
    Record,
    /// Having the card prove that it is there.
    Proof,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::Clean => "clean",
            Self::Identify => "identify",
            Self::Certificate => "certificate",
            Self::Tries => "tries",
            Self::Verify => "verify",
            Self::Sign => "sign",
            Self::Pinless => "pinless",
            Self::Face => "face",
            Self::Reference => "reference",
            Self::Record => "record",
            Self::Proof => "proof",
        })
    }
}

/// Why a card did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The link failed; whether the command counted is unknown.
    #[error("{step}")]
    Link {
        /// During this.
        step: Step,
        /// In this way.
        #[source]
        source: LinkError,
    },
    /// A status word that does not belong here.
    #[error("{step}: the card answered {sw}")]
    Status {
        /// During this.
        step: Step,
        /// The answer.
        sw: Sw,
    },
    /// Data that make no sense.
    #[error("{step}: {what}")]
    Garbled {
        /// During this.
        step: Step,
        /// What is wrong with them.
        what: &'static str,
    },
    /// The PIN is wrong; one try was spent.
    #[error("wrong PIN, {left} tries left")]
    WrongPin {
        /// As the card said.
        left: u8,
    },
    /// The phone's holder has not unlocked it; nothing was presented.
    #[error("the phone is not unlocked")]
    NotAllowed,
    /// The caller does not want a signature of this certificate; none was made.
    #[error("the certificate is not welcome")]
    Unwelcome,
    /// Who is licensed goes no further, or is not there; the card signed nothing.
    #[error("no signature without PIN: {0}")]
    Pinless(#[from] PinlessError),
    /// Who is licensed wants a command sent that is not let through, or one more than is.
    #[error("a command that has no place in a terminal's authentication")]
    NotRelayed,
    /// The PIN is blocked; nothing was spent.
    #[error("the PIN is blocked")]
    PinBlocked,
    /// 照合番号B is wrong; one try was spent.
    #[error("wrong reference number, {left} tries left")]
    WrongReference {
        /// As the card said.
        left: u8,
    },
    /// Too few tries are left for 照合番号B; nothing was spent.
    #[error("{left} tries left for the reference number, too few to use one")]
    ReferenceFloor {
        /// As the card said.
        left: u8,
    },
    /// The card has no face to read, or no photo in it.
    #[error("the card has no photo")]
    NoPhoto,
    /// The kernel has no random bytes for a challenge; nothing was sent.
    #[error("no random bytes for a challenge")]
    NoRandomness,
    /// What the card says of itself is not believed.
    #[error("the card's record is not believed")]
    Forged(#[from] RecordError),
}
