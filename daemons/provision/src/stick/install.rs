// SPDX-License-Identifier: MIT OR Apache-2.0
//! The hands of a visit on a reader: the door for a set, `jp.uketsuke.Update1` for a bundle.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use uketsuke_bus::update1::{LastResult, Update1Proxy, UpdateState};

use super::{Hands, MAX_LOGS};
use crate::door;
use crate::report::Outcome;
use crate::set::Set;

/// How often the installation is looked at.
const PACE: Duration = Duration::from_secs(1);
/// How long an installation may take. The bundle lies on this box, so only its writing counts.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// How long gathering a log bundle may take without a word.
const GATHERING: Duration = Duration::from_secs(120);

/// The real ones.
pub struct Installer {
    /// Where a log bundle comes from for the asking.
    pub logs: PathBuf,
    /// The door's socket.
    pub door: PathBuf,
}

impl Hands for Installer {
    fn provision(&self, grant: &[u8], set: &Set) -> io::Result<(Outcome, String)> {
        door::knock(&self.door, grant, set)
    }

    fn logs(&self) -> io::Result<Vec<u8>> {
        let stream = UnixStream::connect(&self.logs)?;
        stream.set_read_timeout(Some(GATHERING))?;
        let mut logs = Vec::new();
        stream.take(MAX_LOGS + 1).read_to_end(&mut logs)?;
        if logs.len() as u64 > MAX_LOGS {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        // RFC 1952, section 2.3.1: what begins otherwise is no bundle but a failure.
        if !logs.starts_with(&[0x1f, 0x8b]) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(logs)
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
