// SPDX-License-Identifier: MIT OR Apache-2.0
//! The operation modes (運転モード) that outlive a restart, and what staff vouched for. 目視確認 is never here.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use uketsuke_bus::view::Operation;
use uketsuke_link::orders::{Became, OrderResult};

use super::{Store, StoreError, now, text, time};
use crate::{from_wire, wire_name};

/// What format 3 adds. `mode.operation` is `unattended` or `pin-only`; `vouched.checked` is the
/// 資格確認日, `YYYY-MM-DD`.
pub(super) const SCHEMA: &str = "
CREATE TABLE mode (
  reader TEXT PRIMARY KEY, operation TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE vouched (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, reader TEXT NOT NULL,
  at INTEGER NOT NULL, checked TEXT NOT NULL, became TEXT) STRICT;
";

/// A mode that staff set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeSet {
    /// Name of the order.
    pub id: String,
    /// The mode; 目視確認 never.
    pub operation: Operation,
}

/// 目視で本人確認完了, once.
pub struct Vouching {
    /// The reader.
    pub reader: String,
    /// When it was ticked, seconds since 1970.
    pub at: u64,
    /// 資格確認日, `YYYY-MM-DD`.
    pub checked: String,
    /// What the reader made of it; none: it did not say.
    pub became: Option<Became>,
}

impl Store {
    /// Every reader that ever came, by name, and the mode staff set it to, if they ever did.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn modes(&self) -> Result<Vec<(String, Option<ModeSet>)>, StoreError> {
        let select = "SELECT m.operation, m.id, d.name \
                      FROM reader d LEFT JOIN mode m ON m.reader = d.name ORDER BY d.name";
        let read = |row: &AnyRow| Ok((row.try_get(2)?, mode_set(row)?));
        self.list(sqlx::query(select), read).await
    }

    /// The mode staff set a reader to, if they ever did.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn mode(&self, reader: &str) -> Result<Option<ModeSet>, StoreError> {
        let select =
            sqlx::query("SELECT operation, id FROM mode WHERE reader = $1").bind(text(reader));
        let found = self.list(select, mode_set).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// From now on a reader is to be in this mode, by the order `id`. Not for 目視確認.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn set_mode(&self, reader: &str, set: &ModeSet) -> Result<(), StoreError> {
        let upsert = "INSERT INTO mode (reader, operation, id, at) VALUES ($1, $2, $3, $4) \
                      ON CONFLICT (reader) DO UPDATE SET \
                      operation = excluded.operation, id = excluded.id, at = excluded.at";
        let upsert = sqlx::query(upsert)
            .bind(text(reader))
            .bind(set.operation.as_str())
            .bind(&set.id)
            .bind(now());
        self.write(upsert).await.map(drop)
    }

    /// Staff ticked for a reader. `false`: this very tick was stored before.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn vouch(&self, reader: &str, id: &str, checked: &str) -> Result<bool, StoreError> {
        let insert = "INSERT INTO vouched (id, reader, at, checked) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        let insert = sqlx::query(insert)
            .bind(text(id))
            .bind(text(reader))
            .bind(now())
            .bind(text(checked));
        Ok(self.write(insert).await? == 1)
    }

    /// What a reader said to a tick; none: nothing yet.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn vouched(&self, reader: &str, id: &str) -> Result<Option<Became>, StoreError> {
        let select = "SELECT became FROM vouched WHERE id = $1 AND reader = $2";
        let select = sqlx::query(select).bind(text(id)).bind(text(reader));
        let found = self.list(select, |row| said(row, 0)).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// The last `count` ticks, newest first.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn vouchings(&self, count: u32) -> Result<Vec<Vouching>, StoreError> {
        let select = "SELECT reader, at, checked, became FROM vouched ORDER BY seq DESC LIMIT $1";
        let read = |row: &AnyRow| {
            Ok(Vouching {
                reader: row.try_get(0)?,
                at: time(row, 1)?,
                checked: row.try_get(2)?,
                became: said(row, 3)?,
            })
        };
        self.list(sqlx::query(select).bind(i64::from(count)), read)
            .await
    }
}

/// `operation` and `id`, the first columns of a row; a later version's word is none.
fn mode_set(row: &AnyRow) -> Result<Option<ModeSet>, StoreError> {
    let operation = row.try_get::<Option<&str>, _>(0)?;
    let Some(operation) = operation.and_then(Operation::from_wire) else {
        return Ok(None);
    };
    let id = row.try_get(1)?;
    Ok(Some(ModeSet { id, operation }))
}

fn said(row: &AnyRow, column: usize) -> Result<Option<Became>, StoreError> {
    Ok(row.try_get::<Option<&str>, _>(column)?.and_then(from_wire))
}

/// Notes what a reader said, where the order was a tick; its first word holds.
pub(super) async fn became(
    transaction: &mut AnyConnection,
    reader: &str,
    result: &OrderResult,
) -> Result<(), StoreError> {
    let update = "UPDATE vouched SET became = $1 WHERE id = $2 AND reader = $3 AND became IS NULL";
    sqlx::query(update)
        .bind(wire_name(&result.became))
        .bind(text(&result.id))
        .bind(text(reader))
        .execute(transaction)
        .await?;
    Ok(())
}
