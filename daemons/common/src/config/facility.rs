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

/// Which prescriptions the facility issues; OQSCD038 of the public code table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prescriptions {
    /// 0: none.
    None,
    /// 1: 電子処方箋 alone.
    Electronic,
    /// 2: 電子処方箋 and 紙の処方箋.
    Both,
    /// 3: 紙の処方箋 alone.
    Paper,
}

/// When the patient is asked which form he wants; OQSCD039 of the public code table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrescriptionAsked {
    /// 1: not here.
    Elsewhere,
    /// 2: 資格確認時に確認する, on screen P-10.
    AtCheck,
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
    /// Which prescriptions the facility issues.
    pub prescriptions: Prescriptions,
    /// When the patient is asked which form he wants; at the check-in only where both are issued.
    pub prescription_asked: PrescriptionAsked,
    /// Whether the facility is connected for 医療費助成 (PMH): patients are asked whether to use their
    /// certificates (P-11).
    pub medical_subsidy: bool,
    /// Whether patients are asked if the limit of what they pay (限度額情報 of 高額療養費制度) may be
    /// provided (P-13b), as before 2024-10-07.
    pub high_cost_asked: bool,
    /// Whether 電子カルテ情報共有サービス is in use: patients are asked which referral letters
    /// (診療情報提供書) to submit (P-12).
    pub record_sharing: bool,
    /// Whether phones (スマートフォンのマイナ保険証) are offered, where there is a reader for them.
    pub phones: bool,
}

impl Default for FacilityConfig {
    fn default() -> Self {
        Self {
            name: "受付".into(),
            diagnosis_names: true,
            takes: vec![Takes::Surgery, Takes::Care, Takes::CheckUps],
            prescriptions: Prescriptions::None,
            prescription_asked: PrescriptionAsked::Elsewhere,
            medical_subsidy: false,
            high_cost_asked: false,
            record_sharing: false,
            phones: true,
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
        let asked = self.prescription_asked == PrescriptionAsked::AtCheck;
        if asked && self.prescriptions != Prescriptions::Both {
            problems.add(
                "facility.prescription_asked",
                "`at-check`, but there is nothing to choose unless `facility.prescriptions` is `both`",
            );
        }
        if self.takes.contains(&Takes::Care) && self.takes.contains(&Takes::Medicine) {
            problems.add(
                "facility.takes",
                "`care` already includes `medicine`; name one of them",
            );
        }
    }
}
