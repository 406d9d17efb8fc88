// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decisions out of the fuzzer's bytes.

/// Reads forward. Where the bytes end every number is 0, which stands for "as it should be" wherever
/// something is decided here: the empty input is the ordinary case.
pub struct Input(std::vec::IntoIter<u8>);

impl Input {
    /// Over these bytes.
    #[must_use]
    pub fn over(bytes: &[u8]) -> Self {
        Self(Vec::from(bytes).into_iter())
    }

    /// As many as there are, `count` at most.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        self.0.by_ref().take(count).collect()
    }

    /// One byte.
    pub fn u8(&mut self) -> u8 {
        self.0.next().unwrap_or(0)
    }

    /// Two, big-endian.
    pub fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.u8(), self.u8()])
    }

    /// A number below `end`, of one byte.
    pub fn below(&mut self, end: u8) -> u8 {
        self.u8() % end
    }
}
