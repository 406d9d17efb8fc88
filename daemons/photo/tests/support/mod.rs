// SPDX-License-Identifier: MIT OR Apache-2.0
//! Photos: the test card's, OpenJPEG's, and bent ones.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each suite uses its part; a panic is the report"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use uketsuke_photo::{Grey, PhotoError, decode, limits};

/// The photo of the published test card: the value of DF27 in EF 0002 of its 券面事項確認AP.
pub fn test_card() -> Vec<u8> {
    let path = "../../tests/card/fixtures/myna-card/surface-0002.bin";
    let file = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let tag = file
        .windows(3)
        .position(|bytes| bytes == [0xDF, 0x27, 0x82]);
    let value = tag.unwrap() + 5;
    let length = u16::from_be_bytes([file[value - 2], file[value - 1]]);
    file[value..value + usize::from(length)].to_vec()
}

/// A picture of curves, edges and some grain, small enough when compressed without loss.
pub fn pattern(width: u32, height: u32) -> Vec<u8> {
    let pixel = |x: u32, y: u32| {
        let round = 2 * (x * x + 2 * y * y) / (width * width) * 20 % 256;
        let edge = if (4 * x / width + 6 * y / height).is_multiple_of(2) {
            40
        } else {
            0
        };
        let grain = u32::from(x % (width / 6) == 3 && y % (height / 9) == 2) * 90;
        (round / 2 + edge + grain) as u8
    };
    (0..height)
        .flat_map(|y| (0..width).map(move |x| pixel(x, y)))
        .collect()
}

/// Has OpenJPEG encode a picture, with these arguments.
pub fn encode(pixels: &[u8], width: u32, height: u32, arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("in.pgm"), folder.path().join("out.jp2"));
    let mut pgm = format!("P5\n{width} {height}\n255\n").into_bytes();
    pgm.extend_from_slice(pixels);
    fs::write(&from, pgm).unwrap();
    run(Command::new("opj_compress")
        .arg("-i")
        .arg(&from)
        .arg("-o")
        .arg(&to)
        .args(arguments));
    fs::read(to).unwrap()
}

/// What OpenJPEG makes of a photo.
pub fn by_openjpeg(photo: &[u8]) -> (u32, u32, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("in.jp2"), folder.path().join("out.pgm"));
    fs::write(&from, photo).unwrap();
    run(Command::new("opj_decompress")
        .arg("-i")
        .arg(&from)
        .arg("-o")
        .arg(&to));
    read_pgm(&fs::read(to).unwrap())
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

/// `P5`, comments, three numbers, one white space, pixels.
fn read_pgm(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut numbers = Vec::new();
    let mut at = 2;
    while numbers.len() < 3 {
        if file[at] == b'#' {
            at += file[at..].iter().position(|byte| *byte == b'\n').unwrap();
        }
        let end = file[at..].iter().position(u8::is_ascii_whitespace).unwrap();
        let word = std::str::from_utf8(&file[at..at + end]).unwrap();
        numbers.extend(word.parse::<u32>());
        at += end + 1;
    }
    assert_eq!(numbers[2], 255);
    (numbers[0], numbers[1], file[at..].to_vec())
}

/// The picture of a photo that is taken.
pub fn taken(photo: &[u8]) -> Grey {
    match decode(photo) {
        Ok(grey) => grey,
        Err(error) => panic!("{error:?}"),
    }
}

/// Why a photo is refused.
pub fn refused(photo: &[u8]) -> PhotoError {
    match decode(photo) {
        Ok(_) => panic!("taken"),
        Err(error) => error,
    }
}

/// What holds for any bytes whatever, so a fuzzer can ask it too: a picture within limits, or a cause
/// with words for a log. Says whether it was a picture.
pub fn holds(photo: &[u8]) -> bool {
    match decode(photo) {
        Ok(grey) => {
            assert!((limits::LEAST_SIDE..=limits::MOST_WIDTH).contains(&grey.width()));
            assert!((limits::LEAST_SIDE..=limits::MOST_HEIGHT).contains(&grey.height()));
            let pixels = grey.width() as usize * grey.height() as usize;
            assert_eq!(grey.pixels().len(), pixels);
            true
        }
        Err(error) => {
            assert!(error.cause().is_some(), "{error:?}");
            assert!(
                error
                    .to_string()
                    .bytes()
                    .all(|byte| matches!(byte, b' '..=b'~'))
            );
            false
        }
    }
}

/// The photo, bent as `seed` says: bits, bytes, a stretch repeated or taken out.
pub fn bent(photo: &[u8], seed: u64) -> Vec<u8> {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut bent = photo.to_vec();
    // Every second one in the headers, which are a few hundred bytes of thousands.
    let reach = if chance.bool() {
        photo.len()
    } else {
        250.min(photo.len())
    };
    for _ in 0..chance.usize(1..=8) {
        let at = chance.usize(..reach.min(bent.len()));
        match chance.u8(..8) {
            0..5 => bent[at] ^= 1 << chance.u8(..8),
            5 => bent[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF]).unwrap(),
            6 => {
                let stretch = bent[at..(at + chance.usize(1..16)).min(bent.len())].to_vec();
                bent.splice(at..at, stretch);
            }
            _ => {
                let end = (at + chance.usize(1..16)).min(bent.len() - 1);
                bent.drain(at.min(end)..end);
            }
        }
    }
    bent
}

/// A photo with other bytes at the first place where `marker` and its length stand.
pub fn altered(photo: &[u8], marker: [u8; 2], offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut altered = photo.to_vec();
    let at = photo.windows(2).position(|two| two == marker).unwrap() + offset;
    altered[at..at + bytes.len()].copy_from_slice(bytes);
    altered
}
