// SPDX-License-Identifier: MIT OR Apache-2.0
//! The lock-out after wrong passwords.
//!
//! Failures in a row are counted apart for each browser from which the account was ever logged in, and
//! once for all the others together. So whoever types wrong passwords at a strange browser makes strange
//! browsers wait, an hour at most, and not the ones that staff use. A name that is no account's is
//! treated like one; such failures are in memory only, and in bounded number.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::token::sha256;
use crate::store::Rung;

/// Failures in a row from which on there is a wait.
pub(crate) const LOCKED: u32 = 5;
/// Names of no account that are remembered.
const STRANGERS: usize = 1000;

const MINUTE: Duration = Duration::from_secs(60);

/// How long nobody may try after so many failures in a row.
pub(crate) fn wait(failures: u32) -> Duration {
    match failures {
        0..LOCKED => Duration::ZERO,
        LOCKED => MINUTE,
        6 => 5 * MINUTE,
        7 => 15 * MINUTE,
        _ => 60 * MINUTE,
    }
}

/// Where a password was typed.
#[derive(Clone, Copy)]
pub(crate) enum At<'a> {
    /// In a browser from which the account was logged in before; the hash of its token.
    Known(&'a [u8; 32]),
    /// In any other.
    Strange,
    /// Beside the new one, by somebody who is logged in.
    Change,
}

/// An account and a place, as failures are counted.
pub(crate) type Key = [u8; 32];

/// The key.
pub(crate) fn key(account: &str, at: At<'_>) -> Key {
    // No name has a zero in it.
    let (kind, browser): (&[u8], &[u8]) = match at {
        At::Known(hash) => (b"\0known\0", hash),
        At::Strange => (b"\0strange\0", &[]),
        At::Change => (b"\0change\0", &[]),
    };
    sha256(&[account.as_bytes(), kind, browser].concat())
}

struct Step {
    failures: u32,
    /// When the last was, or this program began.
    since: Instant,
    /// It is an account's.
    known: bool,
}

/// The failures.
pub(crate) struct Ladder(Mutex<HashMap<Key, Step>>);

impl Ladder {
    /// With what the database knows. Every wait begins anew, so that neither a restart nor a clock
    /// shortens one.
    pub(crate) fn new(rungs: Vec<Rung>, now: Instant) -> Self {
        let step = |rung: Rung| {
            let step = Step {
                failures: rung.failures,
                since: now,
                known: true,
            };
            (rung.key, step)
        };
        Self(Mutex::new(rungs.into_iter().map(step).collect()))
    }

    /// How long this may not be tried yet.
    pub(crate) fn left(&self, key: &Key, now: Instant) -> Option<Duration> {
        let steps = self.steps();
        let step = steps.get(key)?;
        let until = step.since + wait(step.failures);
        Some(until.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }

    /// One more; how many there are.
    pub(crate) fn failed(&self, key: Key, known: bool, now: Instant) -> u32 {
        let mut steps = self.steps();
        if !known && !steps.contains_key(&key) {
            let strangers = steps.iter().filter(|(_, step)| !step.known);
            if strangers.clone().count() >= STRANGERS {
                let oldest = strangers.min_by_key(|(_, step)| step.since);
                if let Some(oldest) = oldest.map(|(key, _)| *key) {
                    steps.remove(&oldest);
                }
            }
        }
        let step = steps.entry(key).or_insert(Step {
            failures: 0,
            since: now,
            known,
        });
        step.failures = step.failures.saturating_add(1);
        step.since = now;
        step.failures
    }

    /// It is forgotten.
    pub(crate) fn forget(&self, key: &Key) {
        self.steps().remove(key);
    }

    fn steps(&self) -> MutexGuard<'_, HashMap<Key, Step>> {
        // Whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn empty() -> (Ladder, Instant) {
        let now = Instant::now();
        (Ladder::new(Vec::new(), now), now)
    }

    #[test]
    fn the_wait_grows_to_an_hour_and_no_further() {
        let (ladder, start) = empty();
        let key = key("suzuki", At::Strange);
        let mut now = start;
        for minutes in [0, 0, 0, 0, 1, 5, 15, 60, 60, 60] {
            assert_eq!(ladder.left(&key, now), None);
            ladder.failed(key, true, now);
            let left = ladder.left(&key, now).unwrap_or_default();
            assert_eq!(left, minutes * MINUTE);
            now += left;
        }
        ladder.forget(&key);
        assert_eq!(ladder.failed(key, true, now), 1);
    }

    #[test]
    fn a_strange_browser_does_not_lock_a_known_one_nor_another_account() {
        let (ladder, now) = empty();
        let strange = key("suzuki", At::Strange);
        for _ in 0..100 {
            ladder.failed(strange, true, now);
        }
        assert!(ladder.left(&strange, now).is_some());
        for free in [
            key("suzuki", At::Known(&[1; 32])),
            key("suzuki", At::Change),
            key("tanaka", At::Strange),
        ] {
            assert_eq!(ladder.left(&free, now), None);
        }
    }

    #[test]
    fn a_restart_begins_the_wait_anew() {
        let key = key("suzuki", At::Strange);
        let rungs = vec![Rung { key, failures: 8 }];
        let now = Instant::now();
        let ladder = Ladder::new(rungs, now);
        assert_eq!(ladder.left(&key, now), Some(60 * MINUTE));
        assert_eq!(ladder.left(&key, now + 60 * MINUTE), None);
    }

    #[test]
    fn names_of_nobody_give_way_to_each_other_and_never_an_account() {
        let (ladder, now) = empty();
        let mine = key("suzuki", At::Strange);
        for _ in 0..LOCKED {
            ladder.failed(mine, true, now);
        }
        let nobody = |n: usize| key(&format!("nobody-{n}"), At::Strange);
        for n in 0..2 * STRANGERS {
            ladder.failed(nobody(n), false, now + Duration::from_secs(n as u64));
        }
        assert_eq!(ladder.steps().len(), STRANGERS + 1);
        assert!(ladder.left(&mine, now).is_some());
        assert_eq!(ladder.failed(nobody(2 * STRANGERS - 1), false, now), 2);
        assert_eq!(ladder.failed(nobody(0), false, now), 1);
    }
}
