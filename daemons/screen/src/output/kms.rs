// SPDX-License-Identifier: MIT OR Apache-2.0
//! A display of the kernel's mode setting, with a dumb buffer: works on every driver, needs no GPU.
//!
//! The dumb buffer is written, never read: it is usually write-combined memory, where one read
//! costs as much as a hundred writes. The picture is drawn elsewhere and only what changed is
//! copied. Drivers that upload the buffer themselves (virtio, USB) are told the same rectangles.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use drm::Device;
use drm::buffer::{Buffer, DrmFourcc};
use drm::control::dumbbuffer::{DumbBuffer, DumbMapping};
use drm::control::{ClipRect, Device as ControlDevice, Mode, ModeTypeFlags};
use drm::control::{connector, crtc, framebuffer};

use super::{Output, OutputError, Pixels, Shown, copy};
use crate::ui::geometry::Rect;

struct Card(File);

impl AsFd for Card {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Device for Card {}
impl ControlDevice for Card {}

/// A lit display.
pub struct Kms {
    card: Card,
    path: PathBuf,
    connector: connector::Info,
    crtc: crtc::Handle,
    buffer: DumbBuffer,
    memory: DumbMapping<'static>,
    frame_buffer: framebuffer::Handle,
    /// Whether the driver wants to be told what changed; learnt from its first answer.
    wants_clips: bool,
}

impl Kms {
    /// Lights the first connected display of the cards in `directory` (`/dev/dri`), in the order
    /// of their names.
    ///
    /// # Errors
    /// [`OutputError::NoDisplay`] when none is connected; otherwise what the last card refused.
    pub fn open(directory: &Path) -> Result<Self, OutputError> {
        let entries =
            std::fs::read_dir(directory).map_err(OutputError::file("cannot list", directory))?;
        let mut cards: Vec<PathBuf> = entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| {
                path.file_name()
                    .and_then(|name| name.to_str())
                    .is_some_and(|name| name.starts_with("card"))
            })
            .collect();
        cards.sort();
        let mut last = OutputError::NoDisplay;
        for path in cards {
            match Self::light(&path) {
                Ok(kms) => return Ok(kms),
                Err(error) => {
                    tracing::info!(card = %path.display(), %error, "not this card");
                    last = error;
                }
            }
        }
        Err(last)
    }

    fn light(path: &Path) -> Result<Self, OutputError> {
        let file = File::options()
            .read(true)
            .write(true)
            .open(path)
            .map_err(OutputError::file("cannot open", path))?;
        let card = Card(file);
        let display = OutputError::display;
        let resources = card
            .resource_handles()
            .map_err(display("cannot list displays"))?;
        let (connector, mode) = resources
            .connectors()
            .iter()
            .filter_map(|handle| card.get_connector(*handle, true).ok())
            .filter(|info| info.state() == connector::State::Connected)
            .find_map(|info| best_mode(info.modes()).map(|mode| (info, mode)))
            .ok_or(OutputError::NoDisplay)?;
        let crtc = connector
            .encoders()
            .iter()
            .filter_map(|handle| card.get_encoder(*handle).ok())
            .flat_map(|encoder| resources.filter_crtcs(encoder.possible_crtcs()))
            .next()
            .ok_or(OutputError::NoDisplay)?;
        let (width, height) = mode.size();
        let buffer = card
            .create_dumb_buffer((width.into(), height.into()), DrmFourcc::Xrgb8888, 32)
            .map_err(display("cannot make a buffer"))?;
        let frame_buffer = card
            .add_framebuffer(&buffer, 24, 32)
            .map_err(display("cannot make a frame buffer"))?;
        // The mapping must outlive every picture, so the description it borrows (a few words) is
        // given away for good: a display is opened once in the life of the process.
        let memory = card
            .map_dumb_buffer(Box::leak(Box::new(buffer)))
            .map_err(display("cannot map the buffer"))?;
        card.set_crtc(
            crtc,
            Some(frame_buffer),
            (0, 0),
            &[connector.handle()],
            Some(mode),
        )
        .map_err(display("cannot set the mode"))?;
        let path = path.to_owned();
        Ok(Self {
            card,
            path,
            connector,
            crtc,
            buffer,
            memory,
            frame_buffer,
            wants_clips: true,
        })
    }

    /// Tells the driver what changed. Drivers that scan the buffer out themselves answer that
    /// they do not know the request; they are not asked again.
    fn tell(&mut self, damage: &[Rect]) -> Result<(), OutputError> {
        if !self.wants_clips || damage.is_empty() {
            return Ok(());
        }
        let clips: Vec<ClipRect> = damage
            .iter()
            .map(|r| {
                let edge = |value: i32| u16::try_from(value.max(0)).unwrap_or(u16::MAX);
                ClipRect::new(edge(r.x), edge(r.y), edge(r.right()), edge(r.bottom()))
            })
            .collect();
        match self.card.dirty_framebuffer(self.frame_buffer, &clips) {
            Ok(()) => Ok(()),
            Err(error)
                if matches!(
                    error.raw_os_error(),
                    Some(nix::libc::ENOSYS | nix::libc::EINVAL | nix::libc::EOPNOTSUPP)
                ) =>
            {
                self.wants_clips = false;
                Ok(())
            }
            Err(error) => Err(OutputError::display("cannot flush the picture")(error)),
        }
    }
}

/// The mode the display prefers, otherwise its first.
fn best_mode(modes: &[Mode]) -> Option<Mode> {
    modes
        .iter()
        .find(|mode| mode.mode_type().contains(ModeTypeFlags::PREFERRED))
        .or_else(|| modes.first())
        .copied()
}

impl Output for Kms {
    fn name(&self) -> String {
        let (width, height) = self.buffer.size();
        format!(
            "kms {} {} {width}x{height}",
            self.path.display(),
            self.connector
        )
    }

    fn size(&self) -> (u32, u32) {
        self.buffer.size()
    }

    fn show(&mut self, shown: &Shown<'_>) -> Result<(), OutputError> {
        let stride = self.buffer.pitch() as usize;
        let mut turned = Vec::with_capacity(shown.damage.len());
        for rect in shown.damage {
            let rotation = shown.rotation;
            let memory = self.memory.as_mut();
            turned.push(copy(
                shown.frame,
                rect,
                rotation,
                memory,
                stride,
                Pixels::Xrgb8888,
            ));
        }
        self.tell(&turned)
    }
}

impl Drop for Kms {
    fn drop(&mut self) {
        // Dark glass instead of a frozen picture that promises a living reader. The process is
        // ending; whatever is refused here the kernel does itself when the card is closed.
        let _ = self.card.set_crtc(self.crtc, None, (0, 0), &[], None);
        let _ = self.card.destroy_framebuffer(self.frame_buffer);
        let _ = self.card.destroy_dumb_buffer(self.buffer);
    }
}
