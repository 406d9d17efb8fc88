// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the desk is asked, and how it answers.

use tokio::sync::oneshot;
use uketsuke_bus::card1::Ground;
use uketsuke_bus::pinless1::PinlessError;
use uketsuke_photo::PhotoError;
use uketsuke_record::{RecordError, Reference};
use zbus::names::OwnedUniqueName;
use zeroize::Zeroizing;

use crate::apdu::{Digest, Pin};
use crate::session::SessionError;

/// Why a call was refused. One variant per cause that a caller can act on.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The card was lifted, or it is not the one of this object any more.
    #[error("the card was lifted or released")]
    Gone,
    /// The reader was unplugged or pcscd went away.
    #[error("the reader is away")]
    NoReader,
    /// Somebody else holds the card.
    #[error("the card is held by another caller")]
    Busy,
    /// The card has no such thing.
    #[error("this kind of card cannot do that")]
    NotThisKind,
    /// The phone has not signed yet.
    #[error("the phone shows its certificate only after it has signed")]
    NotYet,
    /// The phone's holder has not unlocked it.
    #[error("the phone was not unlocked by its holder")]
    NotAllowed,
    /// Nobody has attested that the face is the card's.
    #[error("nobody has attested that this face is the card's")]
    NotAttested,
    /// Who would attest it was not given the photo.
    #[error("the photo of this card was not given to this caller")]
    NotShown,
    /// There is nobody who may have a card sign without PIN, or he is not ready.
    #[error("no service for signatures without PIN: {0}")]
    NoPinless(#[source] PinlessError),
    /// He and the card do not come to terms.
    #[error("no signature without PIN: {0}")]
    PinlessRefused(#[source] SessionError),
    /// The PIN is wrong.
    #[error("the PIN is wrong, {0} tries left")]
    WrongPin(u8),
    /// No try is left.
    #[error("the PIN has no try left")]
    PinBlocked,
    /// 照合番号B is wrong.
    #[error("the reference number is wrong, {0} tries left")]
    WrongReference(u8),
    /// Too few tries are left for 照合番号B.
    #[error("{0} tries left for the reference number, too few to use one")]
    ReferenceFloor(u8),
    /// The card has no photo.
    #[error("the card has no photo")]
    NoPhoto,
    /// What the card says of itself is not believed.
    #[error("the card's record is not believed: {0}")]
    Forged(#[source] RecordError),
    /// The photo is genuine, but no picture that is taken.
    #[error("the card's photo is not taken: {0}")]
    BadPhoto(#[source] PhotoError),
    /// The decoder gave no answer.
    #[error("the card's photo was not decoded: {0}")]
    NoDecoder(#[source] PhotoError),
    /// The card failed.
    #[error("the card cannot be read")]
    Unreadable(#[source] SessionError),
    /// The certificate is of a test root.
    #[error("the card is of a test root")]
    TestCard,
}

/// Where an answer goes. A caller that has left does not listen any more.
pub type Reply<T> = oneshot::Sender<Result<T, Refusal>>;

/// What a card gave: a certificate, a signature, or a photo, which is why it is wiped.
pub type Bytes = Zeroizing<Vec<u8>>;

/// Something that is presented to the card, at most once, for something it gives.
pub enum Entry {
    /// Nothing, for a signature of a phone whose holder has unlocked it.
    Unlocked(Digest),
    /// A PIN for a signature, PKCS #1 v1.5.
    Pin(Pin, Digest),
    /// Nothing of the holder's, for a signature that somebody licensed frees the key for.
    Pinless(Digest, Ground),
    /// 照合番号B for the photo: width and height, big-endian 16-bit numbers, then grey pixels.
    Reference(Reference),
}

/// What a caller wants of a card.
pub enum Call {
    /// The certificate, DER.
    ReadCertificate(Reply<Bytes>),
    /// The face is that of the photo.
    AttestMatch(Reply<()>),
    /// Presents something.
    Enter(Entry, Reply<Bytes>),
    /// The end of its session.
    Release(Reply<()>),
}

/// What comes to the desk from the bus.
pub enum Letter {
    /// A method was called.
    Call {
        /// Number of the card object.
        card: u64,
        /// Who called.
        caller: OwnedUniqueName,
        /// What.
        call: Call,
    },
    /// A peer that held a card has left the bus.
    OwnerLeft(OwnedUniqueName),
}

impl Call {
    /// Answers that it is not done, and why.
    pub(super) fn refuse(self, why: Refusal) {
        // A caller that has left does not listen any more.
        match self {
            Self::ReadCertificate(reply) => drop(reply.send(Err(why))),
            Self::Enter(_, reply) => drop(reply.send(Err(why))),
            Self::AttestMatch(reply) | Self::Release(reply) => drop(reply.send(Err(why))),
        }
    }
}
