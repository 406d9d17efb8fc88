// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is asked and what the centre finds.

use super::*;
use uketsuke_bus::day::Day;

#[test]
fn agreeing_to_all_leads_to_done_and_lifting_to_idle() {
    let mut desk = desk();
    assert_eq!(desk.sees().id, ViewId::Idle);
    assert_eq!(desk.answered(valid()), ViewId::ConsentMethod);
    assert_eq!(desk.sees().variant, Some(Variant::X));
    assert_eq!(desk.press(Action::AgreeAll), ViewId::Wait);
    let (_, given, carried) = desk.sent();
    assert_eq!(given, ALL.map(|group| (group, true)));
    assert!(!carried);
    assert_eq!(desk.durable(), ViewId::Done);
    let shown = details(&desk.state, &desk.rules).and_then(|d| d.name_kana);
    assert_eq!(shown.as_deref(), Some("シカク イチロウ"));
    assert_eq!(desk.does(Event::CardLifted), ViewId::Idle);
    assert!(
        desk.state
            == State {
                next_tag: desk.state.next_tag,
                ..State::default()
            }
    );
}

#[test]
fn each_group_is_asked_in_order_with_its_place() {
    let mut desk = desk();
    desk.answered(valid());
    desk.press(Action::ChooseEach);
    let mut given = Vec::new();
    for (step, (id, group, action)) in [
        (ViewId::ConsentSurgery, ConsentGroup::Surgery, Action::Agree),
        (ViewId::ConsentCare, ConsentGroup::Care, Action::Refuse),
        (
            ViewId::ConsentCheckUps,
            ConsentGroup::CheckUps,
            Action::Agree,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let seen = desk.sees();
        assert_eq!((seen.id, seen.steps), (id, Some(3)));
        assert_eq!(seen.step.map(usize::from), Some(step + 1));
        given.push((group, action == Action::Agree));
        desk.press(action);
    }
    assert_eq!(desk.sent().1, given);
    assert_eq!(desk.durable(), ViewId::Done);
}

#[test]
fn a_facility_that_takes_medicine_only_asks_for_medicine_only() {
    let mut desk = Desk::new(facility(Variant::Y, &[ConsentGroup::Medicine]));
    desk.answered(valid());
    assert_eq!(desk.sees().variant, Some(Variant::Y));
    assert_eq!(desk.press(Action::ChooseEach), ViewId::ConsentMedicine);
    desk.press(Action::Refuse);
    assert_eq!(desk.sent().1, [(ConsentGroup::Medicine, false)]);
}

#[test]
fn earlier_consents_are_shown_and_kept() {
    let mut desk = desk();
    assert_eq!(
        desk.answered(with_earlier(Variant::X, &ALL)),
        ViewId::CarryOver
    );
    assert_eq!(desk.press(Action::ShowEarlier), ViewId::EarlierConsents);
    assert!(details(&desk.state, &desk.rules).is_some_and(|d| d.earlier.is_some()));
    assert_eq!(desk.press(Action::Back), ViewId::CarryOver);
    desk.press(Action::KeepEarlier);
    let (_, given, carried) = desk.sent();
    assert_eq!(given, ALL.map(|group| (group, group != ConsentGroup::Care)));
    assert!(carried);
}

#[test]
fn choosing_again_asks_from_the_beginning() {
    let mut desk = desk();
    desk.answered(with_earlier(Variant::X, &ALL));
    assert_eq!(desk.press(Action::ChooseAgain), ViewId::ConsentMethod);
    desk.press(Action::AgreeAll);
    assert_eq!(desk.sent().1, ALL.map(|group| (group, true)));
}

#[test]
fn consents_under_other_categories_are_asked_anew() {
    for (variant, groups) in [
        (Variant::Y, &ALL[..]),
        (Variant::X, &ALL[..2]),
        (
            Variant::X,
            &[
                ConsentGroup::Surgery,
                ConsentGroup::Medicine,
                ConsentGroup::CheckUps,
            ],
        ),
    ] {
        let seen = desk().answered(with_earlier(variant, groups));
        assert_eq!(seen, ViewId::ConsentMethod);
    }
}

#[test]
fn an_expired_certificate_gives_eligibility_only() {
    let mut desk = desk();
    let expired = Verdict {
        certificate_expired: true,
        ..with_earlier(Variant::X, &ALL)
    };
    assert_eq!(desk.answered(expired), ViewId::CertificateExpired);
    assert_eq!(desk.sees().form, Some(Form::EligibilityOnly));
    desk.press(Action::Continue);
    let (_, given, carried) = desk.sent();
    assert!(given.is_empty() && !carried);
    assert_eq!(desk.durable(), ViewId::Done);
}

#[test]
fn a_certificate_expired_for_long_leads_to_reception() {
    let mut desk = desk();
    let tag = desk.checking();
    let seen = desk.does(Event::CheckedIn(tag, Err(LinkFault::Expired)));
    assert_eq!(seen, ViewId::CertificateExpired);
    assert_eq!(desk.sees().form, Some(Form::Reception));
    assert!(desk.abandons());
}

#[test]
fn what_the_centre_finds_decides_the_last_view() {
    for (validity, last) in [
        (Validity::NotFound, ViewId::NotFound),
        (Validity::Invalid, ViewId::WaitAtReception),
        (Validity::Newer, ViewId::WaitAtReception),
        (Validity::Several, ViewId::WaitAtReception),
        (Validity::ValidUnregistered, ViewId::ConsentMethod),
    ] {
        let mut desk = desk();
        let verdict = Verdict {
            validity,
            ..valid()
        };
        assert_eq!(desk.answered(verdict), last);
        assert!(
            details(&desk.state, &desk.rules).is_none(),
            "the room is told no name"
        );
    }
}

const LAST_DAY: Day = Day {
    year: 2027,
    month: 2,
    day: 17,
};

fn expiring() -> Verdict {
    Verdict {
        expires: Some(LAST_DAY),
        ..valid()
    }
}

/// To P-14, with the answers durable.
fn at_the_notice(desk: &mut Desk) {
    assert_eq!(desk.answered(expiring()), ViewId::ConsentMethod);
    desk.press(Action::AgreeAll);
    assert_eq!(desk.durable(), ViewId::Expiring);
    let told = details(&desk.state, &desk.rules).expect("its last day");
    assert_eq!((told.expires, told.name_kana), (Some(LAST_DAY), None));
}

fn is_named(desk: &Desk) {
    let shown = details(&desk.state, &desk.rules).and_then(|d| d.name_kana);
    assert_eq!(shown.as_deref(), Some("シカク イチロウ"));
}

#[test]
fn a_certificate_about_to_expire_is_told_before_the_end_and_waits_for_nobody() {
    let mut desk = desk();
    at_the_notice(&mut desk);
    assert_eq!(desk.press(Action::Continue), ViewId::Done);
    is_named(&desk);
    assert_eq!(desk.does(Event::CardLifted), ViewId::Idle);

    at_the_notice(&mut desk);
    assert_eq!(desk.wait(9), ViewId::Expiring);
    assert_eq!(desk.wait(1), ViewId::Done);
    is_named(&desk);
    // From here on the card is waited for as ever.
    assert_eq!(desk.wait(29), ViewId::Done);
    assert_eq!(desk.wait(1), ViewId::CardForgotten);
}

#[test]
fn a_card_taken_during_the_notice_is_done_all_the_same() {
    let mut desk = desk();
    at_the_notice(&mut desk);
    assert_eq!(desk.does(Event::CardLifted), ViewId::Done);
    assert!(!desk.abandons());
    is_named(&desk);
    assert_eq!(desk.wait(10), ViewId::Idle);
}

#[test]
fn whoever_has_taken_the_card_already_is_told_at_the_next_visit() {
    let mut desk = desk();
    desk.answered(expiring());
    desk.press(Action::AgreeAll);
    let (tag, ..) = desk.sent();
    desk.does(Event::CardLifted);
    assert_eq!(desk.does(Event::Completed(tag, Ok(()))), ViewId::Done);
}

#[test]
fn an_expired_certificate_is_not_about_to_expire() {
    let mut desk = desk();
    let both = Verdict {
        certificate_expired: true,
        ..expiring()
    };
    assert_eq!(desk.answered(both), ViewId::CertificateExpired);
    desk.press(Action::Continue);
    assert_eq!(desk.durable(), ViewId::Done);
}
