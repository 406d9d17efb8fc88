// SPDX-License-Identifier: MIT OR Apache-2.0
//! The terminal's database: the history of check-ins, the outbox to the centre, and which account
//! has a passcode on which reader.

mod events;
mod passcodes;

pub use events::Happened;
pub use passcodes::{Holder, OnReader, Wanted};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use tokio::sync::Mutex;
use uketsuke_link::elements;
use uketsuke_link::is_id;
use uketsuke_link::wire::{BATCH, CentreRecord, Matter, Receipt, Record};

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
}

/// The newest format, kept in `user_version`.
const FORMAT: i64 = 2;

/// What each format adds to the one before it, from nothing on.
const STEPS: [&str; 2] = [
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
];

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
        sqlx::query("INSERT INTO session (id, reader, opened) VALUES (?, ?, ?)")
            .bind(session)
            .bind(reader)
            .bind(uketsuke_link::now().cast_signed())
            .execute(&mut *self.0.lock().await)
            .await?;
        Ok(())
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
        sqlx::query("UPDATE session SET checked = ?, result = ? WHERE id = ?")
            .bind(uketsuke_link::now().cast_signed())
            .bind(result)
            .bind(session)
            .execute(&mut *self.0.lock().await)
            .await?;
        Ok(())
    }

    /// Takes records of one reader. What is acknowledged is durable when this returns.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of the batch was taken.
    pub async fn take(&self, reader: &Arc<str>, records: &[Record]) -> Result<Receipt, StoreError> {
        let mut connection = self.0.lock().await;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let mut receipt = Receipt::default();
        for record in records {
            let taken = take(&mut transaction, reader, record).await?;
            let list = if taken {
                &mut receipt.acknowledged
            } else {
                &mut receipt.refused
            };
            list.push(record.key.clone());
        }
        transaction.commit().await?;
        Ok(receipt)
    }

    /// The oldest records not yet delivered, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn outbox(&self) -> Result<Vec<CentreRecord>, StoreError> {
        let select = "SELECT key, session, matter, elements FROM record \
                      WHERE delivered IS NULL ORDER BY seq LIMIT ?";
        let rows = sqlx::query(select)
            .bind(BATCH as i64)
            .fetch_all(&mut *self.0.lock().await)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(CentreRecord {
                    key: row.try_get(0)?,
                    session: row.try_get(1)?,
                    matter: serde_json::from_str(row.try_get(2)?)?,
                    elements: serde_json::from_str(row.try_get(3)?)?,
                })
            })
            .collect()
    }

    /// The centre has settled these records.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn delivered(&self, receipt: &Receipt) -> Result<(), StoreError> {
        let mut connection = self.0.lock().await;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let at = uketsuke_link::now().cast_signed();
        for (keys, refused) in [(&receipt.acknowledged, 0), (&receipt.refused, 1)] {
            for key in keys {
                let update = "UPDATE record SET delivered = ?, refused = ? \
                              WHERE key = ? AND delivered IS NULL";
                sqlx::query(update)
                    .bind(at)
                    .bind(refused)
                    .bind(key)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    /// How many records wait for the centre.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn waiting(&self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM record WHERE delivered IS NULL")
            .fetch_one(&mut *self.0.lock().await)
            .await?;
        Ok(count.cast_unsigned())
    }

    /// The last `count` sessions, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history(&self, count: u32) -> Result<Vec<Seen>, StoreError> {
        let select = "SELECT reader, opened, result, outcome, elements FROM session \
                      ORDER BY opened DESC, rowid DESC LIMIT ?";
        let rows = sqlx::query(select)
            .bind(count)
            .fetch_all(&mut *self.0.lock().await)
            .await?;
        rows.iter()
            .map(|row| {
                let elements: Option<String> = row.try_get(4)?;
                Ok(Seen {
                    reader: row.try_get(0)?,
                    opened: row.try_get::<i64, _>(1)?.cast_unsigned(),
                    result: row.try_get(2)?,
                    outcome: row.try_get(3)?,
                    elements: match elements {
                        Some(json) => serde_json::from_str(&json)?,
                        None => BTreeMap::new(),
                    },
                })
            })
            .collect()
    }

    /// Forgets sessions and delivered records older than `days`.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn prune(&self, days: u32) -> Result<(), StoreError> {
        let before = uketsuke_link::now()
            .saturating_sub(u64::from(days) * 24 * 60 * 60)
            .cast_signed();
        let mut connection = self.0.lock().await;
        // A session whose record still waits is kept: the page would lose what the outbox has.
        let sessions = "DELETE FROM session WHERE opened < ? AND id NOT IN \
                        (SELECT session FROM record WHERE delivered IS NULL)";
        let records = "DELETE FROM record WHERE delivered < ?";
        let events = "DELETE FROM staff_event WHERE received < ?";
        for delete in [sessions, records, events] {
            sqlx::query(delete)
                .bind(before)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }
}

/// Takes one record inside a batch's transaction. `false`: it can never be taken.
async fn take(
    transaction: &mut SqliteConnection,
    reader: &str,
    record: &Record,
) -> Result<bool, StoreError> {
    let (outcome, elements) = match &record.matter {
        Matter::Consents { consents } if !elements::is_consistent(consents) => return Ok(false),
        Matter::Consents { consents } => ("consents", elements::elements(consents)),
        Matter::Abandon => ("abandon", BTreeMap::new()),
    };
    if !is_id(&record.key) || !is_id(&record.session) {
        return Ok(false);
    }
    let owner: Option<String> = sqlx::query_scalar(
        "SELECT reader FROM record WHERE key = ? UNION ALL \
                            SELECT reader FROM session WHERE id = ? LIMIT 1",
    )
    .bind(&record.key)
    .bind(&record.session)
    .fetch_optional(&mut *transaction)
    .await?;
    // A session this database has never seen was opened before the database was replaced; the
    // centre, which knows it, judges. One of another reader is refused.
    if owner.is_some_and(|owner| owner != reader) {
        return Ok(false);
    }
    let elements = serde_json::to_string(&elements)?;
    let insert = "INSERT OR IGNORE INTO record (key, session, reader, matter, elements, received) \
                  VALUES (?, ?, ?, ?, ?, ?)";
    let inserted = sqlx::query(insert)
        .bind(&record.key)
        .bind(&record.session)
        .bind(reader)
        .bind(serde_json::to_string(&record.matter)?)
        .bind(&elements)
        .bind(uketsuke_link::now().cast_signed())
        .execute(&mut *transaction)
        .await?;
    if inserted.rows_affected() == 1 {
        sqlx::query("UPDATE session SET outcome = ?, elements = ? WHERE id = ?")
            .bind(outcome)
            .bind(&elements)
            .bind(&record.session)
            .execute(&mut *transaction)
            .await?;
    }
    Ok(true)
}
