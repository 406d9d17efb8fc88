// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel wrote down before it panicked, as pstore shows it.
//!
//! The EFI back end splits a dump into parts of about a kilobyte. Each is a file
//! `dmesg-efi_pstore-ID` with `ID = (time * 100 + part) * 1000 + count`, beginning with a line
//! `Panic#1 Part3`; the file is deleted by unlinking it, which deletes the EFI variable.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// No part is larger, compressed or not; a broken store must not fill the memory of the initrd.
const LIMIT: usize = 256 * 1024;

/// Why the store was not read or cleaned.
#[derive(Debug, thiserror::Error)]
#[error("{path}: cannot be {act}")]
pub struct PstoreError {
    /// The file or the directory.
    pub path: PathBuf,
    /// Read or deleted.
    pub act: &'static str,
    /// Why.
    pub source: io::Error,
}

/// One file of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its text, as far as it is text.
    pub text: String,
}

/// A dump that tells of a root that does not match its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corruption {
    /// What tells this dump from others: its time and count, or the name of its only file.
    pub dump: String,
    /// `major:minor` of the data device, where a part names it.
    pub device: Option<String>,
    /// The names of all its files.
    pub files: Vec<String>,
}

/// Reads the kernel dumps of `directory`; a store that is not there holds none.
pub fn read(directory: &Path) -> Result<Vec<Part>, PstoreError> {
    let failed = |path: &Path, source| PstoreError {
        path: path.to_owned(),
        act: "read",
        source,
    };
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(directory, error)),
    };
    let mut parts = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| failed(directory, error))?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if !name.starts_with("dmesg-") {
            continue;
        }
        let path = entry.path();
        let mut bytes = fs::read(&path).map_err(|error| failed(&path, error))?;
        bytes.truncate(LIMIT);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        parts.push(Part { name, text });
    }
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(parts)
}

/// Deletes `files` of `directory`.
pub fn delete(directory: &Path, files: &[String]) -> Result<(), PstoreError> {
    for name in files {
        let path = directory.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(PstoreError {
                    path,
                    act: "deleted",
                    source,
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// The newest dump among `parts` in which dm-verity gave up.
///
/// Either its panic ("dm-verity device corrupted", `panic-on-corruption`) or the line before it
/// ("device-mapper: verity: 254:2: data block 17 is corrupted"): a dump can be cut anywhere.
#[must_use]
pub fn corruption(parts: &[Part]) -> Option<Corruption> {
    let guilty = parts.iter().filter(|part| tells_of_corruption(&part.text));
    let dump = guilty.map(|part| dump(&part.name)).max()?;
    let own: Vec<&Part> = parts
        .iter()
        .filter(|part| self::dump(&part.name) == dump)
        .collect();
    Some(Corruption {
        device: own.iter().find_map(|part| device(&part.text)),
        files: own.iter().map(|part| part.name.clone()).collect(),
        dump,
    })
}

fn tells_of_corruption(text: &str) -> bool {
    text.contains("dm-verity device corrupted")
        || text.lines().any(|line| verity_line(line).is_some())
}

/// What follows "device-mapper: verity: " in a line about a corrupted block.
fn verity_line(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("device-mapper: verity: ")?;
    rest.contains("is corrupted").then_some(rest)
}

fn device(text: &str) -> Option<String> {
    let rest = text.lines().find_map(verity_line)?;
    let (numbers, _) = rest.split_once(": ")?;
    let (major, minor) = numbers.split_once(':')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(major) && digits(minor)).then(|| numbers.to_owned())
}

/// `time:count` of a file name, the same for all parts of one dump.
fn dump(name: &str) -> String {
    let id = name.rsplit('-').next().unwrap_or(name);
    let digits = id.split('.').next().unwrap_or(id);
    match digits.parse::<u64>() {
        Ok(id) if id >= 100_000 => format!("{}:{}", id / 100_000, id % 1000),
        // Another back end numbers its records otherwise: each is a dump of its own.
        _ => name.split_ascii_whitespace().collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn part(name: &str, text: &str) -> Part {
        Part {
            name: name.to_owned(),
            text: text.to_owned(),
        }
    }

    const VERITY: &str =
        "Panic#1 Part2\n<3>[   31.1] device-mapper: verity: 254:2: data block 4711 is corrupted\n";
    const PANIC: &str =
        "Panic#1 Part1\n<0>[   31.2] Kernel panic - not syncing: dm-verity device corrupted\n";

    #[test]
    fn all_parts_of_the_dump_are_found_by_either_line() {
        let parts = [
            part("dmesg-efi_pstore-176000000001001", PANIC),
            part("dmesg-efi_pstore-176000000002001", VERITY),
            part(
                "dmesg-efi_pstore-176000000003001",
                "Panic#1 Part3\n<6>[ 2.0] usb 1-1\n",
            ),
        ];
        let found = corruption(&parts).unwrap();
        assert_eq!(found.dump, "1760000000:1");
        assert_eq!(found.device.as_deref(), Some("254:2"));
        assert_eq!(found.files.len(), 3);
        let cut = corruption(&parts[1..2]).unwrap();
        assert_eq!(cut.files, ["dmesg-efi_pstore-176000000002001"]);
    }

    #[test]
    fn other_panics_are_left_for_the_log() {
        let other =
            "Panic#1 Part1\n<0>[ 9.9] Kernel panic - not syncing: Attempted to kill init!\n";
        let chatter =
            "<6>[ 1.0] device-mapper: verity: sha256 using implementation \"sha256-ni\"\n";
        let parts = [
            part("dmesg-efi_pstore-176000000001001", other),
            part("dmesg-efi_pstore-176000000002001", chatter),
        ];
        assert_eq!(corruption(&parts), None);
    }

    #[test]
    fn a_compressed_or_foreign_record_is_no_evidence() {
        let parts = [part(
            "dmesg-efi_pstore-176000000001001.enc.z",
            "\u{fffd}\u{fffd}",
        )];
        assert_eq!(corruption(&parts), None);
        let foreign = [part("dmesg-ramoops-0", PANIC)];
        assert_eq!(corruption(&foreign).unwrap().dump, "dmesg-ramoops-0");
    }

    #[test]
    fn the_store_is_read_and_cleaned() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(&directory.path().join("missing")).unwrap(), []);
        let name = "dmesg-efi_pstore-176000000001001";
        fs::write(directory.path().join(name), PANIC).unwrap();
        fs::write(directory.path().join("console-ramoops-0"), PANIC).unwrap();
        let parts = read(directory.path()).unwrap();
        assert_eq!(parts, [part(name, PANIC)]);
        let files = corruption(&parts).unwrap().files;
        delete(directory.path(), &files).unwrap();
        delete(directory.path(), &files).unwrap();
        assert_eq!(read(directory.path()).unwrap(), []);
    }
}
