// SPDX-License-Identifier: MIT OR Apache-2.0
//! A day as it is told to a patient.

use serde::{Deserialize, Serialize};

/// A day of the calendar, in Japan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Day {
    /// Common era.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}
