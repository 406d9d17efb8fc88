// SPDX-License-Identifier: MIT OR Apache-2.0
//! The phone path on a real bus, between a scripted card daemon and a scripted uplink.
#![allow(clippy::unwrap_used)]

mod peers;

use peers::{Desk, PIN, card, on_the_bus, phone, until};
use uketsuke_bus::card1::{CardError, CardKind};
use uketsuke_bus::mode1::Mode1Error;
use uketsuke_bus::secret;
use uketsuke_bus::view::{Action, Form, Phone, View, ViewId};
use uketsuke_mode::domain::{Millis, Rules};

/// From P-05a to P-05 with these digits typed.
async fn android_pin(desk: &Desk, digits: &[u8]) -> View {
    let view = desk.choose_phone().await;
    desk.press(&view, Action::Android).await;
    let view = desk.sees(ViewId::Pin).await;
    assert_eq!((view.phone, view.tries_left), (Some(Phone::Android), None));
    desk.type_pin(&view, digits).await;
    desk.sees(ViewId::HoldPhone).await
}

#[test]
fn an_android_phone_checks_in_with_one_verify_and_leaves_after_signing() {
    on_the_bus(async {
        let mut desk = Desk::with_phones(Rules::default()).await;
        android_pin(&desk, PIN).await;
        let phone = phone(CardKind::PhoneAndroid, b"P");
        desk.uplink.state.lock().unwrap().hold_complete = true;
        desk.cards.place(&phone).await;
        let view = desk.sees(ViewId::ConsentMethod).await;
        assert_eq!(view.phone, Some(Phone::Android));
        desk.cards.leave().await;
        desk.press(&view, Action::AgreeAll).await;
        desk.sees(ViewId::Wait).await;
        desk.uplink.release();
        let view = desk.sees(ViewId::Done).await;
        let details = desk.details(&view).await;
        assert_eq!(details.name_kana.as_deref(), Some("シカク イチロウ"));
        desk.press(&view, Action::Finish).await;
        desk.sees(ViewId::Idle).await;
        {
            let phone = phone.lock().unwrap();
            assert_eq!((phone.verifies, phone.reads), (1, 1));
        }
        let uplink = desk.uplink.state.lock().unwrap();
        assert_eq!(uplink.check_ins.len(), 1);
        assert_eq!(uplink.consents.len(), 1);
    });
}

#[test]
fn a_phone_that_left_before_its_answer_was_heard_still_checks_in() {
    on_the_bus(async {
        let mut desk = Desk::with_phones(Rules::default()).await;
        let view = desk.choose_phone().await;
        desk.press(&view, Action::Iphone).await;
        desk.sees(ViewId::HoldPhone).await;
        let phone = phone(CardKind::PhoneIphone, b"I");
        phone.lock().unwrap().hold_sign = true;
        desk.cards.place(&phone).await;
        desk.sees(ViewId::Wait).await;
        desk.cards.leave().await;
        phone.lock().unwrap().hold_sign = false;
        desk.sees(ViewId::ConsentMethod).await;
        let phone = phone.lock().unwrap();
        let asked = (phone.verifies, phone.signed_on_phone, phone.reads);
        assert_eq!(asked, (0, 1, 1));
    });
}

#[test]
fn a_wrong_pin_is_never_tried_again_by_itself() {
    on_the_bus(async {
        let mut desk = Desk::with_phones(Rules::default()).await;
        android_pin(&desk, b"0000").await;
        let phone = phone(CardKind::PhoneAndroid, b"P");
        desk.cards.place(&phone).await;
        let view = desk.sees(ViewId::WrongPin).await;
        assert_eq!(view.tries_left, Some(2));
        assert_eq!(phone.lock().unwrap().verifies, 1);
        // The phone is still held: the next entry goes to it, and only that.
        desk.type_pin(&view, PIN).await;
        desk.sees(ViewId::ConsentMethod).await;
        assert_eq!(phone.lock().unwrap().verifies, 2);
    });
}

#[test]
fn a_blocked_phone_is_told_and_the_card_is_left() {
    on_the_bus(async {
        let mut desk = Desk::with_phones(Rules::default()).await;
        android_pin(&desk, PIN).await;
        let phone = phone(CardKind::PhoneAndroid, b"P");
        let blocked = CardError::PinBlocked("no try left".into());
        phone.lock().unwrap().sign_errors.push_back(blocked);
        desk.cards.place(&phone).await;
        let view = desk.sees(ViewId::PinUnusable).await;
        assert_eq!(view.phone, Some(Phone::Any));
        assert_eq!(view.choices, [Action::Card, Action::Finish]);
        desk.cards.leave().await;
        let card = card(b"A");
        desk.reach_consents(&card).await;
        assert_eq!(phone.lock().unwrap().verifies, 0);
    });
}

#[test]
fn each_fault_of_an_iphone_waits_for_a_touch() {
    on_the_bus(async {
        let mut desk = Desk::with_phones(Rules::default()).await;
        let phone = phone(CardKind::PhoneIphone, b"I");
        let faults = [
            CardError::NotAllowed("not unlocked".into()),
            CardError::Gone("left".into()),
            CardError::Unreadable("garbled".into()),
        ];
        phone.lock().unwrap().sign_errors.extend(faults);
        let view = desk.choose_phone().await;
        desk.press(&view, Action::Iphone).await;
        desk.sees(ViewId::HoldPhone).await;
        desk.cards.place(&phone).await;
        for left in [2, 1, 0] {
            let view = desk.sees(ViewId::PhoneUnreadable).await;
            assert_eq!(view.choices, [Action::Retry, Action::Card]);
            assert_eq!(phone.lock().unwrap().sign_errors.len(), left);
            desk.press(&view, Action::Retry).await;
        }
        desk.sees(ViewId::ConsentMethod).await;
        assert_eq!(phone.lock().unwrap().signed_on_phone, 1);
    });
}

#[test]
fn a_phone_with_a_test_certificate_is_sent_to_reception() {
    on_the_bus(async {
        let mut desk = Desk::with_phones(Rules::default()).await;
        let phone = phone(CardKind::PhoneIphone, b"I");
        let test = CardError::TestCard("a test root".into());
        phone.lock().unwrap().sign_errors.push_back(test);
        let view = desk.choose_phone().await;
        desk.press(&view, Action::Iphone).await;
        desk.sees(ViewId::HoldPhone).await;
        desk.cards.place(&phone).await;
        let view = desk.sees(ViewId::CertificateExpired).await;
        assert_eq!(
            (view.form, view.phone),
            (Some(Form::Reception), Some(Phone::Any))
        );
    });
}

#[test]
fn digits_that_no_phone_came_for_are_used_for_nothing() {
    on_the_bus(async {
        let rules = Rules {
            hold: Millis(300),
            ..Rules::default()
        };
        let mut desk = Desk::with_phones(rules).await;
        android_pin(&desk, PIN).await;
        desk.sees(ViewId::PhoneUnreadable).await;
        let phone = phone(CardKind::PhoneAndroid, b"P");
        desk.cards.place(&phone).await;
        let view = desk.sees(ViewId::PhoneUnreadable).await;
        desk.press(&view, Action::Retry).await;
        let view = desk.sees(ViewId::Pin).await;
        assert_eq!(phone.lock().unwrap().verifies, 0);
        desk.type_pin(&view, PIN).await;
        desk.sees(ViewId::ConsentMethod).await;
        assert_eq!(phone.lock().unwrap().verifies, 1);
    });
}

#[test]
fn a_card_takes_over_from_the_phone_path() {
    on_the_bus(async {
        let mut desk = Desk::with_phones(Rules::default()).await;
        android_pin(&desk, PIN).await;
        let card = card(b"A");
        desk.cards.place(&card).await;
        let view = desk.sees(ViewId::Method).await;
        assert_eq!(view.phone, None);
        until("giving the phone's session up", || {
            desk.uplink.state.lock().unwrap().abandoned == ["session-1"]
        })
        .await;
        assert_eq!(card.lock().unwrap().verifies, 0);
    });
}

#[test]
fn misuse_on_the_phone_path_has_its_error_and_changes_nothing() {
    on_the_bus(async {
        let desk = Desk::with_phones(Rules::default()).await;
        let sealed = || secret::seal(PIN).unwrap().into();
        let view = desk.choose_phone().await;
        let stale = desk.mode.act(view.number - 1, "phone").await;
        assert!(matches!(stale, Err(Mode1Error::StaleView(_))));
        for action in ["phone", "retry", "card", "pin", "face"] {
            let refused = desk.mode.act(view.number, action).await;
            assert!(
                matches!(refused, Err(Mode1Error::NotOffered(_))),
                "{action}"
            );
        }
        let refused = desk.mode.enter_pin(view.number, sealed()).await;
        assert!(matches!(refused, Err(Mode1Error::NotOffered(_))));
        desk.press(&view, Action::Iphone).await;
        let view = desk.sees(ViewId::HoldPhone).await;
        let refused = desk.mode.enter_pin(view.number, sealed()).await;
        assert!(matches!(refused, Err(Mode1Error::NotOffered(_))));
        assert!(
            desk.mode.view().await.unwrap() == view,
            "the view is the same"
        );
    });
}

#[test]
fn the_choice_comes_and_goes_with_the_reader_for_phones() {
    on_the_bus(async {
        let desk = Desk::start(Rules::default()).await;
        let view = desk.sees(ViewId::Idle).await;
        assert_eq!(view.choices, []);
        let refused = desk.mode.act(view.number, "phone").await;
        assert!(matches!(refused, Err(Mode1Error::NotOffered(_))));
        drop(desk);
        let desk = Desk::with_phones(Rules::default()).await;
        let view = desk.choose_phone().await;
        desk.press(&view, Action::Iphone).await;
        desk.sees(ViewId::HoldPhone).await;
        desk.cards.set_phone_slot(false).await;
        let view = desk.sees(ViewId::PhoneUnreadable).await;
        assert_eq!(view.choices, [Action::Card]);
        desk.press(&view, Action::Card).await;
        let view = desk.sees(ViewId::Idle).await;
        assert_eq!(view.choices, []);
        desk.cards.set_phone_slot(true).await;
        desk.choose_phone().await;
    });
}
