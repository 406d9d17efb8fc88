// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsukectl face-files`: what is wrong with the face files in a folder, whoever wrote them.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use uketsuke_receipt::{FILE_BYTES, Weight, check};

/// What is looked at.
#[derive(Args)]
pub struct Arguments {
    /// A face file, or a folder with face files (FaceDataDir).
    path: PathBuf,
}

/// Prints each finding; the exit code is the one of the module's crate docs.
pub fn command(arguments: &Arguments) -> ExitCode {
    match judge(&arguments.path) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("uketsukectl: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// How many files are wrong.
fn judge(path: &Path) -> anyhow::Result<usize> {
    let cannot = || format!("cannot read {}", path.display());
    let mut files = Vec::new();
    if path.is_dir() {
        for entry in fs::read_dir(path).with_context(cannot)? {
            let file = entry.with_context(cannot)?.path();
            let xml = file
                .extension()
                .is_some_and(|end| end.eq_ignore_ascii_case("xml"));
            if xml && file.is_file() {
                files.push(file);
            }
        }
        files.sort();
    } else {
        files.push(path.to_owned());
    }
    let (mut wrong, mut odd) = (0, 0);
    for file in &files {
        let mut bytes = Vec::new();
        // One more than may be: what is too long is found to be.
        File::open(file)
            .and_then(|file| file.take(FILE_BYTES as u64 + 1).read_to_end(&mut bytes))
            .with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let found = check(&name, &bytes);
        if found.is_empty() {
            println!("{name}: ok");
        }
        for finding in &found {
            println!("{name}: {finding}");
        }
        let worst = found.iter().map(|finding| finding.weight).max();
        wrong += usize::from(worst == Some(Weight::Wrong));
        odd += usize::from(worst == Some(Weight::Odd));
    }
    println!("{} files: {wrong} wrong, {odd} odd", files.len());
    Ok(wrong)
}
