// SPDX-License-Identifier: MIT OR Apache-2.0
//! `EFI_LOAD_OPTION` (UEFI 2.10, 3.1.3) and the device path in it (10.3).
//!
//! ```text
//! attributes u32 | path length u16 | description UTF-16, NUL | device path | optional data
//! device path: nodes of type u8 | subtype u8 | length u16 | body; ends with type 0x7f, subtype 0xff
//! ```

use uuid::Uuid;

use crate::disk::Partition;

/// `LOAD_OPTION_ACTIVE`: the firmware tries only such options.
pub const ACTIVE: u32 = 1;

/// Media device path, hard drive: 10.3.5.1.
const HARD_DRIVE: (u8, u8) = (4, 1);
/// Media device path, file path: 10.3.5.4.
const FILE_PATH: (u8, u8) = (4, 4);
/// End of the entire device path: 10.3.1.
const END: (u8, u8) = (0x7f, 0xff);
/// Body of a hard drive node: number u32, start u64, blocks u64, signature 16, format, type.
const HARD_DRIVE_BODY: usize = 38;
/// `PartitionFormat` GPT and `SignatureType` GUID.
const GPT_GUID: [u8; 2] = [2, 2];

/// Why a load option cannot be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// It ends inside one of its fields.
    #[error("ends in its {0}")]
    Truncated(&'static str),
    /// The description is no UTF-16.
    #[error("its description is no UTF-16")]
    Description,
    /// A node says it is shorter than its own header.
    #[error("a node of its device path has a length of {0}")]
    NodeLength(u16),
}

/// Where a load option leads: the first hard drive node of its path and the file after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Partition number, from 1.
    pub number: u32,
    /// First logical block.
    pub start: u64,
    /// Length in logical blocks.
    pub blocks: u64,
    /// Unique GUID of the partition.
    pub guid: Uuid,
    /// Path on it, as `\EFI\BOOT\BOOTX64.EFI`.
    pub file: String,
}

impl Target {
    /// The file `file` on `partition`.
    #[must_use]
    pub fn new(partition: &Partition, file: &str) -> Target {
        Target {
            number: partition.number,
            start: partition.start,
            blocks: partition.blocks,
            guid: partition.guid,
            file: file.to_owned(),
        }
    }
}

/// One load option, as far as we need to understand it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadOption {
    /// `LOAD_OPTION_*` bits.
    pub attributes: u32,
    /// Its label.
    pub description: String,
    /// Where it leads, if that is a GPT partition of a disk.
    pub target: Option<Target>,
}

impl LoadOption {
    /// An active option labelled `description` that leads to `target`.
    #[must_use]
    pub fn new(description: &str, target: Target) -> LoadOption {
        LoadOption {
            attributes: ACTIVE,
            description: description.to_owned(),
            target: Some(target),
        }
    }

    /// Reads the data of a `Boot####` variable.
    pub fn parse(data: &[u8]) -> Result<LoadOption, OptionError> {
        let mut rest = data;
        let attributes = u32::from_le_bytes(take(&mut rest, "attributes")?);
        let path_length = u16::from_le_bytes(take(&mut rest, "path length")?);
        let description = take_text(&mut rest)?;
        let path = rest.get(..usize::from(path_length));
        let path = path.ok_or(OptionError::Truncated("device path"))?;
        Ok(LoadOption {
            attributes,
            description,
            target: target(path)?,
        })
    }

    /// The data of a `Boot####` variable. Nothing but the path follows the description.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut path = Vec::new();
        if let Some(target) = &self.target {
            let mut body = Vec::with_capacity(HARD_DRIVE_BODY);
            body.extend(target.number.to_le_bytes());
            body.extend(target.start.to_le_bytes());
            body.extend(target.blocks.to_le_bytes());
            body.extend(target.guid.to_bytes_le());
            body.extend(GPT_GUID);
            push_node(&mut path, HARD_DRIVE, &body);
            push_node(&mut path, FILE_PATH, &utf16(&target.file));
        }
        push_node(&mut path, END, &[]);
        let mut data = self.attributes.to_le_bytes().to_vec();
        let length = u16::try_from(path.len()).unwrap_or(u16::MAX);
        data.extend(length.to_le_bytes());
        data.extend(utf16(&self.description));
        data.extend(path);
        data
    }
}

/// Walks a device path to its end.
fn target(mut path: &[u8]) -> Result<Option<Target>, OptionError> {
    let mut found: Option<Target> = None;
    while !path.is_empty() {
        let [kind, subtype] = take(&mut path, "device path node")?;
        let length = u16::from_le_bytes(take(&mut path, "device path node")?);
        let body = length
            .checked_sub(4)
            .ok_or(OptionError::NodeLength(length))?;
        let body = usize::from(body);
        if body > path.len() {
            return Err(OptionError::Truncated("device path node"));
        }
        let (body, after) = path.split_at(body);
        path = after;
        match (kind, subtype) {
            END => break,
            HARD_DRIVE if found.is_none() => found = hard_drive(body)?,
            FILE_PATH => {
                if let Some(target) = &mut found {
                    // Several nodes are parts of one path (10.3.5.4).
                    target.file.push_str(&crate::efi::vars::text(body));
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

fn hard_drive(mut body: &[u8]) -> Result<Option<Target>, OptionError> {
    const WHAT: &str = "hard drive node";
    let number = u32::from_le_bytes(take(&mut body, WHAT)?);
    let start = u64::from_le_bytes(take(&mut body, WHAT)?);
    let blocks = u64::from_le_bytes(take(&mut body, WHAT)?);
    let guid = Uuid::from_bytes_le(take(&mut body, WHAT)?);
    let format: [u8; 2] = take(&mut body, WHAT)?;
    // A partition of an MBR has no GUID and is none of ours.
    Ok((format == GPT_GUID).then(|| Target {
        number,
        start,
        blocks,
        guid,
        file: String::new(),
    }))
}

fn push_node(path: &mut Vec<u8>, (kind, subtype): (u8, u8), body: &[u8]) {
    path.extend([kind, subtype]);
    let length = u16::try_from(body.len() + 4).unwrap_or(u16::MAX);
    path.extend(length.to_le_bytes());
    path.extend(body);
}

fn utf16(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().chain([0]);
    units.flat_map(u16::to_le_bytes).collect()
}

fn take<const N: usize>(rest: &mut &[u8], what: &'static str) -> Result<[u8; N], OptionError> {
    let (head, tail) = rest
        .split_first_chunk::<N>()
        .ok_or(OptionError::Truncated(what))?;
    *rest = tail;
    Ok(*head)
}

fn take_text(rest: &mut &[u8]) -> Result<String, OptionError> {
    let mut units = Vec::new();
    loop {
        match u16::from_le_bytes(take(rest, "description")?) {
            0 => return String::from_utf16(&units).map_err(|_| OptionError::Description),
            unit => units.push(unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn option() -> LoadOption {
        let target = Target {
            number: 1,
            start: 2048,
            blocks: 196_608,
            guid: uuid::uuid!("a5fcf012-49ba-4ad3-8d39-4c3c2db5e7c1"),
            file: r"\EFI\BOOT\BOOTX64.EFI".to_owned(),
        };
        LoadOption::new("system0", target)
    }

    /// As `efibootmgr -c -d … -p 1 -L system0 -l '\EFI\BOOT\BOOTX64.EFI'` writes it: the header and
    /// hard drive node of UEFI 2.10, table 10-49, byte by byte.
    #[test]
    fn the_bytes_are_those_of_the_standard() {
        let mut bytes = vec![1, 0, 0, 0, 94, 0];
        bytes.extend(b"s\0y\0s\0t\0e\0m\0\x30\0\0\0");
        bytes.extend([4, 1, 42, 0, 1, 0, 0, 0]);
        bytes.extend([0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0]);
        bytes.extend([0x12, 0xf0, 0xfc, 0xa5, 0xba, 0x49, 0xd3, 0x4a]);
        bytes.extend([0x8d, 0x39, 0x4c, 0x3c, 0x2d, 0xb5, 0xe7, 0xc1, 2, 2]);
        bytes.extend([4, 4, 48, 0]);
        bytes.extend(br"\EFI\BOOT\BOOTX64.EFI".iter().flat_map(|byte| [*byte, 0]));
        bytes.extend([0, 0, 0x7f, 0xff, 4, 0]);
        assert_eq!(option().encode(), bytes);
        assert_eq!(LoadOption::parse(&bytes), Ok(option()));
    }

    #[test]
    fn nodes_before_the_disk_and_data_after_the_path_do_not_matter() {
        let plain = option().encode();
        let (head, path) = plain.split_at(22);
        let mut bytes = head.to_vec();
        // ACPI root bridge and PCI function, as firmware itself writes full paths.
        bytes.extend([
            2, 1, 12, 0, 0xd0, 0x41, 3, 0x0a, 0, 0, 0, 0, 1, 1, 6, 0, 0, 4,
        ]);
        bytes.extend(path);
        bytes.extend(b"optional data");
        bytes[4..6].copy_from_slice(&(94 + 18u16).to_le_bytes());
        assert_eq!(LoadOption::parse(&bytes), Ok(option()));
    }

    #[test]
    fn every_prefix_is_refused() {
        let bytes = option().encode();
        for length in 0..bytes.len() {
            assert!(
                LoadOption::parse(&bytes[..length]).is_err(),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn a_node_shorter_than_its_header_does_not_loop() {
        let mut bytes = option().encode();
        bytes[24] = 3;
        assert_eq!(LoadOption::parse(&bytes), Err(OptionError::NodeLength(3)));
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = LoadOption::parse(&bytes);
        }

        #[test]
        fn damaged_options_never_panic(at in 0usize..116, value: u8) {
            let mut bytes = option().encode();
            bytes[at] = value;
            let _ = LoadOption::parse(&bytes);
        }

        #[test]
        fn what_is_written_reads_back(
            description in "[ -~]{0,40}",
            file in r"\\[ -~]{0,60}",
            number: u32, start: u64, blocks: u64, guid: u128,
        ) {
            let guid = Uuid::from_u128(guid);
            let target = Target { number, start, blocks, guid, file };
            let option = LoadOption::new(&description, target);
            prop_assert_eq!(LoadOption::parse(&option.encode()), Ok(option));
        }
    }
}
