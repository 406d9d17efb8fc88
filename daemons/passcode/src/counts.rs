// SPDX-License-Identifier: MIT OR Apache-2.0
//! How often a passcode was wrong, and what follows: a ladder of waits for failures in a row, and beside
//! it a budget of failures that no success refills.
//!
//! With N codes that would be right, a run of failures up to the end of the ladder finds one with at most
//! 10·N in 10,000 (0.1 %·N). Over 30 days the budget lets through [`most_failures`] guesses at most:
//! 0.8 % for N up to 4, 2 % at 10, 4 % at 20.
//!
//! All times are whole seconds of running time. What is written down as a wait begins anew with the
//! power, so that neither a clock nor a restart shortens it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Seconds to wait after the fifth to ninth failure in a row. The ones before cost nothing; after the
/// tenth no waiting helps.
const LADDER: [u32; 5] = [60, 5 * 60, 15 * 60, 60 * 60, 4 * 60 * 60];
/// Failures in a row without a wait.
const FREE: u8 = 4;
/// Failures in a row after which the reader is closed.
const LAST: u8 = FREE + LADDER.len() as u8 + 1;
/// The longest of the waits.
pub const HIGHEST_WAIT: u32 = LADDER[LADDER.len() - 1];
/// Accounts that are taken to have a code where nobody knows how many.
const UNKNOWN: u32 = 4;

/// Failures that are let through with nothing given back, for so many accounts with a code.
#[must_use]
pub fn budget(accounts: u32) -> u32 {
    5.max(20 / known(accounts))
}

/// Seconds after which one failure of the budget is given back.
#[must_use]
pub fn given_back_after(accounts: u32) -> u32 {
    12 * 60 * 60 * known(accounts).min(4)
}

/// Most failures that can happen in so long, for so many accounts: the bound that the rest keeps.
#[must_use]
pub fn most_failures(accounts: u32, within: Duration) -> u64 {
    u64::from(budget(accounts)) + within.as_secs() / u64::from(given_back_after(accounts))
}

fn known(accounts: u32) -> u32 {
    if accounts == 0 { UNKNOWN } else { accounts }
}

/// Why nothing can be tried now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// For so many seconds.
    Wait(u32),
    /// Until a code is issued anew, or service unlocks.
    Closed,
}

/// What is counted, as it is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Failures since the last success.
    in_a_row: u8,
    /// Seconds of the ladder's wait that are left.
    wait_s: u32,
    /// Failures that the budget has not been given back.
    spent: u32,
    /// Running seconds since the last was given back.
    credit_s: u32,
}

impl Counts {
    /// Lets `seconds` go by, with so many accounts.
    pub fn pass(&mut self, seconds: u32, accounts: u32) {
        self.wait_s = self.wait_s.saturating_sub(seconds);
        let after = given_back_after(accounts);
        let credit = self.credit_s.saturating_add(seconds);
        self.spent = self.spent.saturating_sub(credit / after);
        self.credit_s = if self.spent == 0 { 0 } else { credit % after };
    }

    /// Whether one may be tried.
    ///
    /// # Errors
    /// For how long not.
    pub fn look(&self, accounts: u32) -> Result<(), Refusal> {
        if self.in_a_row >= LAST {
            return Err(Refusal::Closed);
        }
        let over = (self.spent + 1).saturating_sub(budget(accounts));
        let drained = over
            .saturating_mul(given_back_after(accounts))
            .saturating_sub(self.credit_s);
        match self.wait_s.max(drained) {
            0 => Ok(()),
            wait => Err(Refusal::Wait(wait)),
        }
    }

    /// Counts a failure, before anybody knows that it is one.
    ///
    /// # Errors
    /// When none may be tried.
    pub fn charge(&mut self, accounts: u32) -> Result<Charge, Refusal> {
        self.look(accounts)?;
        let before = self.in_a_row;
        self.in_a_row += 1;
        self.spent += 1;
        let rung = usize::from(self.in_a_row).checked_sub(usize::from(FREE) + 1);
        self.wait_s = rung.and_then(|rung| LADDER.get(rung)).copied().unwrap_or(0);
        Ok(Charge { before })
    }

    /// It was no failure: the code was right. The row ends; of the budget comes back what it took.
    pub fn right(&mut self, charge: Charge) {
        self.take_back(charge);
        self.in_a_row = 0;
    }

    /// It was no failure: nobody compared it. All is as if it had not been tried.
    pub fn take_back(&mut self, charge: Charge) {
        self.in_a_row = charge.before;
        self.wait_s = 0;
        self.spent = self.spent.saturating_sub(1);
        if self.spent == 0 {
            self.credit_s = 0;
        }
    }

    /// A code was issued anew, or service has unlocked: all is forgotten.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Somebody put an older state back: what he might have spent meanwhile is taken as spent.
    pub fn distrust(&mut self, accounts: u32) {
        self.in_a_row = self.in_a_row.max(LAST - 1);
        self.wait_s = HIGHEST_WAIT;
        self.spent = self.spent.max(budget(accounts));
        self.credit_s = 0;
    }

    /// Failures since the last success.
    #[must_use]
    pub fn in_a_row(&self) -> u8 {
        self.in_a_row
    }
}

/// A failure that was counted for a try whose end is not known yet.
#[must_use = "a try that is neither right nor taken back stays counted"]
#[derive(Debug)]
pub struct Charge {
    before: u8,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_ladder_is_climbed_step_by_step_and_ends() {
        let mut counts = Counts::default();
        let mut waits = Vec::new();
        while counts.in_a_row() < LAST {
            let _ = counts.charge(1).unwrap();
            match counts.look(1) {
                Ok(()) => waits.push(0),
                Err(Refusal::Wait(wait)) => {
                    counts.pass(wait - 1, 1);
                    assert_eq!(counts.look(1), Err(Refusal::Wait(1)));
                    counts.pass(1, 1);
                    assert_eq!(counts.look(1), Ok(()));
                    waits.push(wait);
                }
                Err(Refusal::Closed) => break,
            }
        }
        assert_eq!(waits, [0, 0, 0, 0, 60, 300, 900, 3600, 14_400]);
        counts.pass(u32::MAX, 1);
        assert_eq!(counts.look(1), Err(Refusal::Closed));
        counts.forget();
        assert_eq!(counts, Counts::default());
    }

    #[test]
    fn a_success_ends_the_row_and_refills_nothing() {
        let mut counts = Counts::default();
        // Wrong, wrong, right, and again: the row never grows, the budget of one account does.
        let mut wrong = 0;
        loop {
            match counts.charge(1) {
                Ok(charge) if wrong % 3 == 2 => counts.right(charge),
                Ok(_) => {}
                Err(refusal) => {
                    assert_eq!(refusal, Refusal::Wait(given_back_after(1)));
                    break;
                }
            }
            wrong += 1;
            assert!(wrong < 100);
        }
        assert_eq!(counts.spent, budget(1));
    }

    #[test]
    fn the_published_figures_come_out_of_the_formula() {
        let month = Duration::from_secs(30 * 24 * 60 * 60);
        let percent = |n: u32| most_failures(n, month) as f64 * f64::from(n) / 100.0;
        for (accounts, bound) in [(1, 0.8), (2, 0.8), (3, 0.8), (4, 0.8), (10, 2.0), (20, 4.0)] {
            assert!(
                percent(accounts) <= bound,
                "{accounts}: {}",
                percent(accounts)
            );
        }
        assert_eq!(budget(0), budget(4));
        assert_eq!(given_back_after(0), given_back_after(4));
    }

    #[test]
    fn an_older_state_costs_the_highest_wait() {
        let mut counts = Counts::default();
        counts.distrust(1);
        let refused = counts.look(1);
        assert!(matches!(refused, Err(Refusal::Wait(wait)) if wait >= HIGHEST_WAIT));
        counts.pass(given_back_after(1), 1);
        let _ = counts.charge(1).unwrap();
        assert_eq!(counts.look(1), Err(Refusal::Closed));
    }
}
