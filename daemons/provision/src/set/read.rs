// SPDX-License-Identifier: MIT OR Apache-2.0
//! A set as it lies in a folder, read within limits and without following a link.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use uketsuke_common::config::Problem;
use zeroize::Zeroizing;

use super::{CREDENTIALS, MAX_FILES, Set, limit, unknown};

/// What a name in a folder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A file of so many bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A link, a device, a pipe.
    Other,
}

/// A name in a folder.
#[derive(Clone, Debug)]
pub struct Item {
    /// The name.
    pub name: String,
    /// What it stands for.
    pub kind: ItemKind,
}

/// A place where a set may lie: a folder of the system, or a FAT volume. Paths have `/` between
/// names; the empty one is the place itself.
pub trait Folder {
    /// What lies in a folder.
    ///
    /// # Errors
    /// As the file system says.
    fn list(&self, path: &str) -> io::Result<Vec<Item>>;

    /// A file of at most `limit` bytes.
    ///
    /// # Errors
    /// As the file system says; also when the file is larger.
    fn read(&self, path: &str, limit: u64) -> io::Result<Zeroizing<Vec<u8>>>;
}

/// A folder of the running system.
pub struct SystemFolder(pub PathBuf);

impl Folder for SystemFolder {
    fn list(&self, path: &str) -> io::Result<Vec<Item>> {
        let mut items = Vec::new();
        for entry in fs::read_dir(self.0.join(path))?.take(4 * MAX_FILES) {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidFilename,
                    format!("{} is not UTF-8", entry.file_name().display()),
                ));
            };
            let metadata = fs::symlink_metadata(entry.path())?;
            let kind = match metadata.file_type() {
                kind if kind.is_file() => ItemKind::File(metadata.len()),
                kind if kind.is_dir() => ItemKind::Folder,
                _ => ItemKind::Other,
            };
            items.push(Item { name, kind });
        }
        Ok(items)
    }

    fn read(&self, path: &str, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        // Opened without waiting and without following: what was listed may be another by now.
        let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits())
            .open(self.0.join(path))?;
        // Sized beforehand: a buffer that grows leaves copies of a key behind.
        let capacity = usize::try_from(limit + 1).unwrap_or(usize::MAX);
        let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
        file.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    }
}

/// What other computers leave behind on every medium they see.
const LEFT_BEHIND: [&str; 6] = [
    ".ds_store",
    ".fseventsd",
    ".spotlight-v100",
    ".trashes",
    "lost+found",
    "system volume information",
];

/// Whether a name is no part of anything a person put there: `._*` of macOS and the like.
#[must_use]
pub(crate) fn left_behind(name: &str) -> bool {
    name.starts_with("._") || LEFT_BEHIND.contains(&name.to_ascii_lowercase().as_str())
}

/// Reads the set below `inside` of a place. Files that no set has, links, and files that are too
/// large are problems; the others are read nevertheless, so that everything can be told at once.
/// `shown` stands before the paths in the problems.
#[must_use]
pub fn read(place: &dyn Folder, inside: &str, shown: &Path) -> (Set, Vec<Problem>) {
    let mut reading = Reading {
        place,
        inside,
        shown,
        set: Set::default(),
        problems: Vec::new(),
        seen: 0,
    };
    reading.folder("");
    (reading.set, reading.problems)
}

struct Reading<'a> {
    place: &'a dyn Folder,
    inside: &'a str,
    shown: &'a Path,
    set: Set,
    problems: Vec<Problem>,
    seen: usize,
}

impl Reading<'_> {
    fn refuse(&mut self, path: &str, what: impl Into<String>) {
        let problem = Problem::whole(&self.shown.join(path), what);
        self.problems.push(problem);
    }

    /// A path of the set, as the place knows it.
    fn placed(&self, path: &str) -> String {
        match (self.inside, path) {
            ("", path) => path.to_owned(),
            (inside, "") => inside.to_owned(),
            (inside, path) => format!("{inside}/{path}"),
        }
    }

    fn folder(&mut self, path: &str) {
        let mut items = match self.place.list(&self.placed(path)) {
            Ok(items) => items,
            Err(error) => return self.refuse(path, error.to_string()),
        };
        items.retain(|item| !left_behind(&item.name));
        items.sort_by(|a, b| a.name.cmp(&b.name));
        for item in items {
            self.seen += 1;
            if self.seen > MAX_FILES {
                if self.seen == MAX_FILES + 1 {
                    self.refuse("", format!("more than {MAX_FILES} files"));
                }
                return;
            }
            let inner = if path.is_empty() {
                item.name
            } else {
                format!("{path}/{}", item.name)
            };
            match item.kind {
                ItemKind::Folder => self.inner_folder(&inner),
                kind => self.file(&inner, kind),
            }
        }
    }

    fn inner_folder(&mut self, path: &str) {
        let begin = format!("{}/", path.to_ascii_lowercase());
        if CREDENTIALS.iter().any(|c| c.path.starts_with(&begin)) {
            self.folder(path);
        } else {
            self.refuse(path, unknown(&path.to_ascii_lowercase()));
        }
    }

    fn file(&mut self, path: &str, kind: ItemKind) {
        let lower = path.to_ascii_lowercase();
        let Some(limit) = limit(&lower) else {
            return self.refuse(path, unknown(&lower));
        };
        match kind {
            ItemKind::File(size) if size > limit => {
                self.refuse(path, format!("larger than {limit} bytes"));
            }
            ItemKind::File(_) => match self.place.read(&self.placed(path), limit) {
                Ok(bytes) => {
                    if let Err(problem) = self.set.insert(path, bytes) {
                        self.refuse(path, problem.what);
                    }
                }
                Err(error) => self.refuse(path, error.to_string()),
            },
            _ => self.refuse(path, "not a plain file (links are not followed)"),
        }
    }
}
