// SPDX-License-Identifier: MIT OR Apache-2.0
//! Making old data unreadable: the LUKS header with its key slots, then the space behind it.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate};

use super::probe::{HEADER, RESET_MARK};

const CHUNK: usize = 1 << 20;

/// Overwrites the first 16 MiB: nothing is left of a LUKS2 header, its copy and its key slots, and
/// without them the rest is noise. The first sector says why, and is durable before anything else,
/// so that a power cut cannot leave something that looks half sound.
pub fn erase_header(node: &Path) -> io::Result<()> {
    let mut file = open(node)?;
    let mut first = [0; 4096];
    first[..RESET_MARK.len()].copy_from_slice(RESET_MARK);
    let size = size(&mut file)?;
    let length = HEADER.min(size);
    write_at(
        &mut file,
        0,
        &first[..first.len().min(usize::try_from(size).unwrap_or(usize::MAX))],
    )?;
    file.sync_all()?;
    let zeros = vec![0; CHUNK];
    let mut offset = first.len() as u64;
    while offset < length {
        let part = usize::try_from(length - offset).unwrap_or(CHUNK).min(CHUNK);
        write_at(&mut file, offset, &zeros[..part])?;
        offset += part as u64;
    }
    file.sync_all()
}

/// Asks the disk to make everything behind the header read as zeros. Disks that can, do so in
/// milliseconds; others refuse, and the answer is an error.
pub fn discard(node: &Path) -> io::Result<()> {
    let mut file = open(node)?;
    let size = size(&mut file)?;
    if size <= HEADER {
        return Ok(());
    }
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    fallocate(&file, flags, HEADER, size - HEADER)?;
    file.sync_all()
}

fn open(node: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(node)
}

fn size(file: &mut File) -> io::Result<u64> {
    file.seek(SeekFrom::End(0))
}

fn write_at(file: &mut File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;
    use crate::data::probe::{Content, probe};

    #[test]
    fn nothing_of_the_header_is_left_and_the_reset_is_known() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), vec![0xaa; 20 << 20]).unwrap();
        erase_header(file.path()).unwrap();
        assert_eq!(probe(file.path()).unwrap(), Content::Reset);
        let bytes = fs::read(file.path()).unwrap();
        assert!(
            bytes[RESET_MARK.len()..16 << 20]
                .iter()
                .all(|byte| *byte == 0)
        );
        assert!(bytes[16 << 20..].iter().all(|byte| *byte == 0xaa));
        discard(file.path()).unwrap();
        let bytes = fs::read(file.path()).unwrap();
        assert_eq!(bytes.len(), 20 << 20);
        assert!(bytes[16 << 20..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_partition_smaller_than_a_header_is_erased_whole() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), vec![0xaa; 6000]).unwrap();
        erase_header(file.path()).unwrap();
        discard(file.path()).unwrap();
        let bytes = fs::read(file.path()).unwrap();
        assert_eq!(bytes.len(), 6000);
        assert!(bytes[RESET_MARK.len()..].iter().all(|byte| *byte == 0));
    }
}
