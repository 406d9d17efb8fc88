// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[facility]`: who the reader serves and what it asks for.

use serde::Deserialize;

use super::Problems;

/// A kind of medical information the facility takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Takes {
    /// 手術 (with 傷病名・感染症 where `diagnosis_names` is set): screen P-09a.
    Surgery,
    /// 診療・お薬: screen P-09b.
    Care,
    /// お薬 alone: screen P-09c.
    Medicine,
    /// 健診: screen P-09d.
    CheckUps,
}

/// `[facility]` of `reader.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FacilityConfig {
    /// 医療機関名, shown on the idle screen; 1 to 40 characters.
    pub name: String,
    /// Whether 傷病名等の閲覧 is set up (variant X of the consent screens).
    pub diagnosis_names: bool,
    /// What the facility takes, in the order of the screens; `care` and `medicine` exclude each
    /// other (どちらか), none appears twice.
    pub takes: Vec<Takes>,
    /// Whether 電子カルテ情報共有サービス is in use: patients are asked which referral letters
    /// (診療情報提供書) to submit (P-12).
    pub record_sharing: bool,
}

impl Default for FacilityConfig {
    fn default() -> Self {
        Self {
            name: "受付".into(),
            diagnosis_names: true,
            takes: vec![Takes::Surgery, Takes::Care, Takes::CheckUps],
            record_sharing: false,
        }
    }
}

impl FacilityConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        let length = self.name.chars().count();
        problems.range("facility.name", length, 1..=40, "characters");
        if self.name.chars().any(char::is_control) {
            problems.add("facility.name", "control characters cannot be shown");
        }
        if self.takes.is_empty() {
            problems.add("facility.takes", "empty; name at least one kind");
        }
        if (1..self.takes.len()).any(|i| self.takes[..i].contains(&self.takes[i])) {
            problems.add("facility.takes", "names a kind twice");
        }
        if self.takes.contains(&Takes::Care) && self.takes.contains(&Takes::Medicine) {
            problems.add(
                "facility.takes",
                "`care` already includes `medicine`; name one of them",
            );
        }
    }
}
