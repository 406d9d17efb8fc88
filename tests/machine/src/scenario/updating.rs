// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Update1` as root on the machine calls it, through the shell of the development flavour.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::stage::COMMAND;
use crate::shell::{Shell, ShellError};

/// Longest install under emulation on a busy machine.
pub const INSTALL: Duration = Duration::from_secs(1200);
/// Pause between two questions: each is a process on the machine under test.
const ASK: Duration = Duration::from_secs(2);
/// Bus name, object and interface.
const WHERE: &str = "jp.uketsuke.Update1 /jp/uketsuke/Update1 jp.uketsuke.Update1";

/// A text property.
///
/// # Errors
/// When the daemon does not answer.
pub async fn text(shell: &mut Shell, property: &str) -> anyhow::Result<String> {
    let command = format!("busctl get-property {WHERE} {property}");
    let answer = shell.run(&command, COMMAND).await?;
    let value = answer
        .trim()
        .strip_prefix("s \"")
        .and_then(|rest| rest.strip_suffix('"'));
    let value = value.with_context(|| format!("{property} is {answer:?}, no text"))?;
    Ok(value.to_owned())
}

/// Whether the running slot is confirmed.
///
/// # Errors
/// When the daemon does not answer.
pub async fn confirmed(shell: &mut Shell) -> anyhow::Result<bool> {
    let command = format!("busctl get-property {WHERE} Confirmed");
    Ok(shell.run(&command, COMMAND).await?.trim() == "b true")
}

/// Waits until the running slot is confirmed.
///
/// # Errors
/// When it is not within the limit; with the state it is in.
pub async fn wait_confirmed(shell: &mut Shell, limit: Duration) -> anyhow::Result<()> {
    let end = Instant::now() + limit;
    loop {
        let last = match confirmed(shell).await {
            Ok(true) => return Ok(()),
            Ok(false) => format!("state {}", text(shell, "State").await?),
            // The daemon is not up yet.
            Err(error) => format!("{error:#}"),
        };
        if Instant::now() > end {
            bail!("the slot was not confirmed within {limit:?}: {last}");
        }
        tokio::time::sleep(ASK).await;
    }
}

/// Calls a method without or with one text argument.
///
/// # Errors
/// The daemon's refusal.
pub async fn call(shell: &mut Shell, method: &str, argument: Option<&str>) -> anyhow::Result<()> {
    let argument = argument.map_or(String::new(), |text| format!(" s '{text}'"));
    let command = format!("busctl call {WHERE} {method}{argument}");
    shell.run(&command, COMMAND).await?;
    Ok(())
}

/// Starts an install.
///
/// # Errors
/// The daemon's refusal.
pub async fn install(shell: &mut Shell, url: &str) -> anyhow::Result<()> {
    call(shell, "Install", Some(url)).await
}

/// Waits until the install that was started has ended well.
///
/// # Errors
/// Its error, or the state it stands still in.
pub async fn wait_installed(shell: &mut Shell) -> anyhow::Result<()> {
    let end = Instant::now() + INSTALL;
    loop {
        let state = text(shell, "State").await?;
        match state.as_str() {
            "installed" => return Ok(()),
            "checking" | "installing" if Instant::now() < end => tokio::time::sleep(ASK).await,
            _ => {
                let error = text(shell, "LastError").await?;
                bail!("the install ended in {state}, error {error:?}");
            }
        }
    }
}

/// Restarts into what was installed. The answer may be lost with the restart.
///
/// # Errors
/// The daemon's refusal.
pub async fn activate(shell: &mut Shell) -> anyhow::Result<()> {
    match call(shell, "Activate", None).await {
        Ok(()) => Ok(()),
        Err(error) => match error.downcast_ref::<ShellError>() {
            Some(ShellError::Silent { .. }) => Ok(()),
            _ => Err(error),
        },
    }
}
