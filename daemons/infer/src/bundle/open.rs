// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a folder to a bundle in which everything agrees.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::libc::{O_NOFOLLOW, O_NONBLOCK};
use ring::digest::{SHA256, digest};

use super::{Bundle, MANIFEST, Manifest, Policy, Refusal, SIGNATURE, VerifyingKey, agree};
use crate::hex;
use crate::limits::{MOST_FILE, MOST_FILES, MOST_MANIFEST, MOST_MODEL};

/// Bytes of an Ed25519 signature.
const SIGNATURE_BYTES: u64 = 64;

impl Bundle {
    /// Opens the bundle in `folder`.
    ///
    /// # Errors
    /// [`Refusal`], whichever reason is found first.
    pub fn open(folder: &Path, policy: &Policy) -> Result<Self, Refusal> {
        let bytes = read(&folder.join(MANIFEST), MOST_MANIFEST)?;
        let signature = read(&folder.join(SIGNATURE), MOST_MANIFEST)?;
        let manifest = believe(&bytes, &signature, policy)?;
        let listed = listed(&manifest)?;
        let there = there(folder)?;
        if let Some(name) = there.iter().find(|name| !listed.contains_key(*name)) {
            return Err(Refusal::Unlisted { name: name.clone() });
        }
        let mut files = BTreeMap::new();
        for (name, wanted) in listed {
            if !there.contains(&name) {
                return Err(Refusal::Missing { name });
            }
            let bytes = read(&folder.join(&name), wanted.most)?;
            if bytes.len() as u64 != wanted.bytes {
                let has = bytes.len() as u64;
                return Err(Refusal::Length {
                    name,
                    has,
                    wanted: wanted.bytes,
                });
            }
            if hex::encode(digest(&SHA256, &bytes).as_ref()) != wanted.sha256 {
                return Err(Refusal::Altered { name });
            }
            files.insert(name, bytes);
        }
        agree::with_files(&manifest, &files)?;
        Ok(Self { manifest, files })
    }
}

/// A manifest that somebody who is trusted has signed and that agrees with the reader and with itself.
/// Nothing of it is parsed before its signature was verified.
///
/// # Errors
/// [`Refusal`].
pub fn believe(bytes: &[u8], signature: &[u8], policy: &Policy) -> Result<Manifest, Refusal> {
    if signature.len() as u64 != SIGNATURE_BYTES {
        return Err(Refusal::SignatureLength {
            bytes: signature.len() as u64,
        });
    }
    let signed = |key: &VerifyingKey| key.signed(bytes, signature);
    if !policy.trusted.iter().any(signed) {
        return Err(Refusal::NotSigned);
    }
    let manifest = parse(bytes)?;
    agree::with_policy(&manifest, policy)?;
    agree::with_itself(&manifest)?;
    Ok(manifest)
}

/// Parses a manifest.
///
/// # Errors
/// [`Refusal::Manifest`].
pub(super) fn parse(bytes: &[u8]) -> Result<Manifest, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|e| Refusal::Manifest(e.to_string()))?;
    toml::from_str(text).map_err(|e| Refusal::Manifest(e.to_string()))
}

struct Wanted {
    sha256: String,
    bytes: u64,
    most: u64,
}

/// Every file that the manifest names.
fn listed(manifest: &Manifest) -> Result<BTreeMap<String, Wanted>, Refusal> {
    let models = manifest.models.iter();
    let models = models.map(|model| (&model.file, &model.sha256, model.bytes, MOST_MODEL));
    let files = manifest.files.iter();
    let files = files.map(|file| (&file.path, &file.sha256, file.bytes, MOST_FILE));
    let mut listed = BTreeMap::new();
    for (name, sha256, bytes, most) in models.chain(files) {
        if !inside(name) {
            return Err(Refusal::FileName { name: name.clone() });
        }
        let wanted = Wanted {
            sha256: sha256.clone(),
            bytes,
            most,
        };
        if listed.insert(name.clone(), wanted).is_some() {
            return Err(Refusal::Twice { name: name.clone() });
        }
    }
    Ok(listed)
}

/// Whether a name can only be that of a file in the bundle's folder or in a folder of that one.
pub(super) fn inside(name: &str) -> bool {
    let mut parts = name.split('/');
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    name.len() <= 128
        && name != MANIFEST
        && name != SIGNATURE
        && parts.by_ref().take(2).all(part)
        && parts.next().is_none()
}

/// The files that are there, besides manifest and signature.
fn there(folder: &Path) -> Result<Vec<String>, Refusal> {
    let mut names = Vec::new();
    walk(folder, "", &mut names)?;
    names.retain(|name| name != MANIFEST && name != SIGNATURE);
    Ok(names)
}

fn walk(folder: &Path, before: &str, names: &mut Vec<String>) -> Result<(), Refusal> {
    let unreadable = |source| Refusal::Read {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = format!("{before}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() && before.is_empty() {
            walk(&entry.path(), &format!("{name}/"), names)?;
        } else if kind.is_file() {
            names.push(name);
        } else {
            return Err(Refusal::NotPlain { path: entry.path() });
        }
        if names.len() > MOST_FILES {
            return Err(Refusal::TooMany { most: MOST_FILES });
        }
    }
    Ok(())
}

/// A whole file, read once. A link, a pipe or a device in its place is refused.
pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>, Refusal> {
    let unreadable = |source| Refusal::Read {
        path: path.to_owned(),
        source,
    };
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .custom_flags(O_NOFOLLOW | O_NONBLOCK)
        .open(path)
        .map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(Refusal::NotPlain {
            path: path.to_owned(),
        });
    }
    let mut bytes = Vec::new();
    let read = file.take(most + 1).read_to_end(&mut bytes);
    let read = read.map_err(unreadable)? as u64;
    if read > most {
        return Err(Refusal::TooLarge {
            path: path.to_owned(),
            bytes: read,
            most,
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_inside() {
        for name in ["a.tflite", "kat/e1.in", "A-b_c.9"] {
            assert!(inside(name), "{name}");
        }
        let long = "a".repeat(129);
        for name in [
            "",
            "/a",
            "a/",
            "../a",
            "a/../b",
            ".a",
            "a/.b",
            "a/b/c",
            "a b",
            "ä",
            "manifest.toml",
            "manifest.toml.sig",
            "a\0",
            &long,
        ] {
            assert!(!inside(name), "{name:?}");
        }
    }
}
