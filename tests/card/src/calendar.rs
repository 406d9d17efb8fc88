// SPDX-License-Identifier: MIT OR Apache-2.0
//! Days of the proleptic Gregorian calendar, as far as certificates need them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Days since 1970-01-01 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

impl Day {
    /// Today in UTC; 1970-01-01 on a machine whose clock lies before that.
    pub fn today() -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self(i64::try_from(since.as_secs() / 86_400).unwrap_or(i64::MAX))
    }

    /// The day with this date; `month` and `day` count from 1. H. Hinnant, "chrono-compatible
    /// low-level date algorithms", days_from_civil.
    pub fn from_date(year: i64, month: u32, day: u32) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = i64::from((month + 9) % 12);
        let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }

    /// Year, month and day; the inverse of [`Day::from_date`] (civil_from_days).
    pub fn date(self) -> (i64, u32, u32) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (
            year,
            u32::try_from(month).unwrap_or(1),
            u32::try_from(day).unwrap_or(1),
        )
    }

    /// `YYYYMMDD`.
    pub fn digits(self) -> String {
        let (year, month, day) = self.date();
        format!("{year:04}{month:02}{day:02}")
    }

    /// The same day `days` later.
    pub fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }

    /// The `n`th time after this day that the year comes to `month`/`day`. 29 February falls on
    /// 28 February in common years.
    pub fn nth_birthday_after(self, n: i64, month: u32, day: u32) -> Self {
        let (year, ..) = self.date();
        let first = if birthday(year, month, day) > self {
            year
        } else {
            year + 1
        };
        birthday(first + n - 1, month, day)
    }
}

fn birthday(year: i64, month: u32, day: u32) -> Day {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let day = if month == 2 && day == 29 && !leap {
        28
    } else {
        day
    };
    Day::from_date(year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days() {
        assert_eq!(Day::from_date(1970, 1, 1), Day(0));
        assert_eq!(Day::from_date(2000, 3, 1), Day(11_017));
        assert_eq!(Day(11_016).date(), (2000, 2, 29));
        assert_eq!(Day::from_date(2026, 11, 21).digits(), "20261121");
    }

    #[test]
    fn the_fifth_birthday_after_issue() {
        let issued = Day::from_date(2025, 10, 16);
        assert_eq!(issued.nth_birthday_after(5, 2, 17).date(), (2030, 2, 17));
        assert_eq!(issued.nth_birthday_after(5, 10, 16).date(), (2030, 10, 16));
        assert_eq!(issued.nth_birthday_after(1, 2, 29).date(), (2026, 2, 28));
    }

    proptest! {
        #[test]
        fn there_and_back(days in -500_000_i64..500_000) {
            let (year, month, day) = Day(days).date();
            prop_assert_eq!(Day::from_date(year, month, day), Day(days));
            prop_assert!((1..=12).contains(&month) && (1..=31).contains(&day));
        }
    }
}
