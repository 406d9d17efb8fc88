// SPDX-License-Identifier: MIT OR Apache-2.0
//! The document of one check-in.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use crate::element::Element;
use crate::encoding::Encoding;
use crate::known::is_time;
use crate::name;

/// Digits of 医療機関コード: prefecture 2, 点数表 1, number 7.
pub const CODE_DIGITS: usize = 10;

/// What the centre (オンライン資格確認等システム) knows of the patient of one session: terminal → centre,
/// `GET /v1/sessions/{session}/eligibility`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Eligibility {
    /// When the centre found it, by its own clock, `yyyyMMddHHmmss` in Japan.
    pub at: String,
    /// `QualificationValidity` (OQSCD006): 1 有効 … 6 有効（未登録）.
    pub validity: String,
    /// What each `ResultOfQualificationConfirmation` holds, without the consents.
    pub results: Vec<Vec<Element>>,
}

impl Eligibility {
    /// Whether it can be written: a time, and a validity that there is.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        is_time(&self.at) && matches!(self.validity.as_str(), "1" | "2" | "3" | "4" | "5" | "6")
    }
}

/// One check-in, as the terminal knows it.
pub struct Answered<'a> {
    /// 32 hexadecimal digits.
    pub session: &'a str,
    /// 医療機関コード, [`CODE_DIGITS`] digits.
    pub institution: &'a str,
    /// What stands between it and the counter in the name, three digits.
    pub kind: &'a str,
    /// No two files of a terminal have the same.
    pub counter: u64,
    /// When the visit was complete, `yyyyMMddHHmmss` in Japan.
    pub time: &'a str,
    /// What the patient consented to: the consent elements by full name, and `PrescriptionIssueSelect`.
    pub consents: &'a BTreeMap<String, String>,
    /// What the centre said.
    pub eligibility: Eligibility,
}

/// `PrescriptionIssueSelect` stands in the body; the consents stand in each result.
const PRESCRIPTION: &str = "PrescriptionIssueSelect";

impl Answered<'_> {
    /// The name of its file. The same check-in has the same name, however often it is written.
    #[must_use]
    pub fn name(&self) -> String {
        name::of(self.institution, self.kind, self.counter, self.time)
    }

    /// Its document.
    #[must_use]
    pub fn document(self, encoding: Encoding) -> Element {
        let Eligibility {
            at,
            validity,
            results,
        } = self.eligibility;
        let day = at.get(..8).unwrap_or_default().to_owned();
        let header = vec![
            Element::text("ProcessExecutionTime", at),
            Element::text("QualificationConfirmationDate", day),
            Element::text("MedicalInstitutionCode", self.institution),
            Element::text("ArbitraryFileIdentifier", identifier(self.session)),
            // 1 マイナンバーカード
            Element::text("ReferenceClassification", "1"),
            // 1 正常終了
            Element::text("SegmentOfResult", "1"),
            Element::text("CharacterCodeIdentifier", encoding.code()),
        ];
        let mut body = vec![
            // 1 正常終了
            Element::text("ProcessingResultStatus", "1"),
            Element::text("QualificationValidity", validity),
        ];
        if let Some(form) = self.consents.get(PRESCRIPTION) {
            body.push(Element::text(PRESCRIPTION, form));
        }
        let given = self
            .consents
            .iter()
            .filter(|(name, _)| *name != PRESCRIPTION);
        let given: Vec<_> = given
            .map(|(name, text)| Element::text(name, text))
            .collect();
        let results = results.into_iter().map(|mut result| {
            result.extend(given.iter().cloned());
            Element::holding("ResultOfQualificationConfirmation", result)
        });
        body.push(Element::holding("ResultList", results.collect()));
        Element::holding(
            "XmlMsg",
            vec![
                Element::holding("MessageHeader", header),
                Element::holding("MessageBody", body),
            ],
        )
    }
}

/// `ArbitraryFileIdentifier` of a session: its first twelve bytes, 16 characters of Base64 as those seen in
/// the field. So even whoever has the official file alone can tell which check-in it is of.
#[must_use]
pub fn identifier(session: &str) -> String {
    let bytes = session.as_bytes().chunks(2).take(12);
    let bytes: Vec<u8> = bytes
        .map_while(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    BASE64_STANDARD.encode(bytes)
}

/// What lies beside a face file: which reader it came about at, which it does not say itself. JSON, with the
/// same name but for `.json`; it is there before the face file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideCar {
    /// The name of the face file.
    pub file: String,
    /// The card reader's name.
    pub reader: String,
    /// 32 hexadecimal digits.
    pub session: String,
    /// `ArbitraryFileIdentifier` of the file.
    pub identifier: String,
    /// When the patient came to the reader, `yyyyMMddHHmmss` in Japan.
    pub opened: String,
    /// When the visit was complete.
    pub completed: String,
}

impl SideCar {
    /// The name of the one beside this face file.
    #[must_use]
    pub fn name(file: &str) -> String {
        format!("{}.json", file.strip_suffix(".xml").unwrap_or(file))
    }
}
