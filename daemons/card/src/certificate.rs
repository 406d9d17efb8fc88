// SPDX-License-Identifier: MIT OR Apache-2.0
//! The certificate of the card, and the one thing in it the daemon looks at.
//!
//! Chain, validity and signature are judged by the centre, which trusts nothing a reader says. The
//! reader looks at the issuer's organisation alone: cards of a test root must not reach the centre
//! from a reader in service.

use zeroize::Zeroizing;

use crate::der::{CONSTRUCTED, OID, Objects, SEQUENCE, SET, total};

/// Most bytes of a certificate the daemon reads; seen are 1590 (利用者証明用) and 1758 (署名用). An
/// EF cannot be read beyond 32 767 bytes at all.
pub const MOST_BYTES: usize = uketsuke_bus::card1::CERTIFICATE_BYTES;

/// organizationName (X.520), DER content.
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0A];
/// Organisation of the official test roots and of ours.
const TEST_ORGANIZATION: &[u8] = b"JPKI-TEST";

/// A certificate as the card holds it. Wiped on drop; no `Debug`: it names a person's serial.
#[derive(PartialEq, Eq)]
pub struct Certificate {
    der: Zeroizing<Vec<u8>>,
    of_test_root: bool,
}

impl Certificate {
    /// Takes the DER bytes; none when they are not one whole certificate as far as the issuer, or the
    /// issuer is not named in DER: other parsers take other encodings, and would see a test root in
    /// one where this one sees none.
    #[must_use]
    pub fn new(der: Zeroizing<Vec<u8>>) -> Option<Self> {
        if total(&der) != Some(der.len()) {
            return None;
        }
        let of_test_root = names_test_root(issuer(&der)?)?;
        Some(Self { der, of_test_root })
    }

    /// The bytes, exactly as long as the object.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether the issuer is a test root.
    #[must_use]
    pub fn is_of_test_root(&self) -> bool {
        self.of_test_root
    }
}

/// The content of the issuer's name (RFC 5280 §4.1).
fn issuer(der: &[u8]) -> Option<&[u8]> {
    let mut signed = Objects(Objects(der).expect(SEQUENCE)?);
    let mut tbs = Objects(signed.expect(SEQUENCE)?);
    // [0] version, serial number, signature algorithm.
    tbs.expect(0xA0)?;
    tbs.expect(0x02)?;
    tbs.expect(SEQUENCE)?;
    tbs.expect(SEQUENCE)
}

/// Whether one of the name's organisations is that of the test roots; none when the name is not a
/// sequence of sets of pairs of an OID and a string in one piece (RFC 5280 §4.1.2.4, X.690 §8.11,
/// §10.2).
fn names_test_root(name: &[u8]) -> Option<bool> {
    let mut found = false;
    let mut sets = Objects(name);
    while !sets.0.is_empty() {
        let mut pairs = Objects(sets.expect(SET)?);
        while !pairs.0.is_empty() {
            let mut pair = Objects(pairs.expect(SEQUENCE)?);
            let kind = pair.expect(OID)?;
            let (tag, value) = pair.next()?;
            if tag & CONSTRUCTED != 0 || !pair.0.is_empty() {
                return None;
            }
            found |= kind == ORGANIZATION && value == TEST_ORGANIZATION;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use base64::Engine;
    use proptest::prelude::*;

    /// EF 000A of an official test card with a fictitious holder, as published by `myna-card`.
    fn official_test_card() -> Vec<u8> {
        let text: String = include_str!("../tests/fixtures/official-test-card-000A.pem")
            .lines()
            .filter(|line| !line.starts_with(['-', '#']))
            .collect();
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap()
    }

    fn certificate(der: Vec<u8>) -> Option<Certificate> {
        Certificate::new(Zeroizing::new(der))
    }

    #[test]
    fn the_official_test_card_is_known_as_one() {
        let der = official_test_card();
        assert_eq!(der.len(), 1590);
        assert!(certificate(der).unwrap().is_of_test_root());
    }

    #[test]
    fn the_same_certificate_from_the_real_root_is_none() {
        let mut der = official_test_card();
        let at = der.windows(9).position(|w| w == b"JPKI-TEST").unwrap();
        der[at..at + 9].copy_from_slice(b"JPKI-REAL");
        assert!(!certificate(der).unwrap().is_of_test_root());
    }

    /// Other parsers may take these and see the test root in them: OpenSSL takes the first.
    #[test]
    fn an_issuer_that_is_not_named_in_der_is_refused() {
        let der = official_test_card();
        let at = der.windows(9).position(|w| w == b"JPKI-TEST").unwrap();
        // SET, SEQUENCE and string before the value.
        for (back, tag, other) in [(11, 0x31, 0x11), (9, 0x30, 0x10), (2, 0x0C, 0x2C)] {
            let mut der = der.clone();
            assert_eq!(der[at - back], tag);
            der[at - back] = other;
            assert!(certificate(der).is_none(), "{other:#04X}");
        }
    }

    #[test]
    fn cut_or_padded_certificates_are_refused() {
        let der = official_test_card();
        for cut in 0..der.len() {
            assert!(certificate(der[..cut].to_vec()).is_none());
        }
        assert!(certificate([&der[..], &[0xFF]].concat()).is_none());
    }

    proptest! {
        #[test]
        fn altered_bytes_never_panic(at in 0usize..1590, value: u8) {
            let mut der = official_test_card();
            der[at] = value;
            let _ = certificate(der);
        }
    }
}
