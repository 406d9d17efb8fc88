// SPDX-License-Identifier: MIT OR Apache-2.0
//! `power-cuts [N]`: starts an install, cuts the power at a random instant of it, boots, and does it
//! again on the same disk; after the last cut the install must succeed.
//!
//! What a cut loses is told at [`crate::hardware::Hardware`]'s arguments.

use std::time::{Duration, Instant};

use super::image::{Flavour, bundle};
use super::stage::{BOOT, Stage};
use super::{Run, update, updating};
use crate::machine::Machine;
use crate::outside::Outside;

/// What is installed.
const GOOD: &str = "good";

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let count = run.count(20)?;
    let mut stage = Stage::start(run, Flavour::Development).await?;
    stage.image.bundle_size(GOOD)?;
    let hardware = stage.hardware(run, "machine").await?;
    let mut machine = stage.boot(&mut run.report, &hardware).await?;
    let whole = measured(&stage, &machine, run).await?;
    let mut late = 0;
    for number in 1..=count {
        let wait = whole.mul_f64(run.chance.f64());
        let state = begun(&stage, &machine, wait).await?;
        late += u32::from(state == "installed");
        let hardware = machine.cut().await?;
        let seconds = wait.as_secs_f64();
        let what = format!("cut {number} of {count} after {seconds:.1} s, {state}");
        run.report.step(what);
        machine = stage.boot(&mut run.report, &hardware).await?;
        let mut shell = stage.shell(&machine).await?;
        updating::wait_confirmed(&mut shell, BOOT).await?;
        let slot = updating::text(&mut shell, "Slot").await?;
        anyhow::ensure!(slot == "a", "in slot {slot} after a cut during an install");
    }
    run.report.figure("cuts", count.to_string());
    run.report.figure("after the last write", late.to_string());
    cancelled(&stage, &machine).await?;
    update::streamed(&stage, &machine, GOOD, &mut run.report).await?;
    Ok(())
}

/// How long one whole install takes; the update is then given up.
async fn measured(stage: &Stage, machine: &Machine, run: &mut Run) -> anyhow::Result<Duration> {
    let began = Instant::now();
    update::streamed(stage, machine, GOOD, &mut run.report).await?;
    let whole = began.elapsed();
    cancelled(stage, machine).await?;
    run.report.step("given up");
    Ok(whole)
}

/// Gives up an update that waits for its activation, if one does.
async fn cancelled(stage: &Stage, machine: &Machine) -> anyhow::Result<()> {
    let mut shell = stage.shell(machine).await?;
    if updating::text(&mut shell, "State").await? == "installed" {
        updating::call(&mut shell, "Cancel", None).await?;
    }
    Ok(())
}

/// Starts an install and waits so long; returns the state it then has.
async fn begun(stage: &Stage, machine: &Machine, wait: Duration) -> anyhow::Result<String> {
    cancelled(stage, machine).await?;
    let mut shell = stage.shell(machine).await?;
    updating::install(&mut shell, &Outside::url(&bundle(GOOD))).await?;
    tokio::time::sleep(wait).await;
    updating::text(&mut shell, "State").await
}
