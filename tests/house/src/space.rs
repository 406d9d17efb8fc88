// SPDX-License-Identifier: MIT OR Apache-2.0
//! The private space of a run: namespaces, users, base directory.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, setsid};

use crate::{users, voice};

/// Why the space could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SpaceError {
    /// Neither root nor able to become it.
    #[error(
        "the house needs root for its private mounts, and sudo cannot be run; start it as root"
    )]
    NotRoot(#[source] io::Error),
    /// The kernel refused a namespace.
    #[error("cannot make a private {what}; the house needs a kernel that allows it")]
    Namespace {
        /// Which.
        what: &'static str,
        /// The kernel's answer.
        #[source]
        source: Errno,
    },
    /// A mount was refused.
    #[error("cannot mount {target}")]
    Mount {
        /// Where.
        target: PathBuf,
        /// The kernel's answer.
        #[source]
        source: Errno,
    },
    /// A file or directory could not be made.
    #[error("{path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The first process could not be made or waited for.
    #[error("cannot start the first process of the house")]
    Process(#[source] Errno),
}

/// Which side of [`enter`] this is.
pub enum Side {
    /// Inside: start the house here.
    Inside(Space),
    /// Outside, and the house has ended with this code.
    Ended(ExitCode),
}

/// Paths of one run. Everything lies below one base directory.
#[derive(Clone, Debug)]
pub struct Space {
    base: PathBuf,
}

impl Space {
    /// The base directory.
    #[must_use]
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// The built binaries, readable by every user of the house.
    #[must_use]
    pub fn bin(&self) -> PathBuf {
        self.base.join("bin")
    }

    /// What the voice says, readable by every user of the house; empty where nothing was recorded.
    #[must_use]
    pub fn recordings(&self) -> PathBuf {
        self.base.join("recordings")
    }

    /// A directory below the base, made for `owner` with `mode` when it is not there.
    ///
    /// # Errors
    /// [`SpaceError::File`].
    pub fn directory(&self, path: &str, owner: u32, mode: u32) -> Result<PathBuf, SpaceError> {
        let path = self.base.join(path);
        make_directory(&path, owner, mode).map_err(file_error(&path))?;
        Ok(path)
    }

    /// A file below the base, with this content, for `owner` alone to read (mode 0400), or for all
    /// where `owner` is none.
    ///
    /// # Errors
    /// [`SpaceError::File`].
    pub fn file(
        &self,
        path: &str,
        content: &[u8],
        owner: Option<u32>,
    ) -> Result<PathBuf, SpaceError> {
        let path = self.base.join(path);
        let write = || {
            fs::write(&path, content)?;
            let mode = if owner.is_some() { 0o400 } else { 0o444 };
            fs::set_permissions(&path, Permissions::from_mode(mode))?;
            chown(&path, owner, owner)
        };
        write().map_err(file_error(&path))?;
        Ok(path)
    }
}

fn make_directory(path: &Path, owner: u32, mode: u32) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    chown(path, Some(owner), Some(owner))?;
    fs::set_permissions(path, Permissions::from_mode(mode))
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> SpaceError + use<> {
    let path = path.to_owned();
    move |source| SpaceError::File { path, source }
}

/// Enters the private space. Call it first in `main`, before any thread is started.
///
/// Without root the program runs itself again by sudo. The caller's side stays outside: it waits,
/// forwards SIGINT, SIGTERM and SIGHUP, ends the house when its own parent ends, removes the base
/// directory and returns [`Side::Ended`].
///
/// # Errors
/// [`SpaceError`]; nothing is left behind.
pub fn enter() -> Result<Side, SpaceError> {
    if !nix::unistd::geteuid().is_root() {
        return Err(SpaceError::NotRoot(become_root()));
    }
    // The parent may be a test that is killed: then nobody would ever send a signal.
    prctl::set_pdeathsig(Signal::SIGTERM).map_err(SpaceError::Process)?;
    let signals = forwarded();
    signals.thread_block().map_err(SpaceError::Process)?;
    let base = tempfile::Builder::new()
        .prefix("uketsuke-house-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
        .map_err(file_error(&std::env::temp_dir()))?;
    unshare(CloneFlags::CLONE_NEWPID).map_err(namespace("PID namespace"))?;
    // SAFETY: this process has one thread, so the child may do anything.
    match unsafe { fork() }.map_err(SpaceError::Process)? {
        ForkResult::Parent { child } => {
            let code = wait_for(child, &signals)?;
            let path = base.path().to_owned();
            match base.close() {
                // The inside has tidied up already.
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(file_error(&path)(error))
                }
                _ => Ok(Side::Ended(code)),
            }
        }
        ForkResult::Child => {
            prctl::set_pdeathsig(Signal::SIGTERM).map_err(SpaceError::Process)?;
            // Ctrl-C must reach the house alone, which ends its programs in order.
            setsid().map_err(SpaceError::Process)?;
            signals.thread_unblock().map_err(SpaceError::Process)?;
            // From here on the other side owns the directory.
            let space = Space { base: base.keep() };
            furnish(&space)?;
            Ok(Side::Inside(space))
        }
    }
}

/// Removes the base directory from inside, for the case that the outer process was killed and
/// cannot do it. Harmless otherwise.
pub fn tidy(space: &Space) {
    // Both are mounts that only read, and must be gone before anything is removed below them.
    let gone = |place: &Path| match umount2(place, MntFlags::MNT_DETACH) {
        // Nothing was recorded, so nothing was mounted.
        Ok(()) | Err(Errno::EINVAL) => true,
        Err(_) => false,
    };
    if gone(&space.bin()) && gone(&space.recordings()) {
        let _ = fs::remove_dir_all(&space.base);
    }
}

fn namespace(what: &'static str) -> impl FnOnce(Errno) -> SpaceError {
    move |source| SpaceError::Namespace { what, source }
}

fn forwarded() -> SigSet {
    let all = [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGCHLD,
    ];
    all.into_iter().collect()
}

fn wait_for(child: Pid, signals: &SigSet) -> Result<ExitCode, SpaceError> {
    loop {
        if signals.wait().map_err(SpaceError::Process)? != Signal::SIGCHLD {
            // It may be ending already.
            let _ = kill(child, Signal::SIGTERM);
            continue;
        }
        match waitpid(child, Some(WaitPidFlag::WNOHANG)).map_err(SpaceError::Process)? {
            WaitStatus::Exited(_, code) => return Ok(u8::try_from(code).unwrap_or(1).into()),
            WaitStatus::Signaled(_, signal, _) => {
                eprintln!("house: ended by {signal}");
                return Ok(ExitCode::FAILURE);
            }
            _ => {}
        }
    }
}

fn become_root() -> io::Error {
    eprintln!("The house needs root for its private mounts; asking sudo.");
    let own = match std::env::current_exe() {
        Ok(path) => path,
        Err(error) => return error,
    };
    Command::new("sudo")
        .arg("--")
        .arg(own)
        .args(std::env::args_os().skip(1))
        .exec()
}

/// Mounts of the inside.
fn furnish(space: &Space) -> Result<(), SpaceError> {
    // As LimitCORE=0 of the units: a core would hold a PIN.
    setrlimit(Resource::RLIMIT_CORE, 0, 0).map_err(SpaceError::Process)?;
    unshare(CloneFlags::CLONE_NEWNS).map_err(namespace("mount namespace"))?;
    let nothing = None::<&OsStr>;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    do_mount(nothing, Path::new("/"), None, private)?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    do_mount(
        Some(OsStr::new("proc")),
        Path::new("/proc"),
        Some("proc"),
        flags,
    )?;

    let read = |path: &str| fs::read_to_string(path).map_err(file_error(Path::new(path)));
    let (passwd, group) = users::merged(&read("/etc/passwd")?, &read("/etc/group")?);
    for (name, content) in [("passwd", passwd), ("group", group)] {
        let file = space.file(name, content.as_bytes(), None)?;
        bind(&file, &Path::new("/etc").join(name))?;
    }
    let run = space.directory("run", 0, 0o755)?;
    bind(&run, Path::new("/run"))?;

    let own = std::env::current_exe().map_err(file_error(Path::new("/proc/self/exe")))?;
    let binaries = own.parent().unwrap_or(Path::new("/"));
    let bin = space.directory("bin", 0, 0o755)?;
    bind_to_read(binaries, &bin)?;
    let recordings = space.directory("recordings", 0, 0o755)?;
    let recorded = voice::recordings();
    if recorded.is_dir() {
        bind_to_read(&recorded, &recordings)?;
    }
    Ok(())
}

fn bind_to_read(source: &Path, target: &Path) -> Result<(), SpaceError> {
    bind(source, target)?;
    let read_only = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
    do_mount(None, target, None, read_only)
}

fn bind(source: &Path, target: &Path) -> Result<(), SpaceError> {
    do_mount(Some(source.as_os_str()), target, None, MsFlags::MS_BIND)
}

fn do_mount(
    source: Option<&OsStr>,
    target: &Path,
    kind: Option<&str>,
    flags: MsFlags,
) -> Result<(), SpaceError> {
    mount(source, target, kind, flags, None::<&str>).map_err(|source| SpaceError::Mount {
        target: target.to_owned(),
        source,
    })
}
