// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the centre knows of a person: invented, in the elements of the public interface.

use uketsuke_bus::uplink1::Validity;
use uketsuke_link::elements::jst;
use uketsuke_receipt::{Element, Eligibility};

use crate::scenario::Person;

impl Person {
    /// What a receipt computer is told of this person.
    #[must_use]
    pub fn eligibility(&self, profile: &str) -> Eligibility {
        let at = jst(uketsuke_link::now());
        let (code, results) = match self.validity {
            Validity::Valid => ("1", 1),
            Validity::Invalid => ("2", 1),
            Validity::Newer => ("3", 2),
            Validity::NotFound => ("4", 0),
            Validity::Several => ("5", 0),
            Validity::ValidUnregistered => ("6", 1),
        };
        Eligibility {
            at,
            validity: code.to_owned(),
            results: (0..results).map(|at| insurance(profile, at)).collect(),
        }
    }
}

/// One 資格 of an invented insurer. Its 枝番 tells a second one apart.
fn insurance(profile: &str, at: usize) -> Vec<Element> {
    let (name, kana, birth, sex) = match profile {
        "normal-adult" => ("資格　一郎", "ｼｶｸ ｲﾁﾛｳ", "19750408", "1"),
        // 𠮷 is beyond Shift_JIS.
        "second-adult" => ("𠮷田　花子", "ﾖｼﾀﾞ ﾊﾅｺ", "19830619", "2"),
        _ => ("試験　太郎", "ﾃｽﾄ ﾀﾛｳ", "20010327", "1"),
    };
    let branch = format!("{:02}", at + 1);
    let elements = [
        ("InsuredCardClassification", "01"),
        ("InsurerNumber", "  123456"),
        ("InsuredCardSymbol", "１２・３４"),
        ("InsuredIdentificationNumber", "4260"),
        ("InsuredBranchNumber", branch.as_str()),
        ("PersonalFamilyClassification", "1"),
        ("InsuredName", name),
        ("Name", name),
        ("NameKana", kana),
        ("Sex1", sex),
        ("Birthdate", birth),
        ("Address", "見本県試験市一丁目２番３号 <A&B> 棟"),
        ("PostNumber", "123-4567"),
        ("QualificationDate", "20200401"),
        ("InsuredPartialContributionRatio", "030"),
        ("InsurerName", "見本健康保険組合"),
    ];
    let mut insurance: Vec<Element> = elements
        .map(|(name, text)| Element::text(name, text))
        .into();
    // The facility's own number of the patient, where it has given one to the centre.
    insurance.push(Element::text("ReferenceNumber", profile));
    insurance.push(Element::holding(
        "SpecificDiseasesCertificateList",
        vec![Element::holding(
            "SpecificDiseasesCertificateInfo",
            vec![
                Element::text("SpecificDiseasesDiseaseCategory", "1"),
                Element::text("SpecificDiseasesCertificateDate", "20260401"),
                Element::text("SpecificDiseasesSelfPay", "10000"),
            ],
        )],
    ));
    insurance
}
