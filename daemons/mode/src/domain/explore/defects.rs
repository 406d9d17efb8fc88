// SPDX-License-Identifier: MIT OR Apache-2.0
//! Defects planted to prove that the exploration finds them.

use uketsuke_bus::consent::{ConsentGroup, Variant};

use super::deeds::Who;
use super::ghost::Invariant;
use super::{Search, facility, in_a_run, with_choices, with_faces, with_letters, with_limit};
use crate::domain::Rules;
use crate::domain::rules::Defect;

#[test]
fn each_planted_defect_is_found_with_its_shortest_path() {
    use ConsentGroup::{CheckUps, Medicine};
    for (defect, label, expected) in [
        (
            Defect::AnyCardResumes,
            "any card takes up another's answers",
            Invariant::OneProof,
        ),
        (
            Defect::DoneBeforeDurable,
            "done before the consents are durable",
            Invariant::OneProof,
        ),
        (
            Defect::RepeatVerify,
            "VERIFY repeated after a transport error",
            Invariant::OneVerify,
        ),
        (
            Defect::KeepName,
            "the name stays after the end",
            Invariant::NothingRemains,
        ),
        (
            Defect::EndlessConsent,
            "P-06 without a time-out",
            Invariant::LeadsToIdle,
        ),
        (
            Defect::AssumeConsent,
            "a refusal counts as consent",
            Invariant::OwnConsent,
        ),
        (
            Defect::PhoneAskedAgain,
            "a phone still held is asked again after a wrong PIN",
            Invariant::OneVerify,
        ),
        (
            Defect::AnyPhoneSigned,
            "the certificate is read of whatever is held",
            Invariant::OneProof,
        ),
        (
            Defect::EndlessHold,
            "P-05 without a time-out",
            Invariant::LeadsToIdle,
        ),
        (
            Defect::VisualStays,
            "visual mode stays on after its patient",
            Invariant::OnePatient,
        ),
        (
            Defect::VisualOutlivesScreen,
            "visual mode outlives the screen it was opened on",
            Invariant::OnePatient,
        ),
        (
            Defect::EndlessVisual,
            "visual mode waits for ever",
            Invariant::LeadsToIdle,
        ),
        (
            Defect::LatePasscodeOpens,
            "a passcode that is right too late opens",
            Invariant::LateIsNothing,
        ),
        (
            Defect::HoldStays,
            "the terminal's visual mode stays on after its patient",
            Invariant::OnePatient,
        ),
        (
            Defect::HeldForEver,
            "the terminal's visual mode stays on while nobody comes",
            Invariant::LeadsToIdle,
        ),
        (
            Defect::RunGoesOn,
            "a run goes on after 中止",
            Invariant::OnePatient,
        ),
        (
            Defect::EndlessNotice,
            "P-14 waits for ever",
            Invariant::LeadsToIdle,
        ),
        (
            Defect::NoticeForAll,
            "P-14 also for an expired certificate",
            Invariant::Noticed,
        ),
        (
            Defect::AssumeUse,
            "利用しない counts as 利用する",
            Invariant::OwnConsent,
        ),
        (
            Defect::AssumeForm,
            "a form of prescription that nobody chose",
            Invariant::OwnConsent,
        ),
        (
            Defect::LimitCarriedOver,
            "引き継ぐ provides 限度額情報 as well",
            Invariant::OwnConsent,
        ),
        (
            Defect::AnyFace,
            "another person's face is taken for the holder's",
            Invariant::OneFace,
        ),
        (
            Defect::LateFaceSigns,
            "a face found too late signs",
            Invariant::LateIsNothing,
        ),
        (
            Defect::FaceSignsTwice,
            "a signature that failed is asked for again on the same face",
            Invariant::OneFace,
        ),
        (
            Defect::ComparedForEver,
            "a card is compared a fourth time",
            Invariant::OneFace,
        ),
        (
            Defect::EndlessCompare,
            "P-03 without a time-out",
            Invariant::LeadsToIdle,
        ),
        (
            Defect::CameraLooksOn,
            "the camera looks on after the patient has left",
            Invariant::OneFace,
        ),
        (
            Defect::SubmitAnyway,
            "提出しない submits what is ticked",
            Invariant::OwnConsent,
        ),
        (
            Defect::TicksForgotten,
            "ticks are lost with the page",
            Invariant::OwnConsent,
        ),
        (
            Defect::LettersForAll,
            "P-12 without any letter",
            Invariant::OwnConsent,
        ),
    ] {
        let who = match defect {
            Defect::PhoneAskedAgain | Defect::AnyPhoneSigned | Defect::EndlessHold => Who::Phones,
            Defect::VisualStays
            | Defect::VisualOutlivesScreen
            | Defect::EndlessVisual
            | Defect::LatePasscodeOpens => Who::Staff,
            Defect::HoldStays | Defect::HeldForEver | Defect::RunGoesOn => Who::Terminal,
            Defect::EndlessNotice | Defect::NoticeForAll => Who::Expiring,
            Defect::AnyFace
            | Defect::LateFaceSigns
            | Defect::FaceSignsTwice
            | Defect::ComparedForEver
            | Defect::EndlessCompare
            | Defect::CameraLooksOn => Who::Face,
            Defect::SubmitAnyway | Defect::TicksForgotten | Defect::LettersForAll => Who::Letters,
            _ => Who::Cards,
        };
        let rules = Rules {
            planted: Some(defect),
            ..match defect {
                _ if who == Who::Face => with_faces(),
                Defect::RunGoesOn => in_a_run(),
                Defect::AssumeUse => with_choices(facility(Variant::Y, &[CheckUps])),
                Defect::LimitCarriedOver => with_limit(facility(Variant::Y, &[CheckUps])),
                _ => with_letters(facility(Variant::Y, &[Medicine, CheckUps])),
            }
        };
        let found = Search::new(&rules, who).run().found;
        let (invariant, path) = found.unwrap_or_else(|| panic!("not found: {label}"));
        println!("{label}: {invariant:?}\n{path}");
        assert!(invariant == expected, "{label}: found as {invariant:?}");
    }
}
