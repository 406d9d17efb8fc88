// SPDX-License-Identifier: MIT OR Apache-2.0
//! `replay [BUNDLE] [BOOTS] [SAMPLES]`: records every write of disk and firmware flash while the
//! bundle (default `good`) is installed, activated and confirmed, and asks of every cut point what
//! a power cut there would leave. BOOTS (5) of them are really started, SAMPLES (200) within the
//! flushes are looked at with what was not flushed left to chance.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use semver::Version;
use uketsuke_boot::slot::Role;
use uketsuke_update::domain::Slot;

use super::image::{Flavour, bundle};
use super::stage::{BOOT, Stage};
use super::{Run, updating};
use crate::disk;
use crate::machine::Machine;
use crate::outside::Outside;
use crate::replay::cut::Cut;
use crate::replay::data;
use crate::replay::log::Act;
use crate::replay::recording::{Files, Recording};
use crate::replay::tape::{Mark, Tape};
use crate::report::Report;
use crate::tools::Tools;

/// Each so-manieth of the cuts that are really started lies behind the install.
const LATE: u32 = 4;

/// Longest time from the activation to the restart.
const RESTART: Duration = Duration::from_secs(300);

/// What one run needs to know of the update.
struct Update {
    recording: Recording,
    /// Versions of slot A and of slot B.
    versions: [Version; 2],
    directory: PathBuf,
}

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let arguments = run.arguments.clone();
    let name = arguments.first().map_or("good", String::as_str);
    let number = |at: usize, default: u32| match arguments.get(at) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .with_context(|| format!("{text:?} is no number")),
    };
    let (boots, samples) = (number(1, 5)?, number(2, 200)?);
    ensure!(
        !run.parts.tpm,
        "with a TPM the data partition is sealed; its content cannot be looked at here"
    );
    let mut stage = Stage::start(run, Flavour::Development).await?;
    stage.image.bundle_size(name)?;
    let update = recorded(run, &mut stage, name).await?;
    tell(&update.recording, &mut run.report);
    slots(run, &update, &stage.image.bundles.join(bundle(name))).await?;
    firmware(&run.tools, &update, &mut run.report).await?;
    partition(run, &update, samples).await?;
    started(run, &mut stage, &update, boots).await
}

/// Lets a machine go through the update and keeps what it did.
async fn recorded(run: &mut Run, stage: &mut Stage, name: &str) -> anyhow::Result<Update> {
    run.parts.recorded = true;
    let hardware = stage.hardware(run, "machine").await;
    run.parts.recorded = false;
    let hardware = hardware?;
    let directory = run.directory.clone();
    let blank = directory.join("flash.before");
    disk::copy(&hardware.variables(), &blank)?;
    let tape = Tape::of(&hardware);
    let machine = stage.boot(&mut run.report, &hardware).await?;
    let (marks, versions) = updated(stage, machine, name, &tape, &mut run.report).await?;
    let notes = directory.join("marks");
    std::fs::write(
        &notes,
        format!("{marks:?}\n{versions:?}\n{:?}\n", tape.seen()),
    )
    .with_context(|| format!("cannot write {}", notes.display()))?;
    let files = Files {
        disk: &stage.image.disk,
        flash: &blank,
        disk_log: &hardware.disk_log(),
        flash_log: &hardware.variables_log(),
        begin: &directory.join("begin.raw"),
    };
    let recording = Recording::open(&files, marks, tape.seen())?;
    run.report.step("logs read");
    Ok(Update {
        recording,
        versions,
        directory,
    })
}

/// Install, activation, trial and confirmation, with a mark before each and one at the end.
async fn updated(
    stage: &mut Stage,
    mut machine: Machine,
    name: &str,
    tape: &Tape,
    report: &mut Report,
) -> anyhow::Result<([Mark; 4], [Version; 2])> {
    let mut shell = stage.shell(&machine).await?;
    updating::wait_confirmed(&mut shell, BOOT).await?;
    let slot = updating::text(&mut shell, "Slot").await?;
    ensure!(slot == "a", "a new machine runs slot {slot}");
    let old = updating::text(&mut shell, "Version").await?.parse()?;
    report.step("slot a confirmed, recording begins");
    let begin = tape.mark()?;
    updating::install(&mut shell, &Outside::url(&bundle(name))).await?;
    updating::wait_installed(&mut shell).await?;
    let installed = tape.mark()?;
    report.step(format!("installed {name}"));
    let mark = machine.mark();
    updating::activate(&mut shell).await?;
    machine.event(mark, &["RESET"], RESTART).await?;
    let restart = tape.mark()?;
    report.step("restarting");
    drop(shell);
    let idle = stage.glass.idle();
    stage.expect(&mut machine, &idle, BOOT).await?;
    let mut shell = stage.shell(&machine).await?;
    updating::wait_confirmed(&mut shell, BOOT).await?;
    let end = tape.mark()?;
    let slot = updating::text(&mut shell, "Slot").await?;
    ensure!(slot == "b", "still in slot {slot}");
    let new = updating::text(&mut shell, "Version").await?.parse()?;
    report.step(format!("slot b, version {new}, confirmed; recording ends"));
    machine.cut().await?;
    Ok(([begin, installed, restart, end], [old, new]))
}

/// How much was written where.
fn tell(recording: &Recording, report: &mut Report) {
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
async fn slots(run: &mut Run, update: &Update, bundle: &Path) -> anyhow::Result<()> {
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
async fn firmware(tools: &Tools, update: &Update, report: &mut Report) -> anyhow::Result<()> {
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
    let ours = crate::replay::flash::variables(chip)?;
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
    ensure!(
        theirs.len() == ours.len(),
        "{} variables there, {} here",
        theirs.len(),
        ours.len()
    );
    Ok(ours.len())
}

/// The data partition: at every flush, and at so many cuts between flushes.
async fn partition(run: &mut Run, update: &Update, samples: u32) -> anyhow::Result<()> {
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
        mended += u32::from(found.with_context(|| format!("a power cut {cut:?}"))?);
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
    run.report.step("the data partition goes on from each");
    for name in ["data.raw", "left.raw", "data"] {
        removed(&update.directory.join(name))?;
    }
    Ok(())
}

/// Looks at one data partition; tells whether it had to be mended.
async fn look(run: &Run, update: &Update, path: &Path, cut: &Cut) -> anyhow::Result<bool> {
    let found = data::inspect(&run.tools, path, &update.directory.join("data")).await?;
    data::is_true(&found.record, update.recording.written(cut))?;
    let [old, new] = &update.versions;
    data::goes_on(&found.record, Slot::A, old)?;
    // Before the install is over, no flash leads to the other slot.
    if cut.after >= update.recording.stretches[0].disk.end {
        data::goes_on(&found.record, Slot::B, new)?;
    }
    Ok(found.mended)
}

/// Really starts what some power cuts leave.
async fn started(
    run: &mut Run,
    stage: &mut Stage,
    update: &Update,
    boots: u32,
) -> anyhow::Result<()> {
    let recording = &update.recording;
    let [install, activation, trial] = &recording.stretches;
    let entries = &recording.disk.entries;
    let (left, flash) = (
        update.directory.join("cut.raw"),
        update.directory.join("cut.flash"),
    );
    for number in 1..=boots {
        let range = match number % LATE {
            0 => activation.disk.start..trial.disk.end,
            _ => install.disk.clone(),
        };
        let after = run.chance.usize(range);
        let cut = Cut::chance(entries, after, &mut run.chance);
        let choice = recording.leave(&cut, &left, &flash)?;
        let expected = choice
            .starts()
            .context("the firmware starts nothing")?
            .to_string();
        let hardware = stage.hardware(run, "cut").await?;
        disk::overlay(&run.tools, &left, &hardware.disk(), disk::RECORDED).await?;
        disk::copy(&flash, &hardware.variables())?;
        let machine = stage.boot(&mut run.report, &hardware).await?;
        let mut shell = stage.shell(&machine).await?;
        updating::wait_confirmed(&mut shell, BOOT).await?;
        let slot = updating::text(&mut shell, "Slot").await?;
        let state = updating::text(&mut shell, "State").await?;
        ensure!(
            slot == expected,
            "in slot {slot} and not {expected} after {cut:?}"
        );
        machine.cut().await?;
        run.report.step(format!(
            "{number} of {boots}: cut after entry {after}, {} of {} unflushed left: slot {slot}, {state}",
            cut.left.len(),
            after - cut.durable
        ));
    }
    run.report.figure("really started", boots.to_string());
    Ok(())
}

/// Removes a large file or a folder.
fn removed(path: &Path) -> anyhow::Result<()> {
    let gone = match path.is_dir() {
        true => std::fs::remove_dir_all(path),
        false => std::fs::remove_file(path),
    };
    gone.with_context(|| format!("cannot remove {}", path.display()))
}
