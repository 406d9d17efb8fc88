// SPDX-License-Identifier: MIT OR Apache-2.0
//! What lies where in the memory of a ring.

use std::io;
use std::sync::atomic::AtomicU64;

use crate::order::Words;

/// Pictures in a ring: one that is shown, one that somebody looks at longer, one that is compared, one
/// that is being written, and one to spare.
pub const SLOTS: usize = 5;

/// Largest side of a picture, pixels.
pub(crate) const MOST_SIDE: u32 = 4096;
/// Where the first slot begins, and what a slot's size is a multiple of: a page of any board of ours.
pub(crate) const PAGE: usize = 4096;
/// The first word: what this is, and the number of the format.
pub(crate) const MAGIC: u64 = u64::from_le_bytes(*b"UKring\x00\x01");

/// The colours of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// One byte.
    Grey,
    /// Red, green, blue; a byte each.
    Rgb,
}

impl Colours {
    /// Bytes of a pixel.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

/// The shape of the pictures in a ring. Rows follow each other without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Pixels across; a multiple of 4, so that a row needs no padding in anybody's eyes.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Their colours.
    pub colours: Colours,
}

impl Shape {
    /// Bytes of a picture.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.width as usize * self.height as usize * self.colours.bytes()
    }

    /// Bytes of a slot.
    pub(crate) const fn slot(&self) -> usize {
        self.bytes().next_multiple_of(PAGE)
    }

    /// Bytes of the whole memory.
    pub(crate) const fn whole(&self) -> usize {
        PAGE + SLOTS * self.slot()
    }

    /// # Errors
    /// [`RingError::Shape`] for one that no camera has.
    pub(crate) fn check(self) -> Result<Self, RingError> {
        let side = |pixels| (1..=MOST_SIDE).contains(&pixels);
        match side(self.width) && side(self.height) && self.width.is_multiple_of(4) {
            true => Ok(self),
            false => Err(RingError::Shape),
        }
    }
}

/// The head of the memory. All zeros but for what is said here.
#[repr(C)]
pub(crate) struct Head {
    pub(crate) magic: AtomicU64,
    pub(crate) width: AtomicU64,
    pub(crate) height: AtomicU64,
    /// Bytes of a pixel.
    pub(crate) colours: AtomicU64,
    pub(crate) words: Words<AtomicU64, SLOTS>,
}

const _: () = assert!(size_of::<Head>() <= PAGE);

/// Why a ring cannot be made or looked at.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// The kernel gives no memory.
    #[error("no memory for pictures")]
    Memory(#[source] io::Error),
    /// It is no memory file of a fixed size that nobody else can write.
    #[error("the descriptor is no sealed ring of pictures")]
    NotSealed,
    /// Pictures of no camera.
    #[error("pictures that are no camera's")]
    Shape,
}
