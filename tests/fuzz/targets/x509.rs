// SPDX-License-Identifier: MIT OR Apache-2.0
//! The certificate of a card: taken whole or not at all, and of a test root where OpenSSL says so.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openssl::nid::Nid;
use openssl::x509::X509;
use uketsuke_card::certificate::Certificate;
use zeroize::Zeroizing;

fn taken(der: &[u8]) -> Option<Certificate> {
    Certificate::new(Zeroizing::new(der.to_vec()))
}

fuzz_target!(|der: &[u8]| {
    let Some(certificate) = taken(der) else {
        return;
    };
    assert_eq!(certificate.der(), der);
    assert!(taken(&der[..der.len() - 1]).is_none(), "a cut one is taken");
    assert!(
        taken(&[der, &[0xFF]].concat()).is_none(),
        "a longer one is taken"
    );
    let Ok(whole) = X509::from_der(der) else {
        return;
    };
    // Where the centre's parser sees a test root we must see one: no card of it may reach the centre.
    let mut organizations = whole.issuer_name().entries_by_nid(Nid::ORGANIZATIONNAME);
    let of_test_root = organizations.any(|entry| entry.data().as_slice() == b"JPKI-TEST");
    assert!(certificate.is_of_test_root() || !of_test_root);
});
