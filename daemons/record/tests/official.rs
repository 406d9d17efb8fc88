// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files of an official test card (fictitious holder), as `myna-card` publishes them, and
//! thousands of things done to them.

#![allow(clippy::unwrap_used)]

use std::ops::Range;

use myna_card::ca;
use proptest::prelude::*;
use uketsuke_record::{CvCertificate, FaceRecord, KeyId, PublicKey, RecordError, Root, Roots};

const FACE: &[u8] = include_bytes!("../../../tests/card/fixtures/myna-card/surface-0002.bin");
const CERTIFICATE: &[u8] =
    include_bytes!("../../../tests/card/fixtures/myna-card/surface-0004.bin");
/// Another record of the same card.
const AGE: &[u8] = include_bytes!("../../../tests/card/fixtures/myna-card/surface-0001.bin");
/// What the signature does not cover: the table of offsets, which has to agree all the same, and the
/// contents of expiry and security code.
const UNSIGNED: [Range<usize>; 2] = [2953..2961, 2964..3070];

/// The root of the test hierarchy.
fn roots() -> Roots {
    let id = CvCertificate::parse(CERTIFICATE).unwrap().issuer;
    let known = ca::KNOWN.iter().map(|known| Root {
        id,
        key: PublicKey::new(known.modulus).unwrap(),
    });
    // The table of `myna-card` names its keys otherwise; the one that fits is the one that verifies.
    let certificate = CvCertificate::parse(CERTIFICATE).unwrap();
    let fitting = known.filter(|root| {
        let one = Roots::from_iter([root.clone()]);
        certificate.verified(&one).is_ok()
    });
    fitting.collect()
}

fn verdict(face: &[u8], certificate: &[u8], roots: &Roots) -> Result<(), RecordError> {
    let certificate = CvCertificate::parse(certificate)?;
    let record = FaceRecord::parse(face)?.expect("the card has a photo");
    record.verified(&certificate, roots).map(drop)
}

#[test]
fn the_official_test_card_is_genuine() {
    let roots = roots();
    assert_eq!(roots.len(), 1);
    verdict(FACE, CERTIFICATE, &roots).unwrap();
}

#[test]
fn a_root_nobody_gave_us_vouches_for_nothing() {
    let issuer = CvCertificate::parse(CERTIFICATE).unwrap().issuer;
    let error = verdict(FACE, CERTIFICATE, &Roots::default()).unwrap_err();
    assert_eq!(error, RecordError::UnknownRoot(issuer));
    let other = ca::KNOWN
        .iter()
        .map(|known| PublicKey::new(known.modulus).unwrap());
    let refused = other.filter(|key| {
        let root = Root {
            id: issuer,
            key: key.clone(),
        };
        verdict(FACE, CERTIFICATE, &Roots::from_iter([root])) == Err(RecordError::CertificateForged)
    });
    assert_eq!(refused.count(), ca::KNOWN.len() - 1);
    assert_eq!(KeyId(issuer.0).to_string().len(), 32);
}

#[test]
fn every_byte_of_the_record_counts() {
    let roots = roots();
    let (mut refused, mut passed) = (0, Vec::new());
    let mut face = FACE.to_vec();
    for at in 0..face.len() {
        face[at] ^= 1 << (at % 8);
        match FaceRecord::parse(&face) {
            Ok(None) | Err(_) => refused += 1,
            Ok(Some(_)) => match verdict(&face, CERTIFICATE, &roots) {
                Err(_) => refused += 1,
                Ok(()) => passed.push(at),
            },
        }
        face[at] = FACE[at];
    }
    let unsigned: Vec<usize> = UNSIGNED.into_iter().flatten().collect();
    assert_eq!(passed, unsigned, "bytes that may be altered");
    assert_eq!(refused, FACE.len() - unsigned.len());
}

#[test]
fn every_byte_of_the_certificate_counts() {
    let roots = roots();
    let mut certificate = CERTIFICATE.to_vec();
    for at in 0..certificate.len() {
        certificate[at] ^= 1 << (at % 8);
        assert!(verdict(FACE, &certificate, &roots).is_err(), "byte {at}");
        certificate[at] = CERTIFICATE[at];
    }
}

#[test]
fn no_part_of_a_record_is_a_record() {
    for end in 0..FACE.len() {
        assert!(FaceRecord::parse(&FACE[..end]).is_err(), "{end} bytes");
    }
    for end in 0..CERTIFICATE.len() {
        assert!(
            CvCertificate::parse(&CERTIFICATE[..end]).is_err(),
            "{end} bytes"
        );
    }
    assert!(FaceRecord::parse(AGE).is_err());
    assert!(CvCertificate::parse(FACE).is_err());
}

#[test]
fn filler_behind_the_record_is_the_files_and_anything_else_is_not() {
    let roots = roots();
    let mut face = FACE.to_vec();
    face.extend([0xFF; 40]);
    verdict(&face, CERTIFICATE, &roots).unwrap();
    face.push(0);
    assert!(FaceRecord::parse(&face).is_err());
}

#[test]
fn an_object_that_comes_twice_or_not_at_all_is_no_record() {
    // DF23, four bytes: sex.
    let sex = 37..41;
    let length = u16::try_from(FACE.len() - 5).unwrap();
    let with = |body: Vec<u8>, length: u16| {
        let mut face = vec![0xFF, 0x20, 0x82];
        face.extend(length.to_be_bytes());
        face.extend(body);
        face
    };
    let mut twice = FACE[5..sex.end].to_vec();
    twice.extend(&FACE[sex.clone()]);
    twice.extend(&FACE[sex.end..]);
    assert!(FaceRecord::parse(&with(twice, length + 4)).is_err());
    let mut none = FACE[5..sex.start].to_vec();
    none.extend(&FACE[sex.end..]);
    assert!(FaceRecord::parse(&with(none, length - 4)).is_err());
}

proptest! {
    #[test]
    fn any_bytes_end_in_a_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
        let _ = FaceRecord::parse(&bytes).map(drop);
        let _ = CvCertificate::parse(&bytes).map(drop);
    }

    #[test]
    fn a_piece_put_elsewhere_is_noticed(from in 0usize..2950, to in 0usize..2950, length in 1usize..200) {
        let (from, to) = (from.min(2950 - length), to.min(2950 - length));
        let mut face = FACE.to_vec();
        let piece = FACE[from..from + length].to_vec();
        face[to..to + length].copy_from_slice(&piece);
        prop_assume!(face != FACE);
        let accepted = matches!(FaceRecord::parse(&face), Ok(Some(_)))
            && verdict(&face, CERTIFICATE, &roots()).is_ok();
        prop_assert!(!accepted);
    }
}
