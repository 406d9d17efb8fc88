// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is asked and what the centre finds.

use super::*;

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
    let shown = details(&desk.state).and_then(|d| d.name_kana);
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
    assert!(details(&desk.state).is_some_and(|d| d.earlier.is_some()));
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
        assert!(details(&desk.state).is_none(), "the room is told no name");
    }
}
