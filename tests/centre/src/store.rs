// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the centre remembers: sessions, records, persons. Durable, so that counts survive a kill.
//!
//! ```text
//! issued ── check-in ──► answered ── consents ──► completed
//!    │          └──────► refused      │
//!    └──────────── abandon ───────────┴──────────► abandoned
//! ```

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use tokio::sync::Mutex;
use uketsuke_bus::letter::{Letter, LetterAnswer};
use uketsuke_link::wire::{CentreRecord, Earlier, Matter};

use crate::scenario::Person;

/// The database failed, or holds what was never written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A stored value is not JSON of its type.
    #[error("a stored value is not understood")]
    Value(#[from] serde_json::Error),
    /// The directory cannot be made.
    #[error("cannot make the state directory")]
    Directory(#[from] std::io::Error),
}

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS session (
  id TEXT PRIMARY KEY, terminal TEXT NOT NULL, reader TEXT NOT NULL, nonce BLOB NOT NULL,
  state TEXT NOT NULL DEFAULT 'issued', serial TEXT, profile TEXT, opened INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS record (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, session TEXT NOT NULL,
  kind TEXT NOT NULL, matter TEXT NOT NULL, elements TEXT NOT NULL, times INTEGER NOT NULL DEFAULT 1
  ) STRICT;
CREATE INDEX IF NOT EXISTS record_session ON record (session);
CREATE TABLE IF NOT EXISTS person (profile TEXT PRIMARY KEY, person TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS consent (serial TEXT PRIMARY KEY, earlier TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS letter (
  serial TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (serial, id)) STRICT;
";

/// What has happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Sessions opened.
    pub issued: u64,
    /// Sessions with a check-in that was verified and answered, whatever came of it.
    pub asked: u64,
    /// Sessions whose check-in was refused.
    pub refused: u64,
    /// Sessions completed.
    pub completed: u64,
    /// Sessions given up.
    pub abandoned: u64,
    /// Records stored.
    pub records: u64,
    /// Records that came again with a key already stored (harmless, but must not be counted).
    pub repeated: u64,
}

/// One session, for tests.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub session: String,
    /// The reader it was opened for.
    pub reader: String,
    /// `issued`, `answered`, `refused`, `completed` or `abandoned`.
    pub state: String,
    /// The profile that checked in.
    pub profile: Option<String>,
    /// The consent elements, once completed.
    pub elements: BTreeMap<String, String>,
    /// Whether certificates of public subsidy are to be used, where that was asked.
    pub subsidy: Option<bool>,
    /// What was said to letters, once completed.
    pub letters: Vec<LetterAnswer>,
    /// How many different records (keys) were stored for it.
    pub records: u64,
    /// The place of the record that completed it among all records.
    pub place: Option<i64>,
}

/// What became of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is durable, now or since earlier.
    Yes,
    /// It can never be: no such session, or the session ended otherwise.
    Never,
}

/// The database.
pub struct Store(Mutex<SqliteConnection>);

impl Store {
    /// Opens or makes `centre.db` in `directory`.
    pub async fn open(directory: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory)?;
        let mut connection = SqliteConnectOptions::new()
            .filename(directory.join("centre.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .disable_statement_logging()
            .connect()
            .await?;
        sqlx::raw_sql(SCHEMA).execute(&mut connection).await?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Remembers a new session.
    pub async fn issue(
        &self,
        session: &str,
        terminal: &str,
        reader: &str,
        nonce: &[u8],
    ) -> Result<(), StoreError> {
        let insert =
            "INSERT INTO session (id, terminal, reader, nonce, opened) VALUES (?, ?, ?, ?, ?)";
        sqlx::query(insert)
            .bind(session)
            .bind(terminal)
            .bind(reader)
            .bind(nonce)
            .bind(uketsuke_link::now().cast_signed())
            .execute(&mut *self.0.lock().await)
            .await?;
        Ok(())
    }

    /// Uses the session up and gives its nonce.
    pub async fn use_up(&self, session: &str, terminal: &str) -> Result<Use, StoreError> {
        let mut connection = self.0.lock().await;
        // Refused until proven: a centre killed in between has not answered either.
        let update = "UPDATE session SET state = 'refused' \
                      WHERE id = ? AND terminal = ? AND state = 'issued' RETURNING nonce";
        let row = sqlx::query(update)
            .bind(session)
            .bind(terminal)
            .fetch_optional(&mut *connection)
            .await?;
        if let Some(row) = row {
            return Ok(Use::Nonce(row.try_get(0)?));
        }
        let known = sqlx::query("SELECT 1 FROM session WHERE id = ? AND terminal = ?")
            .bind(session)
            .bind(terminal)
            .fetch_optional(&mut *connection)
            .await?;
        Ok(if known.is_some() {
            Use::Over
        } else {
            Use::Unknown
        })
    }

    /// The session's check-in was verified. `false` when it was abandoned meanwhile.
    pub async fn answered(
        &self,
        session: &str,
        serial: &str,
        profile: &str,
    ) -> Result<bool, StoreError> {
        let update = "UPDATE session SET state = 'answered', serial = ?, profile = ? \
                      WHERE id = ? AND state = 'refused'";
        let done = sqlx::query(update)
            .bind(serial)
            .bind(profile)
            .bind(session)
            .execute(&mut *self.0.lock().await)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The profile that checked in under a session of this terminal and did not give up.
    pub async fn who(&self, session: &str, terminal: &str) -> Result<Option<String>, StoreError> {
        let select = "SELECT profile FROM session \
                      WHERE id = ? AND terminal = ? AND state IN ('answered', 'completed')";
        let row = sqlx::query_scalar(select)
            .bind(session)
            .bind(terminal)
            .fetch_optional(&mut *self.0.lock().await)
            .await?;
        Ok(row.flatten())
    }

    /// Consents of the last completed visit with this certificate.
    pub async fn earlier(&self, serial: &str) -> Result<Option<Earlier>, StoreError> {
        let row = sqlx::query("SELECT earlier FROM consent WHERE serial = ?")
            .bind(serial)
            .fetch_optional(&mut *self.0.lock().await)
            .await?;
        Ok(match row {
            Some(row) => serde_json::from_str(row.try_get(0)?)?,
            None => None,
        })
    }

    /// Those of a person's letters that were not submitted at an earlier visit.
    pub async fn unsubmitted(
        &self,
        serial: &str,
        letters: Vec<Letter>,
    ) -> Result<Vec<Letter>, StoreError> {
        let rows = sqlx::query_scalar("SELECT id FROM letter WHERE serial = ?")
            .bind(serial)
            .fetch_all(&mut *self.0.lock().await)
            .await?;
        let submitted: HashSet<String> = rows.into_iter().collect();
        let open = |letter: &Letter| !submitted.contains(&letter.id);
        Ok(letters.into_iter().filter(open).collect())
    }

    /// Stores one record, once per key.
    pub async fn record(
        &self,
        terminal: &str,
        record: &CentreRecord,
    ) -> Result<Stored, StoreError> {
        let mut connection = self.0.lock().await;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let again = sqlx::query("UPDATE record SET times = times + 1 WHERE key = ?")
            .bind(&record.key)
            .execute(&mut *transaction)
            .await?;
        if again.rows_affected() > 0 {
            transaction.commit().await?;
            return Ok(Stored::Yes);
        }
        let (kind, from) = match &record.matter {
            Matter::Consents { .. } => ("completed", "('answered')"),
            Matter::Abandon => (
                "abandoned",
                "('issued', 'answered', 'refused', 'abandoned')",
            ),
        };
        let update = format!(
            "UPDATE session SET state = ? WHERE id = ? AND terminal = ? AND state IN {from} \
             RETURNING serial, profile"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(update))
            .bind(kind)
            .bind(&record.session)
            .bind(terminal)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(row) = row else {
            return Ok(Stored::Never);
        };
        let serial: Option<String> = row.try_get(0)?;
        let profile: Option<String> = row.try_get(1)?;
        if let (Matter::Consents { consents }, Some(serial), Some(profile)) =
            (&record.matter, &serial, &profile)
            && !submit(&mut transaction, serial, profile, &consents.letters).await?
        {
            return Ok(Stored::Never);
        }
        let insert =
            "INSERT INTO record (key, session, kind, matter, elements) VALUES (?, ?, ?, ?, ?)";
        sqlx::query(insert)
            .bind(&record.key)
            .bind(&record.session)
            .bind(kind)
            .bind(serde_json::to_string(&record.matter)?)
            .bind(serde_json::to_string(&record.elements)?)
            .execute(&mut *transaction)
            .await?;
        if let (Matter::Consents { consents }, Some(serial)) = (&record.matter, serial)
            && !consents.answers.is_empty()
        {
            let earlier = Earlier {
                categories: consents.categories.clone(),
                answers: consents.answers.clone(),
            };
            sqlx::query("INSERT OR REPLACE INTO consent (serial, earlier) VALUES (?, ?)")
                .bind(serial)
                .bind(serde_json::to_string(&earlier)?)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(Stored::Yes)
    }

    /// Who stands behind a profile.
    pub async fn person(&self, profile: &str) -> Result<Person, StoreError> {
        person(&mut *self.0.lock().await, profile).await
    }

    /// Sets who stands behind a profile.
    pub async fn set_person(&self, profile: &str, person: &Person) -> Result<(), StoreError> {
        sqlx::query("INSERT OR REPLACE INTO person (profile, person) VALUES (?, ?)")
            .bind(profile)
            .bind(serde_json::to_string(person)?)
            .execute(&mut *self.0.lock().await)
            .await?;
        Ok(())
    }

    /// What has happened so far.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let select = "SELECT \
            (SELECT count(*) FROM session), \
            (SELECT count(*) FROM session WHERE serial IS NOT NULL), \
            (SELECT count(*) FROM session WHERE state = 'refused'), \
            (SELECT count(*) FROM session WHERE state = 'completed'), \
            (SELECT count(*) FROM session WHERE state = 'abandoned'), \
            (SELECT count(*) FROM record), \
            (SELECT coalesce(sum(times - 1), 0) FROM record)";
        let row = sqlx::query(select)
            .fetch_one(&mut *self.0.lock().await)
            .await?;
        let at = |column: usize| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
        Ok(Counts {
            issued: at(0)?,
            asked: at(1)?,
            refused: at(2)?,
            completed: at(3)?,
            abandoned: at(4)?,
            records: at(5)?,
            repeated: at(6)?,
        })
    }

    /// Every session in the order of opening.
    pub async fn sessions(&self) -> Result<Vec<Session>, StoreError> {
        let select = "SELECT s.id, s.reader, s.state, s.profile, \
            (SELECT elements FROM record r WHERE r.session = s.id AND kind = 'completed'), \
            (SELECT matter FROM record r WHERE r.session = s.id AND kind = 'completed'), \
            (SELECT count(*) FROM record r WHERE r.session = s.id), \
            (SELECT seq FROM record r WHERE r.session = s.id AND kind = 'completed') \
            FROM session s ORDER BY s.rowid";
        let rows = sqlx::query(select)
            .fetch_all(&mut *self.0.lock().await)
            .await?;
        rows.iter()
            .map(|row| {
                let elements: Option<String> = row.try_get(4)?;
                let matter: Option<String> = row.try_get(5)?;
                let matter = matter.as_deref().map(serde_json::from_str).transpose()?;
                let (subsidy, letters) = match matter {
                    Some(Matter::Consents { consents }) => (consents.subsidy, consents.letters),
                    Some(Matter::Abandon) | None => (None, Vec::new()),
                };
                Ok(Session {
                    session: row.try_get(0)?,
                    reader: row.try_get(1)?,
                    state: row.try_get(2)?,
                    profile: row.try_get(3)?,
                    elements: match elements {
                        Some(json) => serde_json::from_str(&json)?,
                        None => BTreeMap::new(),
                    },
                    subsidy,
                    letters,
                    records: row.try_get::<i64, _>(6)?.cast_unsigned(),
                    place: row.try_get(7)?,
                })
            })
            .collect()
    }

    /// Forgets everything.
    pub async fn reset(&self) -> Result<(), StoreError> {
        let delete = "DELETE FROM session; DELETE FROM record; DELETE FROM person; DELETE FROM consent; \
             DELETE FROM letter;";
        sqlx::raw_sql(delete)
            .execute(&mut *self.0.lock().await)
            .await?;
        Ok(())
    }
}

async fn person(connection: &mut SqliteConnection, profile: &str) -> Result<Person, StoreError> {
    let row = sqlx::query("SELECT person FROM person WHERE profile = ?")
        .bind(profile)
        .fetch_optional(connection)
        .await?;
    Ok(match row {
        Some(row) => serde_json::from_str(row.try_get(0)?)?,
        None => Person::of(profile),
    })
}

/// Takes what a patient said to letters. `false`: to one that he was never told of, or that he has
/// submitted before.
async fn submit(
    transaction: &mut SqliteConnection,
    serial: &str,
    profile: &str,
    letters: &[LetterAnswer],
) -> Result<bool, StoreError> {
    if letters.is_empty() {
        return Ok(true);
    }
    let told = person(transaction, profile).await?.letters;
    for answer in letters {
        if !told.iter().any(|letter| letter.id == answer.id) {
            return Ok(false);
        }
        if !answer.submit {
            continue;
        }
        let stored = sqlx::query("INSERT OR IGNORE INTO letter (serial, id) VALUES (?, ?)")
            .bind(serial)
            .bind(&answer.id)
            .execute(&mut *transaction)
            .await?;
        if stored.rows_affected() == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a session may be used.
pub enum Use {
    /// It may, once; this is its nonce.
    Nonce(Vec<u8>),
    /// It was used or given up.
    Over,
    /// It was never opened by this terminal.
    Unknown,
}
