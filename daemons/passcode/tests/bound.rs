// SPDX-License-Identifier: MIT OR Apache-2.0
//! MODE-01 and MODE-02 against the closed formula, for one to twenty accounts: whatever is tried when, not
//! more failures than the formula says; and somebody who wastes no second gets exactly those.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use proptest::prelude::*;
use uketsuke_passcode::counts::{Counts, HIGHEST_WAIT, Refusal, budget, most_failures};

const DAY: u32 = 24 * 60 * 60;
const MONTH: u32 = 30 * DAY;

/// What happens at the counter.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// So many seconds go by.
    Pass(u32),
    /// A wrong code.
    Wrong,
    /// A right one.
    Right,
    /// One that nobody answers for.
    Unanswered,
    /// The power goes and comes.
    Power,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => (0..DAY).prop_map(Deed::Pass),
        2 => (0..90_u32).prop_map(Deed::Pass),
        6 => Just(Deed::Wrong),
        2 => Just(Deed::Right),
        1 => Just(Deed::Unanswered),
        1 => Just(Deed::Power),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_order_of_events_lets_more_failures_through(
        accounts in 1..=20_u32,
        deeds in prop::collection::vec(deed(), 1..400),
    ) {
        let mut counts = Counts::default();
        let (mut elapsed, mut failures, mut row) = (0_u64, 0_u64, 0_u64);
        for deed in deeds {
            match deed {
                Deed::Pass(seconds) => {
                    counts.pass(seconds, accounts);
                    elapsed += u64::from(seconds);
                }
                Deed::Wrong => {
                    if counts.charge(accounts).is_ok() {
                        failures += 1;
                        row += 1;
                    }
                }
                Deed::Right => {
                    if let Ok(charge) = counts.charge(accounts) {
                        counts.right(charge);
                        row = 0;
                    }
                }
                Deed::Unanswered => {
                    let before = counts;
                    if let Ok(charge) = counts.charge(accounts) {
                        counts.take_back(charge);
                    }
                    prop_assert_eq!(counts, before);
                }
                // What was written is what there is; nothing is gained by it.
                Deed::Power => counts = serde_json::from_str(&serde_json::to_string(&counts).unwrap()).unwrap(),
            }
            prop_assert!(row <= 10);
            let bound = most_failures(accounts, Duration::from_secs(elapsed));
            prop_assert!(failures <= bound, "{} of {} after {} s", failures, bound, elapsed);
        }
    }
}

/// Tries wrong codes as soon as each is let through, for a month; staff come by with a right one before the
/// reader closes. How many were let through.
fn greedy(accounts: u32) -> u64 {
    let mut counts = Counts::default();
    let (mut elapsed, mut failures) = (0, 0);
    while elapsed <= MONTH {
        if counts.in_a_row() == 4 {
            let charge = counts.charge(accounts);
            if let Ok(charge) = charge {
                counts.right(charge);
                continue;
            }
        }
        match counts.charge(accounts) {
            Ok(_) => failures += 1,
            Err(Refusal::Wait(wait)) => {
                counts.pass(wait, accounts);
                elapsed += wait;
            }
            Err(Refusal::Closed) => break,
        }
    }
    failures
}

#[test]
fn who_wastes_no_second_gets_what_the_formula_says_and_no_more() {
    println!("accounts  failures in 30 days  chance of a hit");
    for accounts in 1..=20 {
        let failures = greedy(accounts);
        let bound = most_failures(accounts, Duration::from_secs(MONTH.into()));
        println!(
            "{accounts:8}  {failures:19}  {:.2} %",
            failures as f64 * f64::from(accounts) / 100.0
        );
        assert_eq!(failures, bound, "{accounts} accounts");
    }
}

#[test]
fn an_older_state_never_opens_before_the_highest_wait() {
    for accounts in 1..=20 {
        for spent in 0..budget(accounts) {
            let mut counts = Counts::default();
            for _ in 0..spent.min(9) {
                counts.pass(HIGHEST_WAIT, accounts);
                let _ = counts.charge(accounts).unwrap();
            }
            counts.distrust(accounts);
            counts.pass(HIGHEST_WAIT - 1, accounts);
            assert!(counts.look(accounts).is_err(), "{accounts} accounts");
        }
    }
}
