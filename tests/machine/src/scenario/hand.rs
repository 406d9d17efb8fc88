// SPDX-License-Identifier: MIT OR Apache-2.0
//! `hand [release|development]`: a machine for a person, who types what is to be done; ends with the
//! input. For finding out, not for showing: nothing is checked.
//!
//! ```text
//! place normal-adult | lift | look | touch X Y | unplug | plug | reset | power | events
//! sh COMMAND…        the root shell of the development flavour
//! ```

use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader};

use super::Run;
use super::image::Flavour;
use super::stage::{COMMAND, Stage};
use crate::machine::Machine;
use crate::screen::PIXELS;
use crate::shell::Shell;

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let flavour = match run.arguments.first().map(String::as_str) {
        None | Some("development") => Flavour::Development,
        Some("release") => Flavour::Release,
        Some(other) => bail!("there is no flavour {other:?}"),
    };
    let mut stage = Stage::start(run, flavour).await?;
    let hardware = stage.hardware(run, "machine").await?;
    let mut machine = stage.power_on(&hardware).await?;
    run.report.step("power on");
    let mut shell = None;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.context("no input")? {
        match done(&mut stage, &mut machine, &mut shell, &line).await {
            Ok(said) => println!("{}", said.trim_end()),
            // A wrong word is no end.
            Err(error) => println!("{error:#}"),
        }
        run.report.step(line);
    }
    Ok(())
}

/// Does what a line says; returns what there is to tell.
async fn done(
    stage: &mut Stage,
    machine: &mut Machine,
    shell: &mut Option<Shell>,
    line: &str,
) -> anyhow::Result<String> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "place" => stage.outside.reader.tray().place(rest, 0)?,
        "lift" => stage.outside.reader.tray().lift(0)?,
        "look" => {
            let (nearest, off) = stage.glass.nearest(&machine.look().await?);
            return Ok(format!("nearest {nearest}, {off} pixels differ"));
        }
        "touch" => {
            let (x, y) = rest.split_once(' ').context("touch X Y")?;
            machine.touch((x.parse()?, y.parse()?), PIXELS).await?;
        }
        "unplug" => machine.unplug_reader(COMMAND).await?,
        "plug" => {
            machine.plug_reader().await?;
            let socket = machine.card_socket();
            stage.outside.reader.attach(&socket).await?;
        }
        "reset" => machine.reset().await?,
        "power" => machine.press_power().await?,
        "events" => {
            let events = machine.events(crate::qmp::Mark::START);
            let line = |e: &crate::qmp::Event| format!("{} {}\n", e.name, e.data);
            return Ok(events.iter().map(line).collect());
        }
        "wait" => tokio::time::sleep(Duration::from_secs(rest.parse()?)).await,
        "sh" => {
            if shell.is_none() {
                *shell = Some(stage.shell(machine).await?);
            }
            let shell = shell.as_mut().context("no shell")?;
            let (status, said) = shell.status(rest, COMMAND).await?;
            return Ok(format!("{said}({status})"));
        }
        other => bail!("{other:?} is no word; see the scenario's documentation"),
    }
    Ok(String::new())
}
