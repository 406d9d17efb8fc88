// SPDX-License-Identifier: MIT OR Apache-2.0
//! `passcode.timing`: whether the time of an answer tells anything about the digits (MODE-07).
//!
//! Two pairs of wrong codes are tried in an order that chance decides, through the gate as it is shipped but
//! for the cost of Argon2id, which is next to nothing here: 64 MiB would hide whatever a comparison
//! gives away.
//!
//! | Pair | One | Other |
//! | --- | --- | --- |
//! | digit | first digit as the code of an account has it | another first digit |
//! | known | a code that nobody ever typed | one of the last wrong ones |
//!
//! Welch's t of each pair, over the times below the 95th percentile of both together: what is above is
//! the machine's, and would hide a difference, not make one. Beyond 4.5 a difference is called real
//! (the bound that tests for leaks of time and power use).

use std::future::{Future, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use uketsuke_passcode::gate::{Verdict, Verifier};
use uketsuke_passcode::kept::{Earlier, Keep, Kept, KeptError};
use uketsuke_passcode::verifier::{Codes, Cost, Pepper};
use uketsuke_passcode::{Code, Gate};

/// Tries of each pair.
const SAMPLES: usize = 100_000;
const CHEAP: Cost = Cost {
    memory_kib: 8,
    passes: 1,
};
/// Past every wait: each try is let through.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A disk that takes no time, so that its own is not in the way.
struct Memory;

impl Keep for Memory {
    fn load(&mut self) -> Result<Option<(Kept, bool)>, KeptError> {
        Ok(None)
    }

    fn save(&mut self, kept: &mut Kept, _: Earlier) -> Result<(), KeptError> {
        black_box(kept);
        Ok(())
    }
}

/// As the mode manager's.
struct Here<'a>(&'a Pepper);

impl Verifier for Here<'_> {
    fn verify(&mut self, code: &Code, codes: &Codes) -> impl Future<Output = Verdict> {
        ready(match codes.find(code, self.0) {
            Ok(Some(account)) => Verdict::Right(account.to_owned()),
            Ok(None) => Verdict::Wrong,
            Err(_) => Verdict::NoAnswer,
        })
    }
}

/// A gate with one code, 4711, and the time of every try at it.
struct Desk {
    gate: Gate<Memory>,
    pepper: Pepper,
    now: Duration,
}

impl Desk {
    fn new() -> Self {
        let pepper = Pepper::new([7; 32]);
        let mut gate = Gate::open(Memory, CHEAP, Duration::ZERO).expect("a gate");
        gate.issue("suzuki", &code(4711), &pepper).expect("a code");
        Self {
            gate,
            pepper,
            now: Duration::ZERO,
        }
    }

    /// Nanoseconds of one try, which must be wrong.
    fn time(&mut self, n: u32) -> f64 {
        // Waits and budget end by themselves, the row does not.
        self.now += YEAR;
        let code = code(n);
        let mut here = Here(&self.pepper);
        let begun = Instant::now();
        let tried = at_once(self.gate.attempt(black_box(&code), self.now, &mut here));
        let spent = begun.elapsed();
        assert_eq!(tried.expect("a try"), uketsuke_passcode::Tried::Wrong);
        spent.as_nanos() as f64
    }
}

fn code(n: u32) -> Code {
    Code::new(format!("{n:04}").as_bytes()).expect("four digits")
}

fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the verifier is here"),
    }
}

/// Chance that is the same on every run (Knuth's constants).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn main() {
    let mut chance = Chance(1);
    // Never the code itself.
    let digit = welch(&mut chance, &mut Desk::new(), |desk, first, n| {
        let rest = n % 711;
        desk.time(if first { 4000 + rest } else { 6000 + rest })
    });
    let known = welch(&mut chance, &mut Desk::new(), |desk, first, n| {
        let seen = 5000 + n;
        desk.time(seen);
        desk.time(if first { 8000 + n } else { seen })
    });
    let worst = digit.abs().max(known.abs());
    let row = serde_json::json!({
        "name": "passcode.timing",
        "ours": round(worst),
        "peer": null,
        "peer_name": null,
        "ratio": null,
        "unit": "|t|",
        "n": 2 * SAMPLES,
        "goal": 4.5,
        "note": format!(
            "Welch's t of the time of a wrong answer: right against wrong first digit {digit:.2}, \
             never typed against typed before {known:.2}; cost of Argon2id next to nothing"
        ),
    });
    uketsuke_testkit::bench::row(&row);
}

/// Welch's t of the two classes of what `time` gives.
fn welch(chance: &mut Chance, desk: &mut Desk, time: impl Fn(&mut Desk, bool, u32) -> f64) -> f64 {
    let mut all = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        let first = chance.below(2) == 0;
        let n = chance.below(1000) as u32;
        if desk.gate.in_a_row() > 6 {
            desk.gate.unlock().expect("nothing is kept");
        }
        all.push((first, time(desk, first, n)));
    }
    let mut times: Vec<f64> = all.iter().map(|(_, time)| *time).collect();
    times.sort_by(f64::total_cmp);
    let most = times[times.len() * 95 / 100];
    let of = |class: bool| {
        let times = all
            .iter()
            .filter(|(first, time)| *first == class && *time < most);
        moments(times.map(|(_, time)| *time))
    };
    let (one, other) = (of(true), of(false));
    (one.mean - other.mean) / (one.variance / one.count + other.variance / other.count).sqrt()
}

struct Moments {
    count: f64,
    mean: f64,
    variance: f64,
}

fn moments(values: impl Iterator<Item = f64> + Clone) -> Moments {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
    Moments {
        count,
        mean,
        variance: squares / (count - 1.0),
    }
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
