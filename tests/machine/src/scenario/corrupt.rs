// SPDX-License-Identifier: MIT OR Apache-2.0
//! `corrupt [N] [BOOTS]`: one bit of a random block of the running root is turned over.
//!
//! N times (100) in a machine restored from a saved state, which then reads that block: it must
//! stop and restart rather than use it. BOOTS times (2) in a machine with both slots good, before
//! power-on: it must end in the other slot with the idle screen.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::image::Flavour;
use super::stage::{BOOT, COMMAND, Saved, Stage};
use super::{Run, limits, update, updating};
use crate::disk::{self, BLOCK, Flip};
use crate::hardware::Hardware;
use crate::shell::Shell;

/// The verified root as the machine knows it.
const DEVICE: &str = "/dev/mapper/root";
/// Longest time from the read of a bad block to the restart: `panic=10` and a busy host.
const STOP: Duration = Duration::from_secs(120);
/// Byte of the EROFS superblock that no mount can do without (its magic number).
const SUPERBLOCK: u64 = 1024;

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let count = run.count(100)?;
    let boots = match run.arguments.get(1) {
        Some(text) => text.parse().context("the number of boots")?,
        None => 2,
    };
    // Both slots are made good by an update, whose trial is not what this is about.
    run.parts.strings = limits::patience();
    let mut stage = Stage::start(run, Flavour::Development).await?;
    stage.image.bundle_size("good")?;
    let saved = stage.ready(run).await?;
    let state = saved.state.clone();

    let blocks = disk::verity_blocks(&stage.image.disk, "verity-a")?;
    let root = disk::partition(&stage.image.disk, "root-a")?;
    // The same without a wrong bit: reading is not what stops it.
    let twin = saved.hardware.twin(&run.directory.join("twin"))?;
    match read(&twin, &state, blocks / 2).await? {
        Outcome::Read(0, _) => run.report.step("a good block is read"),
        Outcome::Read(status, said) => anyhow::bail!("a good block: {status}, {said}"),
        Outcome::Restarted => anyhow::bail!("a good block stopped the machine"),
    };
    for number in 1..=count {
        let block = run.chance.u64(..blocks);
        let flip = Flip {
            byte: root.offset + block * BLOCK + run.chance.u64(..BLOCK),
            bit: run.chance.u8(..8),
        };
        let twin = saved.hardware.twin(&run.directory.join("twin"))?;
        disk::flip(&run.tools, &stage.image.disk, &twin.disk(), &[flip]).await?;
        if let Outcome::Read(status, said) = read(&twin, &state, block).await? {
            let Flip { byte, bit } = flip;
            anyhow::bail!("bit {bit} of byte {byte} is wrong and was read ({status}): {said}");
        }
        run.report
            .step(format!("{number} of {count}: block {block}, restart"));
    }
    run.report.figure("bad blocks stopped", count.to_string());
    other_slot(run, &mut stage, &saved, boots).await
}

/// What came of reading a block.
enum Outcome {
    /// The machine restarted.
    Restarted,
    /// `dd` came back, with this status and these words.
    Read(i32, String),
}

/// Restores the machine and lets it read the block.
async fn read(hardware: &Hardware, state: &Path, block: u64) -> anyhow::Result<Outcome> {
    let mut machine = hardware.restore(state).await?;
    let mark = machine.mark();
    let mut shell = Shell::open(&machine.shell_socket()).await?;
    machine.go_on().await?;
    shell.ready(COMMAND).await?;
    let read = format!("dd if={DEVICE} of=/dev/null bs={BLOCK} skip={block} count=1 iflag=direct");
    let outcome = tokio::select! {
        said = shell.status(&read, STOP) => {
            let (status, said) = said?;
            Outcome::Read(status, said)
        }
        event = machine.event(mark, &["RESET"], STOP) => {
            event?;
            Outcome::Restarted
        }
    };
    machine.cut().await?;
    Ok(outcome)
}

/// Makes both slots good, then breaks the running one before power-on.
async fn other_slot(
    run: &mut Run,
    stage: &mut Stage,
    saved: &Saved,
    boots: u32,
) -> anyhow::Result<()> {
    let mut machine = stage.wake(saved, &run.directory.join("both")).await?;
    update::streamed(stage, &machine, "good", &mut run.report).await?;
    update::switched(stage, &mut machine, &mut run.report).await?;
    let mut shell = stage.shell(&machine).await?;
    let running = updating::text(&mut shell, "Slot").await?;
    let mark = machine.mark();
    machine.press_power().await?;
    machine.event(mark, &["SHUTDOWN"], BOOT).await?;
    let both = machine.off(BOOT).await?;
    run.report.step("both slots good, off");
    let flat = run.directory.join("both.raw");
    disk::flatten(&run.tools, &both.disk(), &flat).await?;
    let root = disk::partition(&flat, &format!("root-{running}"))?;
    let blocks = disk::verity_blocks(&flat, &format!("verity-{running}"))?;
    for number in 1..=boots {
        // The first without which nothing is mounted; the others anywhere, each with more blocks,
        // so that one is sure to be read.
        let flips: Vec<Flip> = if number == 1 {
            let byte = root.offset + SUPERBLOCK;
            vec![Flip { byte, bit: 0 }]
        } else {
            let mut chosen: Vec<u64> = (0..64).map(|_| run.chance.u64(..blocks)).collect();
            chosen.sort_unstable();
            chosen.dedup();
            let byte = |block: u64| root.offset + block * BLOCK;
            chosen
                .into_iter()
                .map(|block| Flip {
                    byte: byte(block),
                    bit: 0,
                })
                .collect()
        };
        let twin = both.twin(&run.directory.join("twin"))?;
        disk::flip(&run.tools, &flat, &twin.disk(), &flips).await?;
        let mut machine = stage.power_on(&twin).await?;
        let slot = settled(stage, &mut machine, &running).await?;
        run.report.step(format!(
            "{} bad blocks in {running}: idle in {slot}",
            flips.len()
        ));
        machine.cut().await?;
    }
    std::fs::remove_file(&flat).context("cannot remove the flat disk")?;
    Ok(())
}

/// Waits for the idle screen of the slot that is not `broken`.
async fn settled(
    stage: &mut Stage,
    machine: &mut crate::machine::Machine,
    broken: &str,
) -> anyhow::Result<String> {
    let end = std::time::Instant::now() + 3 * BOOT;
    loop {
        let idle = stage.glass.idle();
        stage.expect(machine, &idle, 2 * BOOT).await?;
        let mut shell = stage.shell(machine).await?;
        // A slot that shows the idle screen may still meet its bad block; its name is empty until the installer
        // has said it.
        match updating::text(&mut shell, "Slot").await {
            Ok(slot) if !slot.is_empty() && slot != broken => return Ok(slot),
            other => anyhow::ensure!(
                std::time::Instant::now() < end,
                "still in the broken slot: {other:?}"
            ),
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
}
