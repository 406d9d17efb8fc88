// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who this box is, for grants that are meant for it alone.
//!
//! The id is `HMAC-SHA-256(key = hardware identity, message = "uketsuke device id 1")`, first 16
//! bytes, in hex: the way of sd_id128_get_machine_app_specific(3), so that the serial number itself
//! is told to nobody. The hardware identity is the firmware's system UUID (SMBIOS), or the device
//! tree's serial number, or, on a board that has neither, 16 random bytes drawn once and kept with
//! the data. systemd's machine id is not used: it is drawn anew with the data partition, and a
//! grant must find the same box after a factory reset.

use std::io;
use std::path::{Path, PathBuf};

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::files::{Files, replace};

const MESSAGE: &[u8] = b"uketsuke device id 1";

/// Why the box has no id.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Neither hardware nor data partition have one, and none could be kept.
    #[error("cannot keep a device id in {path}")]
    Keep {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No randomness.
    #[error("no random bytes")]
    Random,
}

/// The id of the box, 32 hex digits. `sys` is `/sys`, `proc` is `/proc`, `kept` the file for a board
/// without identity.
///
/// # Errors
/// [`DeviceError`].
pub fn id(files: &dyn Files, sys: &Path, proc: &Path, kept: &Path) -> Result<String, DeviceError> {
    let from_hardware = [
        sys.join("class/dmi/id/product_uuid"),
        proc.join("device-tree/serial-number"),
    ]
    .iter()
    .filter_map(|path| std::fs::read(path).ok())
    .find_map(|text| hardware(&text));
    let identity = match from_hardware {
        Some(identity) => identity,
        None => drawn(files, kept)?,
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, &identity);
    Ok(crate::hex(&hmac::sign(&key, MESSAGE).as_ref()[..16]))
}

/// What a maker's value says, in one form; none when the maker left it empty or at a pattern that
/// every board of the kind has.
fn hardware(text: &[u8]) -> Option<Vec<u8>> {
    let mut value: Vec<u8> = text
        .iter()
        .filter(|b| b.is_ascii_alphanumeric())
        .map(u8::to_ascii_lowercase)
        .collect();
    value.truncate(128);
    // The UUID that a well-known board firmware ships on every piece.
    const SHIPPED: &[u8] = b"03000200040005000006000700080009";
    let alike = value.windows(2).all(|pair| pair[0] == pair[1]);
    (value.len() >= 8 && !alike && value != SHIPPED).then_some(value)
}

/// The identity kept with the data, drawn when there is none.
fn drawn(files: &dyn Files, kept: &Path) -> Result<Vec<u8>, DeviceError> {
    let keep = |source| DeviceError::Keep {
        path: kept.to_owned(),
        source,
    };
    match files.read(kept, 64) {
        Ok(bytes) if bytes.len() == 16 => return Ok(bytes),
        Ok(_) => {
            tracing::error!(path = %kept.display(), "the kept identity is damaged; a new one is drawn");
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(keep(error)),
    }
    let mut identity = vec![0; 16];
    SystemRandom::new()
        .fill(&mut identity)
        .map_err(|_| DeviceError::Random)?;
    replace(files, kept, &identity).map_err(keep)?;
    Ok(identity)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::files::RealFiles;

    struct Box_(tempfile::TempDir);

    impl Box_ {
        fn new(uuid: Option<&str>, serial: Option<&str>) -> Self {
            let dir = tempfile::tempdir().unwrap();
            for (path, value) in [
                ("sys/class/dmi/id/product_uuid", uuid),
                ("proc/device-tree/serial-number", serial),
            ] {
                let path = dir.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                if let Some(value) = value {
                    std::fs::write(path, value).unwrap();
                }
            }
            Self(dir)
        }

        fn id(&self) -> String {
            let root = self.0.path();
            id(
                &RealFiles,
                &root.join("sys"),
                &root.join("proc"),
                &root.join("device-id"),
            )
            .unwrap()
        }
    }

    #[test]
    fn a_box_keeps_its_id_and_has_it_alone() {
        let uuid = "4c4c4544-0036-3510-8052-b4c04f4d3232\n";
        let first = Box_::new(Some(uuid), None).id();
        assert_eq!(
            first,
            Box_::new(Some(&uuid.to_uppercase()), Some("77")).id()
        );
        assert_eq!(first.len(), 32);
        let board = Box_::new(None, Some("10000000abcdef01\0")).id();
        assert_ne!(first, board);
        assert!(!first.contains("4c4c4544"));
    }

    #[test]
    fn a_board_without_identity_draws_one_and_keeps_it() {
        for uuid in [
            None,
            Some("00000000-0000-0000-0000-000000000000"),
            Some("ffffffff-ffff-ffff-ffff-ffffffffffff"),
            Some("03000200-0400-0500-0006-000700080009"),
        ] {
            let board = Box_::new(uuid, None);
            let id = board.id();
            assert_eq!(id, board.id());
            assert_ne!(id, Box_::new(uuid, None).id());
        }
    }
}
