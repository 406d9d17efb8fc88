// SPDX-License-Identifier: MIT OR Apache-2.0
//! The time that new entries bear, in UTC.

use fatfs::{Date, DateTime, FsOptions, Time, TimeProvider};
use time::OffsetDateTime;

#[derive(Debug)]
struct Clock;

static CLOCK: Clock = Clock;

/// Options of a volume, with the clock of this machine.
pub(super) fn options() -> FsOptions {
    FsOptions::new().time_provider(&CLOCK)
}

impl TimeProvider for Clock {
    fn get_current_date(&self) -> Date {
        self.get_current_date_time().date
    }

    fn get_current_date_time(&self) -> DateTime {
        let now = OffsetDateTime::from_unix_timestamp(crate::clock::now());
        let now = now.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        DateTime {
            date: Date {
                // What FAT can hold.
                year: u16::try_from(now.year()).unwrap_or(1980).clamp(1980, 2107),
                month: u8::from(now.month()).into(),
                day: now.day().into(),
            },
            time: Time {
                hour: now.hour().into(),
                min: now.minute().into(),
                sec: now.second().into(),
                millis: 0,
            },
        }
    }
}
