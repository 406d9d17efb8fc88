// SPDX-License-Identifier: MIT OR Apache-2.0
//! A camera that is looked through: started, watched, mended.
//!
//! ```text
//!          pictures                 named by what it shows
//!  Starting ──────► Works ──────────────────────────────► Faulty ──good again──► Works
//!     ▲  │            │                                     │ ▲
//!     │  └─ no start ─┴─ ended · stalled ───────────────────┼─┘
//!     └──────────── closed, a pause, built anew ◄───────────┘ (where only that may mend it)
//! ```

use std::os::fd::BorrowedFd;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use gstreamer as gst;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use uketsuke_bus::face1::Camera;
use uketsuke_face_preview::{RingError, Shape, Writer};

use crate::device::Named;
use crate::fault::Fault;
use crate::judge::{Light, Verdict};
use crate::line::{Ends, Line, fault};
use crate::look::Region;

/// A picture older than this is not of now (FACE-05).
pub const STALE: Duration = Duration::from_millis(100);
/// Without a picture for so long a camera stands still.
const STALLED: Duration = Duration::from_millis(1000);
/// The first picture may take longer: sensors settle, USB wakes up.
const FIRST: Duration = Duration::from_secs(3);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(500);
/// Pictures that stay bad for so long may become good by a start anew.
const STAYS: Duration = Duration::from_secs(2);
/// Longest wait for a driver to close its device.
const CLOSING: Duration = Duration::from_secs(2);

/// Makes a source for the bench and for tests.
pub type Make = Arc<dyn Fn() -> gst::Element + Send + Sync>;

/// Where pictures come from. A configuration can say the first alone.
#[derive(Clone)]
pub enum Source {
    /// The device that has these udev properties.
    Device(Named),
    /// Whatever is made: for the bench and for tests, in code.
    Bench(Make),
}

/// A camera as it is set up.
#[derive(Clone)]
pub struct Setup {
    /// What it looks at.
    pub role: Camera,
    /// Where its pictures come from.
    pub source: Source,
    /// Their shape.
    pub shape: Shape,
    /// Pictures a second.
    pub rate: u32,
    /// Held by whoever has the device open, in this and in every copy: two at once is what no device
    /// allows, and closing one may take a moment.
    door: Arc<Semaphore>,
}

impl Setup {
    /// A camera that nobody looks through yet.
    #[must_use]
    pub fn new(role: Camera, source: Source, shape: Shape, rate: u32) -> Self {
        Self {
            role,
            source,
            shape,
            rate,
            door: Arc::new(Semaphore::new(1)),
        }
    }
}

/// How a camera is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Nothing is known yet.
    Starting,
    /// Its pictures are good.
    Works,
    /// This is wrong with it.
    Faulty(Fault),
}

/// What has been seen through a camera since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Pictures.
    pub pictures: u64,
    /// Of these, such as had to be copied to where they are looked at.
    pub copies: u64,
    /// Pictures that came too late to be of now, and were dropped.
    pub stale: u64,
    /// What holds after the last one.
    pub verdict: Verdict,
}

/// A picture. It is not copied with its owner, and holds a slot of the ring for as long as it lives: who
/// keeps more than two keeps the camera from going on.
#[derive(Clone)]
pub struct Frame {
    bytes: Arc<gst::MappedBuffer<gst::buffer::Readable>>,
    shape: Shape,
    taken: Instant,
}

impl Frame {
    pub(crate) fn new(
        bytes: gst::MappedBuffer<gst::buffer::Readable>,
        shape: Shape,
        age: Duration,
    ) -> Self {
        let now = Instant::now();
        Self {
            bytes: Arc::new(bytes),
            shape,
            taken: now.checked_sub(age).unwrap_or(now),
        }
    }

    /// Its pixels, row by row without gaps.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its shape.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// When it was taken.
    #[must_use]
    pub fn taken(&self) -> Instant {
        self.taken
    }

    /// Whether it is still of now.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.taken.elapsed() <= STALE
    }
}

/// A camera that is looked through for as long as this is held.
pub struct Live {
    ends: Ends,
    health: watch::Receiver<Health>,
    task: JoinHandle<()>,
}

impl Live {
    /// Starts it; [`Self::health`] says what comes of it. Within a runtime.
    ///
    /// # Errors
    /// When there is no memory for its pictures.
    pub fn start(setup: Setup) -> Result<Self, RingError> {
        let ends = Ends {
            ring: Arc::new(Writer::new(setup.shape)?),
            frames: watch::Sender::new(None),
            seen: watch::Sender::new(Seen::default()),
            region: Arc::new(Mutex::new(Region::MIDDLE)),
            over: Arc::default(),
        };
        let (tell, health) = watch::channel(Health::Starting);
        let task = tokio::spawn(keep(setup, ends.clone(), tell));
        Ok(Self { ends, health, task })
    }

    /// How it is, now and from now on.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// Its newest picture, now and from now on.
    #[must_use]
    pub fn frames(&self) -> watch::Receiver<Option<Frame>> {
        self.ends.frames.subscribe()
    }

    /// What has been seen, now and from now on.
    #[must_use]
    pub fn seen(&self) -> watch::Receiver<Seen> {
        self.ends.seen.subscribe()
    }

    /// The ring, for whoever shows it.
    #[must_use]
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.ends.ring.descriptor()
    }

    /// Measures the light there from now on: where the face was found.
    pub fn meter_on(&self, region: Region) {
        let on = self.ends.region.lock();
        *on.unwrap_or_else(PoisonError::into_inner) = region;
    }

    /// How the face is lit now.
    #[must_use]
    pub fn light(&self) -> Light {
        self.ends.seen.borrow().verdict.light
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.ends.over.store(true, Ordering::Release);
        self.ends.ring.withdraw();
        self.ends.frames.send_replace(None);
        self.task.abort();
    }
}

/// Keeps a camera running until nobody holds it.
async fn keep(setup: Setup, ends: Ends, health: watch::Sender<Health>) {
    let role = setup.role.as_str();
    loop {
        let fault = run(&setup, &ends, &health, role).await;
        name(&health, role, Health::Faulty(fault));
        ends.ring.withdraw();
        ends.frames.send_replace(None);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Says how it is, where that is news.
fn name(health: &watch::Sender<Health>, role: &str, now: Health) {
    let news = health.send_if_modified(|is| std::mem::replace(is, now) != now);
    match now {
        Health::Faulty(fault) if news && fault.breaks() => {
            tracing::warn!(
                camera = role,
                fault = fault.as_str(),
                "a camera does not work"
            );
        }
        Health::Faulty(fault) if news => {
            tracing::info!(
                camera = role,
                fault = fault.as_str(),
                "a camera sees too little"
            );
        }
        Health::Works if news => tracing::info!(camera = role, "a camera works"),
        _ => {}
    }
}

/// Runs one pipeline until something that only another one can mend.
async fn run(setup: &Setup, ends: &Ends, health: &watch::Sender<Health>, role: &str) -> Fault {
    let open = Arc::clone(&setup.door).acquire_owned();
    let Ok(Ok(open)) = tokio::time::timeout(FIRST, open).await else {
        return Fault::Stalled;
    };
    let (starting, to) = (setup.clone(), ends.clone());
    let begun = tokio::task::spawn_blocking(move || Line::start(&starting, to, open));
    // A driver that hangs holds its own thread, not us.
    let line = match tokio::time::timeout(FIRST, begun).await {
        Ok(Ok(Ok(line))) => line,
        Ok(Ok(Err(fault))) => return fault,
        Ok(Err(_)) | Err(_) => return Fault::Stalled,
    };
    let held = Held(Some(line));
    let mut seen = ends.seen.subscribe();
    let mut messages = held.0.as_ref().map(Line::bus).map(|bus| bus.stream());
    let mut due = tokio::time::Instant::now() + FIRST;
    let mut bad = None::<(Fault, Instant)>;
    let mut pictures = seen.borrow_and_update().pictures;
    let fault = loop {
        tokio::select! {
            said = next(&mut messages) => {
                if let Some(fault) = said.as_ref().and_then(fault) {
                    break fault;
                }
            }
            _ = seen.changed() => {
                let now = *seen.borrow_and_update();
                if std::mem::replace(&mut pictures, now.pictures) == now.pictures {
                    continue;
                }
                due = tokio::time::Instant::now() + STALLED;
                let Some(fault) = now.verdict.fault else {
                    bad = None;
                    name(health, role, Health::Works);
                    continue;
                };
                name(health, role, Health::Faulty(fault));
                let since = match bad {
                    Some((same, since)) if same == fault => since,
                    _ => bad.insert((fault, Instant::now())).1,
                };
                if fault.wants_restart() && since.elapsed() >= STAYS {
                    break fault;
                }
            }
            () = tokio::time::sleep_until(due) => break Fault::Stalled,
        }
    };
    name(health, role, Health::Faulty(fault));
    held.close().await;
    fault
}

async fn next(messages: &mut Option<gst::bus::BusStream>) -> Option<gst::Message> {
    match messages {
        Some(messages) => messages.next().await,
        None => std::future::pending().await,
    }
}

/// A pipeline that is closed on a thread of its own: a driver may take its time, or never come back.
struct Held(Option<Line>);

impl Held {
    /// Waits until it is closed, so that the device can be opened again; not longer than [`CLOSING`].
    async fn close(mut self) {
        let Some(line) = self.0.take() else { return };
        let closing = tokio::task::spawn_blocking(move || line.stop());
        if tokio::time::timeout(CLOSING, closing).await.is_err() {
            tracing::warn!("a camera's driver does not close it");
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(line) = self.0.take() {
            std::thread::spawn(move || line.stop());
        }
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Device(named) => f.debug_tuple("Device").field(named).finish(),
            Self::Bench(_) => f.write_str("Bench"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_hand_or_a_lamp_mends_leaves_a_camera_usable() {
        let usable: Vec<Fault> = Fault::ALL.into_iter().filter(|f| !f.breaks()).collect();
        assert_eq!(usable, [Fault::Covered, Fault::Dark]);
    }
}
