// SPDX-License-Identifier: MIT OR Apache-2.0
//! A log of writes in the format of the kernel's dm-log-writes, as QEMU's `blklogwrites` keeps it.
//!
//! ```text
//! sector 0: magic u64 | version u64 | number of entries u64 | sector size u32
//! then each entry: a sector of  first sector u64 | sectors u64 | flags u64 | 0 u64
//!                  and behind it as many sectors of data, unless it is a discard
//! ```
//!
//! All numbers are little-endian. QEMU gives an entry its place when the write is complete, so the
//! order of entries is the order of completion; a flush of a disk without further caches below is
//! complete as soon as it is asked for. A write of zeros is a write of so many zeros here.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Size of a logged sector, and of what a disk writes whole or not at all.
pub const SECTOR: u64 = 512;

const MAGIC: u64 = 0x006a_7366_7773_6872;
const VERSION: u64 = 1;
const FLUSH: u64 = 1;
const FUA: u64 = 2;
const DISCARD: u64 = 4;

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file.
    #[error("cannot read {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It does not begin as such a log does.
    #[error("{path} is no log of writes: {what}")]
    NoLog {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// It ends before entries that were certainly written.
    #[error("{path} ends after {found} entries at byte {end}, which is too early")]
    Short {
        /// Which.
        path: PathBuf,
        /// Whole entries.
        found: usize,
        /// Where the last one ends.
        end: u64,
    },
}

/// What one entry did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Everything completed before is durable.
    Flush,
    /// Bytes were written.
    Write {
        /// Whether they were durable at once.
        durable: bool,
    },
    /// The content was given up.
    Discard,
}

/// One entry; offsets and lengths are in bytes, multiples of [`SECTOR`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it did.
    pub act: Act,
    /// First byte on the device.
    pub offset: u64,
    /// Bytes on the device.
    pub length: u64,
    /// Where the entry begins in the log.
    pub place: u64,
}

impl Entry {
    /// First byte of the device behind it.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.offset + self.length
    }

    /// First byte of the log behind it.
    fn after(&self) -> u64 {
        let data = match self.act {
            Act::Write { .. } => self.length,
            Act::Flush | Act::Discard => 0,
        };
        self.place + SECTOR + data
    }
}

/// A log, with its entries read and their data left in the file.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    /// In the order of completion.
    pub entries: Vec<Entry>,
}

impl Log {
    /// Reads the entries of a log. The number in its first sector is brought up to date with each
    /// flush only, so entries are read on to the end of the file; of a machine that was cut off the
    /// last one may be torn, and is left out.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let failed = |source| LogError::File {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let mut head = [0; 28];
        if size > 0 {
            file.read_exact_at(&mut head, 0).map_err(failed)?;
        }
        let number = |at: usize| u64_at(&head, at);
        let sector = u64::from(u32::from_le_bytes([head[24], head[25], head[26], head[27]]));
        if (number(0), number(8), sector) != (MAGIC, VERSION, SECTOR) {
            return Err(LogError::NoLog {
                path: path.to_owned(),
                what: format!(
                    "magic {:#x}, version {}, sectors of {sector} bytes",
                    number(0),
                    number(8)
                ),
            });
        }
        let mut log = Self {
            path: path.to_owned(),
            file,
            entries: Vec::new(),
        };
        let mut place = SECTOR;
        while place + SECTOR <= size {
            match log.entry(place)? {
                Some(entry) if entry.after() <= size => {
                    place = entry.after();
                    log.entries.push(entry);
                }
                _ => break,
            }
        }
        if (log.entries.len() as u64) < number(16) {
            return Err(log.short());
        }
        Ok(log)
    }

    /// The entry at this place; none where nothing has been written.
    fn entry(&self, place: u64) -> Result<Option<Entry>, LogError> {
        let mut head = [0; 32];
        self.file
            .read_exact_at(&mut head, place)
            .map_err(|source| LogError::File {
                path: self.path.clone(),
                source,
            })?;
        let (sector, sectors, flags) = (u64_at(&head, 0), u64_at(&head, 8), u64_at(&head, 16));
        let act = match flags {
            FLUSH if sectors == 0 => Act::Flush,
            DISCARD => Act::Discard,
            0 if sectors > 0 => Act::Write { durable: false },
            FUA if sectors > 0 => Act::Write { durable: true },
            0 => return Ok(None),
            _ => return Err(self.strange(place, flags, sectors)),
        };
        let bytes = |sectors: u64| {
            sectors
                .checked_mul(SECTOR)
                .filter(|bytes| *bytes < 1 << 62)
                .ok_or_else(|| self.strange(place, flags, sectors))
        };
        Ok(Some(Entry {
            act,
            offset: bytes(sector)?,
            length: bytes(sectors)?,
            place,
        }))
    }

    fn strange(&self, place: u64, flags: u64, sectors: u64) -> LogError {
        LogError::NoLog {
            path: self.path.clone(),
            what: format!("at byte {place} flags {flags:#x} with {sectors} sectors"),
        }
    }

    fn short(&self) -> LogError {
        LogError::Short {
            path: self.path.clone(),
            found: self.entries.len(),
            end: self.entries.last().map_or(SECTOR, Entry::after),
        }
    }

    /// How many entries had their place when the log's file was so long. Those behind them had not
    /// been complete by then.
    ///
    /// # Errors
    /// [`LogError::Short`] when the log ends before it.
    pub fn before(&self, length: u64) -> Result<usize, LogError> {
        if self.entries.last().map_or(SECTOR, Entry::after) < length {
            return Err(self.short());
        }
        Ok(self.entries.partition_point(|entry| entry.place < length))
    }

    /// Reads the data of a write from its byte `from` on.
    ///
    /// # Errors
    /// [`LogError::File`].
    pub fn read(&self, entry: &Entry, from: u64, bytes: &mut [u8]) -> Result<(), LogError> {
        let at = entry.place + SECTOR + from;
        let read = self.file.read_exact_at(bytes, at);
        read.map_err(|source| LogError::File {
            path: self.path.clone(),
            source,
        })
    }
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}

/// Makes logs for tests.
#[cfg(test)]
pub(crate) mod made_up {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// An entry as bytes.
    pub fn entry(sector: u64, sectors: u64, flags: u64, data: &[u8]) -> Vec<u8> {
        let mut bytes: Vec<u8> = [sector, sectors, flags, 0]
            .into_iter()
            .flat_map(u64::to_le_bytes)
            .collect();
        bytes.resize(SECTOR as usize, 0);
        bytes.extend(data);
        bytes
    }

    /// A write of `sectors` sectors full of `value`.
    pub fn write(sector: u64, sectors: u64, value: u8) -> Vec<u8> {
        let data = vec![value; (sectors * SECTOR) as usize];
        entry(sector, sectors, 0, &data)
    }

    /// A write that is durable at once.
    pub fn write_through(sector: u64, sectors: u64, value: u8) -> Vec<u8> {
        let data = vec![value; (sectors * SECTOR) as usize];
        entry(sector, sectors, FUA, &data)
    }

    /// A flush.
    pub fn flush() -> Vec<u8> {
        entry(0, 0, FLUSH, &[])
    }

    /// A discard.
    pub fn discard(sector: u64, sectors: u64) -> Vec<u8> {
        entry(sector, sectors, DISCARD, &[])
    }

    /// The whole file, whose first sector counts `number` entries.
    pub fn file(number: u64, entries: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes: Vec<u8> = [MAGIC, VERSION, number]
            .into_iter()
            .flat_map(u64::to_le_bytes)
            .collect();
        bytes.extend(512u32.to_le_bytes());
        bytes.resize(SECTOR as usize, 0);
        bytes.extend(entries.concat());
        bytes
    }

    /// A log in a folder.
    pub fn log(folder: &Path, entries: &[Vec<u8>]) -> Log {
        let path = folder.join("log");
        std::fs::write(&path, file(entries.len() as u64, entries)).unwrap();
        Log::open(&path).unwrap()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::made_up::*;
    use super::*;

    fn open(bytes: &[u8]) -> Result<Log, LogError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, bytes).unwrap();
        Log::open(&path)
    }

    #[test]
    fn entries_come_back_with_their_data() {
        let entries = [
            write(8, 2, 7),
            discard(100, 1 << 30),
            flush(),
            write_through(3, 1, 9),
        ];
        let log = open(&file(3, &entries)).unwrap();
        let acts: Vec<Act> = log.entries.iter().map(|entry| entry.act).collect();
        let (cached, through) = (Act::Write { durable: false }, Act::Write { durable: true });
        assert_eq!(acts, [cached, Act::Discard, Act::Flush, through]);
        assert_eq!((log.entries[0].offset, log.entries[0].end()), (4096, 5120));
        assert_eq!(log.entries[1].length, 512 << 30, "a discard brings no data");
        let mut bytes = [0; 4];
        log.read(&log.entries[3], 500, &mut bytes).unwrap();
        assert_eq!(bytes, [9; 4]);
    }

    #[test]
    fn a_length_of_the_file_tells_what_was_complete() {
        let entries = [write(0, 1, 1), flush(), write(0, 3, 1)];
        let whole = file(0, &entries);
        let log = open(&whole).unwrap();
        let first = 512 + 1024;
        for (length, count) in [(512, 0), (513, 1), (first, 1), (first + 1, 2), (2048, 2)] {
            assert_eq!(log.before(length).unwrap(), count, "{length}");
        }
        assert_eq!(log.before(whole.len() as u64).unwrap(), 3);
        assert!(matches!(
            log.before(whole.len() as u64 + 1),
            Err(LogError::Short { found: 3, .. })
        ));
    }

    #[test]
    fn a_torn_last_entry_is_left_out_unless_it_was_counted() {
        let entries = [write(0, 1, 1), write(1, 2, 2)];
        let whole = file(1, &entries);
        for lost in 1..1024 + 512 {
            let log = open(&whole[..whole.len() - lost]).unwrap();
            assert_eq!(log.entries.len(), 1, "{lost} bytes lost");
        }
        let counted = file(2, &entries);
        let error = open(&counted[..counted.len() - 1]).unwrap_err();
        assert!(matches!(error, LogError::Short { found: 1, .. }), "{error}");
    }

    #[test]
    fn what_is_no_log_is_refused() {
        for bytes in [&b""[..], &[0; 512], &[7; 2048]] {
            assert!(open(bytes).is_err());
        }
        let mut other = file(0, &[]);
        other[25] = 16;
        assert!(matches!(open(&other), Err(LogError::NoLog { .. })));
        for strange in [entry(0, 1, 8, &[0; 512]), entry(0, 1, 1, &[0; 512])] {
            let error = open(&file(0, &[strange])).unwrap_err();
            assert!(error.to_string().contains("at byte 512 flags"), "{error}");
        }
        let huge = entry(u64::MAX / 2, 1, 0, &[0; 512]);
        assert!(matches!(
            open(&file(0, &[huge])),
            Err(LogError::NoLog { .. })
        ));
    }
}
