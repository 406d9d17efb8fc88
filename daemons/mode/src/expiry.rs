// SPDX-License-Identifier: MIT OR Apache-2.0
//! When a certificate is about to expire (P-14): from three calendar months before its last day on, until
//! that day, by the date in Japan.
//!
//! The date is the centre's (資格確認日), never the reader's own: a reader without network time may be
//! wrong by years, and would warn everybody or nobody.

use time::{Date, Month, OffsetDateTime, UtcOffset};
use uketsuke_bus::day::Day;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Months before its last day from which its holder is told.
const MONTHS: u8 = 3;

/// Why nobody can say whether a certificate is about to expire.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpiryError {
    /// It is no X.509 certificate, or its last day lies in no year of four digits.
    #[error("its last day cannot be read")]
    Certificate,
    /// The centre's clock is beyond the calendar.
    #[error("the centre says that it is {0} s after 1970")]
    Today(u64),
}

/// The last day of a certificate (DER), if it is about to expire `at` this time, in seconds since 1970
/// (UTC).
///
/// # Errors
/// [`ExpiryError`].
pub fn notice(certificate: &[u8], at: u64) -> Result<Option<Day>, ExpiryError> {
    let last = last_day(certificate).ok_or(ExpiryError::Certificate)?;
    let today = i64::try_from(at)
        .ok()
        .and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok())
        .and_then(in_japan)
        .ok_or(ExpiryError::Today(at))?;
    if !is_near(last, today) {
        return Ok(None);
    }
    let year = u16::try_from(last.year()).map_err(|_| ExpiryError::Certificate)?;
    Ok(Some(Day {
        year,
        month: last.month().into(),
        day: last.day(),
    }))
}

fn last_day(certificate: &[u8]) -> Option<Date> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    in_japan(certificate.validity().not_after.to_datetime())
}

fn in_japan(moment: OffsetDateTime) -> Option<Date> {
    let japan = UtcOffset::from_hms(9, 0, 0).expect("nine hours is an offset");
    Some(moment.checked_to_offset(japan)?.date())
}

fn is_near(last: Date, today: Date) -> bool {
    let (mut year, mut month) = (last.year(), last.month());
    for _ in 0..MONTHS {
        if month == Month::January {
            year -= 1;
        }
        month = month.previous();
    }
    // The same day of a shorter month is its last.
    let day = last.day().min(month.length(year));
    Date::from_calendar_date(year, month, day).is_ok_and(|first| first <= today && today <= last)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn date(year: i32, month: u8, day: u8) -> Date {
        Date::from_calendar_date(year, month.try_into().unwrap(), day).unwrap()
    }

    /// A certificate that ends on this day at 14:59:59 UTC, which is the end of the day in Japan.
    fn ending(last: Date) -> Vec<u8> {
        let mut of = rcgen::CertificateParams::new(Vec::new()).unwrap();
        of.not_after = last.with_hms(14, 59, 59).unwrap().assume_utc();
        let key = rcgen::KeyPair::generate().unwrap();
        of.self_signed(&key).unwrap().der().to_vec()
    }

    /// So many seconds after midnight in Japan.
    fn in_japan_at(day: Date, seconds: i64) -> u64 {
        let midnight = day.midnight().assume_utc().unix_timestamp() - 9 * 60 * 60;
        u64::try_from(midnight + seconds).unwrap()
    }

    #[test]
    fn three_calendar_months_begin_on_the_same_day_or_the_last_of_a_shorter_month() {
        for (last, first) in [
            (date(2027, 2, 17), date(2026, 11, 17)),
            (date(2027, 1, 31), date(2026, 10, 31)),
            (date(2027, 5, 31), date(2027, 2, 28)),
            (date(2028, 5, 29), date(2028, 2, 29)),
            (date(2028, 2, 29), date(2027, 11, 29)),
            (date(2027, 3, 1), date(2026, 12, 1)),
        ] {
            assert!(is_near(last, first), "{last}");
            assert!(!is_near(last, first.previous_day().unwrap()), "{last}");
            assert!(is_near(last, last), "{last}");
            assert!(!is_near(last, last.next_day().unwrap()), "{last}");
        }
    }

    #[test]
    fn the_day_is_the_one_in_japan() {
        let certificate = ending(date(2027, 2, 17));
        let said = Some(Day {
            year: 2027,
            month: 2,
            day: 17,
        });
        let first = date(2026, 11, 17);
        assert_eq!(notice(&certificate, in_japan_at(first, 0)), Ok(said));
        assert_eq!(notice(&certificate, in_japan_at(first, -1)), Ok(None));
        let after = date(2027, 2, 18);
        assert_eq!(notice(&certificate, in_japan_at(after, -1)), Ok(said));
        assert_eq!(notice(&certificate, in_japan_at(after, 0)), Ok(None));
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_no_notice() {
        assert_eq!(notice(b"no certificate", 0), Err(ExpiryError::Certificate));
        let certificate = ending(date(2027, 2, 17));
        let cut = &certificate[..certificate.len() - 1];
        assert_eq!(notice(cut, 0), Err(ExpiryError::Certificate));
        let beyond = u64::MAX;
        assert_eq!(
            notice(&certificate, beyond),
            Err(ExpiryError::Today(beyond))
        );
        // A centre that says 1970 warns nobody.
        assert_eq!(notice(&certificate, 0), Ok(None));
    }
}
