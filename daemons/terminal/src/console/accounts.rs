// SPDX-License-Identifier: MIT OR Apache-2.0
//! アカウント管理: what administrators do to accounts.

use uketsuke_bus::staff::is_account;
use zeroize::Zeroizing;

use super::ladder::{self, At};
use super::token::readable;
use super::{Broken, Kept, Password, Role};
use crate::{Doing, Shared, StoreError};

/// Days for which a password is good that somebody else was shown.
pub(crate) const INITIAL_DAYS: u64 = 7;

/// Accounts of one console at most.
const ACCOUNTS: usize = 500;

/// A password to be shown once.
pub(crate) struct Registered(pub Zeroizing<String>);

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    /// Not a name of an account.
    #[error("not a name")]
    Name,
    /// There is one of this name already.
    #[error("the name is taken")]
    Taken,
    /// No account has this name, or nobody else could administer the console afterwards.
    #[error("no such account, or the last administrator")]
    Last,
    /// There are enough.
    #[error("{ACCOUNTS} accounts are there already")]
    Many,
    /// It could not be done.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        Self::Broken(error.into())
    }
}

impl Shared {
    /// Registers an account; its password is to be changed at the first log-in.
    pub(crate) async fn register(
        &self,
        by: &str,
        name: &str,
        role: Role,
    ) -> Result<Registered, AccountError> {
        if !is_account(name) {
            return Err(AccountError::Name);
        }
        let accounts = self.store.accounts().await?;
        if accounts.iter().any(|account| account.name == name) {
            return Err(AccountError::Taken);
        }
        if accounts.len() >= ACCOUNTS {
            return Err(AccountError::Many);
        }
        let (password, kept, until) = self.initial().await?;
        if !self.store.register(by, name, role, &kept, until).await? {
            return Err(AccountError::Taken);
        }
        // Somebody may have tried the name before it was one.
        self.console.ladder.forget(&ladder::key(name, At::Strange));
        Ok(Registered(password))
    }

    /// Gives an account a new initial password, and takes its failures back.
    pub(crate) async fn renew(&self, by: &str, name: &str) -> Result<Registered, AccountError> {
        let accounts = self.store.accounts().await?;
        let others = accounts.iter().any(|other| {
            other.name != name
                && other.role == Role::Administrator
                && other.enabled
                && other.initial_until.is_none()
        });
        let account = accounts.iter().find(|account| account.name == name);
        let Some(account) = account else {
            return Err(AccountError::Last);
        };
        // One who has an initial password may forget it.
        if account.role == Role::Administrator && !others {
            return Err(AccountError::Last);
        }
        let (password, kept, until) = self.initial().await?;
        self.store
            .set_password(by, name, &kept, Some(until))
            .await?;
        self.forget_failures(name).await?;
        Ok(Registered(password))
    }

    /// Changes what an account may do.
    pub(crate) async fn set_role(
        &self,
        by: &str,
        name: &str,
        role: Role,
    ) -> Result<(), AccountError> {
        let done = self.store.set_role(by, name, role).await?;
        done.then_some(()).ok_or(AccountError::Last)
    }

    /// Lets an account log in, or no longer.
    pub(crate) async fn set_enabled(
        &self,
        by: &str,
        name: &str,
        enabled: bool,
    ) -> Result<(), AccountError> {
        let done = self.store.set_enabled(by, name, enabled).await?;
        done.then_some(()).ok_or(AccountError::Last)
    }

    /// Takes back the wrong passwords of an account, wherever they were typed.
    pub(crate) async fn unlock(&self, by: &str, name: &str) -> Result<(), AccountError> {
        if self.store.account(name).await?.is_none() {
            return Err(AccountError::Last);
        }
        self.forget_failures(name).await?;
        self.note(by, Doing::Unlocked, name, "").await?;
        Ok(())
    }

    /// The accounts with so many wrong passwords in a row that there is a wait, somewhere.
    pub(crate) async fn locked_accounts(&self) -> Result<Vec<String>, StoreError> {
        self.store.locked(ladder::LOCKED).await
    }

    async fn forget_failures(&self, name: &str) -> Result<(), StoreError> {
        for key in self.store.drop_rungs(name).await? {
            self.console.ladder.forget(&key);
        }
        Ok(())
    }

    async fn initial(&self) -> Result<(Zeroizing<String>, Kept, u64), Broken> {
        let password = readable()?;
        let _turn = self.console.turn().await?;
        let kept = Kept::of(&Password::drawn(&password)).await?;
        let until = uketsuke_link::now() + INITIAL_DAYS * 24 * 60 * 60;
        Ok((password, kept, until))
    }
}
