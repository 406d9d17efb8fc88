// SPDX-License-Identifier: MIT OR Apache-2.0
//! A session of the card daemon with a card that says whatever it likes: identified, PINs and numbers
//! entered, powered down and up again as the daemon would, and the wire watched.
#![no_main]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};
use uketsuke_bus::card1::CardKind;
use uketsuke_bus::secret::SecretBytes;
use uketsuke_card::apdu::{JPKI, Pin, SIGNATURE_BYTES};
use uketsuke_card::certificate;
use uketsuke_card::session::{Identity, Limits, REFERENCE_FLOOR, Session, SessionError, is_phone};
use uketsuke_fuzz::card::{Card, Exchange, PIN, PIN_FILE, REFERENCE, REFERENCE_FILE, Wire};
use uketsuke_fuzz::face::{CHALLENGE, FACE, PHOTO};
use uketsuke_fuzz::input::Input;
use uketsuke_record::Reference;

const LIMITS: Limits = Limits {
    apdu: Duration::from_secs(2),
    sign: Duration::from_secs(5),
};
/// Entries in one input.
const MOST_ENTRIES: u8 = 4;
/// Commands besides the reading of files, with the detours that each may take: its repetition or the
/// right length, and 256 parts of one byte.
const MOST_COMMANDS: usize = 8 * (2 + 256);
/// Commands for a byte of a file: a READ, the same with the right length, GET RESPONSE.
const COMMANDS_A_BYTE: usize = 3;
/// Longest file of the card's face: READ BINARY has 15 bits of offset.
const MOST_RECORD_BYTES: usize = 0x7FFF;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::over(bytes);
    let entries: Vec<u8> = (0..input.below(MOST_ENTRIES + 1))
        .map(|_| input.u8())
        .collect();
    // The genuine card's session does everything once.
    let entries = if entries.is_empty() {
        vec![2, 0]
    } else {
        entries
    };
    let card = Arc::new(Mutex::new(Card::new(input)));
    // Time that nobody waits for: where everything waits the clock goes on by itself.
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime: Runtime = runtime.expect("no thread and no device is needed");
    runtime.block_on(visit(&card, &entries));
    // A signature and a proof, or the invariants would hold of a card that nobody gets anything from.
    let computed = locked(&card)
        .seen
        .iter()
        .filter(|one| one.command[1] == 0x2A)
        .count();
    assert!(
        computed == 2 || !bytes.is_empty(),
        "the genuine card is refused"
    );
});

fn locked(card: &Mutex<Card>) -> MutexGuard<'_, Card> {
    card.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One card on the reader, and what is entered.
async fn visit(card: &Arc<Mutex<Card>>, entries: &[u8]) {
    let Some((mut session, mut tries)) = open(card).await else {
        return;
    };
    for entry in entries {
        let usable = match entry % 4 {
            // The desk asks for no PIN where it was told that no try is left.
            0 | 1 if tries == 0 => true,
            0 => sign(&mut session, card, PIN, &mut tries).await,
            1 => sign(&mut session, card, *b"0000", &mut tries).await,
            2 => photo(&mut session, card, REFERENCE).await,
            _ => photo(&mut session, card, [b'0'; 14]).await,
        };
        if !usable {
            drop(session);
            assert!(!locked(card).powered, "a card that failed has power");
            match open(card).await {
                Some((another, left)) => (session, tries) = (another, left),
                None => return,
            }
        }
    }
    let _ = session.power_down().await;
    assert!(
        !locked(card).powered,
        "a card whose session ended has power"
    );
}

/// Identifies the card. Nothing may be presented to it.
async fn open(card: &Arc<Mutex<Card>>) -> Option<(Session<Wire>, u8)> {
    let before = locked(card).seen.len();
    let opened = Session::open(Wire::to(card), LIMITS).await;
    let known = opened
        .as_ref()
        .ok()
        .map(|(session, identity)| (session.is_some(), identity));
    {
        let card = locked(card);
        let seen = &card.seen[before..];
        assert!(
            presented(seen).is_empty(),
            "something was presented unasked"
        );
        assert!(seen.len() <= MOST_COMMANDS + COMMANDS_A_BYTE * certificate::MOST_BYTES);
        assert_eq!(
            card.powered,
            matches!(known, Some((true, _))),
            "power without session"
        );
        if let Some((goes_on, identity)) = known {
            is_consistent(goes_on, identity, seen);
        }
    }
    let (session, identity) = opened.ok()?;
    Some((session?, identity.tries))
}

/// What the daemon says of the card is what the card said.
fn is_consistent(goes_on: bool, identity: &Identity, seen: &[Exchange]) {
    let is_card = matches!(identity.kind, CardKind::Card | CardKind::CardPinUnusable);
    assert_eq!(goes_on, is_card || is_phone(identity.kind));
    // A phone is one also without a try left, an iPhone is not asked.
    match identity.kind {
        CardKind::PhoneAndroid => {}
        kind => assert_eq!(identity.tries > 0, kind == CardKind::Card),
    }
    assert!(is_card || identity.certificate.is_none());
    if let Some(certificate) = &identity.certificate {
        assert!(certificate.der().len() <= certificate::MOST_BYTES);
    }
    if identity.tries > 0 {
        let last = seen.last().expect("the tries were asked for");
        assert_eq!(last.answer, Some(0x63C0 | u16::from(identity.tries)));
    }
}

/// Enters a PIN. Says whether the session is usable after it.
async fn sign(
    session: &mut Session<Wire>,
    card: &Mutex<Card>,
    digits: [u8; 4],
    tries: &mut u8,
) -> bool {
    let before = locked(card).seen.len();
    let pin = Pin::new(SecretBytes::new(digits.to_vec())).expect("four digits");
    let result = session.sign(pin, &CHALLENGE).await;
    let card = locked(card);
    let seen = &card.seen[before..];
    assert!(seen.len() <= MOST_COMMANDS);
    let presented = presented(seen);
    assert!(
        presented.len() <= 1,
        "a PIN was presented {} times",
        presented.len()
    );
    for at in presented {
        let last = card.seen[..before + at]
            .last()
            .expect("the card was identified");
        assert!(told_tries(last) > 0, "presented with no try left");
        assert_eq!(
            seen[at].at, PIN_FILE,
            "a PIN was presented to something else"
        );
        assert_eq!(seen[at].command[5..], digits);
    }
    let computed = seen.iter().find(|one| one.command[1] == 0x2A);
    if computed.is_some() {
        let verify = seen
            .iter()
            .find(|one| is_presented(one))
            .expect("the key is behind the PIN");
        assert_eq!(
            verify.answer,
            Some(0x9000),
            "a signature after a refused PIN"
        );
    }
    match result {
        Ok(signature) => {
            assert_eq!(signature.len(), SIGNATURE_BYTES);
            assert!(computed.is_some());
            // The daemon powers a card down that has signed.
            false
        }
        Err(SessionError::WrongPin { left }) => {
            *tries = left;
            true
        }
        Err(SessionError::PinBlocked) => {
            *tries = 0;
            true
        }
        Err(_) => false,
    }
}

/// Enters 照合番号B. Says whether the session is usable after it.
async fn photo(session: &mut Session<Wire>, card: &Mutex<Card>, digits: [u8; 14]) -> bool {
    let before = locked(card).seen.len();
    let reference = Reference::new(&digits).expect("fourteen digits");
    let result = session.photo(reference, &CHALLENGE, &FACE.roots).await;
    let card = locked(card);
    let seen = &card.seen[before..];
    assert!(seen.len() <= MOST_COMMANDS + COMMANDS_A_BYTE * 2 * MOST_RECORD_BYTES);
    let presented = presented(seen);
    assert!(
        presented.len() <= 1,
        "a number was presented {} times",
        presented.len()
    );
    for at in &presented {
        assert_eq!(
            seen[*at].at, REFERENCE_FILE,
            "a number was presented to something else"
        );
        assert_eq!(seen[*at].command[5..], digits);
        let asked = seen[..*at].iter().rposition(|one| one.command[1] == 0x20);
        let answers = &seen[asked.expect("the tries are asked for")..*at];
        // Between question and answer a card may have its answer fetched, and nothing else.
        assert!(answers[1..].iter().all(|one| one.command[1] == 0xC0));
        assert!(
            told_tries(&answers[answers.len() - 1]) >= REFERENCE_FLOOR,
            "below the floor"
        );
    }
    let proved = seen.iter().position(|one| one.command[1] == 0x2A);
    match result {
        Ok(photo) => {
            assert_eq!(presented.len(), 1);
            // The answer may have come in parts.
            let proof = &seen[proved.expect("the card has to prove itself")..];
            let proof: Vec<u8> = proof.iter().flat_map(|one| one.data.clone()).collect();
            assert_eq!(proof, FACE.answer, "another proof is believed");
            assert_eq!(*photo, FACE.values[PHOTO], "another photo is believed");
            true
        }
        Err(
            SessionError::WrongReference { .. }
            | SessionError::ReferenceFloor { .. }
            | SessionError::NoPhoto
            | SessionError::Forged(_),
        ) => true,
        Err(_) => false,
    }
}

fn is_presented(one: &Exchange) -> bool {
    one.command[1] == 0x20 && one.command.len() > 4
}

/// Where something was presented.
fn presented(seen: &[Exchange]) -> Vec<usize> {
    let known = seen.iter().inspect(|one| is_known(one)).enumerate();
    known
        .filter(|(_, one)| is_presented(one))
        .map(|(at, _)| at)
        .collect()
}

/// Tries that an answer told of.
fn told_tries(one: &Exchange) -> u8 {
    match one.answer {
        Some(word) if word & 0xFFF0 == 0x63C0 => (word & 0x0F) as u8,
        _ => 0,
    }
}

/// The daemon sends these commands and no others.
fn is_known(one: &Exchange) {
    let known = match one.command[..4] {
        [0x00, 0xA4, 0x04 | 0x02, 0x0C] => usize::from(one.command[4]) == one.command.len() - 5,
        [0x00, 0xB0, 0x00..=0x7F, _] | [0x00, 0xC0, 0x00, 0x00] => one.command.len() == 5,
        [0x00, 0x20, 0x00, 0x80] => matches!(one.command.len(), 4 | 9 | 19),
        [0x80, 0x2A, 0x00, 0x80] => one.command.len() == 57 && one.at.0 == JPKI,
        [0x80, 0x2A, 0x00, 0x00] => one.command.len() == 57 && one.at.0 != JPKI,
        _ => false,
    };
    assert!(known, "a command that is not the daemon's");
}
