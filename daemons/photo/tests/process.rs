// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real process at the end of a socket, as systemd starts it, and the client that asks it.
#![allow(clippy::unwrap_used, reason = "a panic is the report")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::signal::Signal;
use support::{encode, pattern, taken, test_card};
use uketsuke_photo::{Cause, Grey, PhotoError, client, limits};

const PROGRAM: &str = env!("CARGO_BIN_EXE_uketsuke-photo");
/// For whoever must not be the one that gives up.
const LONG: Duration = Duration::from_secs(60);

/// The process, with the other end of the socket on its standard input.
fn start(socket: UnixStream) -> Child {
    let stdin = OwnedFd::from(socket);
    Command::new(PROGRAM).stdin(stdin).spawn().unwrap()
}

/// Sends a question and reads to the end of the answer.
fn ask(question: &[u8]) -> Vec<u8> {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let mut child = start(theirs);
    // Refused before it was read: the other end may be closed already.
    let _ = ours.write_all(question);
    let mut answer = Vec::new();
    ours.read_to_end(&mut answer).unwrap();
    assert!(child.wait().unwrap().success());
    answer
}

fn question(photo: &[u8]) -> Vec<u8> {
    [&(photo.len() as u32).to_be_bytes(), photo].concat()
}

/// Cause and words of a refusal.
fn refusal(answer: &[u8]) -> (Cause, String) {
    let length = usize::from(u16::from_be_bytes([answer[2], answer[3]]));
    assert_eq!((answer[0], answer.len()), (1, 4 + length));
    let words = String::from_utf8(answer[4..].to_vec()).unwrap();
    (Cause::from_number(answer[1]).unwrap(), words)
}

#[test]
fn a_photo_is_answered_with_its_picture() {
    let photo = test_card();
    let answer = ask(&question(&photo));
    let grey = taken(&photo);
    assert_eq!(answer[..5], [0, 1, 122, 1, 216]);
    assert!(&answer[5..] == grey.pixels());
}

#[test]
fn a_bad_photo_is_answered_with_its_cause() {
    let photo = test_card();
    let (cause, words) = refusal(&ask(&question(&photo[..photo.len() - 1])));
    assert_eq!(cause, Cause::Container);
    assert_eq!(words, "container, offset 77: ends inside a box");
}

#[test]
fn a_question_too_long_is_refused_unread() {
    for length in [0, limits::MOST_BYTES as u32 + 1, u32::MAX] {
        let (cause, words) = refusal(&ask(&length.to_be_bytes()));
        assert_eq!(cause, Cause::Length);
        assert!(words.starts_with(&format!("{length} bytes")), "{words}");
    }
}

#[test]
fn half_a_question_is_not_answered() {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let mut child = start(theirs);
    ours.write_all(&question(&test_card())[..100]).unwrap();
    ours.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    ours.read_to_end(&mut answer).unwrap();
    assert!(answer.is_empty());
    assert!(!child.wait().unwrap().success());
}

#[test]
fn silence_ends_the_process_by_its_clock() {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let mut child = start(theirs);
    let mut answer = Vec::new();
    ours.read_to_end(&mut answer).unwrap();
    assert!(answer.is_empty());
    let signal = child.wait().unwrap().signal();
    assert_eq!(signal, Some(Signal::SIGALRM as i32));
}

#[test]
fn the_process_stands_in_its_limits_when_it_asks_for_the_photo() {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let mut child = start(theirs);
    // It reads the length only after it has bound itself: the refusal is the sign. Until it is waited
    // for, a process that has ended still shows its limits.
    ours.write_all(&[0; 4]).unwrap();
    let mut answer = Vec::new();
    ours.read_to_end(&mut answer).unwrap();
    let shown = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let row = |name: &str| {
        let line = shown.lines().find(|line| line.starts_with(name)).unwrap();
        let numbers = line[name.len()..].split_whitespace();
        numbers
            .take(2)
            .map(|number| number.parse().unwrap())
            .collect::<Vec<u64>>()
    };
    assert_eq!(row("Max address space"), [limits::PROCESS.address_space; 2]);
    assert_eq!(row("Max cpu time"), [limits::PROCESS.processor_seconds; 2]);
    assert_eq!(row("Max core file size"), [0; 2]);
    child.wait().unwrap();
}

#[test]
fn the_largest_pictures_fit_into_the_limits() {
    let pixels = pattern(limits::MOST_WIDTH, limits::MOST_HEIGHT);
    let shapes: [&[&str]; 3] = [
        &["-b", "4,4", "-r", "150"],
        &["-I", "-r", "45"],
        &["-r", "45", "-c", "[64,64],[32,32]", "-M", "63"],
    ];
    for shape in shapes {
        let photo = encode(&pixels, limits::MOST_WIDTH, limits::MOST_HEIGHT, shape);
        let answer = ask(&question(&photo));
        assert_eq!(answer[..5], [0, 4, 0, 5, 0], "{shape:?}");
        assert_eq!(answer.len(), 5 + pixels.len());
    }
}

/// A socket that starts one process for each connection, as `uketsuke-photo.socket` does, or lets a
/// stand-in speak.
struct Door {
    path: PathBuf,
    _folder: tempfile::TempDir,
    served: JoinHandle<()>,
}

fn door(serve: impl FnOnce(UnixStream) + Send + 'static) -> Door {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.socket");
    let listener = UnixListener::bind(&path).unwrap();
    let served = thread::spawn(move || serve(listener.accept().unwrap().0));
    Door {
        path,
        _folder: folder,
        served,
    }
}

/// What the client makes of one who answers with these bytes, once it has the whole question.
fn told(answer: Vec<u8>) -> PhotoError {
    let photo = test_card();
    let length = question(&photo).len();
    let door = door(move |mut stream| {
        stream.read_exact(&mut vec![0; length]).unwrap();
        // The client may hang up before the end of a bad answer.
        let _ = stream.write_all(&answer);
    });
    let error = refused(client_decode(&door.path, &photo, LONG));
    door.served.join().unwrap();
    error
}

fn client_decode(socket: &Path, photo: &[u8], limit: Duration) -> Result<Grey, PhotoError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(client::decode(socket, photo, limit))
}

fn refused(answer: Result<Grey, PhotoError>) -> PhotoError {
    match answer {
        Ok(_) => panic!("taken"),
        Err(error) => error,
    }
}

#[test]
fn the_client_gets_the_picture_through_the_process() {
    let photo = test_card();
    let door = door(|stream| assert!(start(stream).wait().unwrap().success()));
    let grey = client_decode(&door.path, &photo, LONG).ok().unwrap();
    assert_eq!((grey.width(), grey.height()), (378, 472));
    assert!(grey.pixels() == taken(&photo).pixels());
    door.served.join().unwrap();
}

#[test]
fn the_client_gets_the_cause_through_the_process() {
    let photo = support::altered(&test_card(), [0xFF, 0x52], 9, &[32]);
    let door = door(|stream| assert!(start(stream).wait().unwrap().success()));
    match refused(client_decode(&door.path, &photo, LONG)) {
        PhotoError::Refused { cause, text } => {
            assert_eq!(cause, Cause::Levels);
            assert!(text.ends_with("32 decompositions; 10 are taken"), "{text}");
        }
        error => panic!("{error:?}"),
    }
    door.served.join().unwrap();
}

#[test]
fn a_process_that_dies_at_a_limit_is_gone() {
    let photo = test_card();
    // Room for the program, not for the picture. The process does not loosen what it finds.
    let door = door(|stream| {
        let stdin = OwnedFd::from(stream);
        let status = Command::new("sh")
            .args(["-c", "ulimit -v 5000; exec \"$0\"", PROGRAM])
            .stdin(stdin)
            .status()
            .unwrap();
        assert!(!status.success());
    });
    let error = refused(client_decode(&door.path, &photo, LONG));
    assert!(matches!(error, PhotoError::Gone), "{error:?}");
    door.served.join().unwrap();
}

#[test]
fn nobody_at_the_socket_is_said_with_its_path() {
    let path = Path::new("/nonexistent/photo.socket");
    let error = refused(client_decode(path, &test_card(), LONG));
    assert!(error.to_string().contains("/nonexistent/photo.socket"));
    assert!(error.cause().is_none());
}

#[test]
fn the_client_does_not_wait_longer_than_told() {
    let (give_up, gave_up) = std::sync::mpsc::channel::<()>();
    let door = door(move |stream| {
        // Until the client has given up.
        let _ = gave_up.recv();
        drop(stream);
    });
    let limit = Duration::from_millis(50);
    let error = refused(client_decode(&door.path, &test_card(), limit));
    assert!(matches!(error, PhotoError::Late { .. }), "{error:?}");
    drop(give_up);
    door.served.join().unwrap();
}

#[test]
fn the_client_believes_no_answer_out_of_bounds() {
    let mut huge = vec![0, 0xFF, 0xFF, 0xFF, 0xFF];
    huge.resize(100_000, 0);
    let mut words = vec![1, 1, 0xFF, 0xFF];
    words.resize(70_000, b'a');
    for answer in [
        vec![2],
        huge,
        vec![0, 0, 0, 0, 0],
        words,
        vec![1, 0, 0, 0],
        vec![1, 99, 0, 0],
        vec![1, 1, 0, 2, b'\n', b'a'],
        vec![1, 1, 0, 1, 0xFF],
    ] {
        let head = answer[..answer.len().min(6)].to_vec();
        let error = told(answer);
        assert!(
            matches!(error, PhotoError::Answer { .. }),
            "{head:?}: {error:?}"
        );
    }
    for answer in [
        vec![],
        vec![0, 1],
        vec![0, 0, 64, 0, 64, 7],
        vec![1, 1, 0, 5, b'a'],
    ] {
        let error = told(answer);
        assert!(matches!(error, PhotoError::Gone), "{error:?}");
    }
}
