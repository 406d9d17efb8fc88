// SPDX-License-Identifier: MIT OR Apache-2.0
//! The face daemon; the crate's documentation tells its place, `app` does the work.

fn main() -> std::process::ExitCode {
    uketsuke_common::run("face", uketsuke_face::app::run)
}
