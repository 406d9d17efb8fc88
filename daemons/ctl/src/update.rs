// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsukectl update` and `uketsukectl rollback`: what a field engineer wants of the update daemon.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;
use uketsuke_bus::update1::{LastResult, SlotState, Update1Error, Update1Proxy, UpdateState};
use zbus::proxy::CacheProperties;

/// How often a running installation is looked at.
const PACE: Duration = Duration::from_millis(500);
/// Looks a daemon may leave unanswered before it counts as gone: it is back from a restart by then.
const SILENT: u32 = 20;

/// `uketsukectl update …`.
#[derive(Args)]
pub struct Arguments {
    /// One JSON object instead of lines; of the status alone.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    order: Option<Order>,
}

#[derive(Clone, Subcommand)]
enum Order {
    /// Install the bundle at this address of a configured server, and wait for the end.
    Install {
        /// http:// or https:// address below one of `[update] servers`.
        url: String,
    },
    /// Install the bundle that the stick service has copied, and wait for the end.
    InstallStick,
    /// Restart into the installed version now.
    Activate,
    /// Give up a check, or the installed version that waits.
    Cancel,
}

/// What the daemon says of itself.
#[derive(Serialize)]
struct Status {
    state: UpdateState,
    version: String,
    slot: String,
    confirmed: bool,
    other_version: String,
    other_state: SlotState,
    pending_version: String,
    tries: u32,
    floor: String,
    percent: u32,
    phase: String,
    last_result: LastResult,
    last_error: String,
}

/// Why nothing can be shown.
enum Failure {
    /// The daemon refused, or the job failed.
    Refused(String),
    /// The bus or the daemon cannot be reached.
    Unreachable(String),
}

/// Runs `uketsukectl update`.
pub fn command(arguments: &Arguments) -> ExitCode {
    let (json, order) = (arguments.json, arguments.order.clone());
    exit(async move |update| match order {
        None => status(update, json).await,
        Some(Order::Install { url }) => {
            update.install(&url).await.map_err(refused)?;
            wait(update).await
        }
        Some(Order::InstallStick) => {
            update.install_stick().await.map_err(refused)?;
            wait(update).await
        }
        Some(Order::Activate) => update
            .activate()
            .await
            .map_err(refused)
            .map(|()| restarts()),
        Some(Order::Cancel) => update
            .cancel()
            .await
            .map_err(refused)
            .map(|()| "cancelled".into()),
    })
}

/// Runs `uketsukectl rollback`.
pub fn rollback() -> ExitCode {
    exit(async |update| {
        update
            .rollback()
            .await
            .map_err(refused)
            .map(|()| restarts())
    })
}

fn restarts() -> String {
    "the reader restarts; look again in some minutes".into()
}

fn exit(order: impl AsyncFnOnce(&Update1Proxy<'static>) -> Result<String, Failure>) -> ExitCode {
    let outcome = match crate::runtime() {
        Ok(runtime) => runtime.block_on(async {
            let update = connect().await?;
            order(&update).await
        }),
        Err(error) => Err(Failure::Unreachable(error.to_string())),
    };
    match outcome {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(Failure::Refused(text)) => {
            eprintln!("uketsukectl: {text}");
            ExitCode::FAILURE
        }
        Err(Failure::Unreachable(text)) => {
            eprintln!("uketsukectl: {text}");
            ExitCode::from(2)
        }
    }
}

async fn connect() -> Result<Update1Proxy<'static>, Failure> {
    let unreachable = |error: zbus::Error| Failure::Unreachable(error.to_string());
    let bus = zbus::Connection::system().await.map_err(unreachable)?;
    let proxy = Update1Proxy::builder(&bus).cache_properties(CacheProperties::No);
    proxy.build().await.map_err(unreachable)
}

/// `Name: text` for an error the daemon has a name for.
fn refused(error: Update1Error) -> Failure {
    let name = zbus::DBusError::name(&error).to_string();
    let Some(name) = name.strip_prefix("jp.uketsuke.Update1.Error.") else {
        return Failure::Unreachable(error.to_string());
    };
    if let Update1Error::ZBus(error) = error {
        return Failure::Unreachable(error.to_string());
    }
    let text = zbus::DBusError::description(&error).unwrap_or_default();
    Failure::Refused(format!("{name}: {text}"))
}

async fn ask(update: &Update1Proxy<'_>) -> zbus::fdo::Result<Status> {
    Ok(Status {
        state: update.state().await?,
        version: update.version().await?,
        slot: update.slot().await?,
        confirmed: update.confirmed().await?,
        other_version: update.other_version().await?,
        other_state: update.other_state().await?,
        pending_version: update.pending_version().await?,
        tries: update.tries().await?,
        floor: update.floor().await?,
        percent: update.percent().await?,
        phase: update.phase().await?,
        last_result: update.last_result().await?,
        last_error: update.last_error().await?,
    })
}

async fn status(update: &Update1Proxy<'_>, json: bool) -> Result<String, Failure> {
    let unreachable = |text: String| Failure::Unreachable(format!("the update daemon: {text}"));
    let status = ask(update).await.map_err(|e| unreachable(e.to_string()))?;
    if json {
        return serde_json::to_string_pretty(&status).map_err(|e| unreachable(e.to_string()));
    }
    Ok(status.lines())
}

/// Waits for the end of an installation, saying how far it is.
async fn wait(update: &Update1Proxy<'_>) -> Result<String, Failure> {
    let mut said = String::new();
    let mut silent = 0;
    loop {
        match ask(update).await {
            Ok(status) => {
                silent = 0;
                if !matches!(
                    status.state,
                    UpdateState::Checking | UpdateState::Installing
                ) {
                    return status.end();
                }
                let line = format!(
                    "{} {} % {}",
                    wire(&status.state),
                    status.percent,
                    status.phase
                );
                if line != said {
                    println!("{}", line.trim_end());
                    said = line;
                }
            }
            Err(error) if silent == SILENT => {
                let text = format!("the update daemon: {error}");
                return Err(Failure::Unreachable(text));
            }
            Err(_) => silent += 1,
        }
        tokio::time::sleep(PACE).await;
    }
}

/// The name on the bus.
fn wire(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

impl Status {
    /// How an installation ended.
    fn end(&self) -> Result<String, Failure> {
        match self.last_result {
            LastResult::Installed => Ok(format!(
                "installed {}; it takes over at the next quiet time, or by: uketsukectl update activate",
                self.pending_version
            )),
            LastResult::Cancelled => Err(Failure::Refused("cancelled".into())),
            _ if self.last_error.is_empty() => {
                let state = wire(&self.state);
                Err(Failure::Refused(format!(
                    "it ended without a word; {state}"
                )))
            }
            _ => Err(Failure::Refused(format!(
                "{}: {}",
                self.last_error,
                meaning(&self.last_error)
            ))),
        }
    }

    fn lines(&self) -> String {
        let known = |text: &str| {
            if text.is_empty() {
                "?".into()
            } else {
                text.to_owned()
            }
        };
        let trial = if self.confirmed {
            "confirmed"
        } else {
            "NOT confirmed"
        };
        let mut lines = format!(
            "runs     {}  slot {}  {trial}\nother    {}  {}\nstate    {}",
            self.version,
            known(&self.slot),
            known(&self.other_version),
            wire(&self.other_state),
            wire(&self.state),
        );
        // Writing to a string cannot fail.
        match self.state {
            UpdateState::Installing => {
                let _ = write!(
                    lines,
                    "  {}  {} %  {}",
                    self.pending_version, self.percent, self.phase
                );
            }
            _ if !self.pending_version.is_empty() => {
                let _ = write!(
                    lines,
                    "  {}  {} of 3 tries",
                    self.pending_version, self.tries
                );
            }
            _ => {}
        }
        let _ = write!(lines, "\nlast     {}", wire(&self.last_result));
        if !self.last_error.is_empty() {
            let _ = write!(
                lines,
                "  {}: {}",
                self.last_error,
                meaning(&self.last_error)
            );
        }
        let _ = write!(lines, "\nfloor    {}", known(&self.floor));
        lines
    }
}

/// What an error means to the person who reads it; the journal holds the case.
fn meaning(error: &str) -> &'static str {
    match error {
        "Unreachable" => "the server does not answer, or not as a server of bundles must",
        "NoBundle" => "nothing is there",
        "BadBundle" => "no whole bundle; fetch or copy it again",
        "WrongFormat" => "not the kind of bundle that is taken",
        "WrongSignature" => "signed by a key this reader does not trust",
        "CertificateExpired" => "the signer's certificate has expired; it must be signed anew",
        "CertificateNotYetValid" => "the reader's clock is behind",
        "WrongCompatible" => "for another kind of reader",
        "BadVersion" => "its version is not of the form 1.2.3",
        "SameVersion" => "that version runs already",
        "Downgrade" => "older than what runs, or than the floor",
        "Replaced" => "another bundle than the one that was looked at",
        "StorageFailed" => "a slot or the state cannot be written",
        "Interrupted" => "power or a program was cut off in the middle; try again",
        "InstallerDown" => "the installer does not run or does not answer",
        "Unhealthy" => "the new version ran and was found unfit",
        "NeverConfirmed" => "the new version was started three times and never confirmed",
        "Busy" => "the installer is at work",
        _ => "see the journal",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn status(state: UpdateState, last_result: LastResult, last_error: &str) -> Status {
        Status {
            state,
            version: "1.0.0".into(),
            slot: "a".into(),
            confirmed: true,
            other_version: "1.1.0".into(),
            other_state: SlotState::Bad,
            pending_version: String::new(),
            tries: 0,
            floor: "1.0.0".into(),
            percent: 0,
            phase: String::new(),
            last_result,
            last_error: last_error.into(),
        }
    }

    #[test]
    fn a_rolled_back_update_says_what_runs_and_why() {
        let status = status(UpdateState::RolledBack, LastResult::RolledBack, "Unhealthy");
        assert_eq!(
            status.lines(),
            "runs     1.0.0  slot a  confirmed\n\
             other    1.1.0  bad\n\
             state    rolled-back\n\
             last     rolled-back  Unhealthy: the new version ran and was found unfit\n\
             floor    1.0.0"
        );
    }

    #[test]
    fn a_reader_that_does_not_know_its_slot_yet_has_its_lines_all_the_same() {
        let mut status = status(UpdateState::Unconfirmed, LastResult::None, "");
        status.slot.clear();
        status.floor.clear();
        status.confirmed = false;
        status.pending_version = "1.1.0".into();
        status.tries = 2;
        let lines = status.lines();
        assert!(lines.contains("slot ?  NOT confirmed"), "{lines}");
        assert!(
            lines.contains("state    unconfirmed  1.1.0  2 of 3 tries"),
            "{lines}"
        );
        assert!(lines.ends_with("floor    ?"), "{lines}");
    }

    #[test]
    fn the_end_of_an_installation_is_its_result() {
        let mut good = status(UpdateState::Installed, LastResult::Installed, "");
        good.pending_version = "1.1.0".into();
        assert!(
            good.end()
                .is_ok_and(|text| text.starts_with("installed 1.1.0"))
        );
        let bad = status(UpdateState::Idle, LastResult::Failed, "WrongSignature");
        let Err(Failure::Refused(text)) = bad.end() else {
            panic!("a failure is no success");
        };
        assert!(text.starts_with("WrongSignature: signed by"), "{text}");
    }

    #[test]
    fn a_refusal_keeps_the_name_of_its_cause() {
        let Failure::Refused(text) = refused(Update1Error::Busy("a patient is there".into()))
        else {
            panic!("a refusal is no broken bus");
        };
        assert_eq!(text, "Busy: a patient is there");
        let broken = Update1Error::ZBus(zbus::Error::InvalidReply);
        assert!(matches!(refused(broken), Failure::Unreachable(_)));
    }
}
