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

use crate::files::{Access, Application, Content, File};
use crate::sign::{self, SHA256_DIGEST_INFO};

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
/// Tries of 照合番号A and B.
pub const NUMBER_TRIES: u8 = 10;

/// Face file of the official test card; it lends its pictures.
const OFFICIAL: &[u8] = include_bytes!("../fixtures/myna-card/surface-0002.bin");
/// DER in front of the three digests that sign a face record. No standard knows it.
const THREE_DIGESTS: [u8; 19] = [
    0x30, 0x71, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x60,
];

/// Name of the root key, and of the key that signs records. No hierarchy in the field begins with 9.
pub const ROOT_ID: [u8; 16] = *b"9999923\x08\x05001\0\0\0\x01";
const ISSUER_ID: [u8; 16] = *b"9999921\x08\x05000\0\0\0\x01";

/// Who signs records.
pub struct Issuer {
    /// Signs the issuer's certificate.
    pub root: PKey<Private>,
    /// Signs the records.
    pub key: PKey<Private>,
}

/// What is on one card's face.
pub struct Face {
    /// `YYYYMMDD`.
    pub birth: String,
    /// Last day of the card, `YYYYMMDD`.
    pub expiry: String,
    /// The card's own key.
    pub key: PKey<Private>,
    /// Whether there is a portrait.
    pub photo: bool,
}

/// The application.
pub fn application(issuer: &Issuer, face: &Face) -> Result<Application, ErrorStack> {
    let opened = Access::AfterAny(&[NUMBER_A, NUMBER_B]);
    let files = [
        (
            0x0001,
            Content::Data(age(issuer, face)?, Access::AfterAny(&[BIRTH_KEY])),
        ),
        (0x0002, Content::Data(record(issuer, face)?, opened)),
        (0x0004, Content::Data(certificate(issuer)?, Access::Free)),
        (0x0006, Content::Data(vec![0xFF; 16], opened)),
        (BIRTH_KEY, Content::Secret(MEMORY_BIRTH)),
        (NUMBER_B, Content::Secret(MEMORY_B)),
        (NUMBER_A, Content::Secret(MEMORY_A)),
        (0x001A, Content::Opaque),
        (0x001C, Content::Opaque),
        (0x001E, Content::Opaque),
    ];
    Ok(Application {
        aid: AID,
        files: files
            .into_iter()
            .map(|(fid, content)| File { fid, content })
            .collect(),
        has_key_delivery_word: false,
        own_key: Some(face.key.clone()),
    })
}

/// EF 0004.
fn certificate(issuer: &Issuer) -> Result<Vec<u8>, ErrorStack> {
    let body = [&ROOT_ID[..], &ISSUER_ID, &public(&issuer.key)?].concat();
    let signature = sign_digest(&issuer.root, &body)?;
    let inner = [object(0x5F4E, &body), object(0x5F37, &signature)].concat();
    Ok(object(0x7F21, &inner))
}

/// EF 0001.
fn age(issuer: &Issuer, face: &Face) -> Result<Vec<u8>, ErrorStack> {
    let signed = [
        object(0xDF11, face.birth.as_bytes()),
        object(0xDF12, &public(&face.key)?),
    ]
    .concat();
    let signature = object(0xDF13, &sign_digest(&issuer.key, &signed)?);
    Ok(object(0xFF10, &[signed, signature].concat()))
}

/// EF 0002.
fn record(issuer: &Issuer, face: &Face) -> Result<Vec<u8>, ErrorStack> {
    let holder = [
        object(0xDF22, face.birth.as_bytes()),
        object(0xDF23, b"2"),
        object(0xDF24, &public(&face.key)?),
    ];
    let pictures = [borrowed(0xDF25), borrowed(0xDF26)];
    let photo = if face.photo {
        borrowed(0xDF27)
    } else {
        Vec::new()
    };
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
    if face.photo {
        objects.push(photo);
    }
    objects.push(object(0xDF28, &signature));
    objects.push(object(0xDF29, face.expiry.as_bytes()));
    objects.push(borrowed(0xDF2A));
    // Outer tag and length, and the table itself, lie before the first object.
    let mut at = 5 + 3 + 2 * objects.len();
    let mut table = Vec::new();
    for object in &objects {
        let place = u16::try_from(at).expect("a record is shorter than a file can be");
        table.extend(place.to_be_bytes());
        at += object.len();
    }
    let body = [object(0xDF21, &table), objects.concat()].concat();
    Ok(object(0xFF20, &body))
}

/// `90 03 010001 91 820100 <modulus>`.
fn public(key: &PKey<Private>) -> Result<Vec<u8>, ErrorStack> {
    let modulus = key
        .rsa()?
        .n()
        .to_vec_padded(sign::SIGNATURE_LENGTH as i32)?;
    Ok([object(0x90, &[1, 0, 1]), object(0x91, &modulus)].concat())
}

fn sign_digest(key: &PKey<Private>, bytes: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    sign::pad_and_sign(key, &[&SHA256_DIGEST_INFO[..], &sha256(bytes)].concat())
}

/// An object as cards write it: from 128 bytes on with two bytes of length, whatever is needed.
fn object(tag: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("an object is shorter than a file can be");
    let mut bytes = match tag.to_be_bytes() {
        [0, low] => vec![low],
        both => both.to_vec(),
    };
    match length {
        0..=127 => bytes.push(length as u8),
        _ => {
            bytes.push(0x82);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend(value);
    bytes
}

/// An object of the official test card, as it stands there.
fn borrowed(tag: u16) -> Vec<u8> {
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

/// 照合番号B: birth with the year of the era, year of expiry, security code.
pub fn number_b(birth: &str, expiry: &str, code: &str) -> String {
    format!("{}{}{code}", birth_key(birth), &expiry[..4])
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
