// SPDX-License-Identifier: MIT OR Apache-2.0
//! An invented check-in.
#![allow(dead_code, reason = "each test program uses its part")]

use std::collections::BTreeMap;

use uketsuke_receipt::{Answered, Element, Eligibility};

/// Of the session.
pub const SESSION: &str = "00112233445566778899aabbccddeeff";

/// What the patient said.
pub fn consents() -> BTreeMap<String, String> {
    let mut consents = BTreeMap::new();
    for what in [
        "OperationInfo",
        "DiagnosisName",
        "InfectiousInfo",
        "DiagnosisInfo",
        "AllergyInfo",
        "ContraindicationInfo",
        "TestInfo",
        "PharmacistsInfo",
        "PrescriptionInfo",
        "SpecificHealthCheckupsInfo",
    ] {
        for (of, text) in [
            ("ConsFlg", "1"),
            ("ConsTime", "20261201093000"),
            ("AvailableTime", "20261202093000"),
        ] {
            consents.insert(format!("{what}{of}"), text.to_owned());
        }
    }
    consents.insert("PrescriptionIssueSelect".to_owned(), "1".to_owned());
    consents
}

/// What the centre says: one 資格 with everything that there is.
pub fn eligibility(name: &str) -> Eligibility {
    let text = |(name, text): (&str, &str)| Element::text(name, text);
    let mut result: Vec<Element> = [
        ("InsuredCardClassification", "01"),
        ("InsurerNumber", "  123456"),
        ("InsuredCardSymbol", "１２・３４"),
        ("InsuredIdentificationNumber", "4260"),
        ("InsuredBranchNumber", "01"),
        ("PersonalFamilyClassification", "1"),
        ("Name", name),
        ("NameKana", "ｼｶｸ ｲﾁﾛｳ"),
        ("Sex1", "1"),
        ("Birthdate", "19750408"),
        ("Address", "見本県 <A&B> \"棟\" ]]>"),
        ("DisqualificationDate", ""),
        ("InsuredPartialContributionRatio", "030"),
        ("ReferenceNumber", ""),
    ]
    .map(text)
    .into();
    let elderly = [
        ("ElderlyRecipientCertificateDate", "20260401"),
        ("ElderlyRecipientContributionRatio", "020"),
    ];
    let disease = [
        ("SpecificDiseasesDiseaseCategory", "1"),
        ("SpecificDiseasesSelfPay", "10000"),
    ];
    let disease = || Element::holding("SpecificDiseasesCertificateInfo", disease.map(text).into());
    let ticket = [("TicketType", "01"), ("StatusOfInfecton", "02")];
    let ticket = Element::holding("MedicalTicketInfo", ticket.map(text).into());
    result.push(Element::holding(
        "ElderlyRecipientCertificateInfo",
        elderly.map(text).into(),
    ));
    let diseases = vec![disease(), disease()];
    result.push(Element::holding(
        "SpecificDiseasesCertificateList",
        diseases,
    ));
    result.push(Element::holding("PublicExpenseResultList", vec![ticket]));
    Eligibility {
        at: "20261201092955".to_owned(),
        validity: "1".to_owned(),
        results: vec![result],
    }
}

/// The check-in.
pub fn answered<'a>(consents: &'a BTreeMap<String, String>, name: &str) -> Answered<'a> {
    Answered {
        session: SESSION,
        institution: "1312345678",
        kind: "001",
        counter: 7,
        time: "20261201093000",
        consents,
        eligibility: eligibility(name),
    }
}
