// SPDX-License-Identifier: MIT OR Apache-2.0
//! Days, as a browser sends them and as Japan has them.

use time::{Date, Month};

use super::clock;

/// Seconds by which Japan is ahead of UTC; it has no summer time.
const JST: i64 = 9 * 60 * 60;

/// Today in Japan, `YYYY-MM-DD`.
pub(super) fn today() -> String {
    clock(uketsuke_link::now())[..10].to_owned()
}

/// The day, `YYYY-MM-DD` as a browser sends it, where there is such a day.
pub(super) fn of(text: &str) -> Option<Date> {
    let shape = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    if text.len() != 10 || !text.bytes().enumerate().all(shape) {
        return None;
    }
    let year: i32 = text[..4].parse().ok().filter(|year| *year > 0)?;
    let month = Month::try_from(text[5..7].parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year, month, text[8..].parse().ok()?).ok()
}

/// When it begins in Japan, seconds since 1970; days before that begin with it.
pub(super) fn begins(day: Date) -> u64 {
    let begins = day.midnight().assume_utc().unix_timestamp() - JST;
    begins.try_into().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_day_is_one_of_the_calendar() {
        for day in [
            "2026-11-21",
            "2024-02-29",
            "2000-02-29",
            "2023-04-30",
            "2025-12-31",
        ] {
            assert!(of(day).is_some(), "{day}");
        }
        for day in [
            "",
            "2026-11-2",
            "2026/11/21",
            "2026-13-01",
            "2026-00-01",
            "2026-11-00",
            "2026-04-31",
            "2025-02-29",
            "1900-02-29",
            "0000-01-01",
            "20261-1-21",
            "+026-11-21",
            "２0261121",
        ] {
            assert_eq!(of(day), None, "{day}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_japan() {
        let begins = |day| clock(begins(of(day).unwrap()));
        assert_eq!(begins("2026-12-01"), "2026-12-01 00:00:00");
        assert_eq!(begins("1960-01-01"), clock(0));
    }
}
