// SPDX-License-Identifier: MIT OR Apache-2.0
//! `matrix`: on the booted machine, every user asks for every method of every bus name; what is let
//! through must be the committed table. With `BLESS=1` in the environment the table is written anew.

use std::fs;
use std::time::Duration;

use anyhow::Context;

use super::Run;
use super::brought::{PROGRAM, boot_with};
use super::stage::COMMAND;

/// The committed table, from the repository's root.
const TABLE: &str = "tests/image/matrix.txt";
/// The program that asks, where cargo leaves it.
const ASKER: &str = "target/debug/uketsuke-bus-matrix";
/// Longest run: some thousand questions, each a process's turn under emulation.
const ASKING: Duration = Duration::from_secs(900);

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    // The program asks as each user in turn.
    let mut booted = boot_with(run, ASKER).await?;
    let shell = &mut booted.shell;
    // RAUC starts when it is called, which the first user who may not call it cannot do.
    shell.run("systemctl start rauc.service", COMMAND).await?;
    // Its words for people would stand between the lines.
    let ask = format!("{PROGRAM} 2>/run/matrix.said || {{ cat /run/matrix.said; false; }}");
    let found = shell.run(&ask, ASKING).await?;
    let found = found.replace('\r', "");
    let lines = found.lines().count();
    run.report.step("every user has asked");
    run.report.figure("allowed", lines.to_string());

    let table = run.tools.repository().join(TABLE);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&table, &found)?;
        return Ok(());
    }
    let expected = fs::read_to_string(&table).with_context(|| format!("cannot read {TABLE}"))?;
    let only = |one: &str, other: &str| {
        let lines = one
            .lines()
            .filter(|line| !other.lines().any(|theirs| theirs == *line));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let (more, less) = (only(&found, &expected), only(&expected, &found));
    anyhow::ensure!(
        more.is_empty() && less.is_empty(),
        "{TABLE}: allowed, but not there: {more:?}; there, but refused: {less:?}"
    );
    Ok(())
}
