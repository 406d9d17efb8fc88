// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-infer [LIBRARY]`: serves one engine at the socket on standard input. The crate's documentation
//! tells its place.

use std::path::PathBuf;
use std::process::ExitCode;

use uketsuke_infer::{LIBRARY, limits, worker};

fn main() -> ExitCode {
    let library = std::env::args_os()
        .nth(1)
        .map_or_else(|| LIBRARY.into(), PathBuf::from);
    uketsuke_once::run(limits::PROCESS, |stream| worker::serve(&library, stream))
}
