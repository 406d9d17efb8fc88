// SPDX-License-Identifier: MIT OR Apache-2.0
//! A secret with a retry counter. Pure; who keeps it on disk is `memory`'s matter.
//!
//! ```text
//!   n tries left --right--> max      n >= 2 --wrong--> n-1      1 --wrong--> blocked
//!   blocked: every presentation is refused, even the right one; only `reset` leads out
//! ```

use serde::{Deserialize, Serialize};

use crate::apdu::Sw;

/// Longest data field of VERIFY (JICSAP: 1 to 16 bytes).
pub const LONGEST: usize = 16;

/// Which values a secret may be changed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Exactly four digits.
    FourDigits,
    /// 6 to 16 of A-Z and 0-9.
    Password,
    /// Printed on the card: nothing.
    Printed,
}

impl Rule {
    fn allows(self, value: &[u8]) -> bool {
        match self {
            Self::Printed => false,
            Self::FourDigits => value.len() == 4 && value.iter().all(u8::is_ascii_digit),
            Self::Password => {
                (6..=LONGEST).contains(&value.len())
                    && value
                        .iter()
                        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            }
        }
    }
}

/// A secret and how often it may still be got wrong.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    value: String,
    /// Tries a right presentation restores; `None` is without limit.
    max: Option<u8>,
    left: u8,
    rule: Rule,
}

impl Pin {
    /// A secret with `left` of `max` tries (at most 15, as `63 Cx` has one digit).
    pub fn new(value: &str, rule: Rule, max: u8, left: u8) -> Self {
        Self {
            value: value.to_owned(),
            max: Some(max),
            left,
            rule,
        }
    }

    /// A secret that may be got wrong as often as one likes.
    pub fn unlimited(value: &str, rule: Rule) -> Self {
        Self {
            value: value.to_owned(),
            max: None,
            left: 0,
            rule,
        }
    }

    /// Gives it so many tries from now on, all of them left, unless it has this limit already.
    pub fn limit(&mut self, tries: Option<u8>) {
        if self.max != tries {
            self.max = tries;
            self.left = tries.unwrap_or(0);
        }
    }

    /// Whether this is printed on the card, and `old` is what was printed on another one.
    pub fn is_reprinted(&self, old: &Self) -> bool {
        self.rule == Rule::Printed && self.value != old.value
    }

    /// Tries left; 15 for a secret without limit.
    pub fn left(&self) -> u8 {
        if self.max.is_some() { self.left } else { 15 }
    }

    /// Answer to VERIFY without data. The same before and after a success, and costs nothing.
    pub fn query(&self) -> Sw {
        if self.max.is_some() {
            Sw::tries(self.left)
        } else {
            Sw::WRONG_UNLIMITED
        }
    }

    /// Compares `value` byte by byte as given; `Sw::OK` means the secret is now presented.
    pub fn present(&mut self, value: &[u8]) -> Sw {
        let right = value == self.value.as_bytes();
        match self.max {
            None if right => Sw::OK,
            None => Sw::WRONG_UNLIMITED,
            Some(_) if self.left == 0 => Sw::BLOCKED,
            Some(max) if right => {
                self.left = max;
                Sw::OK
            }
            Some(_) => {
                self.left -= 1;
                Sw::tries(self.left)
            }
        }
    }

    /// Puts a new value in; the caller has seen the old one presented.
    pub fn change(&mut self, value: &[u8]) -> Sw {
        match std::str::from_utf8(value) {
            Ok(text) if self.rule.allows(value) => {
                text.clone_into(&mut self.value);
                Sw::OK
            }
            _ => Sw::WRONG_DATA,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pin(left: u8) -> Pin {
        Pin::new("1234", Rule::FourDigits, 3, left)
    }

    #[test]
    fn a_wrong_value_costs_exactly_one_try_until_none_is_left() {
        let mut pin = pin(3);
        assert_eq!(pin.query(), Sw(0x63C3));
        assert_eq!(pin.present(b"0000"), Sw(0x63C2));
        assert_eq!(pin.present(b"0000"), Sw(0x63C1));
        assert_eq!(pin.present(b"0000"), Sw(0x63C0));
        assert_eq!(pin.query(), Sw(0x63C0));
    }

    #[test]
    fn a_blocked_secret_refuses_even_the_right_value() {
        let mut pin = pin(0);
        assert_eq!(pin.present(b"1234"), Sw::BLOCKED);
        assert_eq!(pin.present(b"0000"), Sw::BLOCKED);
        assert_eq!(pin.query(), Sw(0x63C0));
    }

    #[test]
    fn the_right_value_restores_all_tries_and_asking_shows_no_success() {
        let mut pin = pin(1);
        assert_eq!(pin.present(b"1234"), Sw::OK);
        assert_eq!(pin.query(), Sw(0x63C3));
    }

    #[test]
    fn without_limit_nothing_is_counted() {
        let mut pin = Pin::unlimited("1234", Rule::FourDigits);
        assert_eq!(pin.query(), Sw(0x6300));
        assert_eq!(pin.present(b"0"), Sw(0x6300));
        assert_eq!(pin.present(b"1234"), Sw::OK);
    }

    #[test]
    fn a_new_limit_begins_with_all_tries_and_the_same_one_changes_nothing() {
        let mut pin = Pin::unlimited("550217", Rule::Printed);
        pin.limit(Some(10));
        assert_eq!(pin.present(b"0"), Sw(0x63C9));
        pin.limit(Some(10));
        assert_eq!(pin.query(), Sw(0x63C9));
        pin.limit(None);
        assert_eq!(pin.present(b"0"), Sw(0x6300));
    }

    #[test]
    fn a_change_follows_the_rule_of_the_secret() {
        let mut four = pin(3);
        assert_eq!(four.change(b"12345"), Sw::WRONG_DATA);
        assert_eq!(four.change(b"12a4"), Sw::WRONG_DATA);
        assert_eq!(four.change(b"9876"), Sw::OK);
        assert_eq!(four.present(b"9876"), Sw::OK);
        let mut password = Pin::new("ABC123", Rule::Password, 5, 5);
        assert_eq!(password.change(b"abc123"), Sw::WRONG_DATA);
        assert_eq!(password.change(b"ABC12"), Sw::WRONG_DATA);
        assert_eq!(password.change(b"ABCDEFGH12345678"), Sw::OK);
    }

    proptest! {
        #[test]
        fn the_counter_is_what_the_typed_values_say(typed in prop::collection::vec(any::<bool>(), 0..12)) {
            let (mut pin, mut expected) = (pin(3), 3_u8);
            for right in typed {
                let sw = pin.present(if right { b"1234" } else { b"4321" });
                let blocked = expected == 0;
                if !blocked {
                    expected = if right { 3 } else { expected - 1 };
                }
                prop_assert_eq!(sw == Sw::BLOCKED, blocked);
                prop_assert_eq!(pin.query(), Sw::tries(expected));
            }
        }
    }
}
