// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is asked of the data partition at every cut point of a recorded update.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use uketsuke_boot::slot::Role;
use uketsuke_update::domain::{Record, Slot};

use super::{Update, removed};
use crate::replay::cut::Cut;
use crate::replay::data;
use crate::replay::log::Act;
use crate::scenario::Run;
use crate::tools::Tools;

/// What was looked at so far.
struct Looks<'a> {
    tools: Tools,
    update: &'a Update,
    checked: u32,
    /// By what was done to the file system.
    mended: BTreeMap<data::Mending, u32>,
    /// With notes of the installer.
    noted: u32,
    /// Records found, by their state.
    states: BTreeMap<String, u32>,
}

/// Asks the partition after every entry, and after so many of them with what was not flushed left
/// to chance.
pub(super) async fn asked(run: &mut Run, update: &Update, samples: u32) -> anyhow::Result<()> {
    let mut looks = Looks {
        tools: run.tools.clone(),
        update,
        checked: 0,
        mended: BTreeMap::new(),
        noted: 0,
        states: BTreeMap::new(),
    };
    let entries = looks.every().await?;
    let prefixes = looks.checked;
    run.report.figure(
        "data cut points",
        format!("{entries}, all: {prefixes} file systems, and what was flushed at each"),
    );
    run.report.step("the data partition goes on from each");
    looks.some(samples, &mut run.chance).await?;
    run.report
        .figure("torn and selected", format!("{samples} cut points"));
    run.report.step("the data partition goes on from each");
    let states = looks.states.iter();
    let states: Vec<String> = states.map(|(state, n)| format!("{n} {state}")).collect();
    run.report.figure("records found", states.join(", "));
    run.report
        .figure("with the installer's notes", looks.noted.to_string());
    run.report
        .figure("file systems mended", format!("{:?}", looks.mended));
    for name in ["data.raw", "left.raw", "data"] {
        removed(&update.directory.join(name))?;
    }
    Ok(())
}

impl Looks<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.update.directory.join(name)
    }

    /// Every entry, with all that was complete; and of what was flushed whether it still is true.
    /// The file system is looked at where it is another one. Returns the cut points.
    async fn every(&mut self) -> anyhow::Result<usize> {
        let recording = &self.update.recording;
        let (entries, range) = (&recording.disk.entries, recording.entries());
        let mut standing = recording.partition(Role::Data, &self.path("data.raw"))?;
        let least = Cut {
            left: Vec::new(),
            ..Cut::orderly(entries, range.start)
        };
        // What is there at least, and what is there at most.
        let left = standing.twin(&self.path("left.raw"))?;
        let mut flushed = self.look(left.path(), &least).await?;
        let mut whole = flushed.clone();
        for after in range.start..=range.end {
            let cut = Cut::orderly(entries, after);
            let last = after.checked_sub(1).map(|last| &entries[last]);
            let data = last.is_some_and(|e| recording.layout.touched(e).contains(&"data"));
            if data || after == range.start {
                standing.advance(&recording.disk, after)?;
                let left = standing.twin(&self.path("left.raw"))?;
                whole = self.look(left.path(), &cut).await?;
            }
            if last.is_some_and(|entry| entry.act == Act::Flush) {
                flushed.clone_from(&whole);
            }
            for record in [&flushed, &whole] {
                self.asked(record, &cut)
                    .with_context(|| format!("a power cut {cut}"))?;
            }
        }
        Ok(range.len())
    }

    /// So many entries, with any selection of what was not flushed.
    async fn some(&mut self, samples: u32, chance: &mut fastrand::Rng) -> anyhow::Result<()> {
        let recording = &self.update.recording;
        let (entries, range) = (&recording.disk.entries, recording.entries());
        let mut cuts: Vec<Cut> = (0..samples)
            .map(|_| Cut::chance(entries, chance.usize(range.start..=range.end), chance))
            .collect();
        cuts.sort_by_key(|cut| cut.durable);
        let mut standing = recording.partition(Role::Data, &self.path("data.raw"))?;
        for cut in &cuts {
            standing.advance(&recording.disk, cut.durable)?;
            let mut left = standing.twin(&self.path("left.raw"))?;
            left.cut(&recording.disk, cut)?;
            self.look(left.path(), cut).await?;
        }
        Ok(())
    }

    /// Mends and reads one partition; returns the record in it, which is true and leads on.
    async fn look(&mut self, partition: &Path, cut: &Cut) -> anyhow::Result<Record> {
        let found = data::inspect(&self.tools, partition, &self.path("data")).await;
        let found = found.with_context(|| format!("a power cut {cut}"))?;
        self.checked += 1;
        *self.mended.entry(found.mending).or_default() += 1;
        self.noted += u32::from(found.notes);
        *self.states.entry(data::state(&found.record)).or_default() += 1;
        self.asked(&found.record, cut)
            .with_context(|| format!("a power cut {cut}"))?;
        Ok(found.record)
    }

    fn asked(&self, record: &Record, cut: &Cut) -> Result<(), data::DataError> {
        let recording = &self.update.recording;
        data::is_true(record, recording.written(cut))?;
        let [old, new] = &self.update.versions;
        data::goes_on(record, Slot::A, old)?;
        // Before the install is over, no flash leads to the other slot.
        if cut.after >= recording.stretches[0].disk.end {
            data::goes_on(record, Slot::B, new)?;
        }
        Ok(())
    }
}
