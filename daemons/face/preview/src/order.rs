// SPDX-License-Identifier: MIT OR Apache-2.0
//! In which order the words of a ring are written and read.
//!
//! A slot's word is twice the number of its picture, and one less while that picture is being written. So
//! a word that is even, and the same before and after, says that nothing in between was of two pictures.

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// A word that several processors see. The one of a reader is memory that somebody else writes; the one
/// of the test is a model of it.
pub trait Word {
    /// Reads it.
    fn load(&self, order: Ordering) -> u64;
    /// Writes it.
    fn store(&self, value: u64, order: Ordering);
    /// Keeps what stands before it before what stands behind it.
    fn fence(order: Ordering);
}

impl Word for AtomicU64 {
    fn load(&self, order: Ordering) -> u64 {
        Self::load(self, order)
    }

    fn store(&self, value: u64, order: Ordering) {
        Self::store(self, value, order);
    }

    fn fence(order: Ordering) {
        fence(order);
    }
}

/// The words of a ring of `N` slots, as they lie in its memory.
#[derive(Debug)]
#[repr(C)]
pub struct Words<W, const N: usize> {
    /// The newest picture's number and slot ([`Self::publish`]); 0 while there is none.
    pub newest: W,
    /// One a slot.
    pub slots: [W; N],
}

/// A picture that a reader looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Where it lies.
    pub slot: usize,
    /// Which one it is, from 1.
    pub number: u64,
}

impl<W: Word, const N: usize> Words<W, N> {
    /// From now on the pixels of `slot` become those of picture `number`. For the writer.
    pub fn begin(&self, slot: usize, number: u64) {
        self.slots[slot].store(2 * number - 1, Ordering::Relaxed);
        // No pixel before the word.
        W::fence(Ordering::Release);
    }

    /// The pixels of `slot` are all there. For the writer.
    pub fn publish(&self, slot: usize, number: u64) {
        self.slots[slot].store(2 * number, Ordering::Release);
        self.newest
            .store(number * N as u64 + slot as u64, Ordering::Release);
    }

    /// There is no picture. For the writer.
    pub fn withdraw(&self) {
        self.newest.store(0, Ordering::Release);
    }

    /// The newest picture, if it is newer than `after` and whole now. For readers.
    pub fn look(&self, after: u64) -> Option<Look> {
        let newest = self.newest.load(Ordering::Acquire);
        if newest == 0 {
            return None;
        }
        // Whatever a writer that means harm puts there is a slot.
        let slot = (newest % N as u64) as usize;
        let word = self.slots[slot].load(Ordering::Acquire);
        let number = word / 2;
        (word.is_multiple_of(2) && number > after).then_some(Look { slot, number })
    }

    /// Whether all that was read since [`Self::look`] was of that picture. For readers.
    pub fn was(&self, look: Look) -> bool {
        // No word before the pixels.
        W::fence(Ordering::Acquire);
        self.slots[look.slot].load(Ordering::Relaxed) == 2 * look.number
            && self.newest.load(Ordering::Relaxed) != 0
    }
}
