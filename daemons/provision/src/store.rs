// SPDX-License-Identifier: MIT OR Apache-2.0
//! Generations: what was provisioned, sealed, one folder each, one of them current.
//!
//! ```text
//! /data/provision/
//!   000002-5d41402abc4b2a76/     a generation: number and hash of its manifest
//!     manifest.json              hash of every file, of the set it came from, the one before
//!     reader.toml
//!     credentials/reader.key     sealed; one file per credential, by its name
//!   current -> 000002-5d41402abc4b2a76
//! ```
//!
//! A generation is written and synced whole before `current` is renamed onto it; the one it
//! replaces stays for one step back. The name holds the manifest's hash and the manifest the files'
//! hashes, so damage anywhere is seen, and the generation before is used instead.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::files::{Files, gone, remove_tree};
use crate::seal::{SealError, Sealer, Worth};
use crate::set::{Kind, READER, Set};

/// Of the manifest.
const FORMAT: u32 = 1;
pub(crate) const CURRENT: &str = "current";
const MANIFEST: &str = "manifest.json";
const CREDENTIALS: &str = "credentials";
/// Largest file of a generation: a `reader.toml`, or a sealed credential in base64.
const MAX_FILE: u64 = 512 * 1024;

/// Why a generation could not be made.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data partition did not take it.
    #[error("cannot write {path}")]
    Write {
        /// What was written.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A secret could not be bound to the machine.
    #[error("cannot seal")]
    Seal(#[from] SealError),
    /// What was sealed does not open again; the plain set must not be given up for it.
    #[error("{0} was sealed, but opens to something else")]
    Unfaithful(String),
    /// There is no generation to step back to.
    #[error("there is no earlier generation")]
    NoneBefore,
    /// The generation to step back to is damaged.
    #[error("the earlier generation is damaged: {0}")]
    Damaged(#[from] Damage),
}

/// A generation that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id}: {what}")]
pub struct Damage {
    /// The generation.
    pub id: String,
    /// What is wrong with it.
    pub what: String,
}

/// What a generation says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    sequence: u32,
    /// When it was made, seconds since 1970.
    pub made_at: i64,
    /// [`Set::hash`] of the set it came from.
    pub source: String,
    /// What its keys are bound to.
    pub bound_to: String,
    /// The generation it replaced.
    pub previous: Option<String>,
    /// SHA-256 of each file.
    files: BTreeMap<String, String>,
}

/// A generation, read whole and found undamaged.
#[derive(Clone)]
pub struct Generation {
    /// Its folder.
    pub id: String,
    /// What it says of itself.
    pub manifest: Manifest,
    /// `reader.toml`.
    pub reader: Vec<u8>,
    /// Sealed credentials by name.
    pub credentials: BTreeMap<String, Vec<u8>>,
}

/// What a store has to offer.
#[derive(Default)]
pub struct Current {
    /// The generation to use; none on a blank box, or when all are damaged.
    pub generation: Option<Generation>,
    /// Whether `current` points at it.
    pub linked: bool,
    /// What had to be passed over.
    pub damage: Vec<Damage>,
}

/// The generations below one folder.
pub struct Store<'a> {
    files: &'a dyn Files,
    root: PathBuf,
}

impl<'a> Store<'a> {
    /// The store in `root`, a folder that is there.
    pub fn new(files: &'a dyn Files, root: &Path) -> Self {
        Self {
            files,
            root: root.to_owned(),
        }
    }

    /// The generation to use now: the current one; if that is damaged the one before; if nothing
    /// says which that is, the newest undamaged one.
    #[must_use]
    pub fn current(&self) -> Current {
        let mut found = Current::default();
        let link = match self.files.read_link(&self.root.join(CURRENT)) {
            Ok(target) => Some(target.to_string_lossy().into_owned()),
            Err(error) => {
                // Without a generation the box is blank, or was cut while it got its first.
                if error.kind() != io::ErrorKind::NotFound || !self.ids().is_empty() {
                    found.damage.push(Damage {
                        id: CURRENT.into(),
                        what: error.to_string(),
                    });
                }
                None
            }
        };
        let mut tried = Vec::new();
        let mut wanted = link.clone();
        while let Some(id) = wanted.take().or_else(|| self.newest(&tried)) {
            match self.load(&id) {
                Ok(generation) => {
                    found.linked = link.as_ref() == Some(&id);
                    found.generation = Some(generation);
                    break;
                }
                Err(damage) => found.damage.push(damage),
            }
            wanted = self.before(&id).filter(|before| !tried.contains(before));
            tried.push(id);
        }
        found
    }

    /// What a generation's manifest names as the one before, when at least that can be read.
    fn before(&self, id: &str) -> Option<String> {
        self.manifest(id).ok()?.1.previous.filter(|p| p != id)
    }

    fn newest(&self, except: &[String]) -> Option<String> {
        let mut ids = self.ids();
        ids.retain(|id| !except.contains(id));
        ids.pop()
    }

    /// Folders that look like generations, oldest first.
    fn ids(&self) -> Vec<String> {
        let list = self.files.list(&self.root).unwrap_or_default();
        let folders = list.into_iter().filter(|(_, is_folder)| *is_folder);
        folders
            .map(|(name, _)| name)
            .filter(|name| sequence_of(name).is_some())
            .collect()
    }

    fn manifest(&self, id: &str) -> Result<(Vec<u8>, Manifest), Damage> {
        let damage = |what: String| Damage {
            id: id.to_owned(),
            what,
        };
        // A link of somebody else's making must not lead out of the store.
        if sequence_of(id).is_none() {
            return Err(damage("not the name of a generation".into()));
        }
        let path = self.root.join(id).join(MANIFEST);
        let bytes = self
            .files
            .read(&path, MAX_FILE)
            .map_err(|e| damage(format!("{MANIFEST}: {e}")))?;
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|e| damage(format!("{MANIFEST}: {e}")))?;
        if manifest.format != FORMAT {
            return Err(damage(format!("format {} is unknown", manifest.format)));
        }
        if name_of(manifest.sequence, &bytes) != id {
            return Err(damage(format!("{MANIFEST} is not the one it was named by")));
        }
        Ok((bytes, manifest))
    }

    /// Reads a generation and holds every file against its hash.
    fn load(&self, id: &str) -> Result<Generation, Damage> {
        let (_, manifest) = self.manifest(id)?;
        let damage = |what: String| Damage {
            id: id.to_owned(),
            what,
        };
        let mut reader = None;
        let mut credentials = BTreeMap::new();
        for (path, expected) in &manifest.files {
            let bytes = self
                .files
                .read(&self.root.join(id).join(path), MAX_FILE)
                .map_err(|e| damage(format!("{path}: {e}")))?;
            if sha256(&bytes) != *expected {
                return Err(damage(format!("{path} is not as it was written")));
            }
            match path.strip_prefix("credentials/") {
                Some(name) => {
                    credentials.insert(name.to_owned(), bytes);
                }
                None => reader = Some(bytes),
            }
        }
        Ok(Generation {
            id: id.to_owned(),
            manifest,
            reader: reader.ok_or_else(|| damage(format!("{READER} is missing")))?,
            credentials,
        })
    }

    /// Seals `set`, makes it a generation and puts it in force. Whatever goes wrong, also the power,
    /// the one before stays in force, whole, until the new one is, whole.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn apply(
        &self,
        set: &Set,
        sealer: &dyn Sealer,
        made_at: i64,
    ) -> Result<Generation, StoreError> {
        let mut content = BTreeMap::new();
        content.insert(
            READER.to_owned(),
            set.get(READER).unwrap_or_default().to_vec(),
        );
        for (credential, secret) in set.credentials() {
            let worth = match credential.kind {
                Kind::Key(_) => Worth::Secret,
                Kind::Chain(_) | Kind::Root => Worth::Public,
            };
            let sealed = sealer.seal(credential.name, worth, secret)?;
            if *sealer.open(credential.name, &sealed)? != secret {
                return Err(StoreError::Unfaithful(credential.name.into()));
            }
            content.insert(format!("{CREDENTIALS}/{}", credential.name), sealed);
        }
        let in_force = self.current().generation;
        let before = in_force.as_ref().and_then(|g| g.manifest.previous.clone());
        let in_force = in_force.map(|g| g.id);
        // What a cut left half-made goes first: it may be what fills the partition.
        self.tidy(&[&in_force, &before])?;
        let last = self.ids().iter().filter_map(|id| sequence_of(id)).max();
        let manifest = Manifest {
            format: FORMAT,
            sequence: last.unwrap_or(0) + 1,
            made_at,
            source: set.hash(),
            bound_to: sealer.bound_to().to_owned(),
            previous: in_force.clone(),
            files: content
                .iter()
                .map(|(path, bytes)| (path.clone(), sha256(bytes)))
                .collect(),
        };
        let id = self.write(&manifest, &content)?;
        self.switch(&id)?;
        self.tidy(&[&Some(id.clone()), &in_force])?;
        self.load(&id).map_err(StoreError::Damaged)
    }

    fn write(
        &self,
        manifest: &Manifest,
        content: &BTreeMap<String, Vec<u8>>,
    ) -> Result<String, StoreError> {
        let files = self.files;
        let bytes = serde_json::to_vec_pretty(manifest).map_err(|e| StoreError::Write {
            path: MANIFEST.into(),
            source: e.into(),
        })?;
        let id = name_of(manifest.sequence, &bytes);
        let folder = self.root.join(&id);
        let credentials = folder.join(CREDENTIALS);
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Write { path, source }
        };
        for path in [&folder, &credentials] {
            files.make_folder(path).map_err(at(path))?;
        }
        let manifest = (MANIFEST.to_owned(), bytes);
        for (path, bytes) in content.iter().chain([(&manifest.0, &manifest.1)]) {
            let path = folder.join(path);
            files.write_new(&path, bytes).map_err(at(&path))?;
            files.sync_file(&path).map_err(at(&path))?;
        }
        for path in [&credentials, &folder, &self.root] {
            files.sync_folder(path).map_err(at(path))?;
        }
        Ok(id)
    }

    /// Puts a generation in force.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn switch(&self, id: &str) -> Result<(), StoreError> {
        let files = self.files;
        let (current, beside) = (self.root.join(CURRENT), self.root.join("current.new"));
        gone(files.remove_file(&beside))
            .and_then(|()| files.link(id, &beside))
            .and_then(|()| files.rename(&beside, &current))
            .and_then(|()| files.sync_folder(&self.root))
            .map_err(|source| StoreError::Write {
                path: current,
                source,
            })
    }

    /// Removes every generation but these.
    fn tidy(&self, keep: &[&Option<String>]) -> Result<(), StoreError> {
        for id in self.ids() {
            if keep.iter().any(|kept| kept.as_ref() == Some(&id)) {
                continue;
            }
            let folder = self.root.join(&id);
            remove_tree(self.files, &folder).map_err(|source| StoreError::Write {
                path: folder,
                source,
            })?;
        }
        Ok(())
    }

    /// Puts the generation before the current one in force. The one left stays until the next
    /// [`Self::apply`].
    ///
    /// # Errors
    /// [`StoreError::NoneBefore`], [`StoreError::Damaged`] or [`StoreError::Write`].
    pub fn step_back(&self) -> Result<Generation, StoreError> {
        let current = self.current().generation.ok_or(StoreError::NoneBefore)?;
        let before = current.manifest.previous.ok_or(StoreError::NoneBefore)?;
        let generation = self.load(&before)?;
        self.switch(&before)?;
        Ok(generation)
    }
}

/// A folder's name: number, and the first half of the manifest's hash.
fn name_of(sequence: u32, manifest: &[u8]) -> String {
    format!("{sequence:06}-{}", &sha256(manifest)[..32])
}

/// The number in a folder's name; none when it is not a generation's.
fn sequence_of(name: &str) -> Option<u32> {
    let (number, hash) = name.split_once('-')?;
    let fits = number.len() >= 6 && hash.len() == 32;
    let hash = hash.bytes().all(|b| b.is_ascii_hexdigit());
    let digits = number.bytes().all(|b| b.is_ascii_digit());
    (fits && hash && digits).then(|| number.parse().ok())?
}

fn sha256(bytes: &[u8]) -> String {
    crate::hex(digest(&SHA256, bytes).as_ref())
}

#[cfg(test)]
mod tests;
