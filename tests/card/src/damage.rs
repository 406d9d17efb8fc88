// SPDX-License-Identifier: MIT OR Apache-2.0
//! A record of the card face spoilt after it was signed.

use crate::tlv::object;

/// What is wrong with the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Nothing.
    None,
    /// Inside the outer object there are no objects.
    Garbage,
    /// A second portrait behind the first, which the table does not know.
    DuplicatedTag,
    /// The table of places names other places.
    LyingTable,
    /// The portrait claims to be longer than the file.
    LengthBeyondEnd,
    /// The file ends in the middle of the portrait.
    CutShort,
    /// One byte of the portrait is another than was signed.
    AlteredPhoto,
}

impl Damage {
    /// The record with the damage done. Its objects are those of EF 0002 of the 券面事項確認AP.
    pub fn done_to(self, mut record: Vec<u8>) -> Vec<u8> {
        const OUTER: usize = 5;
        const TABLE: usize = OUTER + 3;
        /// Which entry of the table is the portrait's.
        const PHOTO: usize = 0xDF27 - 0xDF22;
        if self == Self::None {
            return record;
        }
        let entry = TABLE + 2 * PHOTO;
        let photo = usize::from(u16::from_be_bytes([record[entry], record[entry + 1]]));
        match self {
            Self::None => {}
            Self::Garbage => record[OUTER..].fill(0xA5),
            Self::DuplicatedTag => {
                let length =
                    usize::from(u16::from_be_bytes([record[photo + 3], record[photo + 4]]));
                let end = photo + 5 + length;
                let again = record[photo..end].to_vec();
                record.splice(end..end, again);
                record = object(0xFF20, &record[OUTER..]);
            }
            Self::LyingTable => record[TABLE..TABLE + 4].rotate_left(2),
            Self::LengthBeyondEnd => record[photo + 3..photo + 5].fill(0xFF),
            Self::CutShort => record.truncate(photo + 500),
            Self::AlteredPhoto => record[photo + 1_000] ^= 1,
        }
        record
    }
}
