// SPDX-License-Identifier: MIT OR Apache-2.0
//! The side that writes.

use std::ffi::c_void;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use nix::unistd::ftruncate;

use crate::shape::{Head, MAGIC, PAGE, RingError, SLOTS, Shape};

/// Writes pictures. Its memory is overwritten once it and every [`Slot`] of it are gone.
pub struct Writer {
    memory: Arc<Memory>,
    file: OwnedFd,
    last: AtomicU64,
    /// The slot that was taken last.
    taken_last: AtomicUsize,
    /// One picture is begun or published at a time.
    turn: Mutex<()>,
}

impl Writer {
    /// A ring without a picture.
    ///
    /// # Errors
    /// When there is no memory, or no such picture.
    pub fn new(shape: Shape) -> Result<Self, RingError> {
        let shape = shape.check()?;
        let kernel = |error: nix::Error| RingError::Memory(error.into());
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let file = memfd_create(c"uketsuke-pictures", flags).map_err(kernel)?;
        let length = i64::try_from(shape.whole()).map_err(|_| RingError::Shape)?;
        ftruncate(&file, length).map_err(kernel)?;
        let memory = Memory::map(&file, shape)?;
        // Behind our own mapping: from here on nobody gets another one that can be written.
        let seals = SealFlag::F_SEAL_GROW
            | SealFlag::F_SEAL_SHRINK
            | SealFlag::F_SEAL_FUTURE_WRITE
            | SealFlag::F_SEAL_SEAL;
        fcntl(&file, FcntlArg::F_ADD_SEALS(seals)).map_err(kernel)?;
        let head = memory.head();
        head.width.store(shape.width.into(), Ordering::Relaxed);
        head.height.store(shape.height.into(), Ordering::Relaxed);
        let colours = shape.colours.bytes() as u64;
        head.colours.store(colours, Ordering::Relaxed);
        head.magic.store(MAGIC, Ordering::Release);
        Ok(Self {
            memory: Arc::new(memory),
            file,
            last: AtomicU64::new(0),
            taken_last: AtomicUsize::new(0),
            turn: Mutex::new(()),
        })
    }

    /// What a reader is given.
    #[must_use]
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The shape of its pictures.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.memory.shape
    }

    /// A slot that nobody has, the one that was taken longest ago, so that what is being looked at stays
    /// as long as it can; none where all are taken.
    #[must_use]
    pub fn take(&self) -> Option<Slot> {
        let last = self.taken_last.load(Ordering::Relaxed);
        let mut next = (1..=SLOTS).map(|by| (last + by) % SLOTS);
        let free = |slot: &usize| !self.memory.taken[*slot].swap(true, Ordering::AcqRel);
        let index = next.find(free)?;
        self.taken_last.store(index, Ordering::Relaxed);
        Some(Slot {
            memory: Arc::clone(&self.memory),
            index,
        })
    }

    /// Which slot these pixels lie in; none where they are elsewhere.
    #[must_use]
    pub fn slot_of(&self, pixels: &[u8]) -> Option<usize> {
        let first = self.memory.base.as_ptr() as usize + PAGE;
        let offset = (pixels.as_ptr() as usize).checked_sub(first)?;
        let slot = offset / self.memory.shape.slot();
        let starts = offset.is_multiple_of(self.memory.shape.slot());
        (slot < SLOTS && starts && pixels.len() == self.memory.shape.bytes()).then_some(slot)
    }

    /// The pixels of a slot are going to change.
    pub fn begin(&self, slot: usize) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let number = self.last.load(Ordering::Relaxed) + 1;
        self.memory.head().words.begin(slot, number);
    }

    /// The picture in a slot is whole, and the newest. Its number.
    pub fn publish(&self, slot: usize) -> u64 {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let number = self.last.load(Ordering::Relaxed) + 1;
        self.last.store(number, Ordering::Relaxed);
        self.memory.head().words.publish(slot, number);
        number
    }

    /// There is no picture until the next one is published.
    pub fn withdraw(&self) {
        self.memory.head().words.withdraw();
    }

    /// Writes a picture that lies elsewhere; its number. None where every slot is taken, or where it has
    /// another size.
    pub fn copy_in(&self, picture: &[u8]) -> Option<u64> {
        let mut slot = self.take()?;
        if picture.len() != self.memory.shape.bytes() {
            return None;
        }
        self.begin(slot.index);
        slot.as_mut().copy_from_slice(picture);
        Some(self.publish(slot.index))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Whoever looks now sees none, also while a slot of it is still held.
        self.withdraw();
    }
}

/// The pixels of one slot, for one owner.
pub struct Slot {
    memory: Arc<Memory>,
    index: usize,
}

impl Slot {
    /// Which one it is.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }
}

impl AsMut<[u8]> for Slot {
    fn as_mut(&mut self) -> &mut [u8] {
        let shape = &self.memory.shape;
        let offset = PAGE + self.index * shape.slot();
        // SAFETY: the slot lies in the mapping, which lives as long as `memory`; `taken` gives it to this
        // owner alone. Other processes only read, through words whose order the ring keeps.
        unsafe {
            let first = self.memory.base.as_ptr().add(offset);
            std::slice::from_raw_parts_mut(first, shape.bytes())
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.memory.taken[self.index].store(false, Ordering::Release);
    }
}

/// The mapping.
struct Memory {
    base: NonNull<u8>,
    shape: Shape,
    taken: [AtomicBool; SLOTS],
}

// SAFETY: the head is atomic words, and each slot has one owner.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    fn map(file: &OwnedFd, shape: Shape) -> Result<Self, RingError> {
        let length = NonZeroUsize::new(shape.whole()).ok_or(RingError::Shape)?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a mapping of its own, where the kernel likes it.
        let base = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, file, 0) };
        let base = base.map_err(|error| RingError::Memory(io::Error::from(error)))?;
        Ok(Self {
            base: base.cast(),
            shape,
            taken: Default::default(),
        })
    }

    fn head(&self) -> &Head {
        // SAFETY: a page of zeros holds a head, which is nothing but atomic words.
        unsafe { self.base.cast::<Head>().as_ref() }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let (base, length) = (self.base.as_ptr(), self.shape.whole());
        // SAFETY: nobody else has this mapping any more. Readers see zeros, in which there is no picture.
        unsafe {
            std::ptr::write_bytes(base.add(PAGE), 0, length - PAGE);
            // The bytes are other processes' to see, which the compiler knows from this call alone.
            let unmapped = munmap(self.base.cast::<c_void>(), length);
            debug_assert!(unmapped.is_ok());
        }
    }
}
