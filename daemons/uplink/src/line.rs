// SPDX-License-Identifier: MIT OR Apache-2.0
//! The line to the terminal, and what is known of all hops.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use uketsuke_bus::uplink1::{Hop, HopState};
use uketsuke_link::client::{CallError, Client};
use uketsuke_link::fault::{Cause, Fault};
use uketsuke_link::now;
use uketsuke_link::wire::{Heartbeat, HopUp};

/// Longest wait for the terminal's heart-beat.
const PULSE: Duration = Duration::from_secs(3);

/// Each hop of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hops {
    /// From the reader to the terminal.
    pub terminal: HopUp,
    /// From the terminal to the centre.
    pub network: HopUp,
    /// The centre.
    pub centre: HopUp,
}

impl Hops {
    /// In the order of the way, as on the bus.
    #[must_use]
    pub fn list(&self) -> Vec<HopState> {
        [
            (Hop::Terminal, self.terminal),
            (Hop::Network, self.network),
            (Hop::Centre, self.centre),
        ]
        .into_iter()
        .map(|(hop, HopUp { up, since })| HopState { hop, up, since })
        .collect()
    }
}

/// The line to the terminal.
pub struct Line {
    client: Client,
    limit: Duration,
    hops: watch::Sender<Hops>,
}

impl Line {
    /// A line on which an answer may take `limit`. Every hop counts as down until heard of.
    #[must_use]
    pub fn new(client: Client, limit: Duration) -> Self {
        let down = HopUp {
            up: false,
            since: now(),
        };
        Self {
            client,
            limit,
            hops: watch::Sender::new(Hops {
                terminal: down,
                network: down,
                centre: down,
            }),
        }
    }

    /// The hops, to be watched.
    #[must_use]
    pub fn hops(&self) -> watch::Receiver<Hops> {
        self.hops.subscribe()
    }

    /// Asks the terminal.
    ///
    /// # Errors
    /// [`CallError`]; the hops are brought up to date with what it says.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, CallError> {
        let answer = self
            .client
            .call(http::Method::POST, path, body, self.limit)
            .await;
        self.note(answer.as_ref().err());
        answer
    }

    /// Asks the terminal for something that it may hold back for `patience`.
    ///
    /// # Errors
    /// [`CallError`]; the hops are brought up to date with what it says.
    pub async fn wait<T: DeserializeOwned>(
        &self,
        path: &str,
        patience: Duration,
    ) -> Result<T, CallError> {
        let limit = patience.saturating_add(self.limit);
        let answer = self
            .client
            .call(http::Method::GET, path, None::<&()>, limit)
            .await;
        self.note(answer.as_ref().err());
        answer
    }

    /// Asks for a sign of life, and for the state of the hops behind the terminal.
    pub async fn pulse(&self) {
        let limit = PULSE.min(self.limit);
        let answer: Result<Heartbeat, CallError> = self
            .client
            .call(http::Method::GET, "/v1/heartbeat", None::<&()>, limit)
            .await;
        match answer {
            Ok(heartbeat) => self.change(|hops| {
                set(&mut hops.terminal, true, now());
                hops.network = heartbeat.network;
                hops.centre = heartbeat.centre;
            }),
            Err(error) => self.note(Some(&error)),
        }
    }

    fn note(&self, error: Option<&CallError>) {
        let at = now();
        self.change(|hops| match error {
            None => set(&mut hops.terminal, true, at),
            Some(CallError::Refused(Fault { error, .. })) => {
                set(&mut hops.terminal, true, at);
                match error {
                    Cause::NetworkDown => set(&mut hops.network, false, at),
                    Cause::CentreDown => set(&mut hops.centre, false, at),
                    _ => {}
                }
            }
            // An older terminal that does not know a path says nothing against the line.
            Some(CallError::Status(http::StatusCode::NOT_FOUND)) => {
                set(&mut hops.terminal, true, at);
            }
            // Behind a broken hop nothing is known; the others stay as they were.
            Some(_) => set(&mut hops.terminal, false, at),
        });
        if let Some(error) = error {
            let why = std::error::Error::source(error).map(ToString::to_string);
            tracing::debug!(%error, why, "the terminal did not do it");
        }
    }

    fn change(&self, change: impl FnOnce(&mut Hops)) {
        self.hops.send_if_modified(|hops| {
            let before = *hops;
            change(hops);
            let up = |hops: &Hops| [hops.terminal.up, hops.network.up, hops.centre.up];
            if up(&before) != up(hops) {
                let [terminal, network, centre] = up(hops);
                tracing::info!(terminal, network, centre, "the line");
            }
            before != *hops
        });
    }
}

fn set(hop: &mut HopUp, up: bool, at: u64) {
    if hop.up != up {
        *hop = HopUp { up, since: at };
    }
}
