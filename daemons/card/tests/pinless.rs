// SPDX-License-Identifier: MIT OR Apache-2.0
//! Signatures without PIN over bus, pcscd and virtual card: on what ground, by which service, and what
//! is left when it goes wrong. The service is the simulated one, or one that means ill.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::{AtomicU32, Ordering};

use openssl::hash::MessageDigest;
use openssl::sign::Verifier;
use openssl::x509::X509;
use support::{DIGEST, House, PIN, certificate, named, photo, sign};
use uketsuke_bus::card1::{CardProxy, Ground};
use uketsuke_bus::pinless1::PinlessError;
use uketsuke_virtual_card::card::Behaviour;
use zbus::interface;

/// SELECT of the application and its key, and a signature: what the next client tries.
fn attempt() -> Vec<String> {
    let digest = "3031300D060960864801650304020105000420".to_owned() + &"A7".repeat(32);
    vec![
        "00A4040C0AD392F000260100000001".into(),
        "00A4020C020017".into(),
        format!("802A008033{digest}00"),
    ]
}

/// Nobody is left a right, and the card is off.
async fn assert_closed(house: &House) {
    house.until_off().await;
    let words = house.next_client(&attempt()).await;
    assert_eq!(words, ["9000", "9000", "6982"]);
}

fn assert_signature(certificate: &[u8], signature: &[u8]) {
    let key = X509::from_der(certificate).unwrap().public_key().unwrap();
    let mut info = vec![0; 256];
    let rsa = key.rsa().unwrap();
    let padding = openssl::rsa::Padding::PKCS1;
    let length = rsa.public_decrypt(signature, &mut info, padding).unwrap();
    assert_eq!(info[19..length], DIGEST);
    // And it is no signature of anything else.
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
    assert!(!verifier.verify_oneshot(signature, &DIGEST).unwrap());
}

/// The face daemon's side of the card on the reader.
async fn face(house: &House) -> CardProxy<'static> {
    let client = house.bus.connect().await;
    let path = house.present().await.unwrap();
    house.card(&client, path).await
}

async fn shown(house: &House, card: &CardProxy<'_>, profile: &str) {
    let number = house.tray.number_b(profile).unwrap().unwrap();
    photo(card, &number).await.unwrap();
}

#[tokio::test]
async fn a_face_is_attested_by_who_saw_the_photo_and_signs_once() {
    let house = House::usual().await;
    let _service = house.pinless().await;
    for profile in ["pinless", "pin-locked", "normal-adult"] {
        let mode = house.place(profile).await;
        let der = certificate(&mode).await.unwrap();
        let face = face(&house).await;
        let by_face = || mode.sign_pinless(&DIGEST, Ground::Face);
        assert_eq!(named(by_face().await), "NotAttested");
        // Not before the photo, and not by another than who was given it.
        assert_eq!(named(face.attest_match().await), "NotYet");
        shown(&house, &face, profile).await;
        assert_eq!(named(by_face().await), "NotAttested");
        assert_eq!(named(mode.attest_match().await), "NotYet");
        face.attest_match().await.unwrap();
        assert_signature(der.expose(), &by_face().await.unwrap());
        assert_eq!(named(by_face().await), "NotAttested");
        assert_closed(&house).await;
        // Once more, and not beyond the end of the session.
        face.attest_match().await.unwrap();
        mode.release().await.unwrap();
        assert_eq!(named(by_face().await), "NotAttested");
        assert_eq!(named(face.attest_match().await), "NotYet");
        assert_eq!(house.tray.state(0).unwrap().verifies, 0);
        house.lift().await;
    }
}

#[tokio::test]
async fn an_attestation_does_not_pass_to_the_next_card() {
    let house = House::usual().await;
    let _service = house.pinless().await;
    house.place("normal-adult").await;
    let before = face(&house).await;
    shown(&house, &before, "normal-adult").await;
    before.attest_match().await.unwrap();
    house.lift().await;
    let card = house.place("second-adult").await;
    before.attest_match().await.unwrap_err();
    let signed = card.sign_pinless(&DIGEST, Ground::Face).await;
    assert_eq!(named(signed), "NotAttested");
}

#[tokio::test]
async fn on_the_word_of_staff_nothing_is_spent_and_a_pin_works_before_and_after() {
    let house = House::usual().await;
    let _service = house.pinless().await;
    let card = house.place("normal-adult").await;
    let der = certificate(&card).await.unwrap();
    let by_eye = || card.sign_pinless(&DIGEST, Ground::Eye);
    assert_signature(der.expose(), &by_eye().await.unwrap());
    assert_closed(&house).await;
    sign(&card, PIN).await.unwrap();
    assert_signature(der.expose(), &by_eye().await.unwrap());
    sign(&card, PIN).await.unwrap();
    let state = house.tray.state(0).unwrap();
    assert_eq!((state.verifies, state.pin_tries), (2, Some(3)));
    assert_eq!(
        named(card.sign_pinless(&[0; 31], Ground::Eye).await),
        "BadDigest"
    );
}

#[tokio::test]
async fn other_cards_and_other_callers_are_refused() {
    let house = House::usual().await;
    let _service = house.pinless().await;
    let card = house.place("foreign-card").await;
    let signed = card.sign_pinless(&DIGEST, Ground::Eye).await;
    assert_eq!(named(signed), "NotThisKind");
    house.lift().await;
    let card = house.place("normal-adult").await;
    certificate(&card).await.unwrap();
    let other = face(&house).await;
    assert_eq!(
        named(other.sign_pinless(&DIGEST, Ground::Eye).await),
        "Busy"
    );
    house.lift().await;
    // A card whose makers certify other terminals.
    let card = house.place("untrusted-root").await;
    let signed = card.sign_pinless(&DIGEST, Ground::Eye).await;
    assert_eq!(named(signed), "PinlessRefused");
    assert_closed(&house).await;
}

#[tokio::test]
async fn without_a_service_or_with_a_stranger_it_is_refused_and_the_pin_still_works() {
    let house = House::usual().await;
    let card = house.place("normal-adult").await;
    let by_eye = || card.sign_pinless(&DIGEST, Ground::Eye);
    assert_eq!(named(by_eye().await), "NoPinless");
    assert_closed(&house).await;
    let service = house.pinless().await;
    by_eye().await.unwrap();
    house.tray.set_behaviour(Behaviour {
        knows_test_terminal: false,
        ..Behaviour::default()
    });
    assert_eq!(named(by_eye().await), "PinlessRefused");
    assert_closed(&house).await;
    house.tray.set_behaviour(Behaviour::default());
    service.close().await.unwrap();
    assert_eq!(named(by_eye().await), "NoPinless");
    sign(&card, PIN).await.unwrap();
    assert_eq!(house.tray.state(0).unwrap().verifies, 1);
}

/// A service that says one thing for ever, or goes away after the first command.
struct Ill {
    command: Vec<u8>,
    asked: &'static AtomicU32,
    ends: bool,
}

#[interface(name = "jp.uketsuke.Pinless1")]
impl Ill {
    fn begin(&self) -> (u64, Vec<u8>) {
        (1, vec![0x00, 0xA4, 0x02, 0x0C, 2, 0x00, 0x16])
    }

    async fn answer(
        &self,
        _dialogue: u64,
        _answer: Vec<u8>,
        #[zbus(connection)] bus: &zbus::Connection,
    ) -> Result<Vec<u8>, PinlessError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.ends {
            bus.clone().close().await?;
        }
        Ok(self.command.clone())
    }

    fn end(&self, _dialogue: u64) {}
}

#[tokio::test]
async fn a_service_cannot_read_present_or_sign_and_cannot_go_on_for_ever() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let house = House::usual().await;
    let card = house.place("normal-adult").await;
    let challenge = vec![0x00, 0x84, 0x00, 0x00, 8];
    let verify = b"\x00\x20\x00\x80\x041234".to_vec();
    let read = vec![0x00, 0xB0, 0x00, 0x00, 0x00];
    let application = vec![0x00, 0xA4, 0x04, 0x0C, 0x00];
    for command in [verify, read, application, vec![0xFF], challenge] {
        ASKED.store(0, Ordering::Relaxed);
        let endless = command.get(1) == Some(&0x84);
        let service = house
            .serve_pinless(Ill {
                command,
                asked: &ASKED,
                ends: false,
            })
            .await;
        let before = house.tray.log(0).unwrap().len();
        let signed = card.sign_pinless(&DIGEST, Ground::Eye).await;
        assert_eq!(named(signed), "PinlessRefused");
        let asked = ASKED.load(Ordering::Relaxed);
        assert_eq!(asked, if endless { 16 } else { 1 });
        let log = house.tray.log(0).unwrap();
        let foreign = log[before..]
            .iter()
            .filter(|e| e.ins == "2A" || (e.ins == "20" && e.lc > 0));
        assert_eq!(foreign.count(), 0);
        assert_closed(&house).await;
        service.close().await.unwrap();
    }
    assert_eq!(house.tray.state(0).unwrap().verifies, 0);
}

#[tokio::test]
async fn a_service_that_dies_half_way_leaves_the_card_closed() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let house = House::usual().await;
    let card = house.place("normal-adult").await;
    let _service = house
        .serve_pinless(Ill {
            command: vec![0x00, 0x84, 0x00, 0x00, 8],
            asked: &ASKED,
            ends: true,
        })
        .await;
    let signed = card.sign_pinless(&DIGEST, Ground::Eye).await;
    assert_eq!(named(signed), "NoPinless");
    assert_closed(&house).await;
    sign(&card, PIN).await.unwrap();
}
