// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a power cut leaves of recorded writes on a disk with a volatile cache.
//!
//! Behind entry n the power goes. Everything before the last flush among the n is there, and what
//! was written through; of the rest any selection, and of each of those any selection of sectors.

use std::fmt;
use std::ops::Range;

use super::log::{Act, Entry, SECTOR};

/// How much of an entry is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// All of it.
    Whole,
    /// These sectors of it, counted from its first.
    Sectors(Vec<Range<u64>>),
}

/// A power cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// So many entries are complete.
    pub after: usize,
    /// So many of them are there for certain.
    pub durable: usize,
    /// What is left of those behind, in their order.
    pub left: Vec<(usize, Left)>,
}

/// How many of the first `after` entries are durable because of a flush.
#[must_use]
pub fn durable(entries: &[Entry], after: usize) -> usize {
    let flush = entries[..after].iter().rposition(|e| e.act == Act::Flush);
    flush.map_or(0, |flush| flush + 1)
}

impl Cut {
    /// Everything that was complete is there.
    #[must_use]
    pub fn orderly(entries: &[Entry], after: usize) -> Self {
        let durable = durable(entries, after);
        Self {
            after,
            durable,
            left: (durable..after).map(|n| (n, Left::Whole)).collect(),
        }
    }

    /// What is left is left to chance: how dense the selection is, the selection, and one of the
    /// entries torn.
    #[must_use]
    pub fn chance(entries: &[Entry], after: usize, chance: &mut fastrand::Rng) -> Self {
        let durable = durable(entries, after);
        let density = chance.f64();
        let mut left: Vec<(usize, Left)> = (durable..after)
            .filter(|n| written_through(&entries[*n]) || chance.f64() < density)
            .map(|n| (n, Left::Whole))
            .collect();
        let torn = chance.choose_multiple(
            (0..left.len()).filter(|at| !written_through(&entries[left[*at].0])),
            1,
        );
        for at in torn {
            let sectors = entries[left[at].0].length / SECTOR;
            if sectors > 1 {
                left[at].1 = Left::Sectors(some(sectors, chance));
            }
        }
        Self {
            after,
            durable,
            left,
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let torn = self.left.iter().find(|(_, left)| *left != Left::Whole);
        let (left, open) = (self.left.len(), self.after - self.durable);
        write!(
            f,
            "after entry {}, {left} of {open} unflushed left",
            self.after
        )?;
        match torn {
            Some((number, _)) => write!(f, ", entry {number} torn"),
            None => Ok(()),
        }
    }
}

fn written_through(entry: &Entry) -> bool {
    entry.act == Act::Write { durable: true }
}

/// Some of so many sectors: the first ones, the last ones, or any.
fn some(sectors: u64, chance: &mut fastrand::Rng) -> Vec<Range<u64>> {
    let at = chance.u64(1..sectors);
    match chance.u8(..3) {
        0 => std::iter::once(0..at).collect(),
        1 => std::iter::once(at..sectors).collect(),
        // A large entry in at most 64 pieces: a selection is a selection.
        _ => {
            let step = sectors.div_ceil(64);
            (0..sectors)
                .step_by(usize::try_from(step).unwrap_or(usize::MAX))
                .filter(|_| chance.bool())
                .map(|from| from..sectors.min(from + step))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::log::made_up::{discard, flush, log, write, write_through};
    use super::*;
    use std::collections::HashSet;

    fn entries() -> Vec<Entry> {
        let folder = tempfile::tempdir().unwrap();
        let entries = [
            write(0, 1, 1),
            write(1, 8, 2),
            flush(),
            write(9, 4, 3),
            write_through(20, 2, 4),
            discard(30, 4),
        ];
        log(folder.path(), &entries).entries
    }

    #[test]
    fn what_was_flushed_or_written_through_is_always_there() {
        let entries = entries();
        let counts: Vec<usize> = (0..=6).map(|after| durable(&entries, after)).collect();
        assert_eq!(counts, [0, 0, 0, 3, 3, 3, 3]);
        let mut chance = fastrand::Rng::with_seed(1);
        for _ in 0..500 {
            let cut = Cut::chance(&entries, 6, &mut chance);
            assert_eq!((cut.after, cut.durable), (6, 3));
            assert!(cut.left.contains(&(4, Left::Whole)));
            assert!(cut.left.iter().all(|(n, _)| (3..6).contains(n)));
        }
    }

    #[test]
    fn everything_that_can_be_left_is_left_now_and_then() {
        let entries = entries();
        let mut chance = fastrand::Rng::with_seed(1);
        let mut seen = HashSet::new();
        let mut torn = 0;
        for _ in 0..500 {
            let cut = Cut::chance(&entries, 2, &mut chance);
            seen.insert(cut.left.iter().map(|(n, _)| *n).collect::<Vec<_>>());
            for (number, left) in &cut.left {
                if let Left::Sectors(ranges) = left {
                    torn += 1;
                    assert_eq!(*number, 1, "one sector cannot be torn");
                    assert!(ranges.iter().all(|range| range.end <= 8));
                    let sectors: u64 = ranges.iter().map(|r| r.end - r.start).sum();
                    assert!(sectors <= 8);
                }
            }
        }
        assert_eq!(seen.len(), 4, "none, either, both");
        assert!(torn > 50);
    }

    #[test]
    fn an_orderly_cut_leaves_all() {
        let mut cut = Cut::orderly(&entries(), 5);
        assert_eq!(cut.to_string(), "after entry 5, 2 of 2 unflushed left");
        assert_eq!(cut.durable, 3);
        assert_eq!(cut.left, [(3, Left::Whole), (4, Left::Whole)]);
        cut.left[0].1 = Left::Sectors(Vec::new());
        assert!(cut.to_string().ends_with("left, entry 3 torn"), "{cut}");
    }
}
