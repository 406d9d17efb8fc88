// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was done at the console: who did what when. No secret, and nothing about a patient.

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{Store, StoreError, now, text, time};
use crate::{from_wire, wire_name};

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doing {
    /// A code for the first account was made on the box.
    FirstCode,
    /// The first account was made.
    FirstAccount,
    /// Logged in.
    LoggedIn,
    /// Gave a wrong password.
    NotLoggedIn,
    /// Logged out.
    LoggedOut,
    /// Chose a password.
    PasswordChanged,
    /// Registered an account.
    Registered,
    /// Changed a role.
    RoleChanged,
    /// Let an account log in again.
    Enabled,
    /// Lets an account log in no longer.
    Disabled,
    /// Gave an account a new initial password.
    InitialPassword,
    /// Took back the wrong passwords of an account.
    Unlocked,
    /// Issued a passcode.
    PasscodeIssued,
    /// Withdrew a passcode.
    PasscodeWithdrawn,
    /// Set the operation mode of a reader.
    ModeSet,
    /// Vouched for a patient by eye.
    Vouched,
    /// Set the facility profile of a reader.
    ProfileSet,
    /// Withdrew it.
    ProfileWithdrawn,
}

/// One line of the list.
pub struct Done {
    /// When, seconds since 1970.
    pub at: u64,
    /// Who; empty: nobody of the console.
    pub account: String,
    /// What; none: a later version's word.
    pub what: Option<Doing>,
    /// With which account or reader; empty where with none.
    pub about: String,
    /// The role or the mode that was set; empty where none was.
    pub detail: String,
}

impl Store {
    /// Notes what was done.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub(crate) async fn note(
        &self,
        account: &str,
        what: Doing,
        about: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        note(&mut connection, account, what, about, detail).await
    }

    /// The last `count` doings, newest first.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn doings(&self, count: u32) -> Result<Vec<Done>, StoreError> {
        let select =
            "SELECT at, account, what, about, detail FROM doing ORDER BY seq DESC LIMIT $1";
        let read = |row: &AnyRow| {
            let what: String = row.try_get(2)?;
            Ok(Done {
                at: time(row, 0)?,
                account: row.try_get(1)?,
                what: from_wire(&what),
                about: row.try_get(3)?,
                detail: row.try_get(4)?,
            })
        };
        self.list(sqlx::query(select).bind(i64::from(count)), read)
            .await
    }
}

/// Notes what is done within a transaction.
pub(super) async fn note(
    connection: &mut AnyConnection,
    account: &str,
    what: Doing,
    about: &str,
    detail: &str,
) -> Result<(), StoreError> {
    let insert = "INSERT INTO doing (at, account, what, about, detail) VALUES ($1, $2, $3, $4, $5)";
    sqlx::query(insert)
        .bind(now())
        .bind(text(account))
        .bind(wire_name(&what))
        .bind(text(about))
        .bind(text(detail))
        .execute(connection)
        .await?;
    Ok(())
}
