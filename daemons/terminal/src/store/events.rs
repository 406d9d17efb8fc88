// SPDX-License-Identifier: MIT OR Apache-2.0
//! What happened to 目視確認 and to the operation modes on the readers.

use std::sync::Arc;

use sqlx::Row;
use sqlx::any::AnyRow;
use uketsuke_bus::staff::{StaffEvent, is_account};
use uketsuke_link::events::Event;
use uketsuke_link::is_id;
use uketsuke_link::wire::Receipt;

use super::{Store, StoreError, note, now, small, time};

/// One line of the record.
pub struct Happened {
    /// The reader.
    pub reader: String,
    /// When, seconds since 1970, by its clock.
    pub at: u64,
    /// What; none: a later version's word.
    pub event: Option<StaffEvent>,
    /// Whose passcode; empty where nobody's.
    pub account: String,
    /// How long it had been on.
    pub seconds: u32,
}

impl Store {
    /// Takes events of one reader. What is acknowledged is durable when this returns.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of the batch was taken.
    pub async fn happened(
        &self,
        reader: &Arc<str>,
        events: &[Event],
    ) -> Result<Receipt, StoreError> {
        let mut transaction = self.begin().await?;
        let mut receipt = Receipt::default();
        let insert = "INSERT INTO staff_event \
                      (key, reader, at, event, account, seconds, received) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
        for event in events {
            let account = event.account.is_empty() || is_account(&event.account);
            let at = i64::try_from(event.at).ok();
            let (Some(at), true) = (at, account && is_id(&event.key)) else {
                note(&mut receipt, &event.key, false);
                continue;
            };
            sqlx::query(insert)
                .bind(&event.key)
                .bind(&**reader)
                .bind(at)
                .bind(event.event.name())
                .bind(&event.account)
                .bind(i64::from(event.seconds))
                .bind(now())
                .execute(&mut *transaction)
                .await?;
            note(&mut receipt, &event.key, true);
        }
        transaction.commit().await?;
        Ok(receipt)
    }

    /// The last `count` events, newest first.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn happenings(&self, count: u32) -> Result<Vec<Happened>, StoreError> {
        let select = "SELECT reader, at, event, account, seconds FROM staff_event \
                      ORDER BY seq DESC LIMIT $1";
        let read = |row: &AnyRow| {
            Ok(Happened {
                reader: row.try_get(0)?,
                at: time(row, 1)?,
                event: StaffEvent::named(row.try_get(2)?),
                account: row.try_get(3)?,
                seconds: small(row, 4)?,
            })
        };
        self.list(sqlx::query(select).bind(i64::from(count)), read)
            .await
    }
}
