// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-counter-at PATH`: what `uketsuke-counter` does, before the TPM that is emulated behind the
//! socket at this path (`swtpm socket`). Nothing there: a machine without a TPM.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: uketsuke-counter-at PATH");
        return ExitCode::FAILURE;
    };
    uketsuke_counter::run(&path, open)
}

fn open(path: &Path) -> io::Result<Option<UnixStream>> {
    match path.try_exists()? {
        true => UnixStream::connect(path).map(Some),
        false => Ok(None),
    }
}
