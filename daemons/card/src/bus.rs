// SPDX-License-Identifier: MIT OR Apache-2.0
//! The served objects. They hold no state: calls go to the desk, properties mirror what it says.

use tokio::sync::{mpsc, oneshot, watch};
use uketsuke_bus::card1::{
    CardError, CardKind, Ground, PIN_BYTES, REFERENCE_BYTES, ReaderState, Role,
};
use uketsuke_bus::{CARD_PATH, secret};
use uketsuke_common::owner;
use uketsuke_record::Reference;
use zbus::message::Header;
use zbus::names::OwnedUniqueName;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, ObjectPath, OwnedFd, OwnedObjectPath, fdo, interface};

use crate::apdu::{Digest, Pin};
use crate::desk::{Announce, Call, CardView, Entry, Letter, Refusal, Reply};

/// Properties of [`CARD_PATH`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReaderView {
    /// The configured roles, and the reader of each.
    pub readers: Vec<ReaderState>,
    /// Whether there is a role for phones.
    pub phones: bool,
    /// Number of the card object, if a card lies there.
    pub present: Option<u64>,
}

/// `jp.uketsuke.Card1`.
pub struct Card1 {
    view: watch::Receiver<ReaderView>,
}

impl Card1 {
    /// An object that mirrors `view`.
    #[must_use]
    pub fn new(view: watch::Receiver<ReaderView>) -> Self {
        Self { view }
    }
}

/// The card reader as a whole.
///
/// Each card gets an object of its own, `/jp/uketsuke/Card1/card/<n>`, as soon as it is identified.
/// Numbers are never used twice.
#[interface(name = "jp.uketsuke.Card1")]
impl Card1 {
    /// One entry for each role that is configured: the role (`card`, `phone`), the PC/SC name of its
    /// reader, and whether that works. A reader that was unplugged, hangs, or whose pcscd is away,
    /// keeps its entry as not working; the name is empty while none was seen.
    #[zbus(property)]
    fn readers(&self) -> Vec<ReaderState> {
        self.view.borrow().readers.clone()
    }

    /// Whether a slot for phones is configured, be its reader there or not.
    #[zbus(property(emits_changed_signal = "const"))]
    fn phones(&self) -> bool {
        self.view.borrow().phones
    }

    /// The card or phone in use, or `/` for none: one at a time, over both slots.
    #[zbus(property)]
    fn present(&self) -> OwnedObjectPath {
        let present = self.view.borrow().present;
        present.map_or_else(
            || ObjectPath::from_static_str_unchecked("/").into(),
            card_path,
        )
    }

    /// A card was placed and identified; its object answers from now on.
    #[zbus(signal)]
    async fn card_placed(emitter: &SignalEmitter<'_>, card: ObjectPath<'_>) -> zbus::Result<()>;

    /// The card was lifted. Its object answers every call with `Gone` until the next card is
    /// placed, then it is removed.
    #[zbus(signal)]
    async fn card_lifted(emitter: &SignalEmitter<'_>, card: ObjectPath<'_>) -> zbus::Result<()>;
}

/// `jp.uketsuke.Card1.Card`.
pub struct Card {
    number: u64,
    view: watch::Receiver<CardView>,
    desk: mpsc::Sender<Letter>,
}

impl Card {
    /// The object of card `number`, whose calls go to `desk`.
    #[must_use]
    pub fn new(number: u64, view: watch::Receiver<CardView>, desk: mpsc::Sender<Letter>) -> Self {
        Self { number, view, desk }
    }

    fn view(&self) -> fdo::Result<CardView> {
        let view = *self.view.borrow();
        if view.there {
            Ok(view)
        } else {
            Err(fdo::Error::UnknownObject("the card was lifted".into()))
        }
    }

    async fn ask<T>(
        &self,
        header: &Header<'_>,
        call: impl FnOnce(Reply<T>) -> Call,
    ) -> Result<T, CardError> {
        let caller: OwnedUniqueName = header
            .sender()
            .ok_or_else(|| CardError::Internal("a call without sender".into()))?
            .clone()
            .into();
        let (reply, answer) = oneshot::channel();
        let letter = Letter::Call {
            card: self.number,
            caller,
            call: call(reply),
        };
        let ended = || CardError::Internal("the daemon is ending".into());
        self.desk.send(letter).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?.map_err(CardError::from)
    }
}

/// One card, from placing to lifting.
///
/// The first caller of a method claims it. The claim ends with `Release`, the caller's exit, the
/// card's removal, or some time without a call; the card is then powered down. Other callers get
/// `Busy`.
#[interface(name = "jp.uketsuke.Card1.Card")]
impl Card {
    /// What it is: `card`, `card-pin-unusable`, `phone-android`, `phone-iphone`, `foreign`, `mute`.
    /// A card whose last try was spent becomes `card-pin-unusable`.
    #[zbus(property(emits_changed_signal = "false"))]
    fn kind(&self) -> fdo::Result<CardKind> {
        Ok(self.view()?.kind)
    }

    /// The slot it lies on: `card` or `phone`.
    #[zbus(property(emits_changed_signal = "const"))]
    fn slot(&self) -> fdo::Result<Role> {
        Ok(self.view()?.slot)
    }

    /// Tries left of the four-digit PIN as the card last said; 0 where the card has none, and for an
    /// iPhone, which is not asked.
    #[zbus(property(emits_changed_signal = "false"))]
    fn pin_tries_left(&self) -> fdo::Result<u8> {
        Ok(self.view()?.tries)
    }

    /// Tries left of 照合番号B as the card last said; -1 where it was not asked since 照合番号B was last
    /// presented.
    #[zbus(property(emits_changed_signal = "false"))]
    fn reference_tries_left(&self) -> fdo::Result<i16> {
        Ok(self.view()?.reference_tries.map_or(-1, i16::from))
    }

    /// Reads the authentication certificate (利用者証明用電子証明書, EF 000A), DER, in a sealed memory
    /// file: it names a person for years, and a bus message stays in the buffers of all it passes.
    ///
    /// Of a phone only after it has signed, and then for 30 s after it has left, if no other card is
    /// placed meanwhile.
    ///
    /// Errors: `Gone`, `Busy`, `NotThisKind`, `NotYet`, `TestCard`.
    async fn read_certificate(
        &self,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<OwnedFd, CardError> {
        let der = self.ask(&header, Call::ReadCertificate).await?;
        let file = secret::seal(&der).map_err(|error| {
            CardError::Internal(format!("the certificate was not handed out: {error}"))
        })?;
        Ok(file.into())
    }

    /// Presents the PIN, four ASCII digits in a sealed memory file, once and signs the SHA-256
    /// digest (PKCS #1 v1.5, 256 bytes). The memory file is overwritten. After a signature the card
    /// is powered down; a further call powers it again. For cards and `phone-android`, whose
    /// certificate is read before the signature, in the same go.
    ///
    /// Errors: `Gone`, `Busy`, `NotThisKind`, `WrongPin`, `PinBlocked`, `BadPin`, `BadDigest`,
    /// `BadSecret`, `Unreadable`, `NoReader`, `TestCard`.
    async fn sign_with_pin(
        &self,
        pin: OwnedFd,
        digest: Vec<u8>,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<u8>, CardError> {
        // First of all, so that the PIN is wiped whatever else is wrong.
        let secret = secret::take(pin.into(), PIN_BYTES)
            .map_err(|error| CardError::BadSecret(error.to_string()))?;
        let digest = sha256(&digest)?;
        let pin = Pin::new(secret)
            .ok_or_else(|| CardError::BadPin("the PIN is not four ASCII digits".into()))?;
        let signature = self
            .ask(&header, |reply| Call::Enter(Entry::Pin(pin, digest), reply))
            .await?;
        Ok(signature.to_vec())
    }

    /// Signs the SHA-256 digest (PKCS #1 v1.5, 256 bytes) with a `phone-iphone`, whose holder has
    /// proved on the phone who he is. Nothing is presented. The certificate is read before the
    /// signature, if the phone shows it, and the phone is powered down after it.
    ///
    /// Errors: `Gone`, `Busy`, `NotThisKind`, `NotAllowed`, `BadDigest`, `Unreadable`, `NoReader`,
    /// `TestCard`.
    async fn sign_on_phone(
        &self,
        digest: Vec<u8>,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<u8>, CardError> {
        let digest = sha256(&digest)?;
        let signature = self
            .ask(&header, |reply| Call::Enter(Entry::Unlocked(digest), reply))
            .await?;
        Ok(signature.to_vec())
    }

    /// Has the card sign the SHA-256 digest (PKCS #1 v1.5, 256 bytes) without PIN (特定機関認証): the
    /// service `jp.uketsuke.Pinless1` frees the key. On the ground `face` once for each `AttestMatch`; on
    /// the ground `eye` the caller answers for it. The card is powered down after it; a further call
    /// powers it again. For cards, those whose PIN is unusable among them.
    ///
    /// Errors: `Gone`, `Busy`, `NotThisKind`, `BadDigest`, `NotAttested`, `NoPinless`,
    /// `PinlessRefused`, `Unreadable`, `NoReader`, `TestCard`.
    async fn sign_pinless(
        &self,
        digest: Vec<u8>,
        ground: Ground,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<u8>, CardError> {
        let digest = sha256(&digest)?;
        let signature = self
            .ask(&header, |reply| {
                Call::Enter(Entry::Pinless(digest, ground), reply)
            })
            .await?;
        Ok(signature.to_vec())
    }

    /// Says that the face before the reader is the one of the photo that this caller was given of this
    /// card. Holds for one signature and until the session ends. For the face daemon: served beside
    /// another's claim, and begins none.
    ///
    /// Errors: `Gone`, `NotYet` when the caller was not given the photo in this session.
    async fn attest_match(&self, #[zbus(header)] header: Header<'_>) -> Result<(), CardError> {
        self.ask(&header, Call::AttestMatch).await
    }

    /// Presents 照合番号B, 14 ASCII digits in a sealed memory file, once, and hands out the photo (EF
    /// 0002 DF27) in another, if the record is signed by its issuer and the card holds the record's
    /// key: width and height as big-endian 16-bit numbers, then one byte for each pixel, row by row
    /// from the top left, 0 = black. The memory file with the number is overwritten. For the face daemon: served
    /// beside another's claim, begins none, and leaves the card ready for a PIN.
    ///
    /// Errors: `Gone`, `Busy`, `NotThisKind`, `WrongReference`, `ReferenceTriesLow`,
    /// `BadReference`, `BadSecret`, `NoPhoto`, `BadPhoto`, `Forged`, `Unreadable`, `NoReader`, `TestCard`.
    async fn read_photo(
        &self,
        reference: OwnedFd,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<OwnedFd, CardError> {
        let secret = secret::take(reference.into(), REFERENCE_BYTES)
            .map_err(|error| CardError::BadSecret(error.to_string()))?;
        let reference = Reference::new(secret.expose()).ok_or_else(|| {
            CardError::BadReference("the reference number is not 14 ASCII digits".into())
        })?;
        drop(secret);
        let photo = self
            .ask(&header, |reply| {
                Call::Enter(Entry::Reference(reference), reply)
            })
            .await?;
        let file = secret::seal(&photo).map_err(|error| {
            CardError::Internal(format!("the photo was not handed out: {error}"))
        })?;
        Ok(file.into())
    }

    /// Ends the session: the card is powered down, so that nothing stays unlocked. An entry under
    /// way is answered with `Gone`.
    ///
    /// Errors: `Gone`, `Busy` when another caller holds it.
    async fn release(&self, #[zbus(header)] header: Header<'_>) -> Result<(), CardError> {
        self.ask(&header, Call::Release).await
    }
}

fn sha256(bytes: &[u8]) -> Result<Digest, CardError> {
    bytes.try_into().map_err(|_| {
        CardError::BadDigest(format!("{} bytes; a SHA-256 digest has 32", bytes.len()))
    })
}

impl From<Refusal> for CardError {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            Refusal::Gone => Self::Gone(text),
            Refusal::NoReader => Self::NoReader(text),
            Refusal::Busy => Self::Busy(text),
            Refusal::NotThisKind => Self::NotThisKind(text),
            Refusal::NotYet | Refusal::NotShown => Self::NotYet(text),
            Refusal::NotAttested => Self::NotAttested(text),
            Refusal::NoPinless(_) => Self::NoPinless(text),
            Refusal::PinlessRefused(_) => Self::PinlessRefused(text),
            Refusal::NotAllowed => Self::NotAllowed(text),
            Refusal::WrongPin(_) => Self::WrongPin(text),
            Refusal::PinBlocked => Self::PinBlocked(text),
            Refusal::WrongReference(_) => Self::WrongReference(text),
            Refusal::ReferenceFloor(_) => Self::ReferenceTriesLow(text),
            Refusal::NoPhoto => Self::NoPhoto(text),
            Refusal::Forged(_) => Self::Forged(text),
            Refusal::BadPhoto(_) => Self::BadPhoto(text),
            Refusal::NoDecoder(_) => Self::Internal(text),
            // Logged with its chain where it happened.
            Refusal::Unreadable(_) => Self::Unreadable(text),
            Refusal::TestCard => Self::TestCard(text),
        }
    }
}

/// Path of the object of card `number`.
#[must_use]
pub fn card_path(number: u64) -> OwnedObjectPath {
    ObjectPath::try_from(format!("{CARD_PATH}/card/{number}"))
        .expect("digits make a valid path element")
        .into()
}

/// The desk's voice on the bus.
pub struct Announcer {
    connection: Connection,
    view: watch::Sender<ReaderView>,
    desk: mpsc::Sender<Letter>,
    /// Object of the last card, lifted or not.
    served: Option<u64>,
}

impl Announcer {
    /// Announces on `connection`, where [`Card1`] mirrors `view`; calls on cards go to `desk`.
    #[must_use]
    pub fn new(
        connection: Connection,
        view: watch::Sender<ReaderView>,
        desk: mpsc::Sender<Letter>,
    ) -> Self {
        Self {
            connection,
            view,
            desk,
            served: None,
        }
    }

    async fn present_changed(&self, emitter: &SignalEmitter<'_>) -> zbus::Result<()> {
        let server = self.connection.object_server();
        let object = server.interface::<_, Card1>(CARD_PATH).await?;
        object.get().await.present_changed(emitter).await
    }
}

impl Announce for Announcer {
    async fn placed(&mut self, card: u64, view: watch::Receiver<CardView>) -> zbus::Result<()> {
        let server = self.connection.object_server();
        if let Some(before) = self.served.replace(card) {
            server.remove::<Card, _>(card_path(before)).await?;
        }
        let path = card_path(card);
        server
            .at(&path, Card::new(card, view, self.desk.clone()))
            .await?;
        self.view.send_modify(|view| view.present = Some(card));
        let emitter = SignalEmitter::new(&self.connection, CARD_PATH)?;
        self.present_changed(&emitter).await?;
        Card1::card_placed(&emitter, path.into()).await
    }

    async fn lifted(&mut self, card: u64) -> zbus::Result<()> {
        self.view.send_modify(|view| view.present = None);
        let emitter = SignalEmitter::new(&self.connection, CARD_PATH)?;
        self.present_changed(&emitter).await?;
        Card1::card_lifted(&emitter, card_path(card).into()).await
    }

    async fn readers(&mut self, readers: Vec<ReaderState>) -> zbus::Result<()> {
        self.view.send_modify(|view| view.readers = readers);
        let emitter = SignalEmitter::new(&self.connection, CARD_PATH)?;
        let server = self.connection.object_server();
        let object = server.interface::<_, Card1>(CARD_PATH).await?;
        object.get().await.readers_changed(&emitter).await
    }

    fn gone(&self, peer: OwnedUniqueName) -> impl Future<Output = ()> + Send + 'static {
        let connection = self.connection.clone();
        async move {
            if let Err(error) = owner::gone(&connection, &peer).await {
                tracing::warn!(%error, "the owner of a card cannot be watched; its claim ends");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uketsuke_bus::contract::assert_contract;
    use zbus::object_server::Interface;

    #[test]
    fn served_interfaces_are_the_committed_contract() {
        let mut served = String::new();
        Card1::new(watch::channel(ReaderView::default()).1).introspect_to_writer(&mut served, 0);
        assert_contract("jp.uketsuke.Card1.xml", &served);
        let view = CardView {
            kind: CardKind::Card,
            slot: Role::Card,
            tries: 3,
            reference_tries: None,
            there: true,
        };
        let mut served = String::new();
        Card::new(1, watch::channel(view).1, mpsc::channel(1).0)
            .introspect_to_writer(&mut served, 0);
        assert_contract("jp.uketsuke.Card1.Card.xml", &served);
    }
}
