// SPDX-License-Identifier: MIT OR Apache-2.0
//! A day as it is told to a patient.

use serde::{Deserialize, Serialize};

/// A day of the calendar, in Japan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Day {
    /// Common era.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Day {
    /// Whether the calendar has it.
    #[must_use]
    pub fn exists(self) -> bool {
        let leap = (self.year.is_multiple_of(4) && !self.year.is_multiple_of(100))
            || self.year.is_multiple_of(400);
        let days = match self.month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        (1..=days).contains(&self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_exist() {
        let exists = |year, month, day| Day { year, month, day }.exists();
        assert!(exists(2028, 2, 29) && exists(2000, 2, 29) && exists(2026, 12, 31));
        assert!(!exists(2027, 2, 29) && !exists(1900, 2, 29) && !exists(2026, 4, 31));
        assert!(!exists(2026, 0, 1) && !exists(2026, 13, 1) && !exists(2026, 1, 0));
    }
}
