// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the partition table of a disk says, and which links follow from it.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use gpt::disk::LogicalBlockSize;
use uuid::Uuid;

use crate::slot::{Role, Slot};

/// Why a partition table was not read.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The device cannot be opened.
    #[error("{path}: cannot be opened")]
    Open {
        /// The device.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Neither the first nor the backup table is whole.
    #[error("{path}: no partition table (GPT)")]
    Table {
        /// The device.
        path: PathBuf,
        /// Why.
        source: gpt::GptError,
    },
    /// A GPT knows 512 and 4096 bytes.
    #[error("{path}: logical blocks of {bytes} bytes are not supported")]
    BlockSize {
        /// The device.
        path: PathBuf,
        /// What the kernel says.
        bytes: u64,
    },
}

/// One used entry of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its number, from 1.
    pub number: u32,
    /// Its GPT label.
    pub label: String,
    /// Its unique GUID.
    pub guid: Uuid,
    /// First logical block.
    pub start: u64,
    /// Length in logical blocks.
    pub blocks: u64,
}

/// The table of one disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Its used entries, by number.
    pub partitions: Vec<Partition>,
}

impl Disk {
    /// Reads the table of `path`, a disk with logical blocks of `block_size` bytes. A broken first
    /// table is made up for by the backup at the end of the disk.
    pub fn read(path: &Path, block_size: u64) -> Result<Disk, DiskError> {
        let block_size = match block_size {
            512 => LogicalBlockSize::Lb512,
            4096 => LogicalBlockSize::Lb4096,
            bytes => {
                let path = path.to_owned();
                return Err(DiskError::BlockSize { path, bytes });
            }
        };
        let device = File::open(path).map_err(|source| DiskError::Open {
            path: path.to_owned(),
            source,
        })?;
        let table = gpt::GptConfig::new()
            .writable(false)
            .logical_block_size(block_size)
            .open_from_device(device)
            .map_err(|source| DiskError::Table {
                path: path.to_owned(),
                source,
            })?;
        let partitions = table
            .partitions()
            .iter()
            .filter(|(_, entry)| entry.is_used());
        Ok(Disk {
            partitions: partitions
                .map(|(number, entry)| Partition {
                    number: *number,
                    label: entry.name.clone(),
                    guid: entry.part_guid,
                    start: entry.first_lba,
                    blocks: (entry.last_lba + 1).saturating_sub(entry.first_lba),
                })
                .collect(),
        })
    }

    /// The partition that plays `role`. Where a label occurs twice, the first one counts.
    #[must_use]
    pub fn part(&self, role: Role) -> Option<&Partition> {
        let mut parts = self.partitions.iter();
        parts.find(|part| Role::of_label(&part.label) == Some(role))
    }

    /// The slot whose EFI partition the firmware has booted; `booted` is that partition's GUID.
    pub fn booted_slot(&self, booted: Uuid) -> Result<Slot, NotBooted> {
        let part = self.partitions.iter().find(|part| part.guid == booted);
        let part = part.ok_or(NotBooted::OtherDisk(booted))?;
        match Role::of_label(&part.label) {
            Some(Role::Efi(slot)) => Ok(slot),
            _ => Err(NotBooted::Label {
                guid: booted,
                label: part.label.clone(),
            }),
        }
    }
}

/// Why a disk has no booted slot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBooted {
    /// Another disk was booted: a stick with the same labels stays without links.
    #[error("the booted EFI partition {0} is not on this disk")]
    OtherDisk(Uuid),
    /// The firmware booted something that is no slot.
    #[error("the booted EFI partition {guid} is labelled {label:?}, neither efi-a nor efi-b")]
    Label {
        /// The partition.
        guid: Uuid,
        /// Its label.
        label: String,
    },
}

/// The links below `/dev/uketsuke` that one partition gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// `uketsuke/slots/root-a`: names the part of either slot.
    pub slot: Option<String>,
    /// `uketsuke/root`: names the part that this boot uses.
    pub role: Option<String>,
}

impl Links {
    /// The links of `part` on a disk booted from `booted`.
    #[must_use]
    pub fn of(part: &Partition, booted: Slot) -> Links {
        let Some(role) = Role::of_label(&part.label) else {
            return Links::default();
        };
        let name = match role {
            Role::Efi(_) => "efi",
            Role::Root(_) => "root",
            Role::Verity(_) => "root-verity",
            Role::Data => "data",
            Role::Provision => "provision",
        };
        let used = role.slot().is_none_or(|slot| slot == booted);
        Links {
            slot: role
                .slot()
                .map(|_| format!("uketsuke/slots/{}", part.label)),
            role: used.then(|| format!("uketsuke/{name}")),
        }
    }
}

/// As `IMPORT{program}` of udev(7) reads it.
impl fmt::Display for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(slot) = &self.slot {
            writeln!(f, "UKETSUKE_SLOT_LINK={slot}")?;
        }
        if let Some(role) = &self.role {
            writeln!(f, "UKETSUKE_ROLE_LINK={role}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn part(number: u32, label: &str) -> Partition {
        Partition {
            number,
            label: label.to_owned(),
            guid: Uuid::from_u128(u128::from(number)),
            start: 2048 * u64::from(number),
            blocks: 2048,
        }
    }

    fn disk() -> Disk {
        let labels = [
            "efi-a", "root-a", "verity-a", "efi-b", "root-b", "verity-b", "data",
        ];
        Disk {
            partitions: (1..).zip(labels).map(|(n, label)| part(n, label)).collect(),
        }
    }

    #[test]
    fn each_slot_links_its_own_parts() {
        for (esp, booted) in [(1, Slot::A), (4, Slot::B)] {
            let disk = disk();
            assert_eq!(disk.booted_slot(Uuid::from_u128(esp)), Ok(booted));
            let links = |label: &str| {
                let part = disk.partitions.iter().find(|part| part.label == label);
                Links::of(part.expect("a label of the table"), booted)
            };
            let own = format!("root-{booted}");
            let others = format!("root-{}", booted.other());
            assert_eq!(links(&own).role.as_deref(), Some("uketsuke/root"));
            assert_eq!(links(&own).slot, Some(format!("uketsuke/slots/{own}")));
            assert_eq!(links(&others).role, None);
            assert_eq!(
                links(&others).slot,
                Some(format!("uketsuke/slots/{others}"))
            );
            let hash = links(&format!("verity-{booted}"));
            assert_eq!(hash.role.as_deref(), Some("uketsuke/root-verity"));
            assert_eq!(links("data").role.as_deref(), Some("uketsuke/data"));
            assert_eq!(links("data").slot, None);
        }
    }

    #[test]
    fn a_disk_that_was_not_booted_has_no_slot() {
        let stranger = Uuid::from_u128(99);
        let refused = Err(NotBooted::OtherDisk(stranger));
        assert_eq!(disk().booted_slot(stranger), refused);
    }

    #[test]
    fn a_boot_from_something_else_on_the_disk_is_refused() {
        let refused = disk().booted_slot(Uuid::from_u128(7)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the booted EFI partition 00000000-0000-0000-0000-000000000007 is labelled \"data\", \
             neither efi-a nor efi-b"
        );
    }

    #[test]
    fn udev_reads_one_property_a_line() {
        let links = Links::of(&part(2, "root-a"), Slot::A);
        assert_eq!(
            links.to_string(),
            "UKETSUKE_SLOT_LINK=uketsuke/slots/root-a\nUKETSUKE_ROLE_LINK=uketsuke/root\n"
        );
    }
}
