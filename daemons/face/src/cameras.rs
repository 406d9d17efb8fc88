// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both cameras: tried at start, when something is plugged and while one is broken; open while somebody
//! is compared; closed otherwise.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use uketsuke_bus::face1::{Camera, CameraFault, CameraState};
use uketsuke_face_capture::{Fault, Health, Live, Plugged, Setup};
use uketsuke_face_preview::RingError;

/// A try ends when a camera has worked for so long: longer than any fault takes to be named.
const TRIED: Duration = Duration::from_millis(1500);
/// Longest try.
const TRYING: Duration = Duration::from_secs(8);
/// A camera that fails while somebody is compared may recover in this time.
const RECOVERS: Duration = Duration::from_secs(2);
/// udev is still at work when a device appears.
const SETTLES: Duration = Duration::from_secs(1);
/// Pause between two tries of a broken camera.
const AGAIN: Duration = Duration::from_secs(5);

/// What is wrong with the one for faces and the one for the card's front; none where nothing is.
pub type Both = [Option<Fault>; 2];

/// In the order of [`Both`].
pub(crate) const ROLES: [Camera; 2] = [Camera::Face, Camera::CardFront];

/// The cameras.
pub struct Cameras {
    setups: [Setup; 2],
    health: watch::Sender<Both>,
    /// Held by whoever has them open.
    turn: Mutex<()>,
}

impl Cameras {
    /// Not tried yet: nothing is known to be wrong.
    #[must_use]
    pub fn new(face: Setup, card: Setup) -> Arc<Self> {
        Arc::new(Self {
            setups: [face, card],
            health: watch::Sender::new([None; 2]),
            turn: Mutex::new(()),
        })
    }

    /// What is wrong, now and from now on.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Both> {
        self.health.subscribe()
    }

    /// Each camera and whether it works.
    #[must_use]
    pub fn states(&self) -> Vec<CameraState> {
        let works = |fault: &Option<Fault>| !fault.is_some_and(Fault::breaks);
        let both = *self.health.borrow();
        ROLES.into_iter().zip(both.iter().map(works)).collect()
    }

    /// What is known to be wrong, in words.
    #[must_use]
    pub fn faults(&self) -> Vec<CameraFault> {
        let both = *self.health.borrow();
        let named =
            |(role, fault): (Camera, Option<Fault>)| Some((role, fault?.as_str().to_owned()));
        ROLES.into_iter().zip(both).filter_map(named).collect()
    }

    /// Opens both, once nobody else has them open.
    ///
    /// # Errors
    /// When there is no memory for their pictures.
    pub async fn open(&self) -> Result<Open<'_>, RingError> {
        let turn = self.turn.lock().await;
        let [face, card] = self.setups.clone();
        Ok(Open {
            face: Live::start(face)?,
            card: Live::start(card)?,
            cameras: self,
            _turn: turn,
        })
    }

    /// Opens both for as long as it takes to know whether they work.
    ///
    /// # Errors
    /// When there is no memory for their pictures.
    pub async fn try_out(&self) -> Result<(), RingError> {
        let open = self.open().await?;
        let found = tokio::join!(tried(&open.face), tried(&open.card));
        self.health.send_if_modified(|both| {
            let now = [found.0, found.1];
            std::mem::replace(both, now) != now
        });
        Ok(())
    }

    /// Tries them whenever there is reason to; never ends but by an error. Where both work and nothing is
    /// plugged it sleeps.
    ///
    /// # Errors
    /// When the folder of the devices cannot be read any more, or there is no memory.
    pub async fn look_after(&self, plugged: &Plugged) -> anyhow::Result<()> {
        let mut health = self.health.subscribe();
        loop {
            let broken = health
                .borrow_and_update()
                .iter()
                .flatten()
                .any(|f| f.breaks());
            tokio::select! {
                changed = plugged.changed() => {
                    changed?;
                    // What follows at once belongs to it.
                    while let Ok(more) = timeout(SETTLES, plugged.changed()).await {
                        more?;
                    }
                }
                _ = health.changed() => continue,
                () = sleep(AGAIN), if broken => {}
            }
            self.try_out().await?;
            health.mark_unchanged();
        }
    }

    fn record(&self, camera: usize, fault: Option<Fault>) {
        self.health
            .send_if_modified(|both| std::mem::replace(&mut both[camera], fault) != fault);
    }
}

/// What is wrong with a camera that was just opened.
async fn tried(camera: &Live) -> Option<Fault> {
    let mut health = camera.health();
    let end = Instant::now() + TRYING;
    let mut good = None;
    loop {
        let now = *health.borrow_and_update();
        match now {
            Health::Faulty(fault) => return Some(fault),
            Health::Works => drop(good.get_or_insert(Instant::now() + TRIED)),
            Health::Starting => {}
        }
        tokio::select! {
            _ = health.changed() => {}
            () = sleep_until(good.unwrap_or(end)) => {
                return good.is_none().then_some(Fault::Stalled);
            }
        }
    }
}

/// Both cameras while somebody is compared. They close when it is dropped.
pub struct Open<'a> {
    /// The one for faces.
    pub face: Live,
    /// The one for the card's front.
    pub card: Live,
    cameras: &'a Cameras,
    _turn: MutexGuard<'a, ()>,
}

impl Open<'_> {
    /// Ends when one of them has been broken for longer than it takes to recover. What is found is told
    /// to everybody who asks the cameras.
    pub async fn broken(&self) -> Fault {
        tokio::select! {
            fault = self.follow(0, &self.face) => fault,
            fault = self.follow(1, &self.card) => fault,
        }
    }

    async fn follow(&self, camera: usize, live: &Live) -> Fault {
        let mut health = live.health();
        let mut broken = None;
        loop {
            let now = *health.borrow_and_update();
            match now {
                Health::Faulty(fault) if fault.breaks() => {
                    let until =
                        broken.map_or_else(|| Instant::now() + RECOVERS, |(_, until)| until);
                    broken = Some((fault, until));
                }
                Health::Faulty(fault) => {
                    broken = None;
                    self.cameras.record(camera, Some(fault));
                }
                Health::Works => {
                    broken = None;
                    self.cameras.record(camera, None);
                }
                Health::Starting => {}
            }
            // The sender lives as long as the camera.
            let changed = health.changed();
            match broken {
                None => drop(changed.await),
                Some((fault, until)) => {
                    if tokio::time::timeout_at(until, changed).await.is_err() {
                        self.cameras.record(camera, Some(fault));
                        return fault;
                    }
                }
            }
        }
    }
}
