// SPDX-License-Identifier: MIT OR Apache-2.0
//! Comparisons on a real bus with real pipelines.
#![allow(clippy::unwrap_used)]

mod desk;

use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::time::Duration;

use desk::{Desk, proxy, soon};
use uketsuke_bus::CARD_PATH;
use uketsuke_bus::face1::{Camera, FaceError, FaceVerdict};
use uketsuke_face::engine::Seen;
use uketsuke_face::tries::IN_A_ROW;
use uketsuke_face_preview::Reader;
use zbus::ObjectPath;

fn card() -> ObjectPath<'static> {
    ObjectPath::try_from(format!("{CARD_PATH}/card/1")).unwrap()
}

/// What is in a ring now, whoever looks: how many bytes are not zero.
fn left(file: &OwnedFd) -> usize {
    let mut bytes = Vec::new();
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file));
    std::io::Read::read_to_end(&mut std::fs::File::open(path).unwrap(), &mut bytes).unwrap();
    bytes[4096..].iter().filter(|byte| **byte != 0).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_is_found_attested_and_nothing_of_him_is_left() {
    let desk = Desk::start(true).await;
    let face = desk.proxy().await;
    assert_eq!(face.engine().await.unwrap(), "scripted");
    let works = vec![(Camera::Face, true), (Camera::CardFront, true)];
    assert_eq!(face.cameras().await.unwrap(), works);
    assert_eq!(face.faults().await.unwrap(), []);
    desk.at_rest().await;

    let mut hints = face.receive_hint().await.unwrap();
    let path = card();
    let watching = async {
        let ring: OwnedFd = face.preview().await.unwrap().into();
        let reader = Reader::open(&ring).unwrap();
        soon(async {
            while reader.newest(2, |_| ()).is_none() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        assert!(left(&ring) > 0);
        let hint = soon(next_hint(&mut hints)).await;
        assert_eq!(hint, "closer");
        desk.says.send_modify(|says| says.seen = Some(Seen::Holder));
        ring
    };
    let (verdict, ring) = tokio::join!(face.verify(&path), watching);
    assert_eq!(verdict.unwrap(), FaceVerdict::Match);
    assert_eq!(desk.card.attested.load(Ordering::Relaxed), 1);
    soon(async {
        while left(&ring) > 0 || desk.face.is_open() || desk.front.is_open() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let refused = face.preview().await;
    assert!(matches!(refused, Err(FaceError::Closed(_))), "{refused:?}");
}

async fn next_hint(hints: &mut uketsuke_bus::face1::HintStream) -> String {
    use futures_util::StreamExt;
    let hint = hints.next().await.unwrap();
    hint.args().unwrap().hint.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_refused_and_wait_after_five_of_them() {
    let desk = Desk::start(true).await;
    let face = desk.proxy().await;
    desk.says.send_modify(|says| says.seen = Some(Seen::Other));
    for _ in 0..IN_A_ROW {
        let verdict = soon(face.verify(&card())).await;
        assert_eq!(verdict.unwrap(), FaceVerdict::Other);
    }
    let photos = desk.photos.load(Ordering::Relaxed);
    desk.says.send_modify(|says| says.seen = Some(Seen::Holder));
    let refused = soon(face.verify(&card())).await;
    assert!(
        matches!(refused, Err(FaceError::TooOften(_))),
        "{refused:?}"
    );
    assert_eq!(desk.photos.load(Ordering::Relaxed), photos);
    assert_eq!(desk.card.attested.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_card_does_not_give_is_a_verdict() {
    let desk = Desk::start(true).await;
    let face = desk.proxy().await;
    desk.card.no_photo.store(true, Ordering::Relaxed);
    let verdict = soon(face.verify(&card())).await;
    assert_eq!(verdict.unwrap(), FaceVerdict::NoPhoto);
    desk.says.send_modify(|says| says.number = false);
    let verdict = soon(face.verify(&card())).await;
    assert_eq!(verdict.unwrap(), FaceVerdict::NoNumber);
    assert_eq!(desk.photos.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_engine_nothing_is_compared_and_no_camera_opened() {
    let desk = Desk::start(false).await;
    let face = desk.proxy().await;
    assert_eq!(face.engine().await.unwrap(), "");
    desk.at_rest().await;
    let tried = (desk.face.opened(), desk.front.opened());
    let refused = soon(face.verify(&card())).await;
    assert!(
        matches!(refused, Err(FaceError::NoEngine(_))),
        "{refused:?}"
    );
    assert_eq!((desk.face.opened(), desk.front.opened()), tried);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comparison_ends_when_it_is_closed_and_when_whoever_asked_has_gone() {
    let desk = Desk::start(true).await;
    let face = desk.proxy().await;
    let path = card();
    let close = async {
        soon(face.preview()).await.unwrap();
        let busy = face.verify(&path).await;
        assert!(matches!(busy, Err(FaceError::Busy(_))), "{busy:?}");
        face.close().await.unwrap();
    };
    let (closed, ()) = tokio::join!(soon(face.verify(&path)), close);
    assert!(matches!(closed, Err(FaceError::Closed(_))), "{closed:?}");

    let other = desk.bus.connect().await;
    let leaves = proxy(&other).await;
    let asked = tokio::spawn(async move { leaves.verify(&card()).await });
    soon(face.preview()).await.unwrap();
    other.close().await.unwrap();
    asked.abort();
    // The way is free for the next one.
    desk.says.send_modify(|says| says.seen = Some(Seen::NoFace));
    let next = async {
        loop {
            match face.verify(&path).await {
                Err(FaceError::Busy(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
                verdict => return verdict,
            }
        }
    };
    assert_eq!(soon(next).await.unwrap(), FaceVerdict::NoFace);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_is_pulled_ends_the_comparison_and_is_back_without_a_restart() {
    let desk = Desk::start(true).await;
    let face = desk.proxy().await;
    let path = card();
    let pulling = async {
        soon(face.preview()).await.unwrap();
        desk.face.pull();
    };
    let (ended, ()) = tokio::join!(soon(face.verify(&path)), pulling);
    assert!(matches!(ended, Err(FaceError::NoCamera(_))), "{ended:?}");
    let works = face.cameras().await.unwrap();
    assert_eq!(works, [(Camera::Face, false), (Camera::CardFront, true)]);
    let faults = face.faults().await.unwrap();
    assert_eq!(faults, [(Camera::Face, "ended".to_owned())]);
    let refused = face.verify(&path).await;
    assert!(
        matches!(refused, Err(FaceError::NoCamera(_))),
        "{refused:?}"
    );

    desk.face.plug();
    soon(async {
        while face
            .cameras()
            .await
            .unwrap()
            .contains(&(Camera::Face, false))
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    desk.says.send_modify(|says| says.seen = Some(Seen::Holder));
    let verdict = soon(face.verify(&path)).await;
    assert_eq!(verdict.unwrap(), FaceVerdict::Match);
}
