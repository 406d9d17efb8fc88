// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every order in which two processors may see each other's writes, walked through: no reader takes the
//! pixels of two pictures for one.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::Ordering;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, fence};
use loom::thread;
use uketsuke_face_preview::order::{Word, Words};

/// Two are the fewest in which one is shown and one written.
const SLOTS: usize = 2;

#[derive(Debug)]
struct Modelled(AtomicU64);

impl Word for Modelled {
    fn load(&self, order: Ordering) -> u64 {
        self.0.load(order)
    }

    fn store(&self, value: u64, order: Ordering) {
        self.0.store(value, order);
    }

    fn fence(order: Ordering) {
        fence(order);
    }
}

struct Ring {
    words: Words<Modelled, SLOTS>,
    pixels: [[AtomicU64; 2]; SLOTS],
}

fn word() -> Modelled {
    Modelled(AtomicU64::new(0))
}

impl Ring {
    fn new() -> Self {
        let pixels = || [AtomicU64::new(0), AtomicU64::new(0)];
        Self {
            words: Words {
                newest: word(),
                slots: [word(), word()],
            },
            pixels: [pixels(), pixels()],
        }
    }

    fn write(&self, slot: usize, number: u64) {
        self.words.begin(slot, number);
        for pixel in &self.pixels[slot] {
            pixel.store(number, Ordering::Relaxed);
        }
        self.words.publish(slot, number);
    }

    /// What a reader takes for a picture: its number and two pixels.
    fn read(&self) -> Option<(u64, [u64; 2])> {
        let look = self.words.look(0)?;
        let pixels = &self.pixels[look.slot];
        let seen = [0, 1].map(|at: usize| pixels[at].load(Ordering::Relaxed));
        self.words.was(look).then_some((look.number, seen))
    }
}

/// `slots` as they are written one after the other, with a reader beside.
fn walk(slots: &'static [usize]) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let ring = Arc::new(Ring::new());
        let beside = Arc::clone(&ring);
        let writer = thread::spawn(move || {
            for (number, slot) in (1..).zip(slots) {
                beside.write(*slot, number);
            }
        });
        if let Some((number, seen)) = ring.read() {
            assert_eq!(seen, [number; 2], "torn");
        }
        writer.join().unwrap();
        let last = slots.len() as u64;
        assert_eq!(ring.read(), Some((last, [last; 2])));
    });
}

#[test]
fn a_slot_that_is_written_anew_is_never_seen_half() {
    walk(&[0, 0]);
}

#[test]
fn the_other_slot_is_never_seen_half() {
    walk(&[0, 1, 0]);
}

/// The model sees what a missing fence does: without the reader's own, a torn picture is found.
#[test]
#[should_panic(expected = "torn")]
fn a_reader_that_does_not_ask_again_is_caught() {
    loom::model(|| {
        let ring = Arc::new(Ring::new());
        let beside = Arc::clone(&ring);
        let writer = thread::spawn(move || {
            beside.write(0, 1);
            beside.write(0, 2);
        });
        if let Some(look) = ring.words.look(0) {
            let seen = [0, 1].map(|at: usize| ring.pixels[look.slot][at].load(Ordering::Relaxed));
            assert_eq!(seen, [look.number; 2], "torn");
        }
        writer.join().unwrap();
    });
}
