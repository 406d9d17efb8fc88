// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card face as a reader meets it: opened by what is printed on the card, believed by root,
//! record and card alike; read by our own parser and by `myna-card`.

#![allow(clippy::unwrap_used)]

mod cards;

use myna_card::ap::surface::CardFace;
use uketsuke_record::{
    CvCertificate, FaceRecord, KeyId, Proof, PublicKey, RecordError, Root, Roots,
};
use uketsuke_virtual_card::card::{Behaviour, Card};
use uketsuke_virtual_card::profile::{self, Chain};
use uketsuke_virtual_card::surface::{self, ROOT_ID};
use uketsuke_virtual_card::vault::Vault;

/// One card of a vault of its own.
struct Desk {
    card: Card,
    vault: Vault,
    number: String,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn with(profile: &str) -> Self {
        let folder = cards::copied();
        let mut vault = Vault::open(folder.path()).unwrap();
        let profile = profile::find(profile).unwrap();
        let card = vault.card(profile, Behaviour::default()).unwrap();
        let number = vault.number_b(profile).unwrap();
        Self {
            card,
            vault,
            number,
            _folder: folder,
        }
    }

    fn say(&mut self, header: [u8; 4], data: &[u8], le: bool) -> (Vec<u8>, u16) {
        let mut bytes = header.to_vec();
        if !data.is_empty() {
            bytes.push(u8::try_from(data.len()).unwrap());
            bytes.extend(data);
        }
        if le {
            bytes.push(0);
        }
        let (answer, failure) = self.card.transmit(&bytes);
        assert!(failure.is_none());
        (answer.data, answer.sw.0)
    }

    fn select(&mut self, file: u16) {
        let answer = self.say([0, 0xA4, 2, 0x0C], &file.to_be_bytes(), false);
        assert_eq!(answer.1, 0x9000);
    }

    fn open(&mut self) {
        assert_eq!(self.say([0, 0xA4, 4, 0x0C], surface::AID, false).1, 0x9000);
    }

    fn read(&mut self, file: u16) -> Result<Vec<u8>, u16> {
        self.select(file);
        let mut bytes = Vec::new();
        loop {
            let [high, low] = u16::try_from(bytes.len()).unwrap().to_be_bytes();
            match self.say([0, 0xB0, high, low], &[], true) {
                (part, 0x9000) => {
                    let last = part.len() < 256;
                    bytes.extend(part);
                    if last {
                        return Ok(bytes);
                    }
                }
                (_, 0x6B00) => return Ok(bytes),
                (_, word) => return Err(word),
            }
        }
    }

    fn roots(&self, chain: Chain) -> Roots {
        let issuer = self.vault.issuer(chain).unwrap();
        let modulus = issuer.root.rsa().unwrap().n().to_vec();
        let key = PublicKey::new(&modulus).unwrap();
        Roots::from_iter([Root {
            id: KeyId(ROOT_ID),
            key,
        }])
    }

    fn prove(&mut self, challenge: &[u8; 32]) -> Vec<u8> {
        let mut info = uketsuke_virtual_card::sign::SHA256_DIGEST_INFO.to_vec();
        info.extend(challenge);
        let (answer, word) = self.say([0x80, 0x2A, 0, 0], &info, true);
        assert_eq!(word, 0x9000);
        answer
    }
}

#[test]
fn the_number_printed_on_the_card_opens_its_face_and_nothing_else_does() {
    let mut desk = Desk::with("normal-adult");
    desk.open();
    assert_eq!(desk.read(0x0002), Err(0x6982));
    desk.select(0x0012);
    assert_eq!(desk.say([0, 0x20, 0, 0x80], &[], false).1, 0x63CA);
    assert_eq!(
        desk.say([0, 0x20, 0, 0x80], b"00000000000000", false).1,
        0x63C9
    );
    let number = desk.number.clone();
    assert_eq!(
        desk.say([0, 0x20, 0, 0x80], number.as_bytes(), false).1,
        0x9000
    );
    assert_eq!(desk.say([0, 0x20, 0, 0x80], &[], false).1, 0x63CA);
    assert!(desk.read(0x0002).is_ok());
    assert_eq!(desk.read(0x0001), Err(0x6982), "that is the birth key's");
    // The number opens this application alone.
    desk.open();
    assert!(desk.read(0x0002).is_ok());
    let jpki = uketsuke_virtual_card::files::JPKI_AID;
    assert_eq!(desk.say([0, 0xA4, 4, 0x0C], jpki, false).1, 0x9000);
    desk.open();
    assert_eq!(desk.read(0x0002), Err(0x6982));
}

#[test]
fn the_face_is_believed_with_root_record_and_card_and_with_nothing_less() {
    let mut desk = Desk::with("normal-adult");
    let challenge = [7; 32];
    desk.open();
    desk.select(0x0012);
    let number = desk.number.clone();
    assert_eq!(
        desk.say([0, 0x20, 0, 0x80], number.as_bytes(), false).1,
        0x9000
    );
    let certificate = desk.read(0x0004).unwrap();
    let face = desk.read(0x0002).unwrap();
    let answer = desk.prove(&challenge);
    let certificate = CvCertificate::parse(&certificate).unwrap();
    let record = FaceRecord::parse(&face).unwrap().unwrap();

    let genuine = || {
        record
            .verified(&certificate, &desk.roots(Chain::Trusted))
            .unwrap()
    };
    let proof = |challenge, answer| Proof { challenge, answer };
    let photo = genuine().photo(&proof(&challenge, &answer)).unwrap();
    assert_eq!(photo[4..8], *b"jP  ");
    let replayed = genuine().photo(&proof(&[8; 32], &answer)).unwrap_err();
    assert_eq!(replayed, RecordError::NotPresent);
    let other = record.verified(&certificate, &desk.roots(Chain::Other));
    assert_eq!(other.err(), Some(RecordError::CertificateForged));

    // The second reader of the same bytes sees the same.
    let theirs = CardFace::parse(&face).unwrap();
    assert_eq!(theirs.photo.data, *photo);
}

#[test]
fn another_cards_key_proves_nothing() {
    let (mut one, mut other) = (Desk::with("normal-adult"), Desk::with("second-adult"));
    let challenge = [7; 32];
    other.open();
    let answer = other.prove(&challenge);
    one.open();
    one.select(0x0012);
    let number = one.number.clone();
    one.say([0, 0x20, 0, 0x80], number.as_bytes(), false);
    let (certificate, face) = (one.read(0x0004).unwrap(), one.read(0x0002).unwrap());
    let certificate = CvCertificate::parse(&certificate).unwrap();
    let record = FaceRecord::parse(&face).unwrap().unwrap();
    let genuine = record
        .verified(&certificate, &one.roots(Chain::Trusted))
        .unwrap();
    let proof = Proof {
        challenge: &challenge,
        answer: &answer,
    };
    assert_eq!(genuine.photo(&proof).unwrap_err(), RecordError::NotPresent);
}
