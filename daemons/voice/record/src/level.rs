// SPDX-License-Identifier: MIT OR Apache-2.0
//! Equal loudness, with room above it.
//!
//! The voice multiplies by 4 at most (12 dB). So peaks are held at 13 dB below the loudest there can
//! be, 1 dB more than that for what the encoder adds, and nothing has to be limited while a patient
//! waits. Speech at -29 LUFS has few peaks that high.

use anyhow::{Context, ensure};
use ebur128::{EbuR128, Mode};

/// Samples a second.
pub const RATE: u32 = 48_000;
/// Loudness of every recording (ITU-R BS.1770), in LUFS.
const LOUDNESS: f64 = -29.0;
/// Highest amplitude, in dB of the highest there can be.
const PEAK: f64 = -13.0;
/// What is this much quieter than the highest peak is silence at either end, in dB.
const SILENCE: f64 = -45.0;
/// Samples that are kept before the first sound and after the last: 20 ms and 60 ms.
const LEAD: usize = RATE as usize / 50;
const TAIL: usize = RATE as usize * 6 / 100;
/// Samples over which the limiter looks ahead and moves: 5 ms.
const MOVE: usize = RATE as usize / 200;
/// Samples of the shortest that BS.1770 measures: 400 ms.
const BLOCK: usize = RATE as usize * 4 / 10;

/// `samples` without the silence at either end, and with soft edges.
pub fn trimmed(samples: &[f64]) -> Vec<f64> {
    let floor = peak(samples) * decibels(SILENCE);
    let loud = |sample: &f64| sample.abs() > floor;
    let Some(first) = samples.iter().position(loud) else {
        return Vec::new();
    };
    let last = samples.iter().rposition(loud).unwrap_or(first);
    let from = first.saturating_sub(LEAD);
    let to = (last + 1 + TAIL).min(samples.len());
    let mut part = samples[from..to].to_vec();
    let edge = MOVE.min(part.len() / 2);
    let length = part.len();
    for at in 0..edge {
        let less = at as f64 / edge as f64;
        part[at] *= less;
        part[length - 1 - at] *= less;
    }
    part
}

/// `samples` at the loudness of all.
///
/// # Errors
/// When they are silent.
pub fn levelled(samples: &[f64]) -> anyhow::Result<Vec<f64>> {
    ensure!(samples.len() > MOVE && peak(samples) > 0.0, "it is silent");
    // Below the shortest that can be measured, what is measured is the sound with silence after it.
    let mut whole = samples.to_vec();
    whole.resize(samples.len().max(BLOCK), 0.0);
    let mut meter = EbuR128::new(1, RATE, Mode::I).context("loudness")?;
    meter.add_frames_f64(&whole).context("loudness")?;
    let loudness = meter.loudness_global().context("loudness")?;
    ensure!(loudness.is_finite(), "it is silent");
    let gain = decibels(LOUDNESS - loudness);
    let louder: Vec<_> = samples.iter().map(|sample| sample * gain).collect();
    Ok(limited(&louder, decibels(PEAK)))
}

/// No sample above `highest`: the gain goes down before a peak and up after it, in [`MOVE`] samples.
fn limited(samples: &[f64], highest: f64) -> Vec<f64> {
    let around = |at: usize| at.saturating_sub(MOVE)..(at + MOVE + 1).min(samples.len());
    let mut held = vec![1.0_f64; samples.len()];
    for (at, sample) in samples.iter().enumerate() {
        let needed = highest / sample.abs();
        if needed < 1.0 {
            for gain in &mut held[around(at)] {
                *gain = gain.min(needed);
            }
        }
    }
    // Sums up to each sample: the mean around it is the difference of two.
    let mut sum = 0.0;
    let mut sums = vec![0.0];
    sums.extend(held.iter().map(|gain| {
        sum += 1.0 - gain;
        sum
    }));
    let less = |at: usize| {
        let part = around(at);
        (sums[part.end] - sums[part.start]) / part.len() as f64
    };
    let gain = |(at, sample): (usize, &f64)| sample * (1.0 - less(at));
    samples.iter().enumerate().map(gain).collect()
}

fn peak(samples: &[f64]) -> f64 {
    samples
        .iter()
        .fold(0.0, |peak, sample| peak.max(sample.abs()))
}

fn decibels(level: f64) -> f64 {
    10.0_f64.powf(level / 20.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn wave(amplitude: f64, seconds: f64) -> Vec<f64> {
        let count = (seconds * f64::from(RATE)) as usize;
        let phase = |i: usize| i as f64 * 440.0 / f64::from(RATE) * std::f64::consts::TAU;
        (0..count).map(|i| amplitude * phase(i).sin()).collect()
    }

    fn loudness(samples: &[f64]) -> f64 {
        let mut meter = EbuR128::new(1, RATE, Mode::I).unwrap();
        meter.add_frames_f64(samples).unwrap();
        meter.loudness_global().unwrap()
    }

    #[test]
    fn what_was_loud_and_what_was_quiet_is_equally_loud() {
        for amplitude in [0.001, 0.1, 0.9] {
            let levelled = levelled(&wave(amplitude, 1.0)).unwrap();
            assert!((loudness(&levelled) - LOUDNESS).abs() < 0.1, "{amplitude}");
        }
    }

    #[test]
    fn no_peak_is_higher_than_there_is_room_for() {
        let mut clicks = wave(0.01, 1.0);
        for at in [0, 20_000, 20_100, 47_999] {
            clicks[at] = 0.9;
        }
        let levelled = levelled(&clicks).unwrap();
        let room = decibels(PEAK);
        assert!(peak(&levelled) <= room * 1.000_001, "{}", peak(&levelled));
        assert!(room * 4.0 < 1.0);
    }

    #[test]
    fn silence_at_either_end_is_cut_and_silence_within_is_not() {
        let mut samples = vec![0.0; 48_000];
        samples.extend(wave(0.5, 0.5));
        samples.extend(vec![0.0; 48_000]);
        samples.extend(wave(0.5, 0.5));
        samples.extend(vec![0.0001; 48_000]);
        let length = trimmed(&samples).len();
        assert!(length.abs_diff(96_000 + LEAD + TAIL) < 100, "{length}");
    }

    #[test]
    fn silence_is_refused() {
        assert!(levelled(&[0.0; 48_000]).is_err());
        assert!(levelled(&[]).is_err());
        assert!(levelled(&trimmed(&[0.0; 4800])).is_err());
    }
}
