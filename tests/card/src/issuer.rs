// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who signs the records of a card, and the card-verifiable certificates that say so: issuers of our
//! own in the shape of the real ones.

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;

use crate::sign::{self, SHA256_DIGEST_INFO};
use crate::tlv::object;

/// Name of a key: 7 digits, `08 05`, 3 digits, 4 bytes. No hierarchy in the field begins with 9.
pub type KeyName = [u8; 16];

/// Root of the issuer of the 券面事項確認AP, and of the key that signs its records.
pub const SURFACE: [KeyName; 2] = [
    *b"9999923\x08\x05001\0\0\0\x01",
    *b"9999921\x08\x05000\0\0\0\x01",
];
/// The same for the 券面入力補助AP.
pub const SUPPORT: [KeyName; 2] = [
    *b"9999933\x08\x05001\0\0\0\x01",
    *b"9999931\x08\x05000\0\0\0\x01",
];
/// Root, intermediate and lower key of the chain among the card's own data objects.
pub const MASTER: [KeyName; 3] = [
    *b"9999920\x08\x05001\0\0\0\x01",
    *b"9999930\x08\x05002\0\0\0\x01",
    *b"9999950\x08\x05001\0\0\0\x01",
];

/// Who certifies terminals, and the test terminal (特定機関認証).
pub const TERMINAL: [KeyName; 2] = [
    *b"9999942\x08\x05001\0\0\0\x01",
    *b"9999943\x08\x05001\0\0\0\x01",
];

/// Who signs records.
pub struct Issuer {
    /// Signs the issuer's certificate.
    pub root: PKey<Private>,
    /// Signs the records.
    pub key: PKey<Private>,
    /// Takes session keys, which no command of this card delivers; ends the chain of the card.
    pub delivery: PKey<Private>,
}

impl Issuer {
    /// EF 0004 of a 券面 application: the root certifies the key that signs its records.
    pub fn certificate(&self, [root, subject]: &[KeyName; 2]) -> Result<Vec<u8>, ErrorStack> {
        let inner = certified(&self.root, root, &self.key, subject)?;
        Ok(object(0x7F21, &inner))
    }

    /// Data object `00F8`: the root certifies the intermediate.
    pub fn upper(&self) -> Result<Vec<u8>, ErrorStack> {
        listed(&certified(&self.root, &MASTER[0], &self.key, &MASTER[1])?)
    }

    /// Data object `7F21`: the intermediate certifies the next.
    pub fn lower(&self) -> Result<Vec<u8>, ErrorStack> {
        listed(&certified(
            &self.key,
            &MASTER[1],
            &self.delivery,
            &MASTER[2],
        )?)
    }

    /// Ordinary signature of a record.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        sign_digest(&self.key, bytes)
    }
}

/// What the test terminal shows a card: its key, certified by who certifies terminals.
pub fn terminal_certificate(
    authority: &PKey<Private>,
    terminal: &PKey<Private>,
) -> Result<Vec<u8>, ErrorStack> {
    let inner = certified(authority, &TERMINAL[0], terminal, &TERMINAL[1])?;
    Ok(object(0x7F21, &inner))
}

/// With the header list that data objects have in front and files have not.
fn listed(certificate: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    const LIST: [u8; 12] = [
        0x4D, 0x0A, 0x42, 0x10, 0x5F, 0x20, 0x10, 0x5F, 0x49, 0x82, 0x01, 0x09,
    ];
    Ok([&LIST[..], certificate].concat())
}

/// `5F4E` names and key, `5F37` signature.
fn certified(
    by: &PKey<Private>,
    by_name: &KeyName,
    key: &PKey<Private>,
    name: &KeyName,
) -> Result<Vec<u8>, ErrorStack> {
    let body = [&by_name[..], name, &public(key)?].concat();
    let signature = sign_digest(by, &body)?;
    Ok([object(0x5F4E, &body), object(0x5F37, &signature)].concat())
}

/// `90 03 010001 91 820100 <modulus>`.
pub fn public(key: &PKey<Private>) -> Result<Vec<u8>, ErrorStack> {
    let modulus = key
        .rsa()?
        .n()
        .to_vec_padded(sign::SIGNATURE_LENGTH as i32)?;
    Ok([object(0x90, &[1, 0, 1]), object(0x91, &modulus)].concat())
}

fn sign_digest(key: &PKey<Private>, bytes: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    sign::pad_and_sign(key, &[&SHA256_DIGEST_INFO[..], &sha256(bytes)].concat())
}
