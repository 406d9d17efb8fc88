// SPDX-License-Identifier: MIT OR Apache-2.0
//! FAT images as a computer makes them: by mkfs.vfat and mtools, judged by fsck.vfat. None of them
//! is what the reader itself uses.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::rc::Rc;
use std::sync::Arc;

use super::{Files, lay};
use crate::fat::Device;

/// An image in a file of its own.
pub struct Image {
    dir: tempfile::TempDir,
}

/// Kinds of FAT: arguments of mkfs.vfat, and KiB.
pub const FAT12: (&[&str], u64) = (&["-F", "12"], 1440);
pub const FAT16: (&[&str], u64) = (&["-F", "16"], 16 * 1024);
pub const FAT32: (&[&str], u64) = (&["-F", "32", "-s", "1"], 34 * 1024);

fn run(program: &str, arguments: &[&str]) -> Output {
    // The tools refuse to guess about a volume without a disk's geometry, and damaged volumes may
    // keep them busy for ever; in a group of their own, what ends them ends nothing else.
    Command::new("timeout")
        .args(["--kill-after=1", "20", program])
        .args(arguments)
        .process_group(0)
        .stdin(Stdio::null())
        .env("MTOOLS_SKIP_CHECK", "1")
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}"))
}

fn must(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = run(program, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    output.stdout
}

impl Image {
    /// An empty volume.
    pub fn new((arguments, kib): (&[&str], u64)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("image");
        File::create(&path).unwrap().set_len(kib * 1024).unwrap();
        let mut all = arguments.to_vec();
        all.extend(["-n", "SERVICE", path.to_str().unwrap()]);
        must("mkfs.vfat", &all);
        Self { dir }
    }

    /// A volume as it is.
    pub fn of(bytes: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("image"), bytes).unwrap();
        Self { dir }
    }

    /// A volume with these files.
    pub fn with(kind: (&[&str], u64), files: &Files) -> Self {
        let image = Self::new(kind);
        image.add(files);
        image
    }

    /// Copies files in.
    pub fn add(&self, files: &Files) {
        assert!(self.try_add(files), "the image is full");
    }

    /// Copies files in as far as they fit.
    pub fn try_add(&self, files: &Files) -> bool {
        let staged = tempfile::tempdir().unwrap();
        lay(staged.path(), files);
        std::fs::read_dir(staged.path()).unwrap().all(|entry| {
            let entry = entry.unwrap().path();
            let entry = entry.to_str().unwrap();
            let output = run("mcopy", &["-i", self.arg(), "-s", "-D", "o", entry, "::/"]);
            let said = String::from_utf8_lossy(&output.stderr);
            let full = said.contains("Disk full");
            assert!(output.status.success() || full, "mcopy: {said}");
            output.status.success()
        })
    }

    /// The image's file.
    pub fn path(&self) -> PathBuf {
        self.dir.path().join("image")
    }

    fn arg(&self) -> &str {
        // The path of a temporary folder is ASCII.
        Box::leak(
            self.path()
                .into_os_string()
                .into_string()
                .unwrap()
                .into_boxed_str(),
        )
    }

    /// Opened as a device.
    pub fn open(&self) -> File {
        let mut options = OpenOptions::new();
        options.read(true).write(true).open(self.path()).unwrap()
    }

    /// All of it.
    pub fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }

    /// A file's content, when there is such a file.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        let path = format!("::/{path}");
        let output = run("mtype", &["-i", self.arg(), &path]);
        output.status.success().then_some(output.stdout)
    }

    /// Every file with its content.
    pub fn files(&self) -> Files {
        self.try_files().unwrap_or_else(|said| panic!("{said}"))
    }

    /// The same of a volume that may be damaged: the tool's complaint where it cannot be read.
    pub fn try_files(&self) -> Result<Files, String> {
        let output = run(
            "timeout",
            &["10", "mdir", "-i", self.arg(), "-/", "-b", "-a", "::/"],
        );
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // An empty volume is the one without files, in the tool's words.
        if !output.status.success() && !said.contains("\"::/\" not found") {
            return Err(format!("mdir: {said}"));
        }
        let list = String::from_utf8(output.stdout).map_err(|e| e.to_string())?;
        let names = list.lines().filter_map(|l| l.strip_prefix("::/"));
        names
            .filter(|name| !name.ends_with('/'))
            .map(|name| {
                let content = self
                    .read(name)
                    .ok_or_else(|| format!("{name} cannot be read"))?;
                Ok((name.to_owned(), content))
            })
            .collect()
    }

    /// Fails when the file system is not sound.
    pub fn assert_sound(&self) {
        let output = run("fsck.vfat", &["-n", self.arg()]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
    }
}

/// A device that remembers what was done to it, and can be taken away.
#[derive(Clone)]
pub struct Watched {
    file: Rc<RefCell<File>>,
    log: Rc<RefCell<Log>>,
    position: u64,
}

/// What was done.
#[derive(Default)]
pub struct Log {
    pub read: Vec<Vec<u8>>,
    pub written: usize,
    /// Writes that still succeed.
    pub writes_left: Option<usize>,
}

impl Watched {
    pub fn new(path: &Path) -> (Self, Rc<RefCell<Log>>) {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).open(path).unwrap();
        let log = Rc::new(RefCell::new(Log::default()));
        let watched = Self {
            file: Rc::new(RefCell::new(file)),
            log: Rc::clone(&log),
            position: 0,
        };
        (watched, log)
    }
}

impl Read for Watched {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(self.position))?;
        let length = file.read(bytes)?;
        self.position += length as u64;
        self.log.borrow_mut().read.push(bytes[..length].to_vec());
        Ok(length)
    }
}

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.log.borrow_mut();
        if let Some(left) = &mut log.writes_left {
            *left = left
                .checked_sub(1)
                .ok_or_else(|| io::Error::other("unplugged"))?;
        }
        log.written += 1;
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(self.position))?;
        let length = file.write(bytes)?;
        self.position += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(at) => at,
            other => self.file.borrow_mut().seek(other)?,
        };
        Ok(self.position)
    }
}

impl Device for Watched {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An image in memory with some bytes changed; writes stay in it alone.
#[derive(Clone)]
pub struct Mutated {
    base: Arc<Vec<u8>>,
    pub changed: BTreeMap<u64, u8>,
    pub written: Rc<RefCell<BTreeMap<u64, u8>>>,
    position: u64,
}

impl Mutated {
    pub fn new(base: &Arc<Vec<u8>>) -> Self {
        Self {
            base: Arc::clone(base),
            changed: BTreeMap::new(),
            written: Rc::default(),
            position: 0,
        }
    }
}

impl Mutated {
    /// The volume before anything was written to it, and after.
    pub fn before_and_after(
        base: &[u8],
        changed: &BTreeMap<u64, u8>,
        written: &BTreeMap<u64, u8>,
    ) -> (Vec<u8>, Vec<u8>) {
        let mut before = base.to_vec();
        for (at, byte) in changed {
            before[usize::try_from(*at).unwrap()] = *byte;
        }
        let mut after = before.clone();
        for (at, byte) in written {
            after[usize::try_from(*at).unwrap()] = *byte;
        }
        (before, after)
    }
}

impl Read for Mutated {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let from = usize::try_from(self.position).unwrap().min(self.base.len());
        let length = bytes.len().min(self.base.len() - from);
        bytes[..length].copy_from_slice(&self.base[from..from + length]);
        let range = self.position..self.position + length as u64;
        let written = self.written.borrow();
        for changes in [&self.changed, &*written] {
            for (at, byte) in changes.range(range.clone()) {
                bytes[usize::try_from(at - self.position).unwrap()] = *byte;
            }
        }
        self.position += length as u64;
        Ok(length)
    }
}

impl Write for Mutated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.written.borrow_mut();
        for (at, byte) in (self.position..).zip(bytes) {
            assert!(at < self.base.len() as u64, "a write beyond the device");
            written.insert(at, *byte);
        }
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Mutated {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let size = self.base.len() as u64;
        self.position = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self.position.checked_add_signed(by).unwrap(),
            SeekFrom::End(by) => size.checked_add_signed(by).unwrap(),
        };
        Ok(self.position)
    }
}

impl Device for Mutated {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}
