// SPDX-License-Identifier: MIT OR Apache-2.0
//! The daemons after a set came into force while they ran: they read it when they start, and they are
//! restarted while no patient is at the desk.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use uketsuke_bus::card1::Card1Proxy;
use uketsuke_bus::mode1::{Mode1Proxy, ViewId};

/// Those that read the configuration or a credential.
const DAEMONS: [&str; 6] = ["terminal", "uplink", "card", "mode", "screen", "update"];
/// How often the desk is looked at.
const PACE: Duration = Duration::from_secs(1);
/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a patient is waited for. Whoever provisions stands at the desk, and a daemon killed at
/// any moment loses nothing.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Restarts them, at the next moment without a patient.
///
/// # Errors
/// When systemd does not do it.
pub fn restart() -> anyhow::Result<()> {
    if !wait(LONGEST, idle)? {
        tracing::warn!("a patient is still at the desk; the daemons are restarted all the same");
    }
    let units = DAEMONS.map(|daemon| format!("uketsuke-{daemon}.service"));
    let done = Command::new("systemctl")
        .args(["restart", "--no-block"])
        .args(units)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .context("cannot run systemctl")?;
    anyhow::ensure!(done.success(), "systemctl restart: {done}");
    Ok(())
}

/// Waits until `idle` says so, or nobody can be asked; whether it did before `longest` was over.
fn wait<F: Future<Output = zbus::Result<bool>>>(
    longest: Duration,
    idle: impl Fn() -> F,
) -> std::io::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(async { tokio::time::timeout(longest, until(idle)).await.is_ok() }))
}

async fn until<F: Future<Output = zbus::Result<bool>>>(idle: impl Fn() -> F) {
    loop {
        match tokio::time::timeout(PATIENCE, idle()).await {
            Ok(Ok(false)) => {}
            Ok(Ok(true)) => return,
            // Nobody shows anything to a patient.
            Ok(Err(error)) => return tracing::warn!(%error, "the mode manager does not answer"),
            Err(_) => return tracing::warn!("the mode manager does not answer"),
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Whether no patient can be in the middle of something: there is no card on the reader, or the screen
/// is idle, or it says that nothing is possible.
async fn idle() -> zbus::Result<bool> {
    let bus = zbus::Connection::system().await?;
    let card = async { Card1Proxy::new(&bus).await?.present().await };
    match card.await {
        Ok(path) if path.as_str() == "/" => return Ok(true),
        Ok(_) => {}
        Err(error) => tracing::debug!(%error, "the card daemon does not answer"),
    }
    let view = Mode1Proxy::new(&bus).await?.view().await?;
    Ok(matches!(view.id, ViewId::Idle | ViewId::LinkDown))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::cell::Cell;

    use super::*;

    /// How often the desk was looked at until the wait was over.
    fn looks(answers: &[zbus::Result<bool>]) -> usize {
        let looks = Cell::new(0);
        let over = wait(LONGEST, || {
            let answer = answers[looks.get()].clone();
            looks.set(looks.get() + 1);
            async { answer }
        });
        assert!(over.unwrap());
        looks.get()
    }

    #[test]
    fn no_patient_is_waited_for_without_end() {
        let over = wait(Duration::from_millis(10), || async { Ok(false) });
        assert!(!over.unwrap());
    }

    #[test]
    fn a_patient_is_waited_for_and_a_mode_manager_that_is_gone_is_not() {
        assert_eq!(looks(&[Ok(true)]), 1);
        assert_eq!(looks(&[Ok(false), Ok(true)]), 2);
        assert_eq!(looks(&[Err(zbus::Error::InvalidReply)]), 1);
    }
}
