// SPDX-License-Identifier: MIT OR Apache-2.0
//! The line to the centre: calls over it, its state, and the outbox.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use uketsuke_common::Beat;
use uketsuke_link::backoff::Backoff;
use uketsuke_link::client::{CallError, Client};
use uketsuke_link::fault::{Cause, Fault};
use uketsuke_link::now;
use uketsuke_link::wire::{CentreBatch, Heartbeat, HopUp, Pulse, Receipt};

use crate::Shared;

/// Longest wait for the centre's heart-beat.
const PULSE: Duration = Duration::from_secs(3);

/// Longest attempt to tell a broken network from a silent centre. It comes on top of the wait for
/// the answer and must leave the reader time to hear which it was.
const PROBE: Duration = Duration::from_secs(1);

/// The line to the centre and what is known of it.
pub struct CentreLine {
    client: Client,
    limit: Duration,
    hops: watch::Sender<Heartbeat>,
}

impl CentreLine {
    /// A line on which an answer may take `limit`. Both hops count as down until heard of.
    #[must_use]
    pub fn new(client: Client, limit: Duration) -> Self {
        let down = HopUp {
            up: false,
            since: now(),
        };
        Self {
            client,
            limit,
            hops: watch::Sender::new(Heartbeat {
                network: down,
                centre: down,
            }),
        }
    }

    /// What is known of the line.
    #[must_use]
    pub fn hops(&self) -> Heartbeat {
        *self.hops.borrow()
    }

    /// Asks the centre.
    ///
    /// # Errors
    /// The centre's own refusal of what the patient's card proved, or which hop is down.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Fault> {
        let answer = self
            .client
            .call(Method::POST, path, Some(body), self.limit)
            .await;
        self.judge(answer).await
    }

    /// Asks the centre for something that changes nothing.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn fetch<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fault> {
        self.get(path, self.limit).await
    }

    /// Every change of the hops from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<Heartbeat> {
        self.hops.subscribe()
    }

    async fn pulse(&self) -> Result<Pulse, Fault> {
        self.get("/v1/heartbeat", PULSE).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, limit: Duration) -> Result<T, Fault> {
        let answer = self
            .client
            .call(Method::GET, path, None::<&()>, limit)
            .await;
        self.judge(answer).await
    }

    /// Notes what an exchange says about the hops and names the one that failed.
    async fn judge<T>(&self, answer: Result<T, CallError>) -> Result<T, Fault> {
        let error = match answer {
            Ok(answer) => {
                self.note(true, true);
                return Ok(answer);
            }
            Err(error) => error,
        };
        if let CallError::Refused(fault) = &error
            && about_the_patient(fault.error)
        {
            self.note(true, true);
            return Err(fault.clone());
        }
        let reached = error.reached();
        let network = match &error {
            CallError::Connect(_) => false,
            // A kept connection that went silent says nothing about why; a new one does.
            CallError::Lost(_) | CallError::TimedOut { .. } => {
                !matches!(self.client.probe(PROBE).await, Err(CallError::Connect(_)))
            }
            _ => true,
        };
        self.note(network, false);
        let hop = if network {
            Cause::CentreDown
        } else {
            Cause::NetworkDown
        };
        let why = std::error::Error::source(&error).map(ToString::to_string);
        tracing::debug!(%error, why, ?hop, "the centre was not asked");
        Err(Fault {
            error: hop,
            reached,
        })
    }

    /// Behind a broken network the centre's own state is not known, and stays as it was.
    fn note(&self, network: bool, centre: bool) {
        let at = now();
        self.hops.send_if_modified(|hops| {
            let before = *hops;
            set(&mut hops.network, network, at);
            if network {
                set(&mut hops.centre, centre, at);
            }
            let changed = *hops != before;
            if changed {
                tracing::info!(
                    network = hops.network.up,
                    centre = hops.centre.up,
                    "the line"
                );
            }
            changed
        });
    }
}

fn set(hop: &mut HopUp, up: bool, at: u64) {
    if hop.up != up {
        *hop = HopUp { up, since: at };
    }
}

/// Refusals that belong to the card or the session and are passed on to the reader. Any other is a
/// fault between terminal and centre.
fn about_the_patient(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::UntrustedCertificate
            | Cause::CertificateExpired
            | Cause::BadSignature
            | Cause::SessionOver
            | Cause::UnknownSession
    )
}

/// Asks the centre for a sign of life every turn.
pub(crate) async fn watch(shared: Arc<Shared>, turns: Beat, alive: impl Fn()) {
    loop {
        if let Err(error) = turns.turn().await {
            tracing::error!(%error, "the heart-beat ended");
            return;
        }
        // What it says is kept in the hops.
        let _ = shared.centre.pulse().await;
        alive();
    }
}

/// Delivers the outbox in order: at once when it gets a record and when the line comes back,
/// otherwise after a pause that grows to `longest`.
pub(crate) async fn deliver(shared: Arc<Shared>, longest: Duration) {
    let mut backoff = Backoff::new(longest);
    let mut hops = shared.centre.changes();
    loop {
        match round(&shared).await {
            Ok(true) => backoff.reset(),
            Ok(false) => shared.outbox.notified().await,
            Err(()) => {
                hops.mark_unchanged();
                tokio::select! {
                    () = tokio::time::sleep(backoff.pause()) => {}
                    () = came_back(&mut hops) => backoff.reset(),
                }
            }
        }
    }
}

/// Returns when a change of the hops leaves both up.
pub(crate) async fn came_back(hops: &mut watch::Receiver<Heartbeat>) {
    while hops.changed().await.is_ok() {
        let now = *hops.borrow_and_update();
        if now.network.up && now.centre.up {
            return;
        }
    }
    // The sender lives as long as the terminal.
    std::future::pending().await
}

/// Sends one batch. `Ok(false)`: nothing is left to send.
async fn round(shared: &Shared) -> Result<bool, ()> {
    let records = match shared.store.outbox().await {
        Ok(records) if records.is_empty() => return Ok(false),
        Ok(records) => records,
        Err(error) => {
            tracing::error!(%error, "the outbox cannot be read");
            return Err(());
        }
    };
    let batch = CentreBatch { records };
    let receipt: Receipt = shared
        .centre
        .ask("/v1/records", &batch)
        .await
        .map_err(|fault| tracing::debug!(cause = ?fault.error, "not delivered"))?;
    for key in &receipt.refused {
        tracing::error!(key, "the centre refused a record; it stays in the database");
    }
    let settled = receipt.acknowledged.len() + receipt.refused.len();
    shared
        .store
        .delivered(&receipt)
        .await
        .map_err(|error| tracing::error!(%error, "the outbox cannot be written"))?;
    // An answer that settles nothing would otherwise be asked for again without a pause.
    if settled == 0 { Err(()) } else { Ok(true) }
}
