// SPDX-License-Identifier: MIT OR Apache-2.0
//! A recorded update, from before its install to behind its confirmation, and what must be so at
//! every cut point of it.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use uketsuke_boot::disk::DiskError;
use uketsuke_boot::slot::{Role, Slot};

use super::choice::{Choice, ChoiceError};
use super::copy::{Copy, CopyError};
use super::cut::{Cut, durable};
use super::data::Written;
use super::layout::{Layout, Violation};
use super::log::{Act, Log, LogError};
use super::tape::{self, Mark};
use crate::disk::{Extent, RECORDED};

/// What the running system may write to while the other slot is written, and once that may start.
const WHILE_WRITING: &[&str] = &["efi-b", "root-b", "verity-b", "data"];
const FROM_THEN_ON: &[&str] = &["data"];
/// Partitions of a slot and their images in a bundle.
pub const PARTS: [(&str, Role); 3] = [
    ("efi.img", Role::Efi(Slot::B)),
    ("rootfs.img", Role::Root(Slot::B)),
    ("verity.img", Role::Verity(Slot::B)),
];

/// What is wrong with a recording, or what it shows to be wrong.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// A log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A copy of the disk.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The partition table.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A file.
    #[error("cannot read {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A partition is missing.
    #[error("no partition for {0:?}")]
    NoPartition(Role),
    /// Somebody wrote where nobody may.
    #[error("{stretch}")]
    Touched {
        /// When.
        stretch: &'static str,
        /// What.
        #[source]
        violation: Violation,
    },
    /// The firmware's choice cannot be told.
    #[error("{stretch}: flash entry {number}")]
    Choice {
        /// When.
        stretch: &'static str,
        /// After which entry.
        number: usize,
        /// Why.
        #[source]
        source: ChoiceError,
    },
    /// The firmware would start something else than a whole slot.
    #[error("{stretch}: after flash entry {number} the firmware starts {choice:?}")]
    Leads {
        /// When.
        stretch: &'static str,
        /// After which entry.
        number: usize,
        /// What it would do.
        choice: Choice,
    },
    /// The other slot is not what the bundle brought.
    #[error("{0} does not hold what the bundle brought")]
    NotWhole(&'static str),
    /// The other slot was not durable before something relied on it.
    #[error("entry {write} wrote to the other slot and no flush followed it")]
    NotDurable {
        /// Which.
        write: usize,
    },
}

/// A part of the recording; the flash's entries are those of the same time.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// For people.
    pub name: &'static str,
    /// Entries of the disk's log.
    pub disk: Range<usize>,
    /// Entries of the flash's log.
    pub flash: Range<usize>,
}

/// A recorded update of slot B while A runs.
#[derive(Debug)]
pub struct Recording {
    /// The disk's log.
    pub disk: Log,
    /// The flash's log.
    pub flash: Log,
    /// Install, activation up to the restart, trial up to the confirmation.
    pub stretches: [Stretch; 3],
    /// The partitions when the install began.
    pub layout: Layout,
    /// Instants of the recording.
    seen: Vec<Mark>,
    /// What of the disk was durable when the install began.
    begin: Copy,
    /// The flash before its log.
    chip: Vec<u8>,
}

/// Files of a recording.
pub struct Files<'a> {
    /// The disk before its log.
    pub disk: &'a Path,
    /// The flash before its log.
    pub flash: &'a Path,
    /// The logs.
    pub disk_log: &'a Path,
    /// Of the flash.
    pub flash_log: &'a Path,
    /// Where the disk of the beginning may be put.
    pub begin: &'a Path,
}

impl Recording {
    /// Reads the logs. The marks: before the install, after it, after the restart, at the end.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn open(
        files: &Files<'_>,
        marks: [Mark; 4],
        seen: Vec<Mark>,
    ) -> Result<Self, RecordingError> {
        let (disk, flash) = (Log::open(files.disk_log)?, Log::open(files.flash_log)?);
        let mut at = [(0, 0); 4];
        for (at, mark) in at.iter_mut().zip(marks) {
            *at = (disk.before(mark.disk)?, flash.before(mark.flash)?);
        }
        let stretch = |name, from: usize| Stretch {
            name,
            disk: at[from].0..at[from + 1].0,
            flash: at[from].1..at[from + 1].1,
        };
        let stretches = [
            stretch("install", 0),
            stretch("activation", 1),
            stretch("trial", 2),
        ];
        let whole = Extent {
            offset: 0,
            length: RECORDED,
        };
        let mut begin = Copy::of(files.disk, whole, files.begin)?;
        // What was not flushed by then may still be lost.
        begin.advance(&disk, durable(&disk.entries, at[0].0))?;
        let layout = Layout::of(files.begin)?;
        let chip = std::fs::read(files.flash).map_err(|source| RecordingError::File {
            path: files.flash.to_owned(),
            source,
        })?;
        Ok(Self {
            disk,
            flash,
            stretches,
            layout,
            seen,
            begin,
            chip,
        })
    }

    /// Entries of all stretches of the disk.
    #[must_use]
    pub fn entries(&self) -> Range<usize> {
        self.stretches[0].disk.start..self.stretches[2].disk.end
    }

    /// What of a partition was durable when the install began.
    ///
    /// # Errors
    /// [`RecordingError::NoPartition`], [`RecordingError::Copy`].
    pub fn partition(&self, role: Role, path: &Path) -> Result<Copy, RecordingError> {
        let extent = self.layout.extent(role);
        let extent = extent.ok_or(RecordingError::NoPartition(role))?;
        Ok(self.begin.part(extent, path)?)
    }

    /// The disk and the flash that a power cut leaves, in these files; and what starts from them.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn leave(&self, cut: &Cut, disk: &Path, flash: &Path) -> Result<Choice, RecordingError> {
        self.begin.twin(disk)?.cut(&self.disk, cut)?;
        let last = cut.after.checked_sub(1);
        let place = last.map_or(0, |last| self.disk.entries[last].place);
        let count = self.flash.before(tape::at(&self.seen, place).flash)?;
        let chip = self.chip(count)?;
        std::fs::write(flash, &chip).map_err(|source| RecordingError::File {
            path: flash.to_owned(),
            source,
        })?;
        Choice::of(&chip, &self.layout).map_err(|source| RecordingError::Choice {
            stretch: "cut",
            number: count,
            source,
        })
    }

    /// The flash after so many of its entries.
    ///
    /// # Errors
    /// [`RecordingError::Log`].
    pub fn chip(&self, count: usize) -> Result<Vec<u8>, RecordingError> {
        let mut chip = self.chip.clone();
        for number in 0..count {
            self.program(&mut chip, number)?;
        }
        Ok(chip)
    }

    fn program(&self, chip: &mut [u8], number: usize) -> Result<(), RecordingError> {
        let entry = &self.flash.entries[number];
        if let Act::Write { .. } = entry.act {
            let bytes = &mut chip[entry.offset as usize..entry.end() as usize];
            self.flash.read(entry, 0, bytes)?;
        }
        Ok(())
    }

    /// The running slot, and later both, are left alone by every entry.
    ///
    /// # Errors
    /// [`RecordingError::Touched`].
    pub fn slots_are_left_alone(&self) -> Result<(), RecordingError> {
        let rules = [WHILE_WRITING, FROM_THEN_ON, FROM_THEN_ON];
        for (stretch, allowed) in self.stretches.iter().zip(rules) {
            let range = stretch.disk.clone();
            let kept = self.layout.guard(&self.disk.entries, range, allowed);
            kept.map_err(|violation| RecordingError::Touched {
                stretch: stretch.name,
                violation,
            })?;
        }
        Ok(())
    }

    /// Slot B is what the bundle brought, and durable, when its install is over. `images` is the
    /// folder of the bundle's images, `scratch` a file to work with. Tells the bytes compared.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn other_slot_is_whole(
        &self,
        images: &Path,
        scratch: &Path,
    ) -> Result<u64, RecordingError> {
        let over = self.stretches[0].disk.end;
        if let Some(write) = self.last_write()
            && write >= durable(&self.disk.entries, over)
        {
            return Err(RecordingError::NotDurable { write });
        }
        let mut compared = 0;
        for (name, role) in PARTS {
            let mut part = self.partition(role, scratch)?;
            part.advance(&self.disk, over)?;
            let image = images.join(name);
            let failed = |source| RecordingError::File {
                path: image.clone(),
                source,
            };
            match same(&image, part.path()).map_err(failed)? {
                Some(bytes) => compared += bytes,
                None => return Err(RecordingError::NotWhole(name)),
            }
        }
        Ok(compared)
    }

    fn writes(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.stretches[0].disk.clone().filter(|number| {
            let touched = self.layout.touched(&self.disk.entries[*number]);
            touched.iter().any(|label| label.ends_with("-b"))
        })
    }

    fn last_write(&self) -> Option<usize> {
        self.writes().next_back()
    }

    /// For each cut how much of slot B is certainly there.
    #[must_use]
    pub fn written(&self, cut: &Cut) -> Written {
        match (self.writes().next(), self.last_write()) {
            (_, Some(last)) if last < cut.durable => Written::Wholly,
            (Some(first), _) if first < cut.after => Written::Partly,
            _ => Written::Nothing,
        }
    }

    /// After every entry of the flash the firmware starts a slot that is whole. Returns the choices
    /// in their order, each with the stretch it began in.
    ///
    /// # Errors
    /// [`RecordingError::Choice`], [`RecordingError::Leads`].
    pub fn firmware_starts_a_whole_slot(
        &self,
    ) -> Result<Vec<(&'static str, Choice)>, RecordingError> {
        let mut chip = self.chip(self.stretches[0].flash.start)?;
        let mut choices: Vec<(&'static str, Choice)> = Vec::new();
        for (index, stretch) in self.stretches.iter().enumerate() {
            // None of the entries, then one more each time.
            let from = stretch.flash.start;
            for number in from..=stretch.flash.end {
                if number > from {
                    self.program(&mut chip, number - 1)?;
                }
                let choice = Choice::of(&chip, &self.layout);
                let choice = choice.map_err(|source| RecordingError::Choice {
                    stretch: stretch.name,
                    number,
                    source,
                })?;
                if !choice.leads_to_whole(index > 0) {
                    return Err(RecordingError::Leads {
                        stretch: stretch.name,
                        number,
                        choice,
                    });
                }
                if choices.last().is_none_or(|(_, last)| *last != choice) {
                    choices.push((stretch.name, choice));
                }
            }
        }
        Ok(choices)
    }

    /// Flushes of the disk in a range.
    #[must_use]
    pub fn flushes(&self, range: Range<usize>) -> usize {
        let entries = &self.disk.entries[range];
        entries.iter().filter(|e| e.act == Act::Flush).count()
    }
}

/// The bytes of `image` when `part` begins with them.
fn same(image: &Path, part: &Path) -> io::Result<Option<u64>> {
    let open = |path| Ok::<_, io::Error>(BufReader::with_capacity(1 << 20, File::open(path)?));
    let (mut image, mut part) = (open(image)?, open(part)?);
    let (mut left, mut right) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut bytes = 0;
    loop {
        let count = image.read(&mut left)?;
        if count == 0 {
            return Ok((bytes > 0).then_some(bytes));
        }
        part.read_exact(&mut right[..count])?;
        if left[..count] != right[..count] {
            return Ok(None);
        }
        bytes += count as u64;
    }
}

#[cfg(test)]
#[path = "recording_tests.rs"]
mod tests;
