// SPDX-License-Identifier: MIT OR Apache-2.0
//! Signed model bundles: what a supplier delivers, and what is refused.
//!
//! A bundle is a folder:
//!
//! ```text
//! manifest.toml       what it holds and what was shown about it
//! manifest.toml.sig   Ed25519 over exactly these bytes, 64 bytes
//! …                   models, known answers, reports: each named in the manifest with its SHA-256
//! ```
//!
//! [`Bundle::open`] reads the manifest, verifies the signature, and only then parses it. Each further
//! file is read once, into memory, hashed there and used from there: nobody can change it in between. A
//! file that the manifest does not name is refused with the rest.

mod agree;
mod key;
mod manifest;
mod open;
mod pack;
mod refusal;

use std::collections::BTreeMap;

pub use key::{KeyError, SigningKey, VerifyingKey};
pub use manifest::{
    Align, Class, Evidence, FarRate, File, FrrRate, Input, Manifest, Metric, ModelEntry,
    OperatingPoint, Output, Pad, Quality, Role, RuntimeNeeds, TestVector, WorstSpecies,
};
pub use open::believe;
pub use pack::{PackError, pack, sign};
pub use refusal::Refusal;

/// Name of the manifest.
pub const MANIFEST: &str = "manifest.toml";
/// Name of its signature.
pub const SIGNATURE: &str = "manifest.toml.sig";
/// The one format.
pub const FORMAT: u32 = 1;

/// What the reader demands of a bundle.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Who may sign.
    pub trusted: Vec<VerifyingKey>,
    /// Takes [`Class::SyntheticReference`] too: nobody is let in by it who is somebody.
    pub demonstration: bool,
    /// The least [`Manifest::epoch`]: that of the newest bundle that was ever in use.
    pub least_epoch: u64,
    /// Version of the runtime's library.
    pub runtime: String,
}

/// A bundle in which everything agrees.
pub struct Bundle {
    manifest: Manifest,
    files: BTreeMap<String, Vec<u8>>,
}

impl Bundle {
    /// What it says.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its models with their bytes, in the manifest's order.
    pub fn models(&self) -> impl Iterator<Item = (&ModelEntry, &[u8])> {
        self.manifest
            .models
            .iter()
            .filter_map(|model| Some((model, self.file(&model.file)?)))
    }

    /// One of its files.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// The operating point of a role that has this name.
    #[must_use]
    pub fn operating_point(&self, role: Role, name: &str) -> Option<&OperatingPoint> {
        self.manifest
            .operating_points
            .iter()
            .find(|point| point.model == role && point.name == name)
    }
}
