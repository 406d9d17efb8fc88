// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who compares faces, simulated, and the name of who may have a card sign on one.
#![allow(clippy::unwrap_used, dead_code)]

use std::sync::Arc;
use std::time::Duration;

use uketsuke_bus::PINLESS;
use uketsuke_simulated_face::{Before, Pace, Scene, Simulated};
use uketsuke_testkit::PrivateBus;
use zbus::Connection;

use super::NUMBER;

/// Faces can be compared on this bus.
pub struct Eyes {
    pub face: Simulated,
    /// The scripted card daemon signs by itself: the name alone is asked for.
    pub pinless: Connection,
}

/// As quick as nobody is; patience to be waited for.
pub fn quick(patience: Duration) -> Pace {
    Pace {
        look: Duration::from_millis(20),
        patience,
    }
}

impl Eyes {
    /// With the holder of every card before the camera, and patience without end.
    pub async fn open(bus: &PrivateBus) -> Self {
        Self::with(bus, quick(Duration::from_secs(600))).await
    }

    pub async fn with(bus: &PrivateBus, pace: Pace) -> Self {
        let face = face(bus, pace).await;
        let pinless = bus.builder().name(PINLESS).build().await.unwrap();
        Self { face, pinless }
    }

    /// Somebody else stands there.
    pub async fn see(&self, before: Before) {
        let scene = Scene {
            before,
            ..self.face.scene()
        };
        self.face.set(scene).await.unwrap();
    }
}

/// The daemon alone.
pub async fn face(bus: &PrivateBus, pace: Pace) -> Simulated {
    let front = Arc::new(|| {
        let number: uketsuke_simulated_face::Number = Box::pin(async { Some(NUMBER.to_owned()) });
        number
    });
    let scene = Scene::default();
    Simulated::start(bus.builder(), scene, front, pace)
        .await
        .unwrap()
}
