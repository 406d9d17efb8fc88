// SPDX-License-Identifier: MIT OR Apache-2.0
//! The side that looks.

use std::ffi::c_void;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, Ordering};

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use nix::sys::stat::fstat;

use crate::shape::{Colours, Head, MAGIC, PAGE, RingError, SLOTS, Shape};

/// Looks at pictures.
pub struct Reader {
    base: NonNull<u8>,
    shape: Shape,
}

// SAFETY: the memory is read as atomic words and bytes alone.
unsafe impl Send for Reader {}
// SAFETY: as above.
unsafe impl Sync for Reader {}

impl Reader {
    /// Maps a ring. Whatever its writer does from then on, nothing is read outside of it.
    ///
    /// # Errors
    /// When it is no ring, or there is no room for it.
    pub fn open(file: &OwnedFd) -> Result<Self, RingError> {
        let seals = fcntl(file, FcntlArg::F_GET_SEALS).map_err(|_| RingError::NotSealed)?;
        let needed = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_FUTURE_WRITE;
        if !SealFlag::from_bits_retain(seals).contains(needed) {
            return Err(RingError::NotSealed);
        }
        let kernel = |error: nix::Error| RingError::Memory(io::Error::from(error));
        let length = fstat(file.as_fd()).map_err(kernel)?.st_size;
        let length = usize::try_from(length).ok().and_then(NonZeroUsize::new);
        let length = length.ok_or(RingError::Shape)?;
        if length.get() < PAGE {
            return Err(RingError::Shape);
        }
        let shared = MapFlags::MAP_SHARED;
        // SAFETY: a mapping of its own, where the kernel likes it.
        let base = unsafe { mmap(None, length, ProtFlags::PROT_READ, shared, file, 0) };
        let base = base.map_err(kernel)?.cast::<u8>();
        // SAFETY: a page that is mapped holds a head, which is nothing but atomic words.
        let shape = shape(unsafe { base.cast::<Head>().as_ref() });
        match shape {
            Some(shape) if shape.whole() == length.get() => Ok(Self { base, shape }),
            _ => {
                unmap(base, length.get());
                Err(RingError::Shape)
            }
        }
    }

    /// The shape of its pictures.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Shows the newest picture to `see`, if it is newer than number `after`; its number and what came of
    /// it. None where there is no such picture, or where it was overwritten while `see` looked at it:
    /// then what `see` made of it is nothing that any camera saw.
    pub fn newest<T>(&self, after: u64, see: impl FnOnce(Pixels<'_>) -> T) -> Option<(u64, T)> {
        let words = &self.head().words;
        let look = words.look(after)?;
        debug_assert!(look.slot < SLOTS);
        let seen = see(self.pixels(look.slot));
        words.was(look).then_some((look.number, seen))
    }

    fn head(&self) -> &Head {
        // SAFETY: as in `open`.
        unsafe { self.base.cast::<Head>().as_ref() }
    }

    fn pixels(&self, slot: usize) -> Pixels<'_> {
        let offset = PAGE + slot * self.shape.slot();
        // SAFETY: the slot lies in the mapping. Atomic bytes may be written by others at any time.
        let bytes = unsafe {
            let first = self.base.as_ptr().add(offset).cast::<AtomicU8>();
            std::slice::from_raw_parts(first, self.shape.bytes())
        };
        Pixels {
            bytes,
            shape: self.shape,
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        unmap(self.base, self.shape.whole());
    }
}

fn unmap(base: NonNull<u8>, length: usize) {
    // SAFETY: a mapping of ours that nobody looks at any more.
    let unmapped = unsafe { munmap(base.cast::<c_void>(), length) };
    debug_assert!(unmapped.is_ok());
}

/// What the head says of the pictures; none where it is no head.
fn shape(head: &Head) -> Option<Shape> {
    if head.magic.load(Ordering::Acquire) != MAGIC {
        return None;
    }
    let colours = match head.colours.load(Ordering::Relaxed) {
        1 => Colours::Grey,
        3 => Colours::Rgb,
        _ => return None,
    };
    let shape = Shape {
        width: u32::try_from(head.width.load(Ordering::Relaxed)).ok()?,
        height: u32::try_from(head.height.load(Ordering::Relaxed)).ok()?,
        colours,
    };
    shape.check().ok()
}

/// The pixels of a picture, which may change while they are looked at.
#[derive(Clone, Copy)]
pub struct Pixels<'a> {
    bytes: &'a [AtomicU8],
    shape: Shape,
}

impl Pixels<'_> {
    /// Their shape.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// A pixel as `0x00RRGGBB`; black where there is none.
    #[must_use]
    #[inline]
    pub fn rgb(&self, x: u32, y: u32) -> u32 {
        let shape = &self.shape;
        if x >= shape.width || y >= shape.height {
            return 0;
        }
        let at = (y as usize * shape.width as usize + x as usize) * shape.colours.bytes();
        let byte = |at: usize| u32::from(self.bytes[at].load(Ordering::Relaxed));
        match shape.colours {
            Colours::Grey => byte(at) * 0x01_0101,
            Colours::Rgb => byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2),
        }
    }

    /// Every byte in order, for checks.
    pub fn each(&self) -> impl Iterator<Item = u8> + '_ {
        self.bytes.iter().map(|byte| byte.load(Ordering::Relaxed))
    }
}
