// SPDX-License-Identifier: MIT OR Apache-2.0
//! A ring between threads that map it apart, as processes do.
#![allow(clippy::unwrap_used)]

use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap};
use nix::unistd::{ftruncate, write};
use proptest::prelude::*;
use uketsuke_face_preview::{Colours, Reader, RingError, SLOTS, Shape, Writer};

/// Pictures of the writer in haste.
const PICTURES: u32 = 3000;

const SHAPE: Shape = Shape {
    width: 64,
    height: 48,
    colours: Colours::Rgb,
};

fn descriptor(writer: &Writer) -> OwnedFd {
    writer.descriptor().try_clone_to_owned().unwrap()
}

fn reader(writer: &Writer) -> Reader {
    Reader::open(&descriptor(writer)).unwrap()
}

fn first_byte(reader: &Reader, after: u64) -> Option<(u64, u8)> {
    reader.newest(after, |pixels| pixels.each().next().unwrap())
}

#[test]
fn a_reader_sees_the_newest_picture_once() {
    let writer = Writer::new(SHAPE).unwrap();
    let reader = reader(&writer);
    assert_eq!(first_byte(&reader, 0), None);
    let mut picture = vec![0; SHAPE.bytes()];
    picture[..3].copy_from_slice(&[1, 2, 3]);
    let number = writer.copy_in(&picture).unwrap();
    let (seen, (pixel, outside)) = reader
        .newest(0, |pixels| (pixels.rgb(0, 0), pixels.rgb(64, 0)))
        .unwrap();
    assert_eq!((seen, pixel, outside), (number, 0x01_0203, 0));
    assert_eq!(first_byte(&reader, number), None);
    writer.copy_in(&vec![9; SHAPE.bytes()]).unwrap();
    assert_eq!(first_byte(&reader, number), Some((number + 1, 9)));
}

#[test]
fn nobody_with_the_descriptor_can_write_or_change_the_size() {
    let writer = Writer::new(SHAPE).unwrap();
    let file = descriptor(&writer);
    let length = std::num::NonZeroUsize::new(4096).unwrap();
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: what is not mapped harms nobody; that is the test.
    let mapped = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, &file, 0) };
    assert_eq!(mapped.unwrap_err(), nix::Error::EPERM);
    assert_eq!(write(&file, b"x").unwrap_err(), nix::Error::EPERM);
    assert_eq!(ftruncate(&file, 0).unwrap_err(), nix::Error::EPERM);
    let grown = SHAPE.bytes() as i64 * 100;
    assert_eq!(ftruncate(&file, grown).unwrap_err(), nix::Error::EPERM);
}

#[test]
fn what_is_no_ring_is_refused() {
    let open = memfd_create(c"open", MFdFlags::MFD_ALLOW_SEALING).unwrap();
    assert!(matches!(Reader::open(&open), Err(RingError::NotSealed)));
    for (length, head) in [(0, &b""[..]), (4096, b""), (1 << 20, b"UKring\x00\x01")] {
        let file = memfd_create(c"other", MFdFlags::MFD_ALLOW_SEALING).unwrap();
        ftruncate(&file, length).unwrap();
        if !head.is_empty() {
            write(file.as_fd(), head).unwrap();
        }
        let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_FUTURE_WRITE;
        fcntl(&file, FcntlArg::F_ADD_SEALS(seals)).unwrap();
        let opened = Reader::open(&file);
        assert!(matches!(opened, Err(RingError::Shape)), "{length}");
    }
    for (width, height) in [(0, 48), (62, 48), (64, 0), (8192, 48)] {
        let shape = Shape {
            width,
            height,
            ..SHAPE
        };
        assert!(matches!(Writer::new(shape), Err(RingError::Shape)));
    }
}

#[test]
fn nothing_is_left_when_the_writer_is_gone() {
    let writer = Writer::new(SHAPE).unwrap();
    let file = descriptor(&writer);
    let looks_on = Reader::open(&file).unwrap();
    for _ in 0..SLOTS {
        writer.copy_in(&vec![0xA5; SHAPE.bytes()]).unwrap();
    }
    let held = writer.take().unwrap();
    drop(writer);
    assert_eq!(first_byte(&looks_on, 0), None, "it is withdrawn at once");
    drop(held);
    let mut left = vec![0; file_length(&file)];
    nix::sys::uio::pread(&file, &mut left, 0).unwrap();
    assert!(!left[4096..].contains(&0xA5), "a picture is left");
}

fn file_length(file: &OwnedFd) -> usize {
    nix::sys::stat::fstat(file).unwrap().st_size as usize
}

#[test]
fn a_reader_that_stands_still_keeps_nobody_waiting() {
    let writer = Writer::new(SHAPE).unwrap();
    let reader = reader(&writer);
    writer.copy_in(&vec![1; SHAPE.bytes()]).unwrap();
    let seen = reader.newest(0, |pixels| {
        let before = pixels.each().next();
        for value in 0..1000 {
            writer.copy_in(&vec![value as u8; SHAPE.bytes()]).unwrap();
        }
        (before, pixels.each().next())
    });
    assert_eq!(
        seen, None,
        "what it saw was overwritten, and counts for nothing"
    );
}

#[test]
fn pictures_seen_beside_a_writer_in_haste_are_whole() {
    let writer = Writer::new(SHAPE).unwrap();
    let readers: Vec<Reader> = (0..3).map(|_| reader(&writer)).collect();
    let ended = AtomicBool::new(false);
    let counts = std::thread::scope(|scope| {
        let looking: Vec<_> = readers
            .iter()
            .map(|reader| scope.spawn(|| look_on(reader, &ended)))
            .collect();
        for number in 0..PICTURES {
            let picture = vec![(number % 251) as u8; SHAPE.bytes()];
            writer.copy_in(&picture).unwrap();
            // Faster than any camera, and slower than looking.
            std::thread::sleep(Duration::from_micros(100));
        }
        ended.store(true, Ordering::Relaxed);
        let seen = looking.into_iter().map(|thread| thread.join().unwrap());
        seen.collect::<Vec<_>>()
    });
    println!("whole pictures seen by each reader: {counts:?} of {PICTURES}");
    assert!(counts.iter().all(|count| *count > 0));
}

/// Looks until the end, and once more; how many pictures, all of one value.
fn look_on(reader: &Reader, ended: &AtomicBool) -> usize {
    let (mut last, mut count) = (0, 0);
    loop {
        let over = ended.load(Ordering::Relaxed);
        let seen = reader.newest(last, |pixels| {
            let mut bytes = pixels.each();
            let first = bytes.next();
            bytes.all(|byte| Some(byte) == first)
        });
        if let Some((number, whole)) = seen {
            assert!(whole, "picture {number} is torn");
            assert!(number > last);
            (last, count) = (number, count + 1);
        }
        if over {
            return count;
        }
    }
}

/// What can happen to a ring.
#[derive(Clone, Debug)]
enum Deed {
    Take,
    GiveBack(usize),
    Write(usize, u8),
    CopyIn(u8),
    Withdraw,
    Look,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        Just(Deed::Take),
        (0..SLOTS).prop_map(Deed::GiveBack),
        (0..SLOTS, any::<u8>()).prop_map(|(at, value)| Deed::Write(at, value)),
        any::<u8>().prop_map(Deed::CopyIn),
        Just(Deed::Withdraw),
        Just(Deed::Look),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done, a reader sees what was published last, and there are as many slots as there are.
    #[test]
    fn a_ring_does_what_one_variable_would(deeds in proptest::collection::vec(deed(), 1..60)) {
        let shape = Shape { width: 4, height: 2, colours: Colours::Grey };
        let writer = Writer::new(shape).unwrap();
        let reader = reader(&writer);
        let mut held = Vec::new();
        let (mut newest, mut number) = (None, 0);
        for deed in deeds {
            match deed {
                Deed::Take => match writer.take() {
                    Some(slot) => held.push(slot),
                    None => prop_assert_eq!(held.len(), SLOTS),
                },
                Deed::GiveBack(at) if at < held.len() => drop(held.swap_remove(at)),
                Deed::Write(at, value) if at < held.len() => {
                    let slot = &mut held[at];
                    writer.begin(slot.index());
                    slot.as_mut().fill(value);
                    let index = slot.index();
                    let at = writer.slot_of(slot.as_mut());
                    prop_assert_eq!(at, Some(index));
                    number += 1;
                    prop_assert_eq!(writer.publish(index), number);
                    newest = Some(value);
                }
                Deed::CopyIn(value) => {
                    let written = writer.copy_in(&vec![value; shape.bytes()]);
                    if held.len() < SLOTS {
                        number += 1;
                        newest = Some(value);
                        prop_assert_eq!(written, Some(number));
                    } else {
                        prop_assert_eq!(written, None);
                    }
                    prop_assert_eq!(writer.copy_in(&[value]), None);
                }
                Deed::Withdraw => {
                    writer.withdraw();
                    newest = None;
                }
                Deed::GiveBack(_) | Deed::Write(..) | Deed::Look => {}
            }
            let seen = reader.newest(0, |pixels| pixels.each().collect::<Vec<_>>());
            let expected = newest.map(|value| (number, vec![value; shape.bytes()]));
            prop_assert_eq!(seen, expected);
        }
    }
}
