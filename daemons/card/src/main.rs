// SPDX-License-Identifier: MIT OR Apache-2.0
//! Card daemon; the crate documentation tells its place, `app` does the work.

fn main() -> std::process::ExitCode {
    uketsuke_common::run("card", uketsuke_card::app::run)
}
