// SPDX-License-Identifier: MIT OR Apache-2.0
//! The terminal (資格確認端末); the crate's documentation tells its place, `app` does the work.

fn main() -> std::process::ExitCode {
    uketsuke_common::run("terminal", uketsuke_terminal::app::run)
}
