// SPDX-License-Identifier: MIT OR Apache-2.0
//! A FAT volume read, and a little written, without the kernel's file system: a damaged or hostile
//! one can at worst end this process, which is allowed to do nothing else.
//!
//! Reads are bounded in number, so that loops end. Writes are collected in memory, compared with
//! where they may go by a second reader of the format ([`geometry`]), and only then laid onto the
//! device. The library may panic over nonsense; that is an error here as well.

mod calendar;
mod geometry;
mod overlay;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use fatfs::FileSystem;
use zeroize::Zeroizing;

use geometry::Geometry;
pub use overlay::Device;
use overlay::Overlay;

use crate::set::{Folder, Item, ItemKind};

/// Most entries of a folder that are looked at.
const MAX_ENTRIES: usize = 1024;
/// Turns (reads of up to a sector) for finding and reading something small.
const SMALL: u64 = 256 * 1024;
/// Turns for writing: a full table of a large stick may have to be searched for space.
const WRITING: u64 = 16 * 1024 * 1024;

/// A FAT volume on a device.
pub struct Volume {
    overlay: Overlay,
}

type Mounted = FileSystem<Overlay>;
type Dir<'a> = fatfs::Dir<'a, Overlay>;

impl Volume {
    /// The volume on `device`, not looked at yet.
    ///
    /// # Errors
    /// When the device has no size.
    pub fn new(device: impl Device + 'static) -> io::Result<Self> {
        Ok(Self {
            overlay: Overlay::new(Box::new(device))?,
        })
    }

    /// Does something with the volume's root folder within a number of turns.
    fn with<T>(&self, turns: u64, act: impl FnOnce(&Dir<'_>) -> io::Result<T>) -> io::Result<T> {
        self.overlay.allow(turns);
        caught(|| {
            let mounted = Mounted::new(self.overlay.clone(), calendar::options())?;
            let done = act(&mounted.root_dir());
            // Sets the volume's flags back; also without a change there is nothing to be lost.
            mounted.unmount()?;
            done
        })
    }

    /// Copies a file of at most `limit` bytes; returns how many there were.
    ///
    /// # Errors
    /// When there is none, it is larger, the volume is damaged, or `to` does not take it.
    pub fn copy(&self, path: &str, limit: u64, to: &mut dyn Write) -> io::Result<u64> {
        // A turn a sector, as many for the chain, and what finding it takes.
        let turns = limit / overlay::SECTOR * 2 + SMALL;
        let copied = self.with(turns, |root| copy(root, path, limit, to));
        self.overlay.discard();
        copied
    }

    /// Writes a file into a folder of the root, replacing one of its name, and touches nothing
    /// else. Both names are in capitals, 8.3, as FAT keeps them.
    ///
    /// # Errors
    /// When the volume is damaged, full, or the write would reach anything else.
    pub fn write_into(&self, folder: &str, file: &str, content: &[u8]) -> io::Result<()> {
        let written = self.write_checked(folder, file, content);
        self.overlay.discard();
        written
    }

    fn write_checked(&self, folder: &str, file: &str, content: &[u8]) -> io::Result<()> {
        self.overlay.allow(WRITING);
        let geometry = Geometry::read(&self.overlay)?;
        let owned = geometry.owned(&self.overlay, &short(folder)?, &short(file)?)?;
        self.with(WRITING, |root| {
            let folder = root.open_dir(folder)?;
            let mut file = folder.create_file(file)?;
            file.truncate()?;
            file.write_all(content)?;
            file.flush()
        })?;
        self.overlay.allow(WRITING);
        geometry.may_write(&self.overlay, &owned)?;
        self.overlay
            .commit(|number| geometry.holds_names(&owned, number))
    }

    /// Makes a small file in the root.
    ///
    /// # Errors
    /// When the volume is damaged or full.
    pub fn mark(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.change(|root| {
            let mut file = root.create_file(name)?;
            file.truncate()?;
            file.write_all(content)?;
            file.flush()
        })?;
        self.commit(|_| false)
    }

    /// Overwrites a file where it lies; its size stays.
    ///
    /// # Errors
    /// When there is none or the volume is damaged.
    pub fn overwrite(&self, path: &str, limit: u64) -> io::Result<()> {
        self.change(|root| {
            let length = length(root, path)?;
            if length > limit {
                return Err(too_large(limit));
            }
            let mut file = root.open_file(path)?;
            let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
            file.write_all(&zeros)?;
            file.flush()
        })?;
        self.commit(|_| false)
    }

    /// Removes a file or an empty folder.
    ///
    /// # Errors
    /// When there is none, it is not empty, or the volume is damaged.
    pub fn remove(&self, path: &str) -> io::Result<()> {
        self.change(|root| root.remove(path))?;
        // The name goes before its clusters are free for others.
        self.overlay.allow(SMALL);
        let geometry = Geometry::read(&self.overlay)?;
        self.commit(|number| geometry.is_table(number))
    }

    fn change(&self, act: impl FnOnce(&Dir<'_>) -> io::Result<()>) -> io::Result<()> {
        let done = self.with(WRITING, act);
        if done.is_err() {
            self.overlay.discard();
        }
        done
    }

    fn commit(&self, last: impl Fn(u64) -> bool) -> io::Result<()> {
        let done = self.overlay.commit(last);
        self.overlay.discard();
        done
    }
}

impl Folder for Volume {
    fn list(&self, path: &str) -> io::Result<Vec<Item>> {
        let items = self.with(SMALL, |root| {
            let folder = if path.is_empty() {
                None
            } else {
                Some(root.open_dir(path)?)
            };
            let mut items = Vec::new();
            for entry in folder.as_ref().unwrap_or(root).iter().take(MAX_ENTRIES) {
                let entry = entry?;
                let name = entry.file_name();
                if name != "." && name != ".." {
                    let kind = if entry.is_dir() {
                        ItemKind::Folder
                    } else {
                        ItemKind::File(entry.len())
                    };
                    items.push(Item { name, kind });
                }
            }
            Ok(items)
        });
        self.overlay.discard();
        items
    }

    fn read(&self, path: &str, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        // Sized beforehand: a buffer that grows leaves copies of a key behind.
        let capacity = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
        let copied = self.with(SMALL, |root| copy(root, path, limit, &mut *bytes));
        self.overlay.discard();
        copied.map(|_| bytes)
    }
}

fn copy(root: &Dir<'_>, path: &str, limit: u64, to: &mut dyn Write) -> io::Result<u64> {
    let expected = length(root, path)?;
    if expected > limit {
        return Err(too_large(limit));
    }
    let mut file = root.open_file(path)?;
    let mut buffer = Zeroizing::new([0; 16 * 1024]);
    let mut done = 0;
    loop {
        let length = file.read(&mut buffer[..])?;
        if length == 0 {
            break;
        }
        done += length as u64;
        if done > limit {
            return Err(too_large(limit));
        }
        to.write_all(&buffer[..length])?;
    }
    if done != expected {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            format!("{done} of {expected} bytes: the file system is damaged"),
        ));
    }
    Ok(done)
}

/// The length an entry states.
fn length(root: &Dir<'_>, path: &str) -> io::Result<u64> {
    let (folder, name) = match path.rsplit_once('/') {
        Some((folder, name)) => (Some(root.open_dir(folder)?), name),
        None => (None, path),
    };
    for entry in folder.as_ref().unwrap_or(root).iter().take(MAX_ENTRIES) {
        let entry = entry?;
        if entry.is_file() && entry.file_name().eq_ignore_ascii_case(name) {
            return Ok(entry.len());
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

fn too_large(limit: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("larger than {limit} bytes"),
    )
}

/// A name as a folder entry holds it: eight bytes and three, in capitals.
fn short(name: &str) -> io::Result<[u8; 11]> {
    let upper = name.to_ascii_uppercase();
    let (stem, extension) = upper.split_once('.').unwrap_or((&upper, ""));
    if !upper.is_ascii() || stem.is_empty() || stem.len() > 8 || extension.len() > 3 {
        return Err(io::ErrorKind::InvalidFilename.into());
    }
    let mut short = [b' '; 11];
    short[..stem.len()].copy_from_slice(stem.as_bytes());
    short[8..8 + extension.len()].copy_from_slice(extension.as_bytes());
    Ok(short)
}

/// Turns a panic of the library into an error.
fn caught<T>(act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|_| {
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the file system is damaged beyond reading",
        ))
    })
}
