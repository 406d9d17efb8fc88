// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a data partition holds, by its first bytes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;
use std::collections::BTreeMap;

/// First sector of a partition that a factory reset has erased.
pub const RESET_MARK: &[u8; 16] = b"UKETSUKE-RESET-1";
/// LUKS2 keeps 16 MiB in front of the data: two headers and the key slots (LUKS2 on-disk format,
/// section 2.1). Gone with them, the rest is noise.
pub const HEADER: u64 = 16 * 1024 * 1024;

const LUKS_MAGIC: &[u8; 6] = b"LUKS\xba\xbe";
const LUKS_BACKUP_MAGIC: &[u8; 6] = b"SKUL\xba\xbe";
/// Where the second LUKS2 header may start: after a first one of 16 KiB to 4 MiB (section 2.2).
const LUKS_BACKUPS: std::ops::RangeInclusive<u32> = 14..=22;
/// Binary part of a LUKS2 header, before its JSON (section 2.2); field `hdr_size` at offset 8.
const LUKS_BINARY: usize = 4096;
/// Magic number of an ext2, 3 or 4 superblock, at this offset of the partition.
const EXT: (u64, [u8; 2]) = (1024 + 56, [0x53, 0xef]);

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// LUKS2, by its first or its second header.
    Luks(Seal),
    /// A file system without encryption.
    Ext4,
    /// A factory reset erased it.
    Reset,
    /// Nothing we know.
    Unknown,
}

/// What a LUKS2 key is bound to, as far as the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// TPM with our signed policy.
    Signed,
    /// TPM without one.
    Pcrs,
    /// No TPM key in the header that could be read.
    Unknown,
}

/// Looks at the partition `node`.
pub fn probe(node: &Path) -> io::Result<Content> {
    let mut file = File::open(node)?;
    let head: [u8; 16] = read_at(&mut file, 0)?;
    if head == *RESET_MARK {
        return Ok(Content::Reset);
    }
    if head.starts_with(LUKS_MAGIC) {
        return Ok(Content::Luks(seal(&mut file, 0)));
    }
    for shift in LUKS_BACKUPS {
        let offset = 1u64 << shift;
        let head: [u8; 6] = read_at(&mut file, offset)?;
        if head == *LUKS_BACKUP_MAGIC {
            return Ok(Content::Luks(seal(&mut file, offset)));
        }
    }
    let magic: [u8; 2] = read_at(&mut file, EXT.0)?;
    Ok(if magic == EXT.1 {
        Content::Ext4
    } else {
        Content::Unknown
    })
}

/// Zeros where the partition ends earlier.
fn read_at<const N: usize>(file: &mut File, offset: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(offset))?;
    match file.read_exact(&mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok([0; N]),
        Err(error) => Err(error),
        Ok(()) => Ok(bytes),
    }
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    tokens: BTreeMap<String, Token>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(rename = "type")]
    kind: String,
    /// Present in a token of `systemd-cryptenroll` when a public key may sign policies.
    tpm2_pubkey: Option<String>,
}

/// How the key of the header at `offset` is bound.
fn seal(file: &mut File, offset: u64) -> Seal {
    let Some(metadata) = metadata(file, offset) else {
        return Seal::Unknown;
    };
    let mut tokens = metadata
        .tokens
        .values()
        .filter(|t| t.kind == "systemd-tpm2");
    match tokens.next() {
        None => Seal::Unknown,
        Some(token) if token.tpm2_pubkey.is_some() => Seal::Signed,
        Some(_) => Seal::Pcrs,
    }
}

fn metadata(file: &mut File, offset: u64) -> Option<Metadata> {
    let size = u64::from_be_bytes(read_at(file, offset + 8).ok()?);
    // Sizes the format allows; anything else is a broken header.
    if !(1 << *LUKS_BACKUPS.start()..=1 << *LUKS_BACKUPS.end()).contains(&size) {
        return None;
    }
    file.seek(SeekFrom::Start(offset + LUKS_BINARY as u64))
        .ok()?;
    let mut json = Vec::new();
    let length = size - LUKS_BINARY as u64;
    file.take(length).read_to_end(&mut json).ok()?;
    let end = json.iter().position(|byte| *byte == 0)?;
    serde_json::from_slice(&json[..end]).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;

    fn probe_bytes(writes: &[(usize, &[u8])]) -> Content {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut bytes = vec![0; 5 << 20];
        for (offset, data) in writes {
            bytes[*offset..offset + data.len()].copy_from_slice(data);
        }
        fs::write(file.path(), bytes).unwrap();
        probe(file.path()).unwrap()
    }

    #[test]
    fn contents_are_told_apart() {
        assert_eq!(probe_bytes(&[]), Content::Unknown);
        assert_eq!(probe_bytes(&[(0, RESET_MARK)]), Content::Reset);
        assert_eq!(probe_bytes(&[(1080, &EXT.1)]), Content::Ext4);
        assert_eq!(
            probe_bytes(&[(0, LUKS_MAGIC)]),
            Content::Luks(Seal::Unknown)
        );
    }

    #[test]
    fn a_reset_that_was_cut_short_is_still_a_reset() {
        let content = probe_bytes(&[(0, RESET_MARK), (16384, LUKS_BACKUP_MAGIC), (1080, &EXT.1)]);
        assert_eq!(content, Content::Reset);
    }

    #[test]
    fn the_second_header_is_enough() {
        for shift in LUKS_BACKUPS {
            let content = probe_bytes(&[(1 << shift, LUKS_BACKUP_MAGIC)]);
            assert_eq!(content, Content::Luks(Seal::Unknown));
        }
    }

    #[test]
    fn the_header_says_how_the_key_is_sealed() {
        let cases: [(&[u8], Seal); 4] = [
            (
                br#"{"tokens":{"0":{"type":"systemd-tpm2","tpm2_pubkey":"LS0t"}}}"#,
                Seal::Signed,
            ),
            (
                br#"{"tokens":{"0":{"type":"systemd-tpm2"}},"x":1}"#,
                Seal::Pcrs,
            ),
            (br#"{"tokens":{}}"#, Seal::Unknown),
            (br#"{"tokens":"#, Seal::Unknown),
        ];
        for (json, seal) in cases {
            let size = 16384u64.to_be_bytes();
            let content = probe_bytes(&[(0, LUKS_MAGIC), (8, &size), (4096, json)]);
            assert_eq!(content, Content::Luks(seal));
        }
    }

    #[test]
    fn a_tiny_partition_is_no_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), b"LUKS").unwrap();
        assert_eq!(probe(file.path()).unwrap(), Content::Unknown);
    }
}
