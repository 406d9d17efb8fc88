// SPDX-License-Identifier: MIT OR Apache-2.0
//! Phones on the second slot of a real pcscd.
#![allow(clippy::unwrap_used)]

mod support;

use openssl::x509::X509;
use support::{DIGEST, House, PIN, WRONG, named, sign, until};
use uketsuke_bus::card1::{CardKind, CardProxy, Role};
use uketsuke_virtual_card::behaviour::Behaviour;
use uketsuke_virtual_card::latency::Latency;

const CONFIG: &str = "[card]\ntest_cards = true\n[card.slot]\nname = \"00 00\"\n\
                      [card.phone_slot]\nname = \"00 01\"\n";

async fn house() -> House {
    House::open(CONFIG, Latency::NONE).await
}

async fn lay(house: &House, phone: &str) -> CardProxy<'static> {
    house.tray.place(phone, 1).unwrap();
    let card = house.until_present().await;
    assert_eq!(card.slot().await.unwrap(), Role::Phone);
    card
}

async fn take_away(house: &House) {
    house.tray.lift(1).unwrap();
    until("the phone has left", async || {
        house.present().await.is_none()
    })
    .await;
}

fn assert_signature(certificate: &[u8], signature: &[u8]) {
    let key = X509::from_der(certificate).unwrap().public_key().unwrap();
    let key = key.rsa().unwrap();
    let mut info = vec![0; signature.len()];
    let length = key
        .public_decrypt(signature, &mut info, openssl::rsa::Padding::PKCS1)
        .unwrap();
    // DigestInfo of SHA-256 (RFC 8017 §9.2).
    assert_eq!(info[19..length], DIGEST);
}

#[tokio::test]
async fn android_signs_after_one_verify_and_shows_its_certificate_when_it_has_left() {
    let house = house().await;
    assert!(house.card1().await.phones().await.unwrap());
    let readers = house.readers().await;
    let name = |(role, name, _): &(Role, String, bool)| (*role, name[name.len() - 5..].to_owned());
    let names: Vec<_> = readers.iter().map(name).collect();
    let expected = [(Role::Card, "00 00"), (Role::Phone, "00 01")];
    assert_eq!(names, expected.map(|(role, name)| (role, name.to_owned())));
    let phone = lay(&house, "android").await;
    assert_eq!(phone.kind().await.unwrap(), CardKind::PhoneAndroid);
    assert_eq!(phone.pin_tries_left().await.unwrap(), 3);
    assert_eq!(named(phone.read_certificate().await), "NotYet");
    assert_eq!(named(phone.sign_on_phone(&DIGEST).await), "NotThisKind");
    assert_eq!(named(sign(&phone, WRONG).await), "WrongPin");
    let signature = sign(&phone, PIN).await.unwrap();
    take_away(&house).await;
    let certificate = support::certificate(&phone).await.unwrap();
    assert_signature(certificate.expose(), &signature);
    assert_eq!(named(sign(&phone, PIN).await), "Gone");
    let state = house.tray.state(1).unwrap();
    assert_eq!((state.verifies, state.verifies_wrong), (2, 1));
    let log = house.log();
    assert!(!log.contains(WRONG), "the PIN in the log:\n{log}");
    // The next card, on the other slot.
    let card = house.place("normal-adult").await;
    assert_eq!(card.slot().await.unwrap(), Role::Card);
    // Its object has made room.
    phone.read_certificate().await.unwrap_err();
    sign(&card, PIN).await.unwrap();
}

#[tokio::test]
async fn an_iphone_signs_without_a_verify_once_it_is_unlocked() {
    let house = house().await;
    let locked = Behaviour {
        iphone_unlocked: false,
        ..Behaviour::default()
    };
    house.tray.set_behaviour(locked);
    let phone = lay(&house, "iphone").await;
    assert_eq!(phone.kind().await.unwrap(), CardKind::PhoneIphone);
    assert_eq!(named(phone.sign_on_phone(&DIGEST).await), "NotAllowed");
    assert_eq!(named(phone.sign_on_phone(&DIGEST[1..]).await), "BadDigest");
    assert_eq!(named(sign(&phone, PIN).await), "NotThisKind");
    assert_eq!(named(phone.read_certificate().await), "NotYet");
    house.tray.set_behaviour(Behaviour::default());
    let signature = phone.sign_on_phone(&DIGEST).await.unwrap();
    assert_signature(
        support::certificate(&phone).await.unwrap().expose(),
        &signature,
    );
    assert_eq!(house.tray.state(1).unwrap().verifies, 0);
    take_away(&house).await;
}

#[tokio::test]
async fn phones_of_a_test_root_are_refused_in_service() {
    let config = CONFIG.replace("test_cards = true\n", "");
    let house = House::open(&config, Latency::NONE).await;
    let phone = lay(&house, "android").await;
    assert_eq!(named(sign(&phone, PIN).await), "TestCard");
    let signed = house.tray.log(1).unwrap().iter().any(|e| e.ins == "2A");
    assert!(!signed, "a signature of a test root");
    take_away(&house).await;
    let phone = lay(&house, "iphone").await;
    assert_eq!(named(phone.sign_on_phone(&DIGEST).await), "TestCard");
}

#[tokio::test]
async fn what_lies_on_the_slot_for_phones_gives_way_to_a_card() {
    let house = house().await;
    let junk = lay(&house, "foreign-card").await;
    assert_eq!(junk.kind().await.unwrap(), CardKind::Foreign);
    house.tray.place("normal-adult", 0).unwrap();
    let mut path = None;
    until("the card has the desk", async || {
        path = house.present().await;
        path.as_ref()
            .is_some_and(|path| path.as_str() != junk.inner().path().as_str())
    })
    .await;
    let card = house.card(&house.client, path.unwrap()).await;
    assert_eq!(card.slot().await.unwrap(), Role::Card);
    sign(&card, PIN).await.unwrap();
}

#[tokio::test]
async fn without_a_slot_for_phones_none_is_told_and_the_reader_is_not_used() {
    let config = "[card]\ntest_cards = true\n[card.slot]\nname = \"00 00\"\n";
    let house = House::open(config, Latency::NONE).await;
    assert!(!house.card1().await.phones().await.unwrap());
    assert_eq!(house.readers().await.len(), 1);
    until("the other reader was seen", async || {
        house.log().contains("fits no slot, not used")
    })
    .await;
    house.tray.place("android", 1).unwrap();
    let card = house.place("normal-adult").await;
    assert_eq!(card.slot().await.unwrap(), Role::Card);
}
