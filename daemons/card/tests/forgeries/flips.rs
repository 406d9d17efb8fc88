// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every bit of what a card says of itself, and every length.

use uketsuke_virtual_card::sign::SIGNATURE_LENGTH;

use crate::Case;
use crate::between::{File, Lies, Proof};
use crate::record::{CODE, EXPIRY, PHOTO, SIGNATURE, place};

/// Bytes of a record that nobody signs and nothing checks: the values of these two objects.
pub fn unsigned(record: &[u8]) -> impl Fn(usize) -> Option<&'static str> {
    let value = |tag| {
        let place = place(record, tag);
        // Both are shorter than 128 bytes: two bytes of tag and one of length.
        place.start + 3..place.end
    };
    let (expiry, code) = (value(EXPIRY), value(CODE));
    move |at| match at {
        at if expiry.contains(&at) => Some("DF29, day of expiry"),
        at if code.contains(&at) => Some("DF2A, picture of the security code"),
        _ => None,
    }
}

/// Every bit of the record the other way.
pub fn record(record: &[u8]) -> Vec<Case> {
    let unsigned = unsigned(record);
    let holder = place(record, 0xDF22).start..place(record, 0xDF24).end;
    let pictures = place(record, 0xDF25).start..place(record, 0xDF26).end;
    let (photo, signature) = (place(record, PHOTO), place(record, SIGNATURE));
    let kind = |at: usize| match at {
        at if unsigned(at).is_some() => "not signed: bit of DF29 or DF2A",
        at if holder.contains(&at) => "bit of birth, sex, card key (DF22-24)",
        at if pictures.contains(&at) => "bit of name and address (DF25-26)",
        at if photo.contains(&at) => "bit of the photo (DF27)",
        at if signature.contains(&at) => "bit of the record's signature (DF28)",
        _ => "bit of heads and table of the record",
    };
    let bits = 0..8 * record.len();
    bits.map(|bit| {
        let lies = Lies {
            record: File::Flipped(bit),
            ..Lies::default()
        };
        let case = Case::of(kind(bit / 8), lies);
        match unsigned(bit / 8) {
            Some(_) => case.left_to_others(),
            None => case,
        }
    })
    .collect()
}

/// Every bit of the issuer's certificate the other way.
pub fn certificate(certificate: &[u8]) -> Vec<Case> {
    // 7F21 82 LLLL, 5F4E 82 LLLL, body, 5F37 82 LLLL, signature.
    let (body, signature) = (10, certificate.len() - SIGNATURE_LENGTH);
    let kind = |at| match at {
        at if at >= signature => "bit of the certificate's signature",
        at if at >= body && at < signature - 5 => "bit of the certificate's body",
        _ => "bit of heads of the certificate",
    };
    let bits = 0..8 * certificate.len();
    bits.map(|bit| {
        let lies = Lies {
            certificate: File::Flipped(bit),
            ..Lies::default()
        };
        Case::of(kind(bit / 8), lies)
    })
    .collect()
}

/// Every bit of the answer to the challenge, and every length of it.
pub fn proof() -> Vec<Case> {
    let lies = |proof| Lies {
        proof,
        ..Lies::default()
    };
    let bits = (0..8 * SIGNATURE_LENGTH)
        .map(|bit| Case::of("bit of the chip's answer", lies(Proof::Flipped(bit))));
    let cuts = (0..SIGNATURE_LENGTH)
        .map(|length| Case::of("chip's answer cut short", lies(Proof::Cut(length))));
    bits.chain(cuts).collect()
}

/// Both files ending anywhere, with the length of the whole mended and not.
pub fn cuts(record: &[u8], certificate: &[u8]) -> Vec<Case> {
    let mended = |file: &[u8]| {
        let mut file = file.to_vec();
        if let Some(length) = file.len().checked_sub(5) {
            file[3..5].copy_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
        file
    };
    let mut cases = Vec::new();
    for end in 0..record.len() {
        for file in [record[..end].to_vec(), mended(&record[..end])] {
            let lies = Lies {
                record: File::Instead(file),
                ..Lies::default()
            };
            cases.push(Case::of("record cut short", lies));
        }
    }
    for end in 0..certificate.len() {
        for file in [certificate[..end].to_vec(), mended(&certificate[..end])] {
            let lies = Lies {
                certificate: File::Instead(file),
                ..Lies::default()
            };
            cases.push(Case::of("certificate cut short", lies));
        }
    }
    cases
}

/// A file longer than its record: nothing reads the filler.
pub fn filler(record: &[u8]) -> Vec<Case> {
    let mut file = record.to_vec();
    file.extend([0xFF; 16]);
    let from = 8 * record.len();
    let bits = from..8 * file.len();
    bits.map(|bit| {
        let mut file = file.clone();
        file[bit / 8] ^= 0x80 >> (bit % 8);
        let lies = Lies {
            record: File::Instead(file),
            ..Lies::default()
        };
        Case::of("not read: bit of the filler behind the record", lies).left_to_others()
    })
    .collect()
}
