// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a thief with several genuine cards makes: their files and answers put together anew, and what
//! one of them once said told again.

use std::sync::Arc;

use uketsuke_record::CHALLENGE_BYTES;

use crate::Case;
use crate::between::{File, Lies, Proof};
use crate::reader::Original;
use crate::record::{FIRST, PHOTO, SIGNATURE, objects, with};

/// Files and answers of `others` on the card `own`; all are genuine and of one issuer.
pub fn of_genuine(own: &Original, others: &[Original]) -> Vec<Case> {
    let mut cases = Vec::new();
    for other in others {
        let record = File::Instead(other.record.clone());
        let add = Lies {
            record: record.clone(),
            ..Lies::default()
        };
        cases.push(Case::of("record of another card", add));
        let proof = Proof::By(Arc::clone(&other.card));
        let answer = Lies {
            proof: proof.clone(),
            ..Lies::default()
        };
        cases.push(Case::of("answer of another card", answer));
        let (mine, theirs) = (objects(&own.record), objects(&other.record));
        for tag in FIRST..=SIGNATURE {
            let at = usize::from(tag - FIRST);
            // Pictures that two test cards share are no swap.
            if mine[at] == theirs[at] {
                continue;
            }
            for (proof, from, part) in [
                (Proof::AsItIs, &own.record, &theirs[at]),
                (proof.clone(), &other.record, &mine[at]),
            ] {
                let lies = Lies {
                    record: File::Instead(with(from, tag, part.clone())),
                    proof,
                    ..Lies::default()
                };
                cases.push(Case::of("one object of another card", lies));
            }
        }
    }
    cases
}

/// The photos of `others`, under the signature of the card's own.
pub fn of_photos(own: &Original, others: &[Original]) -> Vec<Case> {
    let photo = |other: &Original| objects(&other.record)[usize::from(PHOTO - FIRST)].clone();
    let lies = |other| Lies {
        record: File::Instead(with(&own.record, PHOTO, photo(other))),
        ..Lies::default()
    };
    let others = others.iter();
    others
        .map(|other| Case::of("photo of another card", lies(other)))
        .collect()
}

/// Certificate and record of this card.
pub fn both_files(card: &Original) -> Lies {
    Lies {
        certificate: File::Instead(card.certificate.clone()),
        record: File::Instead(card.record.clone()),
        proof: Proof::By(Arc::clone(&card.card)),
    }
}

/// The files of cards of another issuer.
pub fn of_others(strangers: &[Original]) -> Vec<Case> {
    let mut cases = Vec::new();
    for stranger in strangers {
        let both = both_files(stranger);
        let lies = Lies {
            certificate: both.certificate.clone(),
            ..Lies::default()
        };
        cases.push(Case::of("certificate of another issuer's card", lies));
        let lies = Lies {
            record: both.record.clone(),
            ..Lies::default()
        };
        cases.push(Case::of("record of another issuer's card", lies));
        cases.push(Case::of("both files of another issuer's card", both));
    }
    cases
}

/// Files that are something else.
pub fn of_other_files(own: &Original, age: &[u8], text: &[u8]) -> Vec<Case> {
    let files = [age, text, &own.certificate, &own.record];
    let mut cases = Vec::new();
    for file in files {
        let other = File::Instead(file.to_vec());
        if file != own.certificate {
            let lies = Lies {
                certificate: other.clone(),
                ..Lies::default()
            };
            cases.push(Case::of("another file in its place", lies));
        }
        if file != own.record {
            let lies = Lies {
                record: other,
                ..Lies::default()
            };
            cases.push(Case::of("another file in its place", lies));
        }
    }
    cases
}

/// Answers to earlier challenges, told to each of the other challenges.
pub fn replayed(said: &[([u8; CHALLENGE_BYTES], Vec<u8>)]) -> Vec<Case> {
    let mut cases = Vec::new();
    for (asked, _) in said {
        for (earlier, answer) in said {
            if asked != earlier {
                let lies = Lies {
                    proof: Proof::Instead(answer.clone()),
                    ..Lies::default()
                };
                cases.push(Case::of("answer to an earlier challenge", lies).challenged(*asked));
            }
        }
    }
    cases
}
