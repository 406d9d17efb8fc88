// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the partitions lie, what was written to each, and the rule that some are left alone.
//!
//! That rule needs no replay: where no entry touches the running slot, it is the same after every
//! prefix, every selection of unflushed writes and every torn one.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use uketsuke_boot::disk::{Disk, DiskError};
use uketsuke_boot::slot::{Role, Slot};

use super::log::{Act, Entry, Log, SECTOR};
use crate::disk::Extent;

/// What lies in no partition: partition tables and gaps.
pub const TABLE: &str = "partition table";

/// The partitions of a disk.
#[derive(Clone, Debug)]
pub struct Layout {
    disk: Disk,
}

/// What was done to a partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Entries that wrote.
    pub writes: u64,
    /// Bytes they wrote.
    pub bytes: u64,
    /// Entries that discarded.
    pub discards: u64,
    /// Bytes they discarded.
    pub discarded: u64,
}

/// An entry that is where it must not be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {number} ({act:?} of bytes {from} to {to}) touches {touched}")]
pub struct Violation {
    /// Number of the entry in the log.
    pub number: usize,
    /// What it did.
    pub act: Act,
    /// First byte.
    pub from: u64,
    /// First byte behind it.
    pub to: u64,
    /// What it touches and must not.
    pub touched: String,
}

impl Layout {
    /// Reads the partition table of a raw disk, as the product's boot helper does.
    ///
    /// # Errors
    /// [`DiskError`].
    pub fn of(raw: &Path) -> Result<Self, DiskError> {
        let disk = Disk::read(raw, SECTOR)?;
        Ok(Self { disk })
    }

    /// A partition by its role.
    #[must_use]
    pub fn extent(&self, role: Role) -> Option<Extent> {
        let part = self.disk.part(role)?;
        Some(Extent {
            offset: part.start * SECTOR,
            length: part.blocks * SECTOR,
        })
    }

    /// The slot whose EFI partition has this GUID.
    #[must_use]
    pub fn slot(&self, efi: uuid::Uuid) -> Option<Slot> {
        self.disk.booted_slot(efi).ok()
    }

    /// Labels of everything that an entry touches, [`TABLE`] for what is in no partition.
    #[must_use]
    pub fn touched(&self, entry: &Entry) -> Vec<&str> {
        let mut touched = Vec::new();
        let mut covered = 0;
        for part in &self.disk.partitions {
            let (from, to) = (part.start * SECTOR, (part.start + part.blocks) * SECTOR);
            let shared = to.min(entry.end()).saturating_sub(from.max(entry.offset));
            if shared > 0 {
                touched.push(part.label.as_str());
                covered += shared;
            }
        }
        if covered < entry.length {
            touched.push(TABLE);
        }
        touched
    }

    /// Makes sure that the entries touch nothing but partitions of these labels.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn guard(
        &self,
        entries: &[Entry],
        range: Range<usize>,
        allowed: &[&str],
    ) -> Result<(), Violation> {
        for number in range {
            let entry = &entries[number];
            let touched = self.touched(entry);
            if let Some(wrong) = touched.iter().find(|label| !allowed.contains(label)) {
                return Err(Violation {
                    number,
                    act: entry.act,
                    from: entry.offset,
                    to: entry.end(),
                    touched: (*wrong).to_owned(),
                });
            }
        }
        Ok(())
    }

    /// What was done to which partition. An entry over several counts for each of them.
    #[must_use]
    pub fn count(&self, log: &Log, range: Range<usize>) -> BTreeMap<String, Count> {
        let mut counts: BTreeMap<String, Count> = BTreeMap::new();
        for entry in &log.entries[range] {
            for label in self.touched(entry) {
                let count = counts.entry(label.to_owned()).or_default();
                match entry.act {
                    Act::Flush => {}
                    Act::Write { .. } => {
                        count.writes += 1;
                        count.bytes += entry.length;
                    }
                    Act::Discard => {
                        count.discards += 1;
                        count.discarded += entry.length;
                    }
                }
            }
        }
        counts
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::log::made_up::{discard, flush, log, write};
    use super::*;
    use uketsuke_boot::disk::Partition;

    /// efi-a in sectors 40 to 49, root-a directly behind it, a gap, efi-b at 70, data at 80.
    pub fn layout() -> Layout {
        let part = |number, label: &str, start, blocks| Partition {
            number,
            label: label.to_owned(),
            guid: uuid::Uuid::from_u128(u128::from(number)),
            start,
            blocks,
        };
        let partitions = vec![
            part(1, "efi-a", 40, 10),
            part(2, "root-a", 50, 10),
            part(3, "efi-b", 70, 10),
            part(4, "data", 80, 20),
        ];
        Layout {
            disk: Disk { partitions },
        }
    }

    const ALLOWED: &[&str] = &["efi-b", "data"];

    #[test]
    fn writes_beside_the_running_slot_are_no_violation() {
        let folder = tempfile::tempdir().unwrap();
        let log = log(
            folder.path(),
            &[write(70, 10, 1), write(75, 25, 1), flush(), discard(80, 20)],
        );
        assert_eq!(layout().guard(&log.entries, 0..4, ALLOWED), Ok(()));
    }

    #[test]
    fn one_planted_entry_is_found_whatever_it_is_and_however_little_it_touches() {
        let folder = tempfile::tempdir().unwrap();
        let planted = [
            (write(0, 1, 0), TABLE),
            (write(33, 1, 0), TABLE),
            (write(45, 1, 0), "efi-a"),
            (write(59, 1, 0), "root-a"),
            (write(59, 12, 0), "root-a"),
            (write(69, 2, 0), TABLE),
            (write(99, 2, 0), TABLE),
            (discard(50, 10), "root-a"),
            (discard(0, 1000), "efi-a"),
        ];
        for (entry, touched) in planted {
            let mut entries = vec![write(70, 10, 1), flush(), write(80, 1, 1)];
            entries.insert(1, entry);
            let log = log(folder.path(), &entries);
            let violation = layout().guard(&log.entries, 0..4, ALLOWED).unwrap_err();
            assert_eq!((violation.number, violation.touched.as_str()), (1, touched));
            // Only what is asked about counts.
            assert_eq!(layout().guard(&log.entries, 2..4, ALLOWED), Ok(()));
        }
    }

    #[test]
    fn writes_are_counted_where_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let log = log(
            folder.path(),
            &[write(75, 6, 1), discard(82, 4), flush(), write(0, 1, 1)],
        );
        let counts = layout().count(&log, 0..4);
        assert_eq!(counts["efi-b"].writes, 1);
        assert_eq!(
            (counts["data"].bytes, counts["data"].discarded),
            (3072, 2048)
        );
        assert_eq!(counts[TABLE].bytes, 512);
        assert_eq!(counts.len(), 3);
    }

    #[test]
    fn slots_are_known_by_the_guid_of_their_efi_partition() {
        let layout = layout();
        assert_eq!(layout.slot(uuid::Uuid::from_u128(3)), Some(Slot::B));
        assert_eq!(layout.slot(uuid::Uuid::from_u128(4)), None);
        let extent = layout.extent(Role::Root(Slot::A)).unwrap();
        assert_eq!((extent.offset, extent.length), (25_600, 5120));
        assert_eq!(layout.extent(Role::Verity(Slot::A)), None);
    }
}
