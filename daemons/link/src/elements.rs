// SPDX-License-Identifier: MIT OR Apache-2.0
//! Consent elements of the public interface between terminal and receipt computer
//! (外部インターフェイス仕様書): three per kind of information.
//!
//! `…ConsFlg` is 1 同意あり or 0 同意なし (OQSCD016), `…ConsTime` when the patient answered and
//! `…AvailableTime` until when the consent holds, both `yyyyMMddHHmmss` in Japan time.

use std::collections::BTreeMap;

use time::{OffsetDateTime, UtcOffset};
use uketsuke_bus::consent::{ConsentGroup, Consents, PrescriptionForm, Variant};
use uketsuke_bus::letter::{LETTERS, LetterAnswer, is_id};

/// Element of the form of prescription: 1 電子処方箋, 2 紙の処方箋 (OQSCD017).
pub const PRESCRIPTION: &str = "PrescriptionIssueSelect";

/// Name (without suffix) of the elements of 限度額情報: flag (OQSCD001) and time alone. No public source
/// has an `…AvailableTime` of it, so none is written.
pub const LIMIT: &str = "LimitApplicationCertificateRelated";

/// A consent holds for 24 hours after it was given.
pub const AVAILABLE_S: u64 = 24 * 60 * 60;

/// Names (without suffix) of the elements one consent screen sets.
///
/// Variant X (傷病名等の閲覧 set up) covers more kinds of information than variant Y.
#[must_use]
pub fn names(group: ConsentGroup, variant: Variant) -> &'static [&'static str] {
    match (group, variant) {
        (ConsentGroup::Surgery, Variant::Y) => &["OperationInfo"],
        (ConsentGroup::Surgery, Variant::X) => {
            &["OperationInfo", "DiagnosisName", "InfectiousInfo"]
        }
        (ConsentGroup::Care, Variant::Y) => &["DiagnosisInfo", "PharmacistsInfo"],
        (ConsentGroup::Care, Variant::X) => &[
            "DiagnosisInfo",
            "AllergyInfo",
            "ContraindicationInfo",
            "TestInfo",
            "PharmacistsInfo",
            "PrescriptionInfo",
        ],
        (ConsentGroup::Medicine, Variant::Y) => &["PharmacistsInfo"],
        (ConsentGroup::Medicine, Variant::X) => &["PharmacistsInfo", "PrescriptionInfo"],
        (ConsentGroup::CheckUps, _) => &["SpecificHealthCheckupsInfo"],
    }
}

/// All elements of one visit by full name.
#[must_use]
pub fn elements(consents: &Consents) -> BTreeMap<String, String> {
    let given = jst(consents.at);
    let until = jst(consents.at.saturating_add(AVAILABLE_S));
    let mut elements = BTreeMap::new();
    for answer in &consents.answers {
        for name in names(answer.group, consents.categories.variant) {
            elements.insert(format!("{name}ConsFlg"), flag(answer.agreed));
            elements.insert(format!("{name}ConsTime"), given.clone());
            elements.insert(format!("{name}AvailableTime"), until.clone());
        }
    }
    if let Some(provided) = consents.high_cost {
        elements.insert(format!("{LIMIT}ConsFlg"), flag(provided));
        elements.insert(format!("{LIMIT}ConsTime"), given);
    }
    if let Some(form) = consents.prescription {
        let code = match form {
            PrescriptionForm::Electronic => "1",
            PrescriptionForm::Paper => "2",
        };
        elements.insert(PRESCRIPTION.to_owned(), code.to_owned());
    }
    elements
}

/// 1 同意 or 0 未同意.
fn flag(agreed: bool) -> String {
    if agreed { "1" } else { "0" }.to_owned()
}

/// Whether the answers fit what was asked: one per group in the same order, or none at all
/// (eligibility only); no group twice; not both 診療・お薬 and お薬; a time that can be written; no
/// letter twice; nothing else where only eligibility was checked.
#[must_use]
pub fn is_consistent(consents: &Consents) -> bool {
    let groups = &consents.categories.groups;
    let distinct = groups
        .iter()
        .enumerate()
        .all(|(at, group)| !groups[..at].contains(group));
    let either =
        !(groups.contains(&ConsentGroup::Care) && groups.contains(&ConsentGroup::Medicine));
    let answered =
        consents.answers.is_empty() || consents.answers.iter().map(|a| &a.group).eq(groups.iter());
    let nothing_else = consents.prescription.is_none()
        && consents.subsidy.is_none()
        && consents.high_cost.is_none()
        && consents.letters.is_empty();
    let besides = !consents.answers.is_empty() || nothing_else;
    let letters = letters_are_consistent(&consents.letters);
    distinct && either && answered && besides && letters && consents.at <= LAST
}

fn letters_are_consistent(letters: &[LetterAnswer]) -> bool {
    let distinct = letters
        .iter()
        .enumerate()
        .all(|(at, letter)| letters[..at].iter().all(|other| other.id != letter.id));
    distinct && letters.len() <= LETTERS && letters.iter().all(|letter| is_id(&letter.id))
}

/// 9999-12-30 in Japan: the last time whose `…AvailableTime` still has four digits of year.
const LAST: u64 = 253_402_095_600;

/// `yyyyMMddHHmmss` in Japan time (UTC+9, no daylight saving time) of seconds since 1970. A time
/// past the year 9999 is written as the last second of that year.
#[must_use]
pub fn jst(at: u64) -> String {
    let offset = UtcOffset::from_hms(9, 0, 0).expect("nine hours is an offset");
    let t = i64::try_from(at)
        .ok()
        .and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok())
        .and_then(|t| t.checked_to_offset(offset));
    t.map_or_else(
        || "99991231235959".to_owned(),
        |t| {
            format!(
                "{:04}{:02}{:02}{:02}{:02}{:02}",
                t.year(),
                u8::from(t.month()),
                t.day(),
                t.hour(),
                t.minute(),
                t.second()
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use uketsuke_bus::consent::{Categories, ConsentAnswer};

    fn consents(variant: Variant, answers: &[(ConsentGroup, bool)]) -> Consents {
        Consents {
            categories: Categories {
                variant,
                groups: answers.iter().map(|a| a.0).collect(),
            },
            answers: answers
                .iter()
                .map(|&(group, agreed)| ConsentAnswer { group, agreed })
                .collect(),
            // 2026-11-21 00:30:05 in Japan is still the day before in UTC.
            at: 1_795_188_605,
            carried_over: false,
            prescription: None,
            subsidy: None,
            high_cost: None,
            letters: Vec::new(),
        }
    }

    #[test]
    fn the_form_of_prescription_has_its_element_and_comes_with_consents() {
        for (form, code) in [
            (PrescriptionForm::Electronic, "1"),
            (PrescriptionForm::Paper, "2"),
        ] {
            let mut given = Consents {
                prescription: Some(form),
                ..consents(Variant::Y, &[(ConsentGroup::CheckUps, true)])
            };
            assert!(is_consistent(&given));
            assert_eq!(elements(&given)["PrescriptionIssueSelect"], code);
            given.answers.clear();
            assert!(!is_consistent(&given));
        }
        let mut subsidy = consents(Variant::Y, &[(ConsentGroup::CheckUps, true)]);
        subsidy.subsidy = Some(false);
        assert!(is_consistent(&subsidy));
        assert!(!elements(&subsidy).contains_key(PRESCRIPTION));
        subsidy.answers.clear();
        assert!(!is_consistent(&subsidy));
    }

    #[test]
    fn the_limit_has_a_flag_and_a_time_and_comes_with_consents() {
        for (provided, flag) in [(true, "1"), (false, "0")] {
            let asked = consents(Variant::Y, &[(ConsentGroup::CheckUps, true)]);
            let without = elements(&asked);
            let mut given = Consents {
                high_cost: Some(provided),
                ..asked
            };
            assert!(is_consistent(&given));
            let mut all = elements(&given);
            let mut take = |suffix: &str| all.remove(&format!("{LIMIT}{suffix}"));
            assert_eq!(take("ConsFlg").as_deref(), Some(flag));
            assert_eq!(take("ConsTime").as_deref(), Some("20261121003005"));
            assert_eq!(all, without, "nothing else");
            given.answers.clear();
            assert!(!is_consistent(&given));
        }
    }

    #[test]
    fn letters_must_be_told_apart_and_come_with_consents() {
        let given = |ids: &[&str]| Consents {
            letters: ids
                .iter()
                .map(|id| LetterAnswer {
                    id: (*id).to_owned(),
                    submit: true,
                })
                .collect(),
            ..consents(Variant::Y, &[(ConsentGroup::CheckUps, false)])
        };
        assert!(is_consistent(&given(&["a", "b"])));
        assert!(!is_consistent(&given(&["a", "b", "a"])));
        assert!(!is_consistent(&given(&["a b"])));
        let many: Vec<_> = (0..=LETTERS).map(|n| n.to_string()).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert!(is_consistent(&given(&many[1..])));
        assert!(!is_consistent(&given(&many)));
        let mut eligibility_only = given(&["a"]);
        eligibility_only.answers.clear();
        assert!(!is_consistent(&eligibility_only));
    }

    #[test]
    fn times_are_japan_time() {
        assert_eq!(jst(0), "19700101090000");
        assert_eq!(jst(1_795_188_605), "20261121003005");
        assert_eq!(jst(951_793_200), "20000229120000");
        assert_eq!(jst(LAST + AVAILABLE_S), "99991231000000");
        assert_eq!(jst(u64::MAX), "99991231235959");
    }

    #[test]
    fn variant_y_sets_only_the_old_elements() {
        let all = elements(&consents(
            Variant::Y,
            &[
                (ConsentGroup::Surgery, true),
                (ConsentGroup::Care, false),
                (ConsentGroup::CheckUps, true),
            ],
        ));
        let expected = [
            ("DiagnosisInfo", "0"),
            ("OperationInfo", "1"),
            ("PharmacistsInfo", "0"),
            ("SpecificHealthCheckupsInfo", "1"),
        ];
        assert_eq!(all.len(), expected.len() * 3);
        for (name, flag) in expected {
            assert_eq!(all[&format!("{name}ConsFlg")], flag);
            assert_eq!(all[&format!("{name}ConsTime")], "20261121003005");
            assert_eq!(all[&format!("{name}AvailableTime")], "20261122003005");
        }
    }

    #[test]
    fn variant_x_sets_every_element_of_the_table() {
        let care = elements(&consents(
            Variant::X,
            &[
                (ConsentGroup::Surgery, true),
                (ConsentGroup::Care, true),
                (ConsentGroup::CheckUps, true),
            ],
        ));
        assert_eq!(care.len(), 10 * 3);
        let medicine = elements(&consents(Variant::X, &[(ConsentGroup::Medicine, true)]));
        assert_eq!(
            medicine.keys().collect::<Vec<_>>(),
            [
                "PharmacistsInfoAvailableTime",
                "PharmacistsInfoConsFlg",
                "PharmacistsInfoConsTime",
                "PrescriptionInfoAvailableTime",
                "PrescriptionInfoConsFlg",
                "PrescriptionInfoConsTime"
            ]
        );
    }

    #[test]
    fn answers_must_fit_the_questions() {
        use ConsentGroup::{Care, CheckUps, Medicine, Surgery};
        assert!(is_consistent(&consents(
            Variant::Y,
            &[(Surgery, true), (CheckUps, false)]
        )));
        assert!(!is_consistent(&consents(
            Variant::Y,
            &[(Surgery, true), (Surgery, true)]
        )));
        assert!(!is_consistent(&consents(
            Variant::Y,
            &[(Care, true), (Medicine, true)]
        )));
        let mut eligibility_only = consents(Variant::Y, &[(Surgery, true)]);
        eligibility_only.answers.clear();
        assert!(is_consistent(&eligibility_only));
        let mut missing = consents(Variant::Y, &[(Surgery, true), (CheckUps, true)]);
        missing.answers.pop();
        assert!(!is_consistent(&missing));
        let mut far = consents(Variant::Y, &[(Surgery, true)]);
        far.at = u64::MAX;
        assert!(!is_consistent(&far));
    }
}
