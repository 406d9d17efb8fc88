// SPDX-License-Identifier: MIT OR Apache-2.0
//! Carries to the voice what is to be said. The newest order counts: what was to be said before it is
//! no longer true. Without a voice the screen is as good as ever, so nothing here ends the daemon.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use uketsuke_bus::voice1::{Voice1Proxy, VoiceError};
use zbus::proxy::CacheProperties;

use crate::speech::Order;

/// A voice that takes longer to answer is not there for this order.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where orders are left.
pub struct Orders(watch::Sender<Option<Order>>);

impl Orders {
    /// Takes the place of an order that the voice has not been given yet.
    pub fn order(&self, order: Order) {
        self.0.send_replace(Some(order));
    }
}

/// The way to the voice, and what goes it.
pub fn prepare(
    connection: &zbus::Connection,
) -> (Orders, impl Future<Output = anyhow::Result<()>>) {
    let (orders, mut queue) = watch::channel(None);
    let connection = connection.clone();
    let speaking = async move {
        let voice = Voice1Proxy::builder(&connection)
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        let mut silent = false;
        while queue.changed().await.is_ok() {
            let order = queue.borrow_and_update().clone();
            let Some(order) = order else { continue };
            let said = tokio::time::timeout(PATIENCE, pass(&voice, order)).await;
            let failed = match said {
                Ok(Ok(())) => None,
                // The name of a recording tells what the patient at the reader was told.
                Ok(Err(VoiceError::NoRecording(_))) => Some("a recording is missing".to_owned()),
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some(format!("no answer within {} s", PATIENCE.as_secs())),
            };
            // Told once, not with every key: a reader without a loudspeaker is one of many.
            match &failed {
                Some(error) if !silent => tracing::warn!(error, "nothing can be said"),
                None if silent => tracing::info!("the voice is there again"),
                _ => {}
            }
            silent = failed.is_some();
        }
        anyhow::bail!("nobody says any more what is to be said")
    };
    (Orders(orders), speaking)
}

async fn pass(voice: &Voice1Proxy<'_>, order: Order) -> Result<(), VoiceError> {
    match order {
        Order::Say(recordings, loudness) => {
            let recordings = recordings.into_iter().map(str::to_owned).collect();
            voice.say(recordings, loudness).await
        }
        Order::Hush => voice.hush().await,
    }
}
