// SPDX-License-Identifier: MIT OR Apache-2.0
//! Before the daemons start: a new set of the provision partition comes into force, and what is in
//! force is laid out for them. Nothing that is wrong with a set keeps the reader from starting.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::fat::Volume;
use crate::files::{Files, replace};
use crate::ledger::Ledger;
use crate::partition::{self, Content, Unmarked};
use crate::pepper;
use crate::places::Places;
use crate::report::{Outcome, Report};
use crate::seal::Sealer;
use crate::set::{self, Clock, Set};
use crate::store::{Generation, Store};
use crate::{clock, device};

const OWN_PARTITION: &str = "the provision partition";

/// What a boot needs of the machine.
pub struct Boot<'a> {
    /// Where everything lies.
    pub places: &'a Places,
    /// The file system of the data partition.
    pub files: &'a dyn Files,
    /// What binds secrets to the machine.
    pub sealer: &'a dyn Sealer,
}

impl Boot<'_> {
    /// The whole of it. `own` is the provision partition, where it has one.
    ///
    /// # Errors
    /// When the runtime folders cannot be written; everything else is reported and passed over.
    pub fn run(&self, own: Option<&Volume>) -> anyhow::Result<()> {
        self.make_store()?;
        let now = self.time();
        if let Err(error) = self.tell_device() {
            tracing::error!(
                error = format!("{error:#}"),
                "this box has no id: no grant fits it"
            );
        }
        if let Some(volume) = own
            && let Err(error) = self.take_in(volume, now)
        {
            let lines = vec![format!("{error:#}")];
            self.tell(&Report {
                when: now,
                source: OWN_PARTITION,
                outcome: Outcome::Failed,
                lines,
            });
        }
        self.lay_out(now)
    }

    fn make_store(&self) -> anyhow::Result<()> {
        let store = &self.places.store;
        match DirBuilder::new().mode(0o700).create(store) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                // Without the data partition the reader starts with its defaults.
                tracing::error!(%error, path = %store.display(), "no place for what is provisioned");
            }
            _ => {}
        }
        let runtime = self.places.device.parent().unwrap_or(Path::new("/"));
        folder(runtime, 0o755)
    }

    /// The best trusted time, which is remembered.
    fn time(&self) -> i64 {
        let now = self.places.time();
        Ledger::new(self.files, &self.places.ledger)
            .time(now)
            .unwrap_or_else(|error| {
                tracing::error!(%error, "the time last seen is lost; grants will be refused");
                now
            })
    }

    fn tell_device(&self) -> anyhow::Result<()> {
        let id = device::id(&self.places.machine)?;
        public(&self.places.device, format!("{id}\n").as_bytes())
    }

    /// Applies what lies on the provision partition, when it is new, and empties the partition.
    fn take_in(&self, volume: &Volume, now: i64) -> anyhow::Result<()> {
        let store = Store::new(self.files, &self.places.store);
        let current = store.current();
        let in_force = current.generation.filter(|_| current.linked);
        let source = in_force.map(|g| g.manifest.source);
        match partition::content(volume).context("the partition cannot be read")? {
            Content::Nothing => return Ok(()),
            Content::Leftover(hash) if Some(&hash) == source.as_ref() => {
                return empty(volume, &hash);
            }
            Content::Leftover(_) | Content::Set => {}
        }
        let (set, problems) = set::read(&Unmarked(volume), "", Path::new(""));
        let hash = set.hash();
        if problems.is_empty() && source.as_ref() == Some(&hash) {
            return empty(volume, &hash);
        }
        // Before the network is up nobody knows how slow the clock is.
        let clock = Clock {
            now,
            certain: false,
        };
        let report = self.apply(&set, problems, clock, OWN_PARTITION);
        let applied = report.outcome == Outcome::Applied;
        self.tell(&report);
        if applied {
            empty(volume, &hash)?;
        }
        Ok(())
    }

    /// Judges a set and puts it in force; the report says what came of it.
    #[must_use]
    pub fn apply(
        &self,
        set: &Set,
        mut problems: Vec<uketsuke_common::config::Problem>,
        clock: Clock,
        source: &'static str,
    ) -> Report {
        let when = clock.now;
        let checked = match set.check(Path::new(""), &self.places.base, clock) {
            Ok(checked) => checked,
            Err(found) => {
                problems.extend(found.problems);
                return Report::of(when, source, Outcome::Refused, &problems, &found.notes);
            }
        };
        if !problems.is_empty() {
            return Report::of(when, source, Outcome::Refused, &problems, &checked.notes);
        }
        let applied = self.host_key_stays().and_then(|()| {
            let store = Store::new(self.files, &self.places.store);
            Ok(store.apply(set, self.sealer, when)?)
        });
        match applied {
            Ok(_) => Report::of(when, source, Outcome::Applied, &[], &checked.notes),
            Err(error) => Report {
                when,
                source,
                outcome: Outcome::Failed,
                lines: vec![format!("{error:#}")],
            },
        }
    }

    /// What is sealed with a key that is drawn anew at each start is lost at the next one: the key
    /// must lie with the data (a bind that failed would leave it in memory).
    fn host_key_stays(&self) -> anyhow::Result<()> {
        let device = |path: &Path| {
            let metadata = fs::metadata(path);
            let metadata = metadata.with_context(|| format!("cannot look at {}", path.display()));
            metadata.map(|m| m.dev())
        };
        let (key, data) = (&self.places.host_key, &self.places.store);
        anyhow::ensure!(
            device(key)? == device(data)?,
            "{} is not on the data partition: what is sealed now could not be opened after a restart",
            key.display()
        );
        Ok(())
    }

    /// Says what came of an attempt: in the journal, durably, and where everybody may read it.
    pub fn tell(&self, report: &Report) {
        report.log();
        let text = report.to_string();
        if let Err(error) = replace(self.files, &self.places.report, text.as_bytes()) {
            tracing::error!(%error, path = %self.places.report.display(), "the report was not kept");
        }
        if let Err(error) = public(&self.places.shown_report, text.as_bytes()) {
            tracing::error!(error = format!("{error:#}"), "the report cannot be shown");
        }
    }

    /// Lays the generation in force out for the daemons, or nothing on a blank box.
    ///
    /// # Errors
    /// When the runtime folders cannot be written.
    pub fn lay_out(&self, now: i64) -> anyhow::Result<()> {
        let store = Store::new(self.files, &self.places.store);
        let current = store.current();
        if !current.damage.is_empty() {
            let mut lines: Vec<_> = current.damage.iter().map(ToString::to_string).collect();
            lines.push(match &current.generation {
                Some(used) => format!("used instead: {}", used.id),
                None => "used instead: the defaults".into(),
            });
            self.tell(&Report {
                when: now,
                source: "the data partition",
                outcome: Outcome::Damaged,
                lines,
            });
        }
        if let Some(used) = &current.generation
            && !current.linked
            && current.damage.iter().any(|d| d.id == crate::store::CURRENT)
        {
            // The link alone was lost: what it led to is whole.
            store.switch(&used.id)?;
        }
        self.keep_report();
        self.fill(current.generation.as_ref())?;
        if let Err(error) = self.pepper() {
            let error = format!("{error:#}");
            tracing::error!(error, "no pepper: this box can keep no staff passcodes");
        }
        Ok(())
    }

    /// Lays out what staff passcodes are kept under.
    fn pepper(&self) -> anyhow::Result<()> {
        let places = self.places;
        let path = places.credentials.join(pepper::NAME);
        gone(&path)?;
        self.host_key_stays()?;
        let sealed = pepper::sealed(self.files, &places.pepper, self.sealer)?;
        write(&path, &sealed, 0o600)
    }

    /// The last attempt's report stays readable over restarts.
    fn keep_report(&self) {
        if self.places.shown_report.exists() {
            return;
        }
        match self.files.read(&self.places.report, 64 * 1024) {
            Ok(text) => {
                if let Err(error) = public(&self.places.shown_report, &text) {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "the last report cannot be shown"
                    );
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, "the last report cannot be read"),
        }
    }

    fn fill(&self, generation: Option<&Generation>) -> anyhow::Result<()> {
        let places = self.places;
        let drop_ins = places.configuration.parent().unwrap_or(Path::new("/"));
        folder(drop_ins, 0o755)?;
        folder(&places.credentials, 0o700)?;
        // Names of ours alone: other credentials may lie beside them.
        for credential in &set::CREDENTIALS {
            gone(&places.credentials.join(credential.name))?;
        }
        let Some(generation) = generation else {
            tracing::warn!("nothing is provisioned: the reader starts with its defaults");
            return gone(&places.configuration);
        };
        for (name, sealed) in &generation.credentials {
            let path = places.credentials.join(name);
            write(&path, sealed, 0o600)?;
        }
        public(&places.configuration, &generation.reader)?;
        tracing::info!(generation = generation.id, "laid out");
        Ok(())
    }
}

fn empty(volume: &Volume, hash: &str) -> anyhow::Result<()> {
    partition::empty(volume, hash)
        .context("in force, but its plain copy is still on the provision partition")
}

fn folder(path: &Path, mode: u32) -> anyhow::Result<()> {
    DirBuilder::new()
        .mode(mode)
        .recursive(true)
        .create(path)
        .and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)))
        .with_context(|| format!("cannot make {}", path.display()))
}

/// A file that everybody may read, whole at any moment.
fn public(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    write(path, content, 0o644)
}

fn write(path: &Path, content: &[u8], mode: u32) -> anyhow::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    fs::write(&beside, content)
        .and_then(|()| fs::set_permissions(&beside, Permissions::from_mode(mode)))
        .and_then(|()| fs::rename(&beside, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn gone(path: &Path) -> anyhow::Result<()> {
    crate::files::gone(fs::remove_file(path))
        .with_context(|| format!("cannot remove {}", path.display()))
}

/// The moment for the door: the best trusted time, durable.
///
/// # Errors
/// When it cannot be kept.
pub fn trusted_time(places: &Places, files: &dyn Files) -> Result<i64, crate::ledger::LedgerError> {
    Ledger::new(files, &places.ledger).time(places.time().max(clock::now()))
}

#[cfg(test)]
mod tests;
