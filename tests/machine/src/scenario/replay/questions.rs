// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is asked of a recorded update.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, ensure};
use uketsuke_boot::slot::Role;
use uketsuke_update::domain::Slot;

use super::{Update, removed};
use crate::replay::cut::Cut;
use crate::replay::data;
use crate::replay::flash;
use crate::replay::log::Act;
use crate::replay::recording::Recording;
use crate::report::Report;
use crate::scenario::Run;
use crate::tools::Tools;

/// How much was written where.
pub(super) fn tell(recording: &Recording, report: &mut Report) {
    println!(
        "{:>24} {:<16} {:>7} {:>9} {:>9} {:>9}",
        "", "partition", "writes", "MiB", "discards", "MiB"
    );
    for stretch in &recording.stretches {
        let counts = recording
            .layout
            .count(&recording.disk, stretch.disk.clone());
        for (label, count) in counts {
            println!(
                "{:>24} {label:<16} {:>7} {:>9.2} {:>9} {:>9.2}",
                stretch.name,
                count.writes,
                mib(count.bytes),
                count.discards,
                mib(count.discarded)
            );
        }
    }
    let cuts: Vec<String> = recording
        .stretches
        .iter()
        .map(|s| {
            let flushes = recording.flushes(s.disk.clone());
            format!("{} {} ({flushes} flushes)", s.name, s.disk.len())
        })
        .collect();
    report.figure(
        "disk cut points",
        format!("{}, all: {}", recording.entries().len(), cuts.join(", ")),
    );
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// The slots: nobody writes to one that may start, and B is whole before it may.
pub(super) async fn slots(run: &mut Run, update: &Update, bundle: &Path) -> anyhow::Result<()> {
    update.recording.slots_are_left_alone()?;
    run.report
        .step("the running slot and the partition table: touched by no entry");
    let images = update.directory.join("images");
    let (into, bundle) = (run.tools.inside(&images)?, run.tools.inside(bundle)?);
    let arguments = [
        "-quiet".as_ref(),
        "-no-progress".as_ref(),
        "-d".as_ref(),
        into.as_os_str(),
        bundle.as_os_str(),
    ];
    run.tools.run("unsquashfs", arguments).await?;
    let scratch = update.directory.join("part.raw");
    let bytes = update.recording.other_slot_is_whole(&images, &scratch)?;
    let what = format!(
        "slot b is the bundle's, durable before the activation: {:.1} MiB compared",
        mib(bytes)
    );
    run.report.step(what);
    for path in [&images, &scratch] {
        removed(path)?;
    }
    Ok(())
}

/// The firmware: what it starts after every entry of its flash; and whether its variables are read
/// as others read them.
pub(super) async fn firmware(
    tools: &Tools,
    update: &Update,
    report: &mut Report,
) -> anyhow::Result<()> {
    let recording = &update.recording;
    let ends = [
        recording.stretches[0].flash.start,
        recording.stretches[2].flash.end,
    ];
    for count in ends {
        let path = update.directory.join("flash.raw");
        let chip = recording.chip(count)?;
        std::fs::write(&path, &chip).with_context(|| format!("cannot write {}", path.display()))?;
        let compared = same_variables(tools, &chip, &path).await?;
        report.step(format!(
            "{compared} variables read as virt-fw-vars reads them"
        ));
    }
    let choices = recording.firmware_starts_a_whole_slot()?;
    let told: Vec<String> = choices
        .iter()
        .map(|(stretch, choice)| {
            let slot = |slot: Option<uketsuke_boot::slot::Slot>| {
                slot.map_or("-".to_owned(), |s| s.to_string())
            };
            match choice.next {
                None => format!("{stretch}: {}", slot(choice.first)),
                next => format!(
                    "{stretch}: once {}, then {}",
                    slot(next),
                    slot(choice.first)
                ),
            }
        })
        .collect();
    let cuts = ends[1] - ends[0] + recording.stretches.len();
    report.figure("flash cut points", format!("{cuts}, all"));
    report.step(format!("the firmware starts {}", told.join("; ")));
    Ok(())
}

/// Compares our reading of the flash with that of virt-fw-vars; returns the number of variables.
async fn same_variables(tools: &Tools, chip: &[u8], path: &Path) -> anyhow::Result<usize> {
    let ours = flash::variables(chip)?;
    let json = path.with_extension("json");
    let (from, to) = (tools.inside(path)?, tools.inside(&json)?);
    let arguments = [
        "--input".as_ref(),
        from.as_os_str(),
        "--output-json".as_ref(),
        to.as_os_str(),
    ];
    tools.run("virt-fw-vars", arguments).await?;
    let text = std::fs::read(&json).with_context(|| format!("cannot read {}", json.display()))?;
    let theirs: serde_json::Value = serde_json::from_slice(&text)?;
    let theirs = theirs["variables"].as_array().context("no variables")?;
    for variable in theirs {
        let field = |name: &str| variable[name].as_str().unwrap_or_default();
        let name = (field("guid").parse()?, field("name").to_owned());
        let found = ours.get(&name).map(|data| {
            data.iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        });
        ensure!(
            found.as_deref() == Some(field("data")),
            "{name:?} is {found:?} here"
        );
    }
    // They keep one of those that differ in the vendor only.
    let names: BTreeSet<&str> = ours.keys().map(|(_, name)| name.as_str()).collect();
    ensure!(
        theirs.len() == names.len(),
        "{} names there, {} here",
        theirs.len(),
        names.len()
    );
    Ok(ours.len())
}

/// The data partition: at every flush, and at so many cuts between flushes.
pub(super) async fn partition(run: &mut Run, update: &Update, samples: u32) -> anyhow::Result<()> {
    let recording = &update.recording;
    let (entries, range) = (&recording.disk.entries, recording.entries());
    let flushed = |after: &usize| *after == range.start || entries[*after - 1].act == Act::Flush;
    let boundaries: Vec<Cut> = (range.start..=range.end)
        .filter(flushed)
        .map(|after| Cut::orderly(entries, after))
        .collect();
    let mut cuts = boundaries.clone();
    for _ in 0..samples {
        let after = run.chance.usize(range.start..=range.end);
        cuts.push(Cut::chance(entries, after, &mut run.chance));
    }
    cuts.sort_by_key(|cut| cut.durable);
    let mut standing = recording.partition(Role::Data, &update.directory.join("data.raw"))?;
    let (mut looked, mut mended, mut last) = (0, 0, None);
    let mut records: BTreeMap<String, u32> = BTreeMap::new();
    for cut in &cuts {
        // Nothing on this partition is new since the last one that was looked at.
        let from = last.unwrap_or(range.start);
        let new = |n: usize| recording.layout.touched(&entries[n]).contains(&"data");
        if cut.left.is_empty() && last.is_some() && !(from..cut.durable).any(new) {
            continue;
        }
        standing.advance(&recording.disk, cut.durable)?;
        let mut left = standing.twin(&update.directory.join("left.raw"))?;
        left.cut(&recording.disk, cut)?;
        let found = look(run, update, left.path(), cut).await;
        let (found, state) = found.with_context(|| format!("a power cut {cut}"))?;
        mended += u32::from(found);
        *records.entry(state).or_default() += 1;
        looked += 1;
        if cut.left.is_empty() {
            last = Some(cut.durable);
        }
    }
    run.report
        .figure("flush boundaries", format!("{}, all", boundaries.len()));
    run.report
        .figure("cuts within flushes", samples.to_string());
    run.report.figure(
        "file systems checked",
        format!("{looked}, {mended} mended beyond the journal"),
    );
    let records: Vec<String> = records.iter().map(|(s, n)| format!("{n} {s}")).collect();
    run.report.step(format!(
        "the data partition goes on from each: {}",
        records.join(", ")
    ));
    for name in ["data.raw", "left.raw", "data"] {
        removed(&update.directory.join(name))?;
    }
    Ok(())
}

/// Looks at one data partition; tells whether it had to be mended, and the state in its record.
async fn look(
    run: &Run,
    update: &Update,
    path: &Path,
    cut: &Cut,
) -> anyhow::Result<(bool, String)> {
    let found = data::inspect(&run.tools, path, &update.directory.join("data")).await?;
    data::is_true(&found.record, update.recording.written(cut))?;
    let [old, new] = &update.versions;
    data::goes_on(&found.record, Slot::A, old)?;
    // Before the install is over, no flash leads to the other slot.
    if cut.after >= update.recording.stretches[0].disk.end {
        data::goes_on(&found.record, Slot::B, new)?;
    }
    Ok((found.mended, data::state(&found.record)))
}
