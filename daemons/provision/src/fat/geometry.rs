// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where things lie on a FAT volume (Microsoft, "FAT: General Overview of On-Disk Format", 1.03),
//! as far as needed to say whether a write stays where it may go. Written apart from the library
//! that does the writing, so that a mistake of one is caught by the other.

use std::collections::BTreeSet;
use std::io;

use super::overlay::{Overlay, SECTOR};

/// Longest chain that is followed: a folder of 2 MiB at the smallest cluster.
const MAX_CHAIN: usize = 4096;

fn bad(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn u16_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u64 {
    u16_at(bytes, at) | u16_at(bytes, at + 2) << 16
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Width {
    Fat12,
    Fat16,
    Fat32,
}

/// Bytes at which each part of the volume begins.
pub(super) struct Geometry {
    width: Width,
    info: Option<u64>,
    fat: u64,
    fat_size: u64,
    fats: u64,
    root: u64,
    root_cluster: u64,
    data: u64,
    cluster: u64,
    clusters: u64,
}

/// An entry of a folder.
struct Entry {
    at: u64,
    cluster: u64,
    is_folder: bool,
}

impl Geometry {
    pub(super) fn read(volume: &Overlay) -> io::Result<Self> {
        let mut boot = [0; SECTOR as usize];
        volume.at(0, &mut boot)?;
        let sector = u16_at(&boot, 11);
        let per_cluster = u64::from(boot[13]);
        if !(512..=4096).contains(&sector)
            || !sector.is_power_of_two()
            || !per_cluster.is_power_of_two()
        {
            return Err(bad("no FAT volume"));
        }
        let (reserved, fats) = (u16_at(&boot, 14), u64::from(boot[16]));
        let root_entries = u16_at(&boot, 17);
        let small_fat = u16_at(&boot, 22);
        let fat_sectors = if small_fat != 0 {
            small_fat
        } else {
            u32_at(&boot, 36)
        };
        let small_total = u16_at(&boot, 19);
        let total = if small_total != 0 {
            small_total
        } else {
            u32_at(&boot, 32)
        };
        let root_sectors = (root_entries * 32).div_ceil(sector);
        let before_data = reserved + fats * fat_sectors + root_sectors;
        let clusters = total
            .checked_sub(before_data)
            .ok_or_else(|| bad("a volume without data"))?
            / per_cluster;
        let width = match clusters {
            0..4085 => Width::Fat12,
            4085..65525 => Width::Fat16,
            _ => Width::Fat32,
        };
        if total * sector > volume.size()
            || fats == 0
            || (small_fat == 0) != (width == Width::Fat32)
        {
            return Err(bad("a volume that contradicts itself"));
        }
        Ok(Self {
            width,
            info: (width == Width::Fat32).then(|| u16_at(&boot, 48) * sector),
            fat: reserved * sector,
            fat_size: fat_sectors * sector,
            fats,
            root: (reserved + fats * fat_sectors) * sector,
            root_cluster: if width == Width::Fat32 {
                u32_at(&boot, 44)
            } else {
                0
            },
            data: before_data * sector,
            cluster: per_cluster * sector,
            clusters,
        })
    }

    /// What the first allocation table says of a cluster.
    fn next(&self, volume: &Overlay, cluster: u64) -> io::Result<u64> {
        if !(2..self.clusters + 2).contains(&cluster) {
            return Err(bad("a chain leads out of the volume"));
        }
        let mut raw = [0; 4];
        let (offset, length) = match self.width {
            Width::Fat12 => (cluster + cluster / 2, 2),
            Width::Fat16 => (cluster * 2, 2),
            Width::Fat32 => (cluster * 4, 4),
        };
        if offset + length > self.fat_size {
            return Err(bad("an allocation table that is too short"));
        }
        volume.at(self.fat + offset, &mut raw[..length as usize])?;
        let value = u32_at(&raw, 0);
        Ok(match self.width {
            Width::Fat12 if cluster % 2 == 1 => value >> 4,
            Width::Fat12 => value & 0xfff,
            Width::Fat16 => value,
            Width::Fat32 => value & 0x0fff_ffff,
        })
    }

    /// The clusters of a chain.
    fn chain(&self, volume: &Overlay, first: u64) -> io::Result<Vec<u64>> {
        let mut chain = Vec::new();
        let mut cluster = first;
        while (2..self.clusters + 2).contains(&cluster) {
            if chain.len() >= MAX_CHAIN {
                return Err(bad("a chain that does not end"));
            }
            chain.push(cluster);
            cluster = self.next(volume, cluster)?;
        }
        Ok(chain)
    }

    /// An entry by its short name (11 bytes as stored) in the folder that begins at `folder`; 0 is
    /// the root.
    fn find(&self, volume: &Overlay, folder: u64, name: &[u8; 11]) -> io::Result<Option<Entry>> {
        let begin = if folder == 0 {
            self.root_cluster
        } else {
            folder
        };
        let spans = if begin == 0 {
            vec![(self.root, self.data - self.root)]
        } else {
            let chain = self.chain(volume, begin)?;
            let place = |c| (self.data + (c - 2) * self.cluster, self.cluster);
            chain.into_iter().map(place).collect()
        };
        for (at, length) in spans {
            for entry in (at..at + length).step_by(32) {
                let mut raw = [0; 32];
                volume.at(entry, &mut raw)?;
                if raw[0] == 0 {
                    return Ok(None);
                }
                // Volume labels and parts of long names are no entries.
                if raw[11] & 0x08 == 0 && raw[..11] == *name {
                    return Ok(Some(Entry {
                        at: entry,
                        cluster: u16_at(&raw, 20) << 16 | u16_at(&raw, 26),
                        is_folder: raw[11] & 0x10 != 0,
                    }));
                }
            }
        }
        Ok(None)
    }

    /// The clusters of a folder in the root and of one file in it, as far as that is there.
    pub(super) fn owned(
        &self,
        volume: &Overlay,
        folder: &[u8; 11],
        file: &[u8; 11],
    ) -> io::Result<Owned> {
        let folder = self
            .find(volume, 0, folder)?
            .filter(|e| e.is_folder)
            .ok_or_else(|| bad("the folder is not where it was"))?;
        let mut clusters: BTreeSet<u64> = self.chain(volume, folder.cluster)?.into_iter().collect();
        let names = clusters.clone();
        let entry = folder.at;
        if let Some(file) = self.find(volume, folder.cluster, file)? {
            if file.is_folder {
                return Err(bad("a folder has the name of the file"));
            }
            clusters.extend(self.chain(volume, file.cluster)?);
        }
        Ok(Owned {
            clusters,
            names,
            entry,
        })
    }

    /// Whether everything written lies where it may: in the owned clusters, in clusters that were
    /// free, and in the entries of both in the allocation tables.
    pub(super) fn may_write(&self, volume: &Overlay, owned: &Owned) -> io::Result<()> {
        let changes = volume.changes()?;
        for (number, old, new) in changes {
            let at = number * SECTOR;
            if Some(at) == self.info || owned.only_times_changed(at, &old, &new) {
                continue;
            }
            if self.is_table(number) {
                for (index, (old, new)) in old.iter().zip(&new).enumerate() {
                    if old != new {
                        let offset = (at - self.fat) % self.fat_size + index as u64;
                        self.entry_may_change(volume, owned, offset)?;
                    }
                }
            } else if at >= self.data {
                let cluster = (at - self.data) / self.cluster + 2;
                if !owned.clusters.contains(&cluster) && !self.was_free(volume, cluster)? {
                    return Err(bad("a write would reach another file"));
                }
            } else {
                return Err(bad("a write would reach the volume's own structures"));
            }
        }
        Ok(())
    }

    /// Whether the entry to which a byte of the allocation table belongs may change. A byte of a
    /// 12-bit entry may belong to two; both were free or owned, or the neighbour keeps its value.
    fn entry_may_change(&self, volume: &Overlay, owned: &Owned, offset: u64) -> io::Result<()> {
        let clusters = match self.width {
            Width::Fat12 => {
                let pair = offset / 3 * 2;
                match offset % 3 {
                    0 => vec![pair],
                    1 => vec![pair, pair + 1],
                    _ => vec![pair + 1],
                }
            }
            Width::Fat16 => vec![offset / 2],
            Width::Fat32 => vec![offset / 4],
        };
        for cluster in clusters {
            if owned.clusters.contains(&cluster) || self.was_free(volume, cluster)? {
                continue;
            }
            let now = self.next(volume, cluster)?;
            if self.before(volume, cluster)? != now {
                return Err(bad("a write would reach another file's chain"));
            }
        }
        Ok(())
    }

    fn was_free(&self, volume: &Overlay, cluster: u64) -> io::Result<bool> {
        Ok(self.before(volume, cluster)? == 0)
    }

    /// What the device, not what was written since, says of a cluster.
    fn before(&self, volume: &Overlay, cluster: u64) -> io::Result<u64> {
        self.next(&volume.original(), cluster)
    }
}

/// What may be written to.
pub(super) struct Owned {
    clusters: BTreeSet<u64>,
    /// Those that hold names.
    names: BTreeSet<u64>,
    /// Where the folder's own entry lies, whose times may change.
    entry: u64,
}

impl Owned {
    /// Whether nothing of a sector changed but the times in the folder's own entry.
    fn only_times_changed(&self, at: u64, old: &[u8], new: &[u8]) -> bool {
        (at..).zip(old.iter().zip(new)).all(|(at, (old, new))| {
            let times = [18..20, 22..26];
            let offset = at.checked_sub(self.entry);
            old == new || offset.is_some_and(|o| times.iter().any(|t| t.contains(&o)))
        })
    }
}

impl Geometry {
    /// Whether a sector belongs to an allocation table.
    pub(super) fn is_table(&self, number: u64) -> bool {
        (self.fat..self.fat + self.fats * self.fat_size).contains(&(number * SECTOR))
    }

    /// Whether a sector holds names of an owned folder.
    pub(super) fn holds_names(&self, owned: &Owned, number: u64) -> bool {
        (number * SECTOR)
            .checked_sub(self.data)
            .is_some_and(|offset| owned.names.contains(&(offset / self.cluster + 2)))
    }
}
