// SPDX-License-Identifier: MIT OR Apache-2.0
//! RSA keys as the card writes them, and the two kinds of signatures it makes.

use std::fmt;

use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, Pkcs1v15Sign, RsaPublicKey};
use sha2::{Digest, Sha256};

use crate::RecordError;
use crate::tlv::Walk;

/// Bytes of a modulus and of a signature: RSA-2048 is what these records are made for.
pub(crate) const RSA_BYTES: usize = 256;
/// Bytes of a SHA-256 digest.
const DIGEST: usize = 32;
/// Bytes of a challenge: it is signed as a digest is.
pub const CHALLENGE_BYTES: usize = DIGEST;
/// DER of a SHA-256 `DigestInfo` up to the digest (RFC 8017 §9.2, note 1).
const ONE_DIGEST: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];
/// The same around three digests, as the face record has it. No standard knows this one.
const THREE_DIGESTS: [u8; 19] = [
    0x30, 0x71, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x60,
];

/// The public half of a key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(RsaPublicKey);

impl fmt::Debug for PublicKey {
    /// Not the modulus: a card's key is as good as its number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(..)")
    }
}

impl PublicKey {
    /// Reads `90 03 010001 91 820100 <modulus>`, and nothing behind it.
    ///
    /// # Errors
    /// [`RecordError::Shape`], [`RecordError::Content`].
    pub(crate) fn parse(part: &'static str, bytes: &[u8]) -> Result<Self, RecordError> {
        let shape = |source| RecordError::Shape { part, source };
        let mut walk = Walk::over(bytes);
        let exponent = walk.expect(0x90).map_err(shape)?.value;
        let modulus = walk.expect(0x91).map_err(shape)?.value;
        walk.end().map_err(shape)?;
        if exponent != [1, 0, 1] {
            let what = "the exponent is not 65537";
            return Err(RecordError::Content { part, what });
        }
        Self::new(modulus).ok_or(RecordError::Content {
            part,
            what: "the modulus has not 2048 bits",
        })
    }

    /// A key with exponent 65537.
    #[must_use]
    pub fn new(modulus: &[u8]) -> Option<Self> {
        let whole = modulus.len() == RSA_BYTES && modulus[0] & 0x80 != 0;
        let odd = modulus.last().is_some_and(|last| last & 1 == 1);
        if !whole || !odd {
            return None;
        }
        let key = RsaPublicKey::new(BigUint::from_bytes_be(modulus), BigUint::from(65_537u32));
        key.ok().map(Self)
    }

    /// Reads a PEM `PUBLIC KEY`.
    pub(crate) fn from_pem(text: &str) -> Option<Self> {
        let key = RsaPublicKey::from_public_key_pem(text).ok()?;
        let usual = *key.e() == BigUint::from(65_537u32);
        usual.then(|| Self::new(&key.n().to_bytes_be())).flatten()
    }

    /// Whether this is the key's signature over the SHA-256 of these bytes.
    pub(crate) fn signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        self.verify(ONE_DIGEST, &Sha256::digest(bytes), signature)
    }

    /// Whether this is the key's signature over three SHA-256 digests in a row.
    pub(crate) fn signed_three(&self, parts: [&[&[u8]]; 3], signature: &[u8]) -> bool {
        let mut digests = [0; 3 * DIGEST];
        for (digest, part) in digests.chunks_exact_mut(DIGEST).zip(parts) {
            let mut sum = Sha256::new();
            part.iter().for_each(|bytes| sum.update(bytes));
            digest.copy_from_slice(&sum.finalize());
        }
        self.verify(THREE_DIGESTS, &digests, signature)
    }

    /// Whether this is the key's signature over a challenge of ours.
    pub(crate) fn answered(&self, challenge: &[u8; CHALLENGE_BYTES], signature: &[u8]) -> bool {
        self.verify(ONE_DIGEST, challenge, signature)
    }

    /// PKCS #1 v1.5 (RFC 8017 §8.2.2): the encoded message is made anew and compared, never parsed.
    fn verify(&self, prefix: [u8; 19], digest: &[u8], signature: &[u8]) -> bool {
        let scheme = Pkcs1v15Sign {
            hash_len: Some(digest.len()),
            prefix: Box::new(prefix),
        };
        self.0.verify(scheme, digest, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_a_key_of_the_right_kind_is_taken() {
        let mut object = vec![0x90, 3, 1, 0, 1, 0x91, 0x82, 1, 0];
        object.extend([0xC5; RSA_BYTES]);
        assert!(PublicKey::parse("key", &object).is_ok());
        let changed = |at: usize, to: u8| {
            let mut other = object.clone();
            other[at] = to;
            PublicKey::parse("key", &other).unwrap_err().to_string()
        };
        assert_eq!(changed(4, 3), "key: the exponent is not 65537");
        assert_eq!(changed(9, 0x45), "key: the modulus has not 2048 bits");
        assert_eq!(changed(264, 0x44), "key: the modulus has not 2048 bits");
        assert_eq!(changed(0, 0x92), "key: 0092 at byte 0, where 0090 belongs");
        object.push(0);
        let error = PublicKey::parse("key", &object).unwrap_err().to_string();
        assert_eq!(
            error,
            "key: more bytes than the object has, from byte 265 on"
        );
    }
}
