// SPDX-License-Identifier: MIT OR Apache-2.0
//! The JSON of both stretches. Reader → terminal and terminal → centre say the same things; where
//! they differ, the type's name says which stretch it is for.
//!
//! | Request | Reader → terminal | Terminal → centre |
//! | --- | --- | --- |
//! | `POST /v1/sessions` | – → [`Challenge`] | [`Opening`] → [`Challenge`] |
//! | `POST /v1/sessions/{session}/check-in` | [`Proof`] → [`Answer`] | same |
//! | `POST /v1/records` | [`Batch`] → [`Receipt`] | [`CentreBatch`] → [`Receipt`] |
//! | `GET /v1/heartbeat` | – → [`Heartbeat`] | – → [`Pulse`] |
//!
//! Anything but 200 carries a [`crate::fault::Fault`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uketsuke_bus::consent::{Categories, ConsentAnswer, Consents};
use uketsuke_bus::letter::Letter;
use uketsuke_bus::uplink1::{CheckInAnswer, Validity};

/// Most records in one batch.
pub const BATCH: usize = 64;
/// Most bytes of any request or answer body.
pub const BODY_BYTES: usize = 256 * 1024;

/// A new session.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// 32 hexadecimal digits.
    pub session: String,
    /// The 32-byte SHA-256 digest the card must sign, Base64.
    pub digest: String,
}

/// Whom the terminal opens a session for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The reader's name (common name of its certificate).
    pub reader: String,
}

/// What the card proved.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The authentication certificate (利用者証明用電子証明書), DER in Base64.
    pub certificate: String,
    /// PKCS #1 v1.5 signature over the session's digest, Base64.
    pub signature: String,
}

/// What the centre says to a valid proof.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// 資格有効性.
    pub validity: Validity,
    /// The certificate has expired within the last three months: eligibility only.
    pub certificate_expired: bool,
    /// カナ氏名.
    pub name_kana: Option<String>,
    /// Consents given here earlier or in マイナポータル.
    pub earlier: Option<Earlier>,
    /// Referral letters (診療情報提供書) to this facility that the patient has not consented to yet.
    pub letters: Vec<Letter>,
    /// When the centre checked, by its own clock, seconds since 1970 (UTC).
    pub at: u64,
}

/// Consents of an earlier visit.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// What the facility asked for then.
    pub categories: Categories,
    /// What the patient said.
    pub answers: Vec<ConsentAnswer>,
}

impl From<Answer> for CheckInAnswer {
    fn from(answer: Answer) -> Self {
        Self {
            validity: answer.validity,
            certificate_expired: answer.certificate_expired,
            name_kana: answer.name_kana,
            earlier: answer.earlier.map(|e| (e.categories, e.answers)),
            letters: answer.letters,
            at: answer.at,
        }
    }
}

/// What became of a session.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Matter {
    /// The patient answered; the visit is complete.
    Consents {
        /// The answers.
        consents: Consents,
    },
    /// The patient gave up, or the answer never reached the reader.
    Abandon,
}

/// One thing the reader must deliver.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Record {
    /// Idempotency key, 32 hexadecimal digits: the same key is stored once, however often sent.
    pub key: String,
    /// The session it belongs to.
    pub session: String,
    /// What happened.
    #[serde(flatten)]
    pub matter: Matter,
}

/// Records in the order they came about, at most [`BATCH`].
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The records.
    pub records: Vec<Record>,
}

/// What became of a batch. A key in neither list was not stored and is sent again.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Keys that are durable now.
    pub acknowledged: Vec<String>,
    /// Keys that will never be taken (another reader's session, malformed); not sent again.
    pub refused: Vec<String>,
}

/// One thing the terminal must deliver.
#[derive(Clone, Serialize, Deserialize)]
pub struct CentreRecord {
    /// The reader's idempotency key.
    pub key: String,
    /// The session it belongs to.
    pub session: String,
    /// What happened.
    #[serde(flatten)]
    pub matter: Matter,
    /// The consent elements of the public interface (`…ConsFlg`, `…ConsTime`,
    /// `…AvailableTime`), by full name; empty for an abandoned session and where nothing was
    /// asked.
    pub elements: BTreeMap<String, String>,
}

/// Records in the order they came about, at most [`BATCH`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CentreBatch {
    /// The records.
    pub records: Vec<CentreRecord>,
}

/// Whether a hop works, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HopUp {
    /// Whether it works.
    pub up: bool,
    /// Since when, seconds since 1970 (UTC).
    pub since: u64,
}

/// The terminal's view of what lies behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// 回線, from the terminal to the centre.
    pub network: HopUp,
    /// オンライン資格確認等システム.
    pub centre: HopUp,
}

/// The centre is there.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {}
