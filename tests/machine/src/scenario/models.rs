// SPDX-License-Identifier: MIT OR Apache-2.0
//! `models`: every bundle of the booted image is signed by whom the image trusts, and gives every known
//! answer in the worker that its systemd starts, in that worker's sandbox. In production none is taken.

use anyhow::ensure;

use super::Run;
use super::brought::{PROGRAM, boot_with};
use super::stage::COMMAND;

/// What checks bundles, where cargo leaves it.
const CHECKER: &str = "target/debug/uketsuke-bundle";
const MODELS: &str = "/usr/share/uketsuke/models";
const KEY: &str = "/usr/share/uketsuke/model-keys/models.pem";

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let mut booted = boot_with(run, CHECKER).await?;
    let shell = &mut booted.shell;

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
