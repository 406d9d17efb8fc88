// SPDX-License-Identifier: MIT OR Apache-2.0
//! The terminal's database: the history of check-ins, the outbox to the centre, which account has a
//! passcode on which reader, the operation modes of the readers and their facility profiles, and who may
//! use the console and did.

mod accounts;
mod alone;
mod doings;
mod events;
mod face_files;
mod figures;
mod history;
mod modes;
mod open;
mod passcodes;
mod profiles;
mod records;
mod sessions;

pub use accounts::Account;
pub use doings::{Doing, Done};
pub use events::Happened;
pub(crate) use face_files::Due;
pub use figures::{Counts, Course};
pub use history::{Of, Seen};
pub use modes::{ModeSet, Vouching};
pub use open::Database;
pub use passcodes::{Holder, OnReader, Wanted};
pub use profiles::ProfileSet;
pub(crate) use sessions::Rung;

use std::path::PathBuf;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AnyPool, Row, Transaction};
use uketsuke_link::orders::OrderResult;
use uketsuke_link::wire::Receipt;

use open::Kind;

/// Why something was not stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened, or is none of ours.
    #[error("cannot open {database}")]
    Open {
        /// Which.
        database: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The state directory cannot be made.
    #[error("cannot make {path}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database was written by a later version.
    #[error("{database} has format {found}; this program knows up to {}", STEPS.len())]
    Format {
        /// Which.
        database: String,
        /// Its format.
        found: i64,
    },
    /// Another terminal works on it.
    #[error("another terminal works on this database")]
    Taken,
    /// A statement failed: disk full, file damaged, device gone.
    #[error("the database failed")]
    Failed(#[from] sqlx::Error),
    /// A stored value is not JSON of its type.
    #[error("a stored value is not understood")]
    Value(#[from] serde_json::Error),
    /// A stored number is out of its range.
    #[error("a stored number is out of range")]
    Number,
    /// A stored value has not this many bytes.
    #[error("a stored value is not {0} bytes long")]
    Length(usize),
}

/// What each format adds to the one before it, from nothing on, in SQLite's words.
const STEPS: [&str; 6] = [
    "
CREATE TABLE session (
  id TEXT PRIMARY KEY, reader TEXT NOT NULL, opened INTEGER NOT NULL,
  checked INTEGER, result TEXT, outcome TEXT, elements TEXT) STRICT;
CREATE INDEX session_opened ON session (opened);
CREATE TABLE record (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, session TEXT NOT NULL,
  reader TEXT NOT NULL, matter TEXT NOT NULL, elements TEXT NOT NULL, received INTEGER NOT NULL,
  delivered INTEGER, refused INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX record_waiting ON record (seq) WHERE delivered IS NULL;
",
    passcodes::SCHEMA,
    modes::SCHEMA,
    profiles::SCHEMA,
    accounts::SCHEMA,
    face_files::SCHEMA,
];

/// A statement with its values.
type Statement = sqlx::query::Query<'static, Any, AnyArguments>;

/// The database.
pub struct Store {
    pool: AnyPool,
    kind: Kind,
}

impl Store {
    /// Opens or makes a database.
    ///
    /// # Errors
    /// [`StoreError`] naming the database.
    pub async fn open(database: &Database) -> Result<Self, StoreError> {
        let (pool, kind) = open::open(database).await?;
        Ok(Self { pool, kind })
    }

    /// Begins a transaction.
    async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(match self.kind {
            // The one connection has nobody beside it.
            Kind::Sqlite => self.begin_alone().await?,
            Kind::Postgres => self.pool.begin().await?,
        })
    }

    /// Begins a transaction in which nobody else changes anything: where what is read decides what is
    /// written.
    async fn begin_alone(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(self.kind.begin_alone(&self.pool).await?)
    }

    /// A session was opened for a reader.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn opened(&self, session: &str, reader: &str) -> Result<(), StoreError> {
        let insert = "INSERT INTO session (id, reader, opened) VALUES ($1, $2, $3)";
        let insert = sqlx::query(insert).bind(session).bind(reader).bind(now());
        self.write(insert).await.map(drop)
    }

    /// The reader a session belongs to.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn reader_of(&self, session: &str) -> Result<Option<String>, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT reader FROM session WHERE id = $1")
                .bind(session)
                .fetch_optional(&self.pool)
                .await?,
        )
    }

    /// What the centre said to a session's check-in.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn checked(&self, session: &str, result: &str) -> Result<(), StoreError> {
        let update = "UPDATE session SET checked = $1, result = $2 WHERE id = $3";
        let update = sqlx::query(update).bind(now()).bind(result).bind(session);
        self.write(update).await.map(drop)
    }

    /// What a reader said became of its orders. What it says of one that was overtaken, or never was, is
    /// not news.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was written.
    pub async fn told(&self, reader: &str, results: &[OrderResult]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for result in results {
            // An id is one order's: at most one of these finds it.
            passcodes::became(&mut transaction, reader, result).await?;
            modes::became(&mut transaction, reader, result).await?;
            profiles::became(&mut transaction, reader, result).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Forgets sessions, delivered records and what staff did, at readers and at the console, that are older
    /// than `days`.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn prune(&self, days: u32) -> Result<(), StoreError> {
        let before = now() - i64::from(days) * 24 * 60 * 60;
        // A session whose record still waits is kept: the page would lose what the outbox has.
        let sessions = "DELETE FROM session WHERE opened < $1 AND id NOT IN \
                        (SELECT session FROM record WHERE delivered IS NULL)";
        let records = "DELETE FROM record WHERE delivered < $1";
        let events = "DELETE FROM staff_event WHERE received < $1";
        let vouched = "DELETE FROM vouched WHERE at < $1";
        // What a reader should be on is kept, however old.
        let profiles = "DELETE FROM profile WHERE at < $1 AND seq NOT IN \
                        (SELECT max(seq) FROM profile GROUP BY reader)";
        let doings = "DELETE FROM doing WHERE at < $1";
        // One that lies in a folder is kept until it was taken away.
        let files =
            "DELETE FROM face_file WHERE completed < $1 AND (laid IS NULL OR gone IS NOT NULL)";
        for delete in [sessions, records, events, vouched, profiles, doings, files] {
            sqlx::query(delete).bind(before).execute(&self.pool).await?;
        }
        Ok(())
    }

    /// Runs a statement that changes rows; how many.
    async fn write(&self, statement: Statement) -> Result<u64, StoreError> {
        let done = statement.execute(&self.pool).await?;
        Ok(done.rows_affected())
    }

    /// What a statement counts.
    async fn count(&self, statement: Statement) -> Result<u64, StoreError> {
        Ok(time(&statement.fetch_one(&self.pool).await?, 0)?)
    }

    /// The rows of a statement, as `read` reads each.
    async fn list<T>(
        &self,
        statement: Statement,
        read: impl Fn(&AnyRow) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = statement.fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }
}

/// Seconds since 1970, as they are stored.
fn now() -> i64 {
    uketsuke_link::now().cast_signed()
}

/// A stored time, seconds since 1970.
fn time(row: &AnyRow, column: usize) -> Result<u64, sqlx::Error> {
    Ok(row.try_get::<i64, _>(column)?.cast_unsigned())
}

/// A text from outside as it is stored or looked for. PostgreSQL keeps none with a NUL in it, which is in
/// nobody's name.
fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A stored number that is small.
fn small(row: &AnyRow, column: usize) -> Result<u32, StoreError> {
    u32::try_from(row.try_get::<i64, _>(column)?).map_err(|_| StoreError::Number)
}

/// Notes of one of a batch whether it is durable or will never be taken.
fn note(receipt: &mut Receipt, key: &str, taken: bool) {
    let list = if taken {
        &mut receipt.acknowledged
    } else {
        &mut receipt.refused
    };
    list.push(key.to_owned());
}
