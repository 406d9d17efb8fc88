// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the model's scores to a row of signs, each with how sure it is.

use crate::alphabet::{CLASSES, COLUMNS, Sign, sign};

/// One sign of a line.
#[derive(Clone, Copy)]
pub struct Token {
    /// What it says.
    pub sign: Sign,
    /// How sure the model is, 0 to 1: its share at the surest column, and never more than what it leaves
    /// to the next best.
    pub sure: f32,
    /// Its middle, in columns.
    pub at: f32,
    /// Columns that say it.
    pub columns: usize,
}

/// Columns that one digit may take whatever the others do.
const WIDE: usize = 4;
/// How much wider than usual a digit may be.
const WIDER: f32 = 1.6;

/// Reads the scores `[COLUMNS, CLASSES]`; `None` when there are not so many.
#[must_use]
pub fn tokens(scores: &[f32]) -> Option<Vec<Token>> {
    if scores.len() != COLUMNS * CLASSES {
        return None;
    }
    let mut tokens = Vec::new();
    let mut run: Option<Run> = None;
    for (column, scores) in scores.chunks_exact(CLASSES).enumerate() {
        let (class, sure) = best(scores);
        match &mut run {
            Some(open) if open.class == class => open.add(column, sure),
            _ => {
                tokens.extend(run.take().and_then(Run::token));
                run = Some(Run {
                    class,
                    first: column,
                    last: column,
                    sure,
                });
            }
        }
    }
    tokens.extend(run.and_then(Run::token));
    doubt_wide_digits(&mut tokens);
    Some(tokens)
}

/// Two equal digits that have run into one would make another number, and a valid one at that. One that is
/// much wider than the digits around it is not believed.
fn doubt_wide_digits(tokens: &mut [Token]) {
    let digit = |token: &Token| matches!(token.sign, Sign::Known('0'..='9'));
    let mut widths: Vec<usize> = tokens
        .iter()
        .filter(|token| digit(token))
        .map(|token| token.columns)
        .collect();
    widths.sort_unstable();
    let Some(&usual) = widths.get(widths.len() / 2) else {
        return;
    };
    for token in tokens.iter_mut().filter(|token| digit(token)) {
        if token.columns > WIDE && token.columns as f32 > usual as f32 * WIDER {
            token.sure = 0.0;
        }
    }
}

/// Columns beside one another that say the same.
struct Run {
    class: usize,
    first: usize,
    last: usize,
    sure: f32,
}

impl Run {
    fn add(&mut self, column: usize, sure: f32) {
        self.last = column;
        self.sure = self.sure.max(sure);
    }

    fn token(self) -> Option<Token> {
        let at = (self.first + self.last) as f32 / 2.0;
        sign(self.class).map(|sign| Token {
            sign,
            sure: self.sure,
            at,
            columns: self.last - self.first + 1,
        })
    }
}

/// The best class of a column, and its share of the softmax.
fn best(scores: &[f32]) -> (usize, f32) {
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let class = scores.iter().position(|&score| score == most).unwrap_or(0);
    let sum: f32 = scores.iter().map(|score| (score - most).exp()).sum();
    (class, 1.0 / sum)
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Scores of a line: each sign three columns wide, three apart.
    pub(crate) fn scores(classes: &[usize], sure: f32) -> Vec<f32> {
        let mut scores = vec![0.0; COLUMNS * CLASSES];
        let mut set = |column: usize, class: usize| scores[column * CLASSES + class] = sure;
        for column in 0..COLUMNS {
            let (place, within) = (column / 6, column % 6);
            let class = classes.get(place).copied().unwrap_or(0);
            set(column, if within < 3 { class } else { 0 });
        }
        scores
    }

    #[test]
    fn signs_come_in_their_order_twins_apart() {
        let tokens = tokens(&scores(&[6, 6, 12, 28], 9.0)).unwrap();
        let signs: Vec<Sign> = tokens.iter().map(|token| token.sign).collect();
        let five = Sign::Known('5');
        assert_eq!(signs, [five, five, Sign::Known('年'), Sign::Other]);
        assert!(tokens[0].sure > 0.99 && tokens[0].at == 1.0);
    }

    #[test]
    fn twins_that_have_run_into_one_are_not_believed() {
        let mut scores = scores(&[6, 7, 6, 0, 8], 9.0);
        for column in 12..18 {
            scores[column * CLASSES..][..CLASSES].fill(0.0);
            scores[column * CLASSES + 6] = 9.0;
        }
        let sure: Vec<bool> = tokens(&scores)
            .unwrap()
            .iter()
            .map(|token| token.sure > 0.9)
            .collect();
        assert_eq!(sure, [true, true, false, true]);
    }

    #[test]
    fn who_is_undecided_is_not_sure() {
        let mut scores = scores(&[6], 9.0);
        for column in 0..3 {
            scores[column * CLASSES + 4] = 8.9;
        }
        assert!(tokens(&scores).unwrap()[0].sure < 0.6);
        assert!(tokens(&scores[1..]).is_none());
    }
}
