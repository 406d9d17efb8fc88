// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the firmware's variables say about the slots: which one runs, and whether it is confirmed.
//!
//! `LoaderDevicePartUUID` (set by systemd-stub) is the partition the running kernel came from. The
//! first active entry of `BootOrder` is what the firmware starts by itself; its device path names a
//! partition. Equal partitions: a restart comes back here, so this slot is the confirmed one. A
//! slot on trial was started by `BootNext`, which the firmware takes away before it starts it;
//! `BootNext` itself says nothing of the slot that runs and is not asked. Formats: UEFI Specification 2.10, §3.1.3 (load options), §3.3
//! (variables), §10.3.5.1 (hard drive node).

use std::path::{Path, PathBuf};

use serde::Serialize;

/// Vendor GUID of the firmware's own variables.
const GLOBAL: &str = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// Vendor GUID of the Boot Loader Interface.
const LOADER: &str = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
/// `LOAD_OPTION_ACTIVE`.
const ACTIVE: u32 = 1;

/// How the firmware holds the slot that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is the firmware's first choice: a restart comes back here.
    Confirmed,
    /// Another one is: a restart leads there.
    Trial,
    /// The variables do not say.
    Unknown,
}

/// Why a variable tells nothing.
#[derive(Debug, thiserror::Error)]
pub enum FirmwareError {
    /// It cannot be read, or is not there.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Its content is not what the specification says.
    #[error("{name}: {what}")]
    Malformed {
        /// Which.
        name: String,
        /// What is wrong.
        what: &'static str,
    },
}

/// The firmware's variables as the kernel shows them.
pub struct Firmware {
    directory: PathBuf,
}

impl Firmware {
    /// Those below `root` (`/` on a reader).
    #[must_use]
    pub fn below(root: &Path) -> Self {
        Self {
            directory: root.join("sys/firmware/efi/efivars"),
        }
    }

    /// Whether the machine was started by UEFI firmware that shows its variables.
    #[must_use]
    pub fn present(&self) -> bool {
        self.directory.join(format!("BootOrder-{GLOBAL}")).exists()
    }

    /// Whether secure boot is on; `None` where the firmware does not say.
    #[must_use]
    pub fn secure_boot(&self) -> Option<bool> {
        let value = self.read("SecureBoot", GLOBAL).ok()?;
        value.first().map(|on| *on == 1)
    }

    /// The partition the running kernel came from, lower case.
    ///
    /// # Errors
    /// [`FirmwareError`].
    pub fn booted(&self) -> Result<String, FirmwareError> {
        let value = self.read("LoaderDevicePartUUID", LOADER)?;
        let words: Vec<u16> = value
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .take_while(|word| *word != 0)
            .collect();
        let text = String::from_utf16(&words).unwrap_or_default();
        if text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            Ok(text.to_ascii_lowercase())
        } else {
            Err(malformed("LoaderDevicePartUUID", "no partition UUID"))
        }
    }

    /// The partition the firmware starts by itself; `None` where its entry names none.
    ///
    /// # Errors
    /// [`FirmwareError`].
    pub fn first(&self) -> Result<Option<String>, FirmwareError> {
        let order = self.read("BootOrder", GLOBAL)?;
        for id in order.chunks_exact(2) {
            // An entry that was deleted but still stands in the order is passed over, as firmware
            // does.
            match self.entry(u16::from_le_bytes([id[0], id[1]])) {
                Ok(entry) if entry.active => return Ok(entry.partition),
                Ok(_) | Err(FirmwareError::Read { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(malformed("BootOrder", "no active entry"))
    }

    /// How the slot that runs stands, as far as the variables prove it.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match (self.booted(), self.first()) {
            (Ok(booted), Ok(Some(first))) if booted == first => Standing::Confirmed,
            (Ok(_), Ok(Some(_))) => Standing::Trial,
            _ => Standing::Unknown,
        }
    }

    fn entry(&self, id: u16) -> Result<Entry, FirmwareError> {
        let name = format!("Boot{id:04X}");
        let value = self.read(&name, GLOBAL)?;
        Entry::parse(&value).ok_or_else(|| malformed(&name, "no load option"))
    }

    /// A variable's value, without the four bytes of attributes before it.
    fn read(&self, name: &str, vendor: &str) -> Result<Vec<u8>, FirmwareError> {
        let path = self.directory.join(format!("{name}-{vendor}"));
        let bytes = std::fs::read(&path).map_err(|source| FirmwareError::Read { path, source })?;
        let value = bytes.get(4..).filter(|value| !value.is_empty());
        value
            .map(<[u8]>::to_vec)
            .ok_or_else(|| malformed(name, "no value"))
    }
}

fn malformed(name: &str, what: &'static str) -> FirmwareError {
    FirmwareError::Malformed {
        name: name.to_owned(),
        what,
    }
}

/// One load option.
struct Entry {
    active: bool,
    partition: Option<String>,
}

impl Entry {
    fn parse(value: &[u8]) -> Option<Self> {
        let (attributes, rest) = value.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let end = rest.chunks_exact(2).position(|word| word == [0, 0])?;
        let path = rest.get(end * 2 + 2..)?;
        let path = path.get(..usize::from(u16::from_le_bytes(*length)))?;
        Some(Self {
            active: u32::from_le_bytes(*attributes) & ACTIVE != 0,
            partition: partition(path),
        })
    }
}

/// The GPT partition in a device path: type 4 (media), subtype 1 (hard drive), signature type 2.
fn partition(mut path: &[u8]) -> Option<String> {
    loop {
        let (kind, subtype) = (*path.first()?, *path.get(1)?);
        let length = usize::from(u16::from_le_bytes([*path.get(2)?, *path.get(3)?]));
        let node = path.get(..length).filter(|node| node.len() >= 4)?;
        if (kind, subtype) == (4, 1) && node.len() == 42 && node[41] == 2 {
            return Some(guid(node[24..40].first_chunk::<16>()?));
        }
        path = &path[length..];
    }
}

/// The first three fields of a GUID are little-endian.
fn guid(b: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (at, index) in [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
        .into_iter()
        .enumerate()
    {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{:02x}", b[index]));
    }
    text
}

#[cfg(test)]
pub mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Partition of the slot A and of the slot B in these tests.
    pub const A: &str = "a0b1c2d3-0405-0607-0809-0a0b0c0d0e0f";
    /// See [`A`].
    pub const B: &str = "b0b1c2d3-0405-0607-0809-0a0b0c0d0e0f";

    /// Writes a variable below `root` as efivarfs shows it.
    pub fn write(root: &Path, name: &str, vendor: &str, value: &[u8]) {
        let directory = root.join("sys/firmware/efi/efivars");
        std::fs::create_dir_all(&directory).unwrap();
        let bytes = [&[7, 0, 0, 0], value].concat();
        std::fs::write(directory.join(format!("{name}-{vendor}")), bytes).unwrap();
    }

    fn wire(guid: &str) -> Vec<u8> {
        let hex: String = guid.chars().filter(|c| *c != '-').collect();
        let b: Vec<u8> = (0..16)
            .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
            .map(|i| b[i])
            .to_vec()
    }

    fn utf16(text: &str) -> Vec<u8> {
        let words = text.encode_utf16().chain([0]);
        words.flat_map(u16::to_le_bytes).collect()
    }

    fn option(active: bool, label: &str, guid: Option<&str>) -> Vec<u8> {
        let mut path = vec![2, 1, 12, 0, 0xD0, 0x41, 3, 0x0A, 0, 0, 0, 0];
        if let Some(guid) = guid {
            path.extend([4, 1, 42, 0, 1, 0, 0, 0]);
            path.extend([0; 16]);
            path.extend(wire(guid));
            path.extend([2, 2]);
            let file = utf16("\\EFI\\BOOT\\BOOTX64.EFI");
            path.extend([4, 4]);
            path.extend(u16::try_from(file.len() + 4).unwrap().to_le_bytes());
            path.extend(file);
        }
        path.extend([0x7F, 0xFF, 4, 0]);
        let mut value = u32::from(active).to_le_bytes().to_vec();
        value.extend(u16::try_from(path.len()).unwrap().to_le_bytes());
        value.extend(utf16(label));
        value.extend(path);
        value
    }

    fn order(ids: &[u16]) -> Vec<u8> {
        ids.iter().flat_map(|id| id.to_le_bytes()).collect()
    }

    /// A machine whose firmware prefers `first` and runs `booted`.
    pub fn machine(root: &Path, booted: &str, first: &str) {
        write(
            root,
            "LoaderDevicePartUUID",
            LOADER,
            &utf16(&booted.to_uppercase()),
        );
        write(root, "Boot0004", GLOBAL, &option(true, "system0", Some(A)));
        write(root, "Boot001F", GLOBAL, &option(true, "system1", Some(B)));
        let ids: &[u16] = if first == A { &[4, 0x1F] } else { &[0x1F, 4] };
        write(root, "BootOrder", GLOBAL, &order(ids));
    }

    fn standing(root: &Path) -> Standing {
        Firmware::below(root).standing()
    }

    #[test]
    fn the_slot_that_is_first_in_the_order_is_confirmed_and_the_other_is_not() {
        let root = tempfile::tempdir().unwrap();
        machine(root.path(), A, A);
        assert_eq!(Firmware::below(root.path()).booted().unwrap(), A);
        assert_eq!(standing(root.path()), Standing::Confirmed);
        machine(root.path(), B, A);
        assert_eq!(standing(root.path()), Standing::Trial);
        machine(root.path(), B, B);
        assert_eq!(standing(root.path()), Standing::Confirmed);
    }

    #[test]
    fn boot_next_says_nothing_of_the_slot_that_runs() {
        let root = tempfile::tempdir().unwrap();
        machine(root.path(), A, A);
        write(root.path(), "BootNext", GLOBAL, &[0x1F, 0]);
        assert_eq!(standing(root.path()), Standing::Confirmed);
    }

    #[test]
    fn inactive_and_deleted_entries_are_passed_over() {
        let root = tempfile::tempdir().unwrap();
        machine(root.path(), B, A);
        write(
            root.path(),
            "Boot0004",
            GLOBAL,
            &option(false, "system0", Some(A)),
        );
        assert_eq!(standing(root.path()), Standing::Confirmed);
        write(root.path(), "BootOrder", GLOBAL, &order(&[9, 0x1F]));
        assert_eq!(standing(root.path()), Standing::Confirmed);
    }

    #[test]
    fn an_entry_without_a_partition_proves_nothing() {
        let root = tempfile::tempdir().unwrap();
        machine(root.path(), A, A);
        write(
            root.path(),
            "Boot0004",
            GLOBAL,
            &option(true, "UEFI disk", None),
        );
        assert_eq!(standing(root.path()), Standing::Unknown);
        assert_eq!(standing(&root.path().join("nothing")), Standing::Unknown);
    }

    #[test]
    fn no_prefix_of_a_load_option_is_taken_for_another_slot() {
        let whole = option(true, "system0", Some(A));
        for length in 0..whole.len() {
            if let Some(entry) = Entry::parse(&whole[..length]) {
                panic!("{length} bytes give {:?}", entry.partition);
            }
        }
        // A node that says it has no length must not be walked for ever.
        assert_eq!(partition(&[4, 1, 0, 0, 0, 0]), None);
    }

    #[test]
    fn a_short_or_foreign_variable_is_named() {
        let root = tempfile::tempdir().unwrap();
        machine(root.path(), A, A);
        write(root.path(), "BootOrder", GLOBAL, &[4]);
        let error = Firmware::below(root.path()).first().unwrap_err();
        assert!(error.to_string().contains("BootOrder"), "{error}");
        write(
            root.path(),
            "LoaderDevicePartUUID",
            LOADER,
            &utf16("../../x"),
        );
        assert!(Firmware::below(root.path()).booted().is_err());
    }
}
