// SPDX-License-Identifier: MIT OR Apache-2.0
//! The daemon over a real bus and a real pcscd with the virtual card.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs::File;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use openssl::x509::X509;
use support::{DIGEST, House, PIN, WRONG, certificate, named, sign, until};
use uketsuke_bus::card1::CardKind;
use uketsuke_bus::secret;
use uketsuke_virtual_card::latency::Latency;

fn assert_signature(certificate: &[u8], signature: &[u8]) {
    let key = X509::from_der(certificate)
        .unwrap()
        .public_key()
        .unwrap()
        .rsa()
        .unwrap();
    let mut info = vec![0; signature.len()];
    let length = key
        .public_decrypt(signature, &mut info, openssl::rsa::Padding::PKCS1)
        .unwrap();
    // DigestInfo of SHA-256 (RFC 8017 §9.2).
    assert_eq!(info[..length].len(), 51);
    assert_eq!(info[19..length], DIGEST);
}

#[tokio::test]
async fn a_check_in_takes_seventeen_commands_and_ends_without_power() {
    let house = House::usual().await;
    let card = house.place("normal-adult").await;
    assert_eq!(card.kind().await.unwrap(), CardKind::Card);
    assert_eq!(card.pin_tries_left().await.unwrap(), 3);
    let certificate = certificate(&card).await.unwrap();
    let signature = sign(&card, PIN).await.unwrap();
    assert_signature(certificate.expose(), &signature);
    house.until_off().await;
    let log = house.tray.log(0).unwrap();
    let seen: Vec<_> = log.iter().map(|e| (e.ins.as_str(), e.lc)).collect();
    assert_eq!(seen.len(), 17, "{seen:?}");
    assert_eq!(seen.iter().filter(|e| **e == ("20", 4)).count(), 1);
    // Once more on the card that is off.
    sign(&card, PIN).await.unwrap();
    card.release().await.unwrap();
    assert_eq!(house.tray.state(0).unwrap().verifies, 2);
    house.lift().await;
    assert_eq!(named(sign(&card, PIN).await), "Gone");
    assert_eq!(named(card.read_certificate().await), "Gone");
    card.pin_tries_left().await.unwrap_err();
}

#[tokio::test]
async fn wrong_pins_spend_exactly_the_typed_tries_and_are_not_logged() {
    let house = House::usual().await;
    let card = house.place("normal-adult").await;
    for left in [2u8, 1, 0] {
        assert_eq!(named(sign(&card, WRONG).await), "WrongPin");
        assert_eq!(card.pin_tries_left().await.unwrap(), left);
        assert_eq!(house.tray.state(0).unwrap().pin_tries, Some(left));
    }
    for _ in 0..3 {
        assert_eq!(named(sign(&card, PIN).await), "PinBlocked");
    }
    assert_eq!(card.kind().await.unwrap(), CardKind::CardPinUnusable);
    let state = house.tray.state(0).unwrap();
    assert_eq!((state.verifies, state.verifies_wrong), (3, 3));
    let log = house.log();
    assert!(
        log.contains("apdu"),
        "the log is not at debug level:\n{log}"
    );
    for canary in [WRONG, "37333931", "55, 51, 57, 49", "[0x37"] {
        assert!(!log.contains(canary), "{canary} in the log:\n{log}");
    }
}

#[tokio::test]
async fn a_wrong_pin_once_and_twice_leaves_the_right_one_working() {
    let house = House::usual().await;
    for wrong in [1u64, 2] {
        house.tray.reset("normal-adult").unwrap();
        let card = house.place("normal-adult").await;
        for _ in 0..wrong {
            assert_eq!(named(sign(&card, WRONG).await), "WrongPin");
        }
        sign(&card, PIN).await.unwrap();
        let state = house.tray.state(0).unwrap();
        assert_eq!(state.verifies, wrong + 1);
        assert_eq!((state.verifies_wrong, state.pin_tries), (wrong, Some(3)));
        house.lift().await;
    }
}

#[tokio::test]
async fn bad_arguments_are_named_and_never_reach_the_card() {
    let house = House::usual().await;
    let card = house.place("normal-adult").await;
    let sealed = |bytes: &[u8]| secret::seal(bytes).unwrap().into();
    for bad in ["123", "12a4", "１", "\n\n\n\n"] {
        assert_eq!(named(sign(&card, bad).await), "BadPin", "{bad:?}");
    }
    for bad in ["12345", "1234\0"] {
        assert_eq!(named(sign(&card, bad).await), "BadSecret", "{bad:?}");
    }
    let file: std::os::fd::OwnedFd = File::open("/dev/null").unwrap().into();
    let refused = card.sign_with_pin(file.into(), &DIGEST).await;
    assert_eq!(named(refused), "BadSecret");
    for length in [0, 31, 33, 1000] {
        let pin = sealed(PIN.as_bytes());
        let refused = card.sign_with_pin(pin, &vec![0; length]).await;
        assert_eq!(named(refused), "BadDigest");
    }
    assert_eq!(house.tray.state(0).unwrap().verifies, 0);
    sign(&card, PIN).await.unwrap();
}

#[tokio::test]
async fn a_taken_pin_is_wiped_from_the_memory_file() {
    let house = House::usual().await;
    let card = house.place("normal-adult").await;
    let pin = secret::seal(PIN.as_bytes()).unwrap();
    let copy = pin.try_clone().unwrap();
    card.sign_with_pin(pin.into(), &DIGEST).await.unwrap();
    assert_eq!(secret::take(copy, 4).unwrap().expose(), [0; 4]);
}

#[tokio::test]
async fn a_claim_ends_with_release_and_with_its_owner() {
    let house = House::usual().await;
    let mine = house.place("normal-adult").await;
    let path = mine.inner().path().to_owned();
    let other = house.bus.connect().await;
    let theirs = house.card(&other, path.clone().into()).await;
    mine.read_certificate().await.unwrap();
    assert_eq!(named(theirs.read_certificate().await), "Busy");
    assert_eq!(named(sign(&theirs, PIN).await), "Busy");
    assert_eq!(named(theirs.release().await), "Busy");
    assert_eq!(theirs.pin_tries_left().await.unwrap(), 3);
    mine.release().await.unwrap();
    house.until_off().await;
    assert_eq!(named(sign(&theirs, WRONG).await), "WrongPin");
    assert_eq!(named(mine.read_certificate().await), "Busy");
    other.close().await.unwrap();
    drop(theirs);
    house.until_off().await;
    sign(&mine, PIN).await.unwrap();
    assert_eq!(house.tray.state(0).unwrap().verifies, 2);
}

#[tokio::test]
async fn every_kind_of_card_is_told_apart() {
    let house = House::usual().await;
    for (profile, kind, tries) in [
        ("normal-adult", CardKind::Card, 3),
        ("pin-one-left", CardKind::Card, 1),
        ("pin-locked", CardKind::CardPinUnusable, 0),
        ("foreign-card", CardKind::Foreign, 0),
        ("old-juki", CardKind::Foreign, 0),
        ("mute", CardKind::Mute, 0),
    ] {
        let card = house.place(profile).await;
        assert_eq!(card.kind().await.unwrap(), kind, "{profile}");
        assert_eq!(card.pin_tries_left().await.unwrap(), tries, "{profile}");
        if kind != CardKind::Card {
            let expected = match kind {
                CardKind::CardPinUnusable => "PinBlocked",
                _ => "NotThisKind",
            };
            assert_eq!(named(sign(&card, PIN).await), expected, "{profile}");
        }
        house.lift().await;
    }
}

#[tokio::test]
async fn test_cards_are_refused_in_service() {
    let house = House::open("", Latency::NONE).await;
    let card = house.place("normal-adult").await;
    assert_eq!(named(card.read_certificate().await), "TestCard");
    assert_eq!(named(sign(&card, PIN).await), "TestCard");
    assert_eq!(house.tray.state(0).unwrap().verifies, 0);
}

#[tokio::test]
async fn a_stopped_daemon_powers_the_card_down_first() {
    let mut house = House::usual().await;
    let card = house.place("normal-adult").await;
    assert_eq!(named(sign(&card, WRONG).await), "WrongPin");
    assert!(house.tray.state(0).unwrap().powered);
    house.signal(Signal::SIGTERM);
    house.restart_daemon().await;
    let log = house.log();
    assert!(!log.contains("hang in pcscd"), "{log}");
    let card = house.until_present().await;
    assert_eq!(card.pin_tries_left().await.unwrap(), 2);
    sign(&card, PIN).await.unwrap();
}

#[tokio::test]
async fn a_daemon_killed_while_the_card_signs_comes_back_and_spends_nothing() {
    let slow = Latency {
        ins_ms: 0,
        sign_ms: 1000,
    };
    let mut house = House::open("[card]\ntest_cards = true\n", slow).await;
    let card = house.place("normal-adult").await;
    let entry = tokio::spawn(async move { sign(&card, PIN).await });
    until("the PIN was presented", async || {
        house.tray.state(0).unwrap().verifies == 1
    })
    .await;
    house.signal(Signal::SIGKILL);
    entry.await.unwrap().unwrap_err();
    house.restart_daemon().await;
    let card = house.until_present().await;
    assert_eq!(card.pin_tries_left().await.unwrap(), 3);
    sign(&card, PIN).await.unwrap();
    assert_eq!(house.tray.state(0).unwrap().verifies, 2);
}

#[tokio::test]
async fn pcscd_killed_and_started_again_is_found_again() {
    let mut house = House::usual().await;
    let card = house.place("normal-adult").await;
    card.read_certificate().await.unwrap();
    house.pcscd.kill();
    until("the readers are told as away", async || {
        house.readers().await.iter().all(|(.., works)| !works)
    })
    .await;
    assert!(house.present().await.is_none());
    assert_eq!(named(sign(&card, PIN).await), "Gone");
    house.pcscd.restart().unwrap();
    until("the readers are back", async || {
        house.readers().await.iter().all(|(.., works)| *works)
    })
    .await;
    let card = house.until_present().await;
    sign(&card, PIN).await.unwrap();
    assert_eq!(house.tray.state(0).unwrap().verifies, 1);
}

#[tokio::test]
async fn a_pcscd_that_hangs_is_told_and_an_entry_is_not_repeated_when_it_goes_on() {
    let house = House::open(
        "[card]\ntest_cards = true\napdu_timeout_ms = 200\n",
        Latency::NONE,
    )
    .await;
    let card = house.place("normal-adult").await;
    let pcscd = Pid::from_raw(i32::try_from(house.pcscd.pid()).unwrap());
    kill(pcscd, Signal::SIGSTOP).unwrap();
    assert_eq!(named(sign(&card, WRONG).await), "Unreadable");
    assert_eq!(house.tray.state(0).unwrap().verifies, 0);
    kill(pcscd, Signal::SIGCONT).unwrap();
    until("the first entry reaches the card", async || {
        house.tray.state(0).unwrap().verifies == 1
    })
    .await;
    sign(&card, PIN).await.unwrap();
    let state = house.tray.state(0).unwrap();
    assert_eq!((state.verifies, state.verifies_wrong), (2, 1));
}
