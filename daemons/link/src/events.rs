// SPDX-License-Identifier: MIT OR Apache-2.0
//! What happened on a reader and concerns its staff, not a patient: `POST /v1/events`, [`Events`] →
//! [`crate::wire::Receipt`].
//!
//! Apart from the records of patients, so that a terminal that does not know these holds none of those
//! back.

use serde::{Deserialize, Serialize};
use uketsuke_bus::staff::StaffEvent;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Idempotency key, 32 hexadecimal digits: the same key is stored once, however often sent.
    pub key: String,
    /// When, seconds since 1970 (UTC), by the reader's clock.
    pub at: u64,
    /// What happened to 目視確認.
    pub event: StaffEvent,
    /// Whose passcode it was; empty where nobody's.
    pub account: String,
    /// How long it had been on, in seconds.
    pub seconds: u32,
}

/// Events in the order they came about, at most [`crate::wire::BATCH`].
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// The events.
    pub events: Vec<Event>,
}
