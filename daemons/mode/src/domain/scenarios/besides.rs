// SPDX-License-Identifier: MIT OR Apache-2.0
//! P-10, P-11 and P-13b: what is asked besides the consents.

use uketsuke_bus::consent::PrescriptionForm;

use super::*;

fn asks(prescription: bool, subsidy: bool) -> Desk {
    Desk::new(Rules {
        prescription,
        subsidy,
        ..Rules::default()
    })
}

/// What went out.
fn chosen(desk: &Desk) -> (Option<PrescriptionForm>, Option<bool>) {
    let sent = desk.effects.iter().find_map(|effect| match effect {
        Effect::Complete {
            prescription,
            subsidy,
            ..
        } => Some((*prescription, *subsidy)),
        _ => None,
    });
    sent.expect("answers")
}

#[test]
fn form_of_prescription_and_certificates_are_asked_about_after_the_consents() {
    for (form, said) in [
        (Action::ElectronicPrescription, PrescriptionForm::Electronic),
        (Action::PaperPrescription, PrescriptionForm::Paper),
    ] {
        for (used, answer) in [(Action::Use, true), (Action::UseNot, false)] {
            let mut desk = asks(true, true);
            desk.answered(valid());
            assert_eq!(desk.press(Action::AgreeAll), ViewId::PrescriptionForm);
            assert_eq!(desk.press(form), ViewId::Subsidy);
            assert_eq!(desk.press(used), ViewId::Wait);
            assert_eq!(chosen(&desk), (Some(said), Some(answer)));
            assert_eq!(desk.durable(), ViewId::Done);
        }
    }
}

#[test]
fn each_is_asked_about_only_where_it_is_set_up() {
    let mut form = asks(true, false);
    form.answered(valid());
    assert_eq!(form.press(Action::AgreeAll), ViewId::PrescriptionForm);
    form.press(Action::PaperPrescription);
    assert_eq!(chosen(&form), (Some(PrescriptionForm::Paper), None));
    let mut certificates = asks(false, true);
    certificates.answered(with_earlier(Variant::X, &ALL));
    assert_eq!(certificates.press(Action::KeepEarlier), ViewId::Subsidy);
    certificates.press(Action::UseNot);
    assert_eq!(chosen(&certificates), (None, Some(false)));
    assert!(certificates.sent().2, "carried over");
}

#[test]
fn a_card_that_comes_back_goes_on_where_it_was() {
    let mut desk = asks(true, true);
    desk.answered(valid());
    desk.press(Action::AgreeAll);
    desk.press(Action::PaperPrescription);
    assert_eq!(desk.does(Event::CardLifted), ViewId::CardLifted);
    desk.place();
    let tag = desk.read_tag();
    assert_eq!(
        desk.does(Event::Certificate(tag, Ok(certificate(1)))),
        ViewId::Subsidy
    );
    desk.press(Action::Use);
    assert_eq!(chosen(&desk), (Some(PrescriptionForm::Paper), Some(true)));
}

#[test]
fn a_patient_who_gives_up_or_waits_too_long_has_chosen_nothing() {
    let mut desk = asks(true, true);
    desk.answered(valid());
    desk.press(Action::AgreeAll);
    desk.press(Action::PaperPrescription);
    desk.press(Action::Finish);
    assert!(desk.abandons());
    let mut slow = asks(true, true);
    slow.answered(valid());
    slow.press(Action::AgreeAll);
    assert_eq!(slow.wait(60), ViewId::TimedOut);
    assert!(slow.abandons());
}

#[test]
fn an_eligibility_check_alone_asks_about_neither() {
    let mut expired = asks(true, true);
    expired.answered(Verdict {
        certificate_expired: true,
        ..valid()
    });
    assert_eq!(expired.press(Action::Continue), ViewId::Wait);
    assert_eq!(chosen(&expired), (None, None));
    let mut nothing = Desk::new(Rules {
        prescription: true,
        subsidy: true,
        ..facility(Variant::Y, &[])
    });
    assert_eq!(nothing.answered(valid()), ViewId::Wait);
    assert_eq!(chosen(&nothing), (None, None));
}

fn asks_for_the_limit() -> Desk {
    Desk::new(Rules {
        high_cost: true,
        ..Rules::default()
    })
}

/// What went out of 限度額情報.
fn limit(desk: &Desk) -> Option<bool> {
    let sent = desk.effects.iter().find_map(|effect| match effect {
        Effect::Complete { high_cost, .. } => Some(*high_cost),
        _ => None,
    });
    sent.expect("answers")
}

#[test]
fn whether_the_limit_may_be_provided_is_asked_once_and_told_either_way() {
    for (action, said) in [(Action::Provide, true), (Action::ProvideNot, false)] {
        let mut desk = asks_for_the_limit();
        desk.answered(valid());
        assert_eq!(desk.press(Action::AgreeAll), ViewId::HighCost);
        let choices = [Action::Provide, Action::ProvideNot, Action::Finish];
        assert_eq!(desk.sees().choices, choices);
        assert_eq!(desk.press(action), ViewId::Wait);
        assert_eq!(limit(&desk), Some(said));
        assert_eq!(desk.durable(), ViewId::Done);
    }
}

#[test]
fn the_limit_comes_after_the_certificates() {
    let mut desk = Desk::new(Rules {
        subsidy: true,
        high_cost: true,
        ..Rules::default()
    });
    desk.answered(valid());
    assert_eq!(desk.press(Action::AgreeAll), ViewId::Subsidy);
    assert_eq!(desk.press(Action::UseNot), ViewId::HighCost);
    desk.press(Action::Provide);
    assert_eq!((chosen(&desk).1, limit(&desk)), (Some(false), Some(true)));
}

#[test]
fn who_carries_an_earlier_consent_over_is_asked_about_the_limit_all_the_same() {
    let mut desk = asks_for_the_limit();
    desk.answered(with_earlier(Variant::X, &ALL));
    assert_eq!(desk.press(Action::KeepEarlier), ViewId::HighCost);
    desk.press(Action::ProvideNot);
    assert!(desk.sent().2, "carried over");
    assert_eq!(limit(&desk), Some(false));
}

#[test]
fn a_card_lifted_at_the_limit_comes_back_to_it_and_another_does_not() {
    let mut desk = asks_for_the_limit();
    desk.answered(valid());
    desk.press(Action::AgreeAll);
    assert_eq!(desk.does(Event::CardLifted), ViewId::CardLifted);
    desk.place();
    let tag = desk.read_tag();
    assert_eq!(
        desk.does(Event::Certificate(tag, Ok(certificate(2)))),
        ViewId::Method
    );
    assert!(desk.abandons());
    let mut same = asks_for_the_limit();
    same.answered(valid());
    same.press(Action::AgreeAll);
    same.does(Event::CardLifted);
    same.place();
    let tag = same.read_tag();
    assert_eq!(
        same.does(Event::Certificate(tag, Ok(certificate(1)))),
        ViewId::HighCost
    );
}

#[test]
fn nobody_is_asked_about_the_limit_where_only_eligibility_is_checked_or_it_is_not_set_up() {
    let mut expired = asks_for_the_limit();
    expired.answered(Verdict {
        certificate_expired: true,
        ..valid()
    });
    assert_eq!(expired.press(Action::Continue), ViewId::Wait);
    assert_eq!(limit(&expired), None);
    let mut nothing = Desk::new(Rules {
        high_cost: true,
        ..facility(Variant::Y, &[])
    });
    assert_eq!(nothing.answered(valid()), ViewId::Wait);
    assert_eq!(limit(&nothing), None);
    let mut usual = Desk::new(Rules::default());
    usual.answered(valid());
    assert_eq!(usual.press(Action::AgreeAll), ViewId::Wait);
    assert_eq!(limit(&usual), None);
}

#[test]
fn who_gives_up_at_the_limit_or_waits_too_long_has_said_nothing() {
    let mut desk = asks_for_the_limit();
    desk.answered(valid());
    desk.press(Action::AgreeAll);
    desk.press(Action::Finish);
    assert!(desk.abandons());
    let mut slow = asks_for_the_limit();
    slow.answered(valid());
    slow.press(Action::AgreeAll);
    assert_eq!(slow.wait(60), ViewId::TimedOut);
    assert!(slow.abandons());
}
