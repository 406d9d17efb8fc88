// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whatever looks at pictures and says what is on them.
//!
//! None is compiled in: a daemon without one says so (`Face1.Engine`, `NoEngine`), and patients are led
//! to their PIN. It is never answered in an engine's place.

use std::future::Future;
use std::pin::Pin;

use tokio::sync::watch;
use uketsuke_bus::secret::SecretBytes;
use uketsuke_bus::view::Hint;
use uketsuke_face_capture::look::Region;
use uketsuke_face_capture::{Frame, Live};

/// What an engine is doing.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send + 'a>>;

/// Why an engine has no answer. Its words are for the log, and hold nothing of a person.
#[derive(Debug)]
pub struct EngineError(pub String);

/// Who stands before the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The one of the photo, alive.
    Holder,
    /// Another person, or none that lives.
    Other,
    /// Nobody whose face could be used, for `WITHOUT_FACE_S`.
    NoFace,
}

/// What looks at pictures. A comparison drops what it asked for when it ends early, so nothing that an
/// answer is made of may outlive its future (FACE-01).
pub trait Engine: Send + Sync + 'static {
    /// In a word, for staff. Never empty.
    fn name(&self) -> &str;

    /// 照合番号B as the card's front shows it, digits in ASCII; none where it cannot be read for sure.
    fn number<'a>(&'a self, front: Sight<'a>) -> Doing<'a, Option<SecretBytes>>;

    /// Whether who stands there is on the photo: a head of width and height (two bytes each, big-endian),
    /// then a byte of brightness a pixel.
    fn compare<'a>(&'a self, photo: SecretBytes, face: Sight<'a>) -> Doing<'a, Seen>;
}

/// What an engine sees through one camera, and can say of it.
pub struct Sight<'a> {
    camera: &'a Live,
    frames: watch::Receiver<Option<Frame>>,
    hints: watch::Sender<Option<Hint>>,
}

impl<'a> Sight<'a> {
    pub(crate) fn new(camera: &'a Live, hints: &watch::Sender<Option<Hint>>) -> Self {
        Self {
            camera,
            frames: camera.frames(),
            hints: hints.clone(),
        }
    }

    /// The next picture that is of now; never one twice. A picture holds one of few places in memory:
    /// keep one or two, not more.
    ///
    /// # Errors
    /// When the camera was closed.
    pub async fn frame(&mut self) -> Result<Frame, EngineError> {
        loop {
            let changed = self.frames.changed().await;
            changed.map_err(|_| EngineError("the camera was closed".into()))?;
            let newest = self.frames.borrow_and_update().clone();
            if let Some(frame) = newest.filter(Frame::is_fresh) {
                return Ok(frame);
            }
        }
    }

    /// What would help. Light is judged by the daemon, and comes first.
    pub fn hint(&self, hint: Hint) {
        self.hints.send_replace(Some(hint));
    }

    /// The face is there: light is measured on it from now on.
    pub fn meter_on(&self, region: Region) {
        self.camera.meter_on(region);
    }
}
