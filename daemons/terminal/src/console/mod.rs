// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may use the console: accounts, log-in, lock-out, and the code that makes the first account.
//!
//! | | Kept | Good for |
//! | --- | --- | --- |
//! | code of the first account | its SHA-256, in the database | 30 minutes, once, while there is no account |
//! | password | Argon2id of it, in the database | until it is changed; one that somebody else was shown, 7 days |
//! | log-in | SHA-256 of its token, in the database | 30 minutes without use, 12 hours in all |
//! | known browser | SHA-256 of its token, in the database | ten for each account |
//! | failures in a row | in the database, the wait in memory | until the right password, or an administrator |
//!
//! There is no default password: until the first account is made nobody can do anything.

mod accounts;
mod door;
mod first;
mod ladder;
mod log_in;
mod password;
mod token;

pub use door::Door;
pub use first::FirstError;
pub(crate) use ladder::Ladder;
pub use log_in::{ChangeError, LogInError, Opened, Visitor};
pub use password::{Kept, Password, Weak};
pub use token::Token;

pub(crate) use accounts::{AccountError, INITIAL_DAYS, Registered};
pub(crate) use password::{LONGEST, SHORTEST};

use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::StoreError;

/// What an account may do; `page::table` says which page needs which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// 一般: the work at the counter.
    General,
    /// 管理: that, and accounts, passcodes and settings.
    Administrator,
}

/// Passwords that may wait to be hashed. Each takes 64 MiB and a good part of a second: whoever sends
/// more at a time is asked to come again, and the readers do not notice.
const WAITING: usize = 8;

/// What the console keeps in memory.
pub struct Console {
    /// One password is hashed at a time.
    turn: Semaphore,
    waiting: Semaphore,
    ladder: Ladder,
}

impl Default for Console {
    /// One that knows of no failure.
    fn default() -> Self {
        Self::new(Ladder::new(Vec::new(), Instant::now()))
    }
}

/// More passwords are being looked at than there is room for.
#[derive(Debug, thiserror::Error)]
#[error("{WAITING} passwords wait already")]
pub struct Busy;

impl Console {
    /// With the failures that the database knows.
    pub(crate) fn new(ladder: Ladder) -> Self {
        Self {
            turn: Semaphore::new(1),
            waiting: Semaphore::new(WAITING),
            ladder,
        }
    }

    /// The turn to hash a password.
    async fn turn(&self) -> Result<(SemaphorePermit<'_>, SemaphorePermit<'_>), Busy> {
        let waits = self.waiting.try_acquire().map_err(|_| Busy)?;
        // Never closed.
        let turn = self.turn.acquire().await.map_err(|_| Busy)?;
        Ok((waits, turn))
    }
}

/// Why something with a password could not be done at all.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It cannot be stored or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Argon2id refused or its thread ended.
    #[error("a password cannot be hashed")]
    Hash,
    /// There are no random numbers.
    #[error("the kernel gives no random bytes")]
    NoRandom,
    /// Too many at a time.
    #[error(transparent)]
    Busy(#[from] Busy),
}
