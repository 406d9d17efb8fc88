// SPDX-License-Identifier: MIT OR Apache-2.0
//! Secrets on the bus: sealed memory files, read once, wiped.
//!
//! A PIN, a signature request or a name never stands in a bus message, where the bus daemon and
//! every monitor would see it; only a file descriptor does (type `h`). The sender fixes the size
//! ([`SealFlag::F_SEAL_GROW`] and `SHRINK`) and seals the seals. The *write* seal is left off on
//! purpose: the receiver overwrites the pages with zeros as soon as it has read them, and a
//! write-sealed file could not be wiped. A sender that scribbles over it meanwhile gains nothing,
//! because the receiver works on its own copy.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Why a secret could not be sent or taken.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The kernel refused the memory file.
    #[error("cannot make a memory file")]
    Make(#[source] std::io::Error),
    /// The descriptor is not a memory file whose size is sealed.
    #[error("the descriptor is not a sealed memory file")]
    NotSealed,
    /// The content has no byte or more than the receiver takes.
    #[error("the secret has {size} bytes; 1 to {max} are taken")]
    Size {
        /// Bytes offered.
        size: u64,
        /// Most bytes taken.
        max: usize,
    },
    /// The content could not be read or wiped.
    #[error("cannot read the memory file")]
    Read(#[source] std::io::Error),
}

/// Bytes that are kept out of swap as far as the kernel lets us and are zeroed on drop.
///
/// No `Debug`, no `Clone`, no `Display`: a secret cannot be logged by accident.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretBytes(Box<[u8]>);

impl SecretBytes {
    /// Takes over `bytes`; the vector's own buffer becomes the secret, no copy stays behind.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        // `into_boxed_slice` reallocates when there is spare capacity, which would leave a copy.
        let boxed = if bytes.len() == bytes.capacity() {
            bytes.into_boxed_slice()
        } else {
            let mut bytes = bytes;
            let copy = bytes.as_slice().into();
            bytes.zeroize();
            copy
        };
        lock(&boxed);
        Self(boxed)
    }

    /// The bytes, for as long as the secret lives.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// Pins the pages so that they are not swapped out. Best effort: without the right limit the
/// kernel refuses, and the image has no unencrypted swap anyway.
fn lock(bytes: &[u8]) {
    if let Some(first) = std::ptr::NonNull::new(bytes.as_ptr().cast_mut()) {
        // SAFETY: mlock only reads the page tables of a range we own; it writes nothing.
        let _ = unsafe { nix::sys::mman::mlock(first.cast(), bytes.len()) };
    }
}

/// Puts `bytes` into a memory file of fixed size to be sent over the bus.
///
/// # Errors
/// [`SecretError::Make`] when the kernel gives no memory file.
pub fn seal(bytes: &[u8]) -> Result<OwnedFd, SecretError> {
    let fd = memfd_create(
        c"uketsuke",
        MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING,
    )
    .map_err(|e| SecretError::Make(e.into()))?;
    let mut file = File::from(fd);
    file.write_all(bytes)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .map_err(SecretError::Make)?;
    let seals = SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_SEAL;
    fcntl(file.as_fd(), FcntlArg::F_ADD_SEALS(seals)).map_err(|e| SecretError::Make(e.into()))?;
    Ok(file.into())
}

/// Takes the secret out of a received descriptor and overwrites the memory file with zeros.
///
/// # Errors
/// [`SecretError::NotSealed`] for any other kind of descriptor, [`SecretError::Size`] outside
/// 1 to `max` bytes, [`SecretError::Read`] when the kernel fails us.
pub fn take(fd: OwnedFd, max: usize) -> Result<SecretBytes, SecretError> {
    let seals = fcntl(fd.as_fd(), FcntlArg::F_GET_SEALS).map_err(|_| SecretError::NotSealed)?;
    let needed = SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SHRINK;
    if !SealFlag::from_bits_retain(seals).contains(needed) {
        return Err(SecretError::NotSealed);
    }
    let file = File::from(fd);
    let size = file.metadata().map_err(SecretError::Read)?.len();
    let length = usize::try_from(size)
        .ok()
        .filter(|n| (1..=max).contains(n))
        .ok_or(SecretError::Size { size, max })?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0)
        .map_err(SecretError::Read)?;
    let secret = SecretBytes::new(bytes);
    // A sender that kept a write-sealed file makes wiping impossible; it chose to, and the content
    // is its own.
    let _ = file.write_all_at(&vec![0; length], 0);
    Ok(secret)
}

/// Whether `fd` looks like something [`take`] would accept; lets a daemon that only hands a secret
/// on refuse rubbish without reading it.
#[must_use]
pub fn is_sealed(fd: impl AsFd) -> bool {
    let fd = fd.as_fd();
    debug_assert!(fd.as_raw_fd() >= 0);
    fcntl(fd, FcntlArg::F_GET_SEALS)
        .map(SealFlag::from_bits_retain)
        .is_ok_and(|s| s.contains(SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SHRINK))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_secret_is_read_once_and_wiped() {
        let fd = seal(b"1234").unwrap();
        let second = fd.try_clone().unwrap();
        assert_eq!(take(fd, 4).unwrap().expose(), b"1234");
        assert_eq!(take(second, 4).unwrap().expose(), [0; 4]);
    }

    #[test]
    fn anything_but_a_sealed_memory_file_is_refused() {
        let file = tempfile();
        assert!(!is_sealed(&file));
        assert!(matches!(take(file.into(), 4), Err(SecretError::NotSealed)));
        let open = memfd_create(c"open", MFdFlags::MFD_ALLOW_SEALING).unwrap();
        assert!(matches!(take(open, 4), Err(SecretError::NotSealed)));
    }

    #[test]
    fn the_size_is_bounded_on_both_sides() {
        for (content, max) in [(&b""[..], 4), (&b"12345"[..], 4)] {
            let fd = seal(content).unwrap();
            assert!(matches!(take(fd, max), Err(SecretError::Size { .. })));
        }
    }

    fn tempfile() -> File {
        File::open("/dev/null").unwrap()
    }
}
