// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which account should have a passcode (目視確認用パスコード), and what each reader said to it. No digits.
//! The schema has the table of [`super::events`] as well.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use uketsuke_link::orders::{Became, OrderResult};

use super::{Store, StoreError, now, text, time};
use crate::{from_wire, wire_name};

/// What format 2 adds.
pub(super) const SCHEMA: &str = "
CREATE TABLE reader (name TEXT PRIMARY KEY, met INTEGER NOT NULL) STRICT;
CREATE TABLE passcode (
  account TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL,
  withdrawn INTEGER NOT NULL) STRICT;
CREATE TABLE passcode_reader (
  account TEXT NOT NULL, reader TEXT NOT NULL, id TEXT NOT NULL, became TEXT NOT NULL,
  at INTEGER NOT NULL, PRIMARY KEY (account, reader)) STRICT;
CREATE TABLE staff_event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, reader TEXT NOT NULL,
  at INTEGER NOT NULL, event TEXT NOT NULL, account TEXT NOT NULL, seconds INTEGER NOT NULL,
  received INTEGER NOT NULL) STRICT;
";

/// What should be on a reader and, as far as it said, is not.
pub struct Wanted {
    /// The account.
    pub account: String,
    /// Name of the issue or withdrawal.
    pub id: String,
    /// The account is to have none.
    pub withdrawn: bool,
    /// The reader said that another account has the digits of this very issue.
    pub taken: bool,
}

/// What a reader said to an account's last issue.
pub struct OnReader {
    /// The reader.
    pub reader: String,
    /// What became of it; none: not heard yet.
    pub became: Option<Became>,
}

/// An account that has a passcode.
pub struct Holder {
    /// The account.
    pub account: String,
    /// Name of the issue.
    pub id: String,
    /// When it was issued, seconds since 1970.
    pub at: u64,
    /// Every reader that has ever come.
    pub readers: Vec<OnReader>,
}

impl Store {
    /// A reader came.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn met(&self, reader: &str) -> Result<(), StoreError> {
        let insert = "INSERT INTO reader (name, met) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let insert = sqlx::query(insert).bind(text(reader)).bind(now());
        self.write(insert).await.map(drop)
    }

    /// From now on the account has the passcode called `id`, or with `withdrawn` none.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn want(&self, account: &str, id: &str, withdrawn: bool) -> Result<(), StoreError> {
        let upsert = "INSERT INTO passcode (account, id, at, withdrawn) VALUES ($1, $2, $3, $4) \
                      ON CONFLICT (account) DO UPDATE SET \
                      id = excluded.id, at = excluded.at, withdrawn = excluded.withdrawn";
        let upsert = sqlx::query(upsert)
            .bind(text(account))
            .bind(text(id))
            .bind(now());
        self.write(upsert.bind(i64::from(withdrawn)))
            .await
            .map(drop)
    }

    /// What `reader` has not said to be so yet, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn wanted(&self, reader: &str) -> Result<Vec<Wanted>, StoreError> {
        let select = "SELECT p.account, p.id, p.withdrawn, CASE WHEN r.became IS NULL THEN 0 ELSE 1 END \
                      FROM passcode p LEFT JOIN passcode_reader r \
                      ON r.account = p.account AND r.reader = $1 AND r.id = p.id \
                      WHERE r.became IS NULL OR r.became = 'taken' ORDER BY p.at, p.account";
        let read = |row: &AnyRow| {
            Ok(Wanted {
                account: row.try_get(0)?,
                id: row.try_get(1)?,
                withdrawn: row.try_get::<i64, _>(2)? != 0,
                taken: row.try_get::<i64, _>(3)? != 0,
            })
        };
        self.list(sqlx::query(select).bind(text(reader)), read)
            .await
    }

    /// The accounts with a passcode, by name.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn holders(&self) -> Result<Vec<Holder>, StoreError> {
        let select = "SELECT p.account, p.id, p.at, d.name, r.became \
                      FROM passcode p LEFT JOIN reader d ON TRUE \
                      LEFT JOIN passcode_reader r \
                      ON r.account = p.account AND r.reader = d.name AND r.id = p.id \
                      WHERE p.withdrawn = 0 ORDER BY p.account, d.name";
        let rows = sqlx::query(select).fetch_all(&self.pool).await?;
        let mut holders: Vec<Holder> = Vec::new();
        for row in &rows {
            let account: String = row.try_get(0)?;
            if holders.last().is_none_or(|last| last.account != account) {
                holders.push(Holder {
                    account,
                    id: row.try_get(1)?,
                    at: time(row, 2)?,
                    readers: Vec::new(),
                });
            }
            let reader: Option<String> = row.try_get(3)?;
            let became: Option<&str> = row.try_get(4)?;
            if let (Some(holder), Some(reader)) = (holders.last_mut(), reader) {
                holder.readers.push(OnReader {
                    reader,
                    became: became.and_then(from_wire),
                });
            }
        }
        Ok(holders)
    }
}

/// Notes what a reader said, where the order was the last one about a passcode.
pub(super) async fn became(
    transaction: &mut AnyConnection,
    reader: &str,
    result: &OrderResult,
) -> Result<(), StoreError> {
    let upsert = "INSERT INTO passcode_reader (account, reader, id, became, at) \
                  SELECT account, $1, id, $2, $3 FROM passcode WHERE id = $4 \
                  ON CONFLICT (account, reader) DO UPDATE SET \
                  id = excluded.id, became = excluded.became, at = excluded.at";
    sqlx::query(upsert)
        .bind(text(reader))
        .bind(wire_name(&result.became))
        .bind(now())
        .bind(text(&result.id))
        .execute(transaction)
        .await?;
    Ok(())
}
