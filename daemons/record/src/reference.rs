// SPDX-License-Identifier: MIT OR Apache-2.0
//! 照合番号B: what is printed on the card's front, and opens its picture.

use zeroize::Zeroizing;

/// Digits of it.
const DIGITS: usize = 14;

/// 照合番号B: birth `YYMMDD` with the year as printed, year of the card's expiry, security code.
/// Wiped when dropped.
///
/// On the heap: an array is copied each time its owner is moved, through queues and the states of
/// futures, and only the last copy would be wiped.
pub struct Reference(Zeroizing<Box<[u8]>>);

impl Reference {
    /// Takes 14 ASCII digits.
    #[must_use]
    pub fn new(digits: &[u8]) -> Option<Self> {
        let plain = digits.len() == DIGITS && digits.iter().all(u8::is_ascii_digit);
        plain.then(|| Self(Zeroizing::new(digits.into())))
    }

    /// The digits, for the command that presents them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fourteen_digits_and_nothing_else() {
        assert!(Reference::new(b"55021720352285").is_some());
        for bad in [
            &b"5502172035228"[..],
            b"550217203522855",
            b"5502172035228x",
            b"",
        ] {
            assert!(Reference::new(bad).is_none());
        }
    }
}
