// SPDX-License-Identifier: MIT OR Apache-2.0
//! The machine as the kernel shows it, below a root that tests put elsewhere.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::disk::{Disk, DiskError, NotBooted, Partition};
use crate::efi::vars::{self, Name, VarError, Variables};
use crate::slot::{Role, Slot};

/// Why the machine did not say which disk and slot it runs from.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// A file of /sys cannot be read.
    #[error("{path}: cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of /sys holds something else than a number.
    #[error("{path}: {text:?} is no number")]
    Number {
        /// The file.
        path: PathBuf,
        /// What it holds.
        text: String,
    },
    /// A partition was expected.
    #[error("{0}: not a partition of a disk")]
    NoPartition(PathBuf),
    /// The UKI was not started by the firmware from an EFI partition.
    #[error(
        "no EFI variable LoaderDevicePartUUID: systemd-stub was not started from an EFI partition \
         (kernel started directly?), or efivarfs is not mounted"
    )]
    NotFromFirmware,
    /// The variable says something else than a GUID.
    #[error("EFI variable LoaderDevicePartUUID: {0:?} is no GUID")]
    LoaderGuid(String),
    /// See [`VarError`].
    #[error(transparent)]
    Variable(#[from] VarError),
    /// See [`DiskError`].
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// See [`NotBooted`].
    #[error(transparent)]
    NotBooted(#[from] NotBooted),
}

/// The paths of one machine.
#[derive(Clone, Debug)]
pub struct Machine {
    root: PathBuf,
}

/// The disk that was booted, and from which of its slots.
#[derive(Clone, Debug)]
pub struct Booted {
    /// Kernel name, as `nvme0n1`.
    pub name: String,
    /// Its partition table.
    pub disk: Disk,
    /// The slot that runs.
    pub slot: Slot,
}

impl Default for Machine {
    fn default() -> Self {
        Machine::at(Path::new("/"))
    }
}

impl Machine {
    /// The machine whose `/sys`, `/dev` and `/run` lie below `root`.
    #[must_use]
    pub fn at(root: &Path) -> Machine {
        Machine {
            root: root.to_owned(),
        }
    }

    /// The absolute path `path`, below the root.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The firmware's variables.
    #[must_use]
    pub fn variables(&self) -> Variables {
        Variables::new(self.path("/sys/firmware/efi/efivars"))
    }

    /// GUID of the EFI partition the firmware started the UKI from.
    pub fn loader_partition(&self) -> Result<Uuid, MachineError> {
        let name = Name::new("LoaderDevicePartUUID", vars::LOADER);
        let Some(variable) = self.variables().read(&name)? else {
            return Err(MachineError::NotFromFirmware);
        };
        let text = vars::text(&variable.data);
        Uuid::parse_str(&text).map_err(|_| MachineError::LoaderGuid(text))
    }

    /// Kernel name of the disk that holds the partition `name`.
    pub fn disk_of(&self, name: &str) -> Result<String, MachineError> {
        let link = self.path("/sys/class/block").join(name);
        let device = fs::canonicalize(&link).map_err(|source| MachineError::Read {
            path: link.clone(),
            source,
        })?;
        if !device.join("partition").exists() {
            return Err(MachineError::NoPartition(link));
        }
        let parent = device.parent().and_then(Path::file_name);
        let parent = parent.and_then(|parent| parent.to_str());
        Ok(parent.ok_or(MachineError::NoPartition(link))?.to_owned())
    }

    /// Number of the partition `name` on its disk.
    pub fn partition_number(&self, name: &str) -> Result<u32, MachineError> {
        let path = self.path("/sys/class/block").join(name).join("partition");
        let number = number(&path)?;
        u32::try_from(number).map_err(|_| MachineError::NoPartition(path))
    }

    /// The partition table of the disk `name`.
    pub fn read_disk(&self, name: &str) -> Result<Disk, MachineError> {
        let queue = self.path("/sys/class/block").join(name).join("queue");
        let block_size = number(&queue.join("logical_block_size"))?;
        Ok(Disk::read(&self.path("/dev").join(name), block_size)?)
    }

    /// The disk that was booted, found by the link that `slots` made for its EFI partition.
    pub fn booted(&self) -> Result<Booted, MachineError> {
        let link = self.path("/dev/uketsuke/efi");
        let node = fs::read_link(&link).map_err(|source| MachineError::Read {
            path: link.clone(),
            source,
        })?;
        let node = node.file_name().and_then(|node| node.to_str());
        let name = self.disk_of(node.ok_or(MachineError::NoPartition(link.clone()))?)?;
        let disk = self.read_disk(&name)?;
        let slot = disk.booted_slot(self.loader_partition()?)?;
        Ok(Booted { name, disk, slot })
    }

    /// The device node of `partition` of the disk `disk`. Taken from /sys, not from a link: the
    /// node is there as soon as the kernel knows the partition, udev may be late.
    pub fn node(&self, disk: &str, partition: &Partition) -> Result<PathBuf, MachineError> {
        let directory = self.path("/sys/class/block").join(disk);
        let read = |source| MachineError::Read {
            path: directory.clone(),
            source,
        };
        for entry in fs::read_dir(&directory).map_err(read)? {
            let name = entry.map_err(read)?.file_name();
            let Some(name) = name.to_str().filter(|name| name.starts_with(disk)) else {
                continue;
            };
            let file = directory.join(name).join("partition");
            if file.exists() && number(&file)? == u64::from(partition.number) {
                return Ok(self.path("/dev").join(name));
            }
        }
        Err(MachineError::NoPartition(
            directory.join(partition.number.to_string()),
        ))
    }

    /// The slot whose root is the block device `major:minor` of a kernel message.
    #[must_use]
    pub fn slot_of_device(&self, numbers: &str) -> Option<Slot> {
        let uevent = self.path("/sys/dev/block").join(numbers).join("uevent");
        let uevent = fs::read_to_string(uevent).ok()?;
        let label = uevent.lines().find_map(|l| l.strip_prefix("PARTNAME="))?;
        Role::of_label(label)?.slot()
    }
}

fn number(path: &Path) -> Result<u64, MachineError> {
    let text = fs::read_to_string(path).map_err(|source| MachineError::Read {
        path: path.to_owned(),
        source,
    })?;
    text.trim().parse().map_err(|_| MachineError::Number {
        path: path.to_owned(),
        text: text.trim().to_owned(),
    })
}
