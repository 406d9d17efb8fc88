// SPDX-License-Identifier: MIT OR Apache-2.0
//! `update [BUNDLE]`: installs the bundle of that name (default `good`) by stream, starts it, and
//! waits until it is confirmed. Counts what was fetched against the bundle and against the
//! blocks that differ between the slots.

use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::json;
use uketsuke_testkit::bench;

use super::image::{Flavour, bundle};
use super::stage::{BOOT, Stage};
use super::{Run, check_in, limits, updating};
use crate::disk;
use crate::machine::Machine;
use crate::outside::Outside;
use crate::report::Report;

/// The bundle that stands for a typical release (image/variant).
const DAEMON_CHANGE: &str = "daemon-change";

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let name = run.arguments.first().map_or("good", String::as_str);
    let name = name.to_owned();
    run.parts.strings = limits::patience();
    let mut stage = Stage::start(run, Flavour::Development).await?;
    let size = stage.image.bundle_size(&name)?;
    let hardware = stage.hardware(run, "machine").await?;
    let mut machine = stage.boot(&mut run.report, &hardware).await?;
    let fetched = streamed(&stage, &machine, &name, &mut run.report).await?;
    run.report
        .figure("fetched", format!("{:.1} MiB", mib(fetched)));
    let ratio = fetched as f64 / size as f64;
    run.report.figure("fetched / bundle", format!("{ratio:.3}"));

    // The patient's screen was there all the time.
    let idle = stage.glass.idle();
    stage.expect(&mut machine, &idle, BOOT).await?;
    let seconds = switched(&mut stage, &mut machine, &mut run.report).await?;
    run.report
        .figure("activation to idle", format!("{seconds:.1} s"));
    check_in::visit(&mut stage, &mut machine, &mut run.report, 1).await?;

    let hardware = machine.cut().await?;
    let flat = run.directory.join("after.raw");
    disk::flatten(&run.tools, &hardware.disk(), &flat).await?;
    let changed = disk::changed(&flat)?;
    std::fs::remove_file(&flat).context("cannot remove the flat disk")?;
    run.report
        .figure("changed blocks", format!("{:.1} MiB", mib(changed)));
    let ratio = fetched as f64 / changed.max(1) as f64;
    run.report
        .figure("fetched / changed", format!("{ratio:.2}"));
    if name == DAEMON_CHANGE {
        let rounded = |value: f64| (value * 1000.0).round() / 1000.0;
        let of_bundle = rounded(fetched as f64 / size as f64);
        bench::row(&json!({
            "name": "ota.bytes", "ours": rounded(mib(fetched)), "peer": rounded(mib(changed)),
            "peer_name": "blocks that differ between the slots", "ratio": rounded(ratio),
            "unit": "MiB", "n": 1, "goal": "<= 1.5",
            "note": format!("fetched for a change of one daemon; / bundle {of_bundle}, goal <= 0.15"),
        }));
    }
    Ok(())
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// Installs by stream on a machine that is idle; returns the bytes fetched.
pub(super) async fn streamed(
    stage: &Stage,
    machine: &Machine,
    name: &str,
    report: &mut Report,
) -> anyhow::Result<u64> {
    let mut shell = stage.shell(machine).await?;
    updating::wait_confirmed(&mut shell, BOOT).await?;
    report.step("slot confirmed");
    stage.outside.bundles.forget();
    updating::install(&mut shell, &Outside::url(&bundle(name))).await?;
    updating::wait_installed(&mut shell).await?;
    let took = report.step(format!("installed {name}"));
    report.figure("install", format!("{:.1} s", took.as_secs_f64()));
    Ok(stage.outside.bundles.fetched().bytes)
}

/// Activates, and waits for the idle screen of the other slot, confirmed. Returns the seconds from
/// the call to the idle screen.
pub(super) async fn switched(
    stage: &mut Stage,
    machine: &mut Machine,
    report: &mut Report,
) -> anyhow::Result<f64> {
    let mut shell = stage.shell(machine).await?;
    let old = updating::text(&mut shell, "Slot").await?;
    let version = updating::text(&mut shell, "Version").await?;
    let (mark, began) = (machine.mark(), Instant::now());
    updating::activate(&mut shell).await?;
    machine
        .event(mark, &["RESET"], Duration::from_secs(300))
        .await?;
    report.step("restarting");
    let idle = stage.glass.idle();
    stage.expect(machine, &idle, BOOT).await?;
    let seconds = began.elapsed().as_secs_f64();
    report.step("idle screen of the other slot");
    drop(shell);
    let mut shell = stage.shell(machine).await?;
    updating::wait_confirmed(&mut shell, BOOT).await?;
    let slot = updating::text(&mut shell, "Slot").await?;
    anyhow::ensure!(slot != old, "still in slot {slot}");
    let now = updating::text(&mut shell, "Version").await?;
    anyhow::ensure!(now != version, "still version {now}");
    report.step(format!("slot {slot}, version {now}, confirmed"));
    Ok(seconds)
}
