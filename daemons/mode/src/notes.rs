// SPDX-License-Identifier: MIT OR Apache-2.0
//! What happened to 目視確認 and to the operation mode, told to the uplink, which tells the terminal (MODE-10). In order, one at a
//! time, and again until the uplink has it; the log has every one at once, whatever becomes of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand_core::{OsRng, RngCore};
use tokio::sync::mpsc;
use uketsuke_bus::staff::StaffEvent;
use uketsuke_bus::uplink1::{Uplink1Error, Uplink1Proxy};
use zbus::Connection;
use zbus::proxy::CacheProperties;

/// Pause before an uplink that did not take one is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// How many may wait for the uplink: a day of somebody who tries codes as fast as he is let.
const WAITING: usize = 256;

struct Noted {
    key: String,
    event: StaffEvent,
    at: u64,
    account: String,
    seconds: u32,
}

/// Where they go.
#[derive(Clone)]
pub struct Notes(mpsc::Sender<Noted>);

impl Notes {
    /// Notes that are told over this connection for as long as there is anybody to make some.
    #[must_use]
    pub fn over(connection: Connection) -> Self {
        let (notes, mut told) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            while let Some(noted) = told.recv().await {
                while !tell(&connection, &noted).await {
                    tokio::time::sleep(AGAIN).await;
                }
            }
        });
        Self(notes)
    }

    /// Makes one, of now; `seconds` is for how long it had been on.
    pub fn make(&self, event: StaffEvent, account: Option<&str>, seconds: u32) {
        tracing::info!(
            event = event.name(),
            account,
            seconds,
            "told to the terminal"
        );
        let at = SystemTime::now().duration_since(UNIX_EPOCH);
        let noted = Noted {
            key: format!("{:016x}{:016x}", OsRng.next_u64(), OsRng.next_u64()),
            event,
            at: at.map_or(0, |since| since.as_secs()),
            account: account.unwrap_or_default().to_owned(),
            seconds,
        };
        if self.0.try_send(noted).is_err() {
            tracing::error!("too many notes wait for the uplink; this one stays in the log alone");
        }
    }
}

/// Whether there is nothing left to tell.
async fn tell(connection: &Connection, noted: &Noted) -> bool {
    let told = async {
        let uplink = Uplink1Proxy::builder(connection)
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        let name = noted.event.name();
        uplink
            .note(&noted.key, name, noted.at, &noted.account, noted.seconds)
            .await
    };
    match told.await {
        Ok(()) => true,
        // It is restarting, or has no room now.
        Err(error @ (Uplink1Error::ZBus(_) | Uplink1Error::QueueFailed(_))) => {
            tracing::debug!(%error, "the uplink took no note");
            false
        }
        Err(error) => {
            tracing::error!(%error, "the uplink refused a note");
            true
        }
    }
}
