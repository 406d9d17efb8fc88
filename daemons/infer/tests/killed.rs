// SPDX-License-Identifier: MIT OR Apache-2.0
//! A worker that dies, and the engine that gets another. Alone in its program, because it looks for workers
//! among the children of its process.
#![allow(clippy::unwrap_used, reason = "a panic is the report")]

mod support;

use std::fs;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use support::{INPUT, OUTPUT, draft, worker};
use uketsuke_infer::bundle::Role;
use uketsuke_infer::{Engine, EngineError};

const ROLE: Role = Role::CardFront;

/// Process ids of the children of this test that run `uketsuke-infer`.
fn workers() -> Vec<u32> {
    let own = std::process::id().to_string();
    let children = |entry: std::io::Result<fs::DirEntry>| {
        let id: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let (name, rest) = stat.split_once(')')?;
        let mut fields = rest.split_whitespace();
        let (state, parent) = (fields.next()?, fields.next()?);
        (parent == own && state != "Z" && name.contains("uketsuke-infer")).then_some(id)
    };
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(children)
        .collect()
}

fn kill(id: u32) {
    nix::sys::signal::kill(Pid::from_raw(id as i32), Signal::SIGKILL).unwrap();
}

#[test]
fn models_run_die_and_run_again() {
    let mut engine = Engine::start(worker(), draft().bundle()).unwrap();
    for _ in 0..100 {
        assert_eq!(*engine.run(ROLE, &INPUT).unwrap()[0], OUTPUT);
    }
    let other: Vec<f32> = INPUT.iter().map(|number| number * 0.0).collect();
    assert_eq!(*engine.run(ROLE, &other).unwrap()[0], [0.0; 16]);

    for _ in 0..3 {
        let [id] = workers()[..] else {
            panic!("{:?}", workers())
        };
        // What the worker itself may not do any more stands in its status: 2 is a filter.
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        assert!(
            status.contains("Seccomp:\t2") && status.contains("NoNewPrivs:\t1"),
            "{status}"
        );
        assert!(status.contains("Threads:\t1"), "{status}");
        kill(id);
        let error = engine.run(ROLE, &INPUT).unwrap_err();
        assert!(matches!(error, EngineError::Gone), "{error}");
        assert_eq!(*engine.run(ROLE, &INPUT).unwrap()[0], OUTPUT, "a new one");
    }
    let [id] = workers()[..] else { panic!() };
    kill(id);
    assert!(matches!(engine.run(ROLE, &INPUT), Err(EngineError::Gone)));
    assert!(matches!(
        engine.run(ROLE, &INPUT),
        Err(EngineError::GivenUp)
    ));

    let engine = Engine::start(worker(), draft().bundle()).unwrap();
    assert_eq!(workers().len(), 1);
    drop(engine);
    assert_eq!(
        workers(),
        [],
        "it ends with the engine, and what it holds with it"
    );
}
