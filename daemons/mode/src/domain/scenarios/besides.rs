// SPDX-License-Identifier: MIT OR Apache-2.0
//! P-10 and P-11: what is asked besides the consents.

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
