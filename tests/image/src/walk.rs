// SPDX-License-Identifier: MIT OR Apache-2.0
//! The walk: every entry of the tree once, links not followed.

use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// One entry of the tree.
pub struct Entry {
    /// Where it lies on this machine.
    pub file: PathBuf,
    /// Its path in the image, beginning with `/`.
    pub path: String,
    /// As lstat(2) says.
    pub metadata: Metadata,
    /// Target of a symbolic link.
    pub link: Option<String>,
    /// Content of a regular file.
    pub content: Vec<u8>,
    /// Whether it has a file capability.
    pub capability: bool,
}

impl Entry {
    /// Last part of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Why the tree cannot be walked. Nothing is passed over: what cannot be read cannot be judged.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}")]
pub struct WalkError {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> WalkError {
    let path = path.to_owned();
    move |source| WalkError { path, source }
}

/// Calls `visit` for every entry below `root`, folders before what is in them, by name.
///
/// # Errors
/// [`WalkError`] at the first entry that cannot be read.
pub fn walk(root: &Path, visit: &mut impl FnMut(&Entry)) -> Result<(), WalkError> {
    into(root, root, visit)
}

fn into(root: &Path, directory: &Path, visit: &mut impl FnMut(&Entry)) -> Result<(), WalkError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed(directory))? {
        files.push(entry.map_err(failed(directory))?.path());
    }
    files.sort();
    for file in files {
        let entry = read(root, file)?;
        visit(&entry);
        if entry.metadata.is_dir() {
            into(root, &entry.file, visit)?;
        }
    }
    Ok(())
}

fn read(root: &Path, file: PathBuf) -> Result<Entry, WalkError> {
    let metadata = fs::symlink_metadata(&file).map_err(failed(&file))?;
    let link = if metadata.is_symlink() {
        let target = fs::read_link(&file).map_err(failed(&file))?;
        Some(target.display().to_string())
    } else {
        None
    };
    let content = if metadata.is_file() {
        fs::read(&file).map_err(failed(&file))?
    } else {
        Vec::new()
    };
    let capability = metadata.is_file() && has_capability(&file)?;
    let below = file.strip_prefix(root).unwrap_or(&file);
    let path = format!("/{}", String::from_utf8_lossy(below.as_os_str().as_bytes()));
    Ok(Entry {
        file,
        path,
        metadata,
        link,
        content,
        capability,
    })
}

fn has_capability(file: &Path) -> Result<bool, WalkError> {
    // capabilities(7): at most 24 bytes.
    let mut value = [0u8; 64];
    match rustix::fs::lgetxattr(file, "security.capability", &mut value) {
        Ok(_) => Ok(true),
        Err(rustix::io::Errno::NODATA | rustix::io::Errno::NOTSUP) => Ok(false),
        Err(error) => Err(failed(file)(error.into())),
    }
}
