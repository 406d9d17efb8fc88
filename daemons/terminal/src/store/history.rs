// SPDX-License-Identifier: MIT OR Apache-2.0
//! 資格確認履歴: the check-ins, without anybody's name.

use std::collections::BTreeMap;
use std::ops::Range;

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Store, StoreError, text, time};

/// One line of the history.
pub struct Seen {
    /// The reader.
    pub reader: String,
    /// When the session was opened, seconds since 1970.
    pub opened: u64,
    /// What the centre said (`valid` …, or why it refused); none while it was not asked.
    pub result: Option<String>,
    /// `consents` or `abandon`; none while it is open.
    pub outcome: Option<String>,
    /// The consent elements.
    pub elements: BTreeMap<String, String>,
}

/// Which of them.
#[derive(Clone, Debug)]
pub struct Of {
    /// When they were opened, seconds since 1970.
    pub opened: Range<u64>,
    /// At this reader; empty: at any.
    pub reader: String,
    /// With this result; empty: with any, or none.
    pub result: String,
}

impl Default for Of {
    /// All.
    fn default() -> Self {
        Self {
            opened: 0..i64::MAX.cast_unsigned(),
            reader: String::new(),
            result: String::new(),
        }
    }
}

impl Store {
    /// The check-ins that are asked for, newest first: `count` of them after the first `skipped`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history(
        &self,
        of: &Of,
        skipped: u32,
        count: u32,
    ) -> Result<Vec<Seen>, StoreError> {
        let select = "SELECT reader, opened, result, outcome, elements FROM session \
                      WHERE opened >= $1 AND opened < $2 AND $3 IN ('', reader) AND $4 IN ('', result) \
                      ORDER BY opened DESC, id DESC LIMIT $5 OFFSET $6";
        let select = sqlx::query(select)
            .bind(of.opened.start.cast_signed())
            .bind(of.opened.end.cast_signed())
            .bind(text(&of.reader))
            .bind(text(&of.result))
            .bind(i64::from(count))
            .bind(i64::from(skipped));
        let read = |row: &AnyRow| {
            let elements: Option<String> = row.try_get(4)?;
            Ok(Seen {
                reader: row.try_get(0)?,
                opened: time(row, 1)?,
                result: row.try_get(2)?,
                outcome: row.try_get(3)?,
                elements: match elements {
                    Some(json) => serde_json::from_str(&json)?,
                    None => BTreeMap::new(),
                },
            })
        };
        self.list(select, read).await
    }

    /// Every reader that is in the history, by name.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn readers_seen(&self) -> Result<Vec<String>, StoreError> {
        let select = sqlx::query("SELECT DISTINCT reader FROM session ORDER BY reader");
        self.list(select, |row| Ok(row.try_get(0)?)).await
    }
}
