// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-counter`: one question from the socket on standard input, one answer, and the end. The
//! crate's documentation tells its place.

use std::process::ExitCode;

use uketsuke_counter::{DEVICE, open, run};

fn main() -> ExitCode {
    run(DEVICE.as_ref(), open)
}
