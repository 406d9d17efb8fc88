// SPDX-License-Identifier: MIT OR Apache-2.0
//! What programs share that systemd starts for one connection (`Accept=yes`): they take one question
//! from the socket on standard input, answer it, and end. What they read comes from outside, so they
//! bound themselves before they read it.

mod confine;

use std::error::Error;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::alarm;

pub use confine::{ConfineError, confine};

/// What one of these processes may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Address space, bytes.
    pub address_space: u64,
    /// Processor time, seconds.
    pub processor_seconds: u64,
    /// Time by the clock, seconds, waiting for the question included.
    pub wall_seconds: u32,
}

/// Bounds this process, then has `serve` answer what is on standard input. What went wrong is said on
/// standard error, with its causes.
pub fn run<E: Into<Box<dyn Error>>>(
    limits: Limits,
    serve: impl FnOnce(&mut UnixStream) -> Result<(), E>,
) -> ExitCode {
    if let Err(error) = bound(limits) {
        eprintln!("cannot set the limits of this process: {error}");
        return ExitCode::FAILURE;
    }
    let served = stream()
        .map_err(Into::into)
        .and_then(|mut stream| serve(&mut stream).map_err(Into::into));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// A limit that is tighter already stays. A core would hold what was asked.
fn bound(limits: Limits) -> nix::Result<()> {
    for (resource, most) in [
        (Resource::RLIMIT_AS, limits.address_space),
        (Resource::RLIMIT_CPU, limits.processor_seconds),
        (Resource::RLIMIT_CORE, 0),
    ] {
        let (_, hard) = getrlimit(resource)?;
        let most = most.min(hard);
        setrlimit(resource, most, most)?;
    }
    // The signal ends the process wherever it is: reading, computing, writing.
    alarm::set(limits.wall_seconds);
    Ok(())
}

fn stream() -> io::Result<UnixStream> {
    Ok(UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// An error with its causes on one line.
fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(&format!(": {error}"));
        cause = error.source();
    }
    words
}
