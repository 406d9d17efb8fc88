// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cameras: pictures of the device that was named, and what is wrong with them.
//!
//! ```text
//!  v4l2src ─► size, rate ─► videoconvert ─► colours ─► sink
//!                                │                      │ a picture lies in a slot of the ring:
//!                                └─ writes into a slot ─┘ published, looked at, handed on; not copied
//! ```
//!
//! A [`Live`] camera runs for as long as it is held: nothing of it is left open, and its pictures are
//! overwritten, when it is dropped. What is wrong is named ([`Fault`]) and mended by itself where it
//! can be: a pipeline that ended is built anew, a picture that became good is good.
//!
//! [`look`] measures a picture and [`judge`] says what follows from it; both are pure. [`device`] finds
//! the camera that is meant; whatever else is plugged is not used in its place.

mod camera;
pub mod device;
mod fault;
pub mod judge;
mod line;
pub mod look;
mod plugged;
mod pool;

pub use camera::{Frame, Health, Live, STALE, Seen, Setup, Source};
pub use fault::Fault;
pub use plugged::Plugged;

/// Makes GStreamer ready. Once, before any camera.
///
/// # Errors
/// When this machine's GStreamer cannot be used.
pub fn init() -> Result<(), gstreamer::glib::Error> {
    gstreamer::init()
}
