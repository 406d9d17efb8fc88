// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ed25519 keys in the files that OpenSSL writes: `openssl genpkey -algorithm ed25519`.

use std::fmt;
use std::path::{Path, PathBuf};

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};

/// OID and algorithm of an Ed25519 key (RFC 8410), before its 32 bytes.
const PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// Why a file is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not PEM of the kind that is needed, or not readable.
    #[error("cannot read a key from {path}: {why}")]
    Pem {
        /// The file.
        path: PathBuf,
        /// The parser's word.
        why: String,
    },
    /// A key of another algorithm.
    #[error("{path} holds no Ed25519 key")]
    Algorithm {
        /// The file.
        path: PathBuf,
    },
}

/// The public half: who may sign bundles.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey([u8; 32]);

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&crate::hex::encode(&self.0))
    }
}

impl VerifyingKey {
    /// Reads a public key, `BEGIN PUBLIC KEY`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let der = SubjectPublicKeyInfoDer::from_pem_file(path).map_err(|e| pem(path, &e))?;
        der.strip_prefix(&PREFIX)
            .and_then(|key| key.try_into().ok())
            .map(Self)
            .ok_or_else(|| KeyError::Algorithm {
                path: path.to_owned(),
            })
    }

    /// Whether this key signed `bytes`.
    #[must_use]
    pub fn signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(bytes, signature)
            .is_ok()
    }
}

/// The private half: only who delivers bundles has one.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Reads a private key, `BEGIN PRIVATE KEY`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let der = PrivateKeyDer::from_pem_file(path).map_err(|e| pem(path, &e))?;
        // OpenSSL leaves the public half out, which is worked out then.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_der())
            .map(Self)
            .map_err(|_| KeyError::Algorithm {
                path: path.to_owned(),
            })
    }

    /// A key made from 32 random bytes.
    ///
    /// # Errors
    /// When the bytes are not 32.
    pub fn from_seed(seed: &[u8]) -> Result<Self, ring::error::KeyRejected> {
        Ed25519KeyPair::from_seed_unchecked(seed).map(Self)
    }

    /// The half that readers need.
    #[must_use]
    pub fn verifying(&self) -> VerifyingKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.0.public_key().as_ref());
        VerifyingKey(key)
    }

    /// 64 bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).as_ref().to_vec()
    }
}

fn pem(path: &Path, error: &rustls_pki_types::pem::Error) -> KeyError {
    KeyError::Pem {
        path: path.to_owned(),
        why: error.to_string(),
    }
}
