// SPDX-License-Identifier: MIT OR Apache-2.0
//! Passcodes (目視確認用パスコード) from the moment they are drawn until every reader has them.
//!
//! The digits are in memory only: a terminal that is started anew no longer knows those that some
//! reader has yet to hear, so such a reader is told to hold none, and staff see that they must be
//! issued again. The old ones are worth nothing in either case.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ring::rand::SecureRandom;
use tokio::time::Instant;
use uketsuke_link::orders::{Became, Command, Digits, ORDERS, Order};
use uketsuke_link::random_id;

use crate::store::OnReader;
use crate::{HEARD, Shared, StoreError};

/// Digits of a reader that never came back are forgotten after this long.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How often digits are drawn that some reader already has for another account. Twenty accounts make
/// one draw fail in five hundred.
const DRAWS: u8 = 5;

/// Why a passcode was not issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// It cannot be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are no random numbers.
    #[error("the kernel gives no random bytes")]
    NoRandom,
    /// Whatever was drawn, another account has it.
    #[error("{DRAWS} draws in a row were another account's")]
    AllTaken,
}

/// A passcode to be shown once.
pub struct Issued {
    /// The digits.
    pub digits: Digits,
    /// What the readers said so far.
    pub readers: Vec<OnReader>,
}

/// Digits on their way.
#[derive(Default)]
pub struct Passcodes {
    on_the_way: Mutex<HashMap<String, (Instant, Digits)>>,
}

impl Passcodes {
    fn on_the_way(&self) -> MutexGuard<'_, HashMap<String, (Instant, Digits)>> {
        // Whole after every statement.
        self.on_the_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Digits of the issue `id`, while a reader may yet need them.
    fn digits(&self, id: &str) -> Option<Digits> {
        let mut all = self.on_the_way();
        all.retain(|_, (drawn, _)| drawn.elapsed() < KEPT);
        all.get(id).map(|(_, digits)| digits.clone())
    }
}

impl Shared {
    /// What `reader` has yet to do about passcodes.
    pub(crate) async fn passcode_orders(&self, reader: &str) -> Result<Vec<Order>, StoreError> {
        let wanted = self.store.wanted(reader).await?;
        let orders = wanted.into_iter().take(ORDERS).map(|wanted| {
            let digits = self.passcodes.digits(&wanted.id);
            let account = wanted.account;
            let command = match digits {
                Some(code) if !wanted.withdrawn && !wanted.taken => {
                    Command::IssuePasscode { account, code }
                }
                _ => Command::WithdrawPasscode { account },
            };
            Order {
                id: wanted.id,
                command,
            }
        });
        Ok(orders.collect())
    }

    /// Forgets digits that every reader has heard of.
    pub(crate) async fn forget_digits(&self) -> Result<(), StoreError> {
        let mut holders = self.store.holders().await?;
        holders.retain(|holder| holder.readers.iter().any(|r| r.became.is_none()));
        self.passcodes
            .on_the_way()
            .retain(|id, _| holders.iter().any(|holder| holder.id == *id));
        Ok(())
    }

    /// Draws a passcode for the account and waits until the readers that are there have it. The one it
    /// had is worth nothing from now on.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn issue(&self, account: &str) -> Result<Issued, IssueError> {
        for _ in 0..DRAWS {
            let (id, digits) = (random_id(), draw().ok_or(IssueError::NoRandom)?);
            // In this order: a reader that asks in between must not be told to hold none.
            let drawn = (Instant::now(), digits.clone());
            self.passcodes.on_the_way().insert(id.clone(), drawn);
            self.store.want(account, &id, false).await?;
            self.changed();
            tracing::info!(account, id, "a passcode was issued");
            let readers = self.heard_of(&id).await?;
            if !readers.iter().any(|r| r.became == Some(Became::Taken)) {
                return Ok(Issued { digits, readers });
            }
            tracing::info!(account, id, "another account has these digits");
        }
        Err(IssueError::AllTaken)
    }

    /// Takes the account's passcode away.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn withdraw(&self, account: &str) -> Result<(), StoreError> {
        let id = random_id();
        self.store.want(account, &id, true).await?;
        self.changed();
        tracing::info!(account, id, "a passcode was withdrawn");
        Ok(())
    }

    /// What the readers say to the issue `id`, once those that are there have said something.
    async fn heard_of(&self, id: &str) -> Result<Vec<OnReader>, StoreError> {
        let look = || async {
            let holders = self.store.holders().await?;
            let issue = holders.into_iter().find(|holder| holder.id == id);
            Ok(issue.map(|holder| holder.readers).unwrap_or_default())
        };
        let open = |r: &OnReader| r.became.is_none() && self.connected(&r.reader);
        self.look(HEARD, look, |readers: &Vec<OnReader>| {
            !readers.iter().any(open)
        })
        .await
    }
}

/// Four digits, each of the ten thousand as likely as any other.
fn draw() -> Option<Digits> {
    const ALL: u16 = 10_000;
    let random = ring::rand::SystemRandom::new();
    loop {
        let mut bytes = [0; 2];
        random.fill(&mut bytes).ok()?;
        let number = u16::from_be_bytes(bytes);
        // The rest above the last whole ten thousand would favour the low numbers.
        if number < u16::MAX / ALL * ALL {
            return Some(Digits(format!("{:04}", number % ALL)));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn digits_are_four_and_spread_evenly() {
        let mut first = [0_u32; 10];
        for _ in 0..20_000 {
            let Digits(digits) = &draw().unwrap();
            assert_eq!(digits.len(), 4);
            assert!(digits.bytes().all(|b| b.is_ascii_digit()));
            first[usize::from(digits.as_bytes()[0] - b'0')] += 1;
        }
        // 2000 each; ten standard deviations are 424.
        assert!(
            first.iter().all(|n| (1_576..=2_424).contains(n)),
            "{first:?}"
        );
    }
}
