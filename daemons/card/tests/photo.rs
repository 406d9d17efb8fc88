// SPDX-License-Identifier: MIT OR Apache-2.0
//! The face path of a session, command by command, against the virtual card itself.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use uketsuke_bus::card1::CardKind;
use uketsuke_bus::secret::SecretBytes;
use uketsuke_card::apdu::{Command, Pin, Response};
use uketsuke_card::link::{Link, LinkError};
use uketsuke_card::session::{Limits, Session, SessionError};
use uketsuke_record::{KeyId, PublicKey, RecordError, Reference, Root, Roots};
use uketsuke_virtual_card::card::{Behaviour, Card};
use uketsuke_virtual_card::profile::{self, Chain};
use uketsuke_virtual_card::surface::{self, ROOT_ID};
use uketsuke_virtual_card::vault::Vault;

const LIMITS: Limits = Limits {
    apdu: Duration::from_secs(60),
    sign: Duration::from_secs(60),
};

/// The card without reader and pcscd: a command in, an answer out.
#[derive(Clone)]
struct Direct {
    card: Arc<Mutex<Card>>,
    /// Headers and data of all commands.
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Link for Direct {
    async fn transmit(&mut self, command: &Command) -> Result<Response, LinkError> {
        self.seen.lock().unwrap().push(command.bytes().to_vec());
        let (answer, failure) = self.card.lock().unwrap().transmit(command.bytes());
        assert!(failure.is_none());
        Response::parse(&answer.into_bytes()).ok_or(LinkError::Malformed)
    }

    async fn power_down(self) -> Result<(), LinkError> {
        self.card.lock().unwrap().power_cycle();
        Ok(())
    }
}

/// A card on nothing, and what is printed on it.
struct Hand {
    link: Direct,
    vault: Vault,
    number: String,
    _folder: tempfile::TempDir,
}

impl Hand {
    fn with(profile: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut vault = Vault::open(folder.path()).unwrap();
        let profile = profile::find(profile).unwrap();
        let card = vault.card(profile, Behaviour::default()).unwrap();
        let number = vault.number_b(profile).unwrap();
        Self {
            link: Direct {
                card: Arc::new(Mutex::new(card)),
                seen: Arc::default(),
            },
            vault,
            number,
            _folder: folder,
        }
    }

    async fn session(&self) -> Session<Direct> {
        let (session, identity) = Session::open(self.link.clone(), LIMITS).await.unwrap();
        assert_eq!(identity.kind, CardKind::Card);
        session.unwrap()
    }

    fn reference(&self) -> Reference {
        Reference::new(self.number.as_bytes()).unwrap()
    }

    fn roots(&self, chain: Chain) -> Roots {
        let issuer = self.vault.issuer(chain).unwrap();
        let modulus = issuer.root.rsa().unwrap().n().to_vec();
        Roots::from_iter([Root {
            id: KeyId(ROOT_ID),
            key: PublicKey::new(&modulus).unwrap(),
        }])
    }

    /// VERIFYs with data since the last call.
    fn verifies(&self) -> usize {
        let seen = std::mem::take(&mut *self.link.seen.lock().unwrap());
        seen.iter()
            .filter(|bytes| bytes[1] == 0x20 && bytes.len() > 4)
            .count()
    }
}

fn wrong() -> Reference {
    Reference::new(b"00000000000000").unwrap()
}

#[tokio::test]
async fn the_photo_comes_out_and_the_pin_can_be_entered_after_it() {
    let hand = Hand::with("normal-adult");
    let mut session = hand.session().await;
    let trusted = hand.roots(Chain::Trusted);
    let photo = session
        .photo(hand.reference(), &[7; 32], &trusted)
        .await
        .unwrap();
    assert_eq!(photo[4..8], *b"jP  ");
    assert_eq!(hand.verifies(), 1);
    let pin = Pin::new(SecretBytes::new(b"1234".to_vec())).unwrap();
    assert_eq!(session.sign(pin, &[1; 32]).await.unwrap().len(), 256);
}

#[tokio::test]
async fn a_wrong_number_spends_one_try_and_the_last_two_are_never_touched() {
    let hand = Hand::with("normal-adult");
    let mut session = hand.session().await;
    let trusted = hand.roots(Chain::Trusted);
    for expected in (2..10).rev() {
        let photo = session.photo(wrong(), &[7; 32], &trusted).await;
        let Err(SessionError::WrongReference { left }) = photo else {
            panic!("a wrong number was taken");
        };
        assert_eq!(left, expected);
    }
    assert_eq!(hand.verifies(), 8);
    let photo = session.photo(hand.reference(), &[7; 32], &trusted).await;
    assert!(matches!(
        photo,
        Err(SessionError::ReferenceFloor { left: 2 })
    ));
    assert_eq!(hand.verifies(), 0);
}

#[tokio::test]
async fn a_root_of_somebody_else_gives_no_photo() {
    let hand = Hand::with("normal-adult");
    let mut session = hand.session().await;
    let others = hand.roots(Chain::Other);
    let photo = session.photo(hand.reference(), &[7; 32], &others).await;
    assert!(matches!(
        photo,
        Err(SessionError::Forged(RecordError::CertificateForged))
    ));
    let proved = hand.link.seen.lock().unwrap();
    let proof = proved.iter().any(|bytes| bytes[..2] == [0x80, 0x2A]);
    assert!(!proof, "a forged record costs no signature");
}

#[tokio::test]
async fn the_commands_are_no_more_than_the_files_need() {
    let hand = Hand::with("normal-adult");
    let mut session = hand.session().await;
    hand.verifies();
    let trusted = hand.roots(Chain::Trusted);
    let photo = session.photo(hand.reference(), &[7; 32], &trusted).await;
    photo.unwrap();
    let seen = hand.link.seen.lock().unwrap();
    // The record has 3,070 bytes, as the official test card's: 12 reads; the certificate 568: 3.
    let reads = seen.iter().filter(|bytes| bytes[1] == 0xB0).count();
    assert_eq!(reads, 12 + 3);
    // Four selections of files and applications, the query, the number, and the proof.
    assert_eq!(seen.len(), reads + 4 + 1 + 1 + 1);
    let surface = [&[0x00, 0xA4, 0x04, 0x0C, 0x0A], surface::AID].concat();
    assert_eq!(seen[0], surface);
}
