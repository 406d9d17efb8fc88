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
