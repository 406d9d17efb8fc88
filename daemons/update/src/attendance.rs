// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether somebody is at the reader: the mode manager's view, followed.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use uketsuke_bus::MODE;
use uketsuke_bus::mode1::{Mode1Proxy, ViewId};
use uketsuke_common::owner;
use zbus::Connection;
use zbus::names::WellKnownName;

/// Pause before a mode manager that is there but does not answer is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// What the mode manager shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The idle screen.
    Idle,
    /// Anything else, or something this daemon does not understand.
    Patient,
    /// There is no mode manager.
    Away,
}

/// Follows the mode manager until the bus fails, telling every change.
///
/// # Errors
/// When the bus fails.
pub async fn follow(connection: Connection, tell: impl Fn(Seen)) -> zbus::Result<()> {
    let (changes, mut owned) = mpsc::unbounded_channel();
    let name = WellKnownName::from_static_str(MODE)?;
    let watch = owner::watch(&connection, &name, |present| {
        // The other end lives as long as this future.
        let _ = changes.send(present);
    });
    let listen = async {
        while let Some(mut present) = owned.recv().await {
            while present {
                tell(Seen::Patient);
                tokio::select! {
                    ended = views(&connection, &tell) => {
                        let error = ended.err().map(|error| error.to_string());
                        tracing::warn!(error, "the mode manager does not say what it shows");
                        tell(Seen::Patient);
                        tokio::time::sleep(ASK_AGAIN).await;
                    }
                    Some(next) = owned.recv() => present = next,
                }
            }
            tell(Seen::Away);
        }
    };
    tokio::select! {
        ended = watch => ended,
        () = listen => Ok(()),
    }
}

async fn views(connection: &Connection, tell: &impl Fn(Seen)) -> zbus::Result<()> {
    let mode = Mode1Proxy::new(connection).await?;
    let mut changes = mode.receive_view_changed().await;
    tell(seen(mode.view().await));
    while let Some(change) = changes.next().await {
        tell(seen(change.get().await.map_err(Into::into)));
    }
    Ok(())
}

fn seen(view: zbus::fdo::Result<uketsuke_bus::view::View>) -> Seen {
    match view {
        Ok(view) if view.id == ViewId::Idle => Seen::Idle,
        Ok(_) => Seen::Patient,
        Err(error) => {
            tracing::warn!(%error, "a view that cannot be read counts as a patient");
            Seen::Patient
        }
    }
}
