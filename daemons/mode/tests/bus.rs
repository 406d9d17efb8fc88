// SPDX-License-Identifier: MIT OR Apache-2.0
//! The mode manager on a real bus, between a scripted card daemon and a scripted uplink.
#![allow(clippy::unwrap_used)]

mod peers;

use std::fs::File;

use peers::{CardDaemon, Desk, Uplink, card, on_the_bus, until};
use uketsuke_bus::card1::{CardError, CardKind};
use uketsuke_bus::consent::{Categories, ConsentAnswer, ConsentGroup, Variant};
use uketsuke_bus::mode1::{Mode1Error, Operation};
use uketsuke_bus::secret;
use uketsuke_bus::uplink1::Validity;
use uketsuke_bus::view::{Action, Form, Hop, ViewId};
use uketsuke_mode::domain::{Millis, Rules};
use uketsuke_testkit::PrivateBus;

fn all_agreed() -> Vec<ConsentAnswer> {
    [
        ConsentGroup::Surgery,
        ConsentGroup::Care,
        ConsentGroup::CheckUps,
    ]
    .map(|group| ConsentAnswer {
        group,
        agreed: true,
    })
    .to_vec()
}

#[test]
fn a_patient_checks_in_with_a_pin_and_agrees_to_all() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        assert_eq!(desk.mode.operation().await.unwrap(), Operation::Unattended);
        desk.sees(ViewId::Idle).await;
        let card = card(b"A");
        let view = desk.reach_consents(&card).await;
        assert_eq!(view.variant, Some(Variant::X));
        desk.press(&view, Action::AgreeAll).await;
        let view = desk.sees(ViewId::Done).await;
        assert_eq!(view.personal, Some(true));
        let details = desk.details(&view).await;
        assert_eq!(details.name_kana.as_deref(), Some("シカク イチロウ"));
        desk.cards.lift().await;
        desk.sees(ViewId::Idle).await;
        assert_eq!(card.lock().unwrap().verifies, 1);
        let uplink = desk.uplink.state.lock().unwrap();
        assert_eq!(uplink.check_ins.len(), 1);
        assert_eq!(uplink.consents.len(), 1);
        let (session, consents) = &uplink.consents[0];
        assert_eq!(session, "session-1");
        assert_eq!(consents.answers, all_agreed());
        assert!(!consents.carried_over && consents.at > 0);
    });
}

#[test]
fn three_wrong_pins_spend_three_tries_and_close_the_pad() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let card = card(b"A");
        desk.cards.place(&card).await;
        let view = desk.sees(ViewId::Method).await;
        desk.press(&view, Action::Pin).await;
        let mut view = desk.sees(ViewId::Pin).await;
        assert_eq!((view.pad, view.tries_left), (Some(true), None));
        for left in [2, 1] {
            desk.type_pin(&view, b"0000").await;
            view = desk
                .sees_that("F-03", |v| {
                    v.id == ViewId::WrongPin && v.tries_left == Some(left)
                })
                .await;
            assert_eq!(view.pad, Some(true));
        }
        desk.type_pin(&view, b"0000").await;
        let view = desk.sees(ViewId::PinUnusable).await;
        assert_eq!(view.pad, None);
        assert_eq!(card.lock().unwrap().verifies, 3);
        let fd = secret::seal(b"1234").unwrap();
        let refused = desk.mode.enter_pin(view.number, fd.into()).await;
        assert!(matches!(refused, Err(Mode1Error::NotOffered(_))));
        assert_eq!(card.lock().unwrap().verifies, 3);
    });
}

#[test]
fn a_failed_verify_is_not_repeated() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let card = card(b"A");
        let fault = CardError::Unreadable("a transmit error".into());
        card.lock().unwrap().sign_errors.push_back(fault);
        desk.cards.place(&card).await;
        let view = desk.sees(ViewId::Method).await;
        desk.press(&view, Action::Pin).await;
        let view = desk.sees(ViewId::Pin).await;
        desk.type_pin(&view, b"1234").await;
        desk.sees(ViewId::Unreadable).await;
        assert_eq!(card.lock().unwrap().verifies, 0);
        desk.cards.lift().await;
        desk.sees(ViewId::Idle).await;
        desk.reach_consents(&card).await;
        assert_eq!(card.lock().unwrap().verifies, 1);
    });
}

#[test]
fn every_misuse_of_every_method_has_its_own_error_and_changes_nothing() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        desk.cards.place(&card(b"A")).await;
        let view = desk.sees(ViewId::Method).await;
        let (number, stale) = (view.number, view.number - 1);
        let mode = &desk.mode;
        let sealed = || secret::seal(b"1234").unwrap().into();
        let plain = || std::os::fd::OwnedFd::from(File::open("/dev/null").unwrap()).into();
        assert!(matches!(
            mode.act(number, "visual").await,
            Err(Mode1Error::UnknownAction(_))
        ));
        assert!(matches!(
            mode.act(number, "").await,
            Err(Mode1Error::UnknownAction(_))
        ));
        assert!(matches!(
            mode.act(stale, "pin").await,
            Err(Mode1Error::StaleView(_))
        ));
        assert!(matches!(
            mode.act(u64::MAX, "pin").await,
            Err(Mode1Error::StaleView(_))
        ));
        for action in Action::ALL {
            if !view.choices.contains(action) {
                let refused = mode.act(number, action.as_str()).await;
                assert!(
                    matches!(refused, Err(Mode1Error::NotOffered(_))),
                    "{action:?}"
                );
            }
        }
        assert!(matches!(
            mode.enter_pin(number, plain()).await,
            Err(Mode1Error::BadSecret(_))
        ));
        assert!(matches!(
            mode.enter_pin(stale, sealed()).await,
            Err(Mode1Error::StaleView(_))
        ));
        assert!(matches!(
            mode.enter_pin(number, sealed()).await,
            Err(Mode1Error::NotOffered(_))
        ));
        assert!(matches!(
            mode.details(stale).await,
            Err(Mode1Error::StaleView(_))
        ));
        assert!(matches!(
            mode.details(number).await,
            Err(Mode1Error::NothingPersonal(_))
        ));
        assert!(mode.view().await.unwrap() == view, "the view is the same");
    });
}

#[test]
fn a_second_touch_on_the_same_view_is_stale() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let view = desk.reach_consents(&card(b"A")).await;
        desk.press(&view, Action::ChooseEach).await;
        let again = desk.mode.act(view.number, "choose-each").await;
        assert!(matches!(again, Err(Mode1Error::StaleView(_))));
        let view = desk.sees(ViewId::ConsentSurgery).await;
        assert_eq!((view.step, view.steps), (Some(1), Some(3)));
    });
}

#[test]
fn done_comes_only_after_the_consents_are_durable() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        desk.uplink.state.lock().unwrap().hold_complete = true;
        let view = desk.reach_consents(&card(b"A")).await;
        desk.press(&view, Action::AgreeAll).await;
        until("offering them", || {
            desk.uplink.state.lock().unwrap().offered == 1
        })
        .await;
        assert_eq!(desk.mode.view().await.unwrap().id, ViewId::Wait);
        assert!(desk.uplink.state.lock().unwrap().consents.is_empty());
        desk.uplink.release();
        desk.sees(ViewId::Done).await;
        assert_eq!(desk.uplink.state.lock().unwrap().consents.len(), 1);
    });
}

#[test]
fn consents_survive_an_uplink_that_restarts_under_them() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        desk.uplink.state.lock().unwrap().hold_complete = true;
        let view = desk.reach_consents(&card(b"A")).await;
        desk.press(&view, Action::AgreeAll).await;
        until("offering them", || {
            desk.uplink.state.lock().unwrap().offered == 1
        })
        .await;
        let fresh = Uplink {
            state: desk.uplink.state.clone(),
            ..Uplink::default()
        };
        desk.uplink_bus.clone().close().await.unwrap();
        fresh.state.lock().unwrap().hold_complete = false;
        desk.uplink_bus = fresh.start(&desk.bus).await;
        desk.sees(ViewId::Done).await;
        let uplink = desk.uplink.state.lock().unwrap();
        assert_eq!((uplink.offered, uplink.consents.len()), (2, 1));
    });
}

#[test]
fn an_uplink_that_restarts_learns_of_sessions_given_up_meanwhile() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let view = desk.reach_consents(&card(b"A")).await;
        desk.uplink_bus.clone().close().await.unwrap();
        desk.press(&view, Action::Finish).await;
        desk.sees(ViewId::CardForgotten).await;
        desk.uplink_bus = desk.uplink.start(&desk.bus).await;
        until("giving the session up", || {
            desk.uplink.state.lock().unwrap().abandoned == ["session-1"]
        })
        .await;
    });
}

#[test]
fn the_same_card_goes_on_where_it_was_and_another_starts_afresh() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let (first, second) = (card(b"A"), card(b"B"));
        let view = desk.reach_consents(&first).await;
        desk.press(&view, Action::ChooseEach).await;
        let view = desk.sees(ViewId::ConsentSurgery).await;
        desk.press(&view, Action::Refuse).await;
        desk.sees(ViewId::ConsentCare).await;
        desk.cards.lift().await;
        desk.sees(ViewId::CardLifted).await;
        desk.cards.place(&first).await;
        desk.sees(ViewId::ConsentCare).await;
        assert_eq!(
            first.lock().unwrap().verifies,
            1,
            "the PIN is not asked again"
        );
        desk.cards.lift().await;
        desk.sees(ViewId::CardLifted).await;
        desk.cards.place(&second).await;
        desk.sees(ViewId::Method).await;
        until("giving the first session up", || {
            desk.uplink.state.lock().unwrap().abandoned == ["session-1"]
        })
        .await;
        assert!(desk.uplink.state.lock().unwrap().consents.is_empty());
    });
}

#[test]
fn a_daemon_that_leaves_is_shown_and_its_return_too() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        desk.sees(ViewId::Idle).await;
        desk.uplink_bus.clone().close().await.unwrap();
        let view = desk.sees(ViewId::LinkDown).await;
        assert_eq!(
            (view.hop, view.form),
            (Some(Hop::Terminal), Some(Form::Reception))
        );
        desk.uplink_bus = desk.uplink.start(&desk.bus).await;
        desk.sees(ViewId::Idle).await;
        desk.cards.die().await;
        let view = desk.sees(ViewId::Unreadable).await;
        assert_eq!(view.form, Some(Form::Reception));
        desk.cards = CardDaemon::start(&desk.bus).await;
        let view = desk.reach_consents(&card(b"A")).await;
        assert_eq!(view.id, ViewId::ConsentMethod);
    });
}

#[test]
fn a_card_daemon_that_dies_in_a_session_is_shown_and_the_same_card_goes_on() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let card = card(b"A");
        desk.reach_consents(&card).await;
        desk.cards.die().await;
        desk.sees(ViewId::Unreadable).await;
        desk.cards = CardDaemon::start(&desk.bus).await;
        desk.cards.place(&card).await;
        let view = desk.sees(ViewId::ConsentMethod).await;
        desk.press(&view, Action::AgreeAll).await;
        desk.sees(ViewId::Done).await;
        assert_eq!(card.lock().unwrap().verifies, 1);
    });
}

#[test]
fn no_try_is_spent_while_the_link_is_down() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let card = card(b"A");
        desk.cards.place(&card).await;
        let view = desk.sees(ViewId::Method).await;
        desk.press(&view, Action::Pin).await;
        let view = desk.sees(ViewId::Pin).await;
        desk.uplink
            .set_down(&desk.uplink_bus, Some(Hop::Network))
            .await;
        let down = desk.sees(ViewId::LinkDown).await;
        assert_eq!(down.hop, Some(Hop::Network));
        let fd = secret::seal(b"1234").unwrap();
        let late = desk.mode.enter_pin(view.number, fd.into()).await;
        assert!(matches!(late, Err(Mode1Error::StaleView(_))));
        desk.uplink.set_down(&desk.uplink_bus, None).await;
        desk.sees(ViewId::Method).await;
        assert_eq!(card.lock().unwrap().verifies, 0);
    });
}

#[test]
fn a_card_that_lies_there_at_start_counts_as_placed() {
    on_the_bus(async {
        let bus = PrivateBus::start();
        let mut cards = CardDaemon::start(&bus).await;
        let uplink = Uplink::default();
        let uplink_bus = uplink.start(&bus).await;
        cards.place(&card(b"A")).await;
        let desk = Desk::start_mode(Rules::default(), bus, cards, uplink, uplink_bus).await;
        desk.sees(ViewId::Method).await;
    });
}

#[test]
fn a_challenge_that_comes_too_late_is_given_up() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        desk.uplink.state.lock().unwrap().hold_challenge = true;
        desk.cards.place(&card(b"A")).await;
        let view = desk.sees(ViewId::Method).await;
        desk.press(&view, Action::Finish).await;
        desk.sees(ViewId::CardForgotten).await;
        until("asking for a challenge", || {
            desk.uplink.state.lock().unwrap().challenges == 1
        })
        .await;
        desk.uplink.release();
        until("giving it up", || {
            desk.uplink.state.lock().unwrap().abandoned == ["session-1"]
        })
        .await;
    });
}

#[test]
fn earlier_consents_are_shown_in_a_sealed_file_and_kept_by_touch() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        let groups: Vec<_> = all_agreed().iter().map(|a| a.group).collect();
        let mut answers = all_agreed();
        answers[1].agreed = false;
        let categories = Categories {
            variant: Variant::X,
            groups,
        };
        desk.uplink.state.lock().unwrap().answer.earlier = Some((categories, answers.clone()));
        let view = desk.reach_consents(&card(b"A")).await;
        assert_eq!(view.id, ViewId::CarryOver);
        assert_eq!(view.personal, None);
        desk.press(&view, Action::ShowEarlier).await;
        let view = desk.sees(ViewId::EarlierConsents).await;
        let (_, shown) = desk.details(&view).await.earlier.unwrap();
        assert_eq!(shown, answers);
        desk.press(&view, Action::Back).await;
        let view = desk.sees(ViewId::CarryOver).await;
        desk.press(&view, Action::KeepEarlier).await;
        desk.sees(ViewId::Done).await;
        let uplink = desk.uplink.state.lock().unwrap();
        assert!(uplink.consents[0].1.carried_over);
        assert_eq!(uplink.consents[0].1.answers, answers);
    });
}

#[test]
fn what_the_centre_says_decides_the_last_view() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        for (validity, last) in [
            (Validity::NotFound, ViewId::NotFound),
            (Validity::Invalid, ViewId::WaitAtReception),
            (Validity::Newer, ViewId::WaitAtReception),
            (Validity::Several, ViewId::WaitAtReception),
        ] {
            desk.uplink.state.lock().unwrap().answer.validity = validity;
            desk.cards.place(&card(b"A")).await;
            let view = desk.sees(ViewId::Method).await;
            desk.press(&view, Action::Pin).await;
            let view = desk.sees(ViewId::Pin).await;
            desk.type_pin(&view, peers::PIN).await;
            let view = desk.sees(last).await;
            assert_eq!(view.personal, None, "the room is told nothing");
            desk.cards.lift().await;
            desk.sees(ViewId::Idle).await;
        }
    });
}

#[test]
fn a_card_that_cannot_check_in_is_named() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        for (kind, tries, shown) in [
            (CardKind::Foreign, 0, ViewId::WrongCard),
            (CardKind::PhoneAndroid, 0, ViewId::WrongCard),
            (CardKind::PhoneIphone, 0, ViewId::WrongCard),
            (CardKind::Mute, 0, ViewId::Unreadable),
            (CardKind::CardPinUnusable, 0, ViewId::PinUnusable),
            (CardKind::Card, 0, ViewId::PinUnusable),
        ] {
            let card = card(b"A");
            (card.lock().unwrap().kind, card.lock().unwrap().tries) = (kind, tries);
            desk.cards.place(&card).await;
            desk.sees(shown).await;
            desk.cards.lift().await;
            desk.sees(ViewId::Idle).await;
        }
        assert_eq!(desk.uplink.state.lock().unwrap().challenges, 0);
    });
}

#[test]
fn a_question_nobody_answers_warns_ends_and_asks_for_the_card() {
    on_the_bus(async {
        let rules = Rules {
            question: Millis(6000),
            warning: Millis(500),
            message: Millis(2000),
            ..Rules::default()
        };
        let mut desk = Desk::start(rules).await;
        desk.cards.place(&card(b"A")).await;
        let warned = desk
            .sees_that("a warning", |view| view.warning_s.is_some())
            .await;
        assert_eq!(warned.id, ViewId::Method);
        assert!(warned.choices.contains(&Action::Continue));
        // Meant for the view without the warning, which came up under the finger.
        desk.mode.act(warned.number - 1, "pin").await.unwrap();
        desk.sees(ViewId::Pin).await;
        desk.sees(ViewId::TimedOut).await;
        desk.sees(ViewId::CardForgotten).await;
        desk.cards.lift().await;
        desk.sees(ViewId::Idle).await;
    });
}
