// SPDX-License-Identifier: MIT OR Apache-2.0
//! What could not be written when it should have been, because the disk was full: that nothing more comes of
//! a session. It is written as soon as the disk takes it; after a restart the rows themselves tell.

use super::{Queue, QueueError};

/// What is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owed {
    /// A check-in is to be taken back; whether it may have got to the centre.
    Withdraw(String, bool),
    /// A session whose caller is gone.
    Orphan(String),
}

impl Queue {
    /// Keeps in mind what could not be written, and has it tried again.
    pub(super) fn owe(&self, owed: Owed) {
        self.debts().push(owed);
        self.rung.notify_one();
    }

    /// Writes what is owed. One that still cannot be written stays owed.
    ///
    /// # Errors
    /// [`QueueError`] of the first that could not be written.
    pub async fn pay(&self) -> Result<(), QueueError> {
        while let Some(owed) = self.first_debt() {
            match &owed {
                Owed::Withdraw(session, reached) => self.take_back(session, *reached).await?,
                Owed::Orphan(session) => self.leave(session).await?,
            }
            self.debts().retain(|other| *other != owed);
        }
        Ok(())
    }

    fn first_debt(&self) -> Option<Owed> {
        self.debts().first().cloned()
    }

    fn debts(&self) -> std::sync::MutexGuard<'_, Vec<Owed>> {
        // Whole after every statement.
        self.owed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
