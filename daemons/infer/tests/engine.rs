// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real worker with the real library, and others in its place.
#![allow(clippy::unwrap_used, reason = "a panic is the report")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::thread;

use support::{INPUT, MODEL, OUTPUT, draft, impostor, library, worker};
use uketsuke_infer::bundle::Role;
use uketsuke_infer::{Engine, EngineError, Worker};

const ROLE: Role = Role::CardFront;

#[test]
fn what_does_not_fit_is_not_asked() {
    let mut engine = Engine::start(worker(), draft().bundle()).unwrap();
    assert!(matches!(
        engine.run(Role::Pad, &INPUT),
        Err(EngineError::NoModel(Role::Pad))
    ));
    let error = engine.run(ROLE, &INPUT[1..]).unwrap_err();
    assert!(
        matches!(
            error,
            EngineError::Length {
                wanted: 16,
                got: 15,
                ..
            }
        ),
        "{error}"
    );
    let error = engine.run_bytes(ROLE, &[0; 63]).unwrap_err();
    assert!(
        matches!(
            error,
            EngineError::Length {
                wanted: 64,
                got: 63,
                ..
            }
        ),
        "{error}"
    );
    assert!(engine.run(ROLE, &INPUT).is_ok());
}

#[test]
fn a_model_that_is_not_what_its_manifest_says_is_refused() {
    let start = |draft: support::Draft| Engine::start(worker(), draft.bundle()).err().unwrap();
    let error = start(draft().change("[\"CONV_2D\"]", "[\"CONV_2D\", \"ADD\"]"));
    assert!(matches!(error, EngineError::Model { .. }), "{error}");
    let error = start(draft().change("[1, 4, 4, 1]", "[1, 2, 8, 1]"));
    assert!(error.to_string().contains("shape of a tensor"), "{error}");
    let wrong: Vec<f32> = OUTPUT.iter().rev().copied().collect();
    let error = start(draft().file("kat/1.out", &support::bytes(&wrong)));
    assert!(matches!(error, EngineError::KnownAnswer { .. }), "{error}");
    let nothing = start(draft().file("kat/1.out", &[0; 64]));
    assert!(
        matches!(nothing, EngineError::KnownAnswer { .. }),
        "{nothing}"
    );
}

#[test]
fn signed_nonsense_ends_in_a_refusal_or_in_the_worker_alone() {
    let mut random = fastrand::Rng::with_seed(6);
    let mut refused = 0;
    for round in 0..24 {
        let mut model = MODEL.to_vec();
        if round % 2 == 0 {
            model.truncate(random.usize(8..MODEL.len()));
        } else {
            for _ in 0..6 {
                let at = random.usize(8..MODEL.len());
                model[at] = random.u8(..);
            }
        }
        let hash = support::sha256(MODEL);
        let draft = draft()
            .file("model.tflite", &model)
            .change(&hash, &support::sha256(&model));
        refused += usize::from(Engine::start(worker(), draft.bundle()).is_err());
    }
    println!("{refused} of 24 bent models refused");
    assert!(refused >= 12, "{refused}: every cut one at least");
}

#[test]
fn a_library_that_is_not_known_is_not_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = fs::read(library()).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let library = folder.path().join("libLiteRt.so");
    fs::write(&library, bytes).unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let program = env!("CARGO_BIN_EXE_uketsuke-infer");
    let mut command = Command::new(program);
    let child = command
        .arg(&library)
        .stdin(OwnedFd::from(theirs))
        .stderr(Stdio::piped());
    let said = child.spawn().unwrap().wait_with_output().unwrap();
    drop(ours);
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("no LiteRT that this program knows"), "{said}");
}

#[test]
fn who_answers_otherwise_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let start = |script: &str| {
        Engine::start(impostor(folder.path(), script), draft().bundle())
            .err()
            .unwrap()
    };
    let error = start("exit 0");
    assert!(matches!(error, EngineError::Gone), "{error}");
    let error = start("printf '\\x07' >&0; sleep 60");
    assert!(matches!(error, EngineError::Nonsense(_)), "{error}");
    let error = start("printf '\\x00\\xff\\xff' >&0; sleep 60");
    assert!(matches!(error, EngineError::Nonsense(_)), "{error}");
    let error = start("printf '\\x01\\x00\\x04a\\nb!' >&0; sleep 60");
    assert!(matches!(error, EngineError::Nonsense(_)), "{error}");
    let error = start("printf '\\x01\\x00\\x02no' >&0; sleep 60");
    assert!(
        matches!(&error, EngineError::Refused(words) if words == "no"),
        "{error}"
    );
    // It says that it has loaded the model, and that the answers lie there.
    let error = start("printf '\\x00\\x00\\x06\\x01\\x01\\x00\\x00\\x00\\x03\\x00' >&0; sleep 60");
    assert!(matches!(error, EngineError::KnownAnswer { .. }), "{error}");
}

#[test]
fn a_worker_comes_from_a_socket_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("infer.socket");
    let listener = UnixListener::bind(&path).unwrap();
    let serving = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_uketsuke-infer"));
        let mut child = command
            .arg(library())
            .stdin(OwnedFd::from(stream))
            .spawn()
            .unwrap();
        child.wait().unwrap()
    });
    let mut engine = Engine::start(Worker::Socket(path), draft().bundle()).unwrap();
    assert_eq!(*engine.run(ROLE, &INPUT).unwrap()[0], OUTPUT);
    drop(engine);
    assert!(
        serving.join().unwrap().success(),
        "the end of the socket is its end"
    );
}

#[test]
fn a_question_that_is_none_ends_the_worker() {
    for question in [&[0, 1, 0][..], &[0, 3, 1, 2, 3], &[0xff; 6000], &[0, 0]] {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_uketsuke-infer"))
            .arg(library())
            .stdin(OwnedFd::from(theirs))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It may have ended before all is written.
        let _ = ours.write_all(question);
        ours.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = ours.read_to_end(&mut answer);
        assert!(!child.wait().unwrap().success(), "{question:?}");
        assert!(answer.is_empty());
    }
}
