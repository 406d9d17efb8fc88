// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the TPM is.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The TPM behind the kernel's resource manager, so that we are in nobody's way.
pub const DEVICE: &str = "/dev/tpmrm0";

/// Opens the device node of a TPM; none where this machine has none.
///
/// # Errors
/// When there is one and it cannot be opened.
pub fn open(path: &Path) -> io::Result<Option<File>> {
    match File::options().read(true).write(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_a_node_that_is_not_there_means_no_tpm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tpmrm0");
        assert!(open(&path).unwrap().is_none());
        // There, but nothing to open for reading and writing.
        assert!(open(folder.path()).is_err());
        std::fs::write(&path, []).unwrap();
        assert!(open(&path).unwrap().is_some());
    }
}
