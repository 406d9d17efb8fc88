// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes what the screen carries inside: the text keys and the subset fonts.
//!
//! Both are checked here, so that a text without a translation, a variable that one language
//! forgets, or a character that no font can draw stops the build and not a patient.

#[path = "build/catalogue.rs"]
mod catalogue;
#[path = "build/fonts.rs"]
mod fonts;

use std::path::PathBuf;

fn main() -> std::process::ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    match make() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(problems) => {
            for problem in problems {
                println!("cargo::error={problem}");
            }
            std::process::ExitCode::FAILURE
        }
    }
}

/// Every problem found, so that a translator mends them in one go.
fn make() -> Result<(), Vec<String>> {
    let out = std::env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .ok_or_else(|| vec!["OUT_DIR is not set: run this through cargo".to_owned()])?;
    let catalogues = catalogue::read_all("texts".as_ref())?;
    catalogue::agree(&catalogues)?;
    catalogue::write_keys(&catalogues, &out)?;
    fonts::subset(&fonts::folder(), &catalogues, &out)
}
