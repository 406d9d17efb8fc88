// SPDX-License-Identifier: MIT OR Apache-2.0
//! `broken-update CAUSE…`: installs a bundle that cannot work and waits until the reader is back in
//! its old slot, by itself and usable. Nobody touches the machine on the way. Every cause begins with
//! the same saved machine.

use std::time::{Duration, Instant};

use anyhow::bail;

use super::image::Flavour;
use super::stage::{BOOT, Stage};
use super::{Run, check_in, update, updating};
use crate::machine::Machine;
use crate::shell::Shell;

/// Causes that end before the boot check of the new version can speak: to the old one the same as a
/// power cut during the start, so it will be tried again (docs/updates.md). Every other is given up.
const SILENT: [&str; 5] = ["kernel", "initrd", "mount", "check", "hang"];
/// Longest way back: a hang ends by the watchdog, a failing check by its own patience, and the
/// broken slot may be tried more than once; each try is a boot.
const BACK: Duration = Duration::from_secs(2400);
/// Longest wait for an answer of a shell that may be in the middle of a restart.
const TRY: Duration = Duration::from_secs(20);

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let causes = run.arguments.clone();
    anyhow::ensure!(
        !causes.is_empty(),
        "broken-update needs a cause, as `kernel`"
    );
    let mut stage = Stage::start(run, Flavour::Development).await?;
    for cause in &causes {
        stage.image.bundle_size(cause)?;
    }
    let saved = stage.ready(run).await?;
    let (mut checked_in, mut stayed) = (0, Vec::new());
    for cause in &causes {
        let machine = stage.wake(&saved, &run.directory.join("twin")).await?;
        match one(run, &mut stage, machine, cause, checked_in + 1).await {
            Ok(()) => checked_in += 1,
            Err(error) => {
                let error = format!("{cause}: {error:#}");
                run.report.step(format!("FAILED: {error}"));
                stayed.push(error);
            }
        }
    }
    anyhow::ensure!(stayed.is_empty(), "{}", stayed.join("; "));
    Ok(())
}

/// Installs what has `cause` and waits until the reader is back; `count` patients have then been
/// checked in over all causes.
async fn one(
    run: &mut Run,
    stage: &mut Stage,
    mut machine: Machine,
    cause: &str,
    count: usize,
) -> anyhow::Result<()> {
    update::streamed(stage, &machine, cause, &mut run.report).await?;
    let mut shell = stage.shell(&machine).await?;
    let old = updating::text(&mut shell, "Slot").await?;
    let version = updating::text(&mut shell, "Version").await?;
    let (mark, began) = (machine.mark(), Instant::now());
    updating::activate(&mut shell).await?;
    let limit = Duration::from_secs(300);
    machine.event(mark, &["RESET"], limit).await?;
    run.report
        .step(format!("restarting into what has: {cause}"));
    let state = returned(&machine, &mut shell, &old, &version).await?;
    let expected = match SILENT.contains(&cause) {
        true => "installed",
        false => "rolled-back",
    };
    anyhow::ensure!(
        state == expected,
        "the update is {state}, and not {expected}"
    );
    let idle = stage.glass.idle();
    stage.expect(&mut machine, &idle, BOOT).await?;
    let seconds = began.elapsed().as_secs_f64();
    run.report.step(format!("slot {old}, idle screen"));
    let events = machine.events(mark);
    let counted = ["RESET", "GUEST_PANICKED", "WATCHDOG"].map(|name| {
        let number = events.iter().filter(|event| event.name == name).count();
        format!("{number} {name}")
    });
    let error = updating::text(&mut shell, "LastError").await?;
    drop(shell);
    check_in::visit(stage, &mut machine, &mut run.report, count).await?;
    let told = format!(
        "usable again in {seconds:.1} s; {}; then {state} {error:?}",
        counted.join(", ")
    );
    run.report.figure(cause, told);
    machine.cut().await?;
    Ok(())
}

/// Waits until the old version runs in the old slot, and returns what it calls the update: given up,
/// or, where the broken one never said a word, still to be tried again. The broken one may come as
/// far as the idle screen, so the screen alone shows nothing.
async fn returned(
    machine: &Machine,
    shell: &mut Shell,
    slot: &str,
    version: &str,
) -> anyhow::Result<String> {
    let end = Instant::now() + BACK;
    loop {
        let last = match told(shell).await {
            Ok([s, v, state]) if s == slot && v == version => return Ok(state),
            Ok(told) => told.join(" "),
            // Restarting, or its daemons are not up.
            Err(error) => format!("{error:#}"),
        };
        if Instant::now() > end {
            let age = machine.age().as_secs();
            bail!("not back in slot {slot} within {BACK:?} ({age} s after power-on): {last}");
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

async fn told(shell: &mut Shell) -> anyhow::Result<[String; 3]> {
    shell.ready(TRY).await?;
    Ok([
        updating::text(shell, "Slot").await?,
        updating::text(shell, "Version").await?,
        updating::text(shell, "State").await?,
    ])
}
