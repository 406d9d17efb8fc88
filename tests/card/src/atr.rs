// SPDX-License-Identifier: MIT OR Apache-2.0
//! Answers to reset that My Number Cards and others were seen with, by number of the table in the
//! domain notes; any of them can be put on any card, because none says what a card is.

use openssl::rand::rand_bytes;
use serde::Serialize;

/// One answer to reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Atr {
    /// Name in commands.
    pub name: &'static str,
    /// The bytes.
    pub atr: &'static [u8],
}

/// At the contacts, with no historical bytes.
pub const CONTACT: Atr = Atr {
    name: "contact-1",
    atr: &[0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14],
};

/// Contactless (PC/SC part 3, Type B).
pub const CONTACTLESS: Atr = Atr {
    name: "contactless-6",
    atr: &[
        0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x05, 0xE0, 0xB3, 0x81, 0xA1, 0x00, 0x7F,
    ],
};
/// Another chip generation of it.
pub const CONTACTLESS_LATER: Atr = Atr {
    name: "contactless-9",
    atr: &[
        0x3B, 0x88, 0x80, 0x01, 0x00, 0x4B, 0x51, 0xFF, 0xB3, 0x81, 0xD1, 0x00, 0x0F,
    ],
};
/// Contactless 住基カード.
pub const JUKI: Atr = Atr {
    name: "juki",
    atr: &[
        0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x14, 0xE0, 0xB3, 0x81, 0x91, 0x00, 0x5E,
    ],
};
/// Driver's licence.
pub const LICENCE: Atr = Atr {
    name: "licence",
    atr: &[
        0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x91, 0x81, 0xC1, 0x00, 0xD8,
    ],
};

/// All of them.
pub const ALL: &[Atr] = &[
    CONTACT,
    Atr {
        name: "contact-2",
        atr: &[
            0x3B, 0xDA, 0x13, 0xFF, 0x81, 0x31, 0xFB, 0x46, 0x80, 0x12, 0x39, 0x2F, 0x31, 0xC1,
            0x73, 0xC6, 0x01, 0xC0, 0x3B,
        ],
    },
    Atr {
        name: "contact-3",
        atr: &[
            0x3B, 0xC5, 0xFF, 0x81, 0x31, 0xFB, 0x45, 0x80, 0x73, 0xC6, 0x01, 0x00, 0x00,
        ],
    },
    Atr {
        name: "contact-4",
        atr: &[
            0x3B, 0xF5, 0x91, 0x00, 0xFF, 0x91, 0x81, 0x71, 0xFE, 0x40, 0x00, 0x42, 0x00, 0x01,
            0x00, 0xD1, 0xD6,
        ],
    },
    Atr {
        name: "contact-5",
        atr: &[
            0x3B, 0xF5, 0x91, 0x00, 0xFF, 0x91, 0x81, 0x71, 0xFE, 0x40, 0x00, 0x42, 0x00, 0x01,
            0xB3, 0xA1, 0x15,
        ],
    },
    CONTACTLESS,
    Atr {
        name: "contactless-7",
        atr: &[
            0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x41, 0xE0, 0xB3, 0x81, 0xA1, 0x00, 0x3B,
        ],
    },
    Atr {
        name: "contactless-8",
        atr: &[
            0x3B, 0x88, 0x80, 0x01, 0x00, 0x4B, 0x51, 0xFF, 0x00, 0x81, 0xD1, 0x00, 0xBC,
        ],
    },
    CONTACTLESS_LATER,
    JUKI,
    LICENCE,
];

/// Name of the answer that is another one at each power-on.
pub const RANDOM: &str = "random-pupi";

/// Which answer a slot gives for the cards on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The card's own.
    #[default]
    Own,
    /// This one.
    Fixed(&'static [u8]),
    /// The card's random PUPI in the place of the application data, as some readers have it.
    Random,
}

impl Choice {
    /// What [`Self::named`] calls it.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Own => None,
            Self::Random => Some(RANDOM),
            Self::Fixed(atr) => ALL.iter().find(|known| known.atr == atr).map(|k| k.name),
        }
    }

    /// The choice of this name; `None` of a name there is none for.
    pub fn named(name: Option<&str>) -> Option<Self> {
        match name {
            None => Some(Self::Own),
            Some(RANDOM) => Some(Self::Random),
            Some(name) => ALL
                .iter()
                .find(|known| known.name == name)
                .map(|known| Self::Fixed(known.atr)),
        }
    }

    /// The bytes for a card whose own ones are `own` and whose PUPI is `pupi` since it got power.
    pub fn of(self, own: &[u8], pupi: [u8; 4]) -> Vec<u8> {
        match self {
            Self::Own => own.to_vec(),
            Self::Fixed(atr) => atr.to_vec(),
            Self::Random => {
                let mut atr = CONTACTLESS.atr.to_vec();
                atr[4..8].copy_from_slice(&pupi);
                let check = atr.len() - 1;
                atr[check] = atr[1..check].iter().fold(0, |sum, byte| sum ^ byte);
                atr
            }
        }
    }
}

/// A PUPI as a card draws it when it gets power; the same again where there is no random source.
pub fn new_pupi() -> [u8; 4] {
    let mut pupi = [0; 4];
    // An old number is as good to a reader that must not care.
    let _ = rand_bytes(&mut pupi);
    pupi
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adds_up(atr: &[u8]) -> bool {
        atr[1..].iter().fold(0, |sum, byte| sum ^ byte) == 0
    }

    #[test]
    fn check_bytes_are_right_and_names_find_their_own() {
        for known in ALL {
            assert!(adds_up(known.atr), "{}", known.name);
            assert_eq!(
                Choice::named(Some(known.name)),
                Some(Choice::Fixed(known.atr))
            );
        }
        assert_eq!(Choice::named(Some("none")), None);
        assert_eq!(Choice::named(None), Some(Choice::Own));
    }

    #[test]
    fn a_random_answer_follows_the_pupi_and_adds_up() {
        let answer = |pupi| Choice::Random.of(&[], pupi);
        assert_ne!(answer([1, 2, 3, 4]), answer([1, 2, 3, 5]));
        assert_eq!(answer([1, 2, 3, 4])[4..8], [1, 2, 3, 4]);
        assert!(adds_up(&answer([0xDE, 0xAD, 0xBE, 0xEF])));
    }
}
