// SPDX-License-Identifier: MIT OR Apache-2.0
//! One terminal a database. What readers were told and what they said of it is kept in memory, and the
//! records go to the centre in order: two that did not know of each other would mix it up.

use std::time::Duration;

use sqlx::{AnyConnection, Connection, Row};
use tokio::time::{Instant, sleep};

use super::open::{ALONE, Kind};
use super::{Store, StoreError};

/// The lock of PostgreSQL's that a terminal has as long as it is connected.
const TERMINAL: i64 = ALONE + 1;
/// How long the lock of a terminal that has just ended may still be there.
const GOES: Duration = Duration::from_secs(10);
/// Between two looks whether the lock is still ours.
const LOOK: Duration = Duration::from_secs(5);
/// Between two attempts.
const AGAIN: Duration = Duration::from_millis(200);

/// The right to be the terminal of a database.
pub struct Alone(Option<AnyConnection>);

impl Store {
    /// Becomes the terminal of this database.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where there is another one.
    pub async fn alone(&self) -> Result<Alone, StoreError> {
        if self.kind == Kind::Sqlite {
            // The file lies in the folder of one service.
            return Ok(Alone(None));
        }
        let end = Instant::now() + GOES;
        let mut connection = self.pool.acquire().await?.detach();
        let lock = "SELECT CASE WHEN pg_try_advisory_lock($1) THEN 1 ELSE 0 END";
        while sqlx::query(lock)
            .bind(TERMINAL)
            .fetch_one(&mut connection)
            .await?
            .try_get::<i64, _>(0)?
            == 0
        {
            if Instant::now() >= end {
                return Err(StoreError::Taken);
            }
            sleep(AGAIN).await;
        }
        Ok(Alone(Some(connection)))
    }

    /// Stays the terminal of this database, past every loss of the line to it; what ended that.
    pub async fn stay_alone(&self, mut alone: Alone) -> StoreError {
        let Some(connection) = &mut alone.0 else {
            return std::future::pending().await;
        };
        loop {
            sleep(LOOK).await;
            if connection.ping().await.is_ok() {
                continue;
            }
            match self.alone().await {
                Ok(Alone(Some(again))) => *connection = again,
                Err(StoreError::Taken) => return StoreError::Taken,
                // The line is still down: readers are told by each request that needs it.
                Ok(Alone(None)) | Err(_) => {}
            }
        }
    }
}
