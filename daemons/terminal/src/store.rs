// SPDX-License-Identifier: MIT OR Apache-2.0
//! The terminal's database: the history of check-ins, the outbox to the centre, which account has a
//! passcode on which reader, the operation modes of the readers and their facility profiles, and who may
//! use the console and did.

mod accounts;
mod doings;
mod events;
mod face_files;
mod figures;
mod history;
mod modes;
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
pub use passcodes::{Holder, OnReader, Wanted};
pub use profiles::ProfileSet;
pub(crate) use sessions::Rung;

use std::path::{Path, PathBuf};

use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Row, Sqlite, SqliteConnection};
use tokio::sync::Mutex;
use uketsuke_database::begin;
use uketsuke_link::orders::OrderResult;
use uketsuke_link::wire::Receipt;

/// Why something was not stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened, or is no database of ours.
    #[error("cannot open {path}")]
    Open {
        /// The file.
        path: PathBuf,
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
    #[error("{path} has format {found}; this program knows up to {FORMAT}")]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// A statement failed: disk full, file damaged, device gone.
    #[error("the database failed")]
    Failed(#[from] sqlx::Error),
    /// A stored value is not JSON of its type.
    #[error("a stored value is not understood")]
    Value(#[from] serde_json::Error),
    /// A stored value has not this many bytes.
    #[error("a stored value is not {0} bytes long")]
    Length(usize),
}

/// The newest format, kept in `user_version`.
const FORMAT: i64 = 6;

/// What each format adds to the one before it, from nothing on.
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
PRAGMA user_version = 1;
",
    passcodes::SCHEMA,
    modes::SCHEMA,
    profiles::SCHEMA,
    accounts::SCHEMA,
    face_files::SCHEMA,
];

/// A statement with its values.
type Statement = sqlx::query::Query<'static, Sqlite, SqliteArguments>;

/// The database.
pub struct Store(Mutex<SqliteConnection>);

impl Store {
    /// Opens or makes `terminal.db` in `directory`.
    ///
    /// # Errors
    /// [`StoreError`] naming the file.
    pub async fn open(directory: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory).map_err(|source| StoreError::Directory {
            path: directory.to_owned(),
            source,
        })?;
        let path = directory.join("terminal.db");
        let open = |source| StoreError::Open {
            path: path.clone(),
            source,
        };
        let mut connection = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "ON")
            .disable_statement_logging()
            .connect()
            .await
            .map_err(open)?;
        let found: i64 = sqlx::query_scalar("PRAGMA user_version")
            .fetch_one(&mut connection)
            .await
            .map_err(open)?;
        let known = usize::try_from(found).ok().filter(|f| *f <= STEPS.len());
        let Some(known) = known else {
            return Err(StoreError::Format { path, found });
        };
        for step in STEPS.into_iter().skip(known) {
            // One transaction: a half-made schema would be taken for a whole one.
            let mut transaction = connection.begin().await.map_err(open)?;
            sqlx::raw_sql(step)
                .execute(&mut *transaction)
                .await
                .map_err(open)?;
            transaction.commit().await.map_err(open)?;
        }
        Ok(Self(Mutex::new(connection)))
    }

    /// A session was opened for a reader.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn opened(&self, session: &str, reader: &str) -> Result<(), StoreError> {
        let insert = "INSERT INTO session (id, reader, opened) VALUES (?, ?, ?)";
        let insert = sqlx::query(insert).bind(session).bind(reader).bind(now());
        self.write(insert).await.map(drop)
    }

    /// The reader a session belongs to.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn reader_of(&self, session: &str) -> Result<Option<String>, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT reader FROM session WHERE id = ?")
                .bind(session)
                .fetch_optional(&mut *self.0.lock().await)
                .await?,
        )
    }

    /// What the centre said to a session's check-in.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn checked(&self, session: &str, result: &str) -> Result<(), StoreError> {
        let update = "UPDATE session SET checked = ?, result = ? WHERE id = ?";
        let update = sqlx::query(update).bind(now()).bind(result).bind(session);
        self.write(update).await.map(drop)
    }

    /// What a reader said became of its orders. What it says of one that was overtaken, or never was, is
    /// not news.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was written.
    pub async fn told(&self, reader: &str, results: &[OrderResult]) -> Result<(), StoreError> {
        let mut connection = self.0.lock().await;
        let mut transaction = begin(&mut connection).await?;
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
        let mut connection = self.0.lock().await;
        // A session whose record still waits is kept: the page would lose what the outbox has.
        let sessions = "DELETE FROM session WHERE opened < ? AND id NOT IN \
                        (SELECT session FROM record WHERE delivered IS NULL)";
        let records = "DELETE FROM record WHERE delivered < ?";
        let events = "DELETE FROM staff_event WHERE received < ?";
        let vouched = "DELETE FROM vouched WHERE at < ?";
        // What a reader should be on is kept, however old.
        let profiles = "DELETE FROM profile WHERE at < ? AND seq NOT IN \
                        (SELECT max(seq) FROM profile GROUP BY reader)";
        let doings = "DELETE FROM doing WHERE at < ?";
        // One that lies in a folder is kept until it was taken away.
        let files =
            "DELETE FROM face_file WHERE completed < ? AND (laid IS NULL OR gone IS NOT NULL)";
        for delete in [sessions, records, events, vouched, profiles, doings, files] {
            sqlx::query(delete)
                .bind(before)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    /// Runs a statement that changes rows; how many.
    async fn write(&self, statement: Statement) -> Result<u64, StoreError> {
        let done = statement.execute(&mut *self.0.lock().await).await?;
        Ok(done.rows_affected())
    }

    /// The rows of a statement, as `read` reads each.
    async fn list<T>(
        &self,
        statement: Statement,
        read: impl Fn(&SqliteRow) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = statement.fetch_all(&mut *self.0.lock().await).await?;
        rows.iter().map(read).collect()
    }
}

/// Seconds since 1970, as they are stored.
fn now() -> i64 {
    uketsuke_link::now().cast_signed()
}

/// A stored time, seconds since 1970.
fn time(row: &SqliteRow, column: usize) -> Result<u64, sqlx::Error> {
    Ok(row.try_get::<i64, _>(column)?.cast_unsigned())
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
