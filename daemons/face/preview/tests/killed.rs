// SPDX-License-Identifier: MIT OR Apache-2.0
//! A writer that is killed in the middle of its work, again and again: no reader sees half a picture, and
//! none is kept waiting.
//!
//! This program is both sides: with an argument it writes until it is killed.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};
use std::time::Duration;

use uketsuke_face_preview::{Colours, Reader, Shape, Writer};

const SHAPE: Shape = Shape {
    width: 320,
    height: 240,
    colours: Colours::Rgb,
};
const ROUNDS: usize = 20;

fn main() {
    if std::env::args().any(|argument| argument == "write") {
        write_for_ever();
    }
    let mut seen = 0;
    for round in 0..ROUNDS {
        seen += round_of(round);
    }
    println!("killed: {ROUNDS} writers, {seen} whole pictures seen, none torn");
    assert!(seen > 0);
    println!("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
}

fn write_for_ever() -> ! {
    let writer = Writer::new(SHAPE).unwrap();
    let fd = writer.descriptor().as_raw_fd();
    println!("/proc/{}/fd/{fd}", std::process::id());
    std::io::stdout().flush().unwrap();
    loop {
        for value in 1..=250 {
            let mut slot = writer.take().unwrap();
            writer.begin(slot.index());
            slot.as_mut().fill(value);
            writer.publish(slot.index());
            // A camera that is fast, but one.
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Kills a writer after some pictures; how many of them were seen.
fn round_of(round: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg("write")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    said.read_line(&mut line).unwrap();
    let file = File::open(line.trim()).unwrap().into();
    let reader = Reader::open(&file).unwrap();
    let (mut last, mut seen) = (0, 0);
    // Each writer lives a little longer, so that each dies somewhere else.
    while seen <= round as u64 {
        if let Some(number) = look(&reader, last) {
            (last, seen) = (number, seen + 1);
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it left is a whole picture, or none.
    look(&reader, 0);
    seen
}

fn look(reader: &Reader, after: u64) -> Option<u64> {
    let (number, whole) = reader.newest(after, |pixels| {
        let mut bytes = pixels.each();
        let first = bytes.next();
        bytes.all(|byte| Some(byte) == first)
    })?;
    assert!(whole, "picture {number} is torn");
    Some(number)
}
