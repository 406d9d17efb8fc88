// SPDX-License-Identifier: MIT OR Apache-2.0
//! The hands of a visit on a reader: the door for a set, `jp.uketsuke.Update1` for a bundle.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use uketsuke_bus::update1::{LastResult, Update1Proxy, UpdateState};

use super::Hands;
use crate::door;
use crate::report::Outcome;
use crate::set::Set;

/// How often the installation is looked at.
const PACE: Duration = Duration::from_secs(1);
/// How long an installation may take. The bundle lies on this box, so only its writing counts.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// The real ones.
pub struct Installer {
    /// The door's socket.
    pub door: PathBuf,
}

impl Hands for Installer {
    fn provision(&self, grant: &[u8], set: &Set) -> io::Result<(Outcome, String)> {
        door::knock(&self.door, grant, set)
    }

    fn install(&self) -> Result<String, String> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| e.to_string())?
            .block_on(async {
                let installed = tokio::time::timeout(LONGEST, install());
                match installed.await {
                    Ok(result) => result,
                    Err(_) => Err(format!("no end within {} min", LONGEST.as_secs() / 60)),
                }
            })
    }
}

async fn install() -> Result<String, String> {
    let said = |error: zbus::Error| error.to_string();
    let bus = zbus::Connection::system().await.map_err(said)?;
    let update = Update1Proxy::builder(&bus)
        // Every look is a question: what was said last may be from before this installation.
        .cache_properties(zbus::proxy::CacheProperties::No)
        .build()
        .await
        .map_err(said)?;
    update.install_stick().await.map_err(|e| e.to_string())?;
    loop {
        tokio::time::sleep(PACE).await;
        let state = update.state().await.map_err(|e| e.to_string())?;
        if !matches!(state, UpdateState::Checking | UpdateState::Installing) {
            break;
        }
    }
    let result = update.last_result().await.map_err(|e| e.to_string())?;
    let version = update.pending_version().await.map_err(|e| e.to_string())?;
    if result == LastResult::Installed {
        return Ok(format!(
            "installed {version}; it takes effect at the next quiet time"
        ));
    }
    let error = update.last_error().await.map_err(|e| e.to_string())?;
    Err(if error.is_empty() {
        "no reason given".into()
    } else {
        error
    })
}
