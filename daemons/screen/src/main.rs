// SPDX-License-Identifier: MIT OR Apache-2.0
//! Screen daemon; the crate's documentation tells its place, `app` does the work.

use std::path::Path;
use std::process::ExitCode;

use uketsuke_screen::pictures;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let [flag, place] = arguments.as_slice() {
        let place = Path::new(place);
        match flag.to_str() {
            Some("--views") => {
                return said(pictures::write_all(place).map(|(views, sheets)| {
                    println!("{views} views and {sheets} sheets in {}", place.display());
                }));
            }
            Some("--splash") => return said(pictures::write_splash(place)),
            _ => {}
        }
    }
    uketsuke_common::run("screen", uketsuke_screen::app::run)
}

fn said(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("uketsuke-screen: {error:#}");
            ExitCode::FAILURE
        }
    }
}
