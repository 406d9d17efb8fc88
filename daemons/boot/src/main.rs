// SPDX-License-Identifier: MIT OR Apache-2.0
//! Root-side helper of the image; the crate's documentation tells its place, `app` does the work.

fn main() -> std::process::ExitCode {
    uketsuke_boot::app::main()
}
