// SPDX-License-Identifier: MIT OR Apache-2.0
//! A software TPM (swtpm) whose state outlives its power, and a socket that starts a process for each
//! connection, as systemd does.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Longest wait for swtpm to open its socket, on a busy machine.
const STARTS: Duration = Duration::from_secs(30);

/// The counter's process before an emulated TPM, whose socket it takes as its argument. Built beside
/// every test: `cargo build --workspace --bins`.
///
/// # Panics
/// When it is not built.
#[must_use]
pub fn counter_program() -> PathBuf {
    let own = std::env::current_exe().expect("this program's path");
    let built = own.ancestors().nth(2).expect("the folder of the build");
    let program = built.join("uketsuke-counter-at");
    assert!(program.exists(), "{} is not built", program.display());
    program
}

/// A TPM of one's own.
pub struct SoftTpm {
    folder: TempDir,
    child: Option<Child>,
}

impl SoftTpm {
    /// A new one, with power.
    ///
    /// # Panics
    /// When swtpm cannot be started.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the TPM");
        let mut tpm = Self {
            folder,
            child: None,
        };
        tpm.power_on();
        tpm
    }

    /// Where it listens.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("tpm.socket")
    }

    /// Where its state lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Gives it power; its state is what it was.
    ///
    /// # Panics
    /// When it has power, or swtpm cannot be started.
    pub fn power_on(&mut self) {
        assert!(self.child.is_none(), "it has power");
        let socket = self.socket();
        if socket.exists() {
            std::fs::remove_file(&socket).expect("the socket of before");
        }
        let (folder, at) = (self.folder.path().display(), socket.display());
        let child = Command::new("swtpm")
            .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
            .arg(format!("--tpmstate=dir={folder}"))
            .arg(format!("--server=type=unixio,path={at}"))
            .arg(format!("--ctrl=type=unixio,path={folder}/control.socket"))
            .arg(format!("--log=file={folder}/log"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("swtpm (packages/debian-12.txt)");
        self.child = Some(child);
        let until = Instant::now() + STARTS;
        while UnixStream::connect(&socket).is_err() {
            let log = || std::fs::read_to_string(self.folder.path().join("log"));
            assert!(Instant::now() < until, "swtpm does not listen: {:?}", log());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Takes the power away, in the middle of whatever it does.
    ///
    /// # Panics
    /// When it has none.
    pub fn power_off(&mut self) {
        let mut child = self.child.take().expect("it has power");
        child.kill().expect("swtpm ends");
        child.wait().expect("swtpm has ended");
    }

    /// Sends one command, as hexadecimal digits, and gives the answer.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    pub fn command(&self, digits: &str) -> Vec<u8> {
        let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
        let bytes: Vec<u8> = digits
            .chunks(2)
            .map(|pair| {
                let pair = std::str::from_utf8(pair).expect("digits");
                u8::from_str_radix(pair, 16).expect("digits")
            })
            .collect();
        let mut stream = UnixStream::connect(self.socket()).expect("swtpm listens");
        stream.write_all(&bytes).expect("swtpm reads");
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).expect("swtpm answers");
        answer.truncate(length);
        answer
    }
}

impl Drop for SoftTpm {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.power_off();
        }
    }
}

/// A socket behind which each connection is given to `serve`, one after the other.
pub struct Door {
    path: PathBuf,
    closing: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

impl Door {
    /// At `path`.
    ///
    /// # Panics
    /// When nothing can listen there.
    #[must_use]
    pub fn open(path: &Path, mut serve: impl FnMut(UnixStream) + Send + 'static) -> Self {
        let listener = UnixListener::bind(path).expect("a socket");
        let closing = Arc::new(AtomicBool::new(false));
        let end = closing.clone();
        let serving = thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                serve(stream.expect("a connection"));
            }
        });
        Self {
            path: path.to_owned(),
            closing,
            serving: Some(serving),
        }
    }

    /// At `path`, a process for each connection, which it has on its standard input.
    ///
    /// # Panics
    /// When nothing can listen there.
    #[must_use]
    pub fn of_program(path: &Path, program: PathBuf, arguments: Vec<String>) -> Self {
        Self::open(path, move |stream| {
            let status = Command::new(&program)
                .args(&arguments)
                .stdin(OwnedFd::from(stream))
                .status();
            status.expect("the program runs");
        })
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        // Wakes it; without its socket it would be waited for without end.
        let Ok(stream) = UnixStream::connect(&self.path) else {
            assert!(
                thread::panicking(),
                "nobody listens: the folder went first, or what served panicked"
            );
            return;
        };
        drop(stream);
        let ended = self.serving.take().map(JoinHandle::join);
        if thread::panicking() {
            return;
        }
        std::fs::remove_file(&self.path).expect("the socket");
        if let Some(Err(panic)) = ended {
            std::panic::resume_unwind(panic);
        }
    }
}
