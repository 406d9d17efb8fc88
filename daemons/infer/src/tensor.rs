// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes in and out of a model.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a tensor is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Element {
    /// 32-bit floating point, in the machine's byte order.
    Float32,
    /// Bytes with a sign.
    Int8,
    /// Bytes without.
    Uint8,
}

impl Element {
    /// Bytes of one.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::Float32 => 4,
            Self::Int8 | Self::Uint8 => 1,
        }
    }
}

/// Kind and shape of a tensor. Always a fixed one, batch included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// What it is made of.
    pub element: Element,
    /// Its sides, the slowest first: `[1, 112, 112, 3]` is one picture, row by row, of three colours.
    pub shape: Vec<u32>,
}

impl Tensor {
    /// Numbers in it; a shape that is too large for any memory counts as `usize::MAX`.
    #[must_use]
    pub fn numbers(&self) -> usize {
        self.shape.iter().fold(1, |product: usize, &side| {
            product.saturating_mul(side as usize)
        })
    }

    /// Bytes of it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.numbers().saturating_mul(self.element.bytes())
    }
}

impl fmt::Display for Tensor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?} of {:?}", self.shape, self.element)
    }
}
