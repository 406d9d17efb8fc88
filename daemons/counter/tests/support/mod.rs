// SPDX-License-Identifier: MIT OR Apache-2.0
//! The process, with the other end of the socket on its standard input.

#![allow(dead_code, reason = "each test program uses its part")]
#![allow(clippy::unwrap_used, reason = "a panic is the report")]

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use uketsuke_counter::counter::INDEX;
use uketsuke_counter::wire::{Answer, Question};
use uketsuke_testkit::tpm::{SoftTpm, counter_program};

/// The session of an empty password behind its length, as digits.
pub const PASSWORD: &str = "00000009 40000009 0000 00 0000";

/// The index, as digits.
pub fn counter() -> String {
    format!("{INDEX:08x}")
}

/// As the process is told where the TPM is.
pub fn device(tpm: &SoftTpm) -> String {
    tpm.socket().display().to_string()
}

/// Sends bytes, and gives the answer up to its end.
pub fn raw(device: &str, question: &[u8]) -> Vec<u8> {
    run(device, question).0
}

fn run(device: &str, question: &[u8]) -> (Vec<u8>, String) {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let child = Command::new(counter_program())
        .arg(device)
        .stdin(OwnedFd::from(theirs))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    ours.write_all(question).unwrap();
    ours.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    ours.read_to_end(&mut answer).unwrap();
    let output = child.wait_with_output().unwrap();
    (answer, String::from_utf8(output.stderr).unwrap())
}

/// Asks a process of its own each time.
pub struct Ask(String);

impl Ask {
    pub fn of(tpm: &SoftTpm) -> Self {
        Self(device(tpm))
    }

    pub fn at(device: String) -> Self {
        Self(device)
    }

    pub fn answer(&self, question: Question) -> Answer {
        let answer = raw(&self.0, &[question as u8]);
        Answer::from_bytes(answer.try_into().unwrap()).unwrap()
    }

    pub fn says(&self, question: Question) -> u64 {
        match self.answer(question) {
            Answer::Says(value) => value,
            other => panic!("{other:?}: {}", self.log(question)),
        }
    }

    /// What the process says to its log.
    pub fn log(&self, question: Question) -> String {
        run(&self.0, &[question as u8]).1
    }
}
