// SPDX-License-Identifier: MIT OR Apache-2.0
//! A glass that is only memory: for tests and measurements.

use super::{Output, OutputError, Pixels, Shown, copy};

/// Memory laid out like a display's.
pub struct Memory {
    size: (u32, u32),
    /// XRGB8888 rows without gaps.
    pub bytes: Vec<u8>,
    /// Pixels copied so far.
    pub copied: u64,
}

impl Memory {
    /// A black glass.
    pub fn new(size: (u32, u32)) -> Self {
        Self {
            size,
            bytes: vec![0; size.0 as usize * size.1 as usize * 4],
            copied: 0,
        }
    }
}

impl Output for Memory {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn show(&mut self, shown: &Shown<'_>) -> Result<(), OutputError> {
        let stride = self.size.0 as usize * 4;
        for rect in shown.damage {
            copy(
                shown.frame,
                rect,
                shown.rotation,
                &mut self.bytes,
                stride,
                Pixels::Xrgb8888,
            );
            self.copied += rect.area() as u64;
        }
        Ok(())
    }
}
