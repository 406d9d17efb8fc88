// SPDX-License-Identifier: MIT OR Apache-2.0
//! The few file operations on which a setting survives a power cut. Everything durable goes through
//! them, so that tests can cut the power at each.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

/// What a store needs of a file system. Nothing is durable before it was synced: a file by
/// [`Self::sync_file`], a name in a folder by [`Self::sync_folder`].
pub trait Files {
    /// Makes a folder, mode 0700.
    ///
    /// # Errors
    /// As the file system says.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes a file that is not there yet, mode 0600.
    ///
    /// # Errors
    /// As the file system says.
    fn write_new(&self, path: &Path, content: &[u8]) -> io::Result<()>;
    /// Waits until the content of a file is durable.
    ///
    /// # Errors
    /// As the file system says.
    fn sync_file(&self, path: &Path) -> io::Result<()>;
    /// Waits until the names in a folder are durable.
    ///
    /// # Errors
    /// As the file system says.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes a symbolic link.
    ///
    /// # Errors
    /// As the file system says.
    fn link(&self, target: &str, path: &Path) -> io::Result<()>;
    /// Renames, replacing a file or link of the new name.
    ///
    /// # Errors
    /// As the file system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file or link.
    ///
    /// # Errors
    /// As the file system says.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder.
    ///
    /// # Errors
    /// As the file system says.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Reads a file of at most `limit` bytes; a larger one is an error.
    ///
    /// # Errors
    /// As the file system says.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;
    /// Where a link points.
    ///
    /// # Errors
    /// As the file system says.
    fn read_link(&self, path: &Path) -> io::Result<PathBuf>;
    /// Names in a folder, sorted, with whether each is a folder.
    ///
    /// # Errors
    /// As the file system says.
    fn list(&self, path: &Path) -> io::Result<Vec<(String, bool)>>;
}

/// The running system's.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFiles;

impl Files for RealFiles {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(path)
    }

    fn write_new(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(path)?.write_all(content)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn link(&self, target: &str, path: &Path) -> io::Result<()> {
        symlink(target, path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("larger than {limit} bytes"),
            ));
        }
        Ok(bytes)
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        fs::read_link(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<(String, bool)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            found.push((name, entry.file_type()?.is_dir()));
        }
        found.sort();
        Ok(found)
    }
}

/// Takes `path` away with everything in it, as far as it is there.
///
/// # Errors
/// As the file system says.
pub fn remove_tree(files: &dyn Files, path: &Path) -> io::Result<()> {
    for (name, is_folder) in files.list(path)? {
        let inner = path.join(name);
        if is_folder {
            remove_tree(files, &inner)?;
        } else {
            files.remove_file(&inner)?;
        }
    }
    files.remove_folder(path)
}

/// Puts `content` in the place of `path` at once: the old or the new is there, never half of one.
///
/// # Errors
/// As the file system says.
pub fn replace(files: &dyn Files, path: &Path, content: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    gone(files.remove_file(&beside))?;
    files.write_new(&beside, content)?;
    files.sync_file(&beside)?;
    files.rename(&beside, path)?;
    match path.parent() {
        Some(folder) => files.sync_folder(folder),
        None => Ok(()),
    }
}

/// Not being there is as good as being removed.
///
/// # Errors
/// Every other error.
pub fn gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
