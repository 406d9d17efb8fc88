// SPDX-License-Identifier: MIT OR Apache-2.0
//! Watching peers on the bus: a claim ends when its owner leaves.

use futures_util::StreamExt;
use zbus::fdo::DBusProxy;
use zbus::names::{BusName, UniqueName, WellKnownName};

/// Returns once the peer with this unique name has left the bus.
///
/// Subscribes first and asks afterwards whether the peer is still there, in that order: the other
/// way round a peer that leaves in between would be waited for forever.
///
/// # Errors
/// When the bus itself fails; the caller should then treat the owner as gone.
pub async fn gone(connection: &zbus::Connection, owner: &UniqueName<'_>) -> zbus::Result<()> {
    let bus = DBusProxy::new(connection).await?;
    let mut changes = bus
        .receive_name_owner_changed_with_args(&[(0, owner.as_str())])
        .await?;
    if !bus.name_has_owner(BusName::Unique(owner.clone())).await? {
        return Ok(());
    }
    while let Some(change) = changes.next().await {
        if change.args()?.new_owner().is_none() {
            return Ok(());
        }
    }
    Ok(())
}

/// Calls `changed(present)` at once and at every later arrival or departure of the owner of a
/// well-known name. A change of owner without a gap is reported as a departure and an arrival:
/// the new process knows nothing of what was agreed with the old one.
///
/// # Errors
/// When the bus itself fails.
pub async fn watch(
    connection: &zbus::Connection,
    name: &WellKnownName<'_>,
    mut changed: impl FnMut(bool),
) -> zbus::Result<()> {
    let bus = DBusProxy::new(connection).await?;
    let mut changes = bus
        .receive_name_owner_changed_with_args(&[(0, name.as_str())])
        .await?;
    changed(bus.name_has_owner(BusName::WellKnown(name.clone())).await?);
    while let Some(change) = changes.next().await {
        let change = change.args()?;
        if change.old_owner().is_some() {
            changed(false);
        }
        if change.new_owner().is_some() {
            changed(true);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use uketsuke_testkit::PrivateBus;

    use super::*;

    #[tokio::test]
    async fn a_peer_that_leaves_is_gone() {
        let bus = PrivateBus::start();
        let (watcher, peer) = (bus.connect().await, bus.connect().await);
        let name: UniqueName<'_> = peer.unique_name().unwrap().to_owned().into();
        let (told, closed) = tokio::join!(gone(&watcher, &name), peer.close());
        told.unwrap();
        closed.unwrap();
    }

    #[tokio::test]
    async fn a_peer_that_left_before_is_gone_at_once() {
        let bus = PrivateBus::start();
        let (watcher, peer) = (bus.connect().await, bus.connect().await);
        let name: UniqueName<'_> = peer.unique_name().unwrap().to_owned().into();
        peer.close().await.unwrap();
        gone(&watcher, &name).await.unwrap();
    }

    #[tokio::test]
    async fn a_name_that_comes_and_goes_is_told_in_order() {
        let bus = PrivateBus::start();
        let (watcher, peer) = (bus.connect().await, bus.connect().await);
        let seen = Arc::new(AtomicUsize::new(0));
        let expected = [false, true, false];
        let count = Arc::clone(&seen);
        let (done, all) = tokio::sync::oneshot::channel();
        let mut done = Some(done);
        let task = tokio::spawn(async move {
            let name = WellKnownName::try_from("jp.uketsuke.Test1").unwrap();
            watch(&watcher, &name, |present| {
                let n = count.fetch_add(1, Ordering::SeqCst);
                assert_eq!(present, expected[n]);
                if n + 1 == expected.len() {
                    done.take().unwrap().send(()).unwrap();
                }
            })
            .await
        });
        while seen.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        peer.request_name("jp.uketsuke.Test1").await.unwrap();
        peer.close().await.unwrap();
        all.await.unwrap();
        task.abort();
    }
}
