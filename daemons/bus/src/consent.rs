// SPDX-License-Identifier: MIT OR Apache-2.0
//! Consent groups of the online eligibility check (オンライン資格確認) and the answers to them.

use serde::{Deserialize, Serialize};
use zbus::Type;

use crate::letter::LetterAnswer;

/// What one consent screen asks for. Codes: OQSCD036 of the public code table.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum ConsentGroup {
    /// SHJ 手術情報; in variant X with 傷病名 and 感染症 (screen P-09a).
    Surgery,
    /// SRJ 診療情報 together with YZK 薬剤情報 (screen P-09b).
    Care,
    /// YZK 薬剤情報 alone (screen P-09c).
    Medicine,
    /// TKK 特定健診情報 (screen P-09d).
    CheckUps,
}

/// Which wording and which elements a consent covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Variant {
    /// 傷病名等の閲覧 is set up at this facility.
    X,
    /// It is not.
    Y,
}

/// The categories a facility asks for, in the order of the screens. A consent given under other
/// categories may not be carried over (P-07).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Categories {
    /// Wording and elements.
    pub variant: Variant,
    /// The groups asked, at most one of [`ConsentGroup::Care`] and [`ConsentGroup::Medicine`].
    pub groups: Vec<ConsentGroup>,
}

/// One answer of the patient.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ConsentAnswer {
    /// What was asked.
    pub group: ConsentGroup,
    /// 同意する or 同意しない.
    pub agreed: bool,
}

/// 処方箋発行形態. Codes: OQSCD017 of the public code table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum PrescriptionForm {
    /// 1 電子処方箋.
    Electronic,
    /// 2 紙の処方箋.
    Paper,
}

/// All answers of one visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Consents {
    /// What the facility asked for at that time.
    pub categories: Categories,
    /// One answer per group asked; empty when no medical information is shared
    /// (certificate expired: eligibility only).
    pub answers: Vec<ConsentAnswer>,
    /// When the patient answered, seconds since 1970 (UTC).
    pub at: u64,
    /// Whether the patient carried an earlier consent over (P-07) instead of answering anew.
    pub carried_over: bool,
    /// The form of prescription that was chosen (P-10), where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prescription: Option<PrescriptionForm>,
    /// Whether certificates of public subsidy (医療費助成の受給者証) are to be used (P-11), where it was
    /// asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subsidy: Option<bool>,
    /// Whether the limit of what is paid (限度額情報) may be provided (P-13b), where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_cost: Option<bool>,
    /// One for each referral letter that was asked about (P-12), in the centre's order. Absent before
    /// there were any, so that what an earlier version has queued is still understood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub letters: Vec<LetterAnswer>,
}
