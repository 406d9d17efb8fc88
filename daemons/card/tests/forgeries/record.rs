// SPDX-License-Identifier: MIT OR Apache-2.0
//! Records and certificates taken apart, put together, and signed in every way but the right one.

use std::ops::Range;

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use openssl::sha::sha256;
use uketsuke_virtual_card::sign;

/// Bytes of a signature.
const RSA: usize = 256;
/// First object behind the table of a record.
pub const FIRST: u16 = 0xDF22;
/// Tag of a record's photo.
pub const PHOTO: u16 = 0xDF27;
/// Tag of a record's signature.
pub const SIGNATURE: u16 = 0xDF28;
/// Tag of the card's expiry, which nobody signs.
pub const EXPIRY: u16 = 0xDF29;
/// Tag of the security code's picture, which nobody signs.
pub const CODE: u16 = 0xDF2A;

/// Tag, length as cards write it, value.
pub fn object(tag: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = match tag.to_be_bytes() {
        [0, low] => vec![low],
        both => both.to_vec(),
    };
    let length = u16::try_from(value.len()).unwrap();
    if length < 128 {
        bytes.push(length as u8);
    } else {
        bytes.push(0x82);
        bytes.extend(length.to_be_bytes());
    }
    bytes.extend(value);
    bytes
}

/// Where in a record the object of this tag lies, by the record's own table.
pub fn place(record: &[u8], tag: u16) -> Range<usize> {
    let at = |tag: u16| {
        let entry = 8 + 2 * usize::from(tag - FIRST);
        usize::from(u16::from_be_bytes([record[entry], record[entry + 1]]))
    };
    let end = if tag == CODE {
        record.len()
    } else {
        at(tag + 1)
    };
    at(tag)..end
}

/// The objects of a record behind its table, tag and length included.
pub fn objects(record: &[u8]) -> Vec<Vec<u8>> {
    let parts = FIRST..=CODE;
    parts
        .map(|tag| record[place(record, tag)].to_vec())
        .collect()
}

/// A record of these objects, with a table that fits them.
pub fn build(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut at = 5 + 3 + 2 * objects.len();
    let mut table = Vec::new();
    for object in objects {
        table.extend(u16::try_from(at).unwrap().to_be_bytes());
        at += object.len();
    }
    object(0xFF20, &[object(0xDF21, &table), objects.concat()].concat())
}

/// The record with another object in the place of its own of the same tag.
pub fn with(record: &[u8], tag: u16, other: Vec<u8>) -> Vec<u8> {
    let mut parts = objects(record);
    parts[usize::from(tag - FIRST)] = other;
    build(&parts)
}

/// The three digests that a record's signature is over.
pub fn digests(record: &[u8]) -> [[u8; 32]; 3] {
    let parts = objects(record);
    [
        sha256(&parts[..3].concat()),
        sha256(&parts[3..5].concat()),
        sha256(&parts[5]),
    ]
}

/// `DigestInfo` of SHA-256 around what is given, as these records have it: also around 96 bytes.
pub fn info(digest: &[u8]) -> Vec<u8> {
    let length = u8::try_from(digest.len()).unwrap();
    let mut info = sign::SHA256_DIGEST_INFO.to_vec();
    info[1] = 17 + length;
    info[18] = length;
    info.extend(digest);
    info
}

/// The right signature.
pub fn signed(key: &PKey<Private>, digest: &[u8]) -> Vec<u8> {
    sign::compute(key, 0, &info(digest)).unwrap()
}

/// A whole block signed as it stands.
fn raw(key: &PKey<Private>, block: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; RSA];
    let rsa = key.rsa().unwrap();
    rsa.private_encrypt(block, &mut signature, Padding::NONE)
        .unwrap();
    signature
}

/// `00 <kind> <fill…> 00 <tail>`, the whole as long as a modulus.
fn block(kind: u8, fill: u8, tail: &[u8]) -> Vec<u8> {
    let room = RSA - 3 - tail.len();
    [&[0x00, kind][..], &vec![fill; room], &[0x00], tail].concat()
}

/// Signatures by the right key over the right digests in a form that is not the one there is, and
/// numbers that are no signatures. `digest` is what is signed: 32 bytes or three times 32.
pub fn misshapen(key: &PKey<Private>, digest: &[u8]) -> Vec<Vec<u8>> {
    let compute = |p1, input: &[u8]| sign::compute(key, p1, input).unwrap();
    let right = info(digest);
    let changed = |at: usize, to: u8| {
        let mut other = right.clone();
        other[at] = to;
        other
    };
    // Without the NULL of the algorithm, and with lengths longer than they need to be.
    let bare = [
        &[0x30, right[1] - 2, 0x30, 0x0B][..],
        &right[4..15],
        &right[17..],
    ]
    .concat();
    let long = [&[0x30, 0x81][..], &right[1..]].concat();
    let mut all = vec![
        compute(0, digest),
        compute(0, &bare),
        compute(0, &long),
        compute(0, &[&right[..], &[0]].concat()),
        compute(0, &info(&sha256(digest))),
        compute(5, digest),
    ];
    // SHA-384, SHA-512, SHA-224 by name, and digests of another length by length.
    for name in [2, 3, 4] {
        all.push(compute(0, &changed(14, name)));
    }
    all.push(compute(0, &changed(18, right[18] - 1)));
    // Padding of encryption, of no kind, too short with bytes behind it (Bleichenbacher, 2006).
    all.push(raw(key, &block(2, 0xA5, &right)));
    all.push(raw(key, &block(0, 0x00, &right)));
    all.push(raw(key, &block(1, 0xFE, &right)));
    let mut short = [&[0x00, 0x01][..], &[0xFF; 8], &[0x00], &right].concat();
    short.resize(RSA, 0x5A);
    all.push(raw(key, &short));
    all.extend(numbers(key, &compute(0, &right)));
    all
}

/// Numbers around the modulus and around the right signature.
fn numbers(key: &PKey<Private>, right: &[u8]) -> Vec<Vec<u8>> {
    let rsa = key.rsa().unwrap();
    let modulus = rsa.n();
    let width = i32::try_from(RSA).unwrap();
    let padded = |number: &BigNumRef| number.to_vec_padded(width).unwrap();
    let one = BigNum::from_u32(1).unwrap();
    let mut less = BigNum::new().unwrap();
    less.checked_sub(modulus, &one).unwrap();
    let mut negative = BigNum::new().unwrap();
    let right = BigNum::from_slice(right).unwrap();
    negative.checked_sub(modulus, &right).unwrap();
    let mut square = BigNum::new().unwrap();
    let mut context = BigNumContext::new().unwrap();
    square
        .mod_mul(&right, &right, modulus, &mut context)
        .unwrap();
    let mut all = vec![
        vec![0; RSA],
        vec![0xFF; RSA],
        padded(&one),
        padded(&less),
        padded(modulus),
        padded(&negative),
        padded(&square),
    ];
    let mut more = BigNum::new().unwrap();
    more.checked_add(&right, modulus).unwrap();
    // The same residue, where it fits into the bytes there are.
    if more.num_bytes() <= width {
        all.push(padded(&more));
    }
    all
}
