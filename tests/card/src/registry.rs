// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the stand-in for the national centre has to know of the cards: `registry.json` in the state
//! directory, rewritten at each start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Name of the file in the state directory.
pub const FILE: &str = "registry.json";

/// One card with certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Name of the card.
    pub profile: String,
    /// Serial number of the 利用者証明用 certificate: upper-case hexadecimal, whole bytes.
    pub serial_hex: String,
    /// Common name of its subject, 23 characters.
    pub subject_cn: String,
}

/// Why the registry could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The file could not be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is not a registry.
    #[error("{path} is not a registry")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

/// Reads the registry of the card program whose state directory is `state`.
pub fn read(state: &Path) -> Result<Vec<Entry>, RegistryError> {
    let path = state.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(source) => return Err(RegistryError::Read { path, source }),
    };
    serde_json::from_slice(&bytes).map_err(|source| RegistryError::Format { path, source })
}
