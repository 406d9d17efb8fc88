// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every card of the virtual tray on the reader: what the daemon says it is, and what becomes of its
//! photo and its PIN. A new card of the tray has to be given its row here.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;

use support::{House, PIN, named, photo, sign};
use uketsuke_bus::card1::{CardKind, CardProxy};

/// Card, what it is, tries of its PIN, what becomes of its photo.
type Row = (&'static str, CardKind, u8, &'static str);

use CardKind::{Card, CardPinUnusable, Foreign, Mute, PhoneAndroid, PhoneIphone};

const ROWS: &[Row] = &[
    ("android", PhoneAndroid, 3, "NotThisKind"),
    // The date is not signed; whether a card still counts is the centre's word.
    ("expired-card", Card, 3, "no error"),
    ("expired-old", Card, 3, "no error"),
    ("expired-recent", Card, 3, "no error"),
    ("expiring", Card, 3, "no error"),
    ("face-altered", Card, 3, "Forged"),
    // The card says that there is nothing more to read.
    ("face-cut-short", Card, 3, "Unreadable"),
    ("face-duplicated-tag", Card, 3, "Forged"),
    ("face-garbage", Card, 3, "Forged"),
    ("face-length", Card, 3, "Forged"),
    ("face-lying-table", Card, 3, "Forged"),
    ("foreign-card", Foreign, 0, "NotThisKind"),
    ("foreign-national", Card, 3, "no error"),
    // Its JPKI key is not the certificate's, which the centre sees; its face is genuine.
    ("forged", Card, 3, "no error"),
    ("iphone", PhoneIphone, 0, "NotThisKind"),
    ("mute", Mute, 0, "NotThisKind"),
    ("next-generation", Foreign, 0, "NotThisKind"),
    ("no-signature", Card, 3, "no error"),
    ("normal-adult", Card, 3, "no error"),
    ("number-locked", Card, 3, "ReferenceTriesLow"),
    // Its files are genuine, its root is not given to this reader.
    ("official-test-card", Card, 3, "Forged"),
    ("old-juki", Foreign, 0, "NotThisKind"),
    ("photo-absent", Card, 3, "NoPhoto"),
    ("photo-blank", Card, 3, "no error"),
    ("photo-empty", Card, 3, "NoPhoto"),
    ("photo-huge", Card, 3, "no error"),
    ("photo-many-components", Card, 3, "BadPhoto"),
    ("photo-many-pixels", Card, 3, "BadPhoto"),
    ("photo-many-tiles", Card, 3, "BadPhoto"),
    ("photo-noise", Card, 3, "BadPhoto"),
    // Its end lies beyond what a command can name.
    ("photo-oversized", Card, 3, "Unreadable"),
    ("pin-locked", CardPinUnusable, 0, "no error"),
    ("pin-one-left", Card, 1, "no error"),
    ("pinless", CardPinUnusable, 0, "no error"),
    ("second-adult", Card, 3, "no error"),
    ("under-fifteen", Card, 3, "no error"),
    ("untrusted-root", Card, 3, "Forged"),
];

/// What becomes of the photo with the number that is printed on the card; on a card without one, with
/// any number.
async fn face(house: &House, card: &CardProxy<'static>, name: &str) -> &'static str {
    let number = house.tray.number_b(name).unwrap();
    named(photo(card, number.as_deref().unwrap_or("00000000000000")).await)
}

#[tokio::test]
async fn every_card_of_the_tray_is_told_for_what_it_is() {
    let house = House::usual().await;
    let told: BTreeSet<_> = ROWS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let there: BTreeSet<_> = house.tray.profiles().into_iter().map(|p| p.name).collect();
    let mut wrong = Vec::new();
    for name in &there {
        let card = house.place(name).await;
        let seen = (
            card.kind().await.unwrap(),
            card.pin_tries_left().await.unwrap(),
            face(&house, &card, name).await,
        );
        let row = ROWS.iter().find(|(row, ..)| row == name);
        let expected = row.map(|(_, kind, tries, photo)| (*kind, *tries, *photo));
        if expected != Some(seen) {
            wrong.push(format!("{name}: {seen:?}, expected {expected:?}"));
        }
        // Whatever became of the photo: a PIN that worked before works after it.
        if seen.0 == Card && (name.starts_with("face-") || name.starts_with("photo-")) {
            assert_eq!(named(sign(&card, PIN).await), "no error", "{name}");
        }
        house.lift().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(told, there);
}
