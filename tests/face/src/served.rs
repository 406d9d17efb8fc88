// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is served.

use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use uketsuke_bus::card1::{CardError, CardProxy};
use uketsuke_bus::face1::{CameraFault, CameraState, FaceError, FaceVerdict};
use uketsuke_bus::secret;
use uketsuke_bus::view::Hint;
use zbus::object_server::SignalEmitter;
use zbus::proxy::CacheProperties;
use zbus::{Connection, OwnedFd, OwnedObjectPath, interface};

use crate::{Before, Front, Pace, Scene};

/// Most bytes of a photo as the card daemon hands it out: a head of four, and a byte for each pixel.
const PHOTO_BYTES: usize = 4 + 4096 * 4096;

/// The object.
pub struct Face {
    scene: watch::Receiver<Scene>,
    front: Front,
    pace: Pace,
    /// Held while somebody is compared.
    one: Mutex<()>,
    /// Steps with each `Close`.
    closed: watch::Sender<u64>,
}

impl Face {
    pub(crate) fn new(scene: watch::Receiver<Scene>, front: Front, pace: Pace) -> Self {
        Self {
            scene,
            front,
            pace,
            one: Mutex::new(()),
            closed: watch::Sender::new(0),
        }
    }

    fn works(&self) -> Result<(), FaceError> {
        let seen = self.scene.borrow();
        match seen.face_camera && seen.front_camera {
            true => Ok(()),
            false => Err(FaceError::NoCamera("a camera does not work".into())),
        }
    }

    async fn compare(
        &self,
        card: OwnedObjectPath,
        connection: &Connection,
        emitter: &SignalEmitter<'_>,
    ) -> Result<FaceVerdict, FaceError> {
        let card = CardProxy::builder(connection)
            .path(card)
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        let readable = self.scene.borrow().number_readable;
        let number = match readable {
            true => (self.front)().await,
            false => None,
        };
        let Some(number) = number else {
            return Ok(FaceVerdict::NoNumber);
        };
        if let Some(verdict) = photo(&card, &number).await? {
            return Ok(verdict);
        }
        let verdict = self.look(emitter).await?;
        if verdict == FaceVerdict::Match {
            card.attest_match().await.map_err(refused)?;
        }
        Ok(verdict)
    }

    /// Waits for a face that can be used, and says whether it is the holder's.
    async fn look(&self, emitter: &SignalEmitter<'_>) -> Result<FaceVerdict, FaceError> {
        let mut scene = self.scene.clone();
        let end = Instant::now() + self.pace.patience;
        let mut said = None;
        loop {
            self.works()?;
            let before = scene.borrow_and_update().before;
            let hint: Hint = before.hint();
            if said.replace(hint) != Some(hint) {
                Self::hint(emitter, hint.as_str()).await?;
            }
            let (rest, verdict): (Duration, _) = match before {
                Before::Holder => (self.pace.look, FaceVerdict::Match),
                Before::Other => (self.pace.look, FaceVerdict::Other),
                _ => (end - Instant::now(), FaceVerdict::NoFace),
            };
            tokio::select! {
                () = tokio::time::sleep(rest) => return Ok(verdict),
                changed = scene.changed() => {
                    let gone = |_| FaceError::Internal("nobody says who stands here".into());
                    changed.map_err(gone)?;
                }
            }
        }
    }
}

/// Has the photo of the card; a verdict where it gives none.
async fn photo(card: &CardProxy<'_>, number: &str) -> Result<Option<FaceVerdict>, FaceError> {
    let internal = |error: secret::SecretError| FaceError::Internal(error.to_string());
    let number = secret::seal(number.as_bytes()).map_err(internal)?;
    match card.read_photo(number.into()).await {
        // It is of no use here, but it is a photo, and was handed over as one.
        Ok(photo) => secret::take(photo.into(), PHOTO_BYTES)
            .map(|_| None)
            .map_err(internal),
        Err(
            CardError::WrongReference(_)
            | CardError::ReferenceTriesLow(_)
            | CardError::BadReference(_),
        ) => Ok(Some(FaceVerdict::NoNumber)),
        Err(
            CardError::NoPhoto(_)
            | CardError::BadPhoto(_)
            | CardError::Forged(_)
            | CardError::TestCard(_),
        ) => Ok(Some(FaceVerdict::NoPhoto)),
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: CardError) -> FaceError {
    match error {
        CardError::ZBus(error) => FaceError::ZBus(error),
        CardError::Gone(text) => FaceError::Gone(text),
        CardError::NotThisKind(text) => FaceError::NotThisKind(text),
        error => FaceError::Internal(error.to_string()),
    }
}

#[interface(name = "jp.uketsuke.Face1")]
impl Face {
    /// Compares whoever stands before the reader with the photo of this card (an object of
    /// `jp.uketsuke.Card1`), once, and says what came of it. While it lasts `Hint` says what would help.
    ///
    /// Errors: `Gone`, `Busy`, `NotThisKind`, `NoCamera`, `NoEngine`, `TooOften`, `Closed`, `Internal`.
    async fn verify(
        &self,
        card: OwnedObjectPath,
        #[zbus(connection)] connection: &Connection,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> Result<FaceVerdict, FaceError> {
        self.works()?;
        let one = self.one.try_lock();
        let _one = one.map_err(|_| FaceError::Busy("somebody is being compared".into()))?;
        let mut closed = self.closed.subscribe();
        tokio::select! {
            verdict = self.compare(card, connection, &emitter) => verdict,
            _ = closed.changed() => Err(FaceError::Closed("closed".into())),
        }
    }

    /// Ends a comparison that is under way, and drops whatever was seen. Where there is none it does
    /// nothing.
    fn close(&self) -> Result<(), FaceError> {
        self.closed.send_modify(|closed| *closed += 1);
        Ok(())
    }

    /// What the camera for faces sees, for as long as this comparison lasts: a ring of pictures in shared
    /// memory that can only be looked at, and that is overwritten at the end (`uketsuke-face-preview` has
    /// its form). Waits a moment for a comparison that is about to begin.
    ///
    /// Errors: `Closed`, `Internal`.
    fn preview(&self) -> Result<OwnedFd, FaceError> {
        Err(FaceError::Closed("nothing is seen here".into()))
    }

    /// Who compares, in a word; empty where nobody does, and then no face need be offered.
    #[zbus(property(emits_changed_signal = "const"))]
    fn engine(&self) -> &str {
        "simulated"
    }

    /// What is wrong with each camera (`face`, `card-front`) of which anything is known to be wrong, in a
    /// word: `absent`, `foreign`, `ambiguous`, `refused`, `wrong-format`, `ended`, `stalled`, `garbage`,
    /// `frozen`; `covered` and `dark` are told of cameras that work.
    #[zbus(property)]
    fn faults(&self) -> Vec<CameraFault> {
        let broken = self.scene.borrow().cameras();
        let broken = broken.into_iter().filter(|(_, works)| !works);
        broken
            .map(|(camera, _)| (camera, "absent".into()))
            .collect()
    }

    /// Each camera (`face`, `card-front`) and whether it works.
    #[zbus(property)]
    fn cameras(&self) -> Vec<CameraState> {
        self.scene.borrow().cameras()
    }

    /// What whoever stands there could do, by the wire name of a `Hint`; said when it changes.
    #[zbus(signal)]
    async fn hint(emitter: &SignalEmitter<'_>, hint: &str) -> zbus::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use uketsuke_bus::contract::assert_contract;
    use zbus::object_server::Interface;

    #[test]
    fn the_simulated_daemon_has_the_committed_interface() {
        let (_scene, seen) = watch::channel(Scene::default());
        let front: Front = Arc::new(|| Box::pin(async { None }));
        let face = Face::new(seen, front, Pace::default());
        let mut served = String::new();
        face.introspect_to_writer(&mut served, 0);
        assert_contract("jp.uketsuke.Face1.xml", &served);
    }
}
