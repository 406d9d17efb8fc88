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

#[test]
fn a_record_spoilt_after_signing_is_never_believed() {
    for name in [
        "face-garbage",
        "face-duplicated-tag",
        "face-lying-table",
        "face-length",
        "face-cut-short",
        "face-altered",
        "photo-oversized",
    ] {
        let photo = photo(name);
        assert!(photo.is_err(), "{name}");
    }
    assert!(photo("normal-adult").unwrap().is_some());
}
