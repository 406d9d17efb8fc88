// SPDX-License-Identifier: MIT OR Apache-2.0
//! Opus in Ogg, by opusenc.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::level::RATE;

/// Kilobits a second: enough for wide-band speech, and the image stays within its 128 MiB.
const BITRATE: &str = "16";

/// Encodes `samples` to `path`.
///
/// # Errors
/// When opusenc fails.
pub fn write(path: &Path, samples: &[f64]) -> anyhow::Result<()> {
    let mut encoder = Command::new("opusenc")
        .args(["--quiet", "--speech", "--vbr", "--bitrate", BITRATE])
        .args(["--raw", "--raw-bits", "16", "--raw-chan", "1", "--raw-rate"])
        .arg(RATE.to_string())
        // By chance otherwise, and two builds would differ.
        .args(["--serial", "1", "--padding", "0", "-"])
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("opusenc (packages/debian-12.txt)")?;
    let one = |sample: &f64| ((sample * 32_767.0).round() as i16).to_le_bytes();
    let bytes: Vec<u8> = samples.iter().flat_map(one).collect();
    let mut input = encoder.stdin.take().context("opusenc's input")?;
    let written = input.write_all(&bytes);
    drop(input);
    let output = encoder.wait_with_output().context("opusenc")?;
    ensure!(
        output.status.success(),
        "opusenc: {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    written.context("opusenc's input")
}
