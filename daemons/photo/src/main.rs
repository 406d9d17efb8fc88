// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-photo`: one photo from the socket on standard input, one answer, and the end. The crate's
//! documentation tells its place.

use std::io;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use uketsuke_photo::{limits, wire};

fn main() -> ExitCode {
    uketsuke_once::run(limits::PROCESS, serve)
}

fn serve(stream: &mut UnixStream) -> io::Result<()> {
    let answer = wire::read_question(stream)?.and_then(|photo| uketsuke_photo::decode(&photo));
    wire::write_answer(stream, &answer)
}
