// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who fails again and again waits (FACE-06): counted a card, whoever lifts it and lays it down again.
//!
//! A card is known by a hash of 照合番号B with a key that is made at start and never leaves this process;
//! the number itself is not kept. Nothing is written anywhere.

use std::collections::HashMap;
use std::hash::RandomState;
use std::time::{Duration, Instant};

/// Failures in a row after which there is a wait.
pub const IN_A_ROW: u32 = 5;
/// The wait, after the last of them and after each further one.
pub const WAIT: Duration = Duration::from_secs(30);
/// A card is forgotten so long after its last failure.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// Most cards that are remembered: more than come in a day.
const MOST: usize = 4096;

/// Failures of cards.
#[derive(Debug, Default)]
pub struct Tries {
    key: RandomState,
    cards: HashMap<u64, Failed>,
}

/// A card, without its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card(u64);

#[derive(Debug)]
struct Failed {
    in_a_row: u32,
    last: Instant,
}

impl Tries {
    /// The card with this number.
    #[must_use]
    pub fn card(&self, number: &[u8]) -> Card {
        use std::hash::BuildHasher;
        Card(self.key.hash_one(number))
    }

    /// How long a card must not be compared yet; none where it may.
    #[must_use]
    pub fn wait(&self, card: Card, now: Instant) -> Option<Duration> {
        let failed = self.cards.get(&card.0)?;
        let until = failed.last + WAIT;
        (failed.in_a_row >= IN_A_ROW && now < until).then(|| until - now)
    }

    /// Another person stood there than its photo shows.
    pub fn failed(&mut self, card: Card, now: Instant) {
        self.cards
            .retain(|_, failed| now.duration_since(failed.last) < REMEMBERED);
        let known = self.cards.contains_key(&card.0);
        if !known && self.cards.len() >= MOST {
            let oldest = self.cards.iter().min_by_key(|(_, failed)| failed.last);
            if let Some(oldest) = oldest.map(|(card, _)| *card) {
                self.cards.remove(&oldest);
            }
        }
        let failed = self.cards.entry(card.0).or_insert(Failed {
            in_a_row: 0,
            last: now,
        });
        failed.in_a_row = failed.in_a_row.saturating_add(1);
        failed.last = now;
    }

    /// Its holder stood there.
    pub fn found(&mut self, card: Card) {
        self.cards.remove(&card.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_in_a_row_cost_half_a_minute_and_each_further_one_too() {
        let mut tries = Tries::default();
        let mut now = Instant::now();
        let (card, other) = (tries.card(b"12345678901234"), tries.card(b"2"));
        for _ in 0..IN_A_ROW {
            assert_eq!(tries.wait(card, now), None);
            tries.failed(card, now);
        }
        for _ in 0..3 {
            assert_eq!(tries.wait(card, now), Some(WAIT));
            assert_eq!(tries.wait(other, now), None);
            now += WAIT;
            assert_eq!(tries.wait(card, now), None);
            tries.failed(card, now);
        }
        tries.found(card);
        assert_eq!(tries.wait(card, now), None);
    }

    #[test]
    fn a_card_is_forgotten_after_a_day_and_the_list_has_an_end() {
        let mut tries = Tries::default();
        let begun = Instant::now();
        for number in 0..2 * MOST as u64 {
            let card = tries.card(&number.to_le_bytes());
            tries.failed(card, begun + Duration::from_millis(number));
        }
        assert_eq!(tries.cards.len(), MOST);
        let last = tries.card(b"last");
        tries.failed(last, begun + REMEMBERED * 2);
        assert_eq!(tries.cards.len(), 1);
    }
}
