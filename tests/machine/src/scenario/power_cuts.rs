// SPDX-License-Identifier: MIT OR Apache-2.0
//! `power-cuts [N[,BOOTS]]`: N times (20) a saved machine starts an install, and its power is cut at
//! a random instant of it. BOOTS (all) of them are then switched on again and must come up by
//! themselves; of the others it is looked at from outside what their next start finds. After the
//! last cut the install must succeed.
//!
//! What a cut loses is told at [`crate::hardware::Hardware`]'s arguments.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use semver::Version;
use uketsuke_boot::slot::{Role, Slot};
use uketsuke_update::domain;

use super::image::{Flavour, bundle};
use super::stage::{BOOT, Saved, Stage};
use super::{Run, limits, update, updating};
use crate::disk;
use crate::hardware::Hardware;
use crate::machine::Machine;
use crate::outside::Outside;
use crate::replay::choice::Choice;
use crate::replay::copy::Copy;
use crate::replay::data::{self, Mending};
use crate::replay::layout::Layout;

/// What is installed.
const GOOD: &str = "good";
/// Partitions of the running slot.
const RUNNING: [&str; 3] = ["efi-a", "root-a", "verity-a"];

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let count = run.count(20)?;
    let boots: u32 = match run.arguments.get(1) {
        None => count,
        Some(text) => text.parse().context("the number of boots")?,
    };
    ensure!(
        (1..=count).contains(&boots),
        "of {count} cuts at least one is started and at most all, not {boots}"
    );
    ensure!(
        boots == count || !run.parts.tpm,
        "with a TPM the data partition is sealed; start all of the cuts"
    );
    // Once for every machine that is started: here the boot check's two minutes are only waiting.
    run.parts.strings = limits::haste();
    let mut stage = Stage::start(run, Flavour::Development).await?;
    stage.image.bundle_size(GOOD)?;
    let saved = stage.ready(run).await?;
    let (whole, version) = measured(run, &stage, &saved).await?;
    let (mut late, mut mended) = (0, BTreeMap::new());
    for number in 1..=count {
        let machine = stage.wake(&saved, &run.directory.join("twin")).await?;
        let wait = whole.mul_f64(run.chance.f64());
        let state = begun(&stage, &machine, wait).await?;
        late += u32::from(state == "installed");
        let hardware = machine.cut().await?;
        let started = number * boots / count > (number - 1) * boots / count;
        let after = if started {
            restarted(run, &mut stage, &hardware, number == count).await?;
            "comes up".to_owned()
        } else {
            let mending = left(run, &stage, &hardware, &version).await?;
            *mended.entry(mending).or_insert(0) += 1;
            format!("leaves all that a start needs ({mending:?})")
        };
        let seconds = wait.as_secs_f64();
        run.report.step(format!(
            "cut {number} of {count} after {seconds:.1} s, {state}: {after}"
        ));
    }
    run.report.figure("cuts", count.to_string());
    run.report.figure("really started", boots.to_string());
    run.report.figure("after the last write", late.to_string());
    run.report
        .figure("file systems mended", format!("{mended:?}"));
    Ok(())
}

/// How long one whole install takes, and which version orders it.
async fn measured(
    run: &mut Run,
    stage: &Stage,
    saved: &Saved,
) -> anyhow::Result<(Duration, Version)> {
    let machine = stage.wake(saved, &run.directory.join("twin")).await?;
    let began = Instant::now();
    update::streamed(stage, &machine, GOOD, &mut run.report).await?;
    let whole = began.elapsed();
    let mut shell = stage.shell(&machine).await?;
    let version = updating::text(&mut shell, "Version").await?.parse()?;
    machine.cut().await?;
    Ok((whole, version))
}

/// Starts an install and waits so long; returns the state it then has.
async fn begun(stage: &Stage, machine: &Machine, wait: Duration) -> anyhow::Result<String> {
    let mut shell = stage.shell(machine).await?;
    updating::install(&mut shell, &Outside::url(&bundle(GOOD))).await?;
    tokio::time::sleep(wait).await;
    updating::text(&mut shell, "State").await
}

/// Switches it on: the slot that ran comes up and is good, and the last one takes the update.
async fn restarted(
    run: &mut Run,
    stage: &mut Stage,
    hardware: &Hardware,
    last: bool,
) -> anyhow::Result<()> {
    let machine = stage.boot(&mut run.report, hardware).await?;
    let mut shell = stage.shell(&machine).await?;
    updating::wait_confirmed(&mut shell, BOOT).await?;
    let slot = updating::text(&mut shell, "Slot").await?;
    ensure!(slot == "a", "in slot {slot} after a cut during an install");
    if last {
        if updating::text(&mut shell, "State").await? == "installed" {
            updating::call(&mut shell, "Cancel", None).await?;
        }
        drop(shell);
        update::streamed(stage, &machine, GOOD, &mut run.report).await?;
    }
    machine.cut().await?;
    Ok(())
}

/// Looks at what a cut has left, past the machine: the running slot is as it was and the one that the
/// firmware starts, the data partition can be mended, and the update daemon goes on from its record.
async fn left(
    run: &Run,
    stage: &Stage,
    hardware: &Hardware,
    version: &Version,
) -> anyhow::Result<Mending> {
    let place = |name: &str| -> PathBuf { run.directory.join(name) };
    let flat = place("left.raw");
    disk::flatten(&run.tools, &hardware.disk(), &flat).await?;
    for label in RUNNING {
        let same = disk::same(&stage.image.disk, &flat, label)?;
        ensure!(same, "{label} is not as it was");
    }
    let layout = Layout::of(&flat)?;
    let variables = hardware.variables();
    let flash = std::fs::read(&variables)
        .with_context(|| format!("cannot read {}", variables.display()))?;
    let choice = Choice::of(&flash, &layout)?;
    ensure!(
        choice.starts() == Some(Slot::A) && choice.leads_to_whole(false),
        "the firmware would start {choice:?}"
    );
    let data = layout.extent(Role::Data).context("no data partition")?;
    let partition = Copy::of(&flat, data, &place("data.raw"))?;
    let found = data::inspect(&run.tools, partition.path(), &place("data")).await?;
    data::goes_on(&found.record, domain::Slot::A, version)?;
    Ok(found.mending)
}
