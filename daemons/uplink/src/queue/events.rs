// SPDX-License-Identifier: MIT OR Apache-2.0
//! The queue's other lane: what happened to 目視確認. Nobody waits for these, and no patient is in them.

use sqlx::Row;
use uketsuke_database::begin;
use uketsuke_link::events::Event;
use uketsuke_link::wire::{BATCH, Receipt};

use super::{NEXT, Queue, QueueError};

impl Queue {
    /// Returns when an event was queued since the last call.
    pub async fn rung_for_events(&self) {
        self.rung_events.notified().await;
    }

    /// Stores an event. Durable when this returns; one that is there already changes nothing.
    ///
    /// # Errors
    /// [`QueueError`]; then nothing was accepted.
    pub async fn note(&self, event: &Event) -> Result<(), QueueError> {
        let insert = format!(
            "INSERT OR IGNORE INTO record (session, owner, kind, key, payload, created, seq) \
             VALUES (?, '', 'event', ?, ?, ?, {NEXT})"
        );
        let json = serde_json::to_vec(event)
            .map_err(|error| QueueError::Failed(sqlx::Error::Encode(error.into())))?;
        let sealed = self.sealer.seal(&event.key, &json)?;
        let mut database = self.database.lock().await;
        let done = sqlx::query(sqlx::AssertSqlSafe(insert))
            .bind(&event.key)
            .bind(&event.key)
            .bind(sealed)
            .bind(uketsuke_link::now().cast_signed())
            .execute(&mut *database)
            .await?;
        if done.rows_affected() == 1 {
            self.waiting.send_modify(|n| *n += 1);
            self.rung_events.notify_one();
        }
        Ok(())
    }

    /// The oldest events, in order. One that does not open with the key is put aside and logged.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn events(&self) -> Result<Vec<Event>, QueueError> {
        let select = "SELECT key, payload FROM record \
                      WHERE seq IS NOT NULL AND kind = 'event' ORDER BY seq LIMIT ?";
        let mut database = self.database.lock().await;
        let rows = sqlx::query(select)
            .bind(BATCH as i64)
            .fetch_all(&mut *database)
            .await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in &rows {
            let key: String = row.try_get(0)?;
            let plain = self.sealer.open_record(&key, row.try_get(1)?);
            match plain
                .ok()
                .and_then(|plain| serde_json::from_slice(&plain).ok())
            {
                Some(event) => events.push(event),
                None => {
                    tracing::error!(key, "an event cannot be read and is kept aside");
                    sqlx::query("UPDATE record SET kind = 'unreadable', seq = NULL WHERE key = ?")
                        .bind(&key)
                        .execute(&mut *database)
                        .await?;
                }
            }
        }
        if events.len() < rows.len() {
            self.recount(&mut database).await?;
        }
        Ok(events)
    }

    /// The terminal has settled these events: they leave the queue.
    ///
    /// # Errors
    /// [`QueueError`]; they are then sent again, and the terminal knows them by their keys.
    pub async fn settle_events(&self, receipt: &Receipt) -> Result<(), QueueError> {
        let mut database = self.database.lock().await;
        let mut transaction = begin(&mut database).await?;
        for key in &receipt.refused {
            tracing::error!(
                key,
                "the terminal refused an event; it will not be sent again"
            );
        }
        for key in receipt.acknowledged.iter().chain(&receipt.refused) {
            sqlx::query("DELETE FROM record WHERE key = ? AND kind = 'event'")
                .bind(key)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        self.recount(&mut database).await
    }
}
