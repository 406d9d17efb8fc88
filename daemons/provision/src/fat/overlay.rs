// SPDX-License-Identifier: MIT OR Apache-2.0
//! What stands between the FAT reader and the device: a budget, so that a looped or huge file
//! system ends in an error and not in a hang, and a memory that takes every write, so that nothing
//! reaches the device before somebody has looked at it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::rc::Rc;

/// Unit of reading and writing; a divisor of every FAT sector size.
pub(super) const SECTOR: u64 = 512;
/// Most sectors that may be written at a time: 12 MiB, for a log bundle with its tables.
const MAX_WRITTEN: usize = 24 * 1024;

/// A block device or an image of one.
pub trait Device: Read + Write + Seek {
    /// Waits until everything written is durable.
    ///
    /// # Errors
    /// As the device says.
    fn sync(&mut self) -> io::Result<()>;
}

impl Device for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

/// What a file system says that never comes to an end.
const TOO_MUCH: &str = "more to read than a sound file system has";

type Sector = [u8; SECTOR as usize];

pub(super) struct State {
    device: Box<dyn Device>,
    size: u64,
    /// Reads and writes, of up to a sector, that may still be made.
    budget: u64,
    written: BTreeMap<u64, Sector>,
    /// The sector read last; FAT entries are read one by one.
    last: Option<(u64, Sector)>,
}

impl State {
    fn load(&mut self, number: u64) -> io::Result<Sector> {
        match self.written.get(&number) {
            Some(sector) => Ok(*sector),
            None => self.original(number),
        }
    }

    /// The sector as it is on the device.
    fn original(&mut self, number: u64) -> io::Result<Sector> {
        if let Some((last, sector)) = &self.last
            && *last == number
        {
            return Ok(*sector);
        }
        let mut sector = [0; SECTOR as usize];
        self.device.seek(SeekFrom::Start(number * SECTOR))?;
        self.device.read_exact(&mut sector)?;
        self.last = Some((number, sector));
        Ok(sector)
    }

    /// Counts one turn. What is in memory costs as well: a loop must end, wherever it turns.
    fn spend(&mut self) -> io::Result<()> {
        let left = self.budget.checked_sub(1);
        self.budget = left.ok_or_else(|| io::Error::other(TOO_MUCH))?;
        Ok(())
    }
}

/// A device as the FAT reader sees it. Clones share everything but the position.
#[derive(Clone)]
pub(super) struct Overlay {
    state: Rc<RefCell<State>>,
    position: u64,
    /// Whether what was written is left out.
    original: bool,
}

impl Overlay {
    pub(super) fn new(mut device: Box<dyn Device>) -> io::Result<Self> {
        let size = device.seek(SeekFrom::End(0))? / SECTOR * SECTOR;
        Ok(Self {
            state: Rc::new(RefCell::new(State {
                device,
                size,
                budget: 0,
                written: BTreeMap::new(),
                last: None,
            })),
            position: 0,
            original: false,
        })
    }

    /// The volume as it is on the device, without what was written since.
    pub(super) fn original(&self) -> Self {
        Self {
            original: true,
            ..self.clone()
        }
    }

    /// Allows as many reads and writes, of up to a sector each, from now on.
    pub(super) fn allow(&self, turns: u64) {
        self.state.borrow_mut().budget = turns;
    }

    /// Reads bytes wherever they lie.
    pub(super) fn at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut reading = self.clone();
        reading.seek(SeekFrom::Start(offset))?;
        reading.read_exact(bytes)
    }

    /// Bytes on the device, of whole sectors.
    pub(super) fn size(&self) -> u64 {
        self.state.borrow().size
    }

    /// Sectors that would change, with what they hold now and would hold.
    pub(super) fn changes(&self) -> io::Result<Vec<(u64, Sector, Sector)>> {
        let mut state = self.state.borrow_mut();
        let written: Vec<_> = state.written.iter().map(|(n, s)| (*n, *s)).collect();
        let mut changes = Vec::new();
        for (number, new) in written {
            let old = state.original(number)?;
            if old != new {
                changes.push((number, old, new));
            }
        }
        Ok(changes)
    }

    /// Forgets what was written.
    pub(super) fn discard(&self) {
        self.state.borrow_mut().written.clear();
    }

    /// Lays what was written onto the device, some sectors after all others, so that a stick pulled
    /// out at the wrong moment has lost space at most.
    pub(super) fn commit(&self, comes_last: impl Fn(u64) -> bool) -> io::Result<()> {
        let mut state = self.state.borrow_mut();
        let written = std::mem::take(&mut state.written);
        state.last = None;
        for last in [false, true] {
            for (number, sector) in written.iter().filter(|(n, _)| comes_last(**n) == last) {
                state.device.seek(SeekFrom::Start(number * SECTOR))?;
                state.device.write_all(sector)?;
            }
            state.device.sync()?;
        }
        Ok(())
    }
}

impl Read for Overlay {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state.borrow_mut();
        if bytes.is_empty() || self.position >= state.size {
            return Ok(0);
        }
        state.spend()?;
        let number = self.position / SECTOR;
        let sector = if self.original {
            state.original(number)?
        } else {
            state.load(number)?
        };
        let from = (self.position % SECTOR) as usize;
        let length = bytes.len().min(sector.len() - from);
        bytes[..length].copy_from_slice(&sector[from..from + length]);
        self.position += length as u64;
        Ok(length)
    }
}

impl Write for Overlay {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.state.borrow_mut();
        if bytes.is_empty() {
            return Ok(0);
        }
        let number = self.position / SECTOR;
        if self.position >= state.size {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if !state.written.contains_key(&number) && state.written.len() >= MAX_WRITTEN {
            return Err(io::Error::other("more to write than is allowed"));
        }
        state.spend()?;
        let mut sector = state.load(number)?;
        let from = (self.position % SECTOR) as usize;
        let length = bytes.len().min(sector.len() - from);
        sector[from..from + length].copy_from_slice(&bytes[..length]);
        state.written.insert(number, sector);
        self.position += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Overlay {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let size = self.size();
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => size.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
