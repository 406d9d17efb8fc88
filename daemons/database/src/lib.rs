// SPDX-License-Identifier: MIT OR Apache-2.0
//! Transactions of SQLite that begin again after the disk was full.
//!
//! SQLite ends a transaction by itself when the disk is full or a write fails
//! (<https://www.sqlite.org/lang_transaction.html>, "Response To Errors Within A Transaction"). The
//! `ROLLBACK` that `sqlx` then sends fails, because there is nothing to roll back, and `sqlx` 0.9 takes the
//! connection to be inside that transaction from then on: none can ever begin on it again. A disk that was
//! full for a second would stop the daemon until somebody restarts it.

use sqlx::sqlite::{SqliteConnection, SqliteTransactionManager};
use sqlx::{Connection, Sqlite, Transaction};
use sqlx_core::transaction::TransactionManager;

/// Begins a transaction that may write.
///
/// # Errors
/// What SQLite says.
pub async fn begin(
    connection: &mut SqliteConnection,
) -> Result<Transaction<'_, Sqlite>, sqlx::Error> {
    if connection.is_in_transaction() {
        // One that was dropped may be about to be rolled back: that is over when this is answered.
        connection.ping().await?;
    }
    if connection.is_in_transaction() {
        // Now there is something to roll back. Where SQLite did not end it after all, there was: it says so.
        if let Err(error) = sqlx::raw_sql("BEGIN").execute(&mut *connection).await
            && !is_inside(&error)
        {
            return Err(error);
        }
        SqliteTransactionManager::rollback(connection).await?;
    }
    connection.begin_with("BEGIN IMMEDIATE").await
}

/// Whether SQLite refused to begin because it is in a transaction (`SQLITE_ERROR`, which has no code of its
/// own for this).
fn is_inside(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.message().contains("within a transaction"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use sqlx::ConnectOptions;
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};

    use super::*;

    async fn small() -> (tempfile::TempDir, SqliteConnection) {
        let place = tempfile::tempdir().unwrap();
        let mut connection = SqliteConnectOptions::new()
            .filename(place.path().join("small.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .pragma("max_page_count", "16")
            .connect()
            .await
            .unwrap();
        let table = "CREATE TABLE piece (bytes BLOB NOT NULL) STRICT";
        sqlx::raw_sql(table).execute(&mut connection).await.unwrap();
        (place, connection)
    }

    async fn put(connection: &mut SqliteConnection, pieces: u32) -> Result<(), sqlx::Error> {
        let mut transaction = begin(connection).await?;
        for _ in 0..pieces {
            sqlx::query("INSERT INTO piece VALUES (zeroblob(10000))")
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    }

    async fn pieces(connection: &mut SqliteConnection) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM piece");
        count.fetch_one(connection).await.unwrap()
    }

    #[tokio::test]
    async fn another_begins_after_one_that_found_no_room() {
        let (_place, mut connection) = small().await;
        for _ in 0..3 {
            let error = put(&mut connection, 100).await.unwrap_err();
            let code = error
                .as_database_error()
                .and_then(|error| error.code())
                .unwrap();
            assert_eq!(code, "13", "SQLITE_FULL");
        }
        assert_eq!(pieces(&mut connection).await, 0, "all of it or nothing");
        put(&mut connection, 1).await.unwrap();
        put(&mut connection, 1).await.unwrap();
        assert_eq!(pieces(&mut connection).await, 2);
    }

    #[tokio::test]
    async fn what_was_dropped_is_rolled_back_first() {
        let (_place, mut connection) = small().await;
        for _ in 0..3 {
            let mut transaction = begin(&mut connection).await.unwrap();
            sqlx::query("INSERT INTO piece VALUES (x'00')")
                .execute(&mut *transaction)
                .await
                .unwrap();
            drop(transaction);
        }
        put(&mut connection, 1).await.unwrap();
        assert_eq!(pieces(&mut connection).await, 1);
    }

    #[tokio::test]
    async fn one_that_sqlx_forgot_to_end_is_ended() {
        let (_place, mut connection) = small().await;
        // Never dropped, so never rolled back.
        let mut transaction = begin(&mut connection).await.unwrap();
        sqlx::query("INSERT INTO piece VALUES (x'00')")
            .execute(&mut *transaction)
            .await
            .unwrap();
        std::mem::forget(transaction);
        put(&mut connection, 1).await.unwrap();
        assert_eq!(pieces(&mut connection).await, 1);
    }
}
