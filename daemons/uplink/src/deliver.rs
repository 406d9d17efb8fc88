// SPDX-License-Identifier: MIT OR Apache-2.0
//! Delivers the queue: at once when something is queued and when the terminal comes back, otherwise
//! after a pause that grows.

use std::time::Duration;

use tokio::sync::watch;
use uketsuke_link::backoff::Backoff;
use uketsuke_link::events::Events;
use uketsuke_link::wire::{Batch, Receipt};

use crate::line::{Hops, Line};
use crate::queue::{Queue, QueueError};

/// What is delivered. Each lane keeps its own order and waits for its own answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// What is owed to the centre.
    Records,
    /// What happened to 目視確認.
    Events,
}

/// Runs until dropped. No pause is longer than `longest`.
pub async fn run(queue: &Queue, line: &Line, longest: Duration, lane: Lane) {
    let mut backoff = Backoff::new(longest);
    let mut hops = line.hops();
    loop {
        match round(queue, line, lane).await {
            Ok(true) => backoff.reset(),
            Ok(false) => match lane {
                Lane::Records => queue.rung().await,
                Lane::Events => queue.rung_for_events().await,
            },
            Err(()) => {
                // The failure itself has changed the hops; only what comes after it is news.
                hops.mark_unchanged();
                tokio::select! {
                    () = tokio::time::sleep(backoff.pause()) => {}
                    () = came_back(&mut hops) => backoff.reset(),
                }
            }
        }
    }
}

/// Returns at a change of the hops that leaves the terminal up.
pub(crate) async fn came_back(hops: &mut watch::Receiver<Hops>) {
    while hops.changed().await.is_ok() {
        if hops.borrow_and_update().terminal.up {
            return;
        }
    }
    // The sender lives as long as the daemon.
    std::future::pending().await
}

/// Sends one batch. `Ok(false)`: nothing is left to send.
async fn round(queue: &Queue, line: &Line, lane: Lane) -> Result<bool, ()> {
    let unread = |error: QueueError| {
        tracing::error!(error = chain(&error), "the queue cannot be used");
    };
    let receipt: Receipt = match lane {
        Lane::Records => {
            queue.pay().await.map_err(unread)?;
            let records = queue.batch().await.map_err(unread)?;
            if records.is_empty() {
                return Ok(false);
            }
            line.ask("/v1/records", Some(&Batch { records })).await
        }
        Lane::Events => {
            let events = queue.events().await.map_err(unread)?;
            if events.is_empty() {
                return Ok(false);
            }
            line.ask("/v1/events", Some(&Events { events })).await
        }
    }
    .map_err(|error| tracing::debug!(%error, ?lane, "not delivered"))?;
    let settled = receipt.acknowledged.len() + receipt.refused.len();
    let written = match lane {
        Lane::Records => queue.settle(&receipt).await,
        Lane::Events => queue.settle_events(&receipt).await,
    };
    if let Err(error) = written {
        tracing::error!(error = chain(&error), "the queue cannot be written");
        return Err(());
    }
    // An answer that settles nothing would otherwise be asked for again without a pause.
    if settled == 0 { Err(()) } else { Ok(true) }
}

/// An error with its causes, for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
