// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory of the daemon, and of the photo decoder at its peak.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::socket::{setsockopt, sockopt};
use serde_json::json;
use uketsuke_testkit::bench;

use crate::round;

/// The test card's EF 0002, whose photo every virtual card has.
const RECORD: &[u8] = include_bytes!("../../../../tests/card/fixtures/myna-card/surface-0002.bin");

/// A value of `/proc/PID/status`, MiB.
fn status_mib(pid: u32, key: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let kib = line.unwrap().trim_matches([':', '\t', ' ']);
    let kib: u32 = kib.trim_end_matches(" kB").parse().unwrap();
    round(f64::from(kib) / 1024.0)
}

/// `card.rss`: the daemon after all it can be asked.
pub fn daemon(pid: u32, jobs: usize) {
    bench::row(&json!({
        "name": "card.rss", "ours": status_mib(pid, "VmRSS"), "peer": null, "peer_name": null,
        "ratio": null, "unit": "MiB", "n": 1, "goal": null,
        "note": format!(
            "VmRSS of uketsuke-card after {jobs} photos, the card still there; at its highest {} MiB; \
             a part of rss.total, which has the goal",
            status_mib(pid, "VmHWM"),
        ),
    }));
}

/// `photo.rss`: the decoder's process at its peak, with the largest picture it takes.
pub fn decoder() {
    let mut row = json!({
        "name": "photo.rss", "ours": null, "peer": 48, "peer_name": "its own limit of memory",
        "ratio": null, "unit": "MiB", "n": 1, "goal": 1.0,
    });
    match program() {
        Some(program) => {
            let largest = peak(&program, &largest());
            row["ours"] = json!(largest);
            row["ratio"] = json!(round(largest / 48.0));
            row["note"] = json!(format!(
                "VmHWM of uketsuke-photo, one process for each photo; 1024×1280 pixels in 32 767 bytes, \
                 the most that is taken; {} MiB with the photo of the official test card",
                peak(&program, &test_card()),
            ));
        }
        None => {
            row["note"] = json!(
                "not measured: uketsuke-photo is not built; make bench builds it, \
                 or cargo build --release --package uketsuke-photo"
            );
        }
    }
    bench::row(&row);
}

/// The decoder of the same build, two folders above a bench.
fn program() -> Option<PathBuf> {
    let own = std::env::current_exe().unwrap();
    let program = own.parent()?.parent()?.join("uketsuke-photo");
    program.is_file().then_some(program)
}

/// The highest memory of a process that decodes this photo.
fn peak(program: &Path, photo: &[u8]) -> f64 {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    // So little fits that the process is still there, writing its answer, when it is looked at.
    setsockopt(&theirs, sockopt::SndBuf, &4096).unwrap();
    let mut child = Command::new(program)
        .stdin(OwnedFd::from(theirs))
        .spawn()
        .unwrap();
    let length = u32::try_from(photo.len()).unwrap();
    ours.write_all(&length.to_be_bytes()).unwrap();
    ours.write_all(photo).unwrap();
    let mut first = [0];
    ours.read_exact(&mut first).unwrap();
    assert_eq!(first, [0], "the photo is taken");
    let peak = status_mib(child.id(), "VmHWM");
    let mut rest = Vec::new();
    ours.read_to_end(&mut rest).unwrap();
    assert!(child.wait().unwrap().success());
    peak
}

/// The photo of the test card: the value of DF27.
fn test_card() -> Vec<u8> {
    let tag = RECORD
        .windows(3)
        .position(|bytes| bytes == [0xDF, 0x27, 0x82]);
    let value = tag.unwrap() + 5;
    let length = u16::from_be_bytes([RECORD[value - 2], RECORD[value - 1]]);
    RECORD[value..value + usize::from(length)].to_vec()
}

/// A picture of the largest size, coded by OpenJPEG to as many bytes as are taken.
fn largest() -> Vec<u8> {
    let (width, height) = (1024_usize, 1280_usize);
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("in.pgm"), folder.path().join("out.jp2"));
    let mut pgm = format!("P5\n{width} {height}\n255\n").into_bytes();
    // Grain all over, so that the coder has to spend every byte it is given.
    let mut state = 1_u32;
    pgm.extend((0..width * height).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    }));
    std::fs::write(&from, pgm).unwrap();
    let ratio = format!("{:.2}", (width * height) as f64 / 32_500.0);
    let output = Command::new("opj_compress")
        .arg("-i")
        .arg(&from)
        .arg("-o")
        .arg(&to)
        .args(["-r", &ratio])
        .output()
        .expect("OpenJPEG (Debian package libopenjp2-tools) is installed");
    assert!(output.status.success(), "{output:?}");
    std::fs::read(to).unwrap()
}
