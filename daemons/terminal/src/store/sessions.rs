// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who is logged in, which browsers an account was logged in from, and the failures of the lock-out. Of
//! a token only its hash is here.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Store, StoreError, now, small, text, time};

/// Browsers remembered for one account; the one seen longest ago gives way.
const BROWSERS: i64 = 10;

/// One log-in.
pub(crate) struct LogIn {
    /// Whose.
    pub account: String,
    /// Since when, seconds since 1970.
    pub opened: u64,
    /// When it was used last, seconds since 1970.
    pub used: u64,
}

/// How often in a row a password was wrong.
pub(crate) struct Rung {
    /// Account and browser, hashed.
    pub key: [u8; 32],
    /// How often.
    pub failures: u32,
}

impl Store {
    /// An account has logged in.
    pub(crate) async fn open_log_in(&self, hash: &[u8], account: &str) -> Result<(), StoreError> {
        let insert = "INSERT INTO log_in (token, account, opened, used) VALUES ($1, $2, $3, $4)";
        let insert = sqlx::query(insert).bind(hash.to_vec());
        let insert = insert.bind(text(account)).bind(now()).bind(now());
        self.write(insert).await.map(drop)
    }

    /// The log-in with this token.
    pub(crate) async fn log_in(&self, hash: &[u8]) -> Result<Option<LogIn>, StoreError> {
        let select = "SELECT account, opened, used FROM log_in WHERE token = $1";
        let read = |row: &AnyRow| {
            Ok(LogIn {
                account: row.try_get(0)?,
                opened: time(row, 1)?,
                used: time(row, 2)?,
            })
        };
        let select = sqlx::query(select).bind(hash.to_vec());
        Ok(self.list(select, read).await?.pop())
    }

    /// It was used now.
    pub(crate) async fn use_log_in(&self, hash: &[u8]) -> Result<(), StoreError> {
        let update = sqlx::query("UPDATE log_in SET used = $1 WHERE token = $2");
        self.write(update.bind(now()).bind(hash.to_vec()))
            .await
            .map(drop)
    }

    /// It is over.
    pub(crate) async fn end_log_in(&self, hash: &[u8]) -> Result<(), StoreError> {
        let delete = sqlx::query("DELETE FROM log_in WHERE token = $1");
        self.write(delete.bind(hash.to_vec())).await.map(drop)
    }

    /// Forgets log-ins that were opened before.
    pub(crate) async fn forget_log_ins(&self, before: u64) -> Result<(), StoreError> {
        let delete = sqlx::query("DELETE FROM log_in WHERE opened < $1");
        self.write(delete.bind(before.cast_signed()))
            .await
            .map(drop)
    }

    /// Whether the account was logged in from this browser.
    pub(crate) async fn knows(&self, hash: &[u8], account: &str) -> Result<bool, StoreError> {
        let select = "SELECT count(*) FROM browser WHERE token = $1 AND account = $2";
        let select = sqlx::query(select).bind(hash.to_vec());
        Ok(self.count(select.bind(text(account))).await? != 0)
    }

    /// The account is logged in from this browser.
    pub(crate) async fn remember(&self, hash: &[u8], account: &str) -> Result<(), StoreError> {
        let upsert = "INSERT INTO browser (token, account, seen) VALUES ($1, $2, $3) \
                      ON CONFLICT (account, token) DO UPDATE SET seen = excluded.seen";
        let upsert = sqlx::query(upsert).bind(hash.to_vec());
        self.write(upsert.bind(text(account)).bind(now())).await?;
        // Of those seen in the same second this one stays.
        let delete = "DELETE FROM browser WHERE account = $1 AND token NOT IN \
                      (SELECT token FROM browser WHERE account = $1 \
                      ORDER BY CASE WHEN token = $2 THEN 0 ELSE 1 END, seen DESC, token LIMIT $3)";
        let delete = sqlx::query(delete).bind(text(account));
        self.write(delete.bind(hash.to_vec()).bind(BROWSERS))
            .await
            .map(drop)
    }

    /// Every failure that counts.
    pub(crate) async fn rungs(&self) -> Result<Vec<Rung>, StoreError> {
        let read = |row: &AnyRow| {
            Ok(Rung {
                key: super::accounts::bytes(row, 0)?,
                failures: small(row, 1)?,
            })
        };
        self.list(sqlx::query("SELECT key, failures FROM rung"), read)
            .await
    }

    /// So often in a row it was wrong now; durable on return.
    pub(crate) async fn set_rung(
        &self,
        key: &[u8],
        account: &str,
        failures: u32,
    ) -> Result<(), StoreError> {
        let upsert = "INSERT INTO rung (key, account, failures) VALUES ($1, $2, $3) \
                      ON CONFLICT (key) DO UPDATE SET failures = excluded.failures";
        let upsert = sqlx::query(upsert).bind(key.to_vec());
        self.write(upsert.bind(text(account)).bind(i64::from(failures)))
            .await
            .map(drop)
    }

    /// It was right.
    pub(crate) async fn drop_rung(&self, key: &[u8]) -> Result<(), StoreError> {
        let delete = sqlx::query("DELETE FROM rung WHERE key = $1");
        self.write(delete.bind(key.to_vec())).await.map(drop)
    }

    /// Takes back every failure of an account; their keys.
    pub(crate) async fn drop_rungs(&self, account: &str) -> Result<Vec<[u8; 32]>, StoreError> {
        let delete = sqlx::query("DELETE FROM rung WHERE account = $1 RETURNING key");
        let read = |row: &AnyRow| super::accounts::bytes(row, 0);
        self.list(delete.bind(text(account)), read).await
    }

    /// The accounts with this many failures in a row or more.
    pub(crate) async fn locked(&self, failures: u32) -> Result<Vec<String>, StoreError> {
        let select = "SELECT DISTINCT account FROM rung WHERE failures >= $1";
        let read = |row: &AnyRow| Ok(row.try_get(0)?);
        self.list(sqlx::query(select).bind(i64::from(failures)), read)
            .await
    }
}
