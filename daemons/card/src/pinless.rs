// SPDX-License-Identifier: MIT OR Apache-2.0
//! The service that may have a card sign without PIN, as it is reached: `jp.uketsuke.Pinless1`. It is
//! a maker's to add; without one every such signature is refused.

use std::time::Duration;

use tokio::time::timeout;
use uketsuke_bus::pinless1::{Pinless1Proxy, PinlessError};
use zbus::Connection;

use crate::session::Authenticator;

/// The way to the service.
#[derive(Clone, Debug)]
pub struct Service {
    bus: Connection,
    limit: Duration,
}

impl Service {
    /// Over `bus`; the service has `limit` for each answer.
    #[must_use]
    pub fn new(bus: Connection, limit: Duration) -> Self {
        Self { bus, limit }
    }
}

/// A dialogue between the service and one card. Dropped before its end, it is ended.
pub struct Dialogue {
    service: Option<Service>,
    number: Option<u64>,
}

impl Dialogue {
    /// None begun yet; there may be no service at all.
    #[must_use]
    pub fn with(service: Option<Service>) -> Self {
        Self {
            service,
            number: None,
        }
    }
}

impl Authenticator for Dialogue {
    async fn begin(&mut self) -> Result<Vec<u8>, PinlessError> {
        let Some(service) = &self.service else {
            return Err(PinlessError::NotReady("there is no service".into()));
        };
        let (number, command) = service.ask(async |it| it.begin().await).await?;
        self.number = Some(number);
        Ok(command)
    }

    async fn answer(&mut self, answer: &[u8]) -> Result<Vec<u8>, PinlessError> {
        let (Some(service), Some(number)) = (&self.service, self.number) else {
            return Err(PinlessError::NoDialogue("none was begun".into()));
        };
        let next = service
            .ask(async |it| it.answer(number, answer).await)
            .await?;
        if next.is_empty() {
            self.number = None;
        }
        Ok(next)
    }
}

impl Service {
    async fn ask<T>(
        &self,
        call: impl AsyncFnOnce(Pinless1Proxy<'static>) -> Result<T, PinlessError>,
    ) -> Result<T, PinlessError> {
        let late = |_| PinlessError::NotReady(format!("no answer within {:?}", self.limit));
        let asked = async {
            let proxy = Pinless1Proxy::new(&self.bus).await?;
            call(proxy).await
        };
        timeout(self.limit, asked).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
    }
}

impl Drop for Dialogue {
    fn drop(&mut self) {
        let (Some(service), Some(number)) = (self.service.take(), self.number.take()) else {
            return;
        };
        // A service that misses it ends the dialogue when the next begins.
        tokio::spawn(async move {
            if let Err(error) = service.ask(async |it| it.end(number).await).await {
                tracing::debug!(%error, "the dialogue of a signature without PIN was not ended");
            }
        });
    }
}
