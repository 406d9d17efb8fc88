// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with a face file, whoever wrote it. No finding quotes what the file says.

use std::fmt;

use crate::element::{Content, Element};
use crate::known::{DOCUMENT, Form, Known, RESULT, consent};
use crate::name::Named;
use crate::read;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A receipt computer may read it all the same.
    Odd,
    /// Some receipt computer will not take it, or will take it wrongly.
    Wrong,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub weight: Weight,
    /// Where: the path of an element, or `name`, or `file`.
    pub place: String,
    /// What.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Odd => "odd",
            Weight::Wrong => "wrong",
        };
        write!(f, "{weight}: {}: {}", self.place, self.what)
    }
}

/// What stands for a sign that was lost on the way.
const LOST: [char; 2] = ['●', '\u{FFFD}'];

/// Elements without which no public program takes a file.
const NEEDED: &[&[&str]] = &[
    &["MessageHeader", "QualificationConfirmationDate"],
    &["MessageHeader", "MedicalInstitutionCode"],
    &["MessageHeader", "SegmentOfResult"],
    &["MessageHeader", "CharacterCodeIdentifier"],
    &["MessageBody", "ProcessingResultStatus"],
    &["MessageBody", "QualificationValidity"],
];

/// Everything that is wrong or odd with a file of this name.
#[must_use]
pub fn check(name: &str, bytes: &[u8]) -> Vec<Finding> {
    let mut found = Found(Vec::new());
    if Named::read(name).is_none() {
        found.wrong("name", "not OQSsiquc01res_face_<id>_<yyyyMMddHHmmss>.xml");
    }
    let (document, code) = match read(bytes) {
        Ok(read) => read,
        Err(error) => {
            found.wrong("file", &error.to_string());
            return found.0;
        }
    };
    if document.name != "XmlMsg" {
        found.wrong("file", "the document is not XmlMsg");
        return found.0;
    }
    found.holds("XmlMsg", document.elements(), DOCUMENT);
    for path in NEEDED {
        let mut at = Some(&document);
        for name in *path {
            at = at.and_then(|element| element.get(name));
        }
        if at.and_then(Element::own_text).is_none_or(str::is_empty) {
            found.wrong(&format!("XmlMsg/{}", path.join("/")), "not there, or empty");
        }
    }
    found.encoding(&document, code);
    found.results(&document);
    found.0
}

struct Found(Vec<Finding>);

impl Found {
    fn add(&mut self, weight: Weight, place: &str, what: &str) {
        self.0.push(Finding {
            weight,
            place: place.to_owned(),
            what: what.to_owned(),
        });
    }

    fn wrong(&mut self, place: &str, what: &str) {
        self.add(Weight::Wrong, place, what);
    }

    fn odd(&mut self, place: &str, what: &str) {
        self.add(Weight::Odd, place, what);
    }

    /// The declaration and the element must say the same; programs trust the one or the other.
    fn encoding(&mut self, document: &Element, code: &str) {
        let place = "XmlMsg/MessageHeader/CharacterCodeIdentifier";
        let said = document
            .get("MessageHeader")
            .and_then(|header| header.said("CharacterCodeIdentifier"));
        match (said, code) {
            (Some("0"), "UTF-8") | (Some("1"), "Shift_JIS") | (None, _) => {}
            (Some("0" | "1"), _) => self.wrong(place, &format!("the file itself is {code}")),
            // Told by its form.
            (Some(_), _) => {}
        }
    }

    /// Where there is a 資格, there is a result.
    fn results(&mut self, document: &Element) {
        let Some(body) = document.get("MessageBody") else {
            return;
        };
        let found = matches!(
            body.said("QualificationValidity"),
            Some("1" | "2" | "3" | "6")
        );
        let list = body
            .get("ResultList")
            .map_or(0, |list| list.elements().len());
        if found && list == 0 {
            self.wrong(
                "XmlMsg/MessageBody/ResultList",
                "no result, and QualificationValidity says that there is one",
            );
        }
    }

    fn holds(&mut self, place: &str, elements: &[Element], table: &[Known]) {
        for element in elements {
            let place = format!("{place}/{}", element.name);
            let known = table.iter().find(|known| known.0 == element.name);
            // Consents stand among what is said of a 資格.
            let form = known.map(|known| known.1);
            let form = form.or_else(|| consent(&element.name).filter(|_| table == RESULT));
            match (form, &element.content) {
                (None, _) => self.odd(&place, "an element that no public program knows here"),
                (Some(Form::Holds(inside)), Content::Elements(elements)) => {
                    self.holds(&place, elements, inside);
                }
                // Written for "nothing".
                (Some(Form::Holds(_)), Content::Text(text)) if text.trim().is_empty() => {}
                (Some(form), Content::Text(text)) => {
                    if !form.fits(text) {
                        self.wrong(&place, &format!("not {}", form.wanted()));
                    }
                    if text.contains(LOST) {
                        self.odd(&place, "a sign was lost on the way (●); the kana are whole");
                    }
                }
                (Some(form), Content::Elements(_)) => {
                    self.wrong(&place, &format!("not {}", form.wanted()));
                }
            }
            if let Some(stem) = element.name.strip_suffix("ConsFlg") {
                let dated = elements
                    .iter()
                    .any(|other| other.name == format!("{stem}ConsTime"));
                if element.own_text() == Some("1") && !dated {
                    self.odd(&place, "a consent without its …ConsTime");
                }
            }
        }
        for (at, element) in elements.iter().enumerate() {
            let repeats = [
                "ResultOfQualificationConfirmation",
                "SpecificDiseasesCertificateInfo",
                "MedicalTicketInfo",
            ];
            let twice = elements[..at]
                .iter()
                .any(|other| other.name == element.name);
            if twice && !repeats.contains(&element.name.as_str()) {
                self.wrong(&format!("{place}/{}", element.name), "there twice");
            }
        }
    }
}
