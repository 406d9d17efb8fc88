// SPDX-License-Identifier: MIT OR Apache-2.0
//! `provision`: a box without a set says so and serves nobody; a bad set is refused with file, line
//! and key and changes nothing; a good one makes it the clinic's reader in one boot; a spare box
//! takes over with the same set.

use std::path::{Path, PathBuf};

use uketsuke_bus::mode1::{Hop, ViewId};

use super::image::Flavour;
use super::stage::{BOOT, COMMAND, Stage};
use super::{Run, check_in};
use crate::hardware::{Hardware, Parts};
use crate::machine::Machine;
use crate::outside::FACILITY;
use crate::volume;

/// What is wrong with the bad set, and where.
const MISTAKE: &str = "[facility]\nname = \"よその医院\"\n\n[screen]\nrotate = 45\n";
const TOLD: &str = "reader.toml:5: screen.rotate:";

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let mut stage = Stage::start(run, Flavour::Development).await?;
    let new = stage.hardware(run, "machine").await?;
    let blank = without_set(run, &mut stage, new).await?;
    let refused = with_bad_set(run, &mut stage, blank).await?;

    let set = stage.outside.set.clone();
    let named = with(run, refused, "good", &set).await?;
    let mut machine = stage.boot(&mut run.report, &named).await?;
    run.report.step(format!("one boot later it is {FACILITY}"));
    passcodes(run, &stage, &machine).await?;
    check_in::visit(&mut stage, &mut machine, &mut run.report, 1).await?;
    machine.cut().await?;

    let spare = stage.hardware(run, "spare").await?;
    let spare = with(run, spare, "spare", &set).await?;
    let mut machine = stage.boot(&mut run.report, &spare).await?;
    run.report.step("a spare box has taken over");
    check_in::visit(&mut stage, &mut machine, &mut run.report, 2).await
}

/// The same box with this set on its second disk; the set is used up by the reader.
async fn with(run: &Run, hardware: Hardware, name: &str, set: &Path) -> anyhow::Result<Hardware> {
    let disk: PathBuf = run.directory.join(format!("{name}.raw"));
    volume::provision(&run.tools, set, &disk).await?;
    Ok(Hardware {
        parts: Parts {
            second_disk: Some(disk),
            ..hardware.parts.clone()
        },
        ..hardware
    })
}

async fn without_set(
    run: &mut Run,
    stage: &mut Stage,
    hardware: Hardware,
) -> anyhow::Result<Hardware> {
    let hardware = Hardware {
        parts: Parts {
            second_disk: None,
            ..hardware.parts.clone()
        },
        ..hardware
    };
    unserved(run, stage, &hardware, "nothing was provisioned yet").await
}

async fn with_bad_set(
    run: &mut Run,
    stage: &mut Stage,
    hardware: Hardware,
) -> anyhow::Result<Hardware> {
    let folder = run.directory.join("bad-set");
    stage.outside.set_with(&folder, MISTAKE)?;
    let hardware = with(run, hardware, "bad", &folder).await?;
    unserved(run, stage, &hardware, TOLD).await
}

/// How staff passcodes are kept here: through socket, sandbox and device of the counter where there is a TPM.
async fn passcodes(run: &mut Run, stage: &Stage, machine: &Machine) -> anyhow::Result<()> {
    let kept = if run.parts.tpm {
        "bound to a counter in the TPM"
    } else {
        "no TPM to bind them to"
    };
    let mut shell = stage.shell(machine).await?;
    let command = "uketsukectl self-test --only passcodes";
    let said = shell.run(command, COMMAND).await?;
    anyhow::ensure!(said.contains(kept), "no {kept:?} in: {said}");
    run.report.step(format!("passcodes: {kept}"));
    Ok(())
}

/// Boots to the view that says the reader serves nobody, under the image's own name; the report of
/// provisioning must then say `told`, and nothing be in force.
async fn unserved(
    run: &mut Run,
    stage: &mut Stage,
    hardware: &Hardware,
    told: &str,
) -> anyhow::Result<Hardware> {
    let mut machine = stage.power_on(hardware).await?;
    let own = uketsuke_common::config::Reader::default().facility.name;
    let glass = crate::screen::Glass::new(&own);
    let view = glass.view(ViewId::LinkDown, &[], |view| view.hop = Some(Hop::Terminal));
    stage.expect(&mut machine, &view, BOOT).await?;
    let mut shell = stage.shell(&machine).await?;
    let said = shell.run("uketsukectl provision", COMMAND).await?;
    anyhow::ensure!(said.contains(told), "no {told:?} in: {said}");
    let in_force = "test -e /data/provision/current";
    let (status, _) = shell.status(in_force, COMMAND).await?;
    anyhow::ensure!(status == 1, "a set is in force");
    run.report.step(format!("F-14, told: {told}"));
    drop(shell);
    Ok(machine.cut().await?)
}
