// SPDX-License-Identifier: MIT OR Apache-2.0
//! Four digits, kept to themselves.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Digits of a passcode.
pub const DIGITS: usize = 4;

/// A passcode as somebody typed it, or as it was issued. No `Debug`, no `Display`, no `PartialEq`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Code([u8; DIGITS]);

/// What was typed is not four digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a passcode has four digits, 0 to 9")]
pub struct NotFourDigits;

impl Code {
    /// Takes four ASCII digits.
    ///
    /// # Errors
    /// For anything else, without saying what it was.
    pub fn new(typed: &[u8]) -> Result<Self, NotFourDigits> {
        let digits: [u8; DIGITS] = typed.try_into().map_err(|_| NotFourDigits)?;
        // Taken over first, so that a refused one is wiped as well.
        let code = Self(digits);
        if code.0.iter().all(u8::is_ascii_digit) {
            Ok(code)
        } else {
            Err(NotFourDigits)
        }
    }

    pub(crate) fn expose(&self) -> &[u8; DIGITS] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_ascii_digits_and_nothing_else() {
        assert!(Code::new(b"0000").is_ok());
        assert!(Code::new(b"9876").is_ok());
        for typed in [
            &b""[..],
            b"123",
            b"12345",
            b"12a4",
            b"12 4",
            "1２3".as_bytes(),
            b"\0\0\0\0",
        ] {
            assert!(Code::new(typed).is_err(), "{typed:?}");
        }
    }
}
