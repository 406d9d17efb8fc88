// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card-verifiable certificate, EF 0004: one is believed only if a root signed what it says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uketsuke_fuzz::face::FACE;
use uketsuke_record::{CvCertificate, Roots};

fn holds(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}

fuzz_target!(|file: &[u8]| {
    let Ok(certificate) = CvCertificate::parse(file) else {
        return;
    };
    let total = uketsuke_record::total(file).expect("what is parsed has a length");
    let (object, filler) = file.split_at(total);
    assert!(filler.iter().all(|byte| *byte == 0xFF));
    assert!(
        CvCertificate::parse(&object[..total - 1]).is_err(),
        "a cut one is taken"
    );
    assert!(
        CvCertificate::parse(&[file, &[0x00]].concat()).is_err(),
        "a longer one is taken"
    );
    let again = CvCertificate::parse(object).expect("the filler is nothing");
    assert_eq!(
        (again.issuer, again.subject),
        (certificate.issuer, certificate.subject)
    );
    assert!(
        certificate.verified(&Roots::default()).is_err(),
        "believed without a root"
    );
    if certificate.verified(&FACE.roots).is_ok() {
        assert!(
            holds(file, &FACE.certified) && holds(file, &FACE.signature),
            "a forged one is believed"
        );
    }
});
