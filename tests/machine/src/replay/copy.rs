// SPDX-License-Identifier: MIT OR Apache-2.0
//! A copy of a disk, or of one partition of it, that recorded writes are applied to.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::unistd::{Whence, lseek64};

use super::cut::{Cut, Left};
use super::log::{Act, Entry, Log, LogError, SECTOR};
use crate::disk::{DiskError, Extent, failed};

/// Bytes moved at once.
const PIECE: u64 = 1 << 20;
/// For a quick comparison.
static ZEROS: [u8; PIECE as usize] = [0; PIECE as usize];

/// Why a copy could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A file.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A file that holds this part of a disk.
#[derive(Debug)]
pub struct Copy {
    path: PathBuf,
    file: File,
    extent: Extent,
    /// So many entries of the log are in it.
    applied: usize,
}

impl Copy {
    /// Copies a part of `disk` to a new file; what is empty there takes no room here.
    ///
    /// # Errors
    /// [`CopyError::Disk`].
    pub fn of(disk: &Path, extent: Extent, path: &Path) -> Result<Self, CopyError> {
        let source = File::open(disk).map_err(failed("open", disk))?;
        let file = File::options()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(path)
            .map_err(failed("make", path))?;
        file.set_len(extent.length).map_err(failed("size", path))?;
        let copied = holding(&source, extent).and_then(|ranges| {
            ranges
                .into_iter()
                .try_for_each(|range| transfer(&source, range, &file, extent.offset))
        });
        copied.map_err(failed("copy", disk))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            extent,
            applied: 0,
        })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Applies whole entries until so many are in it.
    ///
    /// # Errors
    /// [`CopyError`].
    pub fn advance(&mut self, log: &Log, count: usize) -> Result<(), CopyError> {
        for number in self.applied..count {
            self.apply(log, &log.entries[number], &Left::Whole)?;
        }
        self.applied = self.applied.max(count);
        Ok(())
    }

    /// Applies what a power cut leaves. The copy must not be beyond what is durable then.
    ///
    /// # Errors
    /// [`CopyError`].
    pub fn cut(&mut self, log: &Log, cut: &Cut) -> Result<(), CopyError> {
        assert!(
            self.applied <= cut.durable,
            "this copy is beyond entry {}",
            cut.durable
        );
        self.advance(log, cut.durable)?;
        for (number, left) in &cut.left {
            self.apply(log, &log.entries[*number], left)?;
        }
        self.applied = cut.after;
        Ok(())
    }

    /// A copy of this copy.
    ///
    /// # Errors
    /// [`CopyError::Disk`].
    pub fn twin(&self, path: &Path) -> Result<Self, CopyError> {
        let whole = Extent {
            offset: 0,
            length: self.extent.length,
        };
        let twin = Self::of(&self.path, whole, path)?;
        Ok(Self {
            extent: self.extent,
            applied: self.applied,
            ..twin
        })
    }

    /// A copy of a part of this copy, which must hold a disk from its first byte on.
    ///
    /// # Errors
    /// [`CopyError::Disk`].
    pub fn part(&self, extent: Extent, path: &Path) -> Result<Self, CopyError> {
        assert_eq!(self.extent.offset, 0, "this copy is itself a part");
        let part = Self::of(&self.path, extent, path)?;
        Ok(Self {
            applied: self.applied,
            ..part
        })
    }

    fn apply(&self, log: &Log, entry: &Entry, left: &Left) -> Result<(), CopyError> {
        let whole = 0..entry.length / SECTOR;
        let ranges = match left {
            Left::Whole => std::slice::from_ref(&whole),
            Left::Sectors(ranges) => ranges,
        };
        for range in ranges {
            let from = entry.offset + range.start * SECTOR;
            let to = entry.offset + range.end * SECTOR;
            // What of it lies in this part of the disk.
            let from = from.max(self.extent.offset);
            let to = to.min(self.extent.offset + self.extent.length);
            if from >= to {
                continue;
            }
            match entry.act {
                Act::Flush => {}
                Act::Write { .. } => self.write(log, entry, from..to)?,
                Act::Discard => self.forget(from..to)?,
            }
        }
        Ok(())
    }

    fn write(&self, log: &Log, entry: &Entry, range: Range<u64>) -> Result<(), CopyError> {
        let mut bytes = vec![0; (range.end - range.start).min(PIECE) as usize];
        let mut at = range.start;
        while at < range.end {
            let count = (range.end - at).min(PIECE) as usize;
            let bytes = &mut bytes[..count];
            log.read(entry, at - entry.offset, bytes)?;
            let place = at - self.extent.offset;
            if *bytes == ZEROS[..count] {
                // Zeros that were written need no room either.
                self.forget(at..at + count as u64)?;
            } else {
                self.file
                    .write_all_at(bytes, place)
                    .map_err(failed("write", &self.path))?;
            }
            at += count as u64;
        }
        Ok(())
    }

    fn forget(&self, range: Range<u64>) -> Result<(), CopyError> {
        let flags = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        let from = (range.start - self.extent.offset).cast_signed();
        let length = (range.end - range.start).cast_signed();
        let punched = fallocate(self.file.as_fd(), flags, from, length);
        punched
            .map_err(io::Error::from)
            .map_err(failed("empty", &self.path))?;
        Ok(())
    }
}

/// The parts of a file within `extent` that hold data.
fn holding(file: &File, extent: Extent) -> io::Result<Vec<Range<u64>>> {
    let end = (extent.offset + extent.length).min(file.metadata()?.len());
    let mut ranges = Vec::new();
    let mut at = extent.offset;
    while at < end {
        let from = match lseek64(file, at.cast_signed(), Whence::SeekData) {
            Ok(from) => from.cast_unsigned(),
            // Nothing but emptiness is left.
            Err(Errno::ENXIO) => break,
            Err(error) => return Err(error.into()),
        };
        let to = lseek64(file, from.cast_signed(), Whence::SeekHole)?.cast_unsigned();
        if from < end {
            ranges.push(from..to.min(end));
        }
        at = to;
    }
    Ok(ranges)
}

/// Copies a range to where it lies behind `start`.
fn transfer(source: &File, range: Range<u64>, file: &File, start: u64) -> io::Result<()> {
    let mut bytes = vec![0; (range.end - range.start).min(PIECE) as usize];
    let mut at = range.start;
    while at < range.end {
        let count = (range.end - at).min(PIECE) as usize;
        source.read_exact_at(&mut bytes[..count], at)?;
        file.write_all_at(&bytes[..count], at - start)?;
        at += count as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::log::made_up::{discard, flush, log, write};
    use super::*;
    use std::os::unix::fs::MetadataExt;

    const WINDOW: Extent = Extent {
        offset: 10 * SECTOR,
        length: 10 * SECTOR,
    };

    /// First byte of each sector.
    fn sectors(copy: &Copy) -> Vec<u8> {
        let bytes = std::fs::read(copy.path()).unwrap();
        bytes.chunks(512).map(|sector| sector[0]).collect()
    }

    #[test]
    fn entries_are_applied_as_far_as_they_lie_in_the_window() {
        let folder = tempfile::tempdir().unwrap();
        let disk = folder.path().join("disk");
        std::fs::write(&disk, vec![1; 40 * 512]).unwrap();
        let entries = [
            write(8, 4, 2),
            write(0, 10, 3),
            flush(),
            discard(18, 10),
            write(14, 2, 4),
        ];
        let log = log(folder.path(), &entries);
        let mut copy = Copy::of(&disk, WINDOW, &folder.path().join("copy")).unwrap();
        assert_eq!(sectors(&copy), [1; 10]);
        copy.advance(&log, 3).unwrap();
        assert_eq!(sectors(&copy), [2, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
        let mut twin = copy.twin(&folder.path().join("twin")).unwrap();
        let cut = Cut {
            after: 5,
            durable: 3,
            left: vec![(4, Left::Sectors(std::iter::once(1..2).collect()))],
        };
        twin.cut(&log, &cut).unwrap();
        assert_eq!(sectors(&twin), [2, 2, 1, 1, 1, 4, 1, 1, 1, 1]);
        copy.advance(&log, 5).unwrap();
        assert_eq!(sectors(&copy), [2, 2, 1, 1, 4, 4, 1, 1, 0, 0]);
    }

    #[test]
    fn emptiness_takes_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let disk = folder.path().join("disk");
        let file = File::create_new(&disk).unwrap();
        file.set_len(1 << 30).unwrap();
        file.write_all_at(&[5; 4096], 512 << 20).unwrap();
        let all = Extent {
            offset: 0,
            length: 1 << 30,
        };
        let mut copy = Copy::of(&disk, all, &folder.path().join("copy")).unwrap();
        let log = log(folder.path(), &[write(0, 4096, 0), discard(0, 1 << 20)]);
        let mut byte = [0];
        copy.file.read_exact_at(&mut byte, 512 << 20).unwrap();
        assert_eq!(byte, [5]);
        copy.advance(&log, 1).unwrap();
        let metadata = std::fs::metadata(copy.path()).unwrap();
        assert_eq!(metadata.len(), 1 << 30);
        assert!(metadata.blocks() * 512 < 1 << 20, "{}", metadata.blocks());
    }
}
