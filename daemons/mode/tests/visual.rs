// SPDX-License-Identifier: MIT OR Apache-2.0
//! 目視確認 on a real bus: passcodes issued, typed and counted, one patient served, nothing left on.
#![allow(clippy::unwrap_used)]

mod peers;

use peers::{Desk, card, on_the_bus};
use uketsuke_bus::card1::{CardError, CardKind};
use uketsuke_bus::secret;
use uketsuke_bus::staff::StaffError;
use uketsuke_bus::view::{Action, Form, Hop, ViewId};
use uketsuke_mode::domain::Rules;

#[test]
fn staff_vouch_for_one_patient_and_the_next_is_asked_as_ever() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        assert_eq!(desk.sees(ViewId::Idle).await.choices, []);
        desk.issue("suzuki", "0417").await;
        assert_eq!(desk.staff.accounts().await.unwrap(), 1);
        desk.type_passcode("0417").await;
        desk.sees(ViewId::Visual).await;
        let patient = card(b"A");
        patient.lock().unwrap().kind = CardKind::CardPinUnusable;
        desk.cards.place(&patient).await;
        let view = desk.sees(ViewId::ConsentMethod).await;
        desk.press(&view, Action::AgreeAll).await;
        let view = desk.sees(ViewId::VisualDone).await;
        let details = desk.details(&view).await;
        assert_eq!(details.name_kana.as_deref(), Some("シカク イチロウ"));
        {
            let card = patient.lock().unwrap();
            assert_eq!((card.signed_by_eye, card.verifies), (1, 0));
        }
        desk.cards.lift().await;
        desk.sees(ViewId::Idle).await;
        let next = card(b"B");
        desk.cards.place(&next).await;
        desk.sees(ViewId::Method).await;
        assert_eq!(next.lock().unwrap().signed_by_eye, 0);
        assert_eq!(desk.uplink.state.lock().unwrap().consents.len(), 1);
        let suzuki = |event: &str| (event.to_owned(), "suzuki".to_owned());
        assert_eq!(desk.notes(2).await, [suzuki("opened"), suzuki("served")]);
    });
}

#[test]
fn wrong_codes_are_told_and_barred_also_over_a_restart() {
    on_the_bus(async {
        let desk = Desk::start(Rules::default()).await;
        desk.issue("suzuki", "0417").await;
        desk.type_passcode("0001").await;
        for wrong in ["0002", "0003", "0004", "0005"] {
            let view = desk
                .sees_that("S-01, wrong", |v| v.form == Some(Form::WrongPasscode))
                .await;
            desk.type_pin(&view, wrong.as_bytes()).await;
            desk.sees(ViewId::Wait).await;
        }
        let view = desk
            .sees_that("S-01, wrong", |v| v.form == Some(Form::WrongPasscode))
            .await;
        desk.type_pin(&view, b"0417").await;
        let barred = desk
            .sees_that("S-01, barred", |v| v.form == Some(Form::WaitPasscode))
            .await;
        assert!(barred.wait_s.is_some_and(|s| (1..=60).contains(&s)));
        assert_eq!(barred.pad, None);
        let folder = desk.folder.clone();
        drop(desk);
        let desk = Desk::start_on(Rules::default(), folder).await;
        desk.type_passcode("0417").await;
        desk.sees_that("S-01, barred", |v| v.form == Some(Form::WaitPasscode))
            .await;
        // The terminal issues a new one: all is forgotten.
        desk.issue("suzuki", "5550").await;
        desk.press(&desk.sees(ViewId::Passcode).await, Action::Stop)
            .await;
        desk.type_passcode("5550").await;
        desk.sees(ViewId::Visual).await;
    });
}

#[test]
fn the_last_passcode_takes_the_button_and_what_it_opened_with_it() {
    on_the_bus(async {
        let desk = Desk::start(Rules::default()).await;
        desk.issue("suzuki", "0417").await;
        desk.issue("tanaka", "0418").await;
        assert!(desk.staff.withdraw("tanaka").await.unwrap());
        desk.type_passcode("0417").await;
        desk.sees(ViewId::Visual).await;
        assert!(desk.staff.withdraw("suzuki").await.unwrap());
        let idle = desk.sees(ViewId::Idle).await;
        assert_eq!(idle.choices, []);
        assert!(!desk.staff.withdraw("suzuki").await.unwrap());
    });
}

#[test]
fn without_who_may_sign_without_pin_it_is_told_and_over() {
    on_the_bus(async {
        let mut desk = Desk::start(Rules::default()).await;
        desk.issue("suzuki", "0417").await;
        desk.type_passcode("0417").await;
        desk.sees(ViewId::Visual).await;
        let patient = card(b"A");
        let fault = CardError::NoPinless("nobody".into());
        patient.lock().unwrap().sign_errors.push_back(fault);
        desk.cards.place(&patient).await;
        let view = desk.sees(ViewId::LinkDown).await;
        assert_eq!(view.hop, Some(Hop::Centre));
        desk.cards.lift().await;
        desk.sees(ViewId::Idle).await;
    });
}

#[test]
fn what_is_no_code_or_anothers_is_refused_by_name() {
    on_the_bus(async {
        let desk = Desk::start(Rules::default()).await;
        let issue = async |account: &str, digits: &str| {
            let code = secret::seal(digits.as_bytes()).unwrap();
            desk.staff.issue(account, code.into()).await
        };
        issue("suzuki", "0417").await.unwrap();
        let refused = issue("tanaka", "0417").await;
        assert!(matches!(refused, Err(StaffError::Taken(_))));
        let refused = issue("tanaka", "041").await;
        assert!(matches!(refused, Err(StaffError::BadCode(_))));
        let refused = issue("", "0418").await;
        assert!(matches!(refused, Err(StaffError::BadAccount(_))));
        let plain = std::fs::File::open("/dev/null").unwrap();
        let refused = desk
            .staff
            .issue("tanaka", std::os::fd::OwnedFd::from(plain).into())
            .await;
        assert!(matches!(refused, Err(StaffError::BadCode(_))));
        assert_eq!(desk.staff.accounts().await.unwrap(), 1);
    });
}
