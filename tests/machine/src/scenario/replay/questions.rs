// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is asked of a recorded update.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, ensure};

use super::{Update, removed};
use crate::replay::flash;
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
