// SPDX-License-Identifier: MIT OR Apache-2.0
//! The photo over bus, pcscd and virtual card: who gets it, what it costs, what is refused.
#![allow(clippy::unwrap_used)]

mod support;

use support::{House, PIN, named, photo, sign};
use uketsuke_bus::card1::CardKind;
use uketsuke_bus::secret;
use uketsuke_virtual_card::latency::Latency;

/// No card has this one: birth in month 0.
const WRONG: &str = "00000000000000";
/// Sides of the virtual cards' portrait, as the answer begins.
const SIDES: [u8; 4] = [1, 122, 1, 216];

fn number(house: &House, profile: &str) -> String {
    house.tray.number_b(profile).unwrap().unwrap()
}

#[tokio::test]
async fn the_photo_is_read_beside_the_claim_and_the_pin_follows() {
    let house = House::usual().await;
    let card = house.place("normal-adult").await;
    // The mode manager holds the card ...
    card.read_certificate().await.unwrap();
    assert_eq!(card.reference_tries_left().await.unwrap(), -1);
    // ... and the face daemon asks it for the photo.
    let face = house.bus.connect().await;
    let path = house.present().await.unwrap();
    let beside = house.card(&face, path).await;
    let picture = photo(&beside, &number(&house, "normal-adult"))
        .await
        .unwrap();
    assert_eq!(picture.expose()[..4], SIDES);
    assert_eq!(named(beside.read_certificate().await), "Busy");
    assert_eq!(named(sign(&card, PIN).await), "no error");
    // The card is off now; the photo can be had again.
    let again = photo(&beside, &number(&house, "normal-adult"))
        .await
        .unwrap();
    assert_eq!(again.expose(), picture.expose());
    card.release().await.unwrap();
    house.until_off().await;
    let log = house.log();
    assert!(!log.contains(&number(&house, "normal-adult")));
}

#[tokio::test]
async fn a_wrong_number_is_told_with_its_tries_and_the_last_two_stay() {
    let house = House::usual().await;
    let card = house.place("normal-adult").await;
    for left in (2..10).rev() {
        assert_eq!(named(photo(&card, WRONG).await), "WrongReference");
        assert_eq!(card.reference_tries_left().await.unwrap(), left);
    }
    // Also with the right one, and also when the card was lifted meanwhile.
    let right = number(&house, "normal-adult");
    assert_eq!(named(photo(&card, &right).await), "ReferenceTriesLow");
    house.lift().await;
    let card = house.place("normal-adult").await;
    assert_eq!(named(photo(&card, &right).await), "ReferenceTriesLow");
    assert_eq!(card.reference_tries_left().await.unwrap(), 2);
    assert_eq!(card.pin_tries_left().await.unwrap(), 3);
    assert_eq!(named(sign(&card, PIN).await), "no error");
}

#[tokio::test]
async fn a_card_without_pin_still_has_its_photo() {
    let house = House::usual().await;
    let card = house.place("pin-locked").await;
    assert_eq!(card.kind().await.unwrap(), CardKind::CardPinUnusable);
    let right = number(&house, "pin-locked");
    assert_eq!(photo(&card, &right).await.unwrap().expose()[..4], SIDES);
    assert_eq!(named(sign(&card, PIN).await), "PinBlocked");
    assert_eq!(house.tray.state(0).unwrap().verifies, 0);
}

#[tokio::test]
async fn what_is_no_number_never_reaches_the_card() {
    let house = House::usual().await;
    let card = house.place("normal-adult").await;
    let before = house.tray.state(0).unwrap().apdus;
    for bad in ["1234567890123", "1234567890123x"] {
        assert_eq!(named(photo(&card, bad).await), "BadReference");
    }
    let long = secret::seal(b"123456789012345").unwrap();
    assert_eq!(named(card.read_photo(long.into()).await), "BadSecret");
    assert_eq!(house.tray.state(0).unwrap().apdus, before);
}

#[tokio::test]
async fn without_a_root_no_photo_is_believed() {
    // Test roots are read only where test cards are served, and their certificates are refused first.
    let house = House::open(
        "[card]\ntest_cards = true\nroots = \"/nonexistent\"\n",
        Latency::NONE,
    )
    .await;
    let card = house.place("normal-adult").await;
    let right = number(&house, "normal-adult");
    assert_eq!(named(photo(&card, &right).await), "Forged");
    // A forged record costs no signature, and the PIN still works.
    assert_eq!(named(sign(&card, PIN).await), "no error");
}

#[tokio::test]
async fn without_its_decoder_no_photo_comes_out_and_the_pin_still_works() {
    let house = House::usual().await;
    house.no_decoder();
    let card = house.place("normal-adult").await;
    let right = number(&house, "normal-adult");
    assert_eq!(named(photo(&card, &right).await), "Internal");
    assert_eq!(named(sign(&card, PIN).await), "no error");
}
