// SPDX-License-Identifier: MIT OR Apache-2.0
//! The 券面事項確認AP (card face): its records, signed by an issuer of our own as real ones are by
//! theirs, and the key that proves that the card is there.
//!
//! Shapes and sizes are those of the official test cards: lengths that are longer than they need to
//! be, a table of offsets, filler behind records. Pictures and portrait are the official test card's
//! own (fictitious holder; `fixtures/myna-card`).

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;

use crate::damage::Damage;
use crate::files::{Access, Application, Content, File, OwnKey};
pub use crate::issuer::Issuer;
use crate::issuer::{SURFACE, public};
use crate::photo::Photo;
use crate::register::MUNICIPALITY;
use crate::sign;
use crate::tlv::{object, with_table};

/// 券面事項確認AP.
pub const AID: &[u8] = &[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02];

/// 生年月日 key: `YYMMDD`.
const BIRTH_KEY: u16 = 0x0011;
/// 照合番号B: 14 digits.
const NUMBER_B: u16 = 0x0012;
/// 照合番号A: 12 digits.
const NUMBER_A: u16 = 0x0013;

/// Where the memory keeps secrets of this application, whose files have numbers as other
/// applications' have.
const fn remembered(fid: u16) -> u16 {
    0x0200 | fid
}

/// 照合番号B in the card's memory.
pub const MEMORY_B: u16 = remembered(NUMBER_B);
/// 照合番号A in the card's memory.
pub const MEMORY_A: u16 = remembered(NUMBER_A);
/// 生年月日 key in the card's memory.
pub const MEMORY_BIRTH: u16 = remembered(BIRTH_KEY);

/// Face file of the official test card; it lends its pictures.
const OFFICIAL: &[u8] = include_bytes!("../fixtures/myna-card/surface-0002.bin");
/// File of its number; lends the picture.
const OFFICIAL_NUMBER: &[u8] = include_bytes!("../fixtures/myna-card/surface-0005.bin");
/// DER in front of the three digests that sign a face record. No standard knows it.
const THREE_DIGESTS: [u8; 19] = [
    0x30, 0x71, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x60,
];

/// Name of the root key.
pub const ROOT_ID: [u8; 16] = SURFACE[0];
/// What EF 0003 names.
const NAMED_KEYS: [[u8; 16]; 2] = [
    *b"9999924\x08\x05001\0\0\0\x01",
    *b"9999925\x08\x05001\0\0\0\x01",
];

/// What is on one card's face.
pub struct Face {
    /// `YYYYMMDD`.
    pub birth: String,
    /// Last day of the card, `YYYYMMDD`.
    pub expiry: String,
    /// ISO 5218 digit.
    pub sex: &'static str,
    /// The card's own key.
    pub key: PKey<Private>,
    /// What stands where the portrait belongs.
    pub photo: Photo,
    /// What is wrong with the record.
    pub damage: Damage,
}

/// The files with content, which the official test card has as well.
pub struct Records {
    /// EF 0001.
    pub age: Vec<u8>,
    /// EF 0002.
    pub face: Vec<u8>,
    /// EF 0003.
    pub information: Vec<u8>,
    /// EF 0004.
    pub certificate: Vec<u8>,
    /// EF 0005.
    pub number: Vec<u8>,
}

/// Files that `issuer` signs for this card.
pub fn records(issuer: &Issuer, face: &Face) -> Result<Records, ErrorStack> {
    Ok(Records {
        age: age(issuer, face)?,
        face: face.damage.done_to(record(issuer, face)?),
        information: information(),
        certificate: issuer.certificate(&SURFACE)?,
        number: number(issuer, face)?,
    })
}

/// The application.
pub fn application(records: Records, own_key: OwnKey) -> Application {
    let opened = Access::AfterAny(&[NUMBER_A, NUMBER_B]);
    let files = [
        (
            0x0001,
            Content::Data(records.age, Access::AfterAny(&[BIRTH_KEY])),
        ),
        (0x0002, Content::Data(records.face, opened)),
        (0x0003, Content::Data(records.information, Access::Free)),
        (0x0004, Content::Data(records.certificate, Access::Free)),
        (
            0x0005,
            Content::Data(records.number, Access::After(NUMBER_A)),
        ),
        (0x0006, Content::Data(vec![0xFF; 16], opened)),
        (BIRTH_KEY, Content::Secret(MEMORY_BIRTH)),
        (NUMBER_B, Content::Secret(MEMORY_B)),
        (NUMBER_A, Content::Secret(MEMORY_A)),
        (0x001A, Content::Opaque),
        (0x001C, Content::Opaque),
        (0x001E, Content::Opaque),
    ];
    Application {
        aid: AID,
        files: File::all(files),
        has_key_delivery_word: true,
        changes_by_key: false,
        own_key,
    }
}

/// EF 0003. Behind the second name lie 256 bytes whose use nobody knows.
fn information() -> Vec<u8> {
    let unknown = [&NAMED_KEYS[1][..], &[0xB6; 256]].concat();
    let objects = [
        object(0xDF31, &[6, 3, 0x0E, 1]),
        object(0xDF32, &NAMED_KEYS[0]),
        object(0xDF33, &[0]),
        object(0xDF34, MUNICIPALITY.as_bytes()),
        object(0xDF35, &unknown),
    ];
    object(0xFF30, &objects.concat())
}

/// EF 0005: the number as a picture, which is the official test card's.
fn number(issuer: &Issuer, face: &Face) -> Result<Vec<u8>, ErrorStack> {
    /// Where its picture DF41 lies, with tag and length.
    const PICTURE: std::ops::Range<usize> = 5..155;
    let signed = [
        OFFICIAL_NUMBER[PICTURE].to_vec(),
        object(0xDF42, &public(&face.key)?),
    ]
    .concat();
    let signature = object(0xDF43, &issuer.sign(&signed)?);
    Ok(object(0xFF40, &[signed, signature].concat()))
}

/// EF 0001.
fn age(issuer: &Issuer, face: &Face) -> Result<Vec<u8>, ErrorStack> {
    let signed = [
        object(0xDF11, face.birth.as_bytes()),
        object(0xDF12, &public(&face.key)?),
    ]
    .concat();
    let signature = object(0xDF13, &issuer.sign(&signed)?);
    Ok(object(0xFF10, &[signed, signature].concat()))
}

/// EF 0002.
fn record(issuer: &Issuer, face: &Face) -> Result<Vec<u8>, ErrorStack> {
    let holder = [
        object(0xDF22, face.birth.as_bytes()),
        object(0xDF23, face.sex.as_bytes()),
        object(0xDF24, &public(&face.key)?),
    ];
    let pictures = [borrowed(0xDF25), borrowed(0xDF26)];
    let photo = face.photo.object(borrowed(0xDF27));
    let digests = [
        sha256(&holder.concat()),
        sha256(&pictures.concat()),
        sha256(&photo),
    ];
    let signature = sign::pad_and_sign(
        &issuer.key,
        &[&THREE_DIGESTS[..], digests.as_flattened()].concat(),
    )?;
    let mut objects: Vec<Vec<u8>> = holder.into_iter().chain(pictures).collect();
    if !photo.is_empty() {
        objects.push(photo);
    }
    objects.push(object(0xDF28, &signature));
    objects.push(object(0xDF29, face.expiry.as_bytes()));
    objects.push(borrowed(0xDF2A));
    Ok(with_table(0xFF20, 0xDF21, &objects))
}

/// An object of the official test card, as it stands there.
pub(crate) fn borrowed(tag: u16) -> Vec<u8> {
    // Its table: nine places, of the objects from DF22 on.
    let place = |tag: u16| {
        let entry = 8 + 2 * usize::from(tag - 0xDF22);
        usize::from(u16::from_be_bytes([OFFICIAL[entry], OFFICIAL[entry + 1]]))
    };
    let end = match tag {
        0xDF2A => OFFICIAL.len(),
        _ => place(tag + 1),
    };
    OFFICIAL[place(tag)..end].to_vec()
}

/// 照合番号B: birth as in [`birth_key`], year of expiry, security code.
pub fn number_b(birth: &str, expiry: &str, code: &str) -> String {
    join_b(&birth_key(birth), expiry, code)
}

/// 照合番号B of a card that has this `birth` of six digits printed on it.
pub fn join_b(birth: &str, expiry: &str, code: &str) -> String {
    format!("{birth}{}{code}", &expiry[..4])
}

/// What stands for the birth date on the card of a foreign national: the western year.
pub fn western_birth_key(birth: &str) -> String {
    birth[2..].to_owned()
}

/// 生年月日 key: `YYMMDD` with the year of the era, from `YYYYMMDD`.
pub fn birth_key(birth: &str) -> String {
    let (year, day) = birth.split_at(4);
    let year: u32 = year.parse().expect("a birth date begins with its year");
    // The first days of 令和, 平成, 昭和 and 大正.
    let begun = [
        (2019, "20190501"),
        (1989, "19890108"),
        (1926, "19261225"),
        (1912, "19120730"),
    ];
    let first = begun
        .iter()
        .find(|(_, first)| *first <= birth)
        .map_or(1868, |(first, _)| *first);
    format!("{:02}{day}", year - first + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_number_has_the_year_of_the_era() {
        // Numbers of the official test card, and the ends of the eras.
        assert_eq!(number_b("19800217", "20351231", "2285"), "55021720352285");
        for (birth, key) in [
            ("20190430", "310430"),
            ("20190501", "010501"),
            ("19890107", "640107"),
            ("19890108", "010108"),
            ("19261224", "151224"),
            ("19261225", "011225"),
        ] {
            assert_eq!(birth_key(birth), key);
        }
    }

    #[test]
    fn what_is_borrowed_is_whole() {
        assert_eq!(borrowed(0xDF25)[..5], [0xDF, 0x25, 0x82, 0x00, 0xA9]);
        assert_eq!(borrowed(0xDF25).len(), 5 + 169);
        assert_eq!(borrowed(0xDF27).len(), 5 + 1854);
        assert_eq!(borrowed(0xDF2A).len(), 3 + 106);
    }
}
