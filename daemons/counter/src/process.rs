// SPDX-License-Identifier: MIT OR Apache-2.0
//! The process: one question on standard input, one answer, and the end.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::{limits, serve};

/// Serves what is asked on this process's standard input from the TPM that `open` leads to at `device`;
/// none: no TPM on this machine.
pub fn run<L: Read + Write>(
    device: &Path,
    open: impl FnOnce(&Path) -> io::Result<Option<L>>,
) -> ExitCode {
    uketsuke_once::run(limits::PROCESS, |stream| serve(stream, device, open))
}
