// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a forger with a computer makes: keys, certificates, records and answers of his own, and things
//! that the issuer's key itself signed in a form that is not the one there is.

use openssl::bn::BigNum;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use uketsuke_virtual_card::certificates::new_key;
use uketsuke_virtual_card::issuer::{self, Issuer, KeyName, SUPPORT, SURFACE};

use crate::Case;
use crate::between::{File, Lies, Over, Proof};
use crate::reader::{CHALLENGE, Original};
use crate::record::{
    FIRST, PHOTO, SIGNATURE, digests, info, misshapen, object, objects, signed, with,
};

/// No hierarchy has this root.
const NOBODY: KeyName = *b"9999823\x08\x05001\0\0\0\x01";
/// Tag of the card's key in a record.
const KEY: u16 = 0xDF24;

/// Everything that is made with keys.
pub fn all(original: &Original, issuer: &Issuer) -> Vec<Case> {
    let forger = Issuer {
        root: new_key().unwrap(),
        key: new_key().unwrap(),
        delivery: new_key().unwrap(),
    };
    let mut cases = certificates(original, issuer, &forger);
    cases.extend(records(original, issuer, &forger.key));
    cases.extend(keys(original, issuer));
    cases.extend(answers(&forger.key, issuer));
    cases
}

fn lies(certificate: Option<Vec<u8>>, record: Option<Vec<u8>>) -> Lies {
    let file = |bytes: Option<Vec<u8>>| bytes.map_or(File::AsItIs, File::Instead);
    Lies {
        certificate: file(certificate),
        record: file(record),
        proof: Proof::AsItIs,
    }
}

/// `7F21 { 5F4E body, 5F37 signature }`.
fn certificate(body: &[u8], signature: &[u8]) -> Vec<u8> {
    let inner = [object(0x5F4E, body), object(0x5F37, signature)];
    object(0x7F21, &inner.concat())
}

fn body(root: &KeyName, subject: &KeyName, key: &[u8]) -> Vec<u8> {
    [&root[..], subject, key].concat()
}

/// The record, signed anew.
fn resigned(record: &[u8], signature: &[u8]) -> Vec<u8> {
    with(record, SIGNATURE, object(SIGNATURE, signature))
}

/// The record signed by this key.
fn signed_by(record: &[u8], key: &PKey<Private>) -> Vec<u8> {
    resigned(record, &signed(key, digests(record).as_flattened()))
}

fn certificates(original: &Original, issuer: &Issuer, forger: &Issuer) -> Vec<Case> {
    let record = signed_by(&original.record, &forger.key);
    let mut cases = Vec::new();
    let mut add = |kind, certificate, record| {
        cases.push(Case::of(kind, lies(Some(certificate), record)));
    };
    // The forger has a root of the known name, one of his own name, and none.
    for subject in [SURFACE[1], SUPPORT[1], NOBODY] {
        let known = forger.certificate(&[SURFACE[0], subject]).unwrap();
        add(
            "certificate by a forger's root",
            known,
            Some(record.clone()),
        );
        let own = forger.certificate(&[NOBODY, subject]).unwrap();
        add("certificate of an unknown root", own, Some(record.clone()));
    }
    let key = issuer::public(&forger.key).unwrap();
    let forged = body(&SURFACE[0], &SURFACE[1], &key);
    let by_itself = signed(&forger.key, &sha256(&forged));
    let made = certificate(&forged, &by_itself);
    add(
        "certificate signed by its own key",
        made,
        Some(record.clone()),
    );
    let borrowed = &original.certificate[original.certificate.len() - 256..];
    let made = certificate(&forged, borrowed);
    add("certificate with a borrowed signature", made, Some(record));
    // The issuer's own root, in every form but the right one.
    let key = issuer::public(&issuer.key).unwrap();
    let right = body(&SURFACE[0], &SURFACE[1], &key);
    for signature in misshapen(&issuer.root, &sha256(&right)) {
        let made = certificate(&right, &signature);
        add("certificate signed in another form", made, None);
    }
    for signature in [vec![0; 255], vec![0; 257], Vec::new()] {
        let made = certificate(&right, &signature);
        add("certificate signed at another length", made, None);
    }
    cases
}

fn records(original: &Original, issuer: &Issuer, forger: &PKey<Private>) -> Vec<Case> {
    let record = &original.record;
    let mut cases = Vec::new();
    let mut add = |kind, record| cases.push(Case::of(kind, lies(None, Some(record))));
    add("record by a forger's key", signed_by(record, forger));
    add("record by the root's key", signed_by(record, &issuer.root));
    let own = object(KEY, &issuer::public(forger).unwrap());
    let his = with(record, KEY, own);
    add("record with a forger's card key", his.clone());
    add("record with a forger's card key", signed_by(&his, forger));
    let all = digests(record);
    for signature in misshapen(&issuer.key, all.as_flattened()) {
        add(
            "record signed in another form",
            resigned(record, &signature),
        );
    }
    for [a, b, c] in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let order = [all[a], all[b], all[c]];
        let signature = signed(&issuer.key, order.as_flattened());
        add(
            "record signed in another order",
            resigned(record, &signature),
        );
    }
    let parts = objects(record);
    let whole = sha256(&parts[..6].concat());
    for one in [all[0], all[1], all[2], whole, sha256(record)] {
        let signature = signed(&issuer.key, &one);
        add("record signed as any file is", resigned(record, &signature));
    }
    for length in [0, 255, 257] {
        let signature = vec![1; length];
        add(
            "record signed at another length",
            resigned(record, &signature),
        );
    }
    cases
}

/// Keys that are none, rightly signed by the issuer: with one of them anybody could sign.
fn keys(original: &Original, issuer: &Issuer) -> Vec<Case> {
    let modulus = issuer.key.rsa().unwrap().n().to_vec();
    let written =
        |exponent: &[u8], modulus: &[u8]| [object(0x90, exponent), object(0x91, modulus)].concat();
    let altered = |at: usize, to: fn(u8) -> u8| {
        let mut other = modulus.clone();
        other[at] = to(other[at]);
        other
    };
    let usual = [1, 0, 1];
    let weak = [
        written(&[1], &modulus),
        written(&[3], &modulus),
        written(&[0], &modulus),
        written(&[], &modulus),
        written(&[0, 1, 0, 1], &modulus),
        written(&[1, 0, 0], &modulus),
        written(&usual, &modulus[128..]),
        written(&usual, &modulus[1..]),
        written(&usual, &[&[0][..], &modulus].concat()),
        written(&usual, &altered(0, |high| high & 0x7F)),
        written(&usual, &altered(255, |low| low & 0xFE)),
        written(&usual, &[]),
        written(&usual, &vec![0; 256]),
        [written(&usual, &modulus), vec![0x00]].concat(),
        [written(&usual, &modulus), object(0x90, &[3])].concat(),
        object(0x91, &modulus),
        Vec::new(),
    ];
    let mut cases = Vec::new();
    for key in weak {
        let body = body(&SURFACE[0], &SURFACE[1], &key);
        let made = certificate(&body, &signed(&issuer.root, &sha256(&body)));
        cases.push(Case::of(
            "issuer's key that is none, rightly signed",
            lies(Some(made), None),
        ));
        let record = with(&original.record, KEY, object(KEY, &key));
        let record = signed_by(&record, &issuer.key);
        cases.push(Case::of(
            "card key that is none, rightly signed",
            lies(None, Some(record)),
        ));
    }
    cases.push(cube(original, issuer));
    cases
}

/// A key with exponent 3 that the root certified, and a record that it signed.
fn cube(original: &Original, issuer: &Issuer) -> Case {
    let three = BigNum::from_u32(3).unwrap();
    let key = PKey::from_rsa(Rsa::generate_with_e(2048, &three).unwrap()).unwrap();
    let modulus = key.rsa().unwrap().n().to_vec();
    let written = [object(0x90, &[3]), object(0x91, &modulus)].concat();
    let body = body(&SURFACE[0], &SURFACE[1], &written);
    let made = certificate(&body, &signed(&issuer.root, &sha256(&body)));
    let record = signed_by(&original.record, &key);
    Case::of(
        "issuer's key that is none, rightly signed",
        lies(Some(made), Some(record)),
    )
}

/// Answers that the card's key did not give to this challenge in the form there is.
fn answers(forger: &PKey<Private>, issuer: &Issuer) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |kind, proof| {
        let lies = Lies {
            proof,
            ..Lies::default()
        };
        cases.push(Case::of(kind, lies));
    };
    for key in [forger, &issuer.key, &issuer.root] {
        let answer = Proof::Instead(signed(key, &CHALLENGE));
        add("answer by another key", answer);
    }
    for other in misshapen(forger, &CHALLENGE) {
        add("answer by another key", Proof::Instead(other));
    }
    // The card itself, asked for something else. P1 02 over the challenge is the right answer.
    for (p1, over) in [
        (0, Over::Challenge),
        (1, Over::Challenge),
        (3, Over::Challenge),
        (4, Over::Challenge),
        (5, Over::Challenge),
        (1, Over::Info),
        (3, Over::Info),
        (5, Over::Info),
    ] {
        add("answer in another form", Proof::Scheme(p1, over));
    }
    for other in [info(&CHALLENGE), CHALLENGE.to_vec(), vec![0; 256]] {
        add("answer that is no signature", Proof::Instead(other));
    }
    cases
}

/// Objects that the record has, in another number or order, with a table that fits.
pub fn rearranged(original: &Original) -> Vec<Case> {
    let parts = objects(&original.record);
    let mut cases = Vec::new();
    let mut add = |parts: &[Vec<u8>]| {
        let record = crate::record::build(parts);
        cases.push(Case::of(
            "objects of the record rearranged",
            lies(None, Some(record)),
        ));
    };
    for at in 0..parts.len() {
        for to in 0..parts.len() {
            let mut other = parts.clone();
            if at == to {
                other.remove(at);
            } else {
                other.swap(at, to);
            }
            add(&other);
            let mut twice = parts.clone();
            twice.insert(to, parts[at].clone());
            add(&twice);
        }
    }
    let photo = usize::from(PHOTO - FIRST);
    let mut empty = parts.clone();
    empty[photo] = object(PHOTO, &[]);
    add(&empty);
    cases
}
