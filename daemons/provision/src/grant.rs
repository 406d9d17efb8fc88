// SPDX-License-Identifier: MIT OR Apache-2.0
//! The service grant: what lets a stick be read at all. Signed, for one box, for a few hours, once.
//!
//! A grant is a text file of four lines:
//!
//! ```text
//! uketsuke service grant 1
//! key 4f5a…                     first 16 bytes of the SHA-256 of the public key, hex
//! eyJpZCI6…                     the claims, JSON in base64
//! q83v…                         Ed25519 signature over the first and third line, base64
//! ```
//!
//! The public halves of the service keys lie in the image (`/etc/uketsuke/service-keys/*.pem`), the
//! private ones with the maker. `revoked` beside them lists keys and grants that no longer count.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// Largest file that is looked at.
pub const MAX_BYTES: u64 = 4096;
/// Longest time a grant may be good for.
pub const LONGEST_S: i64 = 8 * 60 * 60;
const FIRST_LINE: &str = "uketsuke service grant 1";
/// OID and algorithm of an Ed25519 key (RFC 8410), before its 32 bytes.
const ED25519_KEY: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// What a grant may allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// To install an update bundle from the stick.
    Update,
    /// To apply a provisioning set from the stick.
    Provision,
    /// To take a log bundle (no patient data) away on the stick.
    LogBundle,
}

impl std::str::FromStr for Act {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "update" => Ok(Self::Update),
            "provision" => Ok(Self::Provision),
            "log-bundle" => Ok(Self::LogBundle),
            other => Err(format!("{other:?}; update, provision or log-bundle")),
        }
    }
}

/// What a grant says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// 32 random hex digits; a grant counts once.
    pub id: String,
    /// [`crate::device::id`] of the one box it is for.
    pub device: String,
    /// From when, seconds since 1970.
    pub not_before: i64,
    /// Until when; at most [`LONGEST_S`] later.
    pub not_after: i64,
    /// What it allows.
    pub allow: BTreeSet<Act>,
    /// The one provisioning set it allows, by [`crate::set::Set::hash`]; any where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
}

/// Why a grant opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Not four lines of the known form.
    #[error("not a service grant: {0}")]
    Form(&'static str),
    /// Signed by none of the keys in the image.
    #[error("signed by the key {0}, which this image does not know")]
    UnknownKey(String),
    /// The signature is not over this text.
    #[error("the signature does not match: the grant was altered")]
    Altered,
    /// Key or grant are withdrawn.
    #[error("withdrawn: {0} is on the list of revoked keys and grants")]
    Revoked(String),
    /// For another box.
    #[error("made for the box {0}, not for this one")]
    OtherDevice(String),
    /// Good for longer than is allowed.
    #[error("good for {0} s; at most {LONGEST_S} s are allowed")]
    TooLong(i64),
    /// Its time has not come.
    #[error("not valid before {from} (by this reader's time, {now})")]
    TooEarly {
        /// Its begin.
        from: String,
        /// The reader's time.
        now: String,
    },
    /// Its time is over.
    #[error("expired at {until} (by this reader's time, {now})")]
    Expired {
        /// Its end.
        until: String,
        /// The reader's time.
        now: String,
    },
    /// It allows other things.
    #[error("does not allow {0}")]
    NotAllowed(&'static str),
    /// It was used already.
    #[error("already used; a grant counts once")]
    Used,
    /// It cannot be known whether it was used.
    #[error("the record of used grants cannot be kept: {0}")]
    NoRecord(String),
}

impl GrantError {
    /// Whether the grant itself came from the maker, unaltered.
    #[must_use]
    pub fn is_genuine(&self) -> bool {
        !matches!(self, Self::Form(_) | Self::UnknownKey(_) | Self::Altered)
    }
}

/// The public service keys of an image, and what was withdrawn.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Raw public keys by their name in a grant.
    known: Vec<(String, [u8; 32])>,
    revoked: BTreeSet<String>,
}

/// Why the keys of an image cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is no Ed25519 public key.
    #[error("{path} is not an Ed25519 public key in PEM form")]
    Key {
        /// The file.
        path: PathBuf,
    },
}

impl Keys {
    /// Reads `*.pem` and `revoked` of `folder`; none where there is no such folder.
    ///
    /// # Errors
    /// [`KeysError`] naming the file.
    pub fn read(folder: &Path) -> Result<Self, KeysError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| KeysError::Read { path, source }
        };
        let mut keys = Self::default();
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(keys),
            entries => entries.map_err(at(folder))?,
        };
        for entry in entries {
            let path = entry.map_err(at(folder))?.path();
            if path.extension().is_some_and(|e| e == "pem") {
                let pem = std::fs::read(&path).map_err(at(&path))?;
                let key = public_key(&pem).ok_or(KeysError::Key { path })?;
                keys.known.push((key_name(&key), key));
            }
        }
        let revoked = folder.join("revoked");
        match std::fs::read_to_string(&revoked) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            text => {
                let text = text.map_err(at(&revoked))?;
                let lines = text.lines().map(str::trim);
                keys.revoked = lines
                    .filter(|l| !l.is_empty() && !l.starts_with('#'))
                    .map(str::to_ascii_lowercase)
                    .collect();
            }
        }
        Ok(keys)
    }

    /// Whether grants can be judged at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Judges a grant for the box `device` at `now`, all but whether it was used before.
    ///
    /// # Errors
    /// [`GrantError`].
    pub fn judge(&self, text: &[u8], device: &str, now: i64) -> Result<Claims, GrantError> {
        let (key, payload, signature) = split(text)?;
        let Some((_, public)) = self.known.iter().find(|(name, _)| name == key) else {
            return Err(GrantError::UnknownKey(key.to_owned()));
        };
        UnparsedPublicKey::new(&ED25519, public)
            .verify(&signed(payload), &signature)
            .map_err(|_| GrantError::Altered)?;
        // Only what is known to come from the maker is taken apart.
        let json = STANDARD
            .decode(payload)
            .map_err(|_| GrantError::Form("the claims are not base64"))?;
        let claims: Claims = serde_json::from_slice(&json)
            .map_err(|_| GrantError::Form("the claims are not those of a grant"))?;
        if claims.id.len() != 32 || !claims.id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(GrantError::Form("the id is not 32 hex digits"));
        }
        for withdrawn in [key, &claims.id] {
            if self.revoked.contains(withdrawn) {
                return Err(GrantError::Revoked(withdrawn.to_owned()));
            }
        }
        if claims.device != device {
            return Err(GrantError::OtherDevice(claims.device));
        }
        let length = claims.not_after.saturating_sub(claims.not_before);
        if !(1..=LONGEST_S).contains(&length) {
            return Err(GrantError::TooLong(length));
        }
        if now < claims.not_before {
            return Err(GrantError::TooEarly {
                from: crate::clock::show(claims.not_before),
                now: crate::clock::show(now),
            });
        }
        if now >= claims.not_after {
            return Err(GrantError::Expired {
                until: crate::clock::show(claims.not_after),
                now: crate::clock::show(now),
            });
        }
        Ok(claims)
    }
}

/// Key name, claims in base64, signature.
fn split(text: &[u8]) -> Result<(&str, &str, Vec<u8>), GrantError> {
    if text.len() as u64 > MAX_BYTES {
        return Err(GrantError::Form("too large"));
    }
    let text = std::str::from_utf8(text).map_err(|_| GrantError::Form("not text"))?;
    let mut lines = text.lines();
    if lines.next() != Some(FIRST_LINE) {
        return Err(GrantError::Form("the first line is another"));
    }
    let (Some(key), Some(payload), Some(signature), None) =
        (lines.next(), lines.next(), lines.next(), lines.next())
    else {
        return Err(GrantError::Form("not four lines"));
    };
    let key = key
        .strip_prefix("key ")
        .ok_or(GrantError::Form("the second line names no key"))?;
    let signature = STANDARD
        .decode(signature)
        .map_err(|_| GrantError::Form("the signature is not base64"))?;
    Ok((key, payload, signature))
}

fn signed(payload: &str) -> Vec<u8> {
    format!("{FIRST_LINE}\n{payload}\n").into_bytes()
}

/// How a grant names a key.
fn key_name(public: &[u8; 32]) -> String {
    crate::hex(&digest(&SHA256, public).as_ref()[..16])
}

/// The 32 bytes of a `PUBLIC KEY` in PEM form.
fn public_key(pem: &[u8]) -> Option<[u8; 32]> {
    let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).ok()?;
    der.strip_prefix(&ED25519_KEY)?.try_into().ok()
}

/// Why a grant could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The key file is no Ed25519 key.
    #[error("not an Ed25519 private key in PEM form (openssl genpkey -algorithm ed25519)")]
    Key,
    /// What it should say is out of bounds.
    #[error("{0}")]
    Claims(String),
    /// No randomness.
    #[error("no random bytes")]
    Random,
}

/// What a new grant shall say.
pub struct Wish {
    /// The box, as `uketsukectl provision --device` prints it there.
    pub device: String,
    /// From when, seconds since 1970.
    pub from: i64,
    /// For how long, in hours; 1 to 8.
    pub hours: u32,
    /// What it allows.
    pub allow: BTreeSet<Act>,
    /// The one provisioning set it allows, by hash.
    pub set: Option<String>,
}

/// Makes a grant with the maker's private key (PEM, PKCS #8).
///
/// # Errors
/// [`MakeError`].
pub fn make(key: &[u8], wish: Wish) -> Result<String, MakeError> {
    let mut der = PrivateKeyDer::from_pem_slice(key).map_err(|_| MakeError::Key)?;
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_der());
    der.zeroize();
    let pair = pair.map_err(|_| MakeError::Key)?;
    let bad = |what: &str| Err(MakeError::Claims(what.to_owned()));
    if wish.device.len() != 32 || !wish.device.bytes().all(|b| b.is_ascii_hexdigit()) {
        return bad("the device id is not 32 hex digits");
    }
    let seconds = i64::from(wish.hours) * 60 * 60;
    if !(1..=LONGEST_S).contains(&seconds) {
        return bad("the hours are not 1 to 8");
    }
    if wish.allow.is_empty() {
        return bad("a grant that allows nothing");
    }
    let mut id = [0; 16];
    SystemRandom::new()
        .fill(&mut id)
        .map_err(|_| MakeError::Random)?;
    let claims = Claims {
        id: crate::hex(&id),
        device: wish.device.to_ascii_lowercase(),
        not_before: wish.from,
        not_after: wish.from.saturating_add(seconds),
        allow: wish.allow,
        set: wish.set,
    };
    let json = serde_json::to_vec(&claims).map_err(|e| MakeError::Claims(e.to_string()))?;
    let payload = STANDARD.encode(json);
    let signature = STANDARD.encode(pair.sign(&signed(&payload)));
    let public: [u8; 32] = pair
        .public_key()
        .as_ref()
        .try_into()
        .map_err(|_| MakeError::Key)?;
    Ok(format!(
        "{FIRST_LINE}\nkey {}\n{payload}\n{signature}\n",
        key_name(&public)
    ))
}

#[cfg(test)]
mod tests;
