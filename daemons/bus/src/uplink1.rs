// SPDX-License-Identifier: MIT OR Apache-2.0
//! `jp.uketsuke.Uplink1`: the way to the terminal (資格確認端末) and the centre.

use serde::{Deserialize, Serialize};
use zbus::{OwnedFd, Type};

use crate::consent::{Categories, ConsentAnswer};
use crate::letter::Letter;
pub use crate::view::Hop;

/// State of one hop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HopState {
    /// Which hop.
    pub hop: Hop,
    /// Whether it works.
    pub up: bool,
    /// Since when, seconds since 1970 (UTC).
    pub since: u64,
}

/// 資格有効性, OQSCD006 of the public code table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Validity {
    /// 1 有効.
    Valid,
    /// 2 無効.
    Invalid,
    /// 3 無効（新しい資格あり）.
    Newer,
    /// 4 該当資格なし.
    NotFound,
    /// 5 複数該当.
    Several,
    /// 6 有効（未登録）.
    ValidUnregistered,
}

/// What the card proved, for `CheckIn`: JSON in a sealed memory file.
#[derive(Serialize, Deserialize)]
pub struct CheckInRequest {
    /// The authentication certificate, DER in Base64.
    pub certificate: String,
    /// PKCS #1 v1.5 signature over the session's digest, Base64.
    pub signature: String,
}

/// What the centre said, for `mode`: JSON in a sealed memory file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInAnswer {
    /// Whether there is a valid insurance.
    pub validity: Validity,
    /// Whether the certificate has expired (within three months: eligibility only).
    pub certificate_expired: bool,
    /// カナ氏名.
    pub name_kana: Option<String>,
    /// Consents given here earlier or in マイナポータル, and under which categories.
    pub earlier: Option<(Categories, Vec<ConsentAnswer>)>,
    /// Referral letters to this facility that the patient has not consented to yet; at most
    /// [`crate::letter::LETTERS`] are asked about.
    pub letters: Vec<Letter>,
    /// When the centre checked, by its own clock, seconds since 1970 (UTC).
    pub at: u64,
}

/// Most bytes of a [`CheckInRequest`] as JSON.
pub const REQUEST_BYTES: usize = 8192;
/// Most bytes of a [`CheckInAnswer`] as JSON.
pub const ANSWER_BYTES: usize = 64 * 1024;
/// Most bytes of [`crate::consent::Consents`] as JSON.
pub const CONSENTS_BYTES: usize = 16 * 1024;

/// Why a call failed.
#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "jp.uketsuke.Uplink1.Error")]
pub enum Uplink1Error {
    /// The bus itself failed.
    #[zbus(error)]
    ZBus(zbus::Error),
    /// The terminal (資格確認端末) does not answer.
    TerminalDown(String),
    /// The terminal answers, but its line to the centre is down.
    NetworkDown(String),
    /// The centre does not answer, or answers with a fault of its own.
    CentreDown(String),
    /// The centre refused: the chain does not end in a root it trusts.
    UntrustedCertificate(String),
    /// The centre refused: the certificate expired more than three months ago.
    CertificateExpired(String),
    /// The centre refused: the signature is not by this certificate over this session's digest.
    BadSignature(String),
    /// The centre refused: the session is over or was already used.
    SessionOver(String),
    /// No such session, or it was given up.
    UnknownSession(String),
    /// The content of the memory file is not what the method takes.
    BadRequest(String),
    /// The descriptor is no sealed memory file of the right size.
    BadSecret(String),
    /// The queue cannot store; nothing was accepted.
    QueueFailed(String),
    /// A defect of ours; the log says more.
    Internal(String),
}

/// For `mode` (methods) and for whoever may watch the state (properties).
#[zbus::proxy(
    interface = "jp.uketsuke.Uplink1",
    default_service = "jp.uketsuke.Uplink1",
    default_path = "/jp/uketsuke/Uplink1"
)]
pub trait Uplink1 {
    /// The hops in the order of the way.
    #[zbus(property)]
    fn hops(&self) -> Result<Vec<HopState>, zbus::fdo::Error>;

    /// Records not yet acknowledged by the terminal.
    #[zbus(property)]
    fn queued(&self) -> Result<u32, zbus::fdo::Error>;

    /// Opens a session: its id and the 32-byte digest the card must sign.
    ///
    /// Errors: `TerminalDown`, `NetworkDown`, `CentreDown`.
    fn challenge(&self) -> Result<(String, Vec<u8>), Uplink1Error>;

    /// Sends what the card proved (JSON of [`CheckInRequest`]) and returns the centre's answer
    /// (JSON of [`CheckInAnswer`]). The request is in the durable queue before it is sent.
    ///
    /// Errors: `TerminalDown`, `NetworkDown`, `CentreDown`, `UntrustedCertificate`,
    /// `CertificateExpired`, `BadSignature`, `SessionOver`, `UnknownSession`, `BadRequest`,
    /// `BadSecret`, `QueueFailed`.
    fn check_in(&self, session: &str, request: OwnedFd) -> Result<OwnedFd, Uplink1Error>;

    /// Records the patient's answers (JSON of [`crate::consent::Consents`]). Returns once they are
    /// durable; they reach the centre exactly once, however long the line is down.
    ///
    /// Errors: `UnknownSession`, `BadRequest`, `BadSecret`, `QueueFailed`.
    fn complete(&self, session: &str, consents: OwnedFd) -> Result<(), Uplink1Error>;

    /// The patient gave up or was timed out: nothing more comes for this session.
    ///
    /// Errors: `UnknownSession`, `QueueFailed`.
    fn abandon(&self, session: &str) -> Result<(), Uplink1Error>;

    /// Records what happened to 目視確認: which event ([`crate::staff::StaffEvent`]), when (seconds since
    /// 1970, UTC), whose passcode it was (empty: nobody's), and for how many seconds it had been on.
    /// Durable on return; reaches the terminal exactly once. The same `key` (32 hexadecimal digits) is
    /// recorded once.
    ///
    /// Errors: `BadRequest`, `QueueFailed`.
    fn note(
        &self,
        key: &str,
        event: &str,
        at: u64,
        account: &str,
        seconds: u32,
    ) -> Result<(), Uplink1Error>;
}
