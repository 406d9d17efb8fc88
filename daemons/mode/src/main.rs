// SPDX-License-Identifier: MIT OR Apache-2.0
//! The mode manager; the library's documentation tells its place, `app` does the work.
fn main() -> std::process::ExitCode {
    uketsuke_common::run("mode", uketsuke_mode::app::run)
}
