// SPDX-License-Identifier: MIT OR Apache-2.0
//! The first account, made with a code that the box itself has shown.

use uketsuke_bus::staff::is_account;
use zeroize::Zeroizing;

use super::token::{code_hash, readable};
use super::{Broken, Kept, Password, Weak};
use crate::{Doing, Shared, StoreError};

/// Minutes for which a code is good.
pub(crate) const MINUTES: u32 = 30;

/// Why there is no first account yet.
#[derive(Debug, thiserror::Error)]
pub enum FirstError {
    /// The code is none, was used, or is too old.
    #[error("the code is not good")]
    Code,
    /// There is an account.
    #[error("there is an account already")]
    Exists,
    /// Not a name of an account.
    #[error("not a name")]
    Name,
    /// The password is not good enough.
    #[error("the password is weak")]
    Weak(Weak),
    /// It could not be done.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl From<StoreError> for FirstError {
    fn from(error: StoreError) -> Self {
        Self::Broken(error.into())
    }
}

impl Shared {
    /// Draws the code for the first account; one that was drawn before is good for nothing from now on.
    ///
    /// # Errors
    /// [`FirstError::Exists`], [`FirstError::Broken`].
    pub async fn first_code(&self) -> Result<Zeroizing<String>, FirstError> {
        if self.store.has_accounts().await? {
            return Err(FirstError::Exists);
        }
        let code = readable()?;
        let until = uketsuke_link::now() + u64::from(MINUTES) * 60;
        self.store.set_first_code(&code_hash(&code), until).await?;
        self.note("", Doing::FirstCode, "", "").await?;
        Ok(code)
    }

    /// Makes the first account, an administrator. A code is 80 random bits: nobody needs to count who
    /// guesses at it, and nothing is computed for a wrong one.
    ///
    /// # Errors
    /// [`FirstError`].
    pub async fn first_account(
        &self,
        code: &str,
        name: &str,
        password: &Password,
    ) -> Result<(), FirstError> {
        if self.store.has_accounts().await? {
            return Err(FirstError::Exists);
        }
        let hash = code_hash(code);
        if !self.store.is_first_code(&hash).await? {
            return Err(FirstError::Code);
        }
        if !is_account(name) {
            return Err(FirstError::Name);
        }
        if let Some(weak) = password.weak(name) {
            return Err(FirstError::Weak(weak));
        }
        let _turn = self.console.turn().await.map_err(Broken::from)?;
        let kept = Kept::of(password).await?;
        if !self.store.make_first(&hash, name, &kept).await? {
            return Err(FirstError::Code);
        }
        tracing::info!(account = name, "the first account was made");
        Ok(())
    }
}
