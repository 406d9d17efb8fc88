// SPDX-License-Identifier: MIT OR Apache-2.0
//! The folder with the roots that vouch for what a card says of itself.
//!
//! One root is one file, `<key id>.pem`: 32 hexadecimal digits, and inside an RSA public key. Those of
//! test cards lie in the folder `test` of it and are read only where test cards are served.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context;
use uketsuke_record::{Root, Roots};

/// Ending of a root's file.
const ENDING: &str = "pem";
/// Folder of the roots of test cards.
const TEST: &str = "test";

/// Reads all roots. No folder is no root: then no photo is believed.
///
/// # Errors
/// When the folder or a root in it cannot be read; the error names the file. Other files are left
/// alone.
pub fn read(folder: &Path, test_cards: bool) -> anyhow::Result<Roots> {
    let mut roots = of(folder)?;
    if test_cards {
        roots.extend(of(&folder.join(TEST))?);
    }
    if roots.is_empty() {
        tracing::warn!(folder = %folder.display(), "no roots of card records: no photo will be believed");
    }
    Ok(roots.into_iter().collect())
}

fn of(folder: &Path) -> anyhow::Result<Vec<Root>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| folder.display().to_string()),
    };
    let mut roots = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| folder.display().to_string())?.path();
        if path.extension().is_none_or(|ending| ending != ENDING) {
            continue;
        }
        let root = one(&path).with_context(|| path.display().to_string())?;
        roots.push(root);
    }
    Ok(roots)
}

fn one(path: &Path) -> anyhow::Result<Root> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Root::from_pem(&name, &fs::read_to_string(path)?)?)
}
