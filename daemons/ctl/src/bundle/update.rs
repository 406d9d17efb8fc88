// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the update daemon says of versions and slots.

use serde::Serialize;
use uketsuke_bus::update1::{LastResult, SlotState, Update1Proxy, UpdateState};

use crate::check::PATIENCE;

#[derive(Serialize)]
struct Update {
    version: String,
    slot: String,
    confirmed: bool,
    state: UpdateState,
    last_result: LastResult,
    last_error: String,
    other_version: String,
    other_state: SlotState,
    pending_version: String,
    tries: u32,
    floor: String,
}

/// Its properties as JSON.
///
/// # Errors
/// When the bus or the daemon does not answer.
pub fn json() -> anyhow::Result<String> {
    let update = crate::runtime()?.block_on(async {
        let asked = async {
            let bus = zbus::Connection::system().await?;
            let update = Update1Proxy::new(&bus).await?;
            anyhow::Ok(Update {
                version: update.version().await?,
                slot: update.slot().await?,
                confirmed: update.confirmed().await?,
                state: update.state().await?,
                last_result: update.last_result().await?,
                last_error: update.last_error().await?,
                other_version: update.other_version().await?,
                other_state: update.other_state().await?,
                pending_version: update.pending_version().await?,
                tries: update.tries().await?,
                floor: update.floor().await?,
            })
        };
        tokio::time::timeout(PATIENCE, asked).await?
    })?;
    Ok(serde_json::to_string_pretty(&update)?)
}
