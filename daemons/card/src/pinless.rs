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
        let (number, command) = service.within(service.begin()).await?;
        self.number = Some(number);
        Ok(command)
    }

    async fn answer(&mut self, answer: &[u8]) -> Result<Vec<u8>, PinlessError> {
        let (Some(service), Some(number)) = (&self.service, self.number) else {
            return Err(PinlessError::NoDialogue("none was begun".into()));
        };
        let next = service.within(service.answer(number, answer)).await?;
        if next.is_empty() {
            self.number = None;
        }
        Ok(next)
    }
}

impl Service {
    async fn begin(&self) -> Result<(u64, Vec<u8>), PinlessError> {
        Pinless1Proxy::new(&self.bus).await?.begin().await
    }

    async fn answer(&self, number: u64, answer: &[u8]) -> Result<Vec<u8>, PinlessError> {
        let proxy = Pinless1Proxy::new(&self.bus).await?;
        proxy.answer(number, answer).await
    }

    async fn end(&self, number: u64) -> Result<(), PinlessError> {
        Pinless1Proxy::new(&self.bus).await?.end(number).await
    }

    /// What the service answers, if it does so in time.
    async fn within<T>(
        &self,
        call: impl Future<Output = Result<T, PinlessError>>,
    ) -> Result<T, PinlessError> {
        let late = || PinlessError::NotReady(format!("no answer within {:?}", self.limit));
        timeout(self.limit, call)
            .await
            .unwrap_or_else(|_| Err(late()))
    }
}

impl Drop for Dialogue {
    fn drop(&mut self) {
        let (Some(service), Some(number)) = (self.service.take(), self.number.take()) else {
            return;
        };
        // A service that misses it ends the dialogue when the next begins.
        tokio::spawn(async move {
            if let Err(error) = service.within(service.end(number)).await {
                tracing::debug!(%error, "the dialogue of a signature without PIN was not ended");
            }
        });
    }
}
