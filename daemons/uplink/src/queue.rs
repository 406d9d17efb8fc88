// SPDX-License-Identifier: MIT OR Apache-2.0
//! The durable queue: one row per session, one commit per step.
//!
//! A row's `kind` is what is owed to the centre for its session:
//!
//! | kind | Owed | Found at start-up |
//! | --- | --- | --- |
//! | `check-in` | an answer to the card's proof, to a caller that waits | the caller is gone: becomes `abandon` |
//! | `open` | nothing yet; the patient is choosing | kept for its caller, else becomes `abandon` |
//! | `consents` | the patient's answers | delivered |
//! | `abandon` | the word that nothing more comes | delivered |
//! | `done` | nothing; kept a while so that a repeated `Complete` is known | kept for its caller |
//! | `unreadable`, `refused` | a person must look; logged | kept |
//!
//! | `event` | what happened to 目視確認, to the terminal; its key stands for a session ([`events`]) | delivered |
//!
//! Because a session is one row, two different outcomes for it cannot be queued. `seq` orders what
//! is to be delivered; `key` is the idempotency key under which the terminal knows it.

mod database;
mod events;
mod owed;

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};
use tokio::sync::{Mutex, Notify, watch};
use uketsuke_database::begin;
use uketsuke_link::random_id;
use uketsuke_link::wire::{BATCH, Matter, Receipt, Record};

use crate::seal::{Sealer, set_aside};

use database::connect;
pub use database::{QueueError, options};
use owed::Owed;

/// `seq` of a record that is queued now: after all others that wait.
const NEXT: &str = "(SELECT coalesce(max(seq), 0) + 1 FROM record WHERE seq IS NOT NULL)";

/// Most pages of 4 KiB: 64 MiB, years of check-ins.
pub const PAGES: u32 = 16 * 1024;

/// How long a delivered row may be kept for its caller at most, in s; its caller's exit and the
/// session's own limit usually end it earlier.
const KEPT_S: u64 = 60 * 60;

/// What became of [`Queue::complete`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completed {
    /// The answers are durable.
    Stored,
    /// They were already: the caller asks again.
    Already,
    /// This caller has no such open session.
    Unknown,
}

/// A session found at start-up whose caller may still be there.
pub struct Left {
    /// Its id.
    pub session: String,
    /// Who opened it.
    pub owner: String,
    /// Whether the patient may still answer (`open`), or has (`done`, `consents`).
    pub open: bool,
}

/// The queue.
pub struct Queue {
    database: Mutex<SqliteConnection>,
    sealer: Sealer,
    rung: Notify,
    rung_events: Notify,
    waiting: watch::Sender<u32>,
    owed: std::sync::Mutex<Vec<Owed>>,
}

impl Queue {
    /// Opens or makes the queue in `directory`, at most `pages` of 4 KiB large. Check-ins left by an
    /// earlier run become `abandon`: nobody waits for their answer any more. A damaged database is
    /// set aside and a new one begun, so that patients can go on.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn open(directory: &Path, pages: u32) -> Result<Self, QueueError> {
        std::fs::create_dir_all(directory).map_err(|source| QueueError::File {
            path: directory.to_owned(),
            source,
        })?;
        let sealer = Sealer::open(directory)?;
        let path = directory.join("queue.db");
        let database = match connect(&path, pages).await {
            Err(QueueError::Damaged(error)) => {
                tracing::error!(%error, "the queue is damaged");
                for suffix in ["-wal", "-shm", ""] {
                    let mut name = path.as_os_str().to_owned();
                    name.push(suffix);
                    let part = PathBuf::from(name);
                    if part.exists() {
                        set_aside(&part)
                            .map_err(|source| QueueError::File { path: part, source })?;
                    }
                }
                connect(&path, pages).await?
            }
            other => other?,
        };
        let queue = Self {
            database: Mutex::new(database),
            sealer,
            rung: Notify::new(),
            rung_events: Notify::new(),
            waiting: watch::Sender::new(0),
            owed: std::sync::Mutex::default(),
        };
        queue.withdraw_all().await?;
        Ok(queue)
    }

    /// Closes the database and waits until its files are let go. Dropping the queue loses nothing
    /// either, but lets go of the files a moment later.
    ///
    /// # Errors
    /// When the database cannot be closed.
    pub async fn close(self) -> Result<(), QueueError> {
        Ok(self.database.into_inner().close().await?)
    }

    /// Records not yet acknowledged by the terminal.
    #[must_use]
    pub fn waiting(&self) -> watch::Receiver<u32> {
        self.waiting.subscribe()
    }

    /// Returns when something was queued for delivery since the last call.
    pub async fn rung(&self) {
        self.rung.notified().await;
    }

    /// Stores the card's proof (JSON) before it is sent. Durable when this returns.
    ///
    /// # Errors
    /// [`QueueError`]; then nothing was accepted.
    pub async fn check_in(
        &self,
        session: &str,
        owner: &str,
        proof: &[u8],
    ) -> Result<(), QueueError> {
        let insert = "INSERT INTO record (session, owner, kind, key, payload, created) \
                      VALUES (?, ?, 'check-in', ?, ?, ?)";
        let sealed = self.sealer.seal(session, proof)?;
        let mut database = self.database.lock().await;
        sqlx::query(insert)
            .bind(session)
            .bind(owner)
            .bind(random_id())
            .bind(sealed)
            .bind(uketsuke_link::now().cast_signed())
            .execute(&mut *database)
            .await?;
        self.waiting.send_modify(|n| *n += 1);
        Ok(())
    }

    /// The check-in was answered: the proof is erased, the session is open.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn answered(&self, session: &str) -> Result<(), QueueError> {
        let update = "UPDATE record SET kind = 'open', payload = NULL \
                      WHERE session = ? AND kind = 'check-in'";
        let mut database = self.database.lock().await;
        let done = sqlx::query(update)
            .bind(session)
            .execute(&mut *database)
            .await?;
        if done.rows_affected() == 1 {
            self.waiting.send_modify(|n| *n = n.saturating_sub(1));
        }
        Ok(())
    }

    /// Takes a check-in back. `reached`: it may have got to the centre, which is then told that
    /// nothing more comes; otherwise it is just forgotten.
    ///
    /// # Errors
    /// [`QueueError`]; then [`Self::pay`] does it, or the next start-up.
    pub async fn withdraw(&self, session: &str, reached: bool) -> Result<(), QueueError> {
        let done = self.take_back(session, reached).await;
        if done.is_err() {
            self.owe(Owed::Withdraw(session.to_owned(), reached));
        }
        done
    }

    async fn take_back(&self, session: &str, reached: bool) -> Result<(), QueueError> {
        if reached {
            self.give_up("session = ? AND kind IN ('check-in', 'open')", &[session])
                .await?;
            return Ok(());
        }
        let mut database = self.database.lock().await;
        sqlx::query("DELETE FROM record WHERE session = ? AND kind = 'check-in'")
            .bind(session)
            .execute(&mut *database)
            .await?;
        self.recount(&mut database).await
    }

    /// Stores the patient's answers (JSON of the bus type). Durable when this returns `Stored`.
    ///
    /// # Errors
    /// [`QueueError`]; then nothing was accepted.
    pub async fn complete(
        &self,
        session: &str,
        owner: &str,
        consents: &[u8],
    ) -> Result<Completed, QueueError> {
        let update = format!(
            "UPDATE record SET kind = 'consents', key = ?, payload = ?, seq = {NEXT} \
             WHERE session = ? AND owner = ? AND kind = 'open'"
        );
        let sealed = self.sealer.seal(session, consents)?;
        let mut database = self.database.lock().await;
        let done = sqlx::query(sqlx::AssertSqlSafe(update))
            .bind(random_id())
            .bind(sealed)
            .bind(session)
            .bind(owner)
            .execute(&mut *database)
            .await?;
        if done.rows_affected() == 1 {
            self.waiting.send_modify(|n| *n += 1);
            self.rung.notify_one();
            return Ok(Completed::Stored);
        }
        let kind: Option<String> =
            sqlx::query_scalar("SELECT kind FROM record WHERE session = ? AND owner = ?")
                .bind(session)
                .bind(owner)
                .fetch_optional(&mut *database)
                .await?;
        Ok(match kind.as_deref() {
            Some("consents" | "done") => Completed::Already,
            _ => Completed::Unknown,
        })
    }

    /// Gives an open session up. `false`: this caller has none by that id.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn abandon(&self, session: &str, owner: &str) -> Result<bool, QueueError> {
        let which = "session = ? AND owner = ? AND kind = 'open'";
        Ok(self.give_up(which, &[session, owner]).await? == 1)
    }

    /// The caller is gone: its open session is given up, its finished one is forgotten.
    ///
    /// # Errors
    /// [`QueueError`]; then [`Self::pay`] does it, or the next start-up.
    pub async fn orphan(&self, session: &str) -> Result<(), QueueError> {
        let done = self.leave(session).await;
        if done.is_err() {
            self.owe(Owed::Orphan(session.to_owned()));
        }
        done
    }

    async fn leave(&self, session: &str) -> Result<(), QueueError> {
        self.give_up("session = ? AND kind = 'open'", &[session])
            .await?;
        sqlx::query("DELETE FROM record WHERE session = ? AND kind = 'done'")
            .bind(session)
            .execute(&mut *self.database.lock().await)
            .await?;
        Ok(())
    }

    /// Sessions of earlier runs that are open, or finished but still kept.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn left(&self) -> Result<Vec<Left>, QueueError> {
        let select = "SELECT session, owner, kind = 'open' FROM record \
                      WHERE kind IN ('open', 'consents', 'done')";
        let rows = sqlx::query(select)
            .fetch_all(&mut *self.database.lock().await)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Left {
                    session: row.try_get(0)?,
                    owner: row.try_get(1)?,
                    open: row.try_get(2)?,
                })
            })
            .collect()
    }

    /// The oldest records to be delivered, in order. One that does not open with the key is put
    /// aside and logged: it must not hold back the others.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn batch(&self) -> Result<Vec<Record>, QueueError> {
        let select = "SELECT session, key, kind, payload FROM record \
                      WHERE seq IS NOT NULL AND kind <> 'event' ORDER BY seq LIMIT ?";
        let mut database = self.database.lock().await;
        let rows = sqlx::query(select)
            .bind(BATCH as i64)
            .fetch_all(&mut *database)
            .await?;
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            let (session, key): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            match self.matter(&session, row) {
                Some(matter) => records.push(Record {
                    key,
                    session,
                    matter,
                }),
                None => {
                    tracing::error!(session, "a record cannot be read and is kept aside");
                    sqlx::query(
                        "UPDATE record SET kind = 'unreadable', seq = NULL WHERE session = ?",
                    )
                    .bind(&session)
                    .execute(&mut *database)
                    .await?;
                }
            }
        }
        if records.len() < rows.len() {
            self.recount(&mut database).await?;
        }
        Ok(records)
    }

    fn matter(&self, session: &str, row: &SqliteRow) -> Option<Matter> {
        match row.try_get(2).ok()? {
            "abandon" => Some(Matter::Abandon),
            "consents" => {
                let plain = self
                    .sealer
                    .open_record(session, row.try_get(3).ok()?)
                    .ok()?;
                let consents = serde_json::from_slice(&plain).ok()?;
                Some(Matter::Consents { consents })
            }
            _ => None,
        }
    }

    /// The terminal has settled these records: they leave the queue. Consents leave their row, so
    /// that a repeated `Complete` is known; their content is erased.
    ///
    /// # Errors
    /// [`QueueError`]; they are then sent again, and the terminal knows them by their keys.
    pub async fn settle(&self, receipt: &Receipt) -> Result<(), QueueError> {
        let mut database = self.database.lock().await;
        let mut transaction = begin(&mut database).await?;
        let delete = "DELETE FROM record WHERE key = ? AND kind = 'abandon'";
        let done = "UPDATE record SET kind = 'done', payload = NULL, seq = NULL \
                    WHERE key = ? AND kind = 'consents'";
        let refuse = "UPDATE record SET kind = 'refused', payload = NULL, seq = NULL WHERE key = ?";
        for key in &receipt.acknowledged {
            for statement in [delete, done] {
                sqlx::query(statement)
                    .bind(key)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        // Only a caller that repeats itself within moments asks for these again.
        let before = uketsuke_link::now().saturating_sub(KEPT_S).cast_signed();
        sqlx::query("DELETE FROM record WHERE kind = 'done' AND created < ?")
            .bind(before)
            .execute(&mut *transaction)
            .await?;
        for key in &receipt.refused {
            tracing::error!(
                key,
                "the terminal refused a record; it will not be sent again"
            );
            sqlx::query(refuse)
                .bind(key)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        self.recount(&mut database).await?;
        if *self.waiting.borrow() == 0 {
            // Folds the log into the file, so that erased content is gone from both.
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(&mut *database)
                .await?;
        }
        Ok(())
    }

    /// What an earlier run left unanswered is withdrawn: it may have got to the centre.
    async fn withdraw_all(&self) -> Result<(), QueueError> {
        let withdrawn = self.give_up("kind = 'check-in'", &[]).await?;
        if withdrawn > 0 {
            tracing::warn!(withdrawn, "check-ins of an earlier run were withdrawn");
        }
        self.recount(&mut *self.database.lock().await).await
    }

    /// Turns the rows that `which` names into the word that nothing more comes.
    async fn give_up(&self, which: &'static str, binds: &[&str]) -> Result<u64, QueueError> {
        // One by one: each needs a key and an order number of its own.
        let mut given_up = 0;
        let select = format!("SELECT session FROM record WHERE {which}");
        let update = format!(
            "UPDATE record SET kind = 'abandon', key = ?, payload = NULL, seq = {NEXT} \
             WHERE session = ?"
        );
        let mut database = self.database.lock().await;
        let mut query = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(select));
        for bind in binds {
            query = query.bind((*bind).to_owned());
        }
        for session in query.fetch_all(&mut *database).await? {
            sqlx::query(sqlx::AssertSqlSafe(update.clone()))
                .bind(random_id())
                .bind(session)
                .execute(&mut *database)
                .await?;
            given_up += 1;
        }
        if given_up > 0 {
            self.recount(&mut database).await?;
            self.rung.notify_one();
        }
        Ok(given_up)
    }

    async fn recount(&self, database: &mut SqliteConnection) -> Result<(), QueueError> {
        let count: u32 = sqlx::query_scalar(
            "SELECT count(*) FROM record WHERE seq IS NOT NULL OR kind = 'check-in'",
        )
        .fetch_one(database)
        .await?;
        self.waiting
            .send_if_modified(|n| std::mem::replace(n, count) != count);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
