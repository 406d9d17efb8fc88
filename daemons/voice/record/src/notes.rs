// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sounds without words.

use std::f64::consts::TAU;

use crate::level::RATE;

/// What makes the samples of one.
pub type Make = fn() -> Vec<f64>;

/// Every one, and its name.
pub const ALL: [(&str, Make); 2] = [("tone-done", done), ("tone-forgotten", forgotten)];

/// Seconds for which [`forgotten`] calls; staff come sooner, or the voice is hushed.
const CALLS_S: f64 = 120.0;
/// Seconds between two calls.
const REST_S: f64 = 4.0;

/// It is done: E, then the A above.
fn done() -> Vec<f64> {
    let mut samples = Vec::new();
    note(&mut samples, 659.26, 0.2);
    note(&mut samples, 880.0, 0.3);
    samples
}

/// A card was forgotten: A, E, A, over and over.
fn forgotten() -> Vec<f64> {
    let mut call = Vec::new();
    for pitch in [880.0, 659.26, 880.0] {
        note(&mut call, pitch, 0.25);
    }
    call.resize(call.len() + seconds(REST_S), 0.0);
    let times = (seconds(CALLS_S) / call.len()).max(1);
    call.repeat(times)
}

fn seconds(seconds: f64) -> usize {
    (seconds * f64::from(RATE)) as usize
}

/// One note like a small bell's: it comes in 5 ms and fades, with two overtones.
fn note(samples: &mut Vec<f64>, pitch: f64, length: f64) {
    let count = seconds(length);
    for at in 0..count {
        let time = at as f64 / f64::from(RATE);
        let rises = (time / 0.005).min(1.0);
        let fades = (-3.0 * time / length).exp();
        // To nothing at the end: no click before the next.
        let ends = ((length - time) / 0.01).min(1.0);
        let wave = |times: f64| (TAU * pitch * times * time).sin();
        let sound = wave(1.0) + 0.3 * wave(2.0) + 0.1 * wave(3.0);
        samples.push(0.5 * rises * fades * ends * sound);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_as_long_as_they_are_meant() {
        assert_eq!(done().len(), seconds(0.5));
        let calls = forgotten().len() as f64 / f64::from(RATE);
        assert!((110.0..=120.0).contains(&calls), "{calls}");
    }

    #[test]
    fn no_sample_is_out_of_range() {
        let mut all = done().into_iter().chain(forgotten());
        assert!(all.all(|sample| sample.abs() < 0.8));
    }
}
