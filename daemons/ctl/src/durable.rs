// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files that are whole after a power cut: the old content or the new, never a part.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Replaces the content of `path`, readable by every user; durable when this returns. Nothing
/// secret goes here.
///
/// # Errors
/// What the file system refused; the old content is then still there.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path
        .parent()
        .ok_or_else(|| io::Error::other("a file without a directory"))?;
    let mut fresh = OsString::from(path);
    fresh.push(".new");
    let mut file = File::create(&fresh)?;
    // Whatever the unit's UMask= says: another daemon reads it.
    file.set_permissions(fs::Permissions::from_mode(0o644))?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn content_is_replaced_and_a_half_written_one_left_aside() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("verdict");
        replace(&path, b"one").unwrap();
        fs::write(directory.path().join("verdict.new"), b"half").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(replace(&directory.path().join("gone/verdict"), b"x").is_err());
    }
}
