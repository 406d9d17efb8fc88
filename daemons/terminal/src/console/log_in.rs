// SPDX-License-Identifier: MIT OR Apache-2.0
//! Logging in, staying so, logging out, and choosing a password.

use std::time::Duration;

use tokio::time::Instant;

use super::ladder::{self, At, LOCKED};
use super::{Broken, Kept, Password, Role, Token, Weak};
use crate::store::Account;
use crate::{Doing, Shared, StoreError};

/// Seconds after which a log-in that nobody used is over, and after which any is.
const IDLE_S: u64 = 30 * 60;
const WHOLE_S: u64 = 12 * 60 * 60;
/// Seconds between two notes that a log-in is used: a note is a write to the disk.
const NOTED_S: u64 = 60;

/// Who is logged in.
#[derive(Clone)]
pub struct Visitor {
    /// The account.
    pub account: String,
    /// What it may do.
    pub role: Role,
    /// It has to choose a password first.
    pub initial: bool,
    /// Its token.
    pub token: Token,
}

/// What a browser is to keep.
pub struct Opened {
    /// Of the log-in.
    pub token: Token,
    /// Of the browser.
    pub browser: Token,
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// No such account, another password, or disabled: nobody is told which.
    #[error("account or password is wrong")]
    Wrong,
    /// Too many failures in a row; how long it lasts.
    #[error("locked")]
    Locked(Duration),
    /// The password is the one that was shown, and it is too old.
    #[error("the initial password is no longer good")]
    InitialOver,
    /// It could not be looked at.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl From<StoreError> for LogInError {
    fn from(error: StoreError) -> Self {
        Self::Broken(error.into())
    }
}

/// Why the password is still the old one.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// What was typed for the present one is not it, or it is locked.
    #[error(transparent)]
    Present(#[from] LogInError),
    /// The new one is not good enough.
    #[error("the new password is weak")]
    Weak(Weak),
    /// The new one is the old one.
    #[error("the new password is the old one")]
    Same,
}

impl From<Broken> for ChangeError {
    fn from(error: Broken) -> Self {
        Self::Present(error.into())
    }
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Present(error.into())
    }
}

/// Whether a log-in of these times is over. A clock that was put back ends it too.
fn over(opened: u64, used: u64, now: u64) -> bool {
    now < opened || now < used || now - used >= IDLE_S || now - opened >= WHOLE_S
}

impl Shared {
    /// Logs an account in from `browser`, where that is known.
    ///
    /// # Errors
    /// [`LogInError`].
    pub async fn log_in(
        &self,
        account: &str,
        password: &Password,
        browser: Option<Token>,
    ) -> Result<Opened, LogInError> {
        let _turn = self.console.turn().await.map_err(Broken::from)?;
        let browser = match browser {
            Some(browser) if self.store.knows(&browser.hash(), account).await? => Some(browser),
            _ => None,
        };
        let hash = browser.as_ref().map(Token::hash);
        let at = hash.as_ref().map_or(At::Strange, At::Known);
        let known = self.fits(account, password, at).await?;
        if known
            .initial_until
            .is_some_and(|until| until <= uketsuke_link::now())
        {
            return Err(LogInError::InitialOver);
        }
        self.open(account, browser).await
    }

    /// Opens a log-in of an account that has shown who it is.
    pub(crate) async fn open(
        &self,
        account: &str,
        browser: Option<Token>,
    ) -> Result<Opened, LogInError> {
        let browser = match browser {
            Some(browser) => browser,
            None => Token::draw()?,
        };
        self.store.remember(&browser.hash(), account).await?;
        let opened = uketsuke_link::now().saturating_sub(WHOLE_S);
        self.store.forget_log_ins(opened).await?;
        let token = Token::draw()?;
        self.store.open_log_in(&token.hash(), account).await?;
        self.note(account, Doing::LoggedIn, "", "").await?;
        Ok(Opened { token, browser })
    }

    /// Whether this is the password of an account that may log in. A failure is durable before anything
    /// is compared, so that no power cut gives a guess away.
    async fn fits(
        &self,
        account: &str,
        password: &Password,
        at: At<'_>,
    ) -> Result<Account, LogInError> {
        let found = self.store.account(account).await?;
        let key = ladder::key(account, at);
        if let Some(left) = self.console.ladder.left(&key, Instant::now()) {
            return Err(LogInError::Locked(left));
        }
        let known = found.is_some();
        let failures = self.console.ladder.failed(key, known, Instant::now());
        if known {
            self.store.set_rung(&key, account, failures).await?;
        }
        let nobody = Kept::nobody();
        let kept = found.as_ref().map_or(&nobody, |(_, kept)| kept);
        let fits = kept.fits(password).await?;
        if let Some((known, _)) = found.filter(|(known, _)| fits && known.enabled) {
            self.console.ladder.forget(&key);
            self.store.drop_rung(&key).await?;
            return Ok(known);
        }
        if known {
            self.note(account, Doing::NotLoggedIn, "", "").await?;
        }
        tracing::info!(failures, "a wrong password at the console");
        // It was computed for so long; the wait counts from now.
        Err(match failures {
            LOCKED.. => LogInError::Locked(ladder::wait(failures)),
            _ => LogInError::Wrong,
        })
    }

    /// Who has this token; nobody where its log-in is over. `used` keeps it from going stale: a page that
    /// renews itself does not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn visitor(&self, token: Token, used: bool) -> Result<Option<Visitor>, StoreError> {
        let hash = token.hash();
        let Some(log_in) = self.store.log_in(&hash).await? else {
            return Ok(None);
        };
        let now = uketsuke_link::now();
        let account = self.store.account(&log_in.account).await?;
        let account = account.filter(|(account, _)| account.enabled);
        let Some((account, _)) = account.filter(|_| !over(log_in.opened, log_in.used, now)) else {
            self.store.end_log_in(&hash).await?;
            return Ok(None);
        };
        if used && now - log_in.used >= NOTED_S {
            self.store.use_log_in(&hash).await?;
        }
        Ok(Some(Visitor {
            account: account.name,
            role: account.role,
            initial: account.initial_until.is_some(),
            token,
        }))
    }

    /// Logs out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log_out(&self, visitor: &Visitor) -> Result<(), StoreError> {
        self.store.end_log_in(&visitor.token.hash()).await?;
        self.note(&visitor.account, Doing::LoggedOut, "", "").await
    }

    /// Gives the visitor's account another password. Every log-in of it ends; the token of a new one comes
    /// back.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn change_password(
        &self,
        visitor: &Visitor,
        present: &Password,
        new: &Password,
    ) -> Result<Token, ChangeError> {
        let account = visitor.account.as_str();
        // Before anything is counted or computed.
        if let Some(weak) = new.weak(account) {
            return Err(ChangeError::Weak(weak));
        }
        if present.same(new) {
            return Err(ChangeError::Same);
        }
        let _turn = self.console.turn().await.map_err(Broken::from)?;
        self.fits(account, present, At::Change).await?;
        let kept = Kept::of(new).await?;
        self.store
            .set_password(account, account, &kept, None)
            .await?;
        let token = Token::draw()?;
        self.store.open_log_in(&token.hash(), account).await?;
        Ok(token)
    }

    /// Notes what was done at the console.
    pub(crate) async fn note(
        &self,
        account: &str,
        doing: Doing,
        about: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        self.store.note(account, doing, about, detail).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_in_ends_unused_and_in_any_case_and_when_the_clock_is_put_back() {
        let opened = 1_000_000;
        for (used, now, ends) in [
            (opened, opened, false),
            (opened, opened + IDLE_S - 1, false),
            (opened, opened + IDLE_S, true),
            (opened + WHOLE_S - 60, opened + WHOLE_S - 1, false),
            (opened + WHOLE_S - 60, opened + WHOLE_S, true),
            (opened + 60, opened + 59, true),
            (opened, opened - 1, true),
            (opened, 0, true),
            (opened, u64::MAX, true),
        ] {
            assert_eq!(over(opened, used, now), ends, "{used} {now}");
        }
    }
}
