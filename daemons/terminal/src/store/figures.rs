// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counts of the history, and how long its steps took. Nothing is stored for them.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::any::AnyRow;

use super::open::Kind;
use super::{Store, StoreError, now};
use crate::Figures;

/// Seconds by which Japan is ahead of UTC; it has no summer time.
const JST: i64 = 9 * 60 * 60;

/// How often something was, by its word on the wire.
pub type Counts = BTreeMap<String, u64>;

/// How check-ins went since a moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// Seconds from the opened session to the centre's answer, each.
    pub asked: Vec<u64>,
    /// Seconds from there to the durable consents, each.
    pub consented: Vec<u64>,
    /// What the centre said, or why it did not.
    pub results: Counts,
    /// Check-ins that were given up, or never ended.
    pub given_up: u64,
    /// What happened to 目視確認 and the operation modes.
    pub staff: Counts,
}

/// Counts by month, in a database's own words for the month and for the consents.
macro_rules! months {
    ($month:literal, $elements:literal) => {
        concat!(
            "SELECT ",
            $month,
            " AS month, count(*), count(*) FILTER (WHERE ",
            $elements,
            " ->> 'SpecificHealthCheckupsInfoConsFlg' = '1'), count(*) FILTER (WHERE ",
            $elements,
            " ->> 'PharmacistsInfoConsFlg' = '1'), count(*) FILTER (WHERE ",
            $elements,
            " ->> 'DiagnosisInfoConsFlg' = '1') FROM session \
             WHERE result IN ('valid', 'invalid', 'newer', 'not-found', 'several', 'valid-unregistered') \
             GROUP BY month ORDER BY month DESC"
        )
    };
}

impl Store {
    /// Counts of every month of the history, as `2026-11`, the newest first. A check is one that the centre
    /// has answered.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn months(&self) -> Result<Vec<(String, Figures)>, StoreError> {
        let select = match self.kind {
            Kind::Sqlite => months!("strftime('%Y-%m', opened + $1, 'unixepoch')", "elements"),
            Kind::Postgres => months!(
                "to_char(to_timestamp(opened + $1) AT TIME ZONE 'UTC', 'YYYY-MM')",
                "elements::jsonb"
            ),
        };
        let read = |row: &AnyRow| {
            let count = |column: usize| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
            let checks = count(1)?;
            let figures = Figures {
                checks,
                // Receipt computers do not ask through here yet: all came to a reader.
                by_card: checks,
                check_ups: count(2)?,
                medicine: count(3)?,
                care: count(4)?,
            };
            Ok((row.try_get(0)?, figures))
        };
        self.list(sqlx::query(select).bind(JST), read).await
    }

    /// How check-ins went that were opened at `since` or later, seconds since 1970.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn course(&self, since: u64) -> Result<Course, StoreError> {
        let since = since.cast_signed();
        let seconds = |row: &AnyRow| {
            let seconds: Option<i64> = row.try_get(0)?;
            // A clock that was put back in between measured nothing.
            Ok(seconds.and_then(|seconds| u64::try_from(seconds).ok()))
        };
        let asked =
            "SELECT checked - opened FROM session WHERE opened >= $1 AND checked IS NOT NULL";
        let asked = self.list(sqlx::query(asked).bind(since), seconds).await?;
        let consented = "SELECT record.received - session.checked FROM session \
                         JOIN record ON record.session = session.id \
                         WHERE opened >= $1 AND outcome = 'consents'";
        let consented = self
            .list(sqlx::query(consented).bind(since), seconds)
            .await?;
        let results = "SELECT result, count(*) FROM session \
                       WHERE opened >= $1 AND result IS NOT NULL GROUP BY result";
        let staff = "SELECT event, count(*) FROM staff_event WHERE at >= $1 GROUP BY event";
        // A check-in that is under way has an hour.
        let given_up = "SELECT count(*) FROM session WHERE opened >= $1 AND outcome IS DISTINCT FROM 'consents' \
                        AND (outcome IS NOT NULL OR opened < $2 - 3600)";
        let given_up = sqlx::query(given_up).bind(since).bind(now());
        Ok(Course {
            asked: asked.into_iter().flatten().collect(),
            consented: consented.into_iter().flatten().collect(),
            results: self.counts(results, since).await?,
            given_up: self.count(given_up).await?,
            staff: self.counts(staff, since).await?,
        })
    }

    async fn counts(&self, select: &'static str, since: i64) -> Result<Counts, StoreError> {
        let read = |row: &AnyRow| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)?.cast_unsigned()));
        let counts = self.list(sqlx::query(select).bind(since), read).await?;
        Ok(counts.into_iter().collect())
    }
}
