// SPDX-License-Identifier: MIT OR Apache-2.0
//! `face.ocr`: one line of print through an engine (shared memory, another process, checks) against the bare
//! C runtime on the same model in this process; `infer.start`: from nothing to a worker that has given
//! every known answer, against loading and running the same model here; `infer.rss`: the worker's memory.
//!
//! Both sides are measured in turns in the same run.
#![allow(clippy::unwrap_used, reason = "a panic is the report")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use uketsuke_infer::bundle::{Bundle, Policy, Role, SigningKey, pack};
use uketsuke_infer::runtime::{KNOWN, Model, Runtime};
use uketsuke_infer::{Engine, Worker};
use uketsuke_testkit::bench;

/// Turns; each side runs once in each.
const ROUNDS: usize = 400;
const STARTS: usize = 21;
const ROLE: Role = Role::CardFront;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle(folder.path());
    let library = root().join("target/litert/libLiteRt.so");
    let Some(program) = program().filter(|_| library.is_file()) else {
        let note = "not measured: make bench builds uketsuke-infer and gets the library";
        for name in ["face.ocr", "infer.start", "infer.rss"] {
            bench::row(&json!({ "name": name, "note": note }));
        }
        return;
    };
    let worker = Worker::Program {
        program,
        library: library.clone(),
    };
    let runtime = Runtime::open(&library).unwrap();
    let (entry, bytes) = bundle.models().next().unwrap();
    let tensors = entry.tensors();
    let mut engine = Engine::start(worker.clone(), bundle.clone()).unwrap();
    let mut model = Model::load(&runtime, bytes, &tensors.inputs, &tensors.outputs).unwrap();
    let input = bundle.file("kat/1.in").unwrap().to_vec();
    let mut output = vec![0; tensors.outputs[0].bytes()];

    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS + 20 {
        let from = Instant::now();
        let answer = engine.run_bytes(ROLE, &input).unwrap();
        let through = from.elapsed();
        let from = Instant::now();
        model.run(&[&input], &mut [&mut output]).unwrap();
        let bare = from.elapsed();
        assert_eq!(
            answer[0].as_slice(),
            output,
            "the same model, the same library"
        );
        if round >= 20 {
            ours.push(through.as_secs_f64() * 1e3);
            peer.push(bare.as_secs_f64() * 1e3);
        }
    }
    row(
        "face.ocr",
        &mut ours,
        &mut peer,
        "the bare C runtime, same model, this process",
        ROUNDS,
        "one line of a card's front; medians of turns; goal of the design for every model of the face path",
    );

    rss(engine);

    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let from = Instant::now();
        drop(Engine::start(worker.clone(), bundle.clone()).unwrap());
        ours.push(from.elapsed().as_secs_f64() * 1e3);
        let from = Instant::now();
        let runtime = Runtime::open(&library).unwrap();
        let mut model = Model::load(&runtime, bytes, &tensors.inputs, &tensors.outputs).unwrap();
        for _ in &bundle.manifest().test_vectors {
            model.run(&[&input], &mut [&mut output]).unwrap();
        }
        peer.push(from.elapsed().as_secs_f64() * 1e3);
    }
    row(
        "infer.start",
        &mut ours,
        &mut peer,
        "library, model and answers in this process, where the library is loaded already",
        STARTS,
        "process, library's hash and known answer, filter, models, their known answers; medians of turns",
    );
}

fn row(name: &str, ours: &mut [f64], peer: &mut [f64], peer_name: &str, n: usize, note: &str) {
    let (ours, peer) = (median(ours), median(peer));
    bench::row(&json!({
        "name": name, "ours": round(ours), "peer": round(peer), "peer_name": peer_name,
        "ratio": round(ours / peer), "unit": "ms", "n": n, "note": note,
    }));
}

/// The worker's memory with the model loaded and run.
fn rss(engine: Engine) {
    let id = worker_of(std::process::id());
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let mib = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        round(kib / 1024.0)
    };
    bench::row(&json!({
        "name": "infer.rss", "ours": mib("VmRSS"), "peer": 64, "peer_name": "goal of the issue, all models together",
        "ratio": round(mib("VmRSS") / 64.0), "unit": "MiB", "n": 1,
        "note": format!("the worker with the reader of card fronts, the only model there is yet; {} MiB at its peak", mib("VmHWM")),
    }));
    drop(engine);
}

fn worker_of(parent: u32) -> u32 {
    let children = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let id: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let (_, rest) = stat.split_once(')')?;
        (rest.split_whitespace().nth(1)? == parent.to_string()).then_some(id)
    });
    children.last().unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The worker of the same build, two folders above a bench.
fn program() -> Option<PathBuf> {
    let own = std::env::current_exe().unwrap();
    let program = own.parent()?.parent()?.join("uketsuke-infer");
    program.is_file().then_some(program)
}

/// The committed model in a bundle of its own.
fn bundle(folder: &Path) -> Arc<Bundle> {
    let from = root().join("image/models/card-front");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(&from)
        .arg(folder.join("draft"))
        .status()
        .unwrap();
    assert!(copied.success());
    let read = |name: &str| fs::read_to_string(from.join(name)).unwrap();
    let whole = format!("{}\n{}", read("draft.toml"), read("operating-point.toml"));
    fs::write(folder.join("draft/draft.toml"), whole).unwrap();
    let mut seed = [0; 32];
    fastrand::fill(&mut seed);
    let key = SigningKey::from_seed(&seed).unwrap();
    pack(&folder.join("draft/draft.toml"), &folder.join("out"), &key).unwrap();
    let policy = Policy {
        trusted: vec![key.verifying()],
        demonstration: true,
        least_epoch: 0,
        runtime: KNOWN[0].version.into(),
    };
    Arc::new(Bundle::open(&folder.join("out"), &policy).unwrap())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
