// SPDX-License-Identifier: MIT OR Apache-2.0
//! Disks: an overlay per test over the image, the provisioning disk, and single blocks.

use std::collections::HashSet;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::tools::{Tools, ToolsError};

/// Why a disk could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// A tool.
    #[error(transparent)]
    Tools(#[from] ToolsError),
    /// A file.
    #[error("cannot {act} {path}")]
    File {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No partition table.
    #[error("cannot read the partitions of {path}")]
    Partitions {
        /// The image.
        path: PathBuf,
        /// Why.
        #[source]
        source: gpt::GptError,
    },
    /// No dm-verity partition with blocks of [`BLOCK`].
    #[error("partition {label:?} of {path} is no dm-verity hash area of {BLOCK}-byte blocks")]
    NoVerity {
        /// The image.
        path: PathBuf,
        /// Which.
        label: String,
    },
    /// No such partition.
    #[error("{path} has no partition {label:?}")]
    NoPartition {
        /// The image.
        path: PathBuf,
        /// Which.
        label: String,
    },
}

/// Turns an error of a file into one that says which.
pub(crate) fn failed(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DiskError {
    let path = path.to_owned();
    move |source| DiskError::File { act, path, source }
}

/// Size of a disk: a reader makes its data partition in the room behind the image.
pub const SIZE: u64 = 8 << 30;
/// Size of a disk whose writes are recorded: the first start zeroes its data partition, and the
/// record of that takes as much room again.
pub const RECORDED: u64 = 2 << 30;

/// Makes `overlay`, which holds what a test changes of `image`, on a disk of this size.
///
/// # Errors
/// [`DiskError::Tools`].
pub async fn overlay(
    tools: &Tools,
    image: &Path,
    overlay: &Path,
    size: u64,
) -> Result<(), DiskError> {
    let (image, overlay) = (tools.inside(image)?, tools.inside(overlay)?);
    let size = size.to_string();
    let arguments = [
        "create".as_ref(),
        "-q".as_ref(),
        "-f".as_ref(),
        "qcow2".as_ref(),
        "-F".as_ref(),
        "raw".as_ref(),
        "-b".as_ref(),
        image.as_os_str(),
        overlay.as_os_str(),
        size.as_ref(),
    ];
    tools.run("qemu-img", arguments).await?;
    Ok(())
}

/// Makes `disk`, a raw disk of [`RECORDED`] bytes that begins with all of `image`.
///
/// # Errors
/// [`DiskError::File`].
pub fn raw(image: &Path, disk: &Path) -> Result<(), DiskError> {
    copy(image, disk)?;
    let file = File::options().write(true).open(disk);
    let sized = file.and_then(|file| file.set_len(RECORDED));
    sized.map_err(failed("size", disk))
}

/// Where a partition lies, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// First byte.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
}

/// Finds a partition of a raw image by its GPT label.
///
/// # Errors
/// [`DiskError::Partitions`], [`DiskError::NoPartition`].
pub fn partition(image: &Path, label: &str) -> Result<Extent, DiskError> {
    let disk = gpt::GptConfig::new()
        .writable(false)
        .open(image)
        .map_err(|source| DiskError::Partitions {
            path: image.to_owned(),
            source,
        })?;
    let block: u64 = (*disk.logical_block_size()).into();
    let found = disk.partitions().values().find(|p| p.name == label);
    found
        .map(|partition| Extent {
            offset: partition.first_lba * block,
            length: (partition.last_lba + 1 - partition.first_lba) * block,
        })
        .ok_or_else(|| DiskError::NoPartition {
            path: image.to_owned(),
            label: label.to_owned(),
        })
}

/// Block size of dm-verity and of EROFS here.
pub const BLOCK: u64 = 4096;

/// One bit of one block, to be turned over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flip {
    /// Byte on the disk.
    pub byte: u64,
    /// Bit of that byte, 0 to 7.
    pub bit: u8,
}

/// Turns bits over in an overlay that is not in use; their blocks must not have been written since
/// the overlay was made. Returns after the blocks are in the overlay.
///
/// # Errors
/// [`DiskError`].
pub async fn flip(
    tools: &Tools,
    image: &Path,
    overlay: &Path,
    flips: &[Flip],
) -> Result<(), DiskError> {
    let mut source = File::open(image).map_err(failed("open", image))?;
    let mut arguments: Vec<String> = ["-f", "qcow2"].map(str::to_owned).into();
    for (number, flip) in flips.iter().enumerate() {
        let start = flip.byte - flip.byte % BLOCK;
        let mut block = vec![0; BLOCK as usize];
        source
            .seek(SeekFrom::Start(start))
            .and_then(|_| source.read_exact(&mut block))
            .map_err(failed("read", image))?;
        block[(flip.byte - start) as usize] ^= 1 << flip.bit;
        let file = overlay.with_extension(format!("flip-{number}"));
        fs::write(&file, &block).map_err(failed("write", &file))?;
        let inside = tools.inside(&file)?;
        arguments.push("-c".to_owned());
        arguments.push(format!("write -s {} {start} {BLOCK}", inside.display()));
    }
    arguments.push(tools.inside(overlay)?.display().to_string());
    let said = tools.run("qemu-io", arguments).await?;
    // qemu-io says so and still ends well when a command failed.
    let written = said.matches("wrote 4096/4096").count();
    if written != flips.len() {
        let source = io::Error::other(format!("{written} of {} blocks: {said}", flips.len()));
        return Err(failed("write blocks of", overlay)(source));
    }
    for number in 0..flips.len() {
        let file = overlay.with_extension(format!("flip-{number}"));
        fs::remove_file(&file).map_err(failed("remove", &file))?;
    }
    Ok(())
}

/// Makes a raw disk of what an overlay and its image hold together.
///
/// # Errors
/// [`DiskError::Tools`].
pub async fn flatten(tools: &Tools, overlay: &Path, raw: &Path) -> Result<(), DiskError> {
    let (overlay, raw) = (tools.inside(overlay)?, tools.inside(raw)?);
    let options = ["convert", "-f", "qcow2", "-O", "raw"].map(AsRef::<std::ffi::OsStr>::as_ref);
    let files = [overlay.as_os_str(), raw.as_os_str()];
    tools
        .run("qemu-img", options.into_iter().chain(files))
        .await?;
    Ok(())
}

/// Bytes of the blocks of slot B's partitions that are nowhere in slot A's: what an update from A
/// could not have found there. Blocks of zeros need not be fetched and do not count.
///
/// # Errors
/// [`DiskError`].
pub fn changed(raw: &Path) -> Result<u64, DiskError> {
    let mut count = 0;
    for kind in ["efi", "root", "verity"] {
        let mut known = HashSet::from([of(&[0; BLOCK as usize])]);
        blocks(raw, &format!("{kind}-a"), |hash| {
            known.insert(hash);
        })?;
        blocks(raw, &format!("{kind}-b"), |hash| {
            count += u64::from(known.insert(hash));
        })?;
    }
    Ok(count * BLOCK)
}

/// Whether a partition is the same in two raw disks.
///
/// # Errors
/// [`DiskError`].
pub fn same(one: &Path, other: &Path, label: &str) -> Result<bool, DiskError> {
    let hashes = |raw| {
        let mut hashes = Vec::new();
        blocks(raw, label, |hash| hashes.push(hash)).map(|()| hashes)
    };
    Ok(hashes(one)? == hashes(other)?)
}

fn of(block: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(block);
    hasher.finish()
}

fn blocks(raw: &Path, label: &str, mut each: impl FnMut(u64)) -> Result<(), DiskError> {
    let extent = partition(raw, label)?;
    let mut file = File::open(raw).map_err(failed("open", raw))?;
    file.seek(SeekFrom::Start(extent.offset))
        .map_err(failed("read", raw))?;
    let mut reader = BufReader::with_capacity(1 << 20, file.take(extent.length));
    let mut block = [0; BLOCK as usize];
    for _ in 0..extent.length / BLOCK {
        reader.read_exact(&mut block).map_err(failed("read", raw))?;
        each(of(&block));
    }
    Ok(())
}

/// Data blocks that a dm-verity partition of this label vouches for, from its superblock
/// (cryptsetup's on-disk format: magic at 0, data block size at 64, their number at 72,
/// little-endian).
///
/// # Errors
/// [`DiskError`].
pub fn verity_blocks(raw: &Path, label: &str) -> Result<u64, DiskError> {
    let extent = partition(raw, label)?;
    let mut head = [0; 80];
    let mut file = File::open(raw).map_err(failed("open", raw))?;
    file.seek(SeekFrom::Start(extent.offset))
        .and_then(|_| file.read_exact(&mut head))
        .map_err(failed("read", raw))?;
    let size = u32::from_le_bytes([head[64], head[65], head[66], head[67]]);
    if !head.starts_with(b"verity\0\0") || u64::from(size) != BLOCK {
        return Err(DiskError::NoVerity {
            path: raw.to_owned(),
            label: label.to_owned(),
        });
    }
    let mut count = [0; 8];
    count.copy_from_slice(&head[72..]);
    Ok(u64::from_le_bytes(count))
}

/// Copies a file and keeps its holes: a variables store or a saved overlay.
///
/// # Errors
/// [`DiskError::File`].
pub fn copy(from: &Path, to: &Path) -> Result<(), DiskError> {
    fs::copy(from, to).map_err(failed("copy", from))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeMap;
    use std::os::unix::fs::FileExt;

    #[test]
    fn partitions_are_found_by_their_label() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk");
        let file = File::create_new(&path).unwrap();
        file.set_len(16 << 20).unwrap();
        let mut disk = gpt::GptConfig::new().writable(true).create(&path).unwrap();
        disk.update_partitions(BTreeMap::new()).unwrap();
        let linux = gpt::partition_types::LINUX_FS;
        disk.add_partition("efi-a", 1 << 20, linux.clone(), 0, None)
            .unwrap();
        disk.add_partition("root-a", 4 << 20, linux, 0, None)
            .unwrap();
        disk.write().unwrap();
        let (efi, root) = (
            partition(&path, "efi-a").unwrap(),
            partition(&path, "root-a").unwrap(),
        );
        assert_eq!((efi.length, root.length), (1 << 20, 4 << 20));
        assert!(root.offset >= efi.offset + efi.length);
        let other = folder.path().join("other");
        copy(&path, &other).unwrap();
        assert!(same(&path, &other, "root-a").unwrap());
        let altered = File::options().write(true).open(&other).unwrap();
        altered.write_all_at(b"x", root.offset + 5000).unwrap();
        assert!(!same(&path, &other, "root-a").unwrap());
        assert!(same(&path, &other, "efi-a").unwrap());
        let error = partition(&path, "root-b").unwrap_err().to_string();
        assert!(error.contains("root-b"), "{error}");
        assert!(matches!(
            verity_blocks(&path, "root-a"),
            Err(DiskError::NoVerity { .. })
        ));
        fs::write(&path, [0; 4096]).unwrap();
        assert!(matches!(
            partition(&path, "root-a"),
            Err(DiskError::Partitions { .. })
        ));
    }
}
