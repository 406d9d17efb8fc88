// SPDX-License-Identifier: MIT OR Apache-2.0
//! Faces that a reader has to survive: each is refused, or believed, for the reason its name gives,
//! by our own parser of records (crate uketsuke-record) as by any other.
#![allow(clippy::unwrap_used)]

mod cards;
mod talk;

use talk::Talk;
use uketsuke_record::{
    CvCertificate, FaceRecord, KeyId, Proof, PublicKey, RecordError, Root, Roots,
};
use uketsuke_virtual_card::profile::Chain;
use uketsuke_virtual_card::sign::SHA256_DIGEST_INFO;
use uketsuke_virtual_card::surface::ROOT_ID;

const CHALLENGE: [u8; 32] = [9; 32];

/// The face of a card, opened with 照合番号B.
fn face(talk: &mut Talk, name: &str) -> Vec<u8> {
    let number_b = talk.number_b(name);
    talk.expect(&[(talk::SURFACE, 0x9000)]);
    assert_eq!(talk.present(0x0012, &number_b), 0x9000);
    talk.read(0x0002).unwrap()
}

/// The portrait, if everything about it is believed.
fn photo(name: &str) -> Result<Option<Vec<u8>>, RecordError> {
    let mut talk = Talk::new(name);
    let bytes = face(&mut talk, name);
    let certificate = talk.read(0x0004).unwrap();
    let mut info = SHA256_DIGEST_INFO.to_vec();
    info.extend(CHALLENGE);
    let hex: String = info.iter().map(|byte| format!("{byte:02X}")).collect();
    let (answer, sw) = talk.send(&format!("802A0000{:02X}{hex}00", info.len()));
    assert_eq!(sw, 0x9000);
    let root = talk.vault.issuer(Chain::Trusted).unwrap().root;
    let roots = Roots::from_iter([Root {
        id: KeyId(ROOT_ID),
        key: PublicKey::new(&root.rsa().unwrap().n().to_vec()).unwrap(),
    }]);
    let Some(record) = FaceRecord::parse(&bytes)? else {
        return Ok(None);
    };
    let certificate = CvCertificate::parse(&certificate).unwrap();
    let genuine = record.verified(&certificate, &roots)?;
    let proof = Proof {
        challenge: &CHALLENGE,
        answer: &answer,
    };
    genuine.photo(&proof).map(|photo| Some(photo.to_vec()))
}

/// What makes a reader refuse a record.
#[derive(Debug, PartialEq)]
enum Why {
    /// It is no record.
    Shape,
    /// An object is not as it must be.
    Content,
    /// Nobody signed it.
    Forged,
}

fn why(error: &RecordError) -> Why {
    match error {
        RecordError::Shape { .. } => Why::Shape,
        RecordError::Content { .. } => Why::Content,
        RecordError::RecordForged => Why::Forged,
        other => panic!("{other}"),
    }
}

#[test]
fn a_record_spoilt_after_signing_is_refused_for_its_own_reason() {
    for (name, reason) in [
        ("face-garbage", Why::Shape),
        ("face-duplicated-tag", Why::Shape),
        ("face-lying-table", Why::Content),
        ("face-length", Why::Shape),
        ("face-cut-short", Why::Shape),
        ("face-altered", Why::Forged),
        // Its end lies beyond what offsets can name, so it looks cut short.
        ("photo-oversized", Why::Shape),
    ] {
        assert_eq!(why(&photo(name).unwrap_err()), reason, "{name}");
    }
}

#[test]
fn a_card_without_photo_is_one_whether_the_object_is_absent_or_empty() {
    for name in ["photo-absent", "photo-empty"] {
        assert_eq!(photo(name), Ok(None), "{name}");
    }
    let tag = |name: &str| {
        let face = face(&mut Talk::new(name), name);
        // The outer object has its length in two bytes, so the table begins at 5; seven or more
        // entries of it lie before the objects.
        face[7] / 2
    };
    assert_eq!(tag("photo-absent"), 8, "one object less");
    assert_eq!(tag("photo-empty"), 9);
}

#[test]
fn what_a_decoder_has_to_survive_is_signed_and_reaches_it() {
    /// `ihdr` in a JP2: height, width, components.
    fn claimed(photo: &[u8]) -> (u32, u32, u16) {
        let at = photo.windows(4).position(|kind| kind == b"ihdr").unwrap() + 4;
        let number = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|byte| photo[at + byte]));
        let components = u16::from_be_bytes([photo[at + 8], photo[at + 9]]);
        (number(at), number(at + 4), components)
    }
    for (name, expected) in [
        ("normal-adult", (472, 378, 1)),
        ("photo-blank", (472, 378, 1)),
        ("photo-huge", (472, 378, 1)),
        ("photo-many-pixels", (65_535, 65_535, 1)),
        ("photo-many-tiles", (16_448, 16_320, 1)),
        ("photo-many-components", (472, 378, 8_192)),
    ] {
        let photo = photo(name).unwrap().unwrap();
        assert_eq!(claimed(&photo), expected, "{name}");
    }
    assert_ne!(photo("photo-noise").unwrap().unwrap()[4..8], *b"jP  ");
    let name = "photo-huge";
    assert_eq!(face(&mut Talk::new(name), name).len(), 0x7FFF);
}
