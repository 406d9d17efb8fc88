// SPDX-License-Identifier: MIT OR Apache-2.0
//! The box's own `provision` partition: found beside the one it was booted from, read, and emptied
//! once its secrets are sealed.
//!
//! Emptying: a mark with the set's hash is written, the keys are overwritten where they lie, then
//! everything goes, the mark last. Cut anywhere, the next boot sees the mark (or a set equal to the
//! one in force) and goes on. On flash the old cells may outlive the overwriting inside the chip;
//! nothing outside the chip can prevent that.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::fat::Volume;
use crate::set::{CREDENTIALS, Folder, Item, ItemKind, Kind, MAX_PEM, READER, left_behind};

/// GPT label of the partition.
const LABEL: &str = "provision";
/// Written while the partition is being emptied; holds the hash of the set that was sealed.
const MARK: &str = "sealed.txt";

/// The partition labelled `provision` on the disk that holds `booted` (a link to a partition).
/// None where the box was booted otherwise or the disk has no such partition.
///
/// # Errors
/// When the kernel's description of the disk cannot be read.
pub fn find(sys: &Path, dev: &Path, booted: &Path) -> io::Result<Option<PathBuf>> {
    let node = match fs::canonicalize(booted) {
        Ok(node) => node,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let name = node.file_name().unwrap_or_default();
    let partition = fs::canonicalize(sys.join("class/block").join(name))?;
    let Some(disk) = partition.parent() else {
        return Ok(None);
    };
    for entry in fs::read_dir(disk)? {
        let folder = entry?.path();
        if !folder.join("partition").is_file() {
            continue;
        }
        let facts = fs::read_to_string(folder.join("uevent"))?;
        let fact = |key: &str| facts.lines().find_map(|line| line.strip_prefix(key));
        if fact("PARTNAME=") == Some(LABEL)
            && let Some(name) = fact("DEVNAME=")
        {
            return Ok(Some(dev.join(name)));
        }
    }
    Ok(None)
}

/// The partition, opened.
///
/// # Errors
/// When the device cannot be opened.
pub fn open(device: &Path) -> io::Result<Volume> {
    Volume::new(OpenOptions::new().read(true).write(true).open(device)?)
}

/// What lies on the partition.
pub enum Content {
    /// Nothing of a set.
    Nothing,
    /// What is left of the set with this hash.
    Leftover(String),
    /// A set, good or bad.
    Set,
}

/// Looks what there is.
///
/// # Errors
/// When the volume cannot be read.
pub fn content(volume: &Volume) -> io::Result<Content> {
    let items = volume.list("")?;
    if items.iter().any(|i| i.name.eq_ignore_ascii_case(MARK)) {
        let mark = volume.read(MARK, 64)?;
        return Ok(Content::Leftover(
            String::from_utf8_lossy(&mark).into_owned(),
        ));
    }
    let own = |item: &Item| {
        let name = item.name.to_ascii_lowercase();
        name == READER || name == "credentials"
    };
    Ok(if items.iter().any(own) {
        Content::Set
    } else {
        Content::Nothing
    })
}

/// The partition without the mark: one that was cut off while it was written says nothing.
pub struct Unmarked<'a>(pub &'a Volume);

impl Folder for Unmarked<'_> {
    fn list(&self, path: &str) -> io::Result<Vec<Item>> {
        let mut items = self.0.list(path)?;
        if path.is_empty() {
            items.retain(|item| !item.name.eq_ignore_ascii_case(MARK));
        }
        Ok(items)
    }

    fn read(&self, path: &str, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        self.0.read(path, limit)
    }
}

/// Empties the partition of the set with this hash, which is sealed and in force.
///
/// # Errors
/// When the volume cannot be written; the next boot tries again.
pub fn empty(volume: &Volume, hash: &str) -> io::Result<()> {
    volume.mark(MARK, hash.as_bytes())?;
    for credential in &CREDENTIALS {
        if matches!(credential.kind, Kind::Key(_)) {
            missing_is_fine(volume.overwrite(credential.path, MAX_PEM))?;
        }
    }
    for path in CREDENTIALS.iter().map(|c| c.path).chain([READER]) {
        missing_is_fine(volume.remove(path))?;
    }
    for folder in ["credentials/uplink", "credentials/terminal", "credentials"] {
        let Ok(items) = volume.list(folder) else {
            continue;
        };
        for item in items {
            // What a computer left there would keep the folder.
            if left_behind(&item.name) && matches!(item.kind, ItemKind::File(_)) {
                volume.remove(&format!("{folder}/{}", item.name))?;
            }
        }
        missing_is_fine(volume.remove(folder))?;
    }
    volume.remove(MARK)
}

fn missing_is_fine(result: io::Result<()>) -> io::Result<()> {
    crate::files::gone(result)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::symlink;

    use super::*;

    /// A `/sys` and `/dev` with one disk of these partitions.
    fn disk(partitions: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let (sys, dev) = (dir.path().join("sys"), dir.path().join("dev"));
        let disk = sys.join("devices/pci/block/vda");
        fs::create_dir_all(sys.join("class/block")).unwrap();
        fs::create_dir_all(disk.join("queue")).unwrap();
        fs::create_dir_all(dev.join("uketsuke")).unwrap();
        for (name, label) in partitions {
            let folder = disk.join(name);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("partition"), "1\n").unwrap();
            let facts = format!("MAJOR=254\nDEVNAME={name}\nDEVTYPE=partition\nPARTNAME={label}\n");
            fs::write(folder.join("uevent"), facts).unwrap();
            fs::write(dev.join(name), "").unwrap();
            symlink(&folder, sys.join("class/block").join(name)).unwrap();
        }
        symlink("../vda1", dev.join("uketsuke/efi")).unwrap();
        dir
    }

    fn found(dir: &tempfile::TempDir) -> Option<PathBuf> {
        let dev = dir.path().join("dev");
        find(&dir.path().join("sys"), &dev, &dev.join("uketsuke/efi")).unwrap()
    }

    #[test]
    fn the_partition_is_found_on_the_booted_disk_by_its_label() {
        let dir = disk(&[("vda1", "efi-a"), ("vda8", "provision"), ("vda9", "data")]);
        assert_eq!(found(&dir), Some(dir.path().join("dev/vda8")));
    }

    #[test]
    fn a_disk_without_one_or_an_unknown_disk_has_none() {
        let dir = disk(&[("vda1", "efi-a"), ("vda2", "provision-old")]);
        assert_eq!(found(&dir), None);
        fs::remove_file(dir.path().join("dev/uketsuke/efi")).unwrap();
        assert_eq!(found(&dir), None);
    }
}
