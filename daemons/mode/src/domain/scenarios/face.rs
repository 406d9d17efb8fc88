// SPDX-License-Identifier: MIT OR Apache-2.0
//! The face path: comparing, what came of it, and what is left when something is missing.

use super::*;
use crate::domain::event::Faces;
use uketsuke_bus::face1::FaceVerdict;
use uketsuke_bus::view::{Hint, Operation};

impl Desk {
    /// Where faces can be compared.
    fn with_cameras() -> Self {
        let mut desk = desk();
        desk.does(Event::Faces(Faces::Works));
        desk
    }

    /// P-03, and whose verdict is awaited. Certificate and challenge are there.
    fn comparing(&mut self) -> Tag {
        self.identified(1);
        assert_eq!(self.press(Action::Face), ViewId::Face);
        self.compare_tag()
    }

    fn compare_tag(&self) -> Tag {
        self.tag(|e| match e {
            Effect::Compare(tag) => Some(*tag),
            _ => None,
        })
    }

    fn face_sign_tag(&self) -> Tag {
        self.tag(|e| match e {
            Effect::SignByFace { tag, .. } => Some(*tag),
            _ => None,
        })
    }

    fn says(&mut self, tag: Tag, verdict: FaceVerdict) -> ViewId {
        self.does(Event::Compared(tag, Some(verdict)))
    }

    fn closes(&self) -> bool {
        self.effects.iter().any(|e| matches!(e, Effect::CloseFace))
    }

    fn signs(&self) -> bool {
        let by_face = |e: &Effect| matches!(e, Effect::SignByFace { .. });
        self.effects.iter().any(by_face)
    }

    fn place_locked(&mut self) -> ViewId {
        self.place_kind(CardKind::CardPinUnusable)
    }
}

const ASIDE: [Action; 2] = [Action::Pin, Action::Finish];

#[test]
fn a_face_found_signs_and_goes_on_as_after_a_pin() {
    let mut desk = Desk::with_cameras();
    let tag = desk.comparing();
    assert_eq!(desk.sees().choices, ASIDE);
    assert_eq!(desk.says(tag, FaceVerdict::Match), ViewId::Wait);
    assert!(desk.closes() && !desk.state.awaits_pin());
    let tag = desk.face_sign_tag();
    desk.does(Event::Signed(tag, Ok(Arc::new(Signature(vec![1])))));
    let tag = desk.check_in_tag();
    desk.does(Event::CheckedIn(tag, Ok(valid())));
    assert_eq!(desk.press(Action::AgreeAll), ViewId::Wait);
    assert_eq!(desk.durable(), ViewId::Done);
    assert_eq!(desk.does(Event::CardLifted), ViewId::Idle);
}

#[test]
fn a_face_found_first_waits_for_challenge_and_certificate() {
    let mut desk = Desk::with_cameras();
    assert_eq!(desk.place(), ViewId::Method);
    let (read, asked) = (desk.read_tag(), desk.challenge_tag());
    desk.press(Action::Face);
    let tag = desk.compare_tag();
    assert_eq!(desk.says(tag, FaceVerdict::Match), ViewId::Wait);
    desk.does(Event::Certificate(read, Ok(certificate(1))));
    assert!(!desk.signs());
    desk.does(Event::Challenge(asked, Ok(challenge())));
    assert!(desk.signs());
}

#[test]
fn without_cameras_or_a_service_nobody_is_asked_for_a_face() {
    for (faces, strip) in [(Faces::Absent, None), (Faces::Broken, Some(true))] {
        let mut desk = Desk::with_cameras();
        desk.does(Event::Faces(faces));
        assert_eq!(desk.sees().camera_fault, strip);
        desk.identified(1);
        assert_eq!(desk.sees().choices, ASIDE);
        assert_eq!(desk.sees().camera_fault, strip);
        desk.press(Action::Pin);
        assert_eq!(desk.sees().choices, [Action::Finish]);
        desk.press(Action::Finish);
        desk.does(Event::CardLifted);
        assert_eq!(desk.place_locked(), ViewId::PinUnusable);
        assert_eq!(desk.sees().choices, [Action::Finish]);
    }
}

#[test]
fn held_to_pin_only_nobody_is_asked_for_a_face() {
    let mut desk = Desk::with_cameras();
    desk.does(Event::Hold(Operation::PinOnly));
    assert_eq!(desk.place(), ViewId::Pin);
    assert_eq!(desk.sees().choices, [Action::Finish]);
    desk.does(Event::CardLifted);
    assert_eq!(desk.place_locked(), ViewId::PinUnusable);
    assert_eq!(desk.sees().choices, [Action::Finish]);
    // Set while somebody is being compared, it leaves him the PIN.
    let mut desk = Desk::with_cameras();
    desk.comparing();
    assert_eq!(
        desk.does(Event::Hold(Operation::PinOnly)),
        ViewId::FaceFailed
    );
    assert!(desk.closes());
    assert_eq!(desk.sees().choices, ASIDE);
}

#[test]
fn another_person_may_try_three_times_and_then_the_pin() {
    let mut desk = Desk::with_cameras();
    let mut tag = desk.comparing();
    for _ in 0..2 {
        assert_eq!(desk.says(tag, FaceVerdict::Other), ViewId::FaceFailed);
        let choices = [Action::Retry, Action::Pin, Action::Finish];
        assert_eq!(desk.sees().choices, choices);
        assert_eq!(desk.press(Action::Retry), ViewId::Face);
        tag = desk.compare_tag();
    }
    assert_eq!(desk.says(tag, FaceVerdict::Other), ViewId::FaceFailed);
    assert_eq!(desk.sees().choices, ASIDE);
    // Not on the pad either.
    assert_eq!(desk.press(Action::Pin), ViewId::Pin);
    assert_eq!(desk.sees().choices, [Action::Finish]);
    // But the card of the next patient.
    desk.does(Event::CardLifted);
    desk.place();
    assert_eq!(desk.sees().choices[0], Action::Face);
}

#[test]
fn a_facility_may_allow_fewer_comparisons() {
    let attempts = 1;
    let mut desk = Desk::new(Rules {
        attempts,
        ..Rules::default()
    });
    desk.does(Event::Faces(Faces::Works));
    for _ in 0..2 {
        let tag = desk.comparing();
        assert_eq!(desk.says(tag, FaceVerdict::Other), ViewId::FaceFailed);
        assert_eq!(desk.sees().choices, ASIDE);
        desk.does(Event::CardLifted);
    }
}

#[test]
fn a_session_begun_anew_on_the_same_card_goes_on_counting() {
    let mut desk = Desk::with_cameras();
    let tag = desk.comparing();
    desk.says(tag, FaceVerdict::Other);
    desk.press(Action::Retry);
    assert_eq!(
        desk.does(Event::Link(Some(Hop::Terminal))),
        ViewId::LinkDown
    );
    assert!(desk.closes());
    assert_eq!(desk.does(Event::Link(None)), ViewId::Method);
    desk.press(Action::Face);
    let tag = desk.compare_tag();
    desk.says(tag, FaceVerdict::Other);
    assert_eq!(desk.sees().choices, ASIDE);
}

#[test]
fn a_hint_that_lasts_is_told_as_f_02_until_a_face_is_seen() {
    let mut desk = Desk::with_cameras();
    desk.comparing();
    assert_eq!(desk.sees().hint, None);
    assert_eq!(desk.does(Event::Hint(Hint::Backlight)), ViewId::Face);
    assert_eq!(desk.sees().hint, Some(Hint::Backlight));
    desk.wait(4);
    // Another trouble is no relief.
    assert_eq!(desk.does(Event::Hint(Hint::TooDark)), ViewId::Face);
    assert_eq!(desk.wait(1), ViewId::FaceUnclear);
    assert_eq!(desk.sees().choices, ASIDE);
    assert_eq!(desk.does(Event::Hint(Hint::Closer)), ViewId::FaceUnclear);
    assert_eq!(desk.does(Event::Hint(Hint::HoldStill)), ViewId::Face);
    assert_eq!(desk.wait(6), ViewId::Face);
}

#[test]
fn nobody_waits_longer_than_forty_seconds() {
    let mut desk = Desk::with_cameras();
    let tag = desk.comparing();
    assert_eq!(desk.wait(39), ViewId::Face);
    assert_eq!(desk.wait(1), ViewId::FaceFailed);
    // What is said now is said to nobody.
    assert_eq!(desk.says(tag, FaceVerdict::Match), ViewId::FaceFailed);
    assert!(!desk.signs());
    assert_eq!(desk.wait(60), ViewId::TimedOut);
}

#[test]
fn a_number_that_cannot_be_read_leaves_the_pin_or_the_card_is_placed_again() {
    let mut desk = Desk::with_cameras();
    let tag = desk.comparing();
    assert_eq!(desk.says(tag, FaceVerdict::NoNumber), ViewId::NumberUnread);
    assert_eq!(desk.sees().choices, ASIDE);
    assert_eq!(desk.does(Event::CardLifted), ViewId::CardLifted);
    assert_eq!(desk.place(), ViewId::Method);
    assert_eq!(desk.sees().choices[0], Action::Face);
}

#[test]
fn a_card_without_a_photo_is_not_compared_again() {
    let mut desk = Desk::with_cameras();
    let tag = desk.comparing();
    assert_eq!(desk.says(tag, FaceVerdict::NoPhoto), ViewId::FaceFailed);
    assert_eq!(desk.sees().choices, ASIDE);
}

#[test]
fn a_card_without_pin_goes_by_face_from_f_04() {
    let mut desk = Desk::with_cameras();
    assert_eq!(desk.place_locked(), ViewId::PinUnusable);
    assert_eq!(desk.sees().choices, [Action::Face, Action::Finish]);
    let (read, asked) = (desk.read_tag(), desk.challenge_tag());
    desk.does(Event::Certificate(read, Ok(certificate(1))));
    desk.does(Event::Challenge(asked, Ok(challenge())));
    assert_eq!(desk.press(Action::Face), ViewId::Face);
    assert_eq!(desk.sees().choices, [Action::Finish]);
    let tag = desk.compare_tag();
    assert_eq!(desk.says(tag, FaceVerdict::Other), ViewId::FaceFailed);
    assert_eq!(desk.sees().choices, [Action::Retry, Action::Finish]);
    // Left alone it ends like any other question.
    assert_eq!(desk.wait(60), ViewId::TimedOut);
    // And without who compares it is what it was before there were cameras.
    let mut desk = Desk::with_cameras();
    desk.place_locked();
    desk.does(Event::Faces(Faces::Absent));
    assert_eq!(desk.sees().id, ViewId::PinUnusable);
    assert_eq!(desk.sees().choices, [Action::Finish]);
}

#[test]
fn a_pin_that_is_locked_here_leaves_the_face() {
    let mut desk = Desk::with_cameras();
    desk.place_with(1);
    let (read, asked) = (desk.read_tag(), desk.challenge_tag());
    desk.does(Event::Certificate(read, Ok(certificate(1))));
    desk.does(Event::Challenge(asked, Ok(challenge())));
    desk.press(Action::Pin);
    assert_eq!(desk.sees().choices, [Action::Face, Action::Finish]);
    let tag = desk.signing();
    let wrong = Err(SignFault::WrongPin { tries: 0 });
    assert_eq!(desk.does(Event::Signed(tag, wrong)), ViewId::PinUnusable);
    assert_eq!(desk.sees().choices, [Action::Face, Action::Finish]);
    desk.press(Action::Face);
    let tag = desk.compare_tag();
    desk.says(tag, FaceVerdict::Match);
    assert!(desk.signs());
}

#[test]
fn a_card_lifted_while_it_is_compared_leaves_nothing() {
    let mut desk = Desk::with_cameras();
    let tag = desk.comparing();
    assert_eq!(desk.does(Event::CardLifted), ViewId::CardLifted);
    assert!(desk.closes() && desk.abandons());
    desk.says(tag, FaceVerdict::Match);
    assert!(!desk.signs());
    // Found, and lifted before it signed.
    let mut desk = Desk::with_cameras();
    desk.place();
    desk.press(Action::Face);
    let tag = desk.compare_tag();
    desk.says(tag, FaceVerdict::Match);
    assert_eq!(desk.does(Event::CardLifted), ViewId::CardLifted);
    desk.identified(2);
    assert!(!desk.signs());
}

#[test]
fn what_is_missing_while_a_face_is_compared_ends_the_waiting_at_once() {
    for gone in [Faces::Absent, Faces::Broken] {
        let mut desk = Desk::with_cameras();
        desk.comparing();
        assert_eq!(desk.does(Event::Faces(gone)), ViewId::FaceFailed);
        assert!(desk.closes());
        assert_eq!(desk.sees().choices, ASIDE);
        desk.does(Event::Faces(Faces::Works));
        assert_eq!(desk.sees().choices[0], Action::Retry);
    }
    let mut desk = Desk::with_cameras();
    let tag = desk.comparing();
    assert_eq!(desk.does(Event::Compared(tag, None)), ViewId::FaceFailed);
}

#[test]
fn the_pin_and_the_way_out_are_there_while_a_face_is_compared() {
    let mut desk = Desk::with_cameras();
    let tag = desk.comparing();
    assert_eq!(desk.press(Action::Pin), ViewId::Pin);
    assert!(desk.closes());
    assert_eq!(desk.says(tag, FaceVerdict::Match), ViewId::Pin);
    assert!(!desk.signs());
    assert_eq!(desk.press(Action::Face), ViewId::Face);
    assert_eq!(desk.press(Action::Finish), ViewId::CardForgotten);
    assert!(desk.closes());
}

#[test]
fn who_may_not_sign_on_a_face_leaves_the_pin() {
    let mut desk = Desk::with_cameras();
    let tag = desk.comparing();
    desk.says(tag, FaceVerdict::Match);
    let tag = desk.face_sign_tag();
    let refused = Err(SignFault::NoPinless);
    assert_eq!(desk.does(Event::Signed(tag, refused)), ViewId::FaceFailed);
    assert_eq!(desk.sees().choices, ASIDE);
    // A card that breaks off is not asked again on the same face.
    let mut desk = Desk::with_cameras();
    let tag = desk.comparing();
    desk.says(tag, FaceVerdict::Match);
    let tag = desk.face_sign_tag();
    let broken = Err(SignFault::Card(CardFault::Unreadable));
    assert_eq!(desk.does(Event::Signed(tag, broken)), ViewId::Unreadable);
    assert!(!desk.signs());
}

#[test]
fn a_screen_that_comes_back_finds_the_comparison_where_it_is() {
    let mut desk = Desk::with_cameras();
    let tag = desk.comparing();
    assert_eq!(desk.does(Event::ScreenGone), ViewId::Face);
    assert_eq!(desk.does(Event::ScreenBack), ViewId::Face);
    assert_eq!(desk.says(tag, FaceVerdict::Other), ViewId::FaceFailed);
}
