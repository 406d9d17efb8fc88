// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the model knows: the same table as `tests/faces/cards/alphabet.py`.

/// Rows of a strip.
pub const HEIGHT: usize = 32;
/// Columns of a strip.
pub const WIDTH: usize = 384;
/// Rows that the ink of a strip takes.
pub const INK: f32 = 22.0;
/// Columns of the model's answer: one for two of the strip.
pub const COLUMNS: usize = WIDTH / 2;
/// Scores of each column: nothing, the signs, anything else.
pub const CLASSES: usize = SIGNS.len() + 2;

/// The signs, in the order of their scores, which begin at 1.
const SIGNS: [char; 27] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '元', '年', '月', '日', '生', '明', '大',
    '正', '昭', '平', '成', '令', '和', 'ま', 'で', '有', '効',
];

/// What one place of a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A sign that is known.
    Known(char),
    /// Something else, or something that cannot be read.
    Other,
}

/// The sign of a class; `None` for the class of nothing.
pub(crate) fn sign(class: usize) -> Option<Sign> {
    let known = || {
        SIGNS
            .get(class - 1)
            .map_or(Sign::Other, |&sign| Sign::Known(sign))
    };
    (class > 0).then(known)
}
