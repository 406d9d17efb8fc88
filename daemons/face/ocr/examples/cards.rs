// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counts what becomes of many rendered cards, and writes what was counted beside the model: the report and
//! the operating point that a bundle is packed with.
//!
//! usage: cards COUNT JOBS [SURE] [--write]
//!
//! The seeds begin far from those of the tests. `SURE` is how sure each sign must be.
#![allow(clippy::unwrap_used, reason = "a panic is the report")]

#[path = "../tests/judge/mod.rs"]
mod judge;

use std::fs;
use std::thread;

use judge::{Counts, Demands, TODAY, bundle, engine, root, show};
use uketsuke_face_ocr::layout::SINCE_2016;
use uketsuke_rendered_front::Fonts;

const FIRST_SEED: u64 = 1_000_000;
/// What bundles are packed with, if not said otherwise.
const SURE: f32 = 0.9;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let write = words.iter().any(|word| word == "--write");
    let numbers: Vec<f64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let (cards, jobs) = (numbers[0] as u64, numbers[1] as u64);
    let sure = numbers.get(2).map_or(SURE, |&sure| sure as f32);
    let bundle = bundle(Some(&point(
        sure,
        "{}",
        &Counts {
            wrong: 50,
            refused: 50,
            ..Counts::default()
        },
    )));
    let demands = Demands {
        sure,
        today: TODAY,
        layout: SINCE_2016,
    };
    let counted: Vec<_> = (0..jobs)
        .map(|job| {
            let bundle = bundle.clone();
            thread::spawn(move || {
                let (fonts, mut engine) = (Fonts::read().unwrap(), engine(bundle));
                let mut counts = Counts::default();
                for seed in (job..cards).step_by(jobs as usize) {
                    counts.add(show(FIRST_SEED + seed, &fonts, &mut engine, &demands));
                }
                counts
            })
        })
        .collect();
    let mut counts = Counts::default();
    for job in counted {
        counts.add(job.join().unwrap());
    }
    println!(
        "each sign at least {sure} sure, two frames that agree, {} frames at most",
        judge::FRAMES
    );
    counts.print();
    if write {
        let folder = root().join("image/models/card-front");
        let report = serde_json::json!({
            "cards": counts.cards(), "right": counts.right, "wrong": counts.wrong,
            "refused": counts.refused, "frames": counts.frames, "frames_wrong": counts.frames_wrong,
            "first_seed": FIRST_SEED, "sure": sure,
            "of": "cards rendered by tests/cardfront; nothing is known of real ones",
        });
        let report = format!("{report:#}\n");
        fs::write(folder.join("report.json"), &report).unwrap();
        fs::write(
            folder.join("operating-point.toml"),
            point(sure, &report, &counts),
        )
        .unwrap();
    }
}

/// The operating point of a bundle, with what was counted.
fn point(sure: f32, report: &str, counts: &Counts) -> String {
    let model = fs::read(root().join("image/models/card-front/card-front.tflite")).unwrap();
    let n = counts.cards() as f64;
    let (wrong, refused) = (counts.wrong as f64 / n, counts.refused as f64 / n);
    // Wilson (1927); with none wrong the rule of three.
    let bound = |share: f64, side: f64| {
        let z2 = 1.96_f64.powi(2);
        let middle = share + z2 / (2.0 * n);
        let half = 1.96 * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
        ((middle + side * half) / (1.0 + z2 / n)).clamp(0.0, 1.0)
    };
    let upper = bound(wrong, 1.0).max(3.0 / n).min(1.0);
    format!(
        "# SPDX-License-Identifier: MIT OR Apache-2.0\n\
         # Written by make card-front-report: what was counted, on rendered cards.\n\
         [[operating_point]]\n\
         name = \"default\"\n\
         model = \"card-front\"\n\
         threshold = {sure}\n\
         far = {{ target = 1e-4, measured = {wrong:.6}, upper95 = {upper:.6} }}\n\
         frr = {{ measured = {refused:.6}, low95 = {:.6}, high95 = {:.6} }}\n\n\
         [operating_point.evidence]\n\
         report = \"report.json\"\n\
         sha256 = \"{}\"\n\
         subjects = {n}\n\
         genuine = {n}\n\
         impostor = {n}\n\
         reference = \"rendered-card\"\n\
         frames = 2\n\
         model_sha256 = \"{}\"\n",
        bound(refused, -1.0).min(refused),
        bound(refused, 1.0),
        sha256(report.as_bytes()),
        sha256(&model),
    )
}

fn sha256(bytes: &[u8]) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, bytes);
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
