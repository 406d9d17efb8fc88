// SPDX-License-Identifier: MIT OR Apache-2.0
//! The record of the card's face, EF 0002, byte by byte: one is believed only if the issuer signed it,
//! and gives the photo that was signed and no other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uketsuke_fuzz::face::{FACE, believed};
use uketsuke_record::{CvCertificate, FaceRecord};

fuzz_target!(|file: &[u8]| {
    let Ok(record) = FaceRecord::parse(file) else {
        return;
    };
    let total = uketsuke_record::total(file).expect("what is parsed has a length");
    let (object, filler) = file.split_at(total);
    assert!(filler.iter().all(|byte| *byte == 0xFF));
    assert!(
        FaceRecord::parse(&object[..total - 1]).is_err(),
        "a cut one is taken"
    );
    assert!(
        FaceRecord::parse(&[file, &[0x00]].concat()).is_err(),
        "a longer one is taken"
    );
    let Some(record) = record else {
        return;
    };
    let certificate = CvCertificate::parse(&FACE.certificate).expect("made to be one");
    if let Ok(genuine) = record.verified(&certificate, &FACE.roots) {
        believed(genuine);
    }
});
