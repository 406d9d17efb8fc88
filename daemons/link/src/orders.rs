// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the terminal wants done on a reader, and what became of it.
//!
//! | Request | Reader → terminal |
//! | --- | --- |
//! | `GET /v1/orders?operation=…` | [`Standing`] → [`Orders`]; where there are none, an empty list after [`PATIENCE`] |
//! | `POST /v1/orders/results` | [`Results`] → [`Taken`] |
//!
//! The terminal does not keep a list of what it said: it compares what should be with what the reader
//! said is, so an order that was lost is given again, and one that was overtaken is not.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uketsuke_bus::staff::{OWN_PROFILE, Objection, is_profile_id};
use uketsuke_bus::view::Operation;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// How long the terminal holds an answer back that would be empty.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Most orders in one answer.
pub const ORDERS: usize = 32;

/// How things stand on the reader that asks for orders; the query of its request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// The operation mode (運転モード) that it is held in: `unattended`, `pin-only`, `visual`. A reader
    /// that does not say is of a version that is held in none, and is given no order about it.
    #[cfg_attr(feature = "schema", param(value_type = Option<String>))]
    pub operation: Option<Operation>,
    /// Id of the facility profile (環境設定情報) in force: 32 hexadecimal digits, or `own` where the reader is
    /// on its own configuration. A reader that does not say, with `kept`, takes none and is ordered none.
    pub profile: Option<String>,
    /// Id of the facility profile that is in force from the next patient on, or `own`.
    pub kept: Option<String>,
}

impl Standing {
    /// Whether what is said of profiles could have been said by a reader.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let sound = |id: &String| id == OWN_PROFILE || is_profile_id(id);
        self.profile.iter().chain(&self.kept).all(sound)
    }
}

/// Four digits. No `Debug`; wiped when dropped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Digits(pub String);

/// One thing to do.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "order", rename_all = "kebab-case")]
pub enum Command {
    /// From now on this is the account's passcode (目視確認用パスコード).
    IssuePasscode {
        /// The account: 1 to 64 ASCII letters, digits, `.`, `_`, `-`.
        account: String,
        /// The passcode.
        code: Digits,
    },
    /// The account has no passcode any more.
    WithdrawPasscode {
        /// The account.
        account: String,
    },
    /// The operation mode (運転モード) from now on.
    Hold {
        /// `unattended`, `pin-only` or `visual`.
        #[cfg_attr(feature = "schema", schema(value_type = String))]
        operation: Operation,
    },
    /// Staff have compared the patient with the card by eye (目視で本人確認完了). Given once at most.
    Vouch,
    /// The facility profile (環境設定情報) from the next patient on. The order's id is the profile's.
    SetProfile {
        /// TOML like that of `reader.toml`, at most 4096 bytes.
        profile: String,
    },
    /// The reader is to be on its own configuration from the next patient on.
    WithdrawProfile,
}

/// A command, and by which name its result is told.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Order {
    /// 32 hexadecimal digits.
    pub id: String,
    /// What to do.
    #[serde(flatten)]
    pub command: Command,
}

/// What is to be done, in this order.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Orders {
    /// At most [`ORDERS`].
    pub orders: Vec<Order>,
}

/// What became of an order. What could not be done for now is not told, and ordered again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Became {
    /// The passcode is in force.
    Issued,
    /// There is none any more.
    Withdrawn,
    /// Another account of this reader has these digits: others are to be issued.
    Taken,
    /// This reader has nothing to keep passcodes with.
    NoPasscodes,
    /// It is not what a reader takes.
    Refused,
    /// The reader is held in that operation mode.
    Held,
    /// The reader asks for the card of the patient staff have vouched for.
    Vouched,
    /// Nobody is vouched for: the reader is not held in 目視確認, or is not ready on P-00.
    NotNow,
    /// The facility profile is kept, and in force from the next patient on.
    Kept,
}

/// The result of one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OrderResult {
    /// The order's.
    pub id: String,
    /// What became of it.
    pub became: Became,
    /// Of a facility profile that was refused: what is wrong with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objections: Vec<Objection>,
}

impl OrderResult {
    /// What became of an order, with nothing to object to.
    #[must_use]
    pub fn new(id: String, became: Became) -> Self {
        Self {
            id,
            became,
            objections: Vec::new(),
        }
    }
}

/// Results in the order of the orders.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// At most [`ORDERS`].
    pub results: Vec<OrderResult>,
}

/// The results are durable.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Taken {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_result_without_objections_reads_as_it_did_before_there_were_any() {
        let result = OrderResult::new("1".into(), Became::Kept);
        let json = serde_json::json!({ "id": "1", "became": "kept" });
        assert_eq!(serde_json::to_value(&result).unwrap(), json);
        assert_eq!(serde_json::from_value::<OrderResult>(json).unwrap(), result);
    }

    #[test]
    fn a_standing_names_profiles_by_their_ids() {
        let id = Some("0123456789abcdef0123456789abcdef".to_owned());
        let standing = |profile: Option<String>, kept: Option<String>| Standing {
            operation: None,
            profile,
            kept,
        };
        assert!(standing(None, None).is_sound());
        assert!(standing(Some(OWN_PROFILE.into()), id.clone()).is_sound());
        assert!(!standing(id.clone(), Some("none".into())).is_sound());
        assert!(!standing(Some(String::new()), id).is_sound());
    }

    #[test]
    fn an_order_reads_as_it_is_documented() {
        let order = Order {
            id: "0".repeat(32),
            command: Command::IssuePasscode {
                account: "suzuki".into(),
                code: Digits("0417".into()),
            },
        };
        let json = serde_json::json!({
            "id": "00000000000000000000000000000000", "order": "issue-passcode",
            "account": "suzuki", "code": "0417",
        });
        assert_eq!(serde_json::to_value(&order).unwrap(), json);
        assert!(serde_json::from_value::<Order>(json).is_ok());
        let withdrawn = r#"{"id":"1","order":"withdraw-passcode","account":"a"}"#;
        let read: Order = serde_json::from_str(withdrawn).unwrap();
        assert!(matches!(read.command, Command::WithdrawPasscode { .. }));
    }
}
