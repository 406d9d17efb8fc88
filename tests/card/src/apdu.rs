// SPDX-License-Identifier: MIT OR Apache-2.0
//! Commands as they arrive and status words as they leave (ISO 7816-4 §5).

/// A status word. The constants carry the meaning they have on a My Number Card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sw(pub u16);

impl Sw {
    /// Done.
    pub const OK: Self = Self(0x9000);
    /// Wrong secret, no limit on tries.
    pub const WRONG_UNLIMITED: Self = Self(0x6300);
    /// The card's memory could not be written.
    pub const MEMORY_FAILURE: Self = Self(0x6581);
    /// No key delivery in this application.
    pub const NO_KEY_DELIVERY: Self = Self(0x66F1);
    /// Lc or Le does not fit the command.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// Only logical channel 0 exists.
    pub const CHANNEL: Self = Self(0x6881);
    /// Secure messaging is not offered.
    pub const SECURE_MESSAGING: Self = Self(0x6882);
    /// The command does not fit the kind of the file.
    pub const WRONG_FILE_KIND: Self = Self(0x6981);
    /// A secret has to be presented first.
    pub const NOT_AUTHORISED: Self = Self(0x6982);
    /// No tries left.
    pub const BLOCKED: Self = Self(0x6984);
    /// Conditions of use are not met, e.g. wrong input for a signature.
    pub const CONDITIONS: Self = Self(0x6985);
    /// No file is selected.
    pub const NO_CURRENT_FILE: Self = Self(0x6986);
    /// The data field is wrong.
    pub const WRONG_DATA: Self = Self(0x6A80);
    /// Neither the card nor the application has this function.
    pub const NOT_SUPPORTED: Self = Self(0x6A81);
    /// No such application or file.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// No record of this number.
    pub const RECORD_NOT_FOUND: Self = Self(0x6A83);
    /// P1 or P2 is wrong.
    pub const WRONG_P1P2: Self = Self(0x6A86);
    /// The object or reference named by P1-P2 does not exist.
    pub const REFERENCE_NOT_FOUND: Self = Self(0x6A88);
    /// The offset lies beyond the end of the file.
    pub const BEYOND_END: Self = Self(0x6B00);
    /// Unknown instruction.
    pub const UNKNOWN_INS: Self = Self(0x6D00);
    /// Unknown class.
    pub const UNKNOWN_CLA: Self = Self(0x6E00);
    /// The card failed inside.
    pub const INTERNAL: Self = Self(0x6F00);

    /// `63 Cx`: wrong, or asked for, with `left` tries left (0 to 15).
    pub const fn tries(left: u8) -> Self {
        Self(0x63C0 | (left & 0x0F) as u16)
    }
}

/// A command APDU, short or extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command<'a> {
    /// Class byte.
    pub cla: u8,
    /// Instruction byte.
    pub ins: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    /// Data field; empty when there is no Lc.
    pub data: &'a [u8],
    /// Most bytes of data wanted back, 1 to 65 536; `None` when there is no Le.
    pub le: Option<usize>,
}

impl<'a> Command<'a> {
    /// Takes the bytes apart; [`Sw::WRONG_LENGTH`] when they are none of the seven cases of ISO 7816-3.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Sw> {
        let [cla, ins, p1, p2, body @ ..] = bytes else {
            return Err(Sw::WRONG_LENGTH);
        };
        let (data, le) = match body {
            [] => (&[][..], None),
            [le] => (&[][..], Some(short_le(*le))),
            [0, high, low] => (&[][..], Some(extended_le(*high, *low))),
            [0, high, low, rest @ ..] => {
                extended_data(usize::from(*high) << 8 | usize::from(*low), rest)?
            }
            [lc, rest @ ..] => short_data(usize::from(*lc), rest)?,
        };
        Ok(Self {
            cla: *cla,
            ins: *ins,
            p1: *p1,
            p2: *p2,
            data,
            le,
        })
    }

    /// Both parameters as one number.
    pub const fn p1p2(&self) -> u16 {
        (self.p1 as u16) << 8 | self.p2 as u16
    }
}

fn short_le(le: u8) -> usize {
    if le == 0 { 256 } else { usize::from(le) }
}

fn extended_le(high: u8, low: u8) -> usize {
    match usize::from(high) << 8 | usize::from(low) {
        0 => 65_536,
        le => le,
    }
}

fn short_data(lc: usize, rest: &[u8]) -> Result<(&[u8], Option<usize>), Sw> {
    match rest.split_at_checked(lc) {
        Some((data, [])) if lc > 0 => Ok((data, None)),
        Some((data, [le])) if lc > 0 => Ok((data, Some(short_le(*le)))),
        _ => Err(Sw::WRONG_LENGTH),
    }
}

fn extended_data(lc: usize, rest: &[u8]) -> Result<(&[u8], Option<usize>), Sw> {
    match rest.split_at_checked(lc) {
        Some((data, [])) if lc > 0 => Ok((data, None)),
        Some((data, [high, low])) if lc > 0 => Ok((data, Some(extended_le(*high, *low)))),
        _ => Err(Sw::WRONG_LENGTH),
    }
}

/// What the card says to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Data field, empty on errors.
    pub data: Vec<u8>,
    /// Status word.
    pub sw: Sw,
}

impl Answer {
    /// The answer on the wire.
    pub fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.data;
        bytes.extend(self.sw.0.to_be_bytes());
        bytes
    }
}

impl From<Sw> for Answer {
    fn from(sw: Sw) -> Self {
        Self {
            data: Vec::new(),
            sw,
        }
    }
}

impl From<Result<Vec<u8>, Sw>> for Answer {
    fn from(result: Result<Vec<u8>, Sw>) -> Self {
        match result {
            Ok(data) => Self { data, sw: Sw::OK },
            Err(sw) => sw.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn body(bytes: &[u8]) -> Result<(Vec<u8>, Option<usize>), Sw> {
        let mut command = vec![0x00, 0xB0, 0x01, 0x02];
        command.extend(bytes);
        Command::parse(&command).map(|command| (command.data.to_vec(), command.le))
    }

    #[test]
    fn the_seven_cases_are_told_apart() {
        assert_eq!(body(&[]), Ok((vec![], None)));
        assert_eq!(body(&[5]), Ok((vec![], Some(5))));
        assert_eq!(body(&[0]), Ok((vec![], Some(256))));
        assert_eq!(body(&[2, 7, 8]), Ok((vec![7, 8], None)));
        assert_eq!(body(&[2, 7, 8, 0]), Ok((vec![7, 8], Some(256))));
        assert_eq!(body(&[0, 1, 0]), Ok((vec![], Some(256))));
        assert_eq!(body(&[0, 0, 0]), Ok((vec![], Some(65_536))));
        assert_eq!(body(&[0, 0, 1, 9]), Ok((vec![9], None)));
        assert_eq!(body(&[0, 0, 1, 9, 0, 0]), Ok((vec![9], Some(65_536))));
    }

    #[test]
    fn a_length_that_does_not_add_up_is_refused() {
        for wrong in [
            &[2, 7][..],
            &[1, 7, 8, 9],
            &[0, 0, 2, 9],
            &[0, 0, 0, 1],
            &[0, 1],
        ] {
            assert_eq!(body(wrong), Err(Sw::WRONG_LENGTH), "{wrong:?}");
        }
        assert_eq!(Command::parse(&[0, 0x20, 0]), Err(Sw::WRONG_LENGTH));
    }

    proptest! {
        #[test]
        fn any_bytes_parse_or_are_refused_and_nothing_is_invented(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(command) = Command::parse(&bytes) {
                prop_assert!(command.data.len() + 4 <= bytes.len());
                prop_assert!(command.le.is_none_or(|le| (1..=65_536).contains(&le)));
            }
        }
    }
}
