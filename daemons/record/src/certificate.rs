// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card-verifiable certificate (CV証明書) of an application, EF 0004.
//!
//! ```text
//! 7F21 { 5F4E { issuer's key id (16) | own key id (16) | 90 03 010001 91 820100 <modulus> }
//!        5F37 { signature over the value of 5F4E } }
//! ```

use std::fmt;
use std::str::FromStr;

use crate::key::{PublicKey, RSA_BYTES};
use crate::tlv::Walk;
use crate::{RecordError, Roots};

const PART: &str = "card-verifiable certificate";

/// Name of a key, 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 16]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl FromStr for KeyId {
    type Err = ();

    /// 32 hexadecimal digits, as [`fmt::Display`] writes them.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut id = [0; 16];
        if text.len() != 2 * id.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(());
        }
        for (byte, at) in id.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(drop)?;
        }
        Ok(Self(id))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A certificate whose signature was not looked at yet.
#[derive(Clone, Debug)]
pub struct CvCertificate<'a> {
    /// Who signed it.
    pub issuer: KeyId,
    /// Whose key it is.
    pub subject: KeyId,
    body: &'a [u8],
    signature: &'a [u8],
    key: PublicKey,
}

impl<'a> CvCertificate<'a> {
    /// Takes the file apart.
    ///
    /// # Errors
    /// [`RecordError::Shape`], [`RecordError::Content`].
    pub fn parse(file: &'a [u8]) -> Result<Self, RecordError> {
        let shape = |source| RecordError::Shape { part: PART, source };
        let mut walk = Walk::over(file);
        let outer = walk.expect(0x7F21).map_err(shape)?;
        walk.filler().map_err(shape)?;
        let mut walk = Walk::over(outer.value);
        let body = walk.expect(0x5F4E).map_err(shape)?.value;
        let signature = walk.expect(0x5F37).map_err(shape)?.value;
        walk.end().map_err(shape)?;
        let content = |what| RecordError::Content { part: PART, what };
        if signature.len() != RSA_BYTES {
            return Err(content("the signature has not 256 bytes"));
        }
        let ids = body.split_first_chunk::<16>();
        let (issuer, (subject, key)) = ids
            .and_then(|(issuer, rest)| Some((issuer, rest.split_first_chunk::<16>()?)))
            .ok_or(content("two key ids do not fit in"))?;
        Ok(Self {
            issuer: KeyId(*issuer),
            subject: KeyId(*subject),
            body,
            signature,
            key: PublicKey::parse(PART, key)?,
        })
    }

    /// The certified key, if a root we know signed this.
    ///
    /// # Errors
    /// [`RecordError::UnknownRoot`], [`RecordError::CertificateForged`].
    pub fn verified(&self, roots: &Roots) -> Result<&PublicKey, RecordError> {
        let root = roots
            .find(&self.issuer)
            .ok_or(RecordError::UnknownRoot(self.issuer))?;
        match root.signed(self.body, self.signature) {
            true => Ok(&self.key),
            false => Err(RecordError::CertificateForged),
        }
    }
}
