// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shared mappings of files and devices, unmapped when dropped.

use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::ptr::NonNull;

use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

/// A writable shared mapping.
pub(super) struct Map {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping belongs to this value alone and is not tied to a thread.
unsafe impl Send for Map {}

impl Map {
    /// Maps `length` bytes from the beginning of a file or device.
    pub(super) fn new(file: impl AsFd, length: usize) -> std::io::Result<Self> {
        let size = NonZeroUsize::new(length)
            .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidInput))?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a fresh mapping at an address the kernel picks; nothing of ours is replaced.
        let start = unsafe { mmap(None, size, access, MapFlags::MAP_SHARED, file, 0) }?;
        Ok(Self {
            start: start.cast(),
            length,
        })
    }

    /// The bytes. Others may read or even write them meanwhile; we only ever write.
    pub(super) fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: the mapping lives as long as `self` and has `length` bytes; plain bytes have no
        // invalid values, so a foreign write cannot make them unsound to hold.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }

    /// Where the mapping begins, for atomic access to a header.
    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: exactly what `new` mapped; no reference to it outlives `self`. A failure would
        // only leave the mapping until the process ends.
        let _ = unsafe { munmap(self.start.cast(), self.length) };
    }
}
