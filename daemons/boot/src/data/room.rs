// SPDX-License-Identifier: MIT OR Apache-2.0
//! Room on the data partition: what each user may take, and what goes first when it is full.
//!
//! The kernel holds the limits (ext4 user quotas), so a daemon that writes without end is the only
//! one that gets "no space" (COM-10). journald, which is root, keeps its own limit
//! (`journald.conf.d`). Their sum is below [`SMALLEST`], so nobody's room depends on another.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nix::sys::quota::{self, Dqblk, QuotaType, QuotaValidFlags};
use nix::sys::statvfs::statvfs;

use crate::report::{notice, warning};

/// Smallest data partition in MiB that holds what everybody may take; `SizeMinBytes=` of the
/// partition definitions is not below it.
pub const SMALLEST: u64 = 864;
/// What journald may take in MiB (`SystemMaxUse=`), and what systemd's own state and RAUC's few
/// files need.
const ROOT: u64 = 96 + 32;
/// Free bytes below which something has to go. Less than a start writes, many times over.
const NEEDED: u64 = 32 << 20;
/// Free inodes below which something has to go.
const NEEDED_FILES: u64 = 1024;

/// Users of `sysusers.d/uketsuke.conf` with state, and their MiB. The queue of check-ins is at most
/// 64 MiB (UP-04) and its write-ahead log as much again; the stick's user keeps one bundle while it is
/// installed, which is at most 128 MiB for a clinic and a little more for developers; the others keep a
/// few kilobytes.
const LIMITS: [(u32, u64); 10] = [
    (961, 16),
    (962, 16),
    (963, 16),
    (964, 160),
    (965, 16),
    (966, 160),
    (968, 32),
    (969, 16),
    (970, 192),
    (971, 16),
];
// With a tenth for the file system's own bookkeeping, nobody's room depends on another's.
const _: () = {
    let mut sum = ROOT;
    let mut index = 0;
    while index < LIMITS.len() {
        sum += LIMITS[index].1;
        index += 1;
    }
    assert!(sum * 11 / 10 <= SMALLEST);
};
/// Files and folders each user may have.
const FILES: u64 = 4096;

/// Top folders of the partition; `tmpfiles.d/uketsuke-data.conf` makes them.
const FOLDERS: [&str; 6] = [
    "state",
    "journal",
    "systemd",
    "rauc",
    "provision",
    "lost+found",
];
/// Our own record, beside the folders.
pub const RECORD: &str = "data.json";

/// Sets the limits on the mounted file system of `device`. Says which could not be set.
pub fn limit(device: &Path) -> Vec<String> {
    let set = |(user, mebibytes): (u32, u64)| {
        let id = i32::try_from(user).unwrap_or(i32::MAX);
        let current = quota::quotactl_get(QuotaType::USRQUOTA, device, id);
        // Quota blocks are a kibibyte (quotactl(2)).
        let wanted = (Some(mebibytes << 10), Some(FILES));
        if current.is_ok_and(|q| (q.blocks_hard_limit(), q.inodes_hard_limit()) == wanted) {
            return None;
        }
        let mut limits = Dqblk::default();
        limits.set_blocks_hard_limit(mebibytes << 10);
        limits.set_inodes_hard_limit(FILES);
        let fields = QuotaValidFlags::QIF_BLIMITS | QuotaValidFlags::QIF_ILIMITS;
        let done = quota::quotactl_set(QuotaType::USRQUOTA, device, id, &limits, fields);
        done.err()
            .map(|error| format!("no limit for user {user}: {error}"))
    };
    LIMITS.into_iter().filter_map(set).collect()
}

/// Whether the file system at `mounted` has the room a start needs.
pub fn is_enough(mounted: &Path) -> io::Result<bool> {
    let state = statvfs(mounted).map_err(io::Error::from)?;
    let free = state.blocks_free() * state.fragment_size();
    Ok(free >= NEEDED && state.files_free() >= NEEDED_FILES)
}

/// Clears away what is not ours, then the journal: telemetry goes first, check-ins and what the box
/// was set up with never (UP-04). Says what was done; nothing when there was room.
pub fn make_room(mounted: &Path) -> io::Result<Vec<String>> {
    let mut done = Vec::new();
    if is_enough(mounted)? {
        return Ok(done);
    }
    for path in entries(mounted)? {
        let name = path.file_name().and_then(|name| name.to_str());
        if !name.is_some_and(|name| FOLDERS.contains(&name) || name == RECORD) {
            remove(&path);
            done.push(format!("cleared {}", path.display()));
        }
    }
    let journal = mounted.join("journal");
    if !is_enough(mounted)? && journal.exists() {
        for path in entries(&journal)? {
            remove(&path);
        }
        done.push("cleared the journal".to_owned());
    }
    for line in &done {
        notice!("data partition full: {line}");
    }
    Ok(done)
}

fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path()));
    paths.collect()
}

/// What cannot be removed stays: the room is measured afterwards.
fn remove(path: &Path) {
    let removed = match path.is_dir() && !path.is_symlink() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
    if let Err(error) = removed {
        warning!("{}: cannot be removed: {error}", path.display());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_partition_definitions_keep_to_the_smallest() {
        for form in ["sealed", "plain"] {
            let file = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join(format!("../../systemd/repart/{form}/50-data.conf"));
            let text = fs::read_to_string(&file).unwrap();
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix("SizeMinBytes="));
            let size = line.and_then(|size| size.strip_suffix('M')).unwrap();
            // LUKS2 keeps 16 MiB for itself.
            assert!(size.parse::<u64>().unwrap() >= SMALLEST + 16, "{file:?}");
        }
    }

    #[test]
    fn every_limited_user_is_one_of_sysusers() {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../systemd/sysusers.d/uketsuke.conf");
        let text = fs::read_to_string(file).unwrap();
        for user in ["961", "962", "963", "964", "965", "966", "971"] {
            assert!(LIMITS.iter().any(|(id, _)| id.to_string() == user));
            assert!(
                text.lines()
                    .any(|line| line.split(' ').nth(2) == Some(user)),
                "{user}"
            );
        }
    }

    #[test]
    fn with_room_nothing_is_cleared() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("stray"), "x").unwrap();
        assert_eq!(make_room(directory.path()).unwrap(), Vec::<String>::new());
        assert!(directory.path().join("stray").exists());
    }
}
