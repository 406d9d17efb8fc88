// SPDX-License-Identifier: MIT OR Apache-2.0
//! Virtual My Number Card; README.md tells how to use it, `app` does the work.

use std::process::ExitCode;

use uketsuke_virtual_card::app::{self, Arguments, USAGE};

/// `EX_USAGE` of sysexits.h.
const WRONG_USAGE: u8 = 64;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("uketsuke-virtual-card: {error:#}\n{USAGE}");
            return ExitCode::from(WRONG_USAGE);
        }
    };
    match app::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("uketsuke-virtual-card: {error:#}");
            ExitCode::FAILURE
        }
    }
}
