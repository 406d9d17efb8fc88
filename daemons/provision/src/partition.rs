// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `provision` partition of a built-in disk: found, read, and emptied once its secrets are
//! sealed. The one on the disk this box was booted from comes first; one on another built-in disk
//! is as good (whoever can add a disk can write to the first); on USB or a medium that can be taken
//! out it is none, that is what service sticks are for.
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

/// Why the partition cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The kernel's description of the disks cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Which one is meant?
    #[error("several partitions are labelled {LABEL}: {0}; none is taken")]
    Several(String),
}

/// The partition, where the box has one.
///
/// # Errors
/// [`FindError`].
pub fn find(sys: &Path, dev: &Path) -> Result<Option<PathBuf>, FindError> {
    // What udev found on the booted disk (60-uketsuke-slots.rules).
    if let Ok(booted) = fs::canonicalize(dev.join("uketsuke").join(LABEL)) {
        return Ok(Some(booted));
    }
    let blocks = sys.join("class/block");
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| FindError::Read { path, source }
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(&blocks).map_err(at(&blocks))? {
        let link = entry.map_err(at(&blocks))?.path();
        // A disk may go while the list is read.
        let Ok(folder) = fs::canonicalize(&link) else {
            continue;
        };
        if folder.join("partition").is_file()
            && let Some(name) = labelled(&folder).map_err(at(&link))?
            && is_built_in(&folder)
        {
            found.push(dev.join(name));
        }
    }
    found.sort();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        several => {
            let names: Vec<_> = several.iter().map(|p| p.display().to_string()).collect();
            Err(FindError::Several(names.join(", ")))
        }
    }
}

/// The device's name, when the partition has the label.
fn labelled(folder: &Path) -> io::Result<Option<String>> {
    let facts = fs::read_to_string(folder.join("uevent"))?;
    let fact = |key: &str| facts.lines().find_map(|line| line.strip_prefix(key));
    let name = fact("DEVNAME=").filter(|_| fact("PARTNAME=") == Some(LABEL));
    Ok(name.map(str::to_owned))
}

/// Whether a partition's disk is neither on USB nor to be taken out.
fn is_built_in(folder: &Path) -> bool {
    let names = folder.components().map(|c| c.as_os_str().to_string_lossy());
    let on_usb = names.into_iter().any(|name| name.starts_with("usb"));
    let removable = folder
        .parent()
        .and_then(|disk| fs::read_to_string(disk.join("removable")).ok())
        .is_none_or(|text| text.trim() != "0");
    !on_usb && !removable
}

/// The partition, opened.
///
/// # Errors
/// When the device cannot be opened.
pub fn open(device: &Path) -> io::Result<Volume> {
    let open = |write: bool| OpenOptions::new().read(true).write(write).open(device);
    // A disk that is locked against writing is read all the same; its keys then stay, which is said.
    Volume::new(open(true).or_else(|_| open(false))?)
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

    /// A `/sys` and `/dev` with these partitions: path of the disk, whether it can be taken out,
    /// name, label.
    fn machine(partitions: &[(&str, bool, &str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let (sys, dev) = (dir.path().join("sys"), dir.path().join("dev"));
        fs::create_dir_all(sys.join("class/block")).unwrap();
        fs::create_dir_all(dev.join("uketsuke")).unwrap();
        for (disk, removable, name, label) in partitions {
            let disk = sys.join("devices").join(disk);
            let folder = disk.join(name);
            fs::create_dir_all(&folder).unwrap();
            fs::write(
                disk.join("removable"),
                if *removable { "1\n" } else { "0\n" },
            )
            .unwrap();
            fs::write(folder.join("partition"), "1\n").unwrap();
            let facts = format!("MAJOR=254\nDEVNAME={name}\nDEVTYPE=partition\nPARTNAME={label}\n");
            fs::write(folder.join("uevent"), facts).unwrap();
            fs::write(dev.join(name), "").unwrap();
            symlink(&folder, sys.join("class/block").join(name)).unwrap();
            if !sys
                .join("class/block")
                .join(disk.file_name().unwrap())
                .exists()
            {
                fs::write(disk.join("uevent"), "DEVTYPE=disk\n").unwrap();
                let link = sys.join("class/block").join(disk.file_name().unwrap());
                symlink(&disk, link).unwrap();
            }
        }
        dir
    }

    fn found(dir: &tempfile::TempDir) -> Result<Option<PathBuf>, FindError> {
        find(&dir.path().join("sys"), &dir.path().join("dev"))
    }

    const FIRST: &str = "pci/virtio0/block/vda";
    const SECOND: &str = "pci/virtio1/block/vdb";

    #[test]
    fn a_built_in_disk_is_searched_by_label() {
        let dir = machine(&[
            (FIRST, false, "vda1", "efi-a"),
            (FIRST, false, "vda9", "data"),
            (SECOND, false, "vdb1", "provision"),
        ]);
        assert_eq!(found(&dir).unwrap(), Some(dir.path().join("dev/vdb1")));
    }

    #[test]
    fn the_booted_disk_comes_first() {
        let dir = machine(&[
            (FIRST, false, "vda8", "provision"),
            (SECOND, false, "vdb1", "provision"),
        ]);
        let error = found(&dir).unwrap_err().to_string();
        assert!(error.contains("vda8") && error.contains("vdb1"), "{error}");
        symlink("../vda8", dir.path().join("dev/uketsuke/provision")).unwrap();
        assert_eq!(found(&dir).unwrap(), Some(dir.path().join("dev/vda8")));
    }

    #[test]
    fn sticks_and_media_that_can_be_taken_out_are_none() {
        let dir = machine(&[
            (FIRST, false, "vda1", "efi-a"),
            ("pci/usb1/1-1/block/sda", false, "sda1", "provision"),
            ("pci/mmc0/block/mmcblk1", true, "mmcblk1p1", "provision"),
            (SECOND, false, "vdb1", "provision-old"),
        ]);
        assert_eq!(found(&dir).unwrap(), None);
    }
}
