// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-counter [DEVICE]`: one question from the socket on standard input, one answer, and the end.
//! The crate's documentation tells its place.

use std::error::Error;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::alarm;
use uketsuke_counter::{Device, limits, serve};

fn main() -> ExitCode {
    if let Err(error) = bound() {
        eprintln!("cannot set the limits of this process: {error}");
        return ExitCode::FAILURE;
    }
    let device = Device::named(std::env::args_os().nth(1));
    let served = stream()
        .map_err(Into::into)
        .and_then(|mut stream| serve(&mut stream, &device).map_err(Box::<dyn Error>::from));
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
