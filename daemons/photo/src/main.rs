// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-photo`: one photo from the socket on standard input, one answer, and the end. The crate's
//! documentation tells its place.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::alarm;
use uketsuke_photo::{limits, wire};

fn main() -> ExitCode {
    if let Err(error) = bound() {
        eprintln!("cannot set the limits of this process: {error}");
        return ExitCode::FAILURE;
    }
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the connection of the photo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Memory and time, before anything is read. A limit that is tighter already stays.
fn bound() -> nix::Result<()> {
    for (resource, most) in [
        (Resource::RLIMIT_AS, limits::ADDRESS_SPACE),
        (Resource::RLIMIT_CPU, limits::PROCESSOR_SECONDS),
        // A core would hold the photo.
        (Resource::RLIMIT_CORE, 0),
    ] {
        let (_, hard) = getrlimit(resource)?;
        let most = most.min(hard);
        setrlimit(resource, most, most)?;
    }
    // The signal ends the process wherever it is: reading, decoding, writing.
    alarm::set(limits::WALL_SECONDS);
    Ok(())
}

fn serve() -> io::Result<()> {
    let mut stream = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let answer = wire::read_question(&mut stream)?.and_then(|photo| uketsuke_photo::decode(&photo));
    wire::write_answer(&mut stream, &answer)
}
