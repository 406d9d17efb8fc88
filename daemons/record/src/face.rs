// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card face, EF 0002.
//!
//! ```text
//! FF20 { DF21 offsets of the others | DF22 birth | DF23 sex | DF24 card key
//!        DF25 name, DF26 address (pictures) | DF27 photo | DF28 signature
//!        DF29 expiry | DF2A security code (picture) }
//! ```
//!
//! DF28 signs three digests in one block: over DF22 to DF24, over DF25 and DF26, over DF27, each with
//! tag and length. It does not sign the offsets, the expiry and the code.

use zeroize::Zeroizing;

use crate::key::{CHALLENGE_BYTES, PublicKey, RSA_BYTES};
use crate::tlv::{Object, Walk};
use crate::{CvCertificate, RecordError, Roots};

const PART: &str = "card face";

/// A photo in JPEG 2000, as the card holds it. Wiped when dropped.
pub type Photo = Zeroizing<Vec<u8>>;

/// A record whose signature was not looked at yet.
pub struct FaceRecord<'a> {
    /// DF22, DF23 and DF24 as they stand.
    holder: [&'a [u8]; 3],
    /// DF25 and DF26 as they stand.
    pictures: [&'a [u8]; 2],
    photo: Object<'a>,
    signature: &'a [u8],
    key: PublicKey,
}

/// A record that the issuer made. That the card is there, [`Proof`] has yet to show.
pub struct Genuine {
    key: PublicKey,
    photo: Photo,
}

/// The challenge to a card and the answer it gave.
pub struct Proof<'a> {
    /// Fresh random bytes, signed as a SHA-256 digest is.
    pub challenge: &'a [u8; CHALLENGE_BYTES],
    /// What the card returned.
    pub answer: &'a [u8],
}

impl<'a> FaceRecord<'a> {
    /// Takes the file apart. A card without photo is a record too.
    ///
    /// # Errors
    /// [`RecordError::Shape`], [`RecordError::Content`].
    pub fn parse(file: &'a [u8]) -> Result<Option<Self>, RecordError> {
        let shape = |source| RecordError::Shape { part: PART, source };
        let content = |what| RecordError::Content { part: PART, what };
        let mut walk = Walk::over(file);
        let outer = walk.expect(0xFF20).map_err(shape)?;
        walk.filler().map_err(shape)?;
        let mut parts = Parts {
            walk: Walk::over(outer.value),
            inner: outer.whole.len() - outer.value.len(),
            seen: Vec::with_capacity(9),
        };
        let offsets = parts.walk.expect(0xDF21).map_err(shape)?;
        let birth = parts.next(0xDF22)?;
        let sex = parts.next(0xDF23)?;
        let key = parts.next(0xDF24)?;
        let name = parts.next(0xDF25)?;
        let address = parts.next(0xDF26)?;
        let photo = parts.walk.maybe(0xDF27).map_err(shape)?;
        // Nobody has published what a card without photo writes here: nothing, or nothing in it.
        let Some(photo) = photo.filter(|photo| !photo.value.is_empty()) else {
            return Ok(None);
        };
        parts.seen.push(parts.inner + photo.at);
        let signature = parts.next(0xDF28)?.value;
        parts.next(0xDF29)?;
        parts.next(0xDF2A)?;
        parts.walk.end().map_err(shape)?;
        if signature.len() != RSA_BYTES {
            return Err(content("the signature has not 256 bytes"));
        }
        // Unsigned, and therefore never used; one that lies shows that somebody was at work.
        if !parts.are_at(offsets.value) {
            return Err(content("the table of offsets does not match"));
        }
        Ok(Some(Self {
            holder: [birth.whole, sex.whole, key.whole],
            pictures: [name.whole, address.whole],
            photo,
            signature,
            key: PublicKey::parse("card key", key.value)?,
        }))
    }

    /// The record, if its certificate leads to a root and its signature to the certificate.
    ///
    /// # Errors
    /// [`RecordError::UnknownRoot`], [`RecordError::CertificateForged`],
    /// [`RecordError::RecordForged`].
    pub fn verified(
        &self,
        certificate: &CvCertificate<'_>,
        roots: &Roots,
    ) -> Result<Genuine, RecordError> {
        let issuer = certificate.verified(roots)?;
        let parts = [&self.holder[..], &self.pictures, &[self.photo.whole]];
        match issuer.signed_three(parts, self.signature) {
            true => Ok(Genuine {
                key: self.key.clone(),
                photo: Zeroizing::new(self.photo.value.to_vec()),
            }),
            false => Err(RecordError::RecordForged),
        }
    }
}

/// The objects of the record, and where in the file they were found.
struct Parts<'a> {
    walk: Walk<'a>,
    /// Bytes of the file before the first object.
    inner: usize,
    seen: Vec<usize>,
}

impl<'a> Parts<'a> {
    fn next(&mut self, tag: u16) -> Result<Object<'a>, RecordError> {
        let object = self.walk.expect(tag);
        let object = object.map_err(|source| RecordError::Shape { part: PART, source })?;
        self.seen.push(self.inner + object.at);
        Ok(object)
    }

    /// Whether the table tells exactly these places.
    fn are_at(&self, table: &[u8]) -> bool {
        let told = table.chunks_exact(2);
        let told = told.map(|place| usize::from(u16::from_be_bytes([place[0], place[1]])));
        table.len() == 2 * self.seen.len() && told.eq(self.seen.iter().copied())
    }
}

impl Genuine {
    /// The photo, if the card that holds the record's key is there.
    ///
    /// # Errors
    /// [`RecordError::NotPresent`].
    pub fn photo(self, proof: &Proof<'_>) -> Result<Photo, RecordError> {
        match self.key.answered(proof.challenge, proof.answer) {
            true => Ok(self.photo),
            false => Err(RecordError::NotPresent),
        }
    }
}
