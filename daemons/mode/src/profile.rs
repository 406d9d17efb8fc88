// SPDX-License-Identifier: MIT OR Apache-2.0
//! The facility profile (環境設定情報) that the terminal gave this reader: checked whole, kept in a file of its
//! own, laid over the reader's own files.
//!
//! ```text
//!  SetProfile ─► checked ─refused─► what is wrong; nothing changes
//!                  └► written aside, synced, renamed, synced ─► kept ─no patient is here─► in force
//!  start ─► read ─cannot be used─► told, set aside: the reader's own files
//!             └► in force
//! ```

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};
use uketsuke_bus::staff::{OWN_PROFILE, Objection, StaffError, is_profile_id};
use uketsuke_common::config::{ConfigError, Own, PROFILE_BYTES, Profile, Reader};

use crate::app;
use crate::domain::Rules;

const NAME: &str = "profile.toml";
const FRESH: &str = "profile.toml.new";
const ASIDE: &str = "profile.toml.broken";
/// The first line, before the id; the number is that of the format.
const HEAD: &str = "# uketsuke facility profile 1 ";
/// Most things that are said to be wrong with one.
const OBJECTIONS: usize = 64;

/// A profile that can be used here.
pub struct Chosen {
    /// Its id.
    pub id: String,
    /// Its TOML.
    pub text: String,
    /// What it makes of the check-in.
    pub rules: Rules,
}

/// What the properties say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Id of what is in force, or [`OWN_PROFILE`].
    pub id: String,
    /// Its TOML.
    pub text: String,
    /// Id of what is kept.
    pub kept: String,
}

impl Default for InForce {
    /// The reader's own files.
    fn default() -> Self {
        Self {
            id: OWN_PROFILE.into(),
            text: String::new(),
            kept: OWN_PROFILE.into(),
        }
    }
}

impl InForce {
    /// What was found at the start.
    #[must_use]
    pub fn at_start(found: Option<&Chosen>) -> Self {
        found.map_or_else(Self::default, |chosen| Self {
            id: chosen.id.clone(),
            text: chosen.text.clone(),
            kept: chosen.id.clone(),
        })
    }
}

/// Whose turn it is to change the profile: until the owning task knows of the one before.
pub type OneAtATime = OwnedMutexGuard<()>;

/// What came of a profile.
pub enum Outcome {
    /// It cannot be used.
    Refused(Vec<Objection>),
    /// It was kept before.
    Already,
    /// It is kept.
    Kept(OneAtATime, Box<Chosen>),
}

/// Where profiles are kept and checked.
pub struct Profiles {
    own: Own,
    folder: PathBuf,
    turn: Arc<Mutex<()>>,
}

impl Profiles {
    /// Over the reader's `own` files, kept in `folder`.
    #[must_use]
    pub fn new(own: Own, folder: PathBuf) -> Self {
        Self {
            own,
            folder,
            turn: Arc::default(),
        }
    }

    /// What was kept, as far as it can be used; and whether there was one that cannot.
    #[must_use]
    pub fn at_start(&self) -> (Option<Chosen>, bool) {
        let (id, text) = match read(&self.folder) {
            Ok(None) => return (None, false),
            Ok(Some(kept)) => kept,
            Err(error) => {
                tracing::error!(%error, "the facility profile cannot be read: reader.toml alone counts");
                self.set_aside();
                return (None, true);
            }
        };
        match self.check(&text) {
            Ok(reader) => {
                tracing::info!(id, "the facility profile counts");
                let rules = app::rules(&reader);
                (Some(Chosen { id, text, rules }), false)
            }
            Err(error) => {
                tracing::error!(
                    %error,
                    id,
                    "the facility profile cannot be used: reader.toml alone counts"
                );
                self.set_aside();
                (None, true)
            }
        }
    }

    /// So that it is told once, and somebody can look at it.
    fn set_aside(&self) {
        let aside = fs::rename(self.folder.join(NAME), self.folder.join(ASIDE));
        if let Err(error) = aside.and_then(|()| sync(&self.folder)) {
            tracing::error!(%error, "it could not be set aside");
        }
    }

    /// The configuration with this profile.
    fn check(&self, text: &str) -> Result<Reader, ConfigError> {
        self.own.under(&Profile::parse(text)?)
    }

    /// Checks a profile and keeps it.
    ///
    /// # Errors
    /// As `Staff.SetProfile` says.
    pub async fn set(self: &Arc<Self>, id: String, text: String) -> Result<Outcome, StaffError> {
        if !is_profile_id(&id) {
            let what = "the id is not 32 hexadecimal digits";
            return Err(StaffError::BadProfile(what.into()));
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let this = Arc::clone(self);
        blocking(move || {
            let reader = match this.check(&text) {
                Ok(reader) => reader,
                Err(error) => return Ok(Outcome::Refused(objections(error))),
            };
            // What cannot be read is written anew.
            if matches!(read(&this.folder), Ok(Some(kept)) if kept == (id.clone(), text.clone())) {
                return Ok(Outcome::Already);
            }
            write(&this.folder, &id, &text)?;
            let rules = app::rules(&reader);
            Ok(Outcome::Kept(turn, Box::new(Chosen { id, text, rules })))
        })
        .await
    }

    /// Keeps none any more; whether there was one.
    ///
    /// # Errors
    /// As `Staff.WithdrawProfile` says.
    pub async fn withdraw(self: &Arc<Self>) -> Result<(OneAtATime, bool), StaffError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let folder = self.folder.clone();
        blocking(move || match fs::remove_file(folder.join(NAME)) {
            Ok(()) => sync(&folder).map(|()| (turn, true)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok((turn, false)),
            Err(error) => Err(error),
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StaffError> {
    let done = tokio::task::spawn_blocking(act).await;
    done.map_err(io::Error::other).flatten().map_err(|error| {
        tracing::error!(%error, "the facility profile was not kept");
        StaffError::NotKept("the log of this reader says why".into())
    })
}

fn objections(error: ConfigError) -> Vec<Objection> {
    let said = error.problems.into_iter().take(OBJECTIONS);
    said.map(Objection::from).collect()
}

/// Id and TOML of what is kept.
fn read(folder: &Path) -> io::Result<Option<(String, String)>> {
    let file = match File::open(folder.join(NAME)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let most = HEAD.len() + 33 + PROFILE_BYTES;
    let mut text = String::new();
    file.take(most as u64 + 1).read_to_string(&mut text)?;
    let kept = text
        .strip_prefix(HEAD)
        .and_then(|rest| rest.split_once('\n'))
        .filter(|(id, _)| is_profile_id(id) && text.len() <= most)
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "not a facility profile"))?;
    Ok(Some((kept.0.to_owned(), kept.1.to_owned())))
}

/// Makes this what is found after a power cut; before it returns that may be the one before.
fn write(folder: &Path, id: &str, text: &str) -> io::Result<()> {
    let fresh = folder.join(FRESH);
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(format!("{HEAD}{id}\n{text}").as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, folder.join(NAME))?;
    sync(folder)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
