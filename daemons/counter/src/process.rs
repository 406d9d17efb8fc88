// SPDX-License-Identifier: MIT OR Apache-2.0
//! The process: its limits, one question on standard input, one answer, and the end.

use std::error::Error;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::alarm;

use crate::{limits, serve};

/// Bounds this process, then serves what is asked on its standard input from the TPM that `open` leads to
/// at `device`; none: no TPM on this machine. What went wrong is said on standard error.
pub fn run<L: Read + Write>(
    device: &Path,
    open: impl FnOnce(&Path) -> io::Result<Option<L>>,
) -> ExitCode {
    if let Err(error) = bound() {
        eprintln!("cannot set the limits of this process: {error}");
        return ExitCode::FAILURE;
    }
    let served = stream()
        .map_err(Into::into)
        .and_then(|mut stream| serve(&mut stream, device, open).map_err(Box::<dyn Error>::from));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn stream() -> io::Result<UnixStream> {
    Ok(UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// Memory and time, before anything is read. A limit that is tighter already stays.
fn bound() -> nix::Result<()> {
    for (resource, most) in [
        (Resource::RLIMIT_AS, limits::ADDRESS_SPACE),
        (Resource::RLIMIT_CPU, limits::PROCESSOR_SECONDS),
        (Resource::RLIMIT_CORE, 0),
    ] {
        let (_, hard) = getrlimit(resource)?;
        let most = most.min(hard);
        setrlimit(resource, most, most)?;
    }
    // The signal ends the process wherever it is: also in a TPM that does not answer.
    alarm::set(limits::WALL_SECONDS);
    Ok(())
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
