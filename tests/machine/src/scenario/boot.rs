// SPDX-License-Identifier: MIT OR Apache-2.0
//! `boot`: a new reader comes up to the idle screen by itself, which means that its card reader, its
//! terminal and the centre answer: without one of them the screen shows another view.

use super::image::Flavour;
use super::{Run, stage::Stage};

/// Events that must not come in a good boot.
const BAD: [&str; 3] = ["GUEST_PANICKED", "WATCHDOG", "SHUTDOWN"];

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let mut stage = Stage::start(run, Flavour::Release).await?;
    let hardware = stage.hardware(run, "machine").await?;
    run.report.step("made");
    let machine = stage.power_on(&hardware).await?;
    let start = machine.mark();
    let mut machine = machine;
    let idle = stage.glass.idle();
    stage
        .expect(&mut machine, &idle, super::stage::BOOT)
        .await?;
    let first = machine.age();
    run.report.step("first boot, idle screen");
    let events = machine.events(start);
    let bad: Vec<_> = events
        .iter()
        .filter(|event| BAD.contains(&event.name.as_str()))
        .map(|event| event.name.as_str())
        .collect();
    anyhow::ensure!(bad.is_empty(), "events of a bad boot: {}", bad.join(", "));
    run.report.figure(
        "first power-on to idle",
        format!("{:.1} s", first.as_secs_f64()),
    );

    // The first boot makes the data partition; every later one is like this.
    let hardware = machine.cut().await?;
    let machine = stage.boot(&mut run.report, &hardware).await?;
    let second = machine.age().as_secs_f64();
    run.report
        .figure("power-on to idle", format!("{second:.1} s"));
    Ok(())
}
