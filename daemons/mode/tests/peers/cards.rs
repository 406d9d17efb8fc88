// SPDX-License-Identifier: MIT OR Apache-2.0
//! The scripted card daemon: cards here, phones beside.
#![allow(clippy::unwrap_used, dead_code)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use uketsuke_bus::card1::{CardError, CardKind, Ground, ReaderState, Role};
use uketsuke_bus::secret;
use uketsuke_bus::{CARD, CARD_PATH};
use uketsuke_testkit::PrivateBus;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, ObjectPath, OwnedFd, OwnedObjectPath, interface};

/// The right PIN of every test card.
pub const PIN: &[u8] = b"1234";

/// 照合番号B of every test card.
pub const NUMBER: &str = "45102820352285";

/// What a fake card is and saw.
pub struct CardState {
    pub kind: CardKind,
    pub slot: Role,
    pub tries: u8,
    pub certificate: Vec<u8>,
    pub verifies: u32,
    pub released: u32,
    /// Signatures of an iPhone.
    pub signed_on_phone: u32,
    /// Signatures without PIN.
    pub signed_by_eye: u32,
    /// How often it gave its photo, and errors to answer with before that.
    pub photos: u32,
    pub photo_errors: VecDeque<CardError>,
    /// Whether it was attested that its holder stands there, and it has not signed on it yet.
    pub attested: bool,
    /// Signatures on a face.
    pub signed_by_face: u32,
    /// Whether it signed: a phone shows its certificate only then.
    pub signed: bool,
    /// Reads of the certificate.
    pub reads: u32,
    /// While set, signing does not answer.
    pub hold_sign: bool,
    /// Errors to answer signing with, before the PIN is looked at.
    pub sign_errors: VecDeque<CardError>,
}

pub type SharedCard = Arc<Mutex<CardState>>;

struct FakeReader {
    present: Arc<Mutex<OwnedObjectPath>>,
    /// Whether the reader for phones works; `None` where none is configured.
    phone_slot: Arc<Mutex<Option<bool>>>,
}

#[interface(name = "jp.uketsuke.Card1")]
impl FakeReader {
    #[zbus(property)]
    fn readers(&self) -> Vec<ReaderState> {
        let phone_slot = *self.phone_slot.lock().unwrap();
        let card = (Role::Card, "slot".into(), true);
        let phone = phone_slot.map(|works| (Role::Phone, "beside".into(), works));
        [Some(card), phone].into_iter().flatten().collect()
    }
    #[zbus(property(emits_changed_signal = "const"))]
    fn phones(&self) -> bool {
        self.phone_slot.lock().unwrap().is_some()
    }
    #[zbus(property)]
    fn present(&self) -> OwnedObjectPath {
        self.present.lock().unwrap().clone()
    }
    #[zbus(signal)]
    async fn card_placed(emitter: &SignalEmitter<'_>, card: ObjectPath<'_>) -> zbus::Result<()>;
    #[zbus(signal)]
    async fn card_lifted(emitter: &SignalEmitter<'_>, card: ObjectPath<'_>) -> zbus::Result<()>;
}

struct FakeCard(SharedCard);

#[interface(name = "jp.uketsuke.Card1.Card")]
impl FakeCard {
    #[zbus(property)]
    fn kind(&self) -> CardKind {
        self.0.lock().unwrap().kind
    }
    #[zbus(property)]
    fn pin_tries_left(&self) -> u8 {
        self.0.lock().unwrap().tries
    }
    #[zbus(property)]
    fn slot(&self) -> Role {
        self.0.lock().unwrap().slot
    }
    async fn read_certificate(&self) -> Result<OwnedFd, CardError> {
        let mut card = self.0.lock().unwrap();
        card.reads += 1;
        if card.slot == Role::Phone && !card.signed {
            return Err(CardError::NotYet("it has not signed".into()));
        }
        Ok(secret::seal(&card.certificate).unwrap().into())
    }
    async fn sign_on_phone(&self, digest: Vec<u8>) -> Result<Vec<u8>, CardError> {
        self.unheld().await;
        let mut card = self.0.lock().unwrap();
        if let Some(error) = card.sign_errors.pop_front() {
            return Err(error);
        }
        assert_eq!(card.kind, CardKind::PhoneIphone);
        assert_eq!(digest.len(), 32);
        card.signed_on_phone += 1;
        card.signed = true;
        Ok([b"signed:", &digest[..]].concat())
    }
    async fn sign_with_pin(&self, pin: OwnedFd, digest: Vec<u8>) -> Result<Vec<u8>, CardError> {
        self.unheld().await;
        let mut card = self.0.lock().unwrap();
        assert_ne!(card.kind, CardKind::PhoneIphone);
        let pin = secret::take(pin.into(), 4).map_err(|e| CardError::BadSecret(e.to_string()))?;
        if let Some(error) = card.sign_errors.pop_front() {
            return Err(error);
        }
        assert_eq!(digest.len(), 32);
        card.verifies += 1;
        if pin.expose() == PIN {
            card.tries = 3;
            card.signed = true;
            return Ok([b"signed:", &digest[..]].concat());
        }
        card.tries -= 1;
        Err(CardError::WrongPin(format!("{} left", card.tries)))
    }
    async fn sign_pinless(&self, digest: Vec<u8>, ground: Ground) -> Result<Vec<u8>, CardError> {
        self.unheld().await;
        let mut card = self.0.lock().unwrap();
        if let Some(error) = card.sign_errors.pop_front() {
            return Err(error);
        }
        assert_eq!(digest.len(), 32);
        match ground {
            Ground::Eye => card.signed_by_eye += 1,
            Ground::Face if std::mem::take(&mut card.attested) => card.signed_by_face += 1,
            Ground::Face => return Err(CardError::NotAttested("nobody".into())),
        }
        Ok([b"signed:", &digest[..]].concat())
    }
    async fn read_photo(&self, reference: OwnedFd) -> Result<OwnedFd, CardError> {
        let mut card = self.0.lock().unwrap();
        let reference = secret::take(reference.into(), 14).unwrap();
        assert_eq!(reference.expose(), NUMBER.as_bytes());
        if let Some(error) = card.photo_errors.pop_front() {
            return Err(error);
        }
        card.photos += 1;
        Ok(secret::seal(&[0, 1, 0, 1, 7]).unwrap().into())
    }
    async fn attest_match(&self) -> Result<(), CardError> {
        let mut card = self.0.lock().unwrap();
        if card.photos == 0 {
            return Err(CardError::NotYet("no photo was given".into()));
        }
        card.attested = true;
        Ok(())
    }
    async fn release(&self) -> Result<(), CardError> {
        self.0.lock().unwrap().released += 1;
        Ok(())
    }
}

impl FakeCard {
    async fn unheld(&self) {
        while self.0.lock().unwrap().hold_sign {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The card daemon.
pub struct CardDaemon {
    connection: Connection,
    present: Arc<Mutex<OwnedObjectPath>>,
    phone_slot: Arc<Mutex<Option<bool>>>,
    placed: u32,
}

impl CardDaemon {
    pub async fn start(bus: &PrivateBus) -> Self {
        let present = Arc::new(Mutex::new(none()));
        let phone_slot = Arc::new(Mutex::new(None));
        let connection = bus
            .builder()
            .serve_at(
                CARD_PATH,
                FakeReader {
                    present: present.clone(),
                    phone_slot: phone_slot.clone(),
                },
            )
            .name(CARD)
            .build()
            .await
            .unwrap();
        Self {
            connection,
            present,
            phone_slot,
            placed: 0,
        }
    }

    /// A reader for phones is configured, and works or does not.
    pub async fn set_phone_slot(&self, works: bool) {
        *self.phone_slot.lock().unwrap() = Some(works);
        let server = self.connection.object_server();
        let object = server.interface::<_, FakeReader>(CARD_PATH).await.unwrap();
        let reader = object.get().await;
        reader
            .readers_changed(object.signal_emitter())
            .await
            .unwrap();
    }

    /// A phone leaves; its object goes on answering for a while.
    pub async fn leave(&mut self) {
        let path = std::mem::replace(&mut *self.present.lock().unwrap(), none());
        let emitter = SignalEmitter::new(&self.connection, CARD_PATH).unwrap();
        FakeReader::card_lifted(&emitter, (*path).clone())
            .await
            .unwrap();
    }

    pub async fn place(&mut self, card: &SharedCard) -> OwnedObjectPath {
        self.placed += 1;
        let path = OwnedObjectPath::try_from(format!("{CARD_PATH}/card/{}", self.placed)).unwrap();
        let server = self.connection.object_server();
        server.at(&path, FakeCard(card.clone())).await.unwrap();
        *self.present.lock().unwrap() = path.clone();
        let emitter = SignalEmitter::new(&self.connection, CARD_PATH).unwrap();
        FakeReader::card_placed(&emitter, (*path).clone())
            .await
            .unwrap();
        path
    }

    pub async fn lift(&mut self) {
        let path = std::mem::replace(&mut *self.present.lock().unwrap(), none());
        let emitter = SignalEmitter::new(&self.connection, CARD_PATH).unwrap();
        FakeReader::card_lifted(&emitter, (*path).clone())
            .await
            .unwrap();
        let server = self.connection.object_server();
        server.remove::<FakeCard, _>(&path).await.unwrap();
    }

    /// The process dies.
    pub async fn die(&self) {
        self.connection.clone().close().await.unwrap();
    }
}

fn none() -> OwnedObjectPath {
    ObjectPath::from_static_str_unchecked("/").into()
}

/// A good card with this certificate.
pub fn card(certificate: &[u8]) -> SharedCard {
    Arc::new(Mutex::new(CardState {
        kind: CardKind::Card,
        slot: Role::Card,
        tries: 3,
        certificate: certificate.to_vec(),
        verifies: 0,
        released: 0,
        signed_on_phone: 0,
        signed_by_eye: 0,
        photos: 0,
        photo_errors: VecDeque::new(),
        attested: false,
        signed_by_face: 0,
        signed: false,
        reads: 0,
        hold_sign: false,
        sign_errors: VecDeque::new(),
    }))
}

/// A phone on the reader beside.
pub fn phone(kind: CardKind, certificate: &[u8]) -> SharedCard {
    let phone = card(certificate);
    {
        let mut state = phone.lock().unwrap();
        (state.kind, state.slot) = (kind, Role::Phone);
        if kind == CardKind::PhoneIphone {
            state.tries = 0;
        }
    }
    phone
}
