// SPDX-License-Identifier: MIT OR Apache-2.0
//! What belongs to a person. No type here has `Debug` or `Display`; each is wiped when dropped.

use sha2::{Digest, Sha256};
use uketsuke_bus::consent::{Categories, ConsentAnswer};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// An authentication certificate (利用者証明用電子証明書).
#[derive(PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Certificate {
    der: Vec<u8>,
    fingerprint: [u8; 32],
}

impl Certificate {
    /// Takes over the DER bytes.
    #[must_use]
    pub fn new(der: Vec<u8>) -> Self {
        let fingerprint = Sha256::digest(&der).into();
        Self { der, fingerprint }
    }

    /// DER, for the centre.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether both are of the same card: SHA-256 of the whole certificate. The fingerprint names
    /// a person for years, so it is compared here and never leaves.
    #[must_use]
    pub fn same_card(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

/// A signature of the card over a challenge (PKCS #1 v1.5, 256 bytes).
#[derive(PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Signature(pub Vec<u8>);

/// カナ氏名.
#[derive(PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Name(pub String);

/// Consents of an earlier visit, or set in マイナポータル.
#[derive(PartialEq, Eq, Hash)]
pub struct Earlier {
    /// What was asked then.
    pub categories: Categories,
    /// What was answered.
    pub answers: Vec<ConsentAnswer>,
}

impl Drop for Earlier {
    fn drop(&mut self) {
        wipe(&mut self.answers);
    }
}

/// The answers given so far on this visit, in the order of the screens.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Given(pub Vec<ConsentAnswer>);

impl Drop for Given {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// Which of the letters are to be submitted, one for each; empty before P-12.
#[derive(Clone, Default, PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Ticks(pub Vec<bool>);

fn wipe(answers: &mut [ConsentAnswer]) {
    for answer in answers {
        answer.agreed.zeroize();
    }
}
