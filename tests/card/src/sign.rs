// SPDX-License-Identifier: MIT OR Apache-2.0
//! COMPUTE DIGITAL SIGNATURE, `80 2A P1 P2`: what each P1 does with its input.

use openssl::error::ErrorStack;
use openssl::md::Md;
use openssl::pkey::{PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::sha::sha256;
use openssl::sign::RsaPssSaltlen;

use crate::apdu::Sw;

/// DER in front of a SHA-256 digest (RFC 8017 §9.2 note 1).
pub const SHA256_DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// Bytes of a signature: RSA-2048.
pub const SIGNATURE_LENGTH: usize = 256;

/// Most bytes PKCS #1 v1.5 leaves room for: the modulus less 11.
const LONGEST_PADDED: usize = SIGNATURE_LENGTH - 11;

/// Most bytes of a message the card hashes itself: one short data field.
const LONGEST_MESSAGE: usize = 255;

/// Bytes of a SHA-256 digest.
const DIGEST_LENGTH: usize = 32;

/// Signs `input` as `p1` says. Wrong P1, wrong length of input, and failures inside have their words.
pub fn compute(key: &PKey<Private>, p1: u8, input: &[u8]) -> Result<Vec<u8>, Sw> {
    if p1 > 5 {
        return Err(Sw::WRONG_P1P2);
    }
    let fits = match p1 {
        _ if input.is_empty() => return Err(Sw::WRONG_LENGTH),
        0 => input.len() <= LONGEST_PADDED,
        2 | 4 => input.len() == DIGEST_LENGTH,
        _ => input.len() <= LONGEST_MESSAGE,
    };
    if !fits {
        return Err(Sw::CONDITIONS);
    }
    let signature = match p1 {
        0 => pad_and_sign(key, input),
        1 => pad_and_sign(key, &sha256(input)),
        2 => pad_and_sign(key, &[&SHA256_DIGEST_INFO[..], input].concat()),
        3 => pad_and_sign(key, &[&SHA256_DIGEST_INFO[..], &sha256(input)].concat()),
        4 => sign_pss(key, input),
        _ => sign_pss(key, &sha256(input)),
    };
    signature.map_err(|_| Sw::INTERNAL)
}

/// PKCS #1 v1.5 type 1 around the bytes as given.
pub(crate) fn pad_and_sign(key: &PKey<Private>, input: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let rsa = key.rsa()?;
    let mut signature = vec![0; SIGNATURE_LENGTH];
    rsa.private_encrypt(input, &mut signature, Padding::PKCS1)?;
    Ok(signature)
}

/// RSASSA-PSS with SHA-256 everywhere and a salt as long as the digest.
fn sign_pss(key: &PKey<Private>, digest: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let mut context = PkeyCtx::new(key)?;
    context.sign_init()?;
    context.set_rsa_padding(Padding::PKCS1_PSS)?;
    context.set_signature_md(Md::sha256())?;
    context.set_rsa_mgf1_md(Md::sha256())?;
    context.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    let mut signature = Vec::new();
    context.sign_to_vec(digest, &mut signature)?;
    Ok(signature)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use openssl::hash::MessageDigest;
    use openssl::rsa::Rsa;
    use openssl::sign::Verifier;

    fn verifies(key: &PKey<Private>, signature: &[u8], message: &[u8], pss: bool) -> bool {
        let mut verifier = Verifier::new(MessageDigest::sha256(), key).unwrap();
        if pss {
            verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            verifier
                .set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)
                .unwrap();
        }
        verifier.verify_oneshot(signature, message).unwrap()
    }

    #[test]
    fn each_p1_takes_its_input_and_refuses_the_wrong_length() {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let message = b"hello";
        let digest = sha256(message);
        let info = [&SHA256_DIGEST_INFO[..], &digest].concat();

        let raw = compute(&key, 0, &info).unwrap();
        assert!(verifies(&key, &raw, message, false));
        // PKCS #1 v1.5 is deterministic: three ways to the same bytes.
        assert_eq!(compute(&key, 2, &digest).unwrap(), raw);
        assert_eq!(compute(&key, 3, message).unwrap(), raw);
        for (p1, input) in [(4, &digest[..]), (5, message)] {
            let signature = compute(&key, p1, input).unwrap();
            assert!(verifies(&key, &signature, message, true), "P1 {p1}");
            assert_ne!(
                compute(&key, p1, input).unwrap(),
                signature,
                "the salt is random"
            );
        }

        let bare = compute(&key, 1, message).unwrap();
        let mut opened = vec![0; SIGNATURE_LENGTH];
        let length = key
            .rsa()
            .unwrap()
            .public_decrypt(&bare, &mut opened, Padding::PKCS1)
            .unwrap();
        assert_eq!(opened[..length], digest);

        assert_eq!(compute(&key, 0, &[1; 245]).unwrap().len(), SIGNATURE_LENGTH);
        assert_eq!(compute(&key, 0, &[1; 246]), Err(Sw::CONDITIONS));
        assert_eq!(compute(&key, 0, &[]), Err(Sw::WRONG_LENGTH));
        for p1 in [2, 4] {
            assert_eq!(compute(&key, p1, &[1; 31]), Err(Sw::CONDITIONS));
            assert_eq!(compute(&key, p1, &[1; 33]), Err(Sw::CONDITIONS));
        }
        assert_eq!(compute(&key, 3, &[1; 256]), Err(Sw::CONDITIONS));
        assert_eq!(compute(&key, 6, &digest), Err(Sw::WRONG_P1P2));
        assert_eq!(compute(&key, 0x80, &digest), Err(Sw::WRONG_P1P2));
    }
}
