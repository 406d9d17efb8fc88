// SPDX-License-Identifier: MIT OR Apache-2.0
//! The variables in the flash of the firmware (EDK II, as OVMF is built), as its next start finds
//! them whatever instant the last one ended at.
//!
//! ```text
//! volume header | store header | variable | variable | … | 0xff …
//! … behind the store: the working block of fault-tolerant writes, and the spare half of the volume
//! ```
//!
//! A variable is replaced by one behind it. Its state says how far that got; bits are only ever
//! cleared, because that is what flash can do without being erased: 0x7f its header is there, 0x3f
//! all of it is there, 0x3e a successor is being written, 0x3d and 0x3c it is gone. The old one
//! counts until the new one is all there. When the store is full it is written anew, by way of the
//! spare half: once that is complete it counts, until the store is.
//!
//! Facts: EDK II, `MdeModulePkg/Include/Guid/VariableFormat.h`,
//! `MdePkg/Include/Pi/PiFirmwareVolume.h`, `MdeModulePkg/Universal/FaultTolerantWriteDxe`.

use std::collections::BTreeMap;

use uuid::{Uuid, uuid};

/// `gEfiSystemNvDataFvGuid`: a volume of variables.
const VOLUME: Uuid = uuid!("fff12b8d-7696-4c8b-a985-2747075b4f50");
/// `gEfiAuthenticatedVariableGuid`: a store whose variables have the long header.
const STORE: Uuid = uuid!("aaf32c78-947b-439a-a180-2e144ec37792");
/// `gEdkiiWorkingBlockSignatureGuid`.
const WORKING: Uuid = uuid!("9e58292b-7c68-497d-a0ce-6500fd9f1b95");
/// `StartId` of a variable.
const START: u16 = 0x55aa;
/// Bytes of the store's header, and of a variable's.
const STORE_HEADER: usize = 28;
const VARIABLE_HEADER: usize = 60;
/// Bytes of the working block's header, of a write's in its queue, and of a record of that write.
const WORKING_HEADER: usize = 32;
const WRITE: usize = 40;
const RECORD: usize = 40;
/// Where working blocks may begin.
const BLOCK: usize = 4096;

/// Why the flash holds no variables that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlashError {
    /// No volume, or no store in it.
    #[error("no {0} at byte {1:#x}")]
    Absent(&'static str, usize),
    /// Something ends beyond what holds it.
    #[error("the {0} at byte {1:#x} ends outside")]
    Outside(&'static str, usize),
    /// A fault-tolerant write of something else than the store.
    #[error("an unfinished write of block {0}")]
    Block(u64),
}

/// Variables by vendor and name.
pub type Variables = BTreeMap<(Uuid, String), Vec<u8>>;

/// The variables as the next start of the firmware finds them.
///
/// # Errors
/// [`FlashError`].
pub fn variables(flash: &[u8]) -> Result<Variables, FlashError> {
    // The volume's own header says the same, but is erased now and then.
    let spare = flash.len() / 2;
    if unfinished(flash, spare)? {
        stored(&flash[spare..])
    } else {
        stored(flash)
    }
}

/// The variables of the store in this volume.
fn stored(volume: &[u8]) -> Result<Variables, FlashError> {
    if guid(volume, 16) != Some(VOLUME) || volume.get(40..44) != Some(b"_FVH") {
        return Err(FlashError::Absent("volume", 0));
    }
    let at = number(volume, 48, 2).ok_or(FlashError::Absent("volume", 0))? as usize;
    let sound = volume.get(at + 20..at + 22) == Some(&[0x5a, 0xfe]);
    if guid(volume, at) != Some(STORE) || !sound {
        return Err(FlashError::Absent("store", at));
    }
    let size = number(volume, at + 16, 4).ok_or(FlashError::Absent("store", at))? as usize;
    let store = volume
        .get(at..at + size)
        .ok_or(FlashError::Outside("store", at))?;
    let mut found = Variables::new();
    let mut leaving = Variables::new();
    let mut at = STORE_HEADER;
    while number(store, at, 2) == Some(u64::from(START)) {
        let Some(header) = store.get(at..at + VARIABLE_HEADER) else {
            break;
        };
        let (name, data) = sizes(header);
        let behind = at + VARIABLE_HEADER;
        let outside = FlashError::Outside("variable", at);
        let text = store.get(behind..behind.saturating_add(name));
        let text = text.ok_or_else(|| outside.clone())?;
        let bytes = store.get(behind + name..(behind + name).saturating_add(data));
        let bytes = bytes.ok_or(outside)?;
        let vendor = guid(header, 44).unwrap_or_default();
        let key = (vendor, uketsuke_boot::efi::vars::text(text));
        match header[2] {
            // As the firmware looks: the first one that is all there.
            0x3f => {
                found.entry(key).or_insert_with(|| bytes.to_vec());
            }
            0x3e => {
                leaving.insert(key, bytes.to_vec());
            }
            _ => {}
        }
        at = (behind + name + data).next_multiple_of(4);
    }
    for (key, bytes) in leaving {
        found.entry(key).or_insert(bytes);
    }
    Ok(found)
}

/// Sizes of name and data. A header that is not all there counts as one without either.
fn sizes(header: &[u8]) -> (usize, usize) {
    let field = |at| number(header, at, 4).unwrap_or(u64::from(u32::MAX));
    let (attributes, name, data) = (field(4), field(36), field(40));
    if header[2] == 0xff || [attributes, name, data].contains(&u64::from(u32::MAX)) {
        return (0, 0);
    }
    (name as usize, data as usize)
}

/// Whether the spare half holds the store, because a write of it was cut off.
fn unfinished(flash: &[u8], spare: usize) -> Result<bool, FlashError> {
    let mut blocks = (0..spare).step_by(BLOCK);
    let Some(working) = blocks.find(|at| guid(flash, *at) == Some(WORKING)) else {
        return Ok(false);
    };
    let mut at = working + WORKING_HEADER;
    // Flags say yes by a cleared bit.
    let said = |at: usize, bit: u8| flash.get(at).is_some_and(|flags| flags & bit == 0);
    while at + WRITE <= spare && said(at, 1) {
        let records = number(flash, at + 24, 8).unwrap_or_default();
        let private = number(flash, at + 32, 8).unwrap_or_default();
        let (written, complete) = (said(at, 2), said(at, 4));
        let record = at + WRITE;
        if !complete {
            // One record a write, of what is written at once.
            let pending = written && said(record, 2) && !said(record, 4);
            let block = number(flash, record + 8, 8).unwrap_or_default();
            return match pending {
                true if block != 0 => Err(FlashError::Block(block)),
                pending => Ok(pending),
            };
        }
        let length = (RECORD as u64)
            .saturating_add(private)
            .saturating_mul(records);
        let length = usize::try_from(length).map_err(|_| FlashError::Outside("write", at))?;
        at = record.saturating_add(length);
    }
    Ok(false)
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let mut number = [0; 8];
    number[..length].copy_from_slice(bytes.get(at..at + length)?);
    Some(u64::from_le_bytes(number))
}

fn guid(bytes: &[u8], at: usize) -> Option<Uuid> {
    let bytes = bytes.get(at..at + 16)?;
    Uuid::from_slice_le(bytes).ok()
}

#[cfg(test)]
#[path = "flash_tests.rs"]
pub(crate) mod tests;
