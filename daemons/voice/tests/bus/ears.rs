// SPDX-License-Identifier: MIT OR Apache-2.0
//! Listens to a WAV file.

use std::path::Path;

/// Samples a second.
const RATE: usize = 48_000;
/// Samples that are looked at together: 10 ms.
const WINDOW: usize = RATE / 100;
/// Amplitude below which it is silent. An encoder leaves a little in front of a tone.
const SILENT: f64 = 0.004;

/// A stretch of sound or of silence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Milliseconds.
    pub ms: usize,
    /// Of the wave, in Hz; 0 where it is silent.
    pub pitch: f64,
    /// Root of the mean square, 1 being the loudest there can be.
    pub level: f64,
}

/// The samples of a closed file; none while it is open.
pub fn samples(file: &Path) -> Option<Vec<f64>> {
    let bytes = std::fs::read(file).ok()?;
    if !bytes.starts_with(b"RIFF") {
        return None;
    }
    let length = u32::from_le_bytes(bytes[40..44].try_into().unwrap()) as usize;
    let samples = &bytes[44..];
    assert_eq!(samples.len(), length, "the length is that of the file");
    let one = |pair: &[u8]| f64::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0;
    Some(samples.chunks_exact(2).map(one).collect())
}

/// What is heard, in order.
pub fn stretches(samples: &[f64]) -> Vec<Stretch> {
    let sounds: Vec<bool> = samples.chunks(WINDOW).map(|w| level(w) > SILENT).collect();
    let mut found = Vec::new();
    if sounds.is_empty() {
        return found;
    }
    let mut from = 0;
    for to in 1..=sounds.len() {
        if to < sounds.len() && sounds[to] == sounds[from] {
            continue;
        }
        let part = &samples[from * WINDOW..(to * WINDOW).min(samples.len())];
        // What an encoder makes of the edges is left out.
        let middle = &part[part.len() / 5..part.len() * 4 / 5];
        found.push(Stretch {
            ms: part.len() * 1000 / RATE,
            pitch: if sounds[from] { pitch(middle) } else { 0.0 },
            level: level(middle),
        });
        from = to;
    }
    found
}

fn level(samples: &[f64]) -> f64 {
    let squares: f64 = samples.iter().map(|s| s * s).sum();
    (squares / samples.len().max(1) as f64).sqrt()
}

/// By the times it crosses zero upwards.
fn pitch(samples: &[f64]) -> f64 {
    let up = samples.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0);
    up.count() as f64 * RATE as f64 / samples.len().max(1) as f64
}
