// SPDX-License-Identifier: MIT OR Apache-2.0
//! The digits of the PIN between finger and bus: locked in memory, wiped at the first chance.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use nix::sys::mman::mlock;
use uketsuke_bus::secret::{SecretError, seal};
use zeroize::Zeroize;

use crate::views::PIN_DIGITS;

/// Digits of a PIN.
const DIGITS: usize = PIN_DIGITS as usize;

/// Digits left alone this long are wiped: somebody walked away.
pub const IDLE: Duration = Duration::from_secs(30);

/// Digits being entered. No `Debug`, no `Clone`: nothing can print or copy them.
pub struct Pad {
    digits: Box<[u8; DIGITS]>,
    count: usize,
    /// Four digits have been sent; the dots stay until the view changes.
    sent: bool,
    last: Option<Instant>,
}

impl Default for Pad {
    fn default() -> Self {
        let digits = Box::new([0; DIGITS]);
        // Best effort, as for every secret: without the right limit the kernel refuses, and the
        // image has no unencrypted swap.
        // SAFETY: mlock only touches the page tables of memory we own.
        let _ = unsafe { mlock(std::ptr::NonNull::from(digits.as_ref()).cast(), DIGITS) };
        Self {
            digits,
            count: 0,
            sent: false,
            last: None,
        }
    }
}

impl Pad {
    /// Digits to show as dots.
    pub fn shown(&self) -> u8 {
        if self.sent {
            PIN_DIGITS
        } else {
            self.count as u8
        }
    }

    /// Adds a digit, 0 to 9. After the last one the PIN is sealed for the bus and wiped here.
    ///
    /// # Errors
    /// When the kernel gives no memory file; the digits are wiped then too.
    pub fn push(&mut self, digit: u8, now: Instant) -> Result<Option<OwnedFd>, SecretError> {
        if self.sent || digit > 9 {
            return Ok(None);
        }
        self.digits[self.count] = b'0' + digit;
        self.count += 1;
        self.last = Some(now);
        if self.count < DIGITS {
            return Ok(None);
        }
        let sealed = seal(self.digits.as_slice());
        self.clear();
        self.sent = sealed.is_ok();
        sealed.map(Some)
    }

    /// Takes the last digit back.
    pub fn erase(&mut self, now: Instant) {
        if !self.sent && self.count > 0 {
            self.count -= 1;
            self.digits[self.count].zeroize();
            self.last = (self.count > 0).then_some(now);
        }
    }

    /// Wipes everything.
    pub fn clear(&mut self) {
        self.digits.zeroize();
        self.count = 0;
        self.sent = false;
        self.last = None;
    }

    /// When the digits will be wiped if nothing happens.
    pub fn deadline(&self) -> Option<Instant> {
        self.last.map(|last| last + IDLE)
    }
}

impl Drop for Pad {
    fn drop(&mut self) {
        self.digits.zeroize();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use uketsuke_bus::secret::take;

    fn digits(pad: &mut Pad, typed: &str, now: Instant) -> Option<OwnedFd> {
        typed
            .bytes()
            .filter_map(|d| pad.push(d - b'0', now).unwrap())
            .last()
    }

    #[test]
    fn four_digits_are_sealed_in_order_and_wiped_here() {
        let now = Instant::now();
        let mut pad = Pad::default();
        let fd = digits(&mut pad, "9071", now).unwrap();
        assert_eq!(take(fd, 4).unwrap().expose(), b"9071");
        assert_eq!(*pad.digits, [0; 4]);
        assert_eq!(pad.shown(), 4);
        assert!(digits(&mut pad, "1", now).is_none());
        pad.clear();
        assert_eq!(pad.shown(), 0);
    }

    #[test]
    fn erasing_wipes_the_digit_and_never_goes_below_none() {
        let now = Instant::now();
        let mut pad = Pad::default();
        digits(&mut pad, "12", now);
        pad.erase(now);
        assert_eq!((pad.shown(), pad.digits[1]), (1, 0));
        pad.erase(now);
        pad.erase(now);
        assert_eq!(pad.shown(), 0);
        assert_eq!(pad.deadline(), None);
        let fd = digits(&mut pad, "3456", now).unwrap();
        assert_eq!(take(fd, 4).unwrap().expose(), b"3456");
    }

    #[test]
    fn the_deadline_counts_from_the_last_digit() {
        let now = Instant::now();
        let mut pad = Pad::default();
        assert_eq!(pad.deadline(), None);
        digits(&mut pad, "1", now);
        let later = now + Duration::from_secs(5);
        digits(&mut pad, "2", later);
        assert_eq!(pad.deadline(), Some(later + IDLE));
    }
}
