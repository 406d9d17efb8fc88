// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which face files are due, which lie in a folder, and which are gone again. Nothing about a patient but
//! what he consented to.

use std::collections::BTreeMap;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{Store, StoreError, now, time};

/// What format 6 adds. `laid` and `name` once a file lies in its folder, `gone` once it was taken away,
/// `refused` where there will never be one.
pub(super) const SCHEMA: &str = "
CREATE TABLE face_file (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, reader TEXT NOT NULL,
  computer TEXT NOT NULL, elements TEXT NOT NULL, opened INTEGER NOT NULL, completed INTEGER NOT NULL,
  laid INTEGER, name TEXT, gone INTEGER, refused TEXT, UNIQUE (session, computer)) STRICT;
CREATE INDEX face_file_due ON face_file (computer, seq) WHERE laid IS NULL AND refused IS NULL;
CREATE INDEX face_file_lying ON face_file (computer, laid) WHERE laid IS NOT NULL AND gone IS NULL;
";

/// A face file that is to be laid.
pub(crate) struct Due {
    /// Its number; no two of a terminal have the same.
    pub seq: u64,
    /// The session.
    pub session: String,
    /// The reader it was opened for.
    pub reader: String,
    /// When it was opened, seconds since 1970.
    pub opened: u64,
    /// When the visit was complete here, seconds since 1970.
    pub completed: u64,
    /// The consent elements.
    pub elements: BTreeMap<String, String>,
}

impl Store {
    /// The oldest face file that a receipt computer has yet to get.
    pub(crate) async fn due(&self, computer: &str) -> Result<Option<Due>, StoreError> {
        let select = "SELECT seq, session, reader, opened, completed, elements FROM face_file \
                      WHERE computer = $1 AND laid IS NULL AND refused IS NULL ORDER BY seq LIMIT 1";
        let read = |row: &AnyRow| {
            Ok(Due {
                seq: time(row, 0)?,
                session: row.try_get(1)?,
                reader: row.try_get(2)?,
                opened: time(row, 3)?,
                completed: time(row, 4)?,
                elements: serde_json::from_str(row.try_get(5)?)?,
            })
        };
        let select = sqlx::query(select).bind(computer.to_owned());
        Ok(self.list(select, read).await?.pop())
    }

    /// It lies in its folder under this name.
    pub(crate) async fn laid(&self, seq: u64, name: &str) -> Result<(), StoreError> {
        let update = sqlx::query("UPDATE face_file SET laid = $1, name = $2 WHERE seq = $3");
        let update = update.bind(now()).bind(name.to_owned());
        self.write(update.bind(seq.cast_signed())).await.map(drop)
    }

    /// There will never be one, because of `why`.
    pub(crate) async fn never_laid(&self, seq: u64, why: &str) -> Result<(), StoreError> {
        let update = sqlx::query("UPDATE face_file SET refused = $1 WHERE seq = $2");
        let update = update.bind(why.to_owned());
        self.write(update.bind(seq.cast_signed())).await.map(drop)
    }

    /// Number and name of the files that were laid for a receipt computer before then and not taken away.
    pub(crate) async fn lying(
        &self,
        computer: &str,
        before: u64,
    ) -> Result<Vec<(u64, String)>, StoreError> {
        let select = "SELECT seq, name FROM face_file \
                      WHERE computer = $1 AND laid < $2 AND gone IS NULL ORDER BY laid";
        let select = sqlx::query(select).bind(computer.to_owned());
        let read = |row: &AnyRow| Ok((time(row, 0)?, row.try_get(1)?));
        self.list(select.bind(before.cast_signed()), read).await
    }

    /// It was taken away.
    pub(crate) async fn gone(&self, seq: u64) -> Result<(), StoreError> {
        let update = sqlx::query("UPDATE face_file SET gone = $1 WHERE seq = $2");
        self.write(update.bind(now()).bind(seq.cast_signed()))
            .await
            .map(drop)
    }

    /// How many files a receipt computer has yet to get.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn face_files_due(&self, computer: &str) -> Result<u64, StoreError> {
        let select = "SELECT count(*) FROM face_file \
                      WHERE computer = $1 AND laid IS NULL AND refused IS NULL";
        self.count(sqlx::query(select).bind(computer.to_owned()))
            .await
    }
}

/// A visit is complete: these receipt computers are to be told, each once.
pub(super) async fn complete(
    transaction: &mut AnyConnection,
    session: &str,
    reader: &str,
    elements: &str,
    computers: &[&str],
) -> Result<(), StoreError> {
    let insert = "INSERT INTO face_file (session, reader, computer, elements, opened, completed) \
                  VALUES ($1, $2, $3, $4, coalesce((SELECT opened FROM session WHERE id = $1), $5), $5) ON CONFLICT DO NOTHING";
    for computer in computers {
        sqlx::query(insert)
            .bind(session)
            .bind(reader)
            .bind(*computer)
            .bind(elements)
            .bind(now())
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}
