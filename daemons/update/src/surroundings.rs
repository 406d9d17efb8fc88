// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files around the daemon: which version runs, which boot this is, what the boot check said, and
//! the request for a restart.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use semver::Version;
use uketsuke_bus::update1::{VERDICT_FORMAT, Verdict};

use crate::domain::{Condemned, Slot};

/// Largest verdict that is read.
const VERDICT_BYTES: u64 = 16 * 1024;

/// Where things lie.
#[derive(Clone, Debug)]
pub struct Places {
    /// The record (`StateDirectory=`).
    pub state: PathBuf,
    /// Until the next restart of the machine (`RuntimeDirectory=`).
    pub runtime: PathBuf,
    /// `os-release` of the running system.
    pub os_release: PathBuf,
    /// What the stick service copied.
    pub stick: PathBuf,
    /// What the boot check said last.
    pub verdict: PathBuf,
}

/// Why a file around us is of no use.
#[derive(Debug, thiserror::Error)]
pub enum SurroundingsError {
    /// It cannot be read or written.
    #[error("{path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// `os-release` does not say which version of the image runs.
    #[error("{path}: no IMAGE_VERSION of the form 1.2.3 ({what})")]
    NoVersion {
        /// The file.
        path: PathBuf,
        /// What it says instead.
        what: String,
    },
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> SurroundingsError {
    let path = path.to_owned();
    move |source| SurroundingsError::Io { path, source }
}

/// `IMAGE_VERSION` of os-release(5).
///
/// # Errors
/// When it is not there or no version.
pub fn running_version(path: &Path) -> Result<Version, SurroundingsError> {
    let text = fs::read_to_string(path).map_err(io(path))?;
    let value = text
        .lines()
        .filter_map(|line| line.strip_prefix("IMAGE_VERSION="))
        .next_back()
        .map(|value| value.trim().trim_matches(['"', '\'']));
    let no = |what: String| SurroundingsError::NoVersion {
        path: path.to_owned(),
        what,
    };
    let value = value.ok_or_else(|| no("absent".into()))?;
    Version::parse(value).map_err(|error| no(format!("{value:?}: {error}")))
}

/// A mark that is the same over restarts of the daemon and another one after a restart of the
/// machine. The kernel's own boot id lies in `/proc/sys`, which the sandbox hides.
///
/// # Errors
/// When the runtime directory cannot be used.
pub fn boot_mark(runtime: &Path) -> Result<String, SurroundingsError> {
    let path = runtime.join("boot");
    match fs::read_to_string(&path) {
        Ok(mark) if mark.len() == 32 => return Ok(mark),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(io(&path)(error)),
    }
    // No fsync: it is to be gone after the next start. A torn one is made anew.
    let mark = hexadecimal(&random()?);
    fs::write(&path, &mark).map_err(io(&path))?;
    Ok(mark)
}

/// A name for a job: a random UUID (RFC 9562, version 4), as RAUC makes them.
///
/// # Errors
/// When the kernel gives no random bytes.
pub fn transaction() -> Result<String, SurroundingsError> {
    let mut bytes = random()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hexadecimal(&bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| &digits[range]);
    Ok(parts.join("-"))
}

fn random() -> Result<[u8; 16], SurroundingsError> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0; 16];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(io(path))?;
    Ok(bytes)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The system that the boot check condemned last, if it condemned one. A file that cannot be read
/// condemns nothing: the tries still run out.
#[must_use]
pub fn condemned(path: &Path) -> Option<Condemned> {
    match read_verdict(path) {
        Ok(condemned) => condemned,
        Err(what) => {
            tracing::warn!(path = %path.display(), what, "no verdict");
            None
        }
    }
}

fn read_verdict(path: &Path) -> Result<Option<Condemned>, String> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let meta = file.metadata().map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    let read = Read::take(&mut file, VERDICT_BYTES).read_to_end(&mut text);
    read.map_err(|error| error.to_string())?;
    let verdict: Verdict = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    if verdict.format != VERDICT_FORMAT {
        return Err(format!("format {}", verdict.format));
    }
    if verdict.good {
        return Ok(None);
    }
    let slot = match verdict.slot.as_str() {
        "a" => Slot::A,
        "b" => Slot::B,
        other => return Err(format!("slot {other:?}")),
    };
    let version = Version::parse(&verdict.version).map_err(|error| error.to_string())?;
    // Two verdicts are told apart by when they were written.
    let written = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
    let id = u64::try_from(written).unwrap_or_default();
    Ok(Some(Condemned { version, slot, id }))
}

fn restart_file(runtime: &Path) -> PathBuf {
    runtime.join("reboot")
}

/// Whether a restart of the machine was asked for in this boot.
#[must_use]
pub fn restarting(runtime: &Path) -> bool {
    restart_file(runtime).exists()
}

/// Asks for a restart of the machine: `uketsuke-reboot.path` waits for the file.
///
/// # Errors
/// When the file cannot be made.
pub fn restart(runtime: &Path) -> Result<(), SurroundingsError> {
    let path = restart_file(runtime);
    fs::write(&path, b"").map_err(io(&path))
}

/// What time it is; simulated in tests.
pub trait Clock: Send + Sync {
    /// Seconds since 1970, UTC. May jump.
    fn wall(&self) -> u64;
    /// Since some fixed moment. Never jumps.
    fn steady(&self) -> Duration;
}

/// The machine's clocks.
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs())
    }

    fn steady(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_version_is_read_as_os_release_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("os-release");
        for text in [
            "ID=uketsuke\nIMAGE_VERSION=1.2.3\n",
            "IMAGE_VERSION=\"1.2.3\"\nVERSION_ID=13\n",
            "IMAGE_VERSION=0.0.1\nIMAGE_VERSION='1.2.3'",
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(running_version(&path).unwrap(), Version::new(1, 2, 3));
        }
        for text in ["ID=debian\n", "IMAGE_VERSION=\n", "IMAGE_VERSION=1.2\n"] {
            fs::write(&path, text).unwrap();
            let error = running_version(&path).unwrap_err().to_string();
            assert!(error.contains("os-release: no IMAGE_VERSION"), "{error}");
        }
    }

    #[test]
    fn a_boot_keeps_its_mark_until_the_runtime_directory_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let mark = boot_mark(folder.path()).unwrap();
        assert_eq!(boot_mark(folder.path()).unwrap(), mark);
        fs::write(folder.path().join("boot"), b"torn").unwrap();
        let next = boot_mark(folder.path()).unwrap();
        assert_ne!(next, mark);
        assert_eq!(next.len(), 32);
    }

    #[test]
    fn a_job_has_a_name_like_those_of_the_installer() {
        let name = transaction().unwrap();
        let lengths: Vec<usize> = name.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(name.as_bytes()[14], b'4');
        assert!(matches!(name.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        assert_ne!(name, transaction().unwrap());
    }

    #[test]
    fn only_a_whole_bad_verdict_condemns() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("verdict");
        assert_eq!(condemned(&path), None);
        let mut verdict = Verdict {
            format: 1,
            version: "1.1.0".into(),
            slot: "b".into(),
            good: false,
            reason: "mode does not answer".into(),
        };
        let mut write = |change: &dyn Fn(&mut Verdict)| {
            change(&mut verdict);
            fs::write(&path, serde_json::to_vec(&verdict).unwrap()).unwrap();
            condemned(&path)
        };
        let found = write(&|_| {}).unwrap();
        assert_eq!((found.version.minor, found.slot), (1, Slot::B));
        assert_eq!(write(&|v| v.good = true), None);
        assert_eq!(
            write(&|v| {
                v.good = false;
                v.slot = "c".into();
            }),
            None
        );
        assert_eq!(
            write(&|v| {
                v.slot = "b".into();
                v.format = 2;
            }),
            None
        );
        assert_eq!(
            write(&|v| {
                v.format = 1;
                v.version = "1.1".into();
            }),
            None
        );
        fs::write(&path, b"{").unwrap();
        assert_eq!(condemned(&path), None);
    }

    #[test]
    fn a_restart_is_asked_for_by_a_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!restarting(folder.path()));
        restart(folder.path()).unwrap();
        assert!(restarting(folder.path()));
        assert!(folder.path().join("reboot").exists());
    }
}
