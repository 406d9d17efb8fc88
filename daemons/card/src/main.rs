// SPDX-License-Identifier: MIT OR Apache-2.0
//! Card daemon; the crate documentation tells its place, `app` does the work.

fn main() -> std::process::ExitCode {
    // The whole of another program, which must not need a configuration: see there.
    if std::env::args().skip(1).eq(["--power-down"]) {
        uketsuke_common::log();
        return uketsuke_card::pcsc::off::run();
    }
    uketsuke_common::run("card", uketsuke_card::app::run)
}
