// SPDX-License-Identifier: MIT OR Apache-2.0
//! A picture of somebody, in the pixels of the glass.

use zeroize::Zeroize;

/// Pixels as a frame has them, row by row; overwritten when nobody shows them any more.
pub struct Picture {
    /// Pixels across.
    pub width: i32,
    /// Pixels down.
    pub height: i32,
    pixels: Vec<u32>,
}

impl Picture {
    /// From its pixels; those that are missing are black.
    #[must_use]
    pub fn new(width: i32, height: i32, mut pixels: Vec<u32>) -> Self {
        pixels.resize(width.max(0) as usize * height.max(0) as usize, 0);
        Self {
            width,
            height,
            pixels,
        }
    }

    /// A stretch of one row; empty where it lies outside.
    #[must_use]
    pub fn row(&self, y: i32, x: i32, len: i32) -> &[u32] {
        let inside = y >= 0 && y < self.height && x >= 0 && len >= 0 && x + len <= self.width;
        let from = y.max(0) as usize * self.width.max(0) as usize + x.max(0) as usize;
        match inside {
            true => &self.pixels[from..from + len as usize],
            false => &[],
        }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.pixels.zeroize();
    }
}

/// Never what it shows.
impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}
