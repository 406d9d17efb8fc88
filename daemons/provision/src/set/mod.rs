// SPDX-License-Identifier: MIT OR Apache-2.0
//! A provisioning set: one `reader.toml` with its certificates and keys, as it lies in a folder.
//!
//! ```text
//! reader.toml
//! credentials/uplink/     reader.crt  reader.key  terminal-ca.crt
//! credentials/terminal/   terminal.crt  terminal.key  reader-ca.crt
//!                         terminal-client.crt  terminal-client.key  centre-ca.crt
//! ```
//!
//! The names are those of the units' credentials. `credentials/terminal` is there exactly when the
//! terminal runs on this box (`terminal.place = "here"`). A set names no box: a spare takes over
//! with the same one.

mod certificates;
mod check;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use ring::digest::{Context, SHA256};
use uketsuke_common::config::{self, Problem};
use zeroize::Zeroizing;

pub use check::{Checked, Clock, Findings};
pub(crate) use read::left_behind;
pub use read::{Folder, Item, ItemKind, SystemFolder, read};

/// The file that makes a folder a set.
pub const READER: &str = "reader.toml";
/// Largest certificate or key file; a chain of three is a few KiB.
pub const MAX_PEM: u64 = 64 * 1024;
/// Most files a folder may hold before it is not looked at further.
pub const MAX_FILES: usize = 64;

/// What a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A certificate chain, leaf first, and what it is presented as.
    Chain(Use),
    /// The private key of the chain of this name.
    Key(&'static str),
    /// The root a peer's certificate must end in.
    Root,
}

/// What a certificate is presented as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The calling end.
    Client,
    /// The called end.
    Server,
}

/// One credential of a set.
#[derive(Clone, Copy, Debug)]
pub struct Credential {
    /// Path in the set.
    pub path: &'static str,
    /// Name under which the unit imports it; unique over all units.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Whether only a box with its own terminal has it.
    pub terminal: bool,
}

const fn credential(
    path: &'static str,
    name: &'static str,
    kind: Kind,
    terminal: bool,
) -> Credential {
    Credential {
        path,
        name,
        kind,
        terminal,
    }
}

/// Every credential a set may hold.
pub const CREDENTIALS: [Credential; 9] = [
    credential(
        "credentials/uplink/reader.crt",
        "reader.crt",
        Kind::Chain(Use::Client),
        false,
    ),
    credential(
        "credentials/uplink/reader.key",
        "reader.key",
        Kind::Key("credentials/uplink/reader.crt"),
        false,
    ),
    credential(
        "credentials/uplink/terminal-ca.crt",
        "terminal-ca.crt",
        Kind::Root,
        false,
    ),
    credential(
        "credentials/terminal/terminal.crt",
        "terminal.crt",
        Kind::Chain(Use::Server),
        true,
    ),
    credential(
        "credentials/terminal/terminal.key",
        "terminal.key",
        Kind::Key("credentials/terminal/terminal.crt"),
        true,
    ),
    credential(
        "credentials/terminal/reader-ca.crt",
        "reader-ca.crt",
        Kind::Root,
        true,
    ),
    credential(
        "credentials/terminal/terminal-client.crt",
        "terminal-client.crt",
        Kind::Chain(Use::Client),
        true,
    ),
    credential(
        "credentials/terminal/terminal-client.key",
        "terminal-client.key",
        Kind::Key("credentials/terminal/terminal-client.crt"),
        true,
    ),
    credential(
        "credentials/terminal/centre-ca.crt",
        "centre-ca.crt",
        Kind::Root,
        true,
    ),
];

/// The files of a set, in memory, keys wiped when dropped. No `Debug`: it holds keys.
#[derive(Clone, Default)]
pub struct Set {
    files: BTreeMap<String, Zeroizing<Vec<u8>>>,
}

impl Set {
    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The content of a file of the set.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(|bytes| bytes.as_slice())
    }

    /// Every file, by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// The credentials that are there.
    pub fn credentials(&self) -> impl Iterator<Item = (&'static Credential, &[u8])> {
        CREDENTIALS
            .iter()
            .filter_map(|c| Some((c, self.get(c.path)?)))
    }

    /// Takes a file in under its path in the set, in lower case: FAT does not tell cases apart.
    ///
    /// # Errors
    /// A [`Problem`] when the path is none of a set's, is there already, or the file is too large.
    pub fn insert(&mut self, path: &str, bytes: Zeroizing<Vec<u8>>) -> Result<(), Problem> {
        let path = path.to_ascii_lowercase();
        let refuse = |what: String| Err(Problem::whole(path.as_ref(), what));
        let Some(limit) = limit(&path) else {
            return refuse(unknown(&path));
        };
        if bytes.len() as u64 > limit {
            return refuse(format!("larger than {limit} bytes"));
        }
        if self.files.contains_key(&path) {
            return refuse("there twice, in different cases".into());
        }
        self.files.insert(path, bytes);
        Ok(())
    }

    /// What tells one set from another: SHA-256 over every path and content, as hex.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut context = Context::new(&SHA256);
        context.update(b"uketsuke provisioning set 1\n");
        for (path, bytes) in &self.files {
            for part in [path.as_bytes(), bytes.as_slice()] {
                context.update(&(part.len() as u64).to_be_bytes());
                context.update(part);
            }
        }
        crate::hex(context.finish().as_ref())
    }
}

/// The largest size of a file of a set; none when no set has such a file.
fn limit(path: &str) -> Option<u64> {
    if path == READER {
        return Some(config::MAX_BYTES);
    }
    CREDENTIALS
        .iter()
        .any(|c| c.path == path)
        .then_some(MAX_PEM)
}

/// Says what could be meant by a path that no set has.
fn unknown(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let meant = CREDENTIALS.iter().find(|c| c.name == name).map(|c| c.path);
    match meant.or((name == READER).then_some(READER)) {
        Some(meant) => format!("not a file of a provisioning set; it belongs at {meant}"),
        None => "not a file of a provisioning set".into(),
    }
}
