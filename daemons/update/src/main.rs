// SPDX-License-Identifier: MIT OR Apache-2.0
//! The update daemon; the crate's documentation tells its place, `app` does the work.

fn main() -> std::process::ExitCode {
    uketsuke_common::run("update", uketsuke_update::app::run)
}
