// SPDX-License-Identifier: MIT OR Apache-2.0
//! When a slot is good: pure, timed from outside.
//!
//! ```text
//!             every required check ok, same daemons        held long enough
//!   Waiting ----------------------------------> Holding ------------------> Good
//!      ^                                           |
//!      +---- one not ok, or a daemon came anew ----+
//!      limit over, from either: Over
//! ```

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::check::{Finding, Role, Verdict, role};

/// What a round of checks leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask again.
    Wait,
    /// The slot is good.
    Good,
    /// The time is over; these required checks were not ok, or not long enough.
    Over(Vec<String>),
}

/// The gate in front of a good slot.
pub struct Gate {
    required: BTreeSet<&'static str>,
    hold: Duration,
    end: Instant,
    held: Option<Held>,
}

/// Since when all is well, and who answered.
struct Held {
    since: Instant,
    who: Vec<(&'static str, Option<String>)>,
}

impl Gate {
    /// A gate that asks for the fixed minimum and for what `passed` on the last good boot.
    #[must_use]
    pub fn new(passed: &BTreeSet<String>, hold: Duration, limit: Duration, now: Instant) -> Self {
        let required = crate::check::boot_set()
            .into_iter()
            .filter(|name| role(name) == Some(Role::Minimum) || passed.contains(*name))
            .collect();
        Self {
            required,
            hold,
            end: now + limit,
            held: None,
        }
    }

    /// Takes one round of findings.
    pub fn step(&mut self, findings: &[Finding], now: Instant) -> Step {
        let of = |name: &str| findings.iter().find(|finding| finding.name == name);
        let ok = |name: &str| of(name).is_some_and(|finding| finding.verdict == Verdict::Ok);
        let missing: Vec<&str> = self.required.iter().copied().filter(|n| !ok(n)).collect();
        let mut unsteady = Vec::new();
        if missing.is_empty() {
            let who = self.required.iter().copied();
            let who: Vec<_> = who
                .map(|name| (name, of(name).and_then(|finding| finding.who.clone())))
                .collect();
            match &self.held {
                Some(held) if held.who == who => {
                    if now.duration_since(held.since) >= self.hold {
                        return Step::Good;
                    }
                }
                held => {
                    if let Some(held) = held {
                        let pairs = held.who.iter().zip(&who);
                        unsteady = pairs.filter(|(a, b)| a != b).map(|(a, _)| a.0).collect();
                    }
                    self.held = Some(Held { since: now, who });
                }
            }
        } else {
            self.held = None;
        }
        if now < self.end {
            return Step::Wait;
        }
        let names = if !missing.is_empty() {
            missing
        } else if unsteady.is_empty() {
            vec!["hold"]
        } else {
            unsteady
        };
        Step::Over(names.into_iter().map(str::to_owned).collect())
    }

    /// What must be ok.
    #[must_use]
    pub fn required(&self) -> &BTreeSet<&'static str> {
        &self.required
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::NAMES;
    use proptest::prelude::*;

    const HOLD: Duration = Duration::from_secs(120);
    const LIMIT: Duration = Duration::from_secs(300);

    fn all(who: &str, bad: &[&str]) -> Vec<Finding> {
        let finding = |(name, _): (&'static str, Role)| Finding {
            name,
            verdict: if bad.contains(&name) {
                Verdict::Bad
            } else {
                Verdict::Ok
            },
            what: String::new(),
            advice: "",
            ja: "",
            who: Some(who.to_owned()),
        };
        NAMES.map(finding).into()
    }

    fn passed(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_slot_is_good_exactly_when_the_hold_is_over() {
        let begun = Instant::now();
        let mut gate = Gate::new(&passed(&[]), HOLD, LIMIT, begun);
        assert_eq!(gate.step(&all("a", &["mode"]), begun), Step::Wait);
        assert_eq!(gate.step(&all("a", &[]), begun + s(10)), Step::Wait);
        assert_eq!(gate.step(&all("a", &[]), begun + s(129)), Step::Wait);
        assert_eq!(gate.step(&all("a", &[]), begun + s(130)), Step::Good);
    }

    #[test]
    fn one_bad_answer_and_one_new_daemon_begin_the_hold_anew() {
        let begun = Instant::now();
        let mut gate = Gate::new(&passed(&[]), HOLD, LIMIT, begun);
        assert_eq!(gate.step(&all("a", &[]), begun), Step::Wait);
        assert_eq!(gate.step(&all("a", &["screen"]), begun + s(60)), Step::Wait);
        assert_eq!(gate.step(&all("a", &[]), begun + s(61)), Step::Wait);
        assert_eq!(gate.step(&all("b", &[]), begun + s(150)), Step::Wait);
        assert_eq!(gate.step(&all("b", &[]), begun + s(269)), Step::Wait);
        assert_eq!(gate.step(&all("b", &[]), begun + s(270)), Step::Good);
    }

    #[test]
    fn when_the_time_is_over_the_failed_checks_are_named() {
        let begun = Instant::now();
        let mut gate = Gate::new(&passed(&["card-reader"]), HOLD, LIMIT, begun);
        assert_eq!(gate.step(&all("a", &["card"]), begun + s(299)), Step::Wait);
        let over = gate.step(&all("a", &["card", "card-reader", "update"]), begun + LIMIT);
        assert_eq!(over, Step::Over(vec!["card".into(), "card-reader".into()]));
        let mut late = Gate::new(&passed(&[]), HOLD, LIMIT, begun);
        assert_eq!(late.step(&all("a", &[]), begun + s(200)), Step::Wait);
        assert_eq!(
            late.step(&all("a", &[]), begun + LIMIT),
            Step::Over(vec!["hold".into()])
        );
    }

    #[test]
    fn a_reader_that_was_not_there_before_condemns_nothing() {
        let begun = Instant::now();
        let bad = ["card-reader", "tpm", "line", "clock", "certificates"];
        let mut gate = Gate::new(&passed(&["uplink", "line"]), HOLD, LIMIT, begun);
        assert!(!gate.required().contains("line"), "never the network");
        assert!(gate.required().contains("uplink"));
        assert_eq!(gate.step(&all("a", &bad), begun), Step::Wait);
        assert_eq!(gate.step(&all("a", &bad), begun + HOLD), Step::Good);
    }

    #[test]
    fn a_check_that_is_absent_or_was_not_run_is_not_ok() {
        let begun = Instant::now();
        let mut gate = Gate::new(&passed(&[]), Duration::ZERO, LIMIT, begun);
        let mut findings = all("a", &[]);
        findings.retain(|finding| finding.name != "storage");
        assert_eq!(gate.step(&findings, begun), Step::Wait);
        let mut findings = all("a", &[]);
        findings[0].verdict = Verdict::Absent;
        assert_eq!(
            gate.step(&findings, begun + LIMIT),
            Step::Over(vec!["bus".into()])
        );
    }

    proptest! {
        /// Whatever is answered, good means: ok without a gap over the hold, by the same daemons.
        #[test]
        fn good_is_never_said_of_an_unsteady_slot(
            rounds in prop::collection::vec((1u64..20, any::<bool>(), 0u8..2), 1..60)
        ) {
            let begun = Instant::now();
            let mut gate = Gate::new(&passed(&[]), HOLD, LIMIT, begun);
            let mut now = begun;
            let mut since: Option<(Instant, u8)> = None;
            for (pause, well, who) in rounds {
                now += s(pause);
                let bad: &[&str] = if well { &[] } else { &["card"] };
                let step = gate.step(&all(&who.to_string(), bad), now);
                since = match (well, since) {
                    (false, _) => None,
                    (true, Some((at, by))) if by == who => Some((at, by)),
                    (true, _) => Some((now, who)),
                };
                let held = since.is_some_and(|(at, _)| now - at >= HOLD);
                prop_assert_eq!(step == Step::Good, held);
                if step != Step::Wait {
                    break;
                }
                prop_assert!(now < begun + LIMIT);
            }
        }
    }
}
