// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who this box is, for grants that are meant for it alone.
//!
//! The id is systemd's machine id made specific to this use, as
//! sd_id128_get_machine_app_specific(3) does it, so that the machine id itself is told to nobody:
//! `HMAC-SHA-256(key = machine id, message = `[`APPLICATION`]`)`, the first 16 bytes, with the marks
//! of a random UUID. `systemd-id128 machine-id --app-specific=…` says the same. The machine id lies
//! in the firmware's variables (docs/boot.md), so it outlives updates, factory resets and a new data
//! partition; serial numbers in SMBIOS are not unique on the boards this runs on.

use std::io;
use std::path::{Path, PathBuf};

use ring::hmac;

/// Tells this use of the machine id from others; drawn once, never changed.
pub const APPLICATION: [u8; 16] = [
    0x54, 0xd4, 0xd1, 0xf2, 0x4d, 0xd4, 0x42, 0x1f, 0x81, 0x54, 0xfe, 0x7c, 0x3b, 0x39, 0x70, 0x85,
];

/// Why the box has no id.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The machine id cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is none in the file.
    #[error("{path} holds no machine id")]
    None {
        /// The file.
        path: PathBuf,
    },
}

/// The id of the box whose machine id is in `file`: 32 hex digits.
///
/// # Errors
/// [`DeviceError`].
pub fn id(file: &Path) -> Result<String, DeviceError> {
    let text = std::fs::read_to_string(file).map_err(|source| DeviceError::Read {
        path: file.to_owned(),
        source,
    })?;
    let machine = parse(text.trim_end()).ok_or_else(|| DeviceError::None {
        path: file.to_owned(),
    })?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &machine);
    let mut id: [u8; 16] = [0; 16];
    id.copy_from_slice(&hmac::sign(&key, &APPLICATION).as_ref()[..16]);
    // Version 4, variant 1 (RFC 9562, section 5.4).
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    Ok(crate::hex(&id))
}

/// 32 hex digits (machine-id(5)); "uninitialized" and zeros are none.
fn parse(text: &str) -> Option<[u8; 16]> {
    if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 16];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    (bytes != [0; 16]).then_some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::process::Command;

    use super::*;

    /// What `systemd-id128 machine-id --app-specific=` answers on the machine of this id.
    const KNOWN: &str = "4a3ebd3344504a31bad3119a8fe9b42e";

    fn id_of(text: &str) -> Result<String, DeviceError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("machine-id");
        std::fs::write(&file, text).unwrap();
        id(&file)
    }

    #[test]
    fn it_is_what_systemd_makes_of_the_same_machine_id() {
        let own = Path::new("/etc/machine-id");
        let systemd = |more: &[&str]| {
            let output = Command::new("systemd-id128")
                .arg("machine-id")
                .args(more)
                .output();
            let output = output.unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        let application = format!("--app-specific={}", crate::hex(&APPLICATION));
        assert_eq!(id_of("4d4f6c4e35b2425d9b8d3d4d0c8a7e11\n").unwrap(), KNOWN);
        // Not every machine that builds has an id.
        if std::fs::read_to_string(own).is_ok_and(|t| parse(t.trim_end()).is_some()) {
            assert_eq!(id(own).unwrap(), systemd(&[&application]));
        }
    }

    #[test]
    fn the_machine_id_is_not_told_and_every_box_has_its_own() {
        let first = id_of("4d4f6c4e35b2425d9b8d3d4d0c8a7e11\n").unwrap();
        let second = id_of("4d4f6c4e35b2425d9b8d3d4d0c8a7e12\n").unwrap();
        assert_ne!(first, second);
        assert!(!first.contains("4d4f6c4e"));
    }

    #[test]
    fn a_box_without_machine_id_has_no_id() {
        for text in [
            "",
            "uninitialized\n",
            "00000000000000000000000000000000\n",
            "4d4f6c4e35b2425d9b8d3d4d0c8a7e1\n",
            "4d4f6c4e35b2425d9b8d3d4d0c8a7exx\n",
            "+d4f6c4e35b2425d9b8d3d4d0c8a7e11\n",
        ] {
            assert!(
                matches!(id_of(text), Err(DeviceError::None { .. })),
                "{text:?}"
            );
        }
        assert!(id(Path::new("/nonexistent/machine-id")).is_err());
    }
}
