// SPDX-License-Identifier: MIT OR Apache-2.0
//! The accounts of the console. A password is here as Argon2id of it; the first code as its hash. The
//! schema has the tables of [`super::sessions`] and [`super::doings`] as well.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::doings::{self, Doing};
use super::{Store, StoreError, now, small, text, time};
use crate::console::{Kept, Role};
use crate::{from_wire, wire_name};

/// What format 5 adds. `account.initial_until` is set while the password is the one an administrator was
/// shown, and says until when that is good.
pub(super) const SCHEMA: &str = "
CREATE TABLE account (
  name TEXT PRIMARY KEY, role TEXT NOT NULL, enabled INTEGER NOT NULL, salt BLOB NOT NULL,
  memory_kib INTEGER NOT NULL, passes INTEGER NOT NULL, proof BLOB NOT NULL,
  initial_until INTEGER, made INTEGER NOT NULL, changed INTEGER NOT NULL) STRICT;
CREATE TABLE log_in (
  token BLOB PRIMARY KEY, account TEXT NOT NULL, opened INTEGER NOT NULL, used INTEGER NOT NULL) STRICT;
CREATE INDEX log_in_account ON log_in (account);
CREATE TABLE browser (
  token BLOB NOT NULL, account TEXT NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (account, token)) STRICT;
CREATE TABLE rung (key BLOB PRIMARY KEY, account TEXT NOT NULL, failures INTEGER NOT NULL) STRICT;
CREATE TABLE first_code (hash BLOB NOT NULL, made INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE TABLE doing (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, account TEXT NOT NULL,
  what TEXT NOT NULL, about TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
";

/// An account of the console, without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// What it may do; one this version does not know may do least.
    pub role: Role,
    /// Whether it may log in.
    pub enabled: bool,
    /// Until when the password that was shown is good, seconds since 1970; none: it has its own.
    pub initial_until: Option<u64>,
    /// When it was registered, seconds since 1970.
    pub made: u64,
}

/// Accounts with what is kept of their passwords.
macro_rules! accounts {
    ($rest:literal) => {
        concat!(
            "SELECT name, role, enabled, initial_until, made, salt, memory_kib, passes, proof \
             FROM account ",
            $rest
        )
    };
}

/// An update that leaves an administrator who can log in with a password of his own.
macro_rules! unless_last {
    ($update:literal) => {
        concat!(
            $update,
            " OR role <> 'administrator' OR enabled = 0 OR EXISTS (SELECT 1 FROM account o \
             WHERE o.name <> account.name AND o.role = 'administrator' AND o.enabled = 1 \
             AND o.initial_until IS NULL))"
        )
    };
}

impl Store {
    /// Whether there is any account.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        let select = "SELECT count(*) FROM account";
        Ok(self.count(sqlx::query(select)).await? != 0)
    }

    /// The accounts, by name.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let select = sqlx::query(accounts!("ORDER BY name"));
        self.list(select, account).await
    }

    /// One account, and what is kept of its password.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub(crate) async fn account(&self, name: &str) -> Result<Option<(Account, Kept)>, StoreError> {
        let select = sqlx::query(accounts!("WHERE name = $1"));
        let read = |row: &AnyRow| Ok((account(row)?, kept(row)?));
        Ok(self.list(select.bind(text(name)), read).await?.pop())
    }

    /// From now on this is the code, and no other.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub(crate) async fn set_first_code(&self, hash: &[u8], until: u64) -> Result<(), StoreError> {
        let mut transaction = self.begin_alone().await?;
        sqlx::query("DELETE FROM first_code")
            .execute(&mut *transaction)
            .await?;
        sqlx::query("INSERT INTO first_code (hash, made, until) VALUES ($1, $2, $3)")
            .bind(hash.to_vec())
            .bind(now())
            .bind(until.cast_signed())
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Whether this is the code now. A clock that was put back before it was made does not lengthen it.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub(crate) async fn is_first_code(&self, hash: &[u8]) -> Result<bool, StoreError> {
        first_code(&mut *self.pool.acquire().await?, hash).await
    }

    /// Makes the first account, an administrator, with the code, which is used up; false where the code is
    /// none or there is an account already.
    ///
    /// # Errors
    /// [`StoreError::Failed`]; then nothing was done.
    pub(crate) async fn make_first(
        &self,
        hash: &[u8],
        name: &str,
        kept: &Kept,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin_alone().await?;
        let taken: i64 = sqlx::query_scalar("SELECT count(*) FROM account")
            .fetch_one(&mut *transaction)
            .await?;
        if taken != 0 || !first_code(&mut transaction, hash).await? {
            return Ok(false);
        }
        sqlx::query("DELETE FROM first_code")
            .execute(&mut *transaction)
            .await?;
        insert(&mut transaction, name, Role::Administrator, kept, None).await?;
        doings::note(&mut transaction, name, Doing::FirstAccount, name, "").await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Registers an account with the password that its administrator is shown; false where the name is
    /// taken.
    ///
    /// # Errors
    /// [`StoreError::Failed`]; then nothing was done.
    pub(crate) async fn register(
        &self,
        by: &str,
        name: &str,
        role: Role,
        kept: &Kept,
        initial_until: u64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin_alone().await?;
        let until = Some(initial_until);
        if !insert(&mut transaction, name, role, kept, until).await? {
            return Ok(false);
        }
        let detail = wire_name(&role);
        doings::note(&mut transaction, by, Doing::Registered, name, &detail).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Gives an account another role; false where there is none of the name or it is the last
    /// administrator.
    ///
    /// # Errors
    /// [`StoreError::Failed`]; then nothing was done.
    pub(crate) async fn set_role(
        &self,
        by: &str,
        name: &str,
        role: Role,
    ) -> Result<bool, StoreError> {
        let update = unless_last!(
            "UPDATE account SET role = $1, changed = $2 WHERE name = $3 AND ($4 = 'administrator'"
        );
        let word = wire_name(&role);
        let update = sqlx::query(update)
            .bind(word.clone())
            .bind(now())
            .bind(text(name))
            .bind(word.clone());
        let doing = (Doing::RoleChanged, word.as_str());
        self.change(by, name, update, doing, false).await
    }

    /// Lets an account log in, or no longer; its sessions end. False where there is none of the name or it
    /// is the last administrator.
    ///
    /// # Errors
    /// [`StoreError::Failed`]; then nothing was done.
    pub(crate) async fn set_enabled(
        &self,
        by: &str,
        name: &str,
        enabled: bool,
    ) -> Result<bool, StoreError> {
        let update = unless_last!(
            "UPDATE account SET enabled = $1, changed = $2 WHERE name = $3 AND ($4 = 1"
        );
        let update = sqlx::query(update)
            .bind(i64::from(enabled))
            .bind(now())
            .bind(text(name))
            .bind(i64::from(enabled));
        let doing = if enabled {
            Doing::Enabled
        } else {
            Doing::Disabled
        };
        self.change(by, name, update, (doing, ""), true).await
    }

    /// Sets a password; the account's sessions end. `initial_until` where it is one that somebody else was
    /// shown. False where there is no such account.
    ///
    /// # Errors
    /// [`StoreError::Failed`]; then nothing was done.
    pub(crate) async fn set_password(
        &self,
        by: &str,
        name: &str,
        kept: &Kept,
        initial_until: Option<u64>,
    ) -> Result<bool, StoreError> {
        let update = "UPDATE account SET salt = $1, memory_kib = $2, passes = $3, proof = $4, \
                      initial_until = $5, changed = $6 WHERE name = $7";
        let update = sqlx::query(update)
            .bind(kept.salt.to_vec())
            .bind(i64::from(kept.memory_kib))
            .bind(i64::from(kept.passes))
            .bind(kept.proof.to_vec())
            .bind(initial_until.map(u64::cast_signed))
            .bind(now())
            .bind(text(name));
        let doing = match initial_until {
            Some(_) => Doing::InitialPassword,
            None => Doing::PasswordChanged,
        };
        self.change(by, name, update, (doing, ""), true).await
    }

    /// Runs an update of one account and notes it; whether there was a row.
    async fn change(
        &self,
        by: &str,
        name: &str,
        update: super::Statement,
        (doing, detail): (Doing, &str),
        ends_sessions: bool,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin_alone().await?;
        if update.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(false);
        }
        if ends_sessions {
            sqlx::query("DELETE FROM log_in WHERE account = $1")
                .bind(text(name))
                .execute(&mut *transaction)
                .await?;
        }
        doings::note(&mut transaction, by, doing, name, detail).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

async fn first_code(connection: &mut AnyConnection, hash: &[u8]) -> Result<bool, StoreError> {
    let select = "SELECT count(*) FROM first_code WHERE hash = $1 AND made <= $2 AND until > $3";
    let found: i64 = sqlx::query_scalar(select)
        .bind(hash.to_vec())
        .bind(now())
        .bind(now())
        .fetch_one(connection)
        .await?;
    Ok(found != 0)
}

async fn insert(
    transaction: &mut AnyConnection,
    name: &str,
    role: Role,
    kept: &Kept,
    initial_until: Option<u64>,
) -> Result<bool, StoreError> {
    let insert = "INSERT INTO account (name, role, enabled, salt, memory_kib, passes, proof, \
                  initial_until, made, changed) VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    let done = sqlx::query(insert)
        .bind(text(name))
        .bind(wire_name(&role))
        .bind(kept.salt.to_vec())
        .bind(i64::from(kept.memory_kib))
        .bind(i64::from(kept.passes))
        .bind(kept.proof.to_vec())
        .bind(initial_until.map(u64::cast_signed))
        .bind(now())
        .bind(now())
        .execute(transaction)
        .await?;
    Ok(done.rows_affected() == 1)
}

fn account(row: &AnyRow) -> Result<Account, StoreError> {
    let role: String = row.try_get(1)?;
    let until: Option<i64> = row.try_get(3)?;
    Ok(Account {
        name: row.try_get(0)?,
        role: from_wire(&role).unwrap_or(Role::General),
        enabled: row.try_get::<i64, _>(2)? != 0,
        initial_until: until.map(i64::cast_unsigned),
        made: time(row, 4)?,
    })
}

fn kept(row: &AnyRow) -> Result<Kept, StoreError> {
    Ok(Kept {
        salt: bytes(row, 5)?,
        memory_kib: small(row, 6)?,
        passes: small(row, 7)?,
        proof: bytes(row, 8)?,
    })
}

/// A stored value that has this length.
pub(super) fn bytes<const N: usize>(row: &AnyRow, column: usize) -> Result<[u8; N], StoreError> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|_| StoreError::Length(N))
}
