// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where face files are laid. A reader that looks at any instant finds a whole file or none.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// For the user of the receipt computer's share to read and to remove.
const MODE: u32 = 0o660;

/// A folder that a receipt computer looks into (`FaceDataDir`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// This folder. It is never made: one that is not there is a share that is not mounted.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Lays a file; durable on return. One of this name that is there is replaced.
    ///
    /// # Errors
    /// What the file system says; then there is what was there before.
    pub fn lay(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        // Nobody takes this name for a face file (`Named::read`).
        let part = self.0.join(format!(".{name}.part"));
        let written = write(&part, bytes).and_then(|()| fs::rename(&part, self.0.join(name)));
        if let Err(error) = written {
            // A full disk must not be filled further by what nobody reads.
            return match fs::remove_file(&part) {
                Err(left) if left.kind() != io::ErrorKind::NotFound => Err(left),
                _ => Err(error),
            };
        }
        self.sync()
    }

    /// Takes a file away, if it is there still.
    ///
    /// # Errors
    /// What the file system says.
    pub fn take_away(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.0.is_dir() => Ok(()),
            done => done,
        }
    }

    /// Makes names durable. A share need not be able to.
    fn sync(&self) -> io::Result<()> {
        match File::open(&self.0)?.sync_all() {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            done => done,
        }
    }
}

fn write(path: &std::path::Path, bytes: &[u8]) -> io::Result<()> {
    let mut open = OpenOptions::new();
    let mut file = open
        .write(true)
        .create(true)
        .truncate(true)
        .mode(MODE)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_is_laid_replaced_and_taken_away() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().to_owned());
        folder.lay("a.xml", b"one").unwrap();
        folder.lay("a.xml", b"two").unwrap();
        assert_eq!(fs::read(place.path().join("a.xml")).unwrap(), b"two");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
        folder.take_away("a.xml").unwrap();
        folder.take_away("a.xml").unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_and_is_not_made() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("share"));
        assert_eq!(
            folder.lay("a.xml", b"one").unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        assert_eq!(
            folder.take_away("a.xml").unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        assert!(!place.path().join("share").exists());
    }

    #[test]
    fn what_could_not_be_laid_leaves_nothing_behind() {
        let place = tempfile::tempdir().unwrap();
        // A folder of this name: the file cannot take its place.
        fs::create_dir(place.path().join("a.xml")).unwrap();
        let folder = Folder::new(place.path().to_owned());
        assert!(folder.lay("a.xml", b"one").is_err());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}
