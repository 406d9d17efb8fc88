// SPDX-License-Identifier: MIT OR Apache-2.0
//! The best trusted time: never earlier than anything this reader has seen before.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::macros::format_description;

/// Seconds since 1970 by the system's clock.
#[must_use]
pub fn now() -> i64 {
    seconds(SystemTime::now())
}

/// Seconds since 1970.
fn seconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|d| i64::try_from(d.as_secs()).ok())
        .unwrap_or(0)
}

/// The latest of the clock and of the times that `witnesses` were last changed: files that bear the
/// time of the last synchronisation or of the image's making. Witnesses that are not there say
/// nothing.
#[must_use]
pub fn latest(clock: i64, witnesses: &[&Path]) -> i64 {
    witnesses
        .iter()
        .filter_map(|path| std::fs::metadata(path).ok()?.modified().ok())
        .map(seconds)
        .fold(clock, i64::max)
}

/// A moment for people, in UTC.
#[must_use]
pub fn show(seconds: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(&format).ok())
        .unwrap_or_else(|| format!("second {seconds}"))
}
