// SPDX-License-Identifier: MIT OR Apache-2.0
//! Facility profiles (環境設定情報更新): what staff set at the terminal for one reader, on its way to it.
//!
//! What a reader should be on is in the database; what it is on it says whenever it asks for orders. Where
//! the two differ it is ordered, again after every restart of either end and after a reader lost what it
//! kept, unless it said that it cannot take this very profile. A reader that does not say what it keeps is
//! of a version that takes none.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use uketsuke_bus::staff::{OWN_PROFILE, Objection};
use uketsuke_common::config::{ConfigError, Own, Profile};
use uketsuke_link::orders::{Became, Command, Order, OrderResult, Standing};
use uketsuke_link::random_id;

use crate::store::ProfileSet;
use crate::{HEARD, Shared, StoreError};

/// Why nothing was set.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// It cannot be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such reader ever came.
    #[error("no reader of this name ever came")]
    UnknownReader,
    /// No reader could be on it.
    #[error("the profile is refused")]
    Refused(Vec<Objection>),
}

/// How it stands with a reader.
pub struct ReaderProfile {
    /// The reader.
    pub reader: String,
    /// Whether it is connected.
    pub connected: bool,
    /// Id of what is in force there, [`OWN_PROFILE`] where that is its own file; none: it did not say.
    pub in_force: Option<String>,
    /// Id of what is in force there from the next patient on.
    pub kept: Option<String>,
    /// What it should be on; none: nobody ever set anything.
    pub wanted: Option<ProfileSet>,
}

impl ReaderProfile {
    /// Whether what is wanted is kept by the reader.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.kept.as_deref().is_some_and(|kept| self.wants(kept))
    }

    /// Whether what is wanted is in force.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        self.in_force.as_deref().is_some_and(|id| self.wants(id))
    }

    fn wants(&self, id: &str) -> bool {
        match &self.wanted {
            Some(ProfileSet {
                id: wanted,
                text: Some(_),
                ..
            }) => wanted == id,
            Some(_) => id == OWN_PROFILE,
            None => true,
        }
    }

    /// Whether the reader said that it cannot be on what is wanted.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        let became = self.wanted.as_ref().and_then(|wanted| wanted.became);
        became == Some(Became::Refused)
    }
}

/// What a reader said last.
#[derive(Clone, Default, PartialEq, Eq)]
struct Told {
    in_force: Option<String>,
    kept: Option<String>,
}

/// What the readers said last that they are on.
#[derive(Default)]
pub struct Profiles(Mutex<HashMap<String, Told>>);

impl Profiles {
    fn of<T>(&self, reader: &str, act: impl FnOnce(&mut Told) -> T) -> T {
        // Whole after every statement.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(all.entry(reader.to_owned()).or_default())
    }

    /// What a reader said became of an order: it need not be given again before it says how it stands.
    pub(crate) fn told(&self, reader: &str, wanted: Option<&ProfileSet>, results: &[OrderResult]) {
        let Some(wanted) = wanted else { return };
        for result in results.iter().filter(|result| result.id == wanted.id) {
            let kept = match result.became {
                Became::Kept => wanted.id.clone(),
                Became::Withdrawn => OWN_PROFILE.into(),
                _ => continue,
            };
            self.of(reader, |told| told.kept = Some(kept));
        }
    }
}

impl Shared {
    /// A reader says what it is on; whether that is news.
    pub(crate) fn stands_on(&self, reader: &str, standing: &Standing) -> bool {
        let told = Told {
            in_force: standing.profile.clone(),
            kept: standing.kept.clone(),
        };
        self.profiles.of(reader, |before| {
            std::mem::replace(before, told.clone()) != told
        })
    }

    /// What `reader` has to do next about its profile.
    pub(crate) async fn profile_order(&self, reader: &str) -> Result<Option<Order>, StoreError> {
        let of = self.reader_profile(reader.to_owned()).await?;
        // A reader that does not take it would be asked again and again without a pause.
        if of.kept.is_none() || of.is_kept() || of.is_refused() {
            return Ok(None);
        }
        Ok(of.wanted.map(|wanted| Order {
            id: wanted.id,
            command: wanted
                .text
                .map_or(Command::WithdrawProfile, |profile| Command::SetProfile {
                    profile,
                }),
        }))
    }

    async fn reader_profile(&self, reader: String) -> Result<ReaderProfile, StoreError> {
        let wanted = self.store.profile(&reader).await?;
        let Told { in_force, kept } = self.profiles.of(&reader, |told| told.clone());
        Ok(ReaderProfile {
            connected: self.connected(&reader),
            reader,
            in_force,
            kept,
            wanted,
        })
    }

    /// Every reader that ever came, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reader_profiles(&self) -> Result<Vec<ReaderProfile>, StoreError> {
        let mut all = Vec::new();
        for (reader, _) in self.store.modes().await? {
            all.push(self.reader_profile(reader).await?);
        }
        Ok(all)
    }

    /// Gives a reader the profile `text`, and waits for what it says, where it is connected.
    ///
    /// # Errors
    /// [`ProfileError`]; nothing was set.
    pub async fn set_profile(&self, reader: &str, text: &str) -> Result<(), ProfileError> {
        check(text).map_err(|error| {
            let said = error.problems.into_iter();
            ProfileError::Refused(said.map(Objection::from).collect())
        })?;
        self.want_profile(reader, Some(text)).await
    }

    /// Puts a reader back on its own file, and waits for what it says, where it is connected.
    ///
    /// # Errors
    /// [`ProfileError`]; nothing was set.
    pub async fn withdraw_profile(&self, reader: &str) -> Result<(), ProfileError> {
        self.want_profile(reader, None).await
    }

    async fn want_profile(&self, reader: &str, text: Option<&str>) -> Result<(), ProfileError> {
        let readers = self.store.modes().await?;
        if !readers.iter().any(|(name, _)| name == reader) {
            return Err(ProfileError::UnknownReader);
        }
        let id = random_id();
        self.store.set_profile(reader, &id, text).await?;
        self.changed();
        tracing::info!(
            reader,
            id,
            withdrawn = text.is_none(),
            "a facility profile was set"
        );
        let look = || self.reader_profile(reader.to_owned());
        let enough = |of: &ReaderProfile| {
            let overtaken = of.wanted.as_ref().is_none_or(|wanted| wanted.id != id);
            overtaken || of.is_kept() || of.is_refused() || !of.connected || of.kept.is_none()
        };
        self.look(HEARD, look, enough).await?;
        Ok(())
    }
}

/// Whether a reader could be on it. Its own file is not known here, so it is laid over the defaults.
fn check(text: &str) -> Result<(), ConfigError> {
    let profile = Profile::parse(text)?;
    Own::default().under(&profile).map(drop)
}
