// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every fault at every command of every flow (CARD-02): named error, at most the one entry spent, and
//! the next card works. `UKETSUKE_FAULTS=all` runs every row; without it each command meets two of the
//! faults, another two than the command before it.
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

/// Commands before the card has its object. Counted from 1 as the virtual card does.
const BEFORE_OBJECT: u32 = 14;

/// A signature may take four times what `Kind::Delay` adds to it, any other answer less than half.
const PATIENT: &str = "[card]\ntest_cards = true\nsign_timeout_ms = 20000\n";
/// And here a signature may not take that long.
const HASTY: &str = "[card]\ntest_cards = true\nsign_timeout_ms = 2500\n";

/// PIN of the profile `second-adult`.
const OTHER_PIN: &str = "4321";
/// No card has this one: birth in month 0.
const WRONG_NUMBER: &str = "00000000000000";

/// What is done with a card after it has its object.
#[derive(Clone, Copy)]
struct Flow {
    name: &'static str,
    /// Which command presents PIN or 照合番号B.
    entry: u32,
    /// Commands from placing on, in all.
    all: u32,
    /// Those among them that have a signature's limit, since the card computes in them.
    slow: &'static [u32],
    /// What comes of it without a fault.
    outcome: &'static str,
}

const SIGNATURE: Flow = Flow {
    name: "signature",
    entry: 15,
    all: 17,
    slow: &[17],
    outcome: "no error",
};
const WRONG_PIN: Flow = Flow {
    name: "wrong PIN",
    entry: 15,
    all: 15,
    slow: &[],
    outcome: "WrongPin",
};
const PHOTO: Flow = Flow {
    name: "photo",
    entry: 18,
    all: 36,
    slow: &[36],
    outcome: "no error",
};
const WRONG_REFERENCE: Flow = Flow {
    name: "wrong reference number",
    entry: 18,
    all: 18,
    slow: &[],
    outcome: "WrongReference",
};

/// With the simulated service.
const PINLESS: Flow = Flow {
    name: "signature without PIN",
    entry: u32::MAX,
    all: 21,
    slow: &[16, 17, 19, 21],
    outcome: "no error",
};

impl Flow {
    async fn run(self, house: &House) -> &'static str {
        let card = house.until_present().await;
        match self.name {
            "signature" => named(sign(&card, PIN).await),
            "wrong PIN" => named(sign(&card, WRONG).await),
            "photo" => {
                let number = house.tray.number_b("normal-adult").unwrap().unwrap();
                named(photo(&card, &number).await)
            }
            "signature without PIN" => named(card.sign_pinless(&DIGEST, Ground::Eye).await),
            _ => named(photo(&card, WRONG_NUMBER).await),
        }
    }

    /// What has to come of a fault: the outcome, `None` where there never was an object; and how many
    /// entries the card has seen.
    fn expected(self, at: u32, kind: Kind) -> (Option<&'static str>, usize) {
        let outcome = match (at <= BEFORE_OBJECT, lifts(kind)) {
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
        let entered = match outcome {
            None => false,
            Some(_) if at <= BEFORE_OBJECT => self.entry <= self.all,
            Some(_) => at > self.entry || (at == self.entry && reached),
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
    house.tray.reset("normal-adult").unwrap();
    house.tray.fault(0, at, kind).unwrap();
    house.tray.place("normal-adult", 0).unwrap();
    let outcome = if at <= BEFORE_OBJECT && lifts(kind) {
        until("the card was lifted", async || {
            !house.tray.state(0).unwrap().placed
        })
        .await;
        None
    } else {
        Some(flow.run(house).await)
    };
    let log = house.tray.log(0).unwrap();
    let entered = log
        .iter()
        .filter(|entry| entry.ins == "20" && entry.lc > 0 && !entry.sw.is_empty())
        .count();
    let what = format!("{}, {kind:?} at {at}", flow.name);
    assert_eq!((outcome, entered), flow.expected(at, kind), "{what}");
    let spent = if flow.name == WRONG_PIN.name {
        entered
    } else {
        0
    };
    assert_eq!(
        house.tray.state(0).unwrap().pin_tries.map(usize::from),
        Some(3 - spent),
        "{what}"
    );
    house.tray.disarm(0).unwrap();
    house.lift().await;
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
