// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a card was shown and what it gave is left nowhere in the daemon: not in its memory, its log, its
//! files, not in what a monitor of the bus sees (COM-06, COM-07, FACE-01). Searched as soon as the
//! session is over. The decoder of photos is a process that ends with its one photo; there is nothing
//! of it to be searched.
#![allow(clippy::unwrap_used)]

mod canary;
mod support;

use canary::{Memory, Needles, alone};
use openssl::nid::Nid;
use openssl::x509::X509;
use support::{DIGEST, House, PIN, certificate, named, photo, sign, until};
use uketsuke_card::apdu::{Command, Ef, JPKI};
use uketsuke_virtual_card::latency::Latency;

/// No card of the tray has one of these.
const WRONG_NUMBER: &str = "61083120299174";
/// Candidates for PINs: the first two that stand nowhere in the daemon are taken.
const CANDIDATES: [&str; 8] = [
    "7391", "6284", "9517", "8053", "4862", "3719", "5926", "2680",
];
/// Long enough for the memory of the daemon to be searched meanwhile.
const SLOW: u64 = 6000;

const CONFIG: &str =
    "[card]\ntest_cards = true\napdu_timeout_ms = 10000\nsign_timeout_ms = 20000\n";

/// VERIFY with these digits.
fn verify(digits: &str) -> Vec<u8> {
    let head = [0x00, 0x20, 0x00, 0x80, digits.len() as u8];
    [&head[..], digits.as_bytes()].concat()
}

/// Gives the card in slot 0 another PIN, as a client of its own.
async fn change_pin(house: &House, from: &str, to: &str) {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02X}")).collect::<String>();
    let commands = [
        hex(Command::select_application(JPKI).bytes()),
        hex(Command::select(Ef::Pin).bytes()),
        hex(&verify(from)),
        format!("0024018004{}", hex(to.as_bytes())),
    ];
    assert_eq!(house.next_client(&commands).await, ["9000"; 4]);
}

/// Waits until the card has been sent the instruction for the `count`th time.
async fn until_sent(house: &House, instruction: &str, count: usize) {
    until("the command reaches the card", async || {
        let log = house.tray.log(0).unwrap();
        log.iter().filter(|e| e.ins == instruction).count() >= count
    })
    .await;
}

fn sent(house: &House, instruction: &str) -> usize {
    let log = house.tray.log(0).unwrap();
    log.iter().filter(|e| e.ins == instruction).count()
}

#[tokio::test]
async fn nothing_that_a_card_was_shown_or_gave_is_left() {
    let house = House::open(CONFIG, Latency::NONE).await;
    let capture = canary::Capture::start(&house.bus).await;
    let decoder = canary::Decoder::in_place_of(&house);
    let memory = || Memory::of(house.pid());

    // The certificate is there as long as the card is.
    let card = house.place("normal-adult").await;
    let der = certificate(&card).await.unwrap();
    let holder = X509::from_der(der.expose()).unwrap();
    let name = holder.subject_name().entries_by_nid(Nid::COMMONNAME);
    let name = name.last().unwrap().data().as_slice().to_vec();
    let key = holder.public_key().unwrap().rsa().unwrap().n().to_vec();
    assert!(memory().count(&name) > 0, "the search finds no name");
    card.release().await.unwrap();
    house.until_off().await;

    let before = memory();
    let unseen = |digits: &&&str| before.standing_alone(digits) == 0;
    let mut unseen = CANDIDATES.iter().filter(unseen);
    let (pin, wrong) = (*unseen.next().unwrap(), *unseen.next().unwrap());
    change_pin(&house, PIN, pin).await;

    // Wrong, then right while the memory is looked at, then cancelled in the middle.
    assert_eq!(named(sign(&card, wrong).await), "WrongPin");
    let presented = sent(&house, "20");
    house.tray.set_latency(Latency {
        ins_ms: SLOW,
        sign_ms: 0,
    });
    let entry = {
        let card = card.clone();
        tokio::spawn(async move { sign(&card, pin).await })
    };
    until_sent(&house, "20", presented + 1).await;
    assert!(memory().count(&verify(pin)) > 0, "the search finds no PIN");
    house.tray.set_latency(Latency::NONE);
    entry.await.unwrap().unwrap();
    house.tray.set_latency(Latency {
        ins_ms: 0,
        sign_ms: 1000,
    });
    let signed = sent(&house, "2A");
    let entry = {
        let card = card.clone();
        tokio::spawn(async move { sign(&card, pin).await })
    };
    until_sent(&house, "2A", signed + 1).await;
    card.release().await.unwrap();
    assert_eq!(named(entry.await.unwrap()), "Gone");
    house.until_off().await;
    house.tray.set_latency(Latency::NONE);

    // The photo: a wrong number, then the right one while the decoder keeps the daemon waiting; then
    // cancelled.
    let number = house.tray.number_b("normal-adult").unwrap().unwrap();
    assert_eq!(named(photo(&card, WRONG_NUMBER).await), "WrongReference");
    let entry = {
        let (card, number) = (card.clone(), number.clone());
        tokio::spawn(async move { photo(&card, &number).await })
    };
    let encoded = decoder.question().await;
    let during = memory();
    decoder.answer();
    let given = entry.await.unwrap().unwrap();
    let file = Needles::of_file(&encoded, &before);
    assert!(file.in_memory(&during) > 0, "the search finds no photo");
    let picture = Needles::of_picture(&given.expose()[4..], &before);
    let entry = {
        let (card, number) = (card.clone(), number.clone());
        tokio::spawn(async move { photo(&card, &number).await })
    };
    decoder.question().await;
    card.release().await.unwrap();
    assert_eq!(named(entry.await.unwrap()), "Gone");
    house.until_off().await;

    let after = memory();
    let mut left = Vec::new();
    let digits = [pin, wrong, number.as_str(), WRONG_NUMBER];
    for digits in digits {
        left.push(("a VERIFY", after.count(&verify(digits))));
        left.push(("digits", after.standing_alone(digits)));
    }
    left.push(("the photo", file.in_memory(&after)));
    left.push(("the picture", picture.in_memory(&after)));
    house.lift().await;
    let lifted = memory();
    left.push(("the name", lifted.count(&name)));
    left.push(("the end of the holder's key", lifted.count(&key[224..])));

    // What others could read.
    let seen = capture.end(&house).await;
    assert!(canary::count(&seen, &DIGEST) > 0, "the monitor saw no call");
    let files = canary::files_below(house.folder());
    assert!(files.len() >= 3, "only {} files", files.len());
    assert!(
        house.log().contains("apdu"),
        "the log is not at debug level"
    );
    for (what, bytes) in files.iter().chain([&("the bus".to_owned(), seen)]) {
        for digits in digits {
            let hex: String = digits.bytes().map(|b| format!("{b:02X}")).collect();
            let list: Vec<_> = digits.bytes().map(|b| b.to_string()).collect();
            let forms = [hex.to_lowercase(), hex, list.join(", ")];
            let found = alone(bytes, digits)
                + forms
                    .iter()
                    .map(|form| canary::count(bytes, form.as_bytes()))
                    .sum::<usize>();
            assert_eq!(found, 0, "{digits} in {what}");
        }
        assert_eq!(canary::count(bytes, &name), 0, "the name in {what}");
        assert_eq!(file.in_bytes(bytes) + picture.in_bytes(bytes), 0, "{what}");
    }
    println!(
        "secrets: {} bytes of memory, {} files searched; {left:?}",
        after.bytes(),
        files.len()
    );
    for needle in [verify(pin), verify(wrong), verify(&number), name] {
        for place in after.places(&needle) {
            println!(
                "seen before the card was lifted: {} bytes in {place}",
                needle.len()
            );
        }
    }
    assert!(left.iter().all(|(_, found)| *found == 0), "{left:?}");
}
