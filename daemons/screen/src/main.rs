// SPDX-License-Identifier: MIT OR Apache-2.0
//! Screen daemon; the crate's documentation tells its place, `app` does the work.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let [flag, directory] = arguments.as_slice()
        && flag == "--views"
    {
        return match uketsuke_screen::pictures::write_all(directory.as_ref()) {
            Ok(count) => {
                println!("{count} views in {}", directory.to_string_lossy());
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("uketsuke-screen: {error:#}");
                ExitCode::FAILURE
            }
        };
    }
    uketsuke_common::run("screen", uketsuke_screen::app::run)
}
