// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the TPM is.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// The TPM behind the kernel's resource manager, so that we are in nobody's way.
pub const DEVICE: &str = "/dev/tpmrm0";

/// What leads to a TPM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Device {
    /// The kernel's device.
    Node(PathBuf),
    /// An emulated one (`swtpm socket`): tests. The sandbox of the installed unit lets nobody connect.
    Socket(PathBuf),
}

/// Something that takes commands and gives answers.
pub trait Link: Read + Write {}

impl<T: Read + Write> Link for T {}

impl Device {
    /// As it is written on the command line: a path, or `unix:` and a path; [`DEVICE`] where nothing is.
    #[must_use]
    pub fn named(argument: Option<OsString>) -> Self {
        let Some(argument) = argument else {
            return Self::Node(DEVICE.into());
        };
        match argument.as_bytes().strip_prefix(b"unix:") {
            Some(path) => Self::Socket(std::ffi::OsStr::from_bytes(path).into()),
            None => Self::Node(argument.into()),
        }
    }

    /// Opens it; none where this machine has no TPM.
    ///
    /// # Errors
    /// When there is one and it cannot be opened.
    pub fn open(&self) -> io::Result<Option<Box<dyn Link>>> {
        match self {
            Self::Node(path) => match File::options().read(true).write(true).open(path) {
                Ok(file) => Ok(Some(Box::new(file))),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            },
            Self::Socket(path) => Ok(Some(Box::new(UnixStream::connect(path)?))),
        }
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
        assert!(Device::Node(path.clone()).open().unwrap().is_none());
        assert!(Device::Socket(path.clone()).open().is_err());
        // There, but nothing to open for reading and writing.
        assert!(Device::Node(folder.path().into()).open().is_err());
        std::fs::write(&path, []).unwrap();
        assert!(Device::Node(path).open().unwrap().is_some());
    }

    #[test]
    fn the_command_line_names_it() {
        assert_eq!(Device::named(None), Device::Node(DEVICE.into()));
        assert_eq!(
            Device::named(Some("/dev/x".into())),
            Device::Node("/dev/x".into())
        );
        assert_eq!(
            Device::named(Some("unix:/tmp/x".into())),
            Device::Socket("/tmp/x".into())
        );
    }
}
