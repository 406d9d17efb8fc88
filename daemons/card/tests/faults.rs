// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every fault at every command of a check-in: named error, nothing spent but what was entered, the
//! next card works.
#![allow(clippy::unwrap_used)]

mod support;

use support::{House, PIN, named, sign, until};
use uketsuke_bus::card1::CardKind;
use uketsuke_virtual_card::fault::Kind;

/// Commands before the card has its object, and in all. Counted from 1 as the virtual card does.
const BEFORE_OBJECT: u32 = 14;
const VERIFY: u32 = 15;
const ALL: u32 = 17;

/// PIN of the profile `second-adult`.
const OTHER_PIN: &str = "4321";

/// Arms the fault, places the card, does as much as can be done, and returns the named outcome of
/// the signature, if it came to one.
async fn job(house: &House, at: u32, kind: Kind) -> Option<&'static str> {
    house.tray.fault(0, at, kind).unwrap();
    house.tray.place("normal-adult", 0).unwrap();
    if at <= BEFORE_OBJECT && lifts(kind) {
        until("the card was lifted", async || {
            !house.tray.state(0).unwrap().placed
        })
        .await;
        return None;
    }
    let card = house.until_present().await;
    assert_eq!(
        card.kind().await.unwrap(),
        CardKind::Card,
        "{kind:?} at {at}"
    );
    Some(named(sign(&card, PIN).await))
}

fn lifts(kind: Kind) -> bool {
    matches!(kind, Kind::LiftBefore | Kind::LiftAfter)
}

async fn matrix(kinds: &[Kind], places: impl Iterator<Item = u32> + Clone) {
    let house = House::usual().await;
    for &kind in kinds {
        for at in places.clone() {
            house.tray.reset("normal-adult").unwrap();
            let outcome = job(&house, at, kind).await;
            let what = format!("{kind:?} at {at}: {outcome:?}");
            // A fault that leaves the card there is mended before the object is published: the
            // second attempt goes through.
            let expected = match kind {
                _ if lifts(kind) && at <= BEFORE_OBJECT => None,
                _ if lifts(kind) => Some("Gone"),
                _ if at <= BEFORE_OBJECT => Some("no error"),
                _ => Some("Unreadable"),
            };
            assert_eq!(outcome, expected, "{what}");
            let state = house.tray.state(0).unwrap();
            let reached = !matches!(kind, Kind::LiftBefore | Kind::Mute);
            let entered = match expected {
                None => false,
                Some("no error") => true,
                _ => at > VERIFY || reached,
            };
            assert_eq!(state.verifies, u64::from(entered), "{what}");
            assert_eq!(
                (state.verifies_wrong, state.pin_tries),
                (0, Some(3)),
                "{what}"
            );
            house.tray.disarm(0).unwrap();
            house.lift().await;
            let card = house.place("second-adult").await;
            assert_eq!(
                named(sign(&card, OTHER_PIN).await),
                "no error",
                "after {what}"
            );
            house.lift().await;
        }
    }
}

#[tokio::test]
async fn a_card_lifted_before_any_command_is_told_and_spends_nothing() {
    matrix(&[Kind::LiftBefore], 1..=ALL).await;
}

#[tokio::test]
async fn a_card_lifted_after_any_command_is_told_and_spends_what_was_entered() {
    matrix(&[Kind::LiftAfter], 1..=ALL).await;
}

#[tokio::test]
async fn a_status_word_that_makes_no_sense_is_told_at_every_command() {
    matrix(&[Kind::Garbled], 1..=ALL).await;
}

// The desk's own tests have these at every command; here the ways an answer is put together.
#[tokio::test]
async fn answers_of_the_wrong_length_are_told() {
    let places = [1, 4, 6, 12, 14, 15, 17].into_iter();
    matrix(&[Kind::Short, Kind::Long], places).await;
}

#[tokio::test]
async fn a_card_that_falls_silent_is_told_and_does_not_hang_the_desk() {
    matrix(&[Kind::Mute], [1, 6, 14, 15, 16, 17].into_iter()).await;
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_taken_for_another() {
    matrix(&[Kind::Delay], [2, 7, 15, 16].into_iter()).await;
}
