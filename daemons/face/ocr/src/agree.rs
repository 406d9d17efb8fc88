// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two frames must say the same before anybody believes them.

use crate::NumberB;

/// Frames that must say the same.
const SAME: u32 = 2;
/// By how many frames a number must lead where some said another: a doubt once raised is not settled by
/// one more voice.
const LEAD: u32 = 4;
/// Different numbers that are kept; a card that gives more cannot be read.
const MOST: usize = 4;

/// Collects what frames of one card say. Make a new one for each card.
#[derive(Default)]
pub struct Agree {
    said: Vec<(NumberB, u32)>,
}

impl Agree {
    /// One more frame whose every line was taken; the number, once frames agree on it.
    pub fn add(&mut self, number: NumberB) -> Option<NumberB> {
        match self.said.iter().position(|(said, _)| said.same(&number)) {
            Some(at) => self.said[at].1 += 1,
            None if self.said.len() < MOST => self.said.push((number, 1)),
            None => return None,
        }
        self.said
            .sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        let (first, times) = self.said.first()?;
        let agreed = match self.said.get(1) {
            None => *times >= SAME,
            Some((_, others)) => *times >= others + LEAD,
        };
        agreed.then(|| first.copy())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use uketsuke_bus::day::Day;

    use super::*;
    use crate::Birth;

    fn number(code: u8) -> NumberB {
        let day = Day {
            year: 1980,
            month: 2,
            day: 17,
        };
        NumberB::new(
            &Birth {
                era: None,
                year: 80,
                day,
            },
            day,
            [code; 4],
        )
    }

    #[test]
    fn one_frame_is_no_answer_and_two_are() {
        let mut agree = Agree::default();
        assert!(agree.add(number(1)).is_none());
        assert_eq!(agree.add(number(1)).unwrap().digits(), number(1).digits());
    }

    #[test]
    fn a_doubt_takes_four_more_to_settle() {
        let mut agree = Agree::default();
        assert!(agree.add(number(2)).is_none());
        for _ in 0..4 {
            assert!(agree.add(number(1)).is_none());
        }
        assert_eq!(agree.add(number(1)).unwrap().digits(), number(1).digits());
    }

    #[test]
    fn who_says_something_else_each_time_is_never_believed() {
        let mut agree = Agree::default();
        for round in 0..40 {
            assert!(agree.add(number(round % 6)).is_none());
        }
    }
}
