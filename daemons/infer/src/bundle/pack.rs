// SPDX-License-Identifier: MIT OR Apache-2.0
//! The supplier's side: from a draft and files to a signed bundle.
//!
//! A draft is a manifest in which the hashes and lengths of files may be left out; they are filled in.
//! What evidence says of a model is never filled in: it is about the file that was measured.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};
use toml::{Table, Value};

use super::open::{inside, parse, read};
use super::{MANIFEST, Refusal, SIGNATURE, SigningKey};
use crate::hex;
use crate::limits::{MOST_MANIFEST, MOST_MODEL};

/// Why nothing was packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file cannot be read, or is none; or what came out is no manifest.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The draft is no TOML.
    #[error("{path} is no TOML")]
    Draft {
        /// The draft.
        path: PathBuf,
        /// Line and column.
        #[source]
        source: toml::de::Error,
    },
    /// The filled-in draft cannot be written as TOML.
    #[error("the manifest cannot be written")]
    Manifest(#[from] toml::ser::Error),
    /// A file cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's word.
        #[source]
        source: io::Error,
    },
}

/// Packs the bundle whose draft is `draft` and whose files lie beside it into the new folder `out`, and
/// signs it.
///
/// # Errors
/// [`PackError`]. Whether a reader takes the bundle is another question: [`super::Bundle::open`].
pub fn pack(draft: &Path, out: &Path, key: &SigningKey) -> Result<(), PackError> {
    let text = String::from_utf8_lossy(&read(draft, MOST_MANIFEST)?).into_owned();
    let mut manifest: Table = text.parse().map_err(|source| PackError::Draft {
        path: draft.to_owned(),
        source,
    })?;
    let from = draft.parent().unwrap_or(Path::new("."));
    write(out, |path| fs::create_dir(path))?;
    for (list, name) in [("model", "file"), ("file", "path")] {
        let entries = manifest.get_mut(list).and_then(Value::as_array_mut);
        for entry in entries
            .into_iter()
            .flatten()
            .filter_map(Value::as_table_mut)
        {
            let Some(file) = entry.get(name).and_then(Value::as_str).map(String::from) else {
                continue;
            };
            if !inside(&file) {
                return Err(Refusal::FileName { name: file }.into());
            }
            let bytes = read(&from.join(&file), MOST_MODEL)?;
            let sha256 = hex::encode(digest(&SHA256, &bytes).as_ref());
            entry.insert("sha256".into(), Value::String(sha256));
            entry.insert("bytes".into(), Value::Integer(bytes.len() as i64));
            let to = out.join(&file);
            if let Some(folder) = to.parent() {
                write(folder, |path| fs::create_dir_all(path))?;
            }
            write(&to, |path| fs::write(path, &bytes))?;
        }
    }
    let manifest = toml::to_string(&manifest)?;
    // What no reader could read is not worth a signature.
    parse(manifest.as_bytes())?;
    write(&out.join(MANIFEST), |path| fs::write(path, &manifest))?;
    sign(out, key)
}

/// Signs the manifest in `folder` as it stands.
///
/// # Errors
/// [`PackError`].
pub fn sign(folder: &Path, key: &SigningKey) -> Result<(), PackError> {
    let manifest = read(&folder.join(MANIFEST), MOST_MANIFEST)?;
    write(&folder.join(SIGNATURE), |path| {
        fs::write(path, key.sign(&manifest))
    })
}

fn write(path: &Path, act: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), PackError> {
    act(path).map_err(|source| PackError::Write {
        path: path.to_owned(),
        source,
    })
}
