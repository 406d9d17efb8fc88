// SPDX-License-Identifier: MIT OR Apache-2.0
//! EFI variables as efivarfs shows them: a file each, four bytes of attributes, then the data.
//!
//! The kernel marks variables it does not know as immutable, so that a stray `rm -rf` does not
//! brick a board; the mark is taken off for our own writes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use uuid::{Uuid, uuid};

/// `EFI_GLOBAL_VARIABLE` (UEFI 2.10, 3.3): `BootOrder`, `Boot####`, `BootCurrent`.
pub const GLOBAL: Uuid = uuid!("8be4df61-93ca-11d2-aa0d-00e098032b8c");
/// systemd's boot loader interface.
pub const LOADER: Uuid = uuid!("4a67b082-0a4c-41cf-b6c7-440b29bb8c4f");
/// Our own variables.
pub const UKETSUKE: Uuid = uuid!("173a80d7-ec26-4833-8f74-fd18456016b1");

/// Non-volatile, readable at boot and at run time: what every variable written here has.
const ATTRIBUTES: u32 = 0x7;
/// No variable we read is larger; a broken firmware must not fill the memory of the initrd.
const LIMIT: u64 = 64 * 1024;
/// `statfs` type of efivarfs.
const EFIVARFS_MAGIC: u64 = 0xde5e_81e4;

/// Why a variable was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum VarError {
    /// The firmware or the kernel refused; a full memory is "No space left on device".
    #[error("EFI variable {name}: cannot be {act}")]
    Io {
        /// The variable.
        name: String,
        /// Read, written, deleted.
        act: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Less than the four bytes of attributes, or more than any sound firmware holds.
    #[error("EFI variable {name}: {length} bytes is no variable")]
    Length {
        /// The variable.
        name: String,
        /// What the file has.
        length: usize,
    },
    /// The variables cannot be listed.
    #[error("{path}: EFI variables cannot be listed")]
    List {
        /// Where efivarfs should be.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Name and vendor of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    name: String,
    vendor: Uuid,
}

impl Name {
    /// The variable `name` of `vendor`.
    #[must_use]
    pub fn new(name: &str, vendor: Uuid) -> Name {
        Name {
            name: name.to_owned(),
            vendor,
        }
    }

    /// The load option of `number`.
    #[must_use]
    pub fn boot(number: u16) -> Name {
        Name::new(&format!("Boot{number:04X}"), GLOBAL)
    }

    fn file(&self) -> String {
        format!("{}-{}", self.name, self.vendor.hyphenated())
    }
}

/// One variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// `EFI_VARIABLE_*` bits.
    pub attributes: u32,
    /// What it holds.
    pub data: Vec<u8>,
}

/// All variables of a machine.
#[derive(Clone, Debug)]
pub struct Variables {
    directory: PathBuf,
}

impl Variables {
    /// The variables in `directory`, where efivarfs is mounted.
    #[must_use]
    pub fn new(directory: PathBuf) -> Variables {
        Variables { directory }
    }

    /// Reads a variable; `None` when there is none of that name.
    pub fn read(&self, name: &Name) -> Result<Option<Variable>, VarError> {
        let path = self.directory.join(name.file());
        let failed = |source| VarError::Io {
            name: name.name.clone(),
            act: "read",
            source,
        };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = Vec::new();
        file.take(LIMIT + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        let length = bytes.len();
        match bytes.split_first_chunk::<4>() {
            Some((attributes, data)) if length as u64 <= LIMIT => Ok(Some(Variable {
                attributes: u32::from_le_bytes(*attributes),
                data: data.to_vec(),
            })),
            _ => Err(VarError::Length {
                name: name.name.clone(),
                length,
            }),
        }
    }

    /// Makes the variable hold `data`; says whether anything had to be written. Flash wears out, so
    /// what is there already is left alone.
    pub fn write(&self, name: &Name, data: &[u8]) -> Result<bool, VarError> {
        // What cannot be read is written over.
        if let Ok(Some(old)) = self.read(name)
            && old.data == data
        {
            return Ok(false);
        }
        let failed = |source| VarError::Io {
            name: name.name.clone(),
            act: "written",
            source,
        };
        let path = self.directory.join(name.file());
        make_mutable(&path).map_err(failed)?;
        let mut bytes = ATTRIBUTES.to_le_bytes().to_vec();
        bytes.extend_from_slice(data);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            // efivarfs replaces the whole value at each write and must not see a truncation,
            // which would be a write of its own.
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        // One write: efivarfs hands each to the firmware as a whole value.
        let written = file.write(&bytes).map_err(failed)?;
        if written != bytes.len() {
            return Err(failed(io::ErrorKind::WriteZero.into()));
        }
        if !on_efivarfs(&file).map_err(failed)? {
            file.set_len(bytes.len() as u64).map_err(failed)?;
        }
        Ok(true)
    }

    /// Deletes a variable, if it is there.
    pub fn delete(&self, name: &Name) -> Result<(), VarError> {
        let path = self.directory.join(name.file());
        let failed = |source| VarError::Io {
            name: name.name.clone(),
            act: "deleted",
            source,
        };
        make_mutable(&path).map_err(failed)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }

    /// The numbers of all `Boot####` variables, in rising order.
    pub fn boot_numbers(&self) -> Result<Vec<u16>, VarError> {
        let failed = |source| VarError::List {
            path: self.directory.clone(),
            source,
        };
        let suffix = format!("-{}", GLOBAL.hyphenated());
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let digits = name
                .to_str()
                .and_then(|name| name.strip_suffix(suffix.as_str()))
                .and_then(|name| name.strip_prefix("Boot"));
            // "BootOrder" and "BootCurrent" have no four hexadecimal digits.
            if let Some(digits) = digits
                && digits.len() == 4
                && let Ok(number) = u16::from_str_radix(digits, 16)
            {
                numbers.push(number);
            }
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}

/// The text of a variable in UTF-16LE, up to its first NUL.
#[must_use]
pub fn text(data: &[u8]) -> String {
    let units = data
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    String::from_utf16_lossy(&units.take_while(|unit| *unit != 0).collect::<Vec<_>>())
}

/// Takes the immutable mark off a variable that is there.
fn make_mutable(path: &Path) -> io::Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let flags = match ioctl_getflags(&file) {
        Ok(flags) => flags,
        // A file system without marks: nothing to take off.
        Err(rustix::io::Errno::NOTTY | rustix::io::Errno::OPNOTSUPP) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if flags.contains(IFlags::IMMUTABLE) {
        ioctl_setflags(&file, flags - IFlags::IMMUTABLE)?;
    }
    Ok(())
}

/// Whether `file` is a variable of the firmware, not a file of a test.
fn on_efivarfs(file: &File) -> io::Result<bool> {
    let magic = rustix::fs::fstatfs(file)?.f_type;
    Ok(u64::try_from(magic).is_ok_and(|magic| magic == EFIVARFS_MAGIC))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn variables() -> (tempfile::TempDir, Variables) {
        let directory = tempfile::tempdir().unwrap();
        let variables = Variables::new(directory.path().to_owned());
        (directory, variables)
    }

    #[test]
    fn a_variable_reads_back_as_written_and_is_not_written_twice() {
        let (directory, variables) = variables();
        let name = Name::new("UketsukeBoot", UKETSUKE);
        assert_eq!(variables.read(&name).unwrap(), None);
        assert!(variables.write(&name, b"long value").unwrap());
        assert!(variables.write(&name, b"short").unwrap());
        assert!(!variables.write(&name, b"short").unwrap());
        let file = directory
            .path()
            .join("UketsukeBoot-173a80d7-ec26-4833-8f74-fd18456016b1");
        assert_eq!(fs::read(file).unwrap(), b"\x07\0\0\0short");
        variables.delete(&name).unwrap();
        variables.delete(&name).unwrap();
        assert_eq!(variables.read(&name).unwrap(), None);
    }

    #[test]
    fn a_truncated_variable_is_an_error_and_can_be_written_over() {
        let (directory, variables) = variables();
        let name = Name::boot(0x1a);
        let path = directory.path().join(name.file());
        fs::write(&path, [7, 0]).unwrap();
        let error = variables.read(&name).unwrap_err();
        assert_eq!(
            error.to_string(),
            "EFI variable Boot001A: 2 bytes is no variable"
        );
        assert!(variables.write(&name, b"x").unwrap());
        assert_eq!(variables.read(&name).unwrap().unwrap().data, b"x");
    }

    #[test]
    fn only_load_options_are_numbers() {
        let (directory, variables) = variables();
        for name in [
            "Boot0000",
            "Boot00FF",
            "BootOrder",
            "BootCurrent",
            "BootNext",
            "Boot123",
            "BootZZZZ",
        ] {
            fs::write(
                directory.path().join(Name::new(name, GLOBAL).file()),
                [7, 0, 0, 0],
            )
            .unwrap();
        }
        fs::write(
            directory.path().join(Name::new("Boot0001", LOADER).file()),
            [],
        )
        .unwrap();
        assert_eq!(variables.boot_numbers().unwrap(), [0, 0xff]);
    }

    #[test]
    fn text_ends_at_nul_and_survives_an_odd_byte() {
        assert_eq!(text(b"a\0b\0\0\0c\0"), "ab");
        assert_eq!(text(b"a\0b"), "a");
    }
}
