// SPDX-License-Identifier: MIT OR Apache-2.0
//! Keys for records of our own, without a secret in this repository.
//!
//! RSA works over a prime modulus too; it only protects nothing, because whoever knows the modulus can
//! sign. That is what is wanted here: published primes of 2048 bits, the same at each start, so that an
//! input does the same on every machine, and signatures that the daemon's own code verifies.

use rsa::BigUint;
use sha2::{Digest, Sha256};
use uketsuke_record::PublicKey;

const EXPONENT: u32 = 65_537;
/// Bytes of modulus and signature.
pub const BYTES: usize = 256;
/// DER of a `DigestInfo` of SHA-256 up to the digest, for one digest and for three in a row.
const ONE: [u8; 19] =
    *b"\x30\x31\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
const THREE: [u8; 19] =
    *b"\x30\x71\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x60";

/// RFC 3526 §3, group 14.
const ROOT: &[u8] = b"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74\
    020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437\
    4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
    EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05\
    98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB\
    9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
    E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718\
    3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF";

/// RFC 7919 appendix A.1, ffdhe2048.
const ISSUER: &[u8] = b"FFFFFFFFFFFFFFFFADF85458A2BB4A9AAFDC5620273D3CF1D8B9C583CE2D3695\
    A9E13641146433FBCC939DCE249B3EF97D2FE363630C75D8F681B202AEC4617A\
    D3DF1ED5D5FD65612433F51F5F066ED0856365553DED1AF3B557135E7F57C935\
    984F0C70E0E68B77E2A689DAF3EFE8721DF158A136ADE73530ACCA4F483A797A\
    BC0AB182B324FB61D108A94BB2C8E3FBB96ADAB760D7F4681D4F42A3DE394DF4\
    AE56EDE76372BB190B07A7C8EE0A6D709E02FCE1CDF7E2ECC03404CD28342F61\
    9172FE9CE98583FF8E4F1232EEF28183C3FE3B1B4C6FAD733BB5FCBC2EC22005\
    C58EF1837D1683B2C6F34A26C1B2EFFA886B423861285C97FFFFFFFFFFFFFFFF";

/// RFC 5114 §2.3, 2048 bits.
const CARD: &[u8] = b"87A8E61DB4B6663CFFBBD19C651959998CEEF608660DD0F25D2CEED4435E3B00\
    E00DF8F1D61957D4FAF7DF4561B2AA3016C3D91134096FAA3BF4296D830E9A7C\
    209E0C6497517ABD5A8A9D306BCF67ED91F9E6725B4758C022E0B1EF4275BF7B\
    6C5BFC11D45F9088B941F54EB1E59BB8BC39A0BF12307F5C4FDB70C581B23F76\
    B63ACAE1CAA6B7902D52526735488A0EF13C6D9A51BFA4AB3AD8347796524D8E\
    F6A167B5A41825D967E144E5140564251CCACB83E6B486F6B3CA3F7971506026\
    C0B857F689962856DED4010ABD0BE621C3A3960A54E710C375F26375D7014103\
    A4B54330C198AF126116D2276E11715F693877FAD7EF09CADB094AE91E1A1597";

/// A key that signs.
pub struct Key {
    prime: BigUint,
    private: BigUint,
}

impl Key {
    /// The key of a root of card-verifiable certificates.
    #[must_use]
    pub fn root() -> Self {
        Self::over(ROOT)
    }

    /// The key that signs records.
    #[must_use]
    pub fn issuer() -> Self {
        Self::over(ISSUER)
    }

    /// The key in the card.
    #[must_use]
    pub fn card() -> Self {
        Self::over(CARD)
    }

    fn over(hex: &[u8]) -> Self {
        let prime = BigUint::parse_bytes(hex, 16).expect("hexadecimal digits");
        let order = &prime - 1_u32;
        // private * 65537 = 1 + k * order, for the one k below 65537 with which that divides.
        let k = (1..EXPONENT).find(|k| (&order * *k + 1_u32) % EXPONENT == BigUint::from(0_u32));
        let k = k.expect("65537 divides none of the three orders");
        let private = (&order * k + 1_u32) / EXPONENT;
        Self { prime, private }
    }

    /// Big-endian modulus.
    #[must_use]
    pub fn modulus(&self) -> Vec<u8> {
        self.prime.to_bytes_be()
    }

    /// The public half, as the reader holds it.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::new(&self.modulus()).expect("2048 bits and odd")
    }

    /// Signs the SHA-256 of `bytes` (PKCS #1 v1.5).
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.sign_digest(&Sha256::digest(bytes).into())
    }

    /// Signs a digest, or a challenge in its place.
    #[must_use]
    pub fn sign_digest(&self, digest: &[u8; 32]) -> Vec<u8> {
        self.encrypt(&[&ONE[..], digest].concat())
    }

    /// Signs three digests in a row, as a record of the card's face is.
    #[must_use]
    pub fn sign_three(&self, parts: [&[u8]; 3]) -> Vec<u8> {
        let digests = parts.map(|part| <[u8; 32]>::from(Sha256::digest(part)));
        self.encrypt(&[&THREE[..], &digests.concat()].concat())
    }

    fn encrypt(&self, info: &[u8]) -> Vec<u8> {
        let mut message = vec![0xFF; BYTES];
        message[..2].copy_from_slice(&[0, 1]);
        let start = BYTES - info.len();
        message[start - 1] = 0;
        message[start..].copy_from_slice(info);
        let signature = BigUint::from_bytes_be(&message).modpow(&self.private, &self.prime);
        let signature = signature.to_bytes_be();
        [vec![0; BYTES - signature.len()], signature].concat()
    }
}
