// SPDX-License-Identifier: MIT OR Apache-2.0
//! The simulated `jp.uketsuke.Pinless1` (特定機関認証) of the house, and the rule that lets it have its name:
//! what a maker with a licence adds to a reader.

use serde_json::json;
use uketsuke_bus::{PINLESS, PINLESS_PATH};
use uketsuke_simulated_pinless::{Terminal, TerminalError};

use crate::bus;
use crate::card::{CardControl, CardError};
use crate::space::{Space, SpaceError};

/// Name by which a run is told to go without.
pub const NAME: &str = "pinless";

/// The house's first process is root, and the service is part of it.
const POLICY: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <policy user="root"><allow own="jp.uketsuke.Pinless1"/></policy>
</busconfig>
"#;

/// Why there is no such service.
#[derive(Debug, thiserror::Error)]
pub enum PinlessError {
    /// The virtual card does not tell its terminal.
    #[error("the virtual card's test terminal")]
    Card(#[from] CardError),
    /// What it tells is none.
    #[error("the virtual card's test terminal")]
    Terminal(#[from] TerminalError),
    /// It tells something else.
    #[error("the virtual card's test terminal has no certificate or no key")]
    Strange,
    /// The bus.
    #[error("the bus of the simulated service")]
    Bus(#[from] zbus::Error),
}

/// Before the bus starts.
///
/// # Errors
/// When the file cannot be written.
pub fn allow(space: &Space) -> Result<(), SpaceError> {
    space
        .file("bus/policy/pinless.conf", POLICY.as_bytes(), None)
        .map(drop)
}

/// The service, as long as the connection lives.
///
/// # Errors
/// [`PinlessError`].
pub async fn serve(space: &Space, card: &CardControl) -> Result<zbus::Connection, PinlessError> {
    let told = card.ask(&json!({ "do": "terminal" })).await?;
    let certificate = serde_json::from_value(told["certificate"].clone());
    let certificate = certificate.map_err(|_| PinlessError::Strange)?;
    let key = told["key"].as_str().map(str::as_bytes);
    let terminal = Terminal::new(certificate, key.ok_or(PinlessError::Strange)?)?;
    let connection = zbus::connection::Builder::address(bus::address(space).as_str())
        .serve_at(PINLESS_PATH, terminal)
        .name(PINLESS)
        .build()
        .await?;
    Ok(connection)
}
