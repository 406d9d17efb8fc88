// SPDX-License-Identifier: MIT OR Apache-2.0
//! Records of the readers on their way to the centre.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use uketsuke_link::elements;
use uketsuke_link::is_id;
use uketsuke_link::wire::{BATCH, CentreRecord, Matter, Receipt, Record};

use super::{Store, StoreError, face_files, note, now};

impl Store {
    /// Takes records of one reader. What is acknowledged is durable when this returns, and that `computers`
    /// are to get a face file of each visit that is complete.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of the batch was taken.
    pub async fn take(
        &self,
        reader: &Arc<str>,
        records: &[Record],
        computers: &[&str],
    ) -> Result<Receipt, StoreError> {
        let mut transaction = self.begin().await?;
        let mut receipt = Receipt::default();
        for record in records {
            let taken = take(&mut transaction, reader, record, computers).await?;
            note(&mut receipt, &record.key, taken);
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
                      WHERE delivered IS NULL ORDER BY seq LIMIT $1";
        let read = |row: &AnyRow| {
            Ok(CentreRecord {
                key: row.try_get(0)?,
                session: row.try_get(1)?,
                matter: serde_json::from_str(row.try_get(2)?)?,
                elements: serde_json::from_str(row.try_get(3)?)?,
            })
        };
        self.list(sqlx::query(select).bind(BATCH as i64), read)
            .await
    }

    /// The centre has settled these records.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn delivered(&self, receipt: &Receipt) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for (keys, refused) in [(&receipt.acknowledged, 0), (&receipt.refused, 1)] {
            for key in keys {
                let update = "UPDATE record SET delivered = $1, refused = $2 \
                              WHERE key = $3 AND delivered IS NULL";
                sqlx::query(update)
                    .bind(now())
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
        let select = "SELECT count(*) FROM record WHERE delivered IS NULL";
        self.count(sqlx::query(select)).await
    }
}

/// Takes one record inside a batch's transaction. `false`: it can never be taken.
async fn take(
    transaction: &mut AnyConnection,
    reader: &str,
    record: &Record,
    computers: &[&str],
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
        "SELECT reader FROM record WHERE key = $1 UNION ALL \
                            SELECT reader FROM session WHERE id = $2 LIMIT 1",
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
    let insert = "INSERT INTO record (key, session, reader, matter, elements, received) \
                  VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let inserted = sqlx::query(insert)
        .bind(&record.key)
        .bind(&record.session)
        .bind(reader)
        .bind(serde_json::to_string(&record.matter)?)
        .bind(&elements)
        .bind(now())
        .execute(&mut *transaction)
        .await?;
    if inserted.rows_affected() == 1 {
        sqlx::query("UPDATE session SET outcome = $1, elements = $2 WHERE id = $3")
            .bind(outcome)
            .bind(&elements)
            .bind(&record.session)
            .execute(&mut *transaction)
            .await?;
        if let Matter::Consents { .. } = record.matter {
            face_files::complete(transaction, &record.session, reader, &elements, computers)
                .await?;
        }
    }
    Ok(true)
}
