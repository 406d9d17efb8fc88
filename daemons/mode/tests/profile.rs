// SPDX-License-Identifier: MIT OR Apache-2.0
//! The facility profile (環境設定情報) on a real bus: from the next patient on, over restarts, and back again.
#![allow(clippy::unwrap_used)]

mod peers;

use futures_util::StreamExt;
use peers::{Desk, card, on_the_bus, phone, within};
use uketsuke_bus::card1::CardKind;
use uketsuke_bus::consent::ConsentGroup;
use uketsuke_bus::staff::{OWN_PROFILE, StaffError};
use uketsuke_bus::view::{Action, ViewId};
use uketsuke_mode::domain::Rules;

const FIRST: &str = "11111111111111111111111111111111";
const SECOND: &str = "22222222222222222222222222222222";
const MEDICINE: &str = "[facility]\ntakes = [\"medicine\"]\n";

async fn in_force(desk: &Desk, id: &str) {
    let mut changes = desk.mode.receive_profile_changed().await;
    let told = async {
        while let Some(change) = changes.next().await {
            if change.get().await.unwrap().0 == id {
                return;
            }
        }
        panic!("the mode manager left the bus");
    };
    within(told).await;
}

/// What the patient was asked, who agrees to all of it.
async fn asked(desk: &mut Desk, name: &[u8; 1]) -> Vec<ConsentGroup> {
    let card = card(name);
    let view = desk.reach_consents(&card).await;
    finish(desk, view).await
}

async fn finish(desk: &mut Desk, view: uketsuke_bus::view::View) -> Vec<ConsentGroup> {
    desk.press(&view, Action::AgreeAll).await;
    desk.sees(ViewId::Done).await;
    desk.cards.lift().await;
    desk.sees(ViewId::Idle).await;
    let uplink = desk.uplink.state.lock().unwrap();
    let (_, consents) = uplink.consents.last().unwrap();
    consents.categories.groups.clone()
}

const ALL: [ConsentGroup; 3] = [
    ConsentGroup::Surgery,
    ConsentGroup::Care,
    ConsentGroup::CheckUps,
];

#[test]
fn it_counts_from_the_next_patient_on_and_never_within_a_check_in() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        desk.sees(ViewId::Idle).await;
        let here = card(b"A");
        let view = desk.reach_consents(&here).await;
        let wrong = desk.staff.set_profile(FIRST, MEDICINE).await.unwrap();
        assert_eq!(wrong, []);
        assert_eq!(desk.mode.profile_kept().await.unwrap(), FIRST);
        let (id, text) = desk.mode.profile().await.unwrap();
        assert_eq!((id.as_str(), text.as_str()), (OWN_PROFILE, ""));
        // Who is here is asked what he was asked when he came.
        assert_eq!(finish(&mut desk, view).await, ALL);
        in_force(&desk, FIRST).await;
        assert_eq!(desk.mode.profile().await.unwrap().1, MEDICINE);
        assert_eq!(asked(&mut desk, b"B").await, [ConsentGroup::Medicine]);

        // Withdrawn while a card lies there: that patient's questions stay too.
        let view = desk.reach_consents(&card(b"C")).await;
        assert!(desk.staff.withdraw_profile().await.unwrap());
        assert!(!desk.staff.withdraw_profile().await.unwrap());
        assert_eq!(desk.mode.profile_kept().await.unwrap(), OWN_PROFILE);
        assert_eq!(finish(&mut desk, view).await, [ConsentGroup::Medicine]);
        in_force(&desk, OWN_PROFILE).await;
        assert_eq!(asked(&mut desk, b"D").await, ALL);
        let by_nobody = |event: &str| (event.to_owned(), String::new());
        let expected = ["profile-set", "profile-withdrawn"].map(by_nobody);
        assert_eq!(desk.notes(2).await, expected);
    });
}

#[test]
fn it_holds_over_a_restart_and_what_was_kept_for_the_next_patient_counts_then() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        desk.sees(ViewId::Idle).await;
        desk.cards.place(&card(b"A")).await;
        desk.sees(ViewId::Method).await;
        assert_eq!(desk.staff.set_profile(FIRST, MEDICINE).await.unwrap(), []);
        let folder = desk.folder.clone();
        drop(desk);
        let mut desk = Desk::start_on(Rules::default(), folder).await;
        in_force(&desk, FIRST).await;
        assert_eq!(desk.mode.profile_kept().await.unwrap(), FIRST);
        desk.sees(ViewId::Idle).await;
        assert_eq!(asked(&mut desk, b"B").await, [ConsentGroup::Medicine]);
        // The same once more is no news.
        assert_eq!(desk.staff.set_profile(FIRST, MEDICINE).await.unwrap(), []);
        assert!(desk.staff.withdraw_profile().await.unwrap());
        let withdrawn = ("profile-withdrawn".to_owned(), String::new());
        assert_eq!(desk.notes(1).await, [withdrawn]);
    });
}

#[test]
fn one_that_is_refused_changes_nothing_and_is_told_with_line_and_key() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        desk.sees(ViewId::Idle).await;
        assert_eq!(desk.staff.set_profile(FIRST, MEDICINE).await.unwrap(), []);
        in_force(&desk, FIRST).await;
        let both = "[facility]\ntakes = [\"care\",\n \"medicine\"]\n[mode]\nlink_s = 1\n";
        let wrong = desk.staff.set_profile(SECOND, both).await.unwrap();
        let places: Vec<_> = wrong.iter().map(|o| (o.line, o.key.as_str())).collect();
        assert_eq!(places, [(2, "facility.takes"), (5, "mode.link_s")]);
        assert!(wrong[1].what.contains("5 to 60 s"), "{wrong:?}");
        let refused = desk.staff.set_profile("own", MEDICINE).await;
        assert!(matches!(refused, Err(StaffError::BadProfile(_))));
        assert_eq!(desk.mode.profile_kept().await.unwrap(), FIRST);
        assert_eq!(asked(&mut desk, b"A").await, [ConsentGroup::Medicine]);
    });
}

#[test]
fn one_that_cannot_be_used_at_the_start_is_told_and_the_readers_own_counts() {
    on_the_bus(async {
        let desk = Desk::start(Rules::default()).await;
        assert_eq!(desk.staff.set_profile(FIRST, MEDICINE).await.unwrap(), []);
        let folder = desk.folder.clone();
        drop(desk);
        let kept = folder.path().join("profile.toml");
        let bytes = std::fs::read_to_string(&kept).unwrap();
        std::fs::write(&kept, bytes.replace("medicine", "medicin")).unwrap();
        let mut desk = Desk::start_on(Rules::default(), folder).await;
        in_force(&desk, OWN_PROFILE).await;
        assert_eq!(desk.mode.profile_kept().await.unwrap(), OWN_PROFILE);
        let lost = ("profile-lost".to_owned(), String::new());
        assert_eq!(desk.notes(1).await, [lost]);
        desk.sees(ViewId::Idle).await;
        assert_eq!(asked(&mut desk, b"A").await, ALL);
        // The terminal gives it again.
        assert_eq!(desk.staff.set_profile(FIRST, MEDICINE).await.unwrap(), []);
        in_force(&desk, FIRST).await;
    });
}

#[test]
fn phones_are_offered_as_the_profile_has_it() {
    on_the_bus(async {
        let mut desk = Desk::with_phones(Rules::default()).await;
        let offered = |choices: &[Action]| choices == [Action::Phone];
        desk.sees_that("phones", |v| v.id == ViewId::Idle && offered(&v.choices))
            .await;
        let none = "[facility]\nphones = false\n";
        assert_eq!(desk.staff.set_profile(FIRST, none).await.unwrap(), []);
        desk.sees_that("no phones", |v| {
            v.id == ViewId::Idle && v.choices.is_empty()
        })
        .await;
        // What is laid where phones belong changes nothing then, and the card's reader serves on.
        let idle = desk.sees(ViewId::Idle).await;
        desk.cards.place(&phone(CardKind::PhoneAndroid, b"A")).await;
        desk.cards.place(&card(b"B")).await;
        let view = desk.sees(ViewId::Method).await;
        assert_eq!(view.number, idle.number + 1);
        desk.cards.lift().await;
        desk.sees(ViewId::Idle).await;
        assert!(desk.staff.withdraw_profile().await.unwrap());
        desk.choose_phone().await;
    });
}

#[test]
fn of_many_set_at_once_the_last_kept_is_in_force_and_found_again() {
    on_the_bus(async {
        let desk = Desk::start(Rules::default()).await;
        desk.sees(ViewId::Idle).await;
        let ids: Vec<String> = (0..16).map(|n| format!("{n:032x}")).collect();
        let set = ids.iter().map(|id| desk.staff.set_profile(id, MEDICINE));
        for wrong in futures_util::future::join_all(set).await {
            assert_eq!(wrong.unwrap(), []);
        }
        let kept = desk.mode.profile_kept().await.unwrap();
        assert!(ids.contains(&kept));
        in_force(&desk, &kept).await;
        let folder = desk.folder.clone();
        drop(desk);
        let desk = Desk::start_on(Rules::default(), folder).await;
        assert_eq!(desk.mode.profile().await.unwrap().0, kept);
    });
}
