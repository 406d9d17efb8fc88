// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order of the digits on the pad (SCR-01): where a finger goes tells nothing then.

use ring::rand::{SecureRandom, SystemRandom};

/// Digits in reading order.
pub type Order = [u8; 10];

/// As on a telephone.
pub const USUAL: Order = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0];

/// Any order of the ten, each as likely. Without random numbers it is the usual one: a patient must
/// be able to go on.
pub fn shuffled() -> Order {
    let random = SystemRandom::new();
    let mut order = USUAL;
    for last in (1..order.len()).rev() {
        match below(&random, last + 1) {
            Ok(other) => order.swap(last, other),
            Err(error) => {
                tracing::error!(%error, "no random numbers: the pad has its usual order");
                return USUAL;
            }
        }
    }
    order
}

/// A random number below `most`, which is 10 at most.
fn below(random: &SystemRandom, most: usize) -> Result<usize, ring::error::Unspecified> {
    // A byte above the last multiple would make small numbers likelier.
    let fair = 256 / most * most;
    loop {
        let mut byte = [0];
        random.fill(&mut byte)?;
        if usize::from(byte[0]) < fair {
            return Ok(usize::from(byte[0]) % most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_digit_is_there_once_and_comes_everywhere() {
        let mut seen = [[0u32; 10]; 10];
        for _ in 0..10_000 {
            let order = shuffled();
            let mut sorted = order;
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
            for (place, digit) in order.into_iter().enumerate() {
                seen[place][usize::from(digit)] += 1;
            }
        }
        // 1,000 each are expected; 200 away is more than six standard deviations.
        assert!(
            seen.iter().flatten().all(|n| n.abs_diff(1_000) < 200),
            "{seen:?}"
        );
    }
}
