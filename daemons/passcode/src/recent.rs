// SPDX-License-Identifier: MIT OR Apache-2.0
//! The last wrong codes, so that somebody who types the same mistake again pays for it once. In memory
//! alone, and as marks that say nothing without a key which is as short-lived.

use hmac::{Hmac, Mac};
use rand_core::{OsRng, RngCore};
use sha2::Sha256;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::code::Code;

/// How many are remembered.
const REMEMBERED: usize = 5;
const MARK: usize = 32;

/// A code under the key of the moment. Made once for each try, so that looking for it and remembering it
/// cost the same.
pub struct Mark([u8; MARK]);

/// The last wrong codes.
pub struct Recent {
    key: Zeroizing<[u8; MARK]>,
    marks: [[u8; MARK]; REMEMBERED],
    next: usize,
}

impl Recent {
    /// None yet.
    pub fn new() -> Self {
        let mut recent = Self {
            key: Zeroizing::new([0; MARK]),
            marks: [[0; MARK]; REMEMBERED],
            next: 0,
        };
        recent.forget();
        recent
    }

    /// Whether the code with this mark is among them; looks at all of them, whatever it finds.
    pub fn has(&self, mark: &Mark) -> bool {
        let found = |found: Choice, one: &[u8; MARK]| found | one.ct_eq(&mark.0);
        self.marks.iter().fold(Choice::from(0), found).into()
    }

    /// Remembers one more, in the place of the oldest; one that is `known` stays where it is. The same work
    /// either way.
    pub fn add(&mut self, mark: &Mark, known: bool) {
        let new = Choice::from(u8::from(!known));
        for (old, byte) in self.marks[self.next].iter_mut().zip(&mark.0) {
            old.conditional_assign(byte, new);
        }
        self.next = (self.next + usize::from(!known)) % REMEMBERED;
    }

    /// Forgets all: what was wrong may have been issued meanwhile.
    pub fn forget(&mut self) {
        OsRng.fill_bytes(&mut *self.key);
        // No code has a random mark.
        for mark in &mut self.marks {
            OsRng.fill_bytes(mark);
        }
        self.next = 0;
    }

    /// The mark of a code; worth nothing once all is forgotten.
    pub fn mark(&self, code: &Code) -> Mark {
        let mut hmac = Hmac::<Sha256>::new_from_slice(&*self.key).expect("any length is a key");
        hmac.update(code.expose());
        Mark(hmac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn five_are_remembered_and_the_oldest_goes() {
        let code = |n: u32| Code::new(format!("{n:04}").as_bytes()).unwrap();
        let mut recent = Recent::new();
        for n in 0..6 {
            let mark = recent.mark(&code(n));
            assert!(!recent.has(&mark));
            recent.add(&mark, false);
            recent.add(&mark, true);
            assert!(recent.has(&mark));
        }
        let has = |recent: &Recent, n| recent.has(&recent.mark(&code(n)));
        assert!(!has(&recent, 0));
        assert!((1..6).all(|n| has(&recent, n)));
        recent.forget();
        assert!(!(0..6).any(|n| has(&recent, n)));
    }
}
