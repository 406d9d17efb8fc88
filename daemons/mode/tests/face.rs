// SPDX-License-Identifier: MIT OR Apache-2.0
//! The face path on a real bus, between a scripted card daemon and a simulated face daemon.
#![allow(clippy::unwrap_used)]

mod peers;

use std::time::Duration;

use peers::{Desk, Eyes, PIN, SharedCard, card, on_the_bus, quick, until};
use uketsuke_bus::card1::{CardError, CardKind};
use uketsuke_bus::view::{Action, Hint, Hop, View, ViewId};
use uketsuke_mode::domain::{Millis, Rules};
use uketsuke_simulated_face::{Before, Scene};

/// P-02 as it offers a face.
async fn asked(desk: &mut Desk, card: &SharedCard) -> View {
    desk.cards.place(card).await;
    offered(desk).await
}

async fn offered(desk: &Desk) -> View {
    desk.sees_that("P-02 with the face", |v| {
        v.id == ViewId::Method && v.choices[0] == Action::Face
    })
    .await
}

/// P-03, with nobody before the camera yet.
async fn comparing(desk: &mut Desk, eyes: &Eyes, card: &SharedCard) -> View {
    eyes.see(Before::Nobody).await;
    let view = asked(desk, card).await;
    desk.press(&view, Action::Face).await;
    desk.sees_that("P-03, nobody there", |v| {
        v.id == ViewId::Face && v.hint == Some(Hint::LookHere)
    })
    .await
}

#[test]
fn a_face_found_checks_in_without_a_verify_and_no_number_reaches_mode() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let eyes = Eyes::open(&desk.bus).await;
        let patient = card(b"A");
        comparing(&mut desk, &eyes, &patient).await;
        eyes.see(Before::Holder).await;
        let view = desk.sees(ViewId::ConsentMethod).await;
        desk.press(&view, Action::AgreeAll).await;
        let view = desk.sees(ViewId::Done).await;
        let details = desk.details(&view).await;
        assert_eq!(details.name_kana.as_deref(), Some("シカク イチロウ"));
        let card = patient.lock().unwrap();
        assert_eq!((card.signed_by_face, card.verifies, card.photos), (1, 0, 1));
        assert!(!card.attested);
    });
}

#[test]
fn a_card_without_pin_goes_by_face_and_another_person_does_not() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let eyes = Eyes::open(&desk.bus).await;
        let patient = card(b"A");
        {
            let mut card = patient.lock().unwrap();
            (card.kind, card.tries) = (CardKind::CardPinUnusable, 0);
        }
        eyes.see(Before::Other).await;
        desk.cards.place(&patient).await;
        let view = desk
            .sees_that("F-04 with the face", |v| {
                v.id == ViewId::PinUnusable && v.choices[0] == Action::Face
            })
            .await;
        desk.press(&view, Action::Face).await;
        let view = desk.sees(ViewId::FaceFailed).await;
        assert_eq!(view.choices, [Action::Retry, Action::Finish]);
        assert_eq!(patient.lock().unwrap().signed_by_face, 0);
        eyes.see(Before::Holder).await;
        desk.press(&view, Action::Retry).await;
        desk.sees(ViewId::ConsentMethod).await;
        assert_eq!(patient.lock().unwrap().signed_by_face, 1);
    });
}

#[test]
fn hints_are_told_and_who_is_not_seen_is_told_so() {
    on_the_bus(async {
        let rules = Rules {
            lasting: Millis(50),
            ..Rules::default()
        };
        let mut desk = Desk::start(rules).await;
        let eyes = Eyes::with(&desk.bus, quick(Duration::from_secs(2))).await;
        comparing(&mut desk, &eyes, &card(b"A")).await;
        eyes.see(Before::Backlit).await;
        let view = desk.sees(ViewId::FaceUnclear).await;
        assert_eq!(view.hint, Some(Hint::Backlight));
        assert_eq!(view.choices, [Action::Pin, Action::Finish]);
        let view = desk.sees(ViewId::FaceFailed).await;
        assert_eq!(view.choices[0], Action::Retry);
    });
}

#[test]
fn a_number_that_cannot_be_read_and_a_photo_that_is_none() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let eyes = Eyes::open(&desk.bus).await;
        let unreadable = Scene {
            number_readable: false,
            ..eyes.face.scene()
        };
        eyes.face.set(unreadable).await.unwrap();
        let view = asked(&mut desk, &card(b"A")).await;
        desk.press(&view, Action::Face).await;
        let view = desk.sees(ViewId::NumberUnread).await;
        assert_eq!(view.choices, [Action::Pin, Action::Finish]);
        desk.cards.lift().await;
        eyes.face.set(Scene::default()).await.unwrap();
        for (error, id, choices) in [
            (
                CardError::ReferenceTriesLow("2 left".into()),
                ViewId::NumberUnread,
                2,
            ),
            (CardError::NoPhoto("none".into()), ViewId::FaceFailed, 2),
            (CardError::Forged("no".into()), ViewId::FaceFailed, 2),
            (CardError::Unreadable("no".into()), ViewId::FaceFailed, 3),
        ] {
            let patient = card(b"A");
            patient.lock().unwrap().photo_errors.push_back(error);
            let view = asked(&mut desk, &patient).await;
            desk.press(&view, Action::Face).await;
            let view = desk.sees(id).await;
            assert_eq!(view.choices.len(), choices);
            assert_eq!(patient.lock().unwrap().signed_by_face, 0);
            desk.cards.lift().await;
            desk.sees(ViewId::CardLifted).await;
        }
    });
}

#[test]
fn a_face_daemon_that_is_killed_leaves_the_pin_at_every_point() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        for at in [ViewId::Method, ViewId::Face, ViewId::FaceFailed] {
            let eyes = Eyes::open(&desk.bus).await;
            let patient = card(b"A");
            let view = match at {
                ViewId::Method => asked(&mut desk, &patient).await,
                ViewId::Face => comparing(&mut desk, &eyes, &patient).await,
                _ => {
                    eyes.see(Before::Other).await;
                    let view = asked(&mut desk, &patient).await;
                    desk.press(&view, Action::Face).await;
                    desk.sees(ViewId::FaceFailed).await
                }
            };
            assert_eq!(view.id, at);
            let Eyes { face, pinless } = eyes;
            face.die().await.unwrap();
            let aside = [Action::Pin, Action::Finish];
            let view = desk
                .sees_that("no face any more", |v| {
                    matches!(v.id, ViewId::Method | ViewId::FaceFailed) && v.choices == aside
                })
                .await;
            desk.press(&view, Action::Pin).await;
            let view = desk
                .sees_that("P-04 without the face", |v| {
                    v.id == ViewId::Pin && v.choices == [Action::Finish]
                })
                .await;
            desk.type_pin(&view, PIN).await;
            desk.sees_that("a question", |v| {
                matches!(v.id, ViewId::ConsentMethod | ViewId::CarryOver)
            })
            .await;
            desk.cards.lift().await;
            let view = desk.sees(ViewId::CardLifted).await;
            desk.press(&view, Action::Finish).await;
            desk.sees(ViewId::Idle).await;
            pinless.close().await.unwrap();
        }
    });
}

#[test]
fn a_face_daemon_that_comes_back_is_offered_again() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let eyes = Eyes::open(&desk.bus).await;
        asked(&mut desk, &card(b"A")).await;
        eyes.face.die().await.unwrap();
        desk.sees_that("P-02 without", |v| {
            v.id == ViewId::Method && v.choices.len() == 2
        })
        .await;
        let eyes = Eyes {
            face: peers::face(&desk.bus, quick(Duration::from_secs(600))).await,
            ..eyes
        };
        let view = offered(&desk).await;
        desk.press(&view, Action::Face).await;
        desk.sees(ViewId::ConsentMethod).await;
        drop(eyes);
    });
}

#[test]
fn a_camera_that_breaks_is_told_to_staff_and_comes_back_without_a_restart() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let eyes = Eyes::open(&desk.bus).await;
        asked(&mut desk, &card(b"A")).await;
        for scene in [
            Scene {
                face_camera: false,
                ..Scene::default()
            },
            Scene {
                front_camera: false,
                ..Scene::default()
            },
        ] {
            eyes.face.set(scene).await.unwrap();
            let view = desk
                .sees_that("F-06", |v| v.camera_fault == Some(true))
                .await;
            assert_eq!(view.choices, [Action::Pin, Action::Finish]);
            eyes.face.set(Scene::default()).await.unwrap();
            offered(&desk).await;
        }
        // While somebody is compared.
        let view = offered(&desk).await;
        eyes.see(Before::Nobody).await;
        desk.press(&view, Action::Face).await;
        desk.sees(ViewId::Face).await;
        let broken = Scene {
            face_camera: false,
            ..Scene::default()
        };
        eyes.face.set(broken).await.unwrap();
        let view = desk
            .sees_that("F-01 without another try", |v| {
                v.id == ViewId::FaceFailed && v.choices.len() == 2
            })
            .await;
        assert_eq!(view.choices[0], Action::Pin);
    });
}

#[test]
fn without_who_may_sign_on_it_no_face_is_asked_for() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let eyes = Eyes::open(&desk.bus).await;
        asked(&mut desk, &card(b"A")).await;
        eyes.pinless.close().await.unwrap();
        desk.sees_that("P-02 without", |v| {
            v.id == ViewId::Method && v.choices == [Action::Pin, Action::Finish]
        })
        .await;
        // And where it is there and refuses, the PIN is left.
        desk.cards.lift().await;
        let _pinless = desk
            .bus
            .builder()
            .name(uketsuke_bus::PINLESS)
            .build()
            .await
            .unwrap();
        let patient = card(b"A");
        let refused = CardError::PinlessRefused("no".into());
        patient.lock().unwrap().sign_errors.push_back(refused);
        let view = asked(&mut desk, &patient).await;
        desk.press(&view, Action::Face).await;
        let view = desk.sees(ViewId::FaceFailed).await;
        assert_eq!(view.choices, [Action::Pin, Action::Finish]);
        assert_eq!(patient.lock().unwrap().signed_by_face, 0);
    });
}

#[test]
fn whatever_goes_while_a_face_is_compared_nobody_is_left_waiting() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let eyes = Eyes::open(&desk.bus).await;
        // The card.
        comparing(&mut desk, &eyes, &card(b"A")).await;
        desk.cards.lift().await;
        desk.sees(ViewId::CardLifted).await;
        // The line: and the session that begins anew on the same card asks for the face anew.
        let patient = card(b"A");
        comparing(&mut desk, &eyes, &patient).await;
        desk.uplink
            .set_down(&desk.uplink_bus, Some(Hop::Terminal))
            .await;
        desk.sees(ViewId::LinkDown).await;
        desk.uplink.set_down(&desk.uplink_bus, None).await;
        let view = offered(&desk).await;
        eyes.see(Before::Holder).await;
        desk.press(&view, Action::Face).await;
        desk.sees(ViewId::ConsentMethod).await;
        until("one signature", || {
            patient.lock().unwrap().signed_by_face == 1
        })
        .await;
        desk.cards.lift().await;
        let view = desk.sees(ViewId::CardLifted).await;
        desk.press(&view, Action::Finish).await;
        // The way out, and the PIN.
        let view = comparing(&mut desk, &eyes, &card(b"B")).await;
        desk.press(&view, Action::Finish).await;
        desk.sees(ViewId::CardForgotten).await;
        desk.cards.lift().await;
        let view = comparing(&mut desk, &eyes, &card(b"B")).await;
        desk.press(&view, Action::Pin).await;
        let view = desk.sees(ViewId::Pin).await;
        assert_eq!(view.choices, [Action::Face, Action::Finish]);
        // Closed, so that it is there for the next one.
        desk.press(&view, Action::Face).await;
        desk.sees_that("P-03 again", |v| {
            v.id == ViewId::Face && v.hint == Some(Hint::LookHere)
        })
        .await;
    });
}

#[test]
fn a_face_daemon_that_never_answers_ends_in_f_01() {
    on_the_bus(async {
        let rules = Rules {
            compare: Millis(200),
            ..Rules::default()
        };
        let mut desk = Desk::start(rules).await;
        let eyes = Eyes::open(&desk.bus).await;
        let patient = card(b"A");
        eyes.see(Before::Nobody).await;
        let view = asked(&mut desk, &patient).await;
        desk.press(&view, Action::Face).await;
        let view = desk.sees(ViewId::FaceFailed).await;
        // A holder who comes now is not looked at.
        eyes.see(Before::Holder).await;
        desk.press(&view, Action::Pin).await;
        desk.sees(ViewId::Pin).await;
        assert_eq!(patient.lock().unwrap().signed_by_face, 0);
        assert!(!patient.lock().unwrap().attested);
    });
}
