// SPDX-License-Identifier: MIT OR Apache-2.0
//! The queue's database: how it is opened and checked, and what its failures are called.

use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::seal::SealError;

/// Why the queue did not do what was asked. Nothing was accepted then.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The state directory or a file in it cannot be used.
    #[error("cannot use {path}")]
    File {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("cannot open {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The database was written by a later version.
    #[error("{path} has format {found}; this program knows up to {FORMAT}")]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// The key cannot be used.
    #[error("the key of the queue")]
    Key(#[from] SealError),
    /// The queue or the disk is full.
    #[error("the queue is full")]
    Full(#[source] sqlx::Error),
    /// The database is damaged.
    #[error("the queue is damaged")]
    Damaged(#[source] sqlx::Error),
    /// A commit failed otherwise.
    #[error("the queue cannot store")]
    Failed(#[source] sqlx::Error),
}

impl From<sqlx::Error> for QueueError {
    fn from(error: sqlx::Error) -> Self {
        match primary_code(&error) {
            Some(SQLITE_FULL) => Self::Full(error),
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::Damaged(error),
            _ => Self::Failed(error),
        }
    }
}

// Result codes of sqlite.org/rescode.html.
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_FULL: u32 = 13;
const SQLITE_NOTADB: u32 = 26;

/// The low byte of SQLite's extended result code.
fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<u32>().ok().map(|code| code & 0xff)
}

/// Number of the schema, kept in `user_version`.
const FORMAT: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE record (
  session TEXT PRIMARY KEY, owner TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
  seq INTEGER, payload BLOB, created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX record_waiting ON record (seq) WHERE seq IS NOT NULL;
PRAGMA user_version = 1;
";

/// How both the queue and the bench's bare loop open a database.
#[must_use]
pub fn options(path: &Path, pages: u32) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // Only this daemon writes; a lock held for longer is a fault to be named, not waited for.
        .busy_timeout(std::time::Duration::from_secs(1))
        .pragma("secure_delete", "ON")
        .pragma("max_page_count", pages.to_string())
        .disable_statement_logging()
}

/// Opens the database, makes the schema when it is new, and checks it when it is not.
///
/// # Errors
/// [`QueueError`]; `Damaged` when its content is not whole.
pub(super) async fn connect(path: &Path, pages: u32) -> Result<SqliteConnection, QueueError> {
    let open = |error| match QueueError::from(error) {
        QueueError::Failed(source) => QueueError::Open {
            path: path.to_owned(),
            source,
        },
        named => named,
    };
    let mut database = options(path, pages).connect().await.map_err(open)?;
    let found: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut database)
        .await
        .map_err(open)?;
    match found {
        0 => {
            // One transaction: a half-made schema would be taken for a whole one.
            let mut transaction = database.begin().await.map_err(open)?;
            sqlx::raw_sql(SCHEMA)
                .execute(&mut *transaction)
                .await
                .map_err(open)?;
            transaction.commit().await.map_err(open)?;
        }
        FORMAT => {
            let verdict: String = sqlx::query_scalar("PRAGMA quick_check(1)")
                .fetch_one(&mut database)
                .await
                .map_err(open)?;
            if verdict != "ok" {
                return Err(QueueError::Damaged(sqlx::Error::Protocol(verdict)));
            }
        }
        found => {
            return Err(QueueError::Format {
                path: path.to_owned(),
                found,
            });
        }
    }
    Ok(database)
}
