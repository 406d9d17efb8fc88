// SPDX-License-Identifier: MIT OR Apache-2.0
//! The mode manager as far as the terminal has to do with it.

use futures_util::StreamExt;
use futures_util::stream::{BoxStream, select};
use uketsuke_bus::mode1::Mode1Proxy;
use uketsuke_bus::staff::StaffProxy;
use uketsuke_bus::{MODE, MODE_PATH};
use uketsuke_link::orders::Standing;
use zbus::Connection;
use zbus::fdo::PropertiesProxy;
use zbus::proxy::CacheProperties;

/// What the terminal is told of.
const TOLD: [&str; 3] = ["Operation", "Profile", "ProfileKept"];

/// The mode manager.
pub struct Mode {
    staff: StaffProxy<'static>,
    mode: Mode1Proxy<'static>,
    changes: BoxStream<'static, ()>,
}

impl Mode {
    /// The one on this bus, be it there yet or not.
    ///
    /// # Errors
    /// When the bus fails.
    pub async fn on(connection: &Connection) -> zbus::Result<Self> {
        let staff = StaffProxy::builder(connection)
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        // Asked each time: what was done a moment ago must be in the answer, and a signal may come
        // after it.
        let mode = Mode1Proxy::builder(connection)
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        let properties = PropertiesProxy::builder(connection)
            .destination(MODE)
            .path(MODE_PATH)
            .build()
            .await?;
        let changed = properties.receive_properties_changed().await?;
        let changed = changed.filter_map(async |signal| {
            let args = signal.args().ok()?;
            let changed = args.changed_properties();
            TOLD.iter()
                .any(|property| changed.contains_key(property))
                .then_some(())
        });
        // One that was started anew is held in nothing.
        let owner = mode.inner().receive_owner_changed().await?.map(|_| ());
        Ok(Self {
            staff,
            mode,
            changes: select(changed, owner).boxed(),
        })
    }

    /// Where passcodes, operation modes and the facility profile are set.
    pub fn staff(&self) -> &StaffProxy<'static> {
        &self.staff
    }

    /// How things stand; without the mode manager nothing is known.
    pub async fn standing(&self) -> Standing {
        let profile = self.mode.profile().await.map(|(id, _)| id);
        Standing {
            operation: known("the operation mode", self.mode.operation().await),
            profile: known("the facility profile", profile),
            kept: known(
                "the facility profile that is kept",
                self.mode.profile_kept().await,
            ),
        }
    }

    /// Returns once how things stand has changed.
    pub async fn changed(&mut self) {
        if self.changes.next().await.is_none() {
            // The bus is gone, which ends the daemon elsewhere.
            std::future::pending::<()>().await;
        }
    }
}

fn known<T>(what: &str, asked: Result<T, zbus::fdo::Error>) -> Option<T> {
    asked
        .map_err(|error| tracing::debug!(%error, "{what} is not known"))
        .ok()
}
