// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card face of nobody: its record, its certificate, and the root that vouches for both.

use std::sync::LazyLock;

use uketsuke_record::{CHALLENGE_BYTES, Genuine, KeyId, Proof, Root, Roots};

use crate::key::Key;
use crate::tlv::object;

/// What is presented to the card's key. A target's has to be the same at each run.
pub const CHALLENGE: [u8; CHALLENGE_BYTES] = [0xC5; CHALLENGE_BYTES];
/// Tags of the record's objects in their order: birth, sex, card key, name, address, photo, signature,
/// expiry, security code. The table of offsets, DF21, stands before them.
pub const TAGS: [u16; 9] = [
    0xDF22, 0xDF23, 0xDF24, 0xDF25, 0xDF26, 0xDF27, 0xDF28, 0xDF29, 0xDF2A,
];
/// Where the photo stands in [`TAGS`].
pub const PHOTO: usize = 5;
/// Where the signature stands in [`TAGS`].
pub const SIGNATURE: usize = 6;

/// A face, all of it made here.
pub struct Face {
    /// Values of the objects, in the order of [`TAGS`].
    pub values: [Vec<u8>; 9],
    /// EF 0002.
    pub record: Vec<u8>,
    /// Value of 5F4E in the certificate.
    pub certified: Vec<u8>,
    /// Value of 5F37 in the certificate.
    pub signature: Vec<u8>,
    /// EF 0004.
    pub certificate: Vec<u8>,
    /// The card's answer to [`CHALLENGE`].
    pub answer: Vec<u8>,
    /// Those who believe all of it.
    pub roots: Roots,
}

/// The one face. It takes some signatures to make, and is not altered.
pub static FACE: LazyLock<Face> = LazyLock::new(Face::new);

impl Face {
    fn new() -> Self {
        let (root, issuer, card) = (Key::root(), Key::issuer(), Key::card());
        let ids = [KeyId([0x0A; 16]), KeyId([0x0B; 16])];
        let certified = [&ids[0].0[..], &ids[1].0, &key_object(&issuer)].concat();
        let signature = root.sign(&certified);
        let body = [object(0x5F4E, &certified), object(0x5F37, &signature)].concat();
        let mut values = [
            b"19800217".to_vec(),
            b"1".to_vec(),
            key_object(&card),
            b"name, a picture".to_vec(),
            b"address, a picture".to_vec(),
            // More than one READ brings.
            b"photo ".repeat(50),
            Vec::new(),
            b"20350217".to_vec(),
            b"code, a picture".to_vec(),
        ];
        let whole = |range: std::ops::Range<usize>| -> Vec<u8> {
            let objects = range.map(|at| object(TAGS[at], &values[at]));
            objects.collect::<Vec<_>>().concat()
        };
        let signed = [whole(0..3), whole(3..5), whole(5..6)];
        values[SIGNATURE] = issuer.sign_three([&signed[0], &signed[1], &signed[2]]);
        let objects: Vec<_> = (0..9).map(|at| object(TAGS[at], &values[at])).collect();
        Self {
            record: record(&offsets(&objects), &objects.concat()),
            certificate: object(0x7F21, &body),
            answer: card.sign_digest(&CHALLENGE),
            roots: Roots::from_iter([Root {
                id: ids[0],
                key: root.public(),
            }]),
            values,
            certified,
            signature,
        }
    }
}

/// What a record that was believed has to hold: the photo that was signed, for the card that is there.
///
/// # Panics
/// When it gives another, or none.
pub fn believed(record: Genuine) {
    let proof = Proof {
        challenge: &CHALLENGE,
        answer: &FACE.answer,
    };
    let photo = record
        .photo(&proof)
        .expect("the signed card key is the card's");
    assert_eq!(*photo, FACE.values[PHOTO], "another photo is believed");
}

/// The table of where these objects stand in a record that holds them in this order.
#[must_use]
pub fn offsets(objects: &[Vec<u8>]) -> Vec<u8> {
    // FF20 with a length of three bytes, then DF21 with one of one.
    let mut at = 5 + 3 + 2 * objects.len();
    let mut table = Vec::new();
    for object in objects {
        table.extend(u16::try_from(at).unwrap_or(u16::MAX).to_be_bytes());
        at += object.len();
    }
    table
}

/// EF 0002 of a table and the objects behind it.
#[must_use]
pub fn record(table: &[u8], objects: &[u8]) -> Vec<u8> {
    let content = [&object(0xDF21, table)[..], objects].concat();
    crate::tlv::longhand(0xFF20, content.len(), &content)
}

fn key_object(key: &Key) -> Vec<u8> {
    [object(0x90, &[1, 0, 1]), object(0x91, &key.modulus())].concat()
}
