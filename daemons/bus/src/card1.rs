// SPDX-License-Identifier: MIT OR Apache-2.0
//! `jp.uketsuke.Card1` and `jp.uketsuke.Card1.Card`: cards on the reader.

use serde::{Deserialize, Serialize};
use zbus::{OwnedFd, OwnedObjectPath, Type};

/// Longest PIN a card takes, in bytes (利用者証明用: 4 digits).
pub const PIN_BYTES: usize = 4;
/// Length of 照合番号B, in bytes (14 digits).
pub const REFERENCE_BYTES: usize = 14;
/// Most bytes of a certificate, DER; seen are 1590 (利用者証明用) and 1758 (署名用).
pub const CERTIFICATE_BYTES: usize = 8192;
/// Length of the digest that is signed: SHA-256.
pub const DIGEST_BYTES: usize = 32;

/// What lies on the reader. On the wire in kebab-case; clients tolerate values they do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum CardKind {
    /// マイナンバーカード, PIN usable.
    Card,
    /// マイナンバーカード whose PIN has no try left: locked, or a PIN-less card
    /// (顔認証マイナンバーカード); the two cannot be told apart.
    CardPinUnusable,
    /// スマホ用電子証明書 on Android.
    PhoneAndroid,
    /// iPhone.
    PhoneIphone,
    /// Answers, but is no My Number card (also the old 住基カード).
    Foreign,
    /// Does not answer, or answers garbage: broken, in a case, moved.
    Mute,
}

/// What a reader slot is for (`[card.slot]` and `[card.phone_slot]` of `reader.toml`). On the wire in
/// kebab-case.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Cards.
    Card,
    /// Phones (汎用カードリーダー).
    Phone,
}

impl Role {
    /// As on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Phone => "phone",
        }
    }
}

/// On what ground a card is to sign without PIN (特定機関認証). On the wire in kebab-case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// The face before the reader is the one of the card's photo: who compared them has attested it.
    Face,
    /// A member of staff has looked (目視確認).
    Eye,
}

/// A configured role, the PC/SC name of its reader ("" while none was seen), and whether that works.
pub type ReaderState = (Role, String, bool);

/// Why a card call failed. Every method lists its own.
#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "jp.uketsuke.Card1.Error")]
pub enum CardError {
    /// The bus itself failed.
    #[zbus(error)]
    ZBus(zbus::Error),
    /// The card was lifted, or its session is over.
    Gone(String),
    /// Another caller holds this card.
    Busy(String),
    /// This kind of card cannot do that.
    NotThisKind(String),
    /// The phone shows its certificate only after it has signed, which it has not.
    NotYet(String),
    /// The phone does not sign: its holder has not unlocked it. Nothing was spent.
    NotAllowed(String),
    /// Nobody has attested that the face is the card's, or the attestation was used already.
    NotAttested(String),
    /// There is no service that may have a card sign without PIN, or it is not ready.
    NoPinless(String),
    /// Card and service do not come to terms: the card does not know the service's certificate, say.
    PinlessRefused(String),
    /// The PIN is wrong. Exactly one try was spent; `PinTriesLeft` holds what the card answered.
    WrongPin(String),
    /// The PIN cannot be used any more (0 tries left, or a PIN-less card). Nothing was spent.
    PinBlocked(String),
    /// The PIN is not four digits. It was not sent to the card.
    BadPin(String),
    /// The digest has not 32 bytes. Nothing was sent to the card.
    BadDigest(String),
    /// 照合番号B is wrong. Exactly one try was spent; `ReferenceTriesLeft` holds what the card answered.
    WrongReference(String),
    /// Fewer than three tries are left for 照合番号B, or it is blocked. Nothing was spent.
    ReferenceTriesLow(String),
    /// 照合番号B is not 14 digits. It was not sent to the card.
    BadReference(String),
    /// The card has no photo.
    NoPhoto(String),
    /// The photo is genuine, but not a grey JP2 picture of a size that is taken.
    BadPhoto(String),
    /// The record, its issuer's certificate, or the card itself is not genuine.
    Forged(String),
    /// The descriptor is no sealed memory file of the right size.
    BadSecret(String),
    /// The card stopped answering or answered garbage; whether a VERIFY counted is asked of the
    /// card before the next one.
    Unreadable(String),
    /// The certificate is of a test root, which a release reader refuses.
    TestCard(String),
    /// The reader was unplugged or pcscd is away.
    NoReader(String),
    /// A defect of ours; the log says more.
    Internal(String),
}

/// The reader as a whole.
#[zbus::proxy(
    interface = "jp.uketsuke.Card1",
    default_service = "jp.uketsuke.Card1",
    default_path = "/jp/uketsuke/Card1"
)]
pub trait Card1 {
    /// One entry for each role that is configured: the role (`card`, `phone`), the PC/SC name of its
    /// reader, and whether that works.
    #[zbus(property)]
    fn readers(&self) -> Result<Vec<ReaderState>, zbus::fdo::Error>;

    /// Whether a slot for phones is configured, be its reader there or not.
    #[zbus(property(emits_changed_signal = "const"))]
    fn phones(&self) -> Result<bool, zbus::fdo::Error>;

    /// The card or phone in use, or `/` for none.
    #[zbus(property)]
    fn present(&self) -> Result<OwnedObjectPath, zbus::fdo::Error>;

    /// A card was placed and identified; its object answers from now on.
    #[zbus(signal)]
    fn card_placed(&self, card: zbus::ObjectPath<'_>) -> zbus::Result<()>;

    /// The card was lifted; the methods of its object answer `Gone` until the next card is placed.
    #[zbus(signal)]
    fn card_lifted(&self, card: zbus::ObjectPath<'_>) -> zbus::Result<()>;
}

/// One card, from placing to lifting. The first caller of a method claims it; the claim ends with
/// `Release`, the caller's exit, the card's removal, or the session limit.
#[zbus::proxy(
    interface = "jp.uketsuke.Card1.Card",
    default_service = "jp.uketsuke.Card1"
)]
pub trait Card {
    /// What it is.
    #[zbus(property(emits_changed_signal = "false"))]
    fn kind(&self) -> Result<CardKind, zbus::fdo::Error>;

    /// The slot it lies on.
    #[zbus(property(emits_changed_signal = "const"))]
    fn slot(&self) -> Result<Role, zbus::fdo::Error>;

    /// Tries left of the four-digit PIN as the card last said; 0 where the card has none, and for an
    /// iPhone, which is not asked.
    #[zbus(property(emits_changed_signal = "false"))]
    fn pin_tries_left(&self) -> Result<u8, zbus::fdo::Error>;

    /// Tries left of 照合番号B as the card last said; -1 where it was not asked since 照合番号B was last
    /// presented.
    #[zbus(property(emits_changed_signal = "false"))]
    fn reference_tries_left(&self) -> Result<i16, zbus::fdo::Error>;

    /// Reads the authentication certificate (利用者証明用電子証明書, EF 000A), DER, in a sealed memory
    /// file.
    ///
    /// Of a phone only after it has signed, and then for 30 s after it has left, if no other card is
    /// placed meanwhile.
    ///
    /// Errors: `Gone`, `Busy`, `NotThisKind`, `NotYet`, `TestCard`.
    fn read_certificate(&self) -> Result<OwnedFd, CardError>;

    /// Presents the PIN once and signs the SHA-256 digest (PKCS #1 v1.5, 256 bytes). For cards and
    /// `phone-android`.
    ///
    /// Errors: `Gone`, `Busy`, `NotThisKind`, `WrongPin`, `PinBlocked`, `BadPin`, `BadDigest`,
    /// `BadSecret`, `Unreadable`, `TestCard`, `NoReader`.
    fn sign_with_pin(&self, pin: OwnedFd, digest: &[u8]) -> Result<Vec<u8>, CardError>;

    /// Signs the SHA-256 digest (PKCS #1 v1.5, 256 bytes) with a `phone-iphone`, whose holder has
    /// proved on the phone who he is. Nothing is presented.
    ///
    /// Errors: `Gone`, `Busy`, `NotThisKind`, `NotAllowed`, `BadDigest`, `Unreadable`, `TestCard`,
    /// `NoReader`.
    fn sign_on_phone(&self, digest: &[u8]) -> Result<Vec<u8>, CardError>;

    /// Has the card sign the SHA-256 digest (PKCS #1 v1.5, 256 bytes) without PIN (特定機関認証), by the
    /// service `jp.uketsuke.Pinless1`. On the ground `face` once for each `AttestMatch`; on the ground
    /// `eye` the caller answers for it. For cards, those whose PIN is unusable among them.
    ///
    /// Errors: `Gone`, `Busy`, `NotThisKind`, `BadDigest`, `NotAttested`, `NoPinless`,
    /// `PinlessRefused`, `Unreadable`, `TestCard`, `NoReader`.
    fn sign_pinless(&self, digest: &[u8], ground: Ground) -> Result<Vec<u8>, CardError>;

    /// Says that the face before the reader is the one of the photo that this caller was given of this
    /// card. Holds for one signature and until the session ends. For the face daemon: served beside
    /// another's claim.
    ///
    /// Errors: `Gone`, `NotYet` when the caller was not given the photo in this session.
    fn attest_match(&self) -> Result<(), CardError>;

    /// Presents 照合番号B once and hands out the photo (EF 0002 DF27) in a sealed memory file, if the
    /// record is signed by its issuer and the card holds the record's key: width and height as
    /// big-endian 16-bit numbers, then one byte for each pixel, row by row from the top left, 0 =
    /// black. For the face daemon: served beside another's claim.
    ///
    /// Errors: `Gone`, `Busy`, `NotThisKind`, `WrongReference`, `ReferenceTriesLow`,
    /// `BadReference`, `BadSecret`, `NoPhoto`, `BadPhoto`, `Forged`, `Unreadable`, `TestCard`, `NoReader`.
    fn read_photo(&self, reference: OwnedFd) -> Result<OwnedFd, CardError>;

    /// Ends the session: the card is powered down, so that nothing stays unlocked.
    ///
    /// Errors: `Busy` when another caller holds it, `Gone`.
    fn release(&self) -> Result<(), CardError>;
}
