// SPDX-License-Identifier: MIT OR Apache-2.0
//! `replay [BUNDLE] [BOOTS] [SAMPLES]`: records every write of disk and firmware flash while the
//! bundle (default `good`) is installed, activated and confirmed, and asks of every cut point what
//! a power cut there would leave. BOOTS (5) of them are really started, SAMPLES (200) within the
//! flushes are looked at with what was not flushed left to chance.

mod partition;
mod questions;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use semver::Version;

use super::image::{Flavour, bundle};
use super::stage::{BOOT, Stage};
use super::{Run, limits, updating};
use crate::disk;
use crate::machine::Machine;
use crate::outside::Outside;
use crate::replay::cut::Cut;
use crate::replay::recording::{Files, Recording};
use crate::replay::tape::{Mark, Tape};
use crate::report::Report;

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
    run.parts.strings = limits::patience();
    let mut stage = Stage::start(run, Flavour::Development).await?;
    stage.image.bundle_size(name)?;
    let update = recorded(run, &mut stage, name).await?;
    questions::tell(&update.recording, &mut run.report);
    questions::slots(run, &update, &stage.image.bundles.join(bundle(name))).await?;
    questions::firmware(&run.tools, &update, &mut run.report).await?;
    partition::asked(run, &update, samples).await?;
    started(run, &mut stage, &update, boots).await?;
    // Gigabytes that say nothing more.
    let machine = update.directory.join("machine");
    for path in [
        update.directory.join("begin.raw"),
        machine.join("disk.raw"),
        machine.join("disk.writes"),
    ] {
        removed(&path)?;
    }
    Ok(())
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
            "in slot {slot} and not {expected} after a power cut {cut}"
        );
        machine.cut().await?;
        run.report.step(format!(
            "{number} of {boots}: cut {cut}: slot {slot}, {state}"
        ));
        removed(&left)?;
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
