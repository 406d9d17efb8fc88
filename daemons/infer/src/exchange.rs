// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory that both ends share: what goes into models and what comes out, at places that both work
//! out from the same list of tensors. Its size is sealed, so neither end can pull it away under the other.

use std::fs::File;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::{self, NonNull};

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use crate::tensor::Tensor;

/// Each tensor begins at a multiple of this many bytes.
const ALIGNMENT: usize = 64;

/// Tensors of one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensors {
    /// In the model's order.
    pub inputs: Vec<Tensor>,
    /// In the model's order.
    pub outputs: Vec<Tensor>,
}

/// Where the tensors of one model stand: (first byte, bytes) each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    pub inputs: Vec<(usize, usize)>,
    pub outputs: Vec<(usize, usize)>,
}

/// Where everything stands, and how much that is.
pub(crate) fn places(models: &[Tensors]) -> (Vec<Places>, usize) {
    let mut end = 0_usize;
    let mut place = |tensor: &Tensor| {
        let at = end;
        end =
            at.saturating_add(tensor.bytes().saturating_add(ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        (at, tensor.bytes())
    };
    let places = models
        .iter()
        .map(|model| Places {
            inputs: model.inputs.iter().map(&mut place).collect(),
            outputs: model.outputs.iter().map(&mut place).collect(),
        })
        .collect();
    (places, end)
}

/// A memory file that holds `bytes` and can never be changed again.
///
/// # Errors
/// The kernel gives none.
pub(crate) fn sealed(bytes: &[u8]) -> io::Result<OwnedFd> {
    let mut file = File::from(memory()?);
    file.write_all(bytes)?;
    let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_WRITE;
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals | SealFlag::F_SEAL_SEAL))?;
    Ok(file.into())
}

/// A memory file of `bytes` zeros whose size stays.
pub(crate) fn shared(bytes: usize) -> io::Result<OwnedFd> {
    let file = File::from(memory()?);
    file.set_len(bytes as u64)?;
    let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
    Ok(file.into())
}

fn memory() -> io::Result<OwnedFd> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    Ok(memfd_create(c"uketsuke-infer", flags)?)
}

/// A mapping of a memory file, gone when dropped.
pub(crate) struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping belongs to this value alone and is not tied to a thread.
unsafe impl Send for Mapping {}

impl Mapping {
    /// What both may write.
    pub(crate) fn shared(file: BorrowedFd<'_>, length: usize) -> io::Result<Self> {
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        Self::new(file, length, access, MapFlags::MAP_SHARED)
    }

    /// What nobody writes any more.
    pub(crate) fn fixed(file: BorrowedFd<'_>, length: usize) -> io::Result<Self> {
        Self::new(file, length, ProtFlags::PROT_READ, MapFlags::MAP_PRIVATE)
    }

    fn new(
        file: BorrowedFd<'_>,
        length: usize,
        access: ProtFlags,
        flags: MapFlags,
    ) -> io::Result<Self> {
        let size = NonZeroUsize::new(length).ok_or(io::ErrorKind::InvalidInput)?;
        // SAFETY: a fresh mapping at an address the kernel picks; nothing of ours is replaced.
        let start = unsafe { mmap(None, size, access, flags, file.as_fd(), 0) }?;
        Ok(Self {
            start: start.cast(),
            length,
        })
    }

    /// All of a file that nobody writes any more (see [`sealed`]).
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping has `length` bytes and lives as long as `self`; its file cannot change.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    /// Copies into it. The other end may write there meanwhile: then what stands there is theirs, and
    /// still only bytes.
    ///
    /// # Panics
    /// When the range is not inside.
    pub(crate) fn write(&self, at: usize, bytes: &[u8]) {
        assert!(
            at.checked_add(bytes.len())
                .is_some_and(|end| end <= self.length)
        );
        // SAFETY: inside the mapping, and `bytes` is memory of our own.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.as_ptr().add(at), bytes.len())
        };
    }

    /// Copies out of it; see [`Self::write`].
    ///
    /// # Panics
    /// When the range is not inside.
    pub(crate) fn read(&self, at: usize, bytes: &mut [u8]) {
        assert!(
            at.checked_add(bytes.len())
                .is_some_and(|end| end <= self.length)
        );
        // SAFETY: inside the mapping, and `bytes` is memory of our own.
        unsafe {
            ptr::copy_nonoverlapping(self.start.as_ptr().add(at), bytes.as_mut_ptr(), bytes.len())
        };
    }

    /// Zeros everywhere.
    pub(crate) fn wipe(&self) {
        // SAFETY: the whole mapping, which lives as long as `self`.
        unsafe { ptr::write_bytes(self.start.as_ptr(), 0, self.length) };
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: exactly what `new` mapped; no reference to it outlives `self`. A failure would only
        // leave the mapping until the process ends.
        let _ = unsafe { munmap(self.start.cast(), self.length) };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::tensor::Element;

    fn tensor(shape: &[u32]) -> Tensor {
        Tensor {
            element: Element::Float32,
            shape: shape.to_vec(),
        }
    }

    #[test]
    fn tensors_stand_beside_one_another_without_overlapping() {
        let model = Tensors {
            inputs: vec![tensor(&[1, 3])],
            outputs: vec![tensor(&[1, 17]), tensor(&[1])],
        };
        let (places, bytes) = places(&[model.clone(), model]);
        assert_eq!(places[0].inputs, [(0, 12)]);
        assert_eq!(places[0].outputs, [(64, 68), (192, 4)]);
        assert_eq!((places[1].inputs[0].0, bytes), (256, 512));
    }

    #[test]
    fn what_is_sealed_can_be_neither_written_nor_cut() {
        let file = File::from(sealed(b"model").unwrap());
        assert!((&file).write_all(b"x").is_err() && file.set_len(1).is_err());
        assert_eq!(Mapping::fixed(file.as_fd(), 5).unwrap().bytes(), b"model");
    }

    #[test]
    fn what_is_shared_keeps_its_size_and_is_wiped_whole() {
        let file = File::from(shared(100).unwrap());
        assert!(file.set_len(50).is_err() && file.set_len(200).is_err());
        let (one, other) = (
            Mapping::shared(file.as_fd(), 100).unwrap(),
            Mapping::shared(file.as_fd(), 100).unwrap(),
        );
        one.write(90, b"face");
        let mut read = [0; 4];
        other.read(90, &mut read);
        assert_eq!(&read, b"face");
        one.wipe();
        other.read(90, &mut read);
        assert_eq!(read, [0; 4]);
    }
}
