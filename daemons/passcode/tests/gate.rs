// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tries through the gate (MODE-03, MODE-04): what is written before what is compared, power cuts at every
//! write, verifiers that do not answer.
#![allow(clippy::unwrap_used)]

mod support;

use std::cell::Cell;
use std::future::pending;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use support::{CHEAP, Paper, Says, at_once, code, gate};
use uketsuke_passcode::counts::{Refusal, budget};
use uketsuke_passcode::gate::{Tried, Verdict, Verifier};
use uketsuke_passcode::verifier::Codes;
use uketsuke_passcode::{Code, Gate};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn wrong() -> Says {
    Says::always(Verdict::Wrong)
}

fn right() -> Says {
    Says::always(Verdict::Right("account-0".into()))
}

/// Looks at the paper when it is asked.
struct Reads<'a>(&'a Paper, Cell<u8>);

impl Verifier for Reads<'_> {
    async fn verify(&mut self, _: &Code, _: &Codes) -> Verdict {
        let kept = self.0.0.borrow();
        self.1.set(kept.last().unwrap().counts.in_a_row());
        Verdict::Wrong
    }
}

#[test]
fn a_failure_is_on_paper_before_anything_is_compared() {
    let paper = Paper::default();
    let mut gate = gate(&paper, 1);
    let mut now = Duration::ZERO;
    for n in 1..=10 {
        let mut reads = Reads(&paper, Cell::new(0));
        let tried = at_once(gate.attempt(&code(1_000 + n), now, &mut reads)).unwrap();
        assert_eq!(tried, Tried::Wrong);
        assert_eq!(u32::from(reads.1.get()), n);
        now += DAY;
    }
    let mut asked = wrong();
    let tried = at_once(gate.attempt(&code(2_000), now, &mut asked)).unwrap();
    assert_eq!(tried, Tried::Refused(Refusal::Closed));
    assert_eq!(asked.asked.get(), 0);
    gate.unlock().unwrap();
    assert_eq!(gate.look(now), Ok(()));
}

#[test]
fn a_power_cut_at_any_write_gives_no_guess_and_costs_one_step_at_most() {
    let paper = Paper::default();
    let mut house = gate(&paper, 1);
    // Wrong three times, right, wrong six times.
    let mut compared = Vec::new();
    let mut now = Duration::ZERO;
    for n in 0..10 {
        let mut says = if n == 3 { right() } else { wrong() };
        at_once(house.attempt(&code(1_000 + n), now, &mut says)).unwrap();
        compared.push(paper.0.borrow().len());
        now += DAY / 24;
    }
    let all = paper.0.borrow().clone();
    for cut in 1..=all.len() {
        let left = Paper::default();
        left.0.borrow_mut().push(all[cut - 1].clone());
        let mut again = Gate::open(left, CHEAP, Duration::ZERO).unwrap();
        // What had been compared by then, since the last success that is on paper.
        let done = compared.iter().filter(|at| **at <= cut).count();
        let since = if done > 3 { done - 4 } else { done };
        assert!(usize::from(again.in_a_row()) >= since, "cut {cut}");
        assert!(usize::from(again.in_a_row()) <= since + 1, "cut {cut}");
        // A wait that is due is due in full.
        if let Err(Refusal::Wait(wait)) = again.look(Duration::ZERO) {
            let short = Duration::from_secs(u64::from(wait) - 1);
            assert_eq!(again.look(short), Err(Refusal::Wait(1)), "cut {cut}");
        }
    }
}

#[test]
fn who_does_not_answer_counts_nothing_and_opens_nothing() {
    let mut gate = gate(&Paper::default(), 1);
    for n in 0..100 {
        let mut silent = Says::always(Verdict::NoAnswer);
        let tried = at_once(gate.attempt(&code(n), Duration::ZERO, &mut silent)).unwrap();
        assert_eq!(tried, Tried::NoAnswer);
    }
    assert_eq!(gate.in_a_row(), 0);
    // Between failures neither: the row goes on where it was.
    for n in 0..3 {
        at_once(gate.attempt(&code(n), Duration::ZERO, &mut wrong())).unwrap();
        let mut silent = Says::always(Verdict::NoAnswer);
        at_once(gate.attempt(&code(500 + n), Duration::ZERO, &mut silent)).unwrap();
    }
    assert_eq!(gate.in_a_row(), 3);
}

#[test]
fn a_try_that_is_given_up_half_way_stays_counted() {
    struct Waits;
    impl Verifier for Waits {
        async fn verify(&mut self, _: &Code, _: &Codes) -> Verdict {
            pending().await
        }
    }
    let paper = Paper::default();
    let mut gate = gate(&paper, 1);
    {
        let asked = code(1);
        let mut waits = Waits;
        let mut attempt = pin!(gate.attempt(&asked, Duration::ZERO, &mut waits));
        let mut context = Context::from_waker(Waker::noop());
        assert!(attempt.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(gate.in_a_row(), 1);
    assert_eq!(paper.0.borrow().last().unwrap().counts.in_a_row(), 1);
}

#[test]
fn the_same_mistake_is_paid_for_once_and_takes_as_many_writes() {
    let paper = Paper::default();
    let mut gate = gate(&paper, 1);
    for _ in 0..50 {
        let before = paper.0.borrow().len();
        let mut says = wrong();
        let tried = at_once(gate.attempt(&code(7_777), Duration::ZERO, &mut says)).unwrap();
        assert_eq!(tried, Tried::Wrong);
        assert_eq!((says.asked.get(), paper.0.borrow().len()), (1, before + 1));
    }
    assert_eq!(gate.in_a_row(), 1);
}

#[test]
fn a_code_that_was_wrong_and_is_issued_then_opens() {
    use uketsuke_passcode::verifier::Pepper;
    let mut gate = gate(&Paper::default(), 1);
    at_once(gate.attempt(&code(7_777), Duration::ZERO, &mut wrong())).unwrap();
    gate.issue("account-0", &code(7_777), &Pepper::new([1; 32]))
        .unwrap();
    assert_eq!(gate.in_a_row(), 0);
    let opened = at_once(gate.attempt(&code(7_777), Duration::ZERO, &mut right())).unwrap();
    assert_eq!(opened, Tried::Opened("account-0".into()));
}

#[test]
fn a_clock_that_goes_back_shortens_nothing() {
    let mut gate = gate(&Paper::default(), 1);
    let late = Duration::from_secs(10 * 365 * 24 * 60 * 60);
    for n in 0..5 {
        at_once(gate.attempt(&code(1_000 + n), late, &mut wrong())).unwrap();
    }
    for now in [Duration::ZERO, late / 2, late] {
        assert_eq!(gate.look(now), Err(Refusal::Wait(60)));
    }
}

#[test]
fn a_reader_that_is_off_every_night_gets_its_budget_back() {
    let paper = Paper::default();
    let mut house = gate(&paper, 4);
    let mut now = Duration::ZERO;
    for n in 0..budget(4) {
        at_once(house.attempt(&code(1_000 + n), now, &mut wrong())).unwrap();
        at_once(house.attempt(&code(0), now, &mut right())).unwrap();
        now += Duration::from_secs(1);
    }
    assert!(house.look(now).is_err());
    let mut days = 0;
    loop {
        // Nine hours of opening, looked at every ten minutes.
        let mut house = Gate::open(paper.clone(), CHEAP, Duration::ZERO).unwrap();
        for tenth in 1..=54 {
            house.tick(Duration::from_secs(tenth * 600)).unwrap();
        }
        if house.look(Duration::from_secs(54 * 600)).is_ok() {
            break;
        }
        days += 1;
        assert!(days < 10, "never");
    }
    // 48 hours of running time are five days of nine hours and some.
    assert_eq!(days, 5);
}
