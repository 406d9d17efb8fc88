// SPDX-License-Identifier: MIT OR Apache-2.0
//! A pcscd of one's own: started in a directory, unseen by any other pcscd.
//!
//! pcscd 1.9 has its socket directory `/run/pcscd` compiled in and its vpcd driver listens on every
//! address of the machine. So it runs in two private namespaces: one of mounts, where the given
//! directory stands in for `/run` and no USB driver is to be found (a real reader stays with whoever
//! has it), and one of network, where the port of the virtual reader is this pcscd's alone and not
//! reachable from outside. Clients reach it by `PCSCLITE_CSOCK_NAME`; a virtual card has to live in
//! the network namespace: start it inside [`Pcscd::within`], or give the program
//! `--network` [`Pcscd::network`].
//!
//! Needs root (CAP_SYS_ADMIN), and the Debian packages pcscd and vsmartcard-vpcd.

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};

use crate::network;

/// Port of the first slot of the virtual reader; the second slot has the next one. Not vpcd's own
/// default, so that a card started outside the namespace by mistake meets nobody.
const PORT: u16 = 7816;

/// Where Debian 12 keeps the vpcd driver (package vsmartcard-vpcd).
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

/// How long pcscd may take to listen. Generous: it is a limit, never a wait.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Longest path a unix socket address can hold, without its final zero (`unix(7)`).
const SOCKET_PATH_MAX: usize = 107;

/// Why a private pcscd could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PcscdError {
    /// A file or directory below the given one could not be made.
    #[error("cannot prepare {path}")]
    Prepare {
        /// The path concerned.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The directory's path is too long for the socket below it.
    #[error("{0} is too long for the path of a socket")]
    PathTooLong(PathBuf),
    /// The namespaces could not be made; usually the caller is not root.
    #[error("cannot make the private {what} of pcscd (it needs root)")]
    Namespace {
        /// Which part.
        what: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// pcscd could not be started.
    #[error("cannot start /usr/sbin/pcscd")]
    Spawn(#[source] io::Error),
    /// pcscd ended, or did not listen within the limit.
    #[error("pcscd did not come up: {reason}; its output is in {log}")]
    NotUp {
        /// What was seen.
        reason: String,
        /// Where pcscd's output is.
        log: PathBuf,
    },
}

/// A running pcscd with one virtual reader of two slots. Killed, by its pid, when dropped.
pub struct Pcscd {
    /// What clients need in `PCSCLITE_CSOCK_NAME`.
    pub socket: PathBuf,
    /// Port of slot 0 of the virtual reader, on 127.0.0.1 of the private network; slot 1 is the next.
    pub port: u16,
    dir: PathBuf,
    network: File,
    child: Child,
}

impl Pcscd {
    /// Starts pcscd; returns when it accepts clients. `dir` is made if it is missing and must be
    /// passable for the users whose programs are to be clients.
    pub fn start(dir: &Path) -> Result<Self, PcscdError> {
        let socket = prepare(dir)?;
        let (child, network) = launch(dir, None)?;
        let mut pcscd = Self {
            socket,
            port: PORT,
            dir: dir.to_owned(),
            network,
            child,
        };
        pcscd.wait_until_up()?;
        Ok(pcscd)
    }

    /// Ends this pcscd, if it still runs, and starts another in its place: same socket, same
    /// network, so cards that were there find the new one.
    pub fn restart(&mut self) -> Result<(), PcscdError> {
        self.kill();
        prepare(&self.dir)?;
        let network = self.network.try_clone().map_err(namespace("network"))?;
        (self.child, self.network) = launch(&self.dir, Some(network))?;
        self.wait_until_up()
    }

    /// Ends pcscd at once, as a crash would.
    pub fn kill(&mut self) {
        // Both fail only when the process is already gone and waited for, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Address of the virtual reader's slot 0, for the card.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// The private network as a path another process can enter; good while pcscd runs.
    pub fn network(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/ns/net", self.child.id()))
    }

    /// Does `work` inside the private network, on a thread of its own; threads and processes it
    /// starts live there too.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, PcscdError> {
        std::thread::scope(|scope| {
            let inside = scope.spawn(|| {
                setns(&self.network, CloneFlags::CLONE_NEWNET)
                    .map_err(|error| namespace("network")(error.into()))?;
                Ok(work())
            });
            match inside.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    /// Where pcscd's own output goes.
    pub fn log(&self) -> PathBuf {
        self.dir.join("pcscd.log")
    }

    fn wait_until_up(&mut self) -> Result<(), PcscdError> {
        let started = Instant::now();
        while UnixStream::connect(&self.socket).is_err() {
            let ended = self.child.try_wait().map_err(PcscdError::Spawn)?;
            let reason = match ended {
                Some(status) => format!("it ended with {status}"),
                None if started.elapsed() > START_LIMIT => "it does not listen".to_owned(),
                None => {
                    std::thread::sleep(Duration::from_millis(10));
                    continue;
                }
            };
            return Err(PcscdError::NotUp {
                reason,
                log: self.log(),
            });
        }
        Ok(())
    }
}

impl Drop for Pcscd {
    fn drop(&mut self) {
        self.kill();
    }
}

fn namespace(what: &'static str) -> impl Fn(io::Error) -> PcscdError {
    move |source| PcscdError::Namespace { what, source }
}

/// Lays out the directory that becomes `/run`; returns the path of the socket to come.
fn prepare(dir: &Path) -> Result<PathBuf, PcscdError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| PcscdError::Prepare { path, source }
    };
    let (sockets, drivers) = (dir.join("pcscd"), dir.join("no-usb-drivers"));
    for path in [&sockets, &drivers, &dir.join("reader.conf.d")] {
        fs::create_dir_all(path).map_err(failed(path))?;
    }
    fs::set_permissions(&sockets, fs::Permissions::from_mode(0o755)).map_err(failed(&sockets))?;
    // A copy, because the directory it comes from is covered to keep USB readers out.
    let driver = dir.join("libifdvpcd.so");
    fs::copy(DRIVER, &driver).map_err(failed(Path::new(DRIVER)))?;
    let reader = dir.join("reader.conf.d/vpcd");
    fs::write(&reader, reader_configuration()).map_err(failed(&reader))?;
    // Left by a predecessor that was killed; pcscd refuses to start over them.
    for stale in ["pcscd.comm", "pcscd.pid"] {
        let path = sockets.join(stale);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed(&path)(error));
            }
            _ => {}
        }
    }
    let socket = sockets.join("pcscd.comm");
    if socket.as_os_str().len() > SOCKET_PATH_MAX {
        return Err(PcscdError::PathTooLong(dir.to_owned()));
    }
    Ok(socket)
}

/// `/dev/null` as host makes the driver listen; it gives the second slot the next port itself.
fn reader_configuration() -> String {
    format!(
        "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:{PORT:#x}\n\
         LIBPATH /run/libifdvpcd.so\nCHANNELID {PORT:#x}\n"
    )
}

/// Starts pcscd in its namespaces. They belong to the thread that makes them and to its children, so
/// the thread ends here and the caller stays where it was. `network` is entered, or made if `None`.
fn launch(dir: &Path, network: Option<File>) -> Result<(Child, File), PcscdError> {
    let dir = dir.canonicalize().map_err(|source| PcscdError::Prepare {
        path: dir.to_owned(),
        source,
    })?;
    let log_path = dir.join("pcscd.log");
    let log = File::create(&log_path).map_err(|source| PcscdError::Prepare {
        path: log_path,
        source,
    })?;
    let errors = log.try_clone().map_err(PcscdError::Spawn)?;
    let in_namespaces = move || {
        let network = enter_network(network)?;
        cover_run(&dir).map_err(|error| namespace("mounts")(error.into()))?;
        let child = Command::new("/usr/sbin/pcscd")
            .args(["--foreground", "--config", "/run/reader.conf.d"])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(PcscdError::Spawn)?;
        Ok((child, network))
    };
    match std::thread::spawn(in_namespaces).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn enter_network(network: Option<File>) -> Result<File, PcscdError> {
    if let Some(network) = network {
        setns(&network, CloneFlags::CLONE_NEWNET)
            .map_err(|error| namespace("network")(error.into()))?;
        return Ok(network);
    }
    unshare(CloneFlags::CLONE_NEWNET).map_err(|error| namespace("network")(error.into()))?;
    network::raise_loopback().map_err(namespace("loopback device"))?;
    File::open("/proc/thread-self/ns/net").map_err(namespace("network"))
}

/// Puts `dir` in the place of `/run` and an empty directory in that of the USB drivers, for this
/// thread and its children only.
fn cover_run(dir: &Path) -> nix::Result<()> {
    const NONE: Option<&str> = None;
    unshare(CloneFlags::CLONE_NEWNS)?;
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)?;
    let no_drivers = dir.join("no-usb-drivers");
    mount(
        Some(&no_drivers),
        "/usr/lib/pcsc/drivers",
        NONE,
        MsFlags::MS_BIND,
        NONE,
    )?;
    mount(Some(dir), "/run", NONE, MsFlags::MS_BIND, NONE)
}
