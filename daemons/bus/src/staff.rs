// SPDX-License-Identifier: MIT OR Apache-2.0
//! `jp.uketsuke.Mode1.Staff`: what staff do to this reader from the terminal: passcodes
//! (目視確認用パスコード), operation modes (運転モード) and the facility profile (環境設定情報). Served by the mode manager, for the uplink alone.

use serde::{Deserialize, Serialize};
use zbus::OwnedFd;
use zbus::zvariant::Type;

/// Most bytes of an account's id.
pub const ACCOUNT_BYTES: usize = 64;

/// Whether this is the id of an account: 1 to 64 letters, digits, `.`, `_` or `-`, all ASCII.
#[must_use]
pub fn is_account(id: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=ACCOUNT_BYTES).contains(&id.len()) && id.bytes().all(letter)
}

/// What takes the place of a profile's id where the reader is on its own `reader.toml`.
pub const OWN_PROFILE: &str = "own";

/// Whether this is the id of a facility profile (環境設定情報): 32 hexadecimal digits.
#[must_use]
pub fn is_profile_id(id: &str) -> bool {
    id.len() == 32
        && id
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Why a facility profile is refused: where, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Objection {
    /// Line from 1; 0 where none is to blame.
    pub line: u32,
    /// Dotted key, as `mode.warning_s`; empty where none is to blame.
    pub key: String,
    /// What is wrong, and what would be right, in English.
    pub what: String,
}

/// How a reader keeps its staff passcodes. On the wire in kebab-case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum Keeping {
    /// Not at all: something is missing or fails, and the log says what.
    None,
    /// In the weaker form, for boards without a TPM: an older state that is put back is not recognised.
    Unbound,
    /// Bound to a counter in the TPM.
    Bound,
}

/// What happened to 目視確認 and to the operation mode of a reader (MODE-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum StaffEvent {
    /// A passcode opened it.
    Opened,
    /// A passcode did not.
    NotOpened,
    /// Over: the card has signed, it has served its patient.
    Served,
    /// Over: 中止, or 終了する.
    Stopped,
    /// Over: no card came in time.
    Elapsed,
    /// Over: the card was lifted before it signed.
    CardLifted,
    /// Over: what was placed is no card that it could serve, did not answer, or refused.
    CardFailed,
    /// Over: the screen or the reader left.
    PartGone,
    /// Over: the way to the centre broke.
    LinkDown,
    /// Over: no account has a passcode any more.
    Withdrawn,
    /// The terminal holds the reader in 暗証番号認証固定 from now on.
    HeldPinOnly,
    /// The terminal holds the reader in 目視確認 from now on.
    HeldVisual,
    /// Staff have vouched at the terminal for the patient who comes next (目視で本人確認完了).
    Vouched,
    /// The terminal put the reader back to 無人運転.
    Released,
    /// The terminal gave the reader a facility profile (環境設定情報).
    ProfileSet,
    /// The terminal put the reader back on its own `reader.toml`.
    ProfileWithdrawn,
    /// What was kept of the facility profile could not be used when the reader started.
    ProfileLost,
}

impl StaffEvent {
    /// Every one.
    pub const ALL: [Self; 17] = [
        Self::Opened,
        Self::NotOpened,
        Self::Served,
        Self::Stopped,
        Self::Elapsed,
        Self::CardLifted,
        Self::CardFailed,
        Self::PartGone,
        Self::LinkDown,
        Self::Withdrawn,
        Self::HeldPinOnly,
        Self::HeldVisual,
        Self::Vouched,
        Self::Released,
        Self::ProfileSet,
        Self::ProfileWithdrawn,
        Self::ProfileLost,
    ];

    /// As on the bus and on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::NotOpened => "not-opened",
            Self::Served => "served",
            Self::Stopped => "stopped",
            Self::Elapsed => "elapsed",
            Self::CardLifted => "card-lifted",
            Self::CardFailed => "card-failed",
            Self::PartGone => "part-gone",
            Self::LinkDown => "link-down",
            Self::Withdrawn => "withdrawn",
            Self::HeldPinOnly => "held-pin-only",
            Self::HeldVisual => "held-visual",
            Self::Vouched => "vouched",
            Self::Released => "released",
            Self::ProfileSet => "profile-set",
            Self::ProfileWithdrawn => "profile-withdrawn",
            Self::ProfileLost => "profile-lost",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}

/// Why a call was refused. Nothing is changed then.
#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "jp.uketsuke.Mode1.Staff.Error")]
pub enum StaffError {
    /// The bus itself failed.
    #[zbus(error)]
    ZBus(zbus::Error),
    /// The account's id is none.
    BadAccount(String),
    /// Not a sealed memory file with four digits.
    BadCode(String),
    /// Another account has this code: it would not be told who used it.
    Taken(String),
    /// This reader has nothing to keep codes with; the log says what is missing.
    NoPasscodes(String),
    /// It cannot be kept; the log says why.
    NotKept(String),
    /// No operation mode has this name.
    BadOperation(String),
    /// The terminal does not hold this reader in 目視確認, or it is not on P-00 and ready.
    NotNow(String),
    /// The facility profile's id is none.
    BadProfile(String),
}

/// For the uplink.
#[zbus::proxy(
    interface = "jp.uketsuke.Mode1.Staff",
    default_service = "jp.uketsuke.Mode1",
    default_path = "/jp/uketsuke/Mode1"
)]
pub trait Staff {
    /// Gives an account a passcode; the one it had is worth nothing from now on, and every wrong one
    /// is forgotten. The memory file of sealed size is wiped.
    ///
    /// Errors: `BadAccount`, `BadCode`, `Taken`, `NoPasscodes`, `NotKept`.
    fn issue(&self, account: &str, code: OwnedFd) -> Result<(), StaffError>;

    /// Takes an account's passcode away; whether it had one.
    ///
    /// Errors: `BadAccount`, `NoPasscodes`, `NotKept`.
    fn withdraw(&self, account: &str) -> Result<bool, StaffError>;

    /// Holds the reader in an operation mode ([`crate::view::Operation`], by its wire name). Holding
    /// what is held already changes nothing. 目視確認 ends by itself after one patient, after fifteen
    /// minutes, and when the way to the centre, the screen or the reader goes; no mode survives a
    /// restart.
    ///
    /// Errors: `BadOperation`.
    fn hold(&self, operation: &str) -> Result<(), StaffError>;

    /// Staff have compared the patient with the card by eye (目視で本人確認完了): S-02, for one patient.
    ///
    /// Errors: `NotNow`.
    fn vouch(&self) -> Result<(), StaffError>;

    /// Gives the reader a facility profile (環境設定情報): TOML like that of `reader.toml`, laid over it from
    /// the next patient on, kept over a restart. It is checked whole before anything changes: what is
    /// wrong with it, nothing where it is kept. The one that is kept already changes nothing.
    ///
    /// Errors: `BadProfile`, `NotKept`.
    fn set_profile(&self, id: &str, profile: &str) -> Result<Vec<Objection>, StaffError>;

    /// Puts the reader back on its own `reader.toml`, from the next patient on; whether it had a profile.
    ///
    /// Errors: `NotKept`.
    fn withdraw_profile(&self) -> Result<bool, StaffError>;

    /// Accounts with a passcode.
    #[zbus(property)]
    fn accounts(&self) -> Result<u32, zbus::fdo::Error>;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_event_has_one_name_everywhere() {
        for event in StaffEvent::ALL {
            assert_eq!(StaffEvent::named(event.name()), Some(event));
            let json = serde_json::to_value(event).unwrap();
            assert_eq!(json, event.name());
        }
        assert_eq!(StaffEvent::named("Opened"), None);
    }

    #[test]
    fn a_profile_has_an_id_of_hexadecimal_digits() {
        assert!(is_profile_id("0123456789abcdef0123456789abcdef"));
        for id in [
            "",
            OWN_PROFILE,
            "0123456789ABCDEF0123456789abcdef",
            &"0".repeat(33),
        ] {
            assert!(!is_profile_id(id), "{id}");
        }
    }

    #[test]
    fn an_account_has_an_id_of_plain_letters() {
        for id in ["a", "suzuki.ichiro", "A-1_2", &"x".repeat(64)] {
            assert!(is_account(id), "{id}");
        }
        for id in ["", " ", "a b", "鈴木", "a/b", "a\n", &"x".repeat(65)] {
            assert!(!is_account(id), "{id}");
        }
    }
}
