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
            args.changed_properties()
                .contains_key("Operation")
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

    /// Where passcodes and operation modes are set.
    pub fn staff(&self) -> &StaffProxy<'static> {
        &self.staff
    }

    /// How things stand; without the mode manager nothing is known.
    pub async fn standing(&self) -> Standing {
        let operation = self.mode.operation().await;
        Standing {
            operation: operation
                .map_err(|error| tracing::debug!(%error, "the operation mode is not known"))
                .ok(),
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
