// SPDX-License-Identifier: MIT OR Apache-2.0
//! The facility profiles (環境設定情報) that staff gave the readers, and what each reader said to it.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use uketsuke_bus::staff::Objection;
use uketsuke_link::orders::{Became, OrderResult};

use super::{Store, StoreError, now, text, time};
use crate::{from_wire, wire_name};

/// What format 4 adds. The last row of a reader is what it should be on; without `text` its own
/// `reader.toml`.
pub(super) const SCHEMA: &str = "
CREATE TABLE profile (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, reader TEXT NOT NULL,
  at INTEGER NOT NULL, text TEXT, became TEXT, objections TEXT NOT NULL DEFAULT '[]') STRICT;
CREATE INDEX profile_reader ON profile (reader, seq);
";

/// Most objections of a reader that are kept; it has a tenth as many keys to object to.
const OBJECTIONS: usize = 256;

/// What a reader should be on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileSet {
    /// Name of the order, and of the profile.
    pub id: String,
    /// When staff set it, seconds since 1970.
    pub at: u64,
    /// Its TOML; none: it was withdrawn.
    pub text: Option<String>,
    /// What the reader said; none: nothing yet.
    pub became: Option<Became>,
    /// What the reader found wrong with it.
    pub objections: Vec<Objection>,
}

impl Store {
    /// What a reader should be on; none: nobody ever set anything.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn profile(&self, reader: &str) -> Result<Option<ProfileSet>, StoreError> {
        let select = "SELECT id, at, text, became, objections FROM profile \
                      WHERE reader = $1 ORDER BY seq DESC LIMIT 1";
        let found = self
            .list(sqlx::query(select).bind(text(reader)), read)
            .await?;
        Ok(found.into_iter().next())
    }

    /// The profile of this id, if it was given to this reader and not forgotten since.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn profile_called(
        &self,
        reader: &str,
        id: &str,
    ) -> Result<Option<ProfileSet>, StoreError> {
        let select = "SELECT id, at, text, became, objections FROM profile \
                      WHERE reader = $1 AND id = $2";
        let select = sqlx::query(select).bind(text(reader)).bind(text(id));
        Ok(self.list(select, read).await?.into_iter().next())
    }

    /// From now on a reader should be on this, by the order `id`; without `toml` on its own file.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn set_profile(
        &self,
        reader: &str,
        id: &str,
        toml: Option<&str>,
    ) -> Result<(), StoreError> {
        let insert = "INSERT INTO profile (id, reader, at, text) VALUES ($1, $2, $3, $4)";
        let insert = sqlx::query(insert)
            .bind(text(id))
            .bind(text(reader))
            .bind(now())
            .bind(toml.map(text));
        self.write(insert).await.map(drop)
    }
}

fn read(row: &AnyRow) -> Result<ProfileSet, StoreError> {
    Ok(ProfileSet {
        id: row.try_get(0)?,
        at: time(row, 1)?,
        text: row.try_get(2)?,
        became: row.try_get::<Option<&str>, _>(3)?.and_then(from_wire),
        objections: serde_json::from_str(row.try_get(4)?)?,
    })
}

/// Notes what a reader said, where the order was about a profile.
pub(super) async fn became(
    transaction: &mut AnyConnection,
    reader: &str,
    result: &OrderResult,
) -> Result<(), StoreError> {
    let objections = &result.objections[..result.objections.len().min(OBJECTIONS)];
    let update = "UPDATE profile SET became = $1, objections = $2 WHERE id = $3 AND reader = $4";
    sqlx::query(update)
        .bind(wire_name(&result.became))
        .bind(serde_json::to_string(objections)?)
        .bind(text(&result.id))
        .bind(text(reader))
        .execute(transaction)
        .await?;
    Ok(())
}
