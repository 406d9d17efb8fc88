// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pauses between attempts: doubling, with full jitter.
//!
//! Full jitter (a uniform draw between 0 and the doubled pause) spreads readers that all lost the
//! line at once more evenly than a jitter around the pause; the formula is the one of the Amazon
//! Builders' Library, "Timeouts, retries, and backoff with jitter".

use std::time::Duration;

use ring::rand::SecureRandom;

/// First pause before the jitter.
pub const BASE: Duration = Duration::from_secs(1);

/// Counts failed attempts and says how long to wait before the next.
#[derive(Debug)]
pub struct Backoff {
    failures: u32,
    max: Duration,
}

impl Backoff {
    /// No failure yet; no pause is ever longer than `max`.
    #[must_use]
    pub fn new(max: Duration) -> Self {
        Self { failures: 0, max }
    }

    /// The peer answered: the next failure starts from [`BASE`] again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// One more failure; the pause before the next attempt.
    pub fn pause(&mut self) -> Duration {
        let ceiling = ceiling(self.failures, self.max);
        self.failures = self.failures.saturating_add(1);
        ceiling.mul_f64(unit())
    }
}

/// Longest pause after `failures` earlier failures.
fn ceiling(failures: u32, max: Duration) -> Duration {
    BASE.saturating_mul(2_u32.saturating_pow(failures)).min(max)
}

/// A random number in 0.0 to 1.0. Without random bytes the full pause is the safe answer.
fn unit() -> f64 {
    let mut bytes = [0; 4];
    match ring::rand::SystemRandom::new().fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_maximum_and_never_pass_it() {
        let max = Duration::from_secs(60);
        let ceilings: Vec<_> = (0..8).map(|n| ceiling(n, max).as_secs()).collect();
        assert_eq!(ceilings, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(ceiling(u32::MAX, max), max);
        let mut backoff = Backoff::new(max);
        assert!((0..1000).all(|_| backoff.pause() <= max));
        backoff.reset();
        assert!(backoff.pause() <= BASE);
    }

    #[test]
    fn the_jitter_covers_the_whole_pause() {
        let mut seen = [false; 4];
        for _ in 0..1000 {
            let quarter = (unit() * 4.0).min(3.0);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            {
                seen[quarter as usize] = true;
            }
        }
        assert_eq!(seen, [true; 4]);
    }
}
