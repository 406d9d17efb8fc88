// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every fault at every command of every flow (CARD-02): named error, at most the one entry spent, and
//! the next card works. With the card on the one slot, with phones on the other.
//! `UKETSUKE_FAULTS=all` runs every row; without it each command meets two of the faults, another two
//! than the command before it.
#![allow(clippy::unwrap_used)]

mod support;

use support::{DIGEST, House, PIN, WRONG, named, photo, sign, until};
use uketsuke_bus::card1::Ground;
use uketsuke_virtual_card::fault::Kind;
use uketsuke_virtual_card::latency::Latency;

const KINDS: [Kind; 8] = [
    Kind::LiftBefore,
    Kind::Garbled,
    Kind::LiftDuring,
    Kind::Short,
    Kind::LiftAfter,
    Kind::Mute,
    Kind::Long,
    Kind::Delay,
];

/// A signature may take four times what `Kind::Delay` adds to it, any other answer less than half.
const PATIENT: &str = "[card]\ntest_cards = true\nsign_timeout_ms = 20000\n\
                       [card.slot]\nname = \"00 00\"\n[card.phone_slot]\nname = \"00 01\"\n";
/// And here a signature may not take that long.
const HASTY: &str = "[card]\ntest_cards = true\nsign_timeout_ms = 2500\n";

/// PIN of the profile `second-adult`.
const OTHER_PIN: &str = "4321";
/// No card has this one: birth in month 0.
const WRONG_NUMBER: &str = "00000000000000";

/// What is met on which slot.
#[derive(Clone, Copy)]
struct Met {
    profile: &'static str,
    slot: u8,
    /// Commands before it has its object. Counted from 1 as the virtual card does.
    before: u32,
}

const CARD: Met = Met {
    profile: "normal-adult",
    slot: 0,
    before: 14,
};
const ANDROID: Met = Met {
    profile: "android",
    slot: 1,
    before: 7,
};
const IPHONE: Met = Met {
    profile: "iphone",
    slot: 1,
    before: 5,
};

/// What is done with a card or phone after it has its object.
#[derive(Clone, Copy)]
struct Flow {
    name: &'static str,
    met: Met,
    /// Which command presents PIN or 照合番号B, if any does.
    entry: Option<u32>,
    /// Commands from placing on, in all.
    all: u32,
    /// Those among them that have a signature's limit, because the card computes in them.
    slow: &'static [u32],
    /// What comes of it without a fault.
    outcome: &'static str,
}

const SIGNATURE: Flow = Flow {
    name: "signature",
    met: CARD,
    entry: Some(15),
    all: 17,
    slow: &[17],
    outcome: "no error",
};
const WRONG_PIN: Flow = Flow {
    name: "wrong PIN",
    met: CARD,
    entry: Some(15),
    all: 15,
    slow: &[],
    outcome: "WrongPin",
};
const PHOTO: Flow = Flow {
    name: "photo",
    met: CARD,
    entry: Some(18),
    all: 36,
    slow: &[36],
    outcome: "no error",
};
const WRONG_REFERENCE: Flow = Flow {
    name: "wrong reference number",
    met: CARD,
    entry: Some(18),
    all: 18,
    slow: &[],
    outcome: "WrongReference",
};
/// With the simulated service.
const PINLESS: Flow = Flow {
    name: "signature without PIN",
    met: CARD,
    entry: None,
    all: 21,
    slow: &[16, 17, 19, 21],
    outcome: "no error",
};
const BY_ANDROID: Flow = Flow {
    name: "signature of an Android phone",
    met: ANDROID,
    entry: Some(8),
    all: 18,
    slow: &[18],
    outcome: "no error",
};
const WRONG_BY_ANDROID: Flow = Flow {
    name: "wrong PIN of an Android phone",
    met: ANDROID,
    entry: Some(8),
    all: 8,
    slow: &[],
    outcome: "WrongPin",
};
const BY_IPHONE: Flow = Flow {
    name: "signature of an iPhone",
    met: IPHONE,
    entry: None,
    all: 15,
    slow: &[15],
    outcome: "no error",
};

impl Flow {
    async fn run(self, house: &House) -> &'static str {
        let card = house.until_present().await;
        match self.name {
            "signature" | "signature of an Android phone" => named(sign(&card, PIN).await),
            "signature without PIN" => named(card.sign_pinless(&DIGEST, Ground::Eye).await),
            "signature of an iPhone" => named(card.sign_on_phone(&DIGEST).await),
            "wrong PIN" | "wrong PIN of an Android phone" => named(sign(&card, WRONG).await),
            "photo" => {
                let number = house.tray.number_b("normal-adult").unwrap().unwrap();
                named(photo(&card, &number).await)
            }
            _ => named(photo(&card, WRONG_NUMBER).await),
        }
    }

    /// What has to come of a fault: the outcome, `None` where there never was an object; and how many
    /// entries the card has seen.
    fn expected(self, at: u32, kind: Kind) -> (Option<&'static str>, usize) {
        let early = at <= self.met.before;
        let outcome = match (early, lifts(kind)) {
            (true, true) => None,
            // A fault that leaves the card there is mended before the object is published: the second
            // attempt goes through.
            (true, false) => Some(self.outcome),
            // Late, but in time.
            (false, false) if kind == Kind::Delay && self.slow.contains(&at) => Some(self.outcome),
            (false, true) => Some("Gone"),
            (false, false) => Some("Unreadable"),
        };
        let reached = !matches!(kind, Kind::LiftBefore | Kind::Mute);
        let entered = match (outcome, self.entry) {
            (None, _) | (_, None) => false,
            (Some(_), Some(entry)) => early || at > entry || (at == entry && reached),
        };
        (outcome, usize::from(entered))
    }
}

fn lifts(kind: Kind) -> bool {
    matches!(kind, Kind::LiftBefore | Kind::LiftAfter | Kind::LiftDuring)
}

/// Faults for command `at`.
fn kinds(at: u32) -> Vec<Kind> {
    if std::env::var("UKETSUKE_FAULTS").is_ok_and(|which| which == "all") {
        return KINDS.to_vec();
    }
    let first = at as usize * 2;
    [first, first + 1].map(|n| KINDS[n % KINDS.len()]).to_vec()
}

async fn matrix(flow: Flow) {
    let house = House::open(PATIENT, Latency::NONE).await;
    let _pinless = house.pinless().await;
    let (mut rows, mut presented) = (0, 0);
    for at in 1..=flow.all {
        for kind in kinds(at) {
            presented += row(&house, flow, at, kind).await;
            rows += 1;
        }
    }
    println!(
        "{}: {rows} rows, {rows} passed, {presented} entries counted by the card",
        flow.name
    );
}

/// One card with one fault, then a card without; returns the entries that the card has seen.
async fn row(house: &House, flow: Flow, at: u32, kind: Kind) -> usize {
    let Met {
        profile,
        slot,
        before,
    } = flow.met;
    house.tray.reset(profile).unwrap();
    house.tray.fault(slot, at, kind).unwrap();
    house.tray.place(profile, slot).unwrap();
    let outcome = if at <= before && lifts(kind) {
        until("the card was lifted", async || {
            !house.tray.state(slot).unwrap().placed
        })
        .await;
        None
    } else {
        Some(flow.run(house).await)
    };
    let log = house.tray.log(slot).unwrap();
    let entered = log
        .iter()
        .filter(|entry| entry.ins == "20" && entry.lc > 0 && !entry.sw.is_empty())
        .count();
    let what = format!("{}, {kind:?} at {at}", flow.name);
    assert_eq!((outcome, entered), flow.expected(at, kind), "{what}");
    let spent = if flow.outcome == "WrongPin" {
        entered
    } else {
        0
    };
    assert_eq!(
        house.tray.state(slot).unwrap().pin_tries.map(usize::from),
        Some(3 - spent),
        "{what}"
    );
    house.tray.disarm(slot).unwrap();
    house.lift_from(slot).await;
    let card = house.place("second-adult").await;
    let next = named(sign(&card, OTHER_PIN).await);
    assert_eq!(next, "no error", "after {what}");
    house.lift().await;
    entered
}

#[tokio::test]
async fn faults_of_a_signature_are_told_and_spend_only_what_was_entered() {
    matrix(SIGNATURE).await;
}

#[tokio::test]
async fn a_signature_later_than_its_limit_is_given_up() {
    let house = House::open(HASTY, Latency::NONE).await;
    house.tray.fault(0, SIGNATURE.all, Kind::Delay).unwrap();
    house.tray.place("normal-adult", 0).unwrap();
    assert_eq!(SIGNATURE.run(&house).await, "Unreadable");
    house.lift().await;
    let card = house.place("second-adult").await;
    assert_eq!(named(sign(&card, OTHER_PIN).await), "no error");
}

#[tokio::test]
async fn faults_of_an_android_phone_are_told_and_spend_only_what_was_entered() {
    matrix(BY_ANDROID).await;
}

#[tokio::test]
async fn faults_of_a_wrong_pin_of_an_android_phone_spend_one_try_at_most() {
    matrix(WRONG_BY_ANDROID).await;
}

#[tokio::test]
async fn faults_of_an_iphone_are_told() {
    matrix(BY_IPHONE).await;
}

#[tokio::test]
async fn faults_of_a_wrong_pin_spend_one_try_at_most() {
    matrix(WRONG_PIN).await;
}

#[tokio::test]
async fn faults_of_a_photo_are_told_and_spend_only_what_was_entered() {
    matrix(PHOTO).await;
}

#[tokio::test]
async fn faults_of_a_signature_without_pin_are_told_and_spend_nothing() {
    matrix(PINLESS).await;
}

#[tokio::test]
async fn faults_of_a_wrong_number_spend_one_try_at_most() {
    matrix(WRONG_REFERENCE).await;
}
