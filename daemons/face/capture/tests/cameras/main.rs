// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cameras with real pipelines: what is wrong is named, and is mended by itself.
#![allow(clippy::unwrap_used)]

mod bench;

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use bench::{Bench, Mood, SHAPE};
use tokio::sync::watch;
use uketsuke_bus::face1::Camera;
use uketsuke_face_capture::{Fault, Health, Live, Setup, Source};
use uketsuke_face_preview::Reader;

/// Rounds of each fault (issue 6, S5).
const ROUNDS: u32 = 20;
/// Nothing takes so long; a test that waited longer would wait for ever.
const SOON: Duration = Duration::from_secs(60);

/// What can happen, and what it is called.
const TABLE: [(Mood, Fault); 8] = [
    (Mood::Ends, Fault::Ended),
    (Mood::Fails, Fault::Ended),
    (Mood::Stalls, Fault::Stalled),
    (Mood::OtherSize, Fault::WrongFormat),
    (Mood::Noise, Fault::Garbage),
    (Mood::Black, Fault::Covered),
    (Mood::Still, Fault::Frozen),
    (Mood::Late, Fault::Stalled),
];

async fn until(
    what: &str,
    health: &mut watch::Receiver<Health>,
    is: impl Fn(Health) -> bool,
) -> (Health, Duration) {
    let begun = Instant::now();
    let waiting = health.wait_for(|health| is(*health));
    let now = tokio::time::timeout(SOON, waiting).await;
    (*now.expect(what).unwrap(), begun.elapsed())
}

/// Every fault, twenty times, in a camera that is never started anew by its owner (FACE-05, FACE-08).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_named_and_over_when_its_cause_is() {
    uketsuke_face_capture::init().unwrap();
    let rounds = TABLE.map(|(mood, fault)| tokio::spawn(rounds(mood, fault)));
    for round in rounds {
        println!("{}", round.await.unwrap());
    }
}

async fn rounds(mood: Mood, fault: Fault) -> String {
    let bench = Bench::new();
    let live = Live::start(bench.setup()).unwrap();
    let mut health = live.health();
    let works = |health| health == Health::Works;
    until("it works", &mut health, works).await;
    let (mut named, mut over) = (Duration::ZERO, Duration::ZERO);
    for round in 0..ROUNDS {
        bench.set(mood);
        let (found, after) = until(&format!("{mood:?} is named"), &mut health, |h| !works(h)).await;
        assert_eq!(found, Health::Faulty(fault), "{mood:?}, round {round}");
        named = named.max(after);
        bench.set(Mood::Good);
        let (_, after) = until(&format!("{mood:?} is over"), &mut health, works).await;
        over = over.max(after);
    }
    format!(
        "{mood:?}: {ROUNDS} times named {} after {} ms at most, over after {} ms at most, built {} times",
        fault.as_str(),
        named.as_millis(),
        over.as_millis(),
        bench.built(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_lie_where_they_are_looked_at_without_a_copy() {
    uketsuke_face_capture::init().unwrap();
    let live = Live::start(Bench::new().setup()).unwrap();
    let reader = reader(&live);
    let mut seen = live.seen();
    let enough = seen.wait_for(|seen| seen.pictures >= 30);
    let seen = *tokio::time::timeout(SOON, enough).await.unwrap().unwrap();
    assert_eq!(seen.copies, 0, "of {} pictures", seen.pictures);
    let frame = live.frames().borrow().clone().expect("a picture");
    assert_eq!((frame.shape(), frame.bytes().len()), (SHAPE, SHAPE.bytes()));
    // One of the bars is white, or nearly.
    let white = reader.newest(0, |pixels| pixels.each().any(|byte| byte > 180));
    assert_eq!(white.map(|(_, white)| white), Some(true));
}

/// Who keeps pictures for ever keeps the reader's picture from none: what is over the slots is copied, and
/// what has no slot at all is still judged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_goes_on_while_somebody_keeps_its_pictures() {
    uketsuke_face_capture::init().unwrap();
    let live = Live::start(Bench::new().setup()).unwrap();
    let (mut frames, mut seen) = (live.frames(), live.seen());
    let mut kept = Vec::new();
    while kept.len() < 2 {
        tokio::time::timeout(SOON, frames.changed())
            .await
            .unwrap()
            .unwrap();
        kept.extend(frames.borrow_and_update().clone());
    }
    let before = seen.borrow_and_update().pictures;
    let more = seen.wait_for(|seen| seen.pictures >= before + 30);
    tokio::time::timeout(SOON, more).await.unwrap().unwrap();
    assert!(!kept[0].is_fresh());
}

/// Nothing is open and nothing is left of what was seen, once nobody looks (FACE-01, idle without cameras).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_nobody_holds_is_closed_and_its_pictures_are_gone() {
    uketsuke_face_capture::init().unwrap();
    let bench = Bench::new();
    let live = Live::start(bench.setup()).unwrap();
    let file = live.descriptor().try_clone_to_owned().unwrap();
    until("it works", &mut live.health(), |h| h == Health::Works).await;
    assert!(!bench.is_closed());
    assert!(bright(&file) > 0, "no picture was there");
    drop(live);
    let begun = Instant::now();
    while bright(&file) > 0 || !bench.is_closed() {
        assert!(
            begun.elapsed() < SOON,
            "a picture is left, or the device open"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    println!(
        "nothing left {} ms after the end",
        begun.elapsed().as_millis()
    );
}

/// How many bytes of a ring's pictures are bright, whoever looks.
fn bright(file: &OwnedFd) -> usize {
    let length = nix::sys::stat::fstat(file).unwrap().st_size as usize;
    let mut bytes = vec![0; length];
    nix::sys::uio::pread(file, &mut bytes, 0).unwrap();
    bytes[4096..].iter().filter(|byte| **byte > 180).count()
}

#[tokio::test]
async fn a_camera_that_is_not_there_is_named_and_looked_for_again() {
    uketsuke_face_capture::init().unwrap();
    let named = BTreeMap::from([("ID_SERIAL".to_owned(), "of no camera at all".to_owned())]);
    let setup = Setup::new(Camera::Face, Source::Device(named), SHAPE, 30);
    let live = Live::start(setup).unwrap();
    let (found, _) = until("named", &mut live.health(), |h| h != Health::Starting).await;
    // Whether this machine has another camera is not ours to say.
    let absent = [Fault::Absent, Fault::Foreign].map(Health::Faulty);
    assert!(absent.contains(&found), "{found:?}");
}

fn reader(live: &Live) -> Reader {
    Reader::open(&live.descriptor().try_clone_to_owned().unwrap()).unwrap()
}
