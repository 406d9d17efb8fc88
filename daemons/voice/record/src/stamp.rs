// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether anything has changed since.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};

/// Debian packages on which the recordings depend.
const PACKAGES: [&str; 7] = [
    "open-jtalk",
    "open-jtalk-mecab-naist-jdic",
    "libhtsengine1",
    "flite",
    "libflite1",
    "opus-tools",
    "libopus0",
];

/// Of `files`, of the packages and of this very program.
///
/// # Errors
/// When one of them is not there.
pub fn of(files: &[&Path]) -> anyhow::Result<String> {
    let mut sum = Sha256::new();
    let this = std::env::current_exe().context("this program")?;
    for file in files.iter().copied().chain([this.as_path()]) {
        let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
        sum.update((bytes.len() as u64).to_le_bytes());
        sum.update(bytes);
    }
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat=${Package} ${Version}\\n"]);
    let output = query.args(PACKAGES).output().context("dpkg-query")?;
    ensure!(
        output.status.success(),
        "packages/debian-12.txt is not installed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    sum.update(output.stdout);
    let digits = sum.finalize().iter().map(|b| format!("{b:02x}")).collect();
    Ok(digits)
}
