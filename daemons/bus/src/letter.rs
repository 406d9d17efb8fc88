// SPDX-License-Identifier: MIT OR Apache-2.0
//! Referral letters (診療情報提供書) that wait for the patient's consent (電子カルテ情報共有サービス).

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::day::Day;

/// Most letters one patient is asked about at one visit.
pub const LETTERS: usize = 60;
/// Most characters of an id.
pub const ID_CHARACTERS: usize = 64;
/// Most characters of the name of a facility or a department.
pub const NAME_CHARACTERS: usize = 60;

/// A letter to this facility that its patient has not consented to yet.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// The centre's name for it: 1 to 64 ASCII letters, digits and hyphens.
    pub id: String,
    /// 発行日.
    pub issued: Day,
    /// 医療機関 that issued it, 1 to 60 characters.
    pub facility: String,
    /// 診療科 there, 1 to 60 characters.
    pub department: String,
}

impl Letter {
    /// Whether it is as its fields say.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let named = |name: &str| {
            (1..=NAME_CHARACTERS).contains(&name.chars().count())
                && !name.chars().any(char::is_control)
        };
        is_id(&self.id) && self.issued.exists() && named(&self.facility) && named(&self.department)
    }
}

impl Drop for Letter {
    fn drop(&mut self) {
        self.facility.zeroize();
        self.department.zeroize();
    }
}

/// Whether a letter may be called so.
#[must_use]
pub fn is_id(id: &str) -> bool {
    (1..=ID_CHARACTERS).contains(&id.len())
        && id.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
}

/// What the patient said to one letter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LetterAnswer {
    /// The letter's id.
    pub id: String,
    /// 提出する or not.
    pub submit: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter {
            id: "L-1".into(),
            issued: Day {
                year: 2026,
                month: 11,
                day: 5,
            },
            facility: "〇".repeat(NAME_CHARACTERS),
            department: "内科".into(),
        }
    }

    #[test]
    fn a_letter_is_taken_whole_or_not_at_all() {
        assert!(letter().is_valid());
        let bad: [fn(&mut Letter); 7] = [
            |l| l.id.clear(),
            |l| l.id = "a".repeat(ID_CHARACTERS + 1),
            |l| l.id = "a b".into(),
            |l| l.issued.day = 31,
            |l| l.facility.push('院'),
            |l| l.department.clear(),
            |l| l.department = "内\n科".into(),
        ];
        for spoil in bad {
            let mut letter = letter();
            spoil(&mut letter);
            assert!(!letter.is_valid(), "{}", letter.id);
        }
    }
}
