// SPDX-License-Identifier: MIT OR Apache-2.0
//! One stick, once: grant, acts, result.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{COPY, FOLDER, GRANT, LOGS, MAX_BUNDLE, RESULT, SET};
use crate::clock;
use crate::fat::Volume;
use crate::files::{Files, gone};
use crate::grant::{self, Act, Claims, GrantError, Keys};
use crate::ledger::Ledger;
use crate::places::Places;
use crate::report::Outcome;
use crate::set::{self, Folder, Item, ItemKind, Set, left_behind};

/// What a visit needs done that its own process may not do.
pub trait Hands {
    /// Hands a set to whoever may apply it; how it ended, and the report.
    ///
    /// # Errors
    /// When nobody took it.
    fn provision(&self, grant: &[u8], set: &Set) -> io::Result<(Outcome, String)>;

    /// A log bundle (gzip), whole.
    ///
    /// # Errors
    /// When there is none.
    fn logs(&self) -> io::Result<Vec<u8>>;

    /// Has the copied bundle installed, and waits for the end; a line for the result.
    ///
    /// # Errors
    /// A line for the result as well.
    fn install(&self) -> Result<String, String>;
}

/// How a visit ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Visited {
    /// No stick of ours: no folder, or no grant in it.
    NotOurs,
    /// The grant opens nothing.
    Refused(GrantError),
    /// The stick was opened; the lines of its result.
    Opened(Vec<String>),
}

/// Why a stick could not be read or used.
#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    /// The stick's file system.
    #[error("cannot read {what} of the stick")]
    Stick {
        /// What was read.
        what: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// This reader's own files.
    #[error("cannot use {path}")]
    Own {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The image's service keys.
    #[error("the service keys of the image")]
    Keys(#[from] grant::KeysError),
}

/// What a visit works with.
pub struct Visit<'a> {
    /// Where everything lies.
    pub places: &'a Places,
    /// The file system of the state directory.
    pub files: &'a dyn Files,
    /// The stick.
    pub volume: &'a Volume,
    /// Who does the rest.
    pub hands: &'a dyn Hands,
}

impl Visit<'_> {
    /// The whole of it.
    ///
    /// # Errors
    /// [`VisitError`].
    pub fn run(&self) -> Result<Visited, VisitError> {
        let Some(grant) = self.grant()? else {
            return Ok(Visited::NotOurs);
        };
        let keys = Keys::read(&self.places.keys)?;
        let device = self.device()?;
        let (now, judged) = self.judge(&keys, &grant, &device);
        let claims = match judged {
            Ok(claims) => claims,
            Err(error) => {
                // Only to who brought a grant of the maker's; nobody else makes the reader write. What
                // came of the grant when it was used stays to be read.
                if error.is_genuine() && !has(&self.list(FOLDER)?, RESULT, false) {
                    self.write_result(now, &device, &[format!("refused: {GRANT}: {error}")]);
                }
                return Ok(Visited::Refused(error));
            }
        };
        let lines = self.act(&grant, &claims, now, &device);
        self.write_result(now, &device, &lines);
        Ok(Visited::Opened(lines))
    }

    fn list(&self, path: &str) -> Result<Vec<Item>, VisitError> {
        self.volume.list(path).map_err(|e| stick(path, e))
    }

    /// The grant, where the stick has one. Looks at two folders and one file.
    fn grant(&self) -> Result<Option<Vec<u8>>, VisitError> {
        if !has(&self.list("")?, FOLDER, true) || !has(&self.list(FOLDER)?, GRANT, false) {
            return Ok(None);
        }
        let path = format!("{FOLDER}/{GRANT}");
        let grant = self
            .volume
            .read(&path, grant::MAX_BYTES)
            .map_err(|e| stick(&path, e))?;
        Ok(Some(grant.to_vec()))
    }

    fn device(&self) -> Result<String, VisitError> {
        let path = &self.places.device;
        let id = fs::read_to_string(path).map_err(|source| VisitError::Own {
            path: path.clone(),
            source,
        })?;
        Ok(id.trim().to_owned())
    }

    /// The time, and whether the grant opens the stick; it counts as used afterwards.
    fn judge(&self, keys: &Keys, grant: &[u8], device: &str) -> (i64, Result<Claims, GrantError>) {
        let ledger = Ledger::new(self.files, &self.places.stick.join("grants.json"));
        let now = match ledger.time(self.places.time()) {
            Ok(now) => now,
            Err(error) => {
                let error = GrantError::NoRecord(error.to_string());
                return (self.places.time(), Err(error));
            }
        };
        let judged = keys
            .judge(grant, device, now)
            .and_then(|claims| ledger.spend(&claims, now).map(|()| claims));
        (now, judged)
    }

    fn act(&self, grant: &[u8], claims: &Claims, now: i64, device: &str) -> Vec<String> {
        let items = match self.list(FOLDER) {
            Ok(items) => items,
            Err(error) => return vec![format!("stick: {:#}", anyhow::Error::new(error))],
        };
        let mut lines = Vec::new();
        if claims.allow.contains(&Act::LogBundle) {
            lines.push(self.logs());
        }
        let bundles: Vec<_> = items.iter().filter(|item| is_bundle(item)).collect();
        match bundles.as_slice() {
            [] => {}
            _ if !claims.allow.contains(&Act::Update) => {
                lines.push("update: refused: the grant does not allow it".into());
            }
            [bundle] => {
                // The stick may be pulled out before the end.
                let begun = format!("update: {} is being installed", bundle.name);
                let begun = [lines.as_slice(), &[begun]].concat();
                let done = self.update(&bundle.name, || self.write_result(now, device, &begun));
                lines.push(done);
            }
            several => {
                let names: Vec<_> = several.iter().map(|b| b.name.as_str()).collect();
                lines.push(format!(
                    "update: refused: {} bundles ({}); exactly one is taken",
                    names.len(),
                    names.join(", ")
                ));
            }
        }
        // Last: it restarts the daemons, and among them the one that installs.
        if has(&items, SET, true) {
            lines.extend(self.provision(grant, claims));
        }
        if lines.is_empty() {
            lines.push("nothing to do: neither a bundle nor a provisioning set".into());
        }
        lines
    }

    /// Copies a bundle and has it installed; `begun` is called in between. A line for the result.
    fn update(&self, name: &str, begun: impl FnOnce()) -> String {
        if let Err(error) = self.copy(name) {
            return format!("update: {name}: failed: {error}");
        }
        begun();
        let installed = self.hands.install();
        if let Err(error) = self.remove_copies() {
            tracing::warn!(%error, "the copy of the bundle stays");
        }
        match installed {
            Ok(said) => format!("update: {name}: {said}"),
            Err(said) => format!("update: {name}: failed: {said}"),
        }
    }

    fn logs(&self) -> String {
        let written = self.hands.logs().and_then(|logs| {
            self.volume.write_into(FOLDER, LOGS, &logs)?;
            Ok(logs.len().div_ceil(1024))
        });
        match written {
            Ok(kib) => format!("log-bundle: {LOGS}, {kib} KiB"),
            Err(error) => format!("log-bundle: failed: {error}"),
        }
    }

    fn provision(&self, grant: &[u8], claims: &Claims) -> Vec<String> {
        if !claims.allow.contains(&Act::Provision) {
            return vec!["provision: refused: the grant does not allow it".into()];
        }
        let (set, problems) = set::read(self.volume, &format!("{FOLDER}/{SET}"), Path::new(""));
        if !problems.is_empty() {
            let problems = problems.iter().map(|p| format!("provision: {p}"));
            return std::iter::once("provision: refused".to_owned())
                .chain(problems)
                .collect();
        }
        match self.hands.provision(grant, &set) {
            Ok((_, report)) => report.lines().map(|l| format!("provision: {l}")).collect(),
            Err(error) => vec![format!("provision: failed: {error}")],
        }
    }

    /// Copies a bundle to where the update daemon takes it from: whole, or not at all.
    fn copy(&self, name: &str) -> io::Result<()> {
        self.remove_copies()?;
        let part = self.places.stick.join(format!("{COPY}.part"));
        let mut file = File::create(&part)?;
        let copied = self
            .volume
            .copy(&format!("{FOLDER}/{name}"), MAX_BUNDLE, &mut file)
            .and_then(|_| file.sync_all());
        if let Err(error) = copied {
            self.remove_copies()?;
            return Err(error);
        }
        // Readable for the update daemon; a bundle is no secret.
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        fs::set_permissions(&part, readable)?;
        fs::rename(&part, self.places.stick.join(COPY))?;
        self.files.sync_folder(&self.places.stick)
    }

    fn remove_copies(&self) -> io::Result<()> {
        for name in [COPY.to_owned(), format!("{COPY}.part")] {
            gone(fs::remove_file(self.places.stick.join(name)))?;
        }
        Ok(())
    }

    /// Writes the result onto the stick; one that cannot be written loses nothing but its result.
    fn write_result(&self, now: i64, device: &str, lines: &[String]) {
        let mut text = format!("Uketsuke service stick\r\ntime:   {}\r\n", clock::show(now));
        text.push_str(&format!("reader: {device}\r\n"));
        for line in lines {
            tracing::info!("{line}");
            text.push_str(line);
            text.push_str("\r\n");
        }
        if let Err(error) = self.volume.write_into(FOLDER, RESULT, text.as_bytes()) {
            tracing::warn!(%error, "the result was not written onto the stick");
        }
    }
}

fn stick(what: &str, source: io::Error) -> VisitError {
    let what = if what.is_empty() { "the root" } else { what };
    VisitError::Stick {
        what: what.to_owned(),
        source,
    }
}

fn has(items: &[Item], name: &str, folder: bool) -> bool {
    let is = |item: &Item| (item.kind == ItemKind::Folder) == folder;
    items
        .iter()
        .any(|item| is(item) && item.name.eq_ignore_ascii_case(name))
}

fn is_bundle(item: &Item) -> bool {
    matches!(item.kind, ItemKind::File(_))
        && !left_behind(&item.name)
        && item.name.to_ascii_lowercase().ends_with(".raucb")
}
