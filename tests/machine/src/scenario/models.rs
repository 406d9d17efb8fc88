// SPDX-License-Identifier: MIT OR Apache-2.0
//! `models`: every bundle of the booted image is signed by whom the image trusts, and gives every known
//! answer in the worker that its systemd starts, in that worker's sandbox. In production none is taken.

use anyhow::ensure;

use super::brought::{PROGRAM, bring};
use super::image::Flavour;
use super::stage::{BOOT, COMMAND, Stage};
use super::{Run, updating};

/// What checks bundles, where cargo leaves it.
const CHECKER: &str = "target/debug/uketsuke-bundle";
const MODELS: &str = "/usr/share/uketsuke/models";
const KEY: &str = "/usr/share/uketsuke/model-keys/models.pem";

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let mut stage = Stage::start(run, Flavour::Development).await?;
    let hardware = stage.hardware(run, "machine").await?;
    let mut machine = stage.boot(&mut run.report, &hardware).await?;
    let mut shell = stage.shell(&machine).await?;
    updating::wait_confirmed(&mut shell, BOOT).await?;
    bring(run, &mut machine, &mut shell, CHECKER).await?;

    let names = shell.run(&format!("ls {MODELS}"), COMMAND).await?;
    let names: Vec<&str> = names.split_whitespace().collect();
    ensure!(!names.is_empty(), "no bundle below {MODELS}");
    for name in names {
        let check = format!("{PROGRAM} check {MODELS}/{name} --trust {KEY}");
        let command = format!("{check} --demonstration --socket /run/uketsuke/infer.socket");
        let said = shell.run(&command, COMMAND).await?;
        ensure!(said.contains("every known answer was given"), "{said}");
        run.report.step(format!("{name}: every known answer given"));
        let (status, said) = shell.status(&format!("{check} 2>&1"), COMMAND).await?;
        ensure!(
            status == 1 && said.contains("does not demonstrate"),
            "in production: {status}, {said}"
        );
        run.report.step(format!("{name}: refused in production"));
    }
    Ok(())
}
