// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the service manager says of units; every user may ask this.

use zbus::OwnedObjectPath;

/// One row of `ListUnitsByPatterns`: name, description, load state, active state, sub state,
/// following, path, job id, job type, job path.
type Row = (
    String,
    String,
    String,
    String,
    String,
    String,
    OwnedObjectPath,
    u32,
    String,
    OwnedObjectPath,
);

/// The part of systemd's own interface that the self-test needs (org.freedesktop.systemd1(5)).
#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Manager",
    default_service = "org.freedesktop.systemd1",
    default_path = "/org/freedesktop/systemd1"
)]
trait Manager {
    /// Units in memory whose names match one of the patterns.
    fn list_units_by_patterns(
        &self,
        states: &[&str],
        patterns: &[&str],
    ) -> zbus::fdo::Result<Vec<Row>>;
}

/// A unit as the service manager has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// `uketsuke-card.service`.
    pub name: String,
    /// `active`, `failed`, `inactive`, `activating` …
    pub active: String,
    /// `running`, `listening`, `auto-restart` …
    pub sub: String,
}

/// Our units and the parts of the distribution that a check-in needs.
///
/// # Errors
/// When nobody manages services on this bus, or it does not answer.
pub async fn units(bus: &zbus::Connection) -> zbus::fdo::Result<Vec<Unit>> {
    let manager = ManagerProxy::new(bus).await?;
    let patterns = ["uketsuke-*.service", "uketsuke-pcscd.socket"];
    let rows = manager.list_units_by_patterns(&[], &patterns).await?;
    Ok(rows
        .into_iter()
        .map(|row| Unit {
            name: row.0,
            active: row.3,
            sub: row.4,
        })
        .collect())
}
