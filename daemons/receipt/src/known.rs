// SPDX-License-Identifier: MIT OR Apache-2.0
//! The elements that public programs know, and the form of what each holds.

/// The form of a text. An empty one says that there is nothing to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Anything.
    Free,
    /// One of these codes.
    Code(&'static [&'static str]),
    /// So many digits.
    Digits(usize),
    /// Digits, padded with spaces on the left to so many characters.
    Padded(usize),
    /// `yyyyMMdd`.
    Day,
    /// `yyyyMMddHHmmss`.
    Time,
    /// Other elements: those of this table.
    Holds(&'static [Known]),
}

/// Name and form.
pub(crate) type Known = (&'static str, Form);

use Form::{Code, Day, Digits, Free, Holds, Padded, Time};

const YES_OR_NO: Form = Code(&["0", "1"]);
/// OQSCD016.
const CONSENT: Form = Code(&["0", "1", "2", "3"]);

/// The whole document.
pub(crate) const DOCUMENT: &[Known] = &[
    ("MessageHeader", Holds(HEADER)),
    ("MessageBody", Holds(BODY)),
];

const HEADER: &[Known] = &[
    ("ProcessExecutionTime", Time),
    ("QualificationConfirmationDate", Day),
    ("MedicalInstitutionCode", Digits(10)),
    ("ArbitraryFileIdentifier", Free),
    // OQSCD002; one public program writes other values into the imports of one receipt computer.
    ("ReferenceClassification", Free),
    // OQSCD003. One comment in public code has 3 for 異常終了.
    ("SegmentOfResult", Code(&["1", "2", "3", "9"])),
    ("ErrorCode", Free),
    ("ErrorMessage", Free),
    ("CharacterCodeIdentifier", YES_OR_NO),
];

const BODY: &[Known] = &[
    ("ProcessingResultStatus", Code(&["1", "2"])),
    ("ProcessingResultCode", Free),
    ("ProcessingResultMessage", Free),
    (
        "QualificationValidity",
        Code(&["1", "2", "3", "4", "5", "6"]),
    ),
    ("PrescriptionIssueSelect", PRESCRIPTION),
    ("QualificationConfirmSearchInfo", Holds(SEARCH)),
    ("ResultList", Holds(LIST)),
];

const PRESCRIPTION: Form = Code(&["1", "2"]);

const SEARCH: &[Known] = &[
    ("InsurerNumber", Padded(8)),
    ("InsuredCardSymbol", Free),
    ("InsuredIdentificationNumber", Free),
    ("InsuredBranchNumber", Free),
    ("Birthdate", Day),
    ("LimitApplicationCertificateRelatedConsFlg", YES_OR_NO),
    ("ArbitraryIdentifier", Free),
];

const LIST: &[Known] = &[("ResultOfQualificationConfirmation", Holds(RESULT))];

/// One 資格. The consent elements ([`consent`]) stand among these.
pub(crate) const RESULT: &[Known] = &[
    (
        "InsuredCardClassification",
        Code(&["01", "02", "03", "04", "05", "06", "07", "A1"]),
    ),
    ("InsurerNumber", Padded(8)),
    ("InsuredCardSymbol", Free),
    ("InsuredIdentificationNumber", Free),
    ("InsuredBranchNumber", Free),
    ("PersonalFamilyClassification", Code(&["1", "2"])),
    ("InsuredName", Free),
    ("Name", Free),
    ("NameOfOther", Free),
    ("NameKana", Free),
    ("NameOfOtherKana", Free),
    ("Sex1", Code(&["1", "2", "3"])),
    ("Sex2", Code(&["1", "2", "3"])),
    ("Birthdate", Day),
    ("Address", Free),
    ("PostNumber", Free),
    ("QualificationDate", Day),
    ("DisqualificationDate", Day),
    ("InsuredCertificateIssuanceDate", Day),
    ("InsuredCardValidDate", Day),
    ("InsuredCardExpirationDate", Day),
    ("InsuredPartialContributionRatio", Digits(3)),
    ("PreschoolClassification", Code(&["1", "2"])),
    ("ReasonOfLoss", Code(&["01", "02", "03", "99"])),
    ("InsurerName", Free),
    ("PrescriptionIssueSelect", PRESCRIPTION),
    ("ElderlyRecipientCertificateInfo", Holds(ELDERLY)),
    ("LimitApplicationCertificateRelatedConsFlg", YES_OR_NO),
    ("LimitApplicationCertificateRelatedConsTime", Time),
    ("LimitApplicationCertificateRelatedInfo", Holds(LIMIT)),
    ("SpecificDiseasesCertificateRelatedConsFlg", CONSENT),
    ("SpecificDiseasesCertificateRelatedConsTime", Time),
    ("SpecificDiseasesCertificateList", Holds(DISEASES)),
    ("PublicExpenseResultList", Holds(EXPENSES)),
    ("ReferenceNumber", Free),
    ("ArbitraryIdentifier", Free),
];

const ELDERLY: &[Known] = &[
    ("ElderlyRecipientCertificateDate", Day),
    ("ElderlyRecipientValidStartDate", Day),
    ("ElderlyRecipientValidEndDate", Day),
    ("ElderlyRecipientContributionRatio", Digits(3)),
];

const LIMIT: &[Known] = &[
    (
        "LimitApplicationCertificateClassification",
        Code(&["01", "02", "03"]),
    ),
    (
        "LimitApplicationCertificateClassificationFlag",
        Code(&[
            "A01", "A02", "A03", "A04", "A05", "A06", "B01", "B02", "B03", "B04", "B05", "B06",
            "B07", "B08", "B09", "B10",
        ]),
    ),
    ("LimitApplicationCertificateDate", Day),
    ("LimitApplicationCertificateValidStartDate", Day),
    ("LimitApplicationCertificateValidEndDate", Day),
    ("LimitApplicationCertificateLongTermDate", Day),
];

const DISEASES: &[Known] = &[("SpecificDiseasesCertificateInfo", Holds(DISEASE))];

const DISEASE: &[Known] = &[
    ("SpecificDiseasesDiseaseCategory", Code(&["1", "2", "3"])),
    ("SpecificDiseasesCertificateDate", Day),
    ("SpecificDiseasesValidStartDate", Day),
    ("SpecificDiseasesValidEndDate", Day),
    ("SpecificDiseasesSelfPay", Free),
];

const EXPENSES: &[Known] = &[("MedicalTicketInfo", Holds(TICKET))];

/// 医療券. `StatusOfInfecton` is spelt so.
const TICKET: &[Known] = &[
    ("TicketType", Code(&["01", "02"])),
    ("MedicalTicketValidDate", Day),
    ("MedicalTicketExpirationDate", Day),
    ("IssueNumber", Free),
    ("MedicalTreatmentMonth", Free),
    ("DesignatedMedicalInstitutionCode", Free),
    ("DesignatedMedicalInstitutionFlag", YES_OR_NO),
    ("DesignatedMedicalInstitutionName", Free),
    ("PrescriptionIssuerMedicalInstitutionCode", Free),
    ("PrescriptionIssuerMedicalInstitutionName", Free),
    ("InjuryName1", Free),
    ("InjuryName2", Free),
    ("InjuryName3", Free),
    (
        "MedicalTreatmentType",
        Code(&["01", "02", "03", "04", "05"]),
    ),
    ("SelfPayAmount", Free),
    ("DistrictContactName", Free),
    ("HandlingContactName", Free),
    ("SingleOrCombinedUse", Code(&["01", "02"])),
    ("StatusOfSocialInsurance", Code(&["01", "02"])),
    ("ConsistencyFlag", Free),
    ("StatusOfInfecton", Code(&["01", "02"])),
    ("StatusOfElderlyMedicalCare", Code(&["01", "02"])),
    ("StatusOfPrefecturalExpenses", Code(&["01", "02"])),
    ("Remarks1", Free),
    ("Remarks2", Free),
    ("Remarks3", Free),
];

/// What the consent elements begin with. The second is how one public program spells it.
const CONSENTS: &[&str] = &[
    "PharmacistsInfo",
    "PharmaceuticalInfo",
    "SpecificHealthCheckupsInfo",
    "DiagnosisInfo",
    "OperationInfo",
    "DiagnosisName",
    "InfectiousInfo",
    "AllergyInfo",
    "ContraindicationInfo",
    "TestInfo",
    "PrescriptionInfo",
];

/// What a consent element holds, if this is the name of one.
pub(crate) fn consent(name: &str) -> Option<Form> {
    CONSENTS
        .iter()
        .find_map(|what| match name.strip_prefix(what)? {
            "ConsFlg" => Some(CONSENT),
            "ConsTime" | "AvailableTime" | "AcquisitionTime" => Some(Time),
            _ => None,
        })
}

/// Whether this is the name of a consent element: `…ConsFlg`, `…ConsTime`, `…AvailableTime`.
#[must_use]
pub fn is_consent(name: &str) -> bool {
    consent(name).is_some()
}

impl Form {
    /// Whether a text has it.
    pub(crate) fn fits(self, text: &str) -> bool {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        match self {
            _ if text.is_empty() => true,
            Free => true,
            Holds(_) => false,
            Code(codes) => codes.contains(&text),
            Digits(count) => text.len() == count && digits(text),
            Padded(count) => text.len() == count && digits(text.trim_start_matches(' ')),
            Day => is_day(text),
            Time => is_time(text),
        }
    }

    /// What a text should be.
    pub(crate) fn wanted(self) -> String {
        match self {
            Free => "a text".to_owned(),
            Holds(_) => "other elements".to_owned(),
            Code(codes) => format!("one of {}", codes.join(", ")),
            Digits(count) => format!("{count} digits"),
            Padded(count) => format!("digits, with spaces before them to {count} characters"),
            Day => "a day, yyyyMMdd".to_owned(),
            Time => "a time, yyyyMMddHHmmss".to_owned(),
        }
    }
}

/// `yyyyMMdd`.
fn is_day(text: &str) -> bool {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let number = |at: std::ops::Range<usize>| text[at].parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(0..4), number(4..6), number(6..8));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    // 99999999 says "without end".
    (1..=last).contains(&day) || text == "99999999"
}

/// `yyyyMMddHHmmss`.
pub(crate) fn is_time(text: &str) -> bool {
    let Some((day, time)) = text.split_at_checked(8) else {
        return false;
    };
    let below =
        |at: std::ops::Range<usize>, limit: &str| time.get(at).is_some_and(|part| part < limit);
    is_day(day)
        && time.len() == 6
        && time.bytes().all(|b| b.is_ascii_digit())
        && below(0..2, "24")
        && below(2..4, "60")
        && below(4..6, "60")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
        for (form, good, bad) in [
            (
                Digits(3),
                &["010", "", "300"][..],
                &["10", "1000", "1O0"][..],
            ),
            (
                Padded(8),
                &["  123456", "12345678"],
                &["123456", "12 34567", "123456  "],
            ),
            (
                Day,
                &["20240229", "20000229", "20261231", "99999999"],
                &[
                    "20230229", "19000229", "20261301", "20260431", "2026041", "20260400",
                ],
            ),
            (
                Time,
                &["20261201235959"],
                &[
                    "20261201240000",
                    "20261201096000",
                    "20261201090060",
                    "20261201",
                    "99999999",
                ],
            ),
            (CONSENT, &["0", "3"], &["4", "01"]),
        ] {
            for text in good {
                assert!(form.fits(text), "{form:?} {text:?}");
            }
            for text in bad {
                assert!(!form.fits(text), "{form:?} {text:?}");
            }
        }
    }

    #[test]
    fn consents_are_known_in_both_spellings() {
        assert_eq!(consent("PharmacistsInfoConsFlg"), Some(CONSENT));
        assert_eq!(consent("PharmaceuticalInfoAcquisitionTime"), Some(Time));
        assert_eq!(consent("DiagnosisNameAvailableTime"), Some(Time));
        for name in [
            "PharmacistsInfo",
            "PharmacistsInfoX",
            "Name",
            "TestInfoConsFlag",
        ] {
            assert!(!is_consent(name), "{name}");
        }
    }
}
