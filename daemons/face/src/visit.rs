// SPDX-License-Identifier: MIT OR Apache-2.0
//! One comparison: number, photo, face, attestation.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, watch};
use uketsuke_bus::card1::{CardError, CardProxy};
use uketsuke_bus::face1::{Camera, FaceError, FaceVerdict, LONGEST_S};
use uketsuke_bus::secret::{self, SecretBytes};
use uketsuke_bus::view::Hint;
use uketsuke_common::owner;
use uketsuke_face_capture::judge::Light;
use uketsuke_face_capture::{Fault, Live};
use zbus::names::UniqueName;
use zbus::proxy::CacheProperties;
use zbus::{Connection, OwnedObjectPath};

use crate::cameras::{Cameras, Open, ROLES};
use crate::engine::{Engine, EngineError, Seen, Sight};
use crate::tries::Tries;

/// Most bytes of a photo as the card daemon hands it out: a head of four, and a byte for each pixel.
const PHOTO_BYTES: usize = 4 + 4096 * 4096;
/// How long `Preview` waits for a comparison that is about to begin.
const SOON: Duration = Duration::from_secs(3);

/// Everything that comparisons share.
pub struct Visits {
    engine: Option<Arc<dyn Engine>>,
    cameras: Arc<Cameras>,
    tries: Lock<Tries>,
    /// Held while somebody is compared.
    one: Mutex<()>,
    /// Steps with each `Close`.
    closed: watch::Sender<u64>,
    /// The pictures of whoever is being compared.
    preview: watch::Sender<Option<Arc<OwnedFd>>>,
}

/// Takes a preview away with the comparison, however that ends.
struct Shown<'a>(&'a watch::Sender<Option<Arc<OwnedFd>>>);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.send_replace(None);
    }
}

impl Visits {
    /// Nobody has been compared yet.
    #[must_use]
    pub fn new(engine: Option<Arc<dyn Engine>>, cameras: Arc<Cameras>) -> Self {
        Self {
            engine,
            cameras,
            tries: Lock::default(),
            one: Mutex::new(()),
            closed: watch::Sender::new(0),
            preview: watch::Sender::new(None),
        }
    }

    /// The cameras.
    #[must_use]
    pub fn cameras(&self) -> &Cameras {
        &self.cameras
    }

    /// Name of the engine; empty where there is none.
    #[must_use]
    pub fn engine(&self) -> &str {
        self.engine.as_ref().map_or("", |engine| engine.name())
    }

    /// Ends the comparison that is under way, if any.
    pub fn close(&self) {
        self.closed.send_modify(|closed| *closed += 1);
    }

    /// The pictures of the comparison that is under way, or is about to begin.
    ///
    /// # Errors
    /// [`FaceError::Closed`] where nobody is compared.
    pub async fn preview(&self) -> Result<OwnedFd, FaceError> {
        let mut shown = self.preview.subscribe();
        let waiting = tokio::time::timeout(SOON, shown.wait_for(Option::is_some)).await;
        let ring = waiting.ok().and_then(|shown| shown.ok()?.clone());
        let ring = ring.ok_or_else(|| FaceError::Closed("nobody is being compared".into()))?;
        ring.try_clone().map_err(internal)
    }

    /// Compares for `caller`, until it closes, leaves, or there is a verdict. `tell` gets each hint.
    ///
    /// # Errors
    /// As `Face1.Verify` lists them.
    pub async fn verify(
        &self,
        card: OwnedObjectPath,
        connection: &Connection,
        caller: Option<UniqueName<'_>>,
        tell: watch::Sender<Option<Hint>>,
    ) -> Result<FaceVerdict, FaceError> {
        let Some(engine) = &self.engine else {
            return Err(FaceError::NoEngine("nothing here compares faces".into()));
        };
        if let Some((camera, fault)) = self.broken() {
            let what = format!("the camera {camera} does not work: {fault}");
            return Err(FaceError::NoCamera(what));
        }
        let one = self.one.try_lock();
        let _one = one.map_err(|_| FaceError::Busy("somebody is being compared".into()))?;
        let mut closed = self.closed.subscribe();
        let gone = async {
            match &caller {
                // A bus that fails ends the daemon; until then nobody is there.
                Some(caller) => drop(owner::gone(connection, caller).await),
                None => std::future::pending().await,
            }
        };
        let comparing = self.compare(engine.as_ref(), card, connection, tell);
        tokio::select! {
            verdict = tokio::time::timeout(Duration::from_secs(LONGEST_S), comparing) => {
                verdict.unwrap_or(Ok(FaceVerdict::NoFace))
            }
            _ = closed.changed() => Err(FaceError::Closed("closed".into())),
            () = gone => Err(FaceError::Closed("whoever asked has gone".into())),
        }
    }

    fn broken(&self) -> Option<(&'static str, &'static str)> {
        let both = *self.cameras.health().borrow();
        let broken = |(camera, fault): (Camera, Option<Fault>)| {
            let fault = fault.filter(|fault| fault.breaks())?;
            Some((camera.as_str(), fault.as_str()))
        };
        ROLES.into_iter().zip(both).find_map(broken)
    }

    async fn compare(
        &self,
        engine: &dyn Engine,
        card: OwnedObjectPath,
        connection: &Connection,
        tell: watch::Sender<Option<Hint>>,
    ) -> Result<FaceVerdict, FaceError> {
        let card = CardProxy::builder(connection)
            .path(card)
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        let open = self.cameras.open().await.map_err(internal)?;
        let ring = open.face.descriptor().try_clone_to_owned();
        self.preview
            .send_replace(Some(Arc::new(ring.map_err(internal)?)));
        let _shown = Shown(&self.preview);
        let hints = watch::Sender::new(None);
        tokio::select! {
            verdict = self.look(engine, &card, &open, &hints) => verdict,
            fault = open.broken() => {
                Err(FaceError::NoCamera(format!("a camera fails: {}", fault.as_str())))
            }
            never = say(&open.face, hints.subscribe(), tell) => match never {},
        }
    }

    async fn look(
        &self,
        engine: &dyn Engine,
        card: &CardProxy<'_>,
        open: &Open<'_>,
        hints: &watch::Sender<Option<Hint>>,
    ) -> Result<FaceVerdict, FaceError> {
        let front = Sight::new(&open.card, hints);
        let number = engine.number(front).await.map_err(engine_failed)?;
        let Some(number) = number else {
            return Ok(FaceVerdict::NoNumber);
        };
        let known = self.tries().card(number.expose());
        if let Some(wait) = self.tries().wait(known, Instant::now()) {
            let what = format!("compared in vain too often; again in {} s", wait.as_secs());
            return Err(FaceError::TooOften(what));
        }
        let photo = match photo(card, number).await? {
            Ok(photo) => photo,
            Err(verdict) => return Ok(verdict),
        };
        let face = Sight::new(&open.face, hints);
        match engine.compare(photo, face).await.map_err(engine_failed)? {
            Seen::Holder => {
                card.attest_match().await.map_err(refused)?;
                self.tries().found(known);
                Ok(FaceVerdict::Match)
            }
            Seen::Other => {
                self.tries().failed(known, Instant::now());
                Ok(FaceVerdict::Other)
            }
            Seen::NoFace => Ok(FaceVerdict::NoFace),
        }
    }

    fn tries(&self) -> MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says what would help, whenever that is something else: the light first, then what the engine says.
async fn say(
    face: &Live,
    mut hints: watch::Receiver<Option<Hint>>,
    tell: watch::Sender<Option<Hint>>,
) -> std::convert::Infallible {
    let (mut seen, mut health) = (face.seen(), face.health());
    loop {
        let verdict = seen.borrow_and_update().verdict;
        let lit = match (verdict.fault, verdict.light) {
            (Some(Fault::Covered), _) => Some(Hint::Covered),
            (_, Light::Dark) => Some(Hint::TooDark),
            (_, Light::Behind) => Some(Hint::Backlight),
            _ => None,
        };
        let hint = lit.or(*hints.borrow_and_update());
        if hint.is_some() {
            tell.send_if_modified(|told| std::mem::replace(told, hint) != hint);
        }
        tokio::select! {
            // Their senders live as long as the comparison.
            _ = seen.changed() => {}
            _ = hints.changed() => {}
            _ = health.changed() => {}
        }
    }
}

/// Has the photo of the card; a verdict where it gives none.
async fn photo(
    card: &CardProxy<'_>,
    number: SecretBytes,
) -> Result<Result<SecretBytes, FaceVerdict>, FaceError> {
    let number = secret::seal(number.expose()).map_err(internal)?;
    match card.read_photo(number.into()).await {
        Ok(photo) => secret::take(photo.into(), PHOTO_BYTES)
            .map(Ok)
            .map_err(internal),
        Err(
            CardError::WrongReference(_)
            | CardError::ReferenceTriesLow(_)
            | CardError::BadReference(_),
        ) => Ok(Err(FaceVerdict::NoNumber)),
        Err(
            CardError::NoPhoto(_)
            | CardError::BadPhoto(_)
            | CardError::Forged(_)
            | CardError::TestCard(_),
        ) => Ok(Err(FaceVerdict::NoPhoto)),
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: CardError) -> FaceError {
    match error {
        CardError::ZBus(error) => FaceError::ZBus(error),
        CardError::Gone(text) => FaceError::Gone(text),
        CardError::NotThisKind(text) => FaceError::NotThisKind(text),
        error => internal(error),
    }
}

fn engine_failed(error: EngineError) -> FaceError {
    internal(error.0)
}

fn internal(error: impl std::fmt::Display) -> FaceError {
    let error = error.to_string();
    tracing::error!(error, "a comparison failed");
    FaceError::Internal(error)
}
