// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sticks whose structures somebody changed at will. `UKETSUKE_STICKS` says how many; a few in a
//! test run, ten thousand and more before a release.

use std::sync::Arc;

use super::*;
use crate::testing::image::Mutated;

/// A small generator with a seed, so that a failure can be had again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, of: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % of.max(1)
    }
}

/// A volume with what is known of it.
struct Known {
    bytes: Arc<Vec<u8>>,
    /// Where its own structures end.
    structures: u64,
    /// Where the photo lies, that nobody may touch.
    photo: Vec<u64>,
}

fn known(image: &Image) -> Known {
    let bytes = image.bytes();
    let at = |i: usize| u64::from(u16::from_le_bytes([bytes[i], bytes[i + 1]]));
    let small = at(22);
    let fat = if small == 0 {
        at(36) | at(38) << 16
    } else {
        small
    };
    let structures = (at(14) + u64::from(bytes[16]) * fat + at(17) * 32 / 512) * 512;
    let photo = (structures..bytes.len() as u64)
        .step_by(512)
        .filter(|at| {
            let at = usize::try_from(*at).unwrap();
            bytes[at..at + 16] == *b"PHOTO-PHOTO-PHOT"
        })
        .collect();
    Known {
        bytes: Arc::new(bytes),
        structures,
        photo,
    }
}

fn mutate(dice: &mut Dice, known: &Known) -> Mutated {
    let mut device = Mutated::new(&known.bytes);
    let size = known.bytes.len() as u64;
    for _ in 0..=dice.roll(8) {
        // Most changes where they hurt: boot sector, tables, the first folders.
        let at = match dice.roll(8) {
            0 | 1 => dice.roll(90),
            2..=4 => dice.roll(known.structures),
            5 | 6 => known.structures + dice.roll(16 * 1024),
            _ => dice.roll(size),
        };
        let value = match dice.roll(5) {
            0 => 0,
            1 => 0xff,
            2 => 1 << dice.roll(8),
            3 => known.bytes[usize::try_from(dice.roll(size)).unwrap()],
            _ => dice.roll(256) as u8,
        };
        device.changed.insert(at, value);
    }
    device
}

/// Every file but those the reader writes.
fn others(files: &Files) -> Files {
    let mut files = files.clone();
    files.retain(|path, _| !path.eq_ignore_ascii_case("uketsuke/result.txt"));
    files
}

#[test]
fn no_stick_of_any_shape_does_harm() {
    let count: u64 = std::env::var("UKETSUKE_STICKS")
        .ok()
        .map_or(600, |n| n.parse().unwrap());
    let desk = Desk::new();
    let grant = desk.grant(|_| {});
    let mut files = stick(&grant);
    files.insert("holiday/photo.jpg".into(), b"PHOTO-".repeat(2048));
    let volumes: Vec<_> = [FAT12, FAT16, FAT32]
        .iter()
        .map(|kind| known(&Image::with(*kind, &files)))
        .collect();
    let ledger = desk.reader.places.stick.join("grants.json");
    let seed = 0x5eed_0001;
    let mut dice = Dice(seed);
    let (mut opened, mut refused, mut unreadable, mut written, mut compared) = (0, 0, 0, 0, 0);
    // The library's own complaints would fill the screen.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let slowest = (0..count)
        .map(|number| {
            let volume = &volumes[usize::try_from(number % 3).unwrap()];
            let device = mutate(&mut dice, volume);
            let (changed, writes) = (device.changed.clone(), device.written.clone());
            let _ = std::fs::remove_file(&ledger);
            let begun = std::time::Instant::now();
            let stick = Volume::new(device).unwrap();
            let visit = Visit {
                places: &desk.reader.places,
                files: &RealFiles,
                volume: &stick,
                hands: &desk.hands,
            };
            match visit.run() {
                Ok(Visited::Opened(_)) => opened += 1,
                Ok(_) => refused += 1,
                Err(_) => unreadable += 1,
            }
            written += u64::from(!writes.borrow().is_empty());
            // Others' eyes on some of them: the FAT tools find every other file as before.
            if number % 50 < 3 && !writes.borrow().is_empty() {
                let (before, after) =
                    Mutated::before_and_after(&volume.bytes, &changed, &writes.borrow());
                if let Ok(before) = Image::of(&before).try_files() {
                    let after = Image::of(&after).try_files();
                    let after = after.map(|files| others(&files));
                    let context = format!("seed {seed:#x}, stick {number}: other files changed");
                    assert!(after == Ok(others(&before)), "{context}");
                    compared += 1;
                }
            }
            // With structures as they were, what belongs to others stays as it was.
            if changed.keys().all(|at| *at >= volume.structures) {
                for at in &volume.photo {
                    let touched = writes.borrow().range(*at..at + 512).next().is_some();
                    assert!(
                        !touched,
                        "seed {seed:#x}, stick {number}: the photo was written"
                    );
                }
            }
            begun.elapsed()
        })
        .max();
    std::panic::set_hook(hook);
    println!(
        "sticks: {count} changed at will: {opened} opened, {refused} refused, {unreadable} \
         unreadable, {written} written to, {compared} of them compared; slowest {:?}",
        slowest.unwrap_or_default()
    );
    assert!(opened > count / 20 && unreadable > count / 20 && compared > count / 100);
}
