// SPDX-License-Identifier: MIT OR Apache-2.0
//! The client, and what it makes of a process or a TPM that is late, silent or talks nonsense.
#![allow(clippy::unwrap_used, reason = "a panic is the report")]

mod support;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use nix::sys::signal::Signal;
use support::device;
use tempfile::TempDir;
use uketsuke_counter::wire::Cause;
use uketsuke_counter::{Client, ClientError};
use uketsuke_testkit::tpm::{Door, SoftTpm, counter_program};

/// For whoever must not be the one that gives up.
const LONG: Duration = Duration::from_secs(60);

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counter.socket");
    (folder, path)
}

#[test]
fn it_gets_the_number_through_the_process() {
    let (_folder, path) = place();
    let tpm = SoftTpm::start();
    let _door = Door::of_program(&path, counter_program(), vec![device(&tpm)]);
    let client = Client::find(&path).unwrap().unwrap();
    let first = client.value().unwrap();
    assert_eq!(client.step().unwrap(), first + 1);
    assert_eq!(client.value().unwrap(), first + 1);
}

#[test]
fn no_tpm_and_nobody_to_ask_is_no_counter_and_everything_else_is_an_error() {
    let (folder, path) = place();
    assert!(Client::find(&path).unwrap().is_none());
    let nothing = folder.path().join("tpmrm0").display().to_string();
    let door = Door::of_program(&path, counter_program(), vec![nothing]);
    assert!(Client::find(&path).unwrap().is_none());
    drop(door);
    // A file that is no socket.
    let away = folder.path().join("tpm.socket");
    std::fs::write(&away, []).unwrap();
    let away = away.display().to_string();
    let door = Door::of_program(&path, counter_program(), vec![away]);
    let told = Client::find(&path).unwrap_err();
    assert!(matches!(told, ClientError::Failed(Cause::Device)), "{told}");
    drop(door);
    // A file that nobody listens at is not "no counter".
    std::fs::write(&path, []).unwrap();
    let told = Client::find(&path).unwrap_err();
    assert!(matches!(told, ClientError::Unreachable { .. }), "{told}");
    assert!(told.to_string().contains("counter.socket"), "{told}");
}

#[test]
fn a_tpm_that_leaves_is_an_error_to_who_had_one() {
    let (folder, path) = place();
    let node = folder.path().join("tpmrm0");
    let tpm = SoftTpm::start();
    let door = Door::of_program(&path, counter_program(), vec![device(&tpm)]);
    let client = Client::find(&path).unwrap().unwrap();
    drop(door);
    let nothing = node.display().to_string();
    let _door = Door::of_program(&path, counter_program(), vec![nothing]);
    assert!(matches!(client.value(), Err(ClientError::NoTpm)));
    assert!(matches!(client.step(), Err(ClientError::NoTpm)));
}

#[test]
fn it_believes_no_answer_out_of_bounds() {
    for (answer, gone) in [
        (vec![0, 0, 0, 0, 0, 0, 0, 0], true),
        (vec![], true),
        (vec![3, 0, 0, 0, 0, 0, 0, 0, 0], false),
        (vec![1, 0, 0, 0, 0, 0, 0, 0, 9], false),
        (vec![2, 0, 0, 0, 0, 0, 0, 0, 99], false),
    ] {
        let (_folder, path) = place();
        let bytes = answer.clone();
        let _door = Door::open(&path, move |mut stream| {
            stream.read_exact(&mut [0]).unwrap();
            stream.write_all(&bytes).unwrap();
        });
        let told = Client::find(&path).unwrap_err();
        match told {
            ClientError::Gone(_) => assert!(gone, "{answer:?}"),
            ClientError::Answer => assert!(!gone, "{answer:?}"),
            other => panic!("{answer:?}: {other}"),
        }
    }
}

#[test]
fn it_waits_no_longer_than_told_also_for_who_sends_byte_by_byte() {
    let (_folder, path) = place();
    let (give_up, gave_up) = mpsc::channel::<()>();
    let mut first = true;
    let door = Door::open(&path, move |mut stream| {
        if std::mem::take(&mut first) {
            stream.write_all(&[0; 4]).unwrap();
            // Until the client has given up.
            let _ = gave_up.recv();
        }
    });
    let limit = Duration::from_millis(50);
    let told = Client::find_within(&path, limit).unwrap_err();
    assert!(matches!(told, ClientError::Late { .. }), "{told}");
    drop(give_up);
    drop(door);
}

/// A TPM that takes commands and does with them what `answer` says.
fn bad_tpm(answer: impl Fn(&mut UnixStream) + Send + 'static) -> (TempDir, PathBuf, [Door; 2]) {
    let (folder, path) = place();
    let socket = folder.path().join("tpm.socket");
    let tpm = Door::open(&socket, move |mut stream| {
        let mut command = [0; 4096];
        while stream.read(&mut command).is_ok_and(|read| read > 0) {
            answer(&mut stream);
        }
    });
    let device = socket.display().to_string();
    let door = Door::of_program(&path, counter_program(), vec![device]);
    // The process first: the TPM's end waits for it.
    (folder, path, [door, tpm])
}

#[test]
fn a_tpm_that_talks_nonsense_gives_no_number() {
    for answer in [
        vec![0xFF; 4096],
        vec![0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        vec![0x80, 1, 0, 0, 0, 11, 0, 0, 0, 0, 0],
        vec![0x80, 2, 0, 0, 0, 10, 0, 0, 1, 0x8B],
    ] {
        let (_folder, path, _doors) = bad_tpm(move |stream| stream.write_all(&answer).unwrap());
        let told = Client::find(&path).unwrap_err();
        assert!(matches!(told, ClientError::Failed(Cause::Answer)), "{told}");
    }
}

#[test]
fn a_tpm_that_never_answers_ends_the_process_by_its_clock() {
    let (_folder, path, _doors) = bad_tpm(|_| {});
    let told = Client::find_within(&path, LONG).unwrap_err();
    assert!(matches!(told, ClientError::Gone(_)), "{told}");
}

#[test]
fn a_tpm_that_is_busy_for_ever_is_given_up() {
    // TPM_RC_RETRY.
    let busy = [0x80, 1, 0, 0, 0, 10, 0, 0, 9, 0x22];
    let (_folder, path, _doors) = bad_tpm(move |stream| stream.write_all(&busy).unwrap());
    let told = Client::find_within(&path, LONG).unwrap_err();
    assert!(
        matches!(told, ClientError::Failed(Cause::Refused)),
        "{told}"
    );
}

#[test]
fn silence_of_whoever_asks_ends_the_process_by_its_clock() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_uketsuke-counter"))
        .stdin(std::os::fd::OwnedFd::from(theirs))
        .status()
        .unwrap();
    assert_eq!(status.signal(), Some(Signal::SIGALRM as i32));
    drop(ours);
}
