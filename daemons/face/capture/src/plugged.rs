// SPDX-License-Identifier: MIT OR Apache-2.0
//! Says when a video device is plugged or pulled.
//!
//! The folder of the nodes is watched, not udev's own messages: those come over the network's sockets,
//! which the sandbox does not have. udev gives a node its rights last but for its database, so whoever
//! asks udev then asks once more a moment later.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::path::Path;

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use tokio::io::unix::AsyncFd;

/// How the nodes are called.
const NODE: &str = "video";

/// The watch on a folder of nodes (`/dev`).
pub struct Plugged(AsyncFd<Watch>);

struct Watch(Inotify);

impl AsRawFd for Watch {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl Plugged {
    /// Watches `folder`.
    ///
    /// # Errors
    /// When it cannot be watched, or outside of a runtime.
    pub fn watch(folder: &Path) -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
        let flags = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_ATTRIB | AddWatchFlags::IN_DELETE;
        inotify.add_watch(folder, flags)?;
        // SAFETY: the watch owns its descriptor, which stays the same one until it is dropped.
        let watched = unsafe { AsyncFd::register(Watch(inotify)) };
        Ok(Self(watched?))
    }

    /// Ends when a video device came, went or got its rights.
    ///
    /// # Errors
    /// When the kernel's list cannot be read.
    pub async fn changed(&self) -> io::Result<()> {
        loop {
            let mut ready = self.0.readable().await?;
            let events = match ready.get_inner().0.read_events() {
                Ok(events) => events,
                Err(Errno::EAGAIN) => {
                    ready.clear_ready();
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let video = |name: &std::ffi::OsString| name.to_string_lossy().starts_with(NODE);
            // An event without a name says that some were lost.
            if events.iter().any(|e| e.name.as_ref().is_none_or(video)) {
                return Ok(());
            }
        }
    }
}
