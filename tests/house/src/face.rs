// SPDX-License-Identifier: MIT OR Apache-2.0
//! The simulated `jp.uketsuke.Face1` of the house: who stands before the camera is said on the bench. Photo
//! and attestation go through the real card daemon.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Mutex;
use uketsuke_simulated_face::{Front, Number, Pace, Scene, Simulated};

use crate::bus;
use crate::card::CardControl;
use crate::space::{Space, SpaceError};

/// Name by which a run is told to go without.
pub const NAME: &str = "face";

/// The word for a face daemon that is not there.
pub const AWAY: &str = "away";

/// The house's first process is root, and the daemon is part of it.
const POLICY: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <policy user="root">
    <allow own="jp.uketsuke.Face1"/>
    <allow send_destination="jp.uketsuke.Card1" send_interface="jp.uketsuke.Card1.Card" send_member="ReadPhoto"/>
    <allow send_destination="jp.uketsuke.Card1" send_interface="jp.uketsuke.Card1.Card" send_member="AttestMatch"/>
  </policy>
</busconfig>
"#;

/// Before the bus starts.
///
/// # Errors
/// When the file cannot be written.
pub fn allow(space: &Space) -> Result<(), SpaceError> {
    space
        .file("bus/policy/face.conf", POLICY.as_bytes(), None)
        .map(drop)
}

/// The daemon, and what is said of the scene while it is not there.
pub struct Eyes {
    address: String,
    card: CardControl,
    word: std::sync::Mutex<&'static str>,
    there: Mutex<Option<Simulated>>,
}

/// Every word there is for what is before the cameras.
pub const WORDS: [&str; 12] = [
    "holder",
    "other",
    "nobody",
    "too-far",
    "looks-down",
    "in-the-dark",
    "backlit",
    "masked",
    "two",
    "number-hidden",
    "camera-broken",
    AWAY,
];

impl Eyes {
    /// Away; [`Self::see`] brings it.
    #[must_use]
    pub fn closed(space: &Space, card: &CardControl) -> Self {
        Self {
            address: bus::address(space),
            card: card.clone(),
            word: std::sync::Mutex::new(AWAY),
            there: Mutex::new(None),
        }
    }

    /// What is before the cameras, in one of [`WORDS`].
    #[must_use]
    pub fn word(&self) -> &'static str {
        *self
            .word
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Puts something else before the cameras, or takes the daemon away as one that is killed. Says
    /// whether there is such a word.
    ///
    /// # Errors
    /// When the bus fails.
    pub async fn see(&self, word: &str) -> zbus::Result<bool> {
        let Some(word) = WORDS.into_iter().find(|known| *known == word) else {
            return Ok(false);
        };
        let mut there = self.there.lock().await;
        match (Scene::of(word), there.take()) {
            (None, Some(daemon)) => daemon.die().await?,
            (None, None) => {}
            (Some(scene), Some(daemon)) => {
                daemon.set(scene).await?;
                *there = Some(daemon);
            }
            (Some(scene), None) => {
                let builder = zbus::connection::Builder::address(self.address.as_str());
                let pace = Pace::default();
                *there = Some(Simulated::start(builder, scene, self.front(), pace).await?);
            }
        }
        *self
            .word
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = word;
        Ok(true)
    }

    /// The number that is printed on the virtual card on the slot for cards.
    fn front(&self) -> Front {
        let card = self.card.clone();
        Arc::new(move || {
            let card = card.clone();
            let number: Number = Box::pin(async move {
                let told = card.ask(&json!({ "do": "front" })).await.ok()?;
                told["number_b"].as_str().map(str::to_owned)
            });
            number
        })
    }
}
