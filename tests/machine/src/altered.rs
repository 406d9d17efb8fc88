// SPDX-License-Identifier: MIT OR Apache-2.0
//! A bundle of RAUC's `verity` format with wrong bytes, and where each of them would be noticed.
//!
//! Such a bundle is a file system, the dm-verity hash tree over it, and a signature that names the
//! tree's root (RAUC reference, "Bundle Formats"). The tree has the top level first, then the next,
//! down to the hashes of the data; each of its blocks holds the hashes of as many blocks as fit in.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::Deserialize;

use crate::disk::{BLOCK, DiskError, failed};
use crate::tools::{Tools, ToolsError};

/// Hashes (SHA-256) in one block of the tree.
const FAN: u64 = BLOCK / 32;
/// Bytes behind the signature that tell its length.
const TRAILER: u64 = 8;

/// Why a bundle's layout is not known.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// RAUC does not read it.
    #[error(transparent)]
    Tools(#[from] ToolsError),
    /// A file.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// What RAUC tells of it.
    #[error("RAUC's description of the bundle")]
    Told(#[from] serde_json::Error),
    /// The parts do not add up.
    #[error(
        "the bundle's parts do not add up: {size} bytes, signature {signature}, hash tree {tree}"
    )]
    Sum {
        /// All of it.
        size: u64,
        /// Bytes of the signature.
        signature: u64,
        /// Bytes of the hash tree.
        tree: u64,
    },
}

#[derive(Deserialize)]
struct Told {
    bundle: Verity,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Verity {
    verity_size: u64,
    verity_salt: String,
    verity_hash: String,
}

/// Who notices that a byte is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// Whoever reads this block of the file system.
    Data(u64),
    /// Whoever reads this block of the file system: a block of the tree above it is wrong.
    Tree(u64),
    /// Whoever looks at the signature.
    Signature,
}

/// Where the parts of a bundle lie.
#[derive(Debug)]
pub struct Layout {
    /// Bytes of the file system.
    data: u64,
    /// Bytes of the hash tree behind it.
    tree: u64,
    /// Bytes of the whole bundle.
    pub size: u64,
    salt: String,
    root: String,
}

impl Layout {
    /// Asks RAUC, which checks the signature on the way.
    ///
    /// # Errors
    /// [`BundleError`].
    pub async fn of(tools: &Tools, bundle: &Path) -> Result<Self, BundleError> {
        let told = info(tools, bundle).await?;
        let Told { bundle: verity } = serde_json::from_str(&told)?;
        let mut file = File::open(bundle).map_err(failed("open", bundle))?;
        let mut length = [0; TRAILER as usize];
        let size = file
            .seek(SeekFrom::End(-(TRAILER.cast_signed())))
            .and_then(|at| file.read_exact(&mut length).map(|()| at + TRAILER))
            .map_err(failed("read", bundle))?;
        let (signature, tree) = (u64::from_be_bytes(length), verity.verity_size);
        let data = size.checked_sub(TRAILER + signature + tree);
        let data = data.filter(|data| data % BLOCK == 0 && tree == hashes(data / BLOCK) * BLOCK);
        let data = data.ok_or(BundleError::Sum {
            size,
            signature,
            tree,
        })?;
        Ok(Self {
            data,
            tree,
            size,
            salt: verity.verity_salt,
            root: verity.verity_hash,
        })
    }

    /// Blocks of the file system.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.data / BLOCK
    }

    /// First byte of the signature.
    #[must_use]
    pub fn signature(&self) -> u64 {
        self.data + self.tree
    }

    /// Who notices a wrong byte.
    #[must_use]
    pub fn noticed(&self, byte: u64) -> Noticed {
        if byte < self.data {
            return Noticed::Data(byte / BLOCK);
        }
        if byte >= self.signature() {
            return Noticed::Signature;
        }
        let mut number = (byte - self.data) / BLOCK;
        for (level, blocks) in levels(self.blocks()).iter().enumerate().rev() {
            if number < *blocks {
                let below = (0..=level).fold(1, |below, _| below * FAN);
                return Noticed::Tree(number * below);
            }
            number -= blocks;
        }
        unreachable!("the tree's size is that of its levels, see `of`")
    }

    /// What systemd-veritysetup is to be told of a device with this bundle on it: `attach NAME` and
    /// these.
    #[must_use]
    pub fn attachment(&self, device: &str) -> String {
        let (root, salt, blocks, data) = (&self.root, &self.salt, self.blocks(), self.data);
        format!(
            "{device} {device} {root} superblock=no,format=1,hash=sha256,salt={salt},\
             data-block-size={BLOCK},hash-block-size={BLOCK},data-blocks={blocks},hash-offset={data}"
        )
    }
}

/// Blocks of each level of the tree over so many blocks, the one with their own hashes first.
fn levels(mut blocks: u64) -> Vec<u64> {
    let mut levels = Vec::new();
    while blocks > 1 {
        blocks = blocks.div_ceil(FAN);
        levels.push(blocks);
    }
    levels
}

/// Blocks of the whole tree.
fn hashes(blocks: u64) -> u64 {
    levels(blocks).iter().sum()
}

/// What RAUC says of a bundle whose signature it finds good.
///
/// # Errors
/// [`ToolsError::Failed`] with what it finds wrong.
pub async fn info(tools: &Tools, bundle: &Path) -> Result<String, ToolsError> {
    let inside = tools.inside(bundle)?;
    let arguments = [
        "--keyring=target/image/keys/ca.crt".as_ref(),
        "info".as_ref(),
        "--output-format=json-2".as_ref(),
        inside.as_os_str(),
    ];
    tools.run("rauc", arguments).await
}

/// Makes the byte another one; the same call again makes it what it was.
///
/// # Errors
/// [`DiskError::File`].
pub fn alter(path: &Path, byte: u64, mask: u8) -> Result<(), DiskError> {
    let turn = || -> io::Result<()> {
        let mut file = File::options().read(true).write(true).open(path)?;
        let mut value = [0];
        file.seek(SeekFrom::Start(byte))?;
        file.read_exact(&mut value)?;
        file.seek(SeekFrom::Start(byte))?;
        file.write_all(&[value[0] ^ mask])
    };
    turn().map_err(failed("alter", path))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// 300 blocks of data: three blocks of their hashes below one on top.
    fn layout() -> Layout {
        Layout {
            data: 300 * BLOCK,
            tree: hashes(300) * BLOCK,
            size: 305 * BLOCK,
            salt: "5a17".to_owned(),
            root: "0dd".to_owned(),
        }
    }

    #[test]
    fn a_byte_is_noticed_where_its_hash_is_looked_at() {
        let layout = layout();
        assert_eq!(layout.noticed(0), Noticed::Data(0));
        assert_eq!(layout.noticed(299 * BLOCK + 4095), Noticed::Data(299));
        assert_eq!(layout.noticed(300 * BLOCK), Noticed::Tree(0));
        assert_eq!(layout.noticed(301 * BLOCK), Noticed::Tree(0));
        assert_eq!(layout.noticed(302 * BLOCK), Noticed::Tree(FAN));
        assert_eq!(layout.noticed(303 * BLOCK + 7), Noticed::Tree(2 * FAN));
        assert_eq!(layout.noticed(304 * BLOCK), Noticed::Signature);
    }

    #[test]
    fn a_tree_has_one_block_on_top() {
        assert_eq!(levels(300), [3, 1]);
        assert_eq!(levels(FAN), [1]);
        assert_eq!(levels(FAN * FAN + 1), [129, 2, 1]);
        // The initrd bundle's: 119 MiB of data, 952 KiB of hashes.
        assert_eq!(hashes(29_967) * BLOCK, 974_848);
    }

    #[test]
    fn an_altered_byte_is_another_and_can_be_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle");
        std::fs::write(&path, b"bundle").unwrap();
        alter(&path, 3, 0x20).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"bunDle");
        alter(&path, 3, 0x20).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"bundle");
        assert!(alter(&path, 6, 1).is_err());
    }
}
