// SPDX-License-Identifier: MIT OR Apache-2.0
//! A simulated `jp.uketsuke.Face1`: who stands before the camera, and which number the card's front
//! has, is said to it, not seen. It looks at no picture and is no face recognition.
//!
//! What it does with the card daemon is real: it has the photo of it with 照合番号B and attests there what
//! was said, so that the photo is proved, tries are counted, and a card without a photo stays without.

mod served;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uketsuke_bus::face1::{Camera, CameraState, WITHOUT_FACE_S};
use uketsuke_bus::view::Hint;
use uketsuke_bus::{FACE, FACE_PATH};
use zbus::Connection;
use zbus::connection::Builder;

pub use served::Face;

/// Who stands before the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Before {
    /// The holder of whatever card is compared.
    #[default]
    Holder,
    /// Another person.
    Other,
    /// Nobody.
    Nobody,
    /// Somebody too far away.
    TooFar,
    /// Somebody who looks down.
    LooksDown,
    /// Somebody in the dark.
    InTheDark,
    /// Somebody before a window.
    Backlit,
    /// Somebody behind a mask and dark glasses.
    Masked,
    /// Two people.
    Two,
}

impl Before {
    /// All, the usual one first.
    pub const ALL: [Self; 9] = [
        Self::Holder,
        Self::Other,
        Self::Nobody,
        Self::TooFar,
        Self::LooksDown,
        Self::InTheDark,
        Self::Backlit,
        Self::Masked,
        Self::Two,
    ];

    /// What would help the camera.
    #[must_use]
    pub fn hint(self) -> Hint {
        match self {
            Self::Holder | Self::Other => Hint::HoldStill,
            Self::Nobody => Hint::LookHere,
            Self::TooFar => Hint::Closer,
            Self::LooksDown => Hint::RaiseFace,
            Self::InTheDark => Hint::TooDark,
            Self::Backlit => Hint::Backlight,
            Self::Masked => Hint::Covered,
            Self::Two => Hint::OnePerson,
        }
    }
}

/// What there is before the cameras, and how they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scene {
    /// Before the one for faces.
    pub before: Before,
    /// Whether the number on the card's front can be read.
    pub number_readable: bool,
    /// Whether the camera for faces works.
    pub face_camera: bool,
    /// Whether the one for the card's front does.
    pub front_camera: bool,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            before: Before::Holder,
            number_readable: true,
            face_camera: true,
            front_camera: true,
        }
    }
}

impl Scene {
    /// By one word, as the paths and the bench say it: a name of [`Before`], `number-hidden` or
    /// `camera-broken`.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        let whole = Self::default();
        match word {
            "number-hidden" => Some(Self {
                number_readable: false,
                ..whole
            }),
            "camera-broken" => Some(Self {
                face_camera: false,
                ..whole
            }),
            _ => {
                let word = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(word);
                let before = Before::deserialize(word).ok()?;
                Some(Self { before, ..whole })
            }
        }
    }

    fn cameras(&self) -> Vec<CameraState> {
        vec![
            (Camera::Face, self.face_camera),
            (Camera::CardFront, self.front_camera),
        ]
    }
}

/// The number that is printed on the front of the card on the reader; none where there is none.
pub type Number = Pin<Box<dyn Future<Output = Option<String>> + Send>>;

/// Where the number is had from.
pub type Front = Arc<dyn Fn() -> Number + Send + Sync>;

/// How long things take.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// From the photo to the verdict on a face that is seen.
    pub look: Duration,
    /// Without a face that can be used.
    pub patience: Duration,
}

impl Default for Pace {
    /// As a patient meets it.
    fn default() -> Self {
        Self {
            look: Duration::from_millis(1500),
            patience: Duration::from_secs(WITHOUT_FACE_S),
        }
    }
}

/// The daemon, for as long as it lives.
pub struct Simulated {
    connection: Connection,
    scene: watch::Sender<Scene>,
}

impl Simulated {
    /// Serves and owns the name on the bus of `builder`.
    ///
    /// # Errors
    /// When the bus fails or does not give the name.
    pub async fn start(
        builder: Builder<'static>,
        scene: Scene,
        front: Front,
        pace: Pace,
    ) -> zbus::Result<Self> {
        let (scene, seen) = watch::channel(scene);
        let connection = builder
            .serve_at(FACE_PATH, Face::new(seen, front, pace))
            .name(FACE)
            .build()
            .await?;
        Ok(Self { connection, scene })
    }

    /// What there is before the cameras now.
    #[must_use]
    pub fn scene(&self) -> Scene {
        self.scene.borrow().clone()
    }

    /// Something else is there from now on.
    ///
    /// # Errors
    /// When the bus fails.
    pub async fn set(&self, scene: Scene) -> zbus::Result<()> {
        let before = self.scene.send_replace(scene.clone());
        if before.cameras() == scene.cameras() {
            return Ok(());
        }
        let server = self.connection.object_server();
        let object = server.interface::<_, Face>(FACE_PATH).await?;
        let face = object.get().await;
        face.faults_changed(object.signal_emitter()).await?;
        face.cameras_changed(object.signal_emitter()).await
    }

    /// Ends as a process that was killed does: the bus hears of it, and nobody else.
    ///
    /// # Errors
    /// When the bus was gone before.
    pub async fn die(self) -> zbus::Result<()> {
        self.connection.close().await
    }
}
