// SPDX-License-Identifier: MIT OR Apache-2.0
//! Touch panels and keypads of the kernel, found at start and when they are plugged.

use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use evdev::{AbsoluteAxisCode as Axis, Device, KeyCode, PropType};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use super::Deed;
use super::keypad::{is_keypad, pressed};
use super::tracker::{Range, Tracker};

/// Why touch cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The directory of the devices cannot be watched.
    #[error("cannot watch {path}")]
    Watch {
        /// The directory.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

struct Open {
    path: PathBuf,
    device: Device,
    kind: Kind,
}

enum Kind {
    Touch(Tracker),
    Keypad,
}

/// Every touch panel and keypad of a directory.
pub struct Devices {
    directory: PathBuf,
    size: (u32, u32),
    keypads: bool,
    watch: Inotify,
    open: Vec<Open>,
}

impl Devices {
    /// Opens the touch panels in `directory` (`/dev/input`) for a glass of `size` pixels, with
    /// `keypads` those too, and watches for more. None at all is no error: a panel may be plugged
    /// later.
    ///
    /// # Errors
    /// When the directory cannot be watched.
    pub fn new(directory: &Path, size: (u32, u32), keypads: bool) -> Result<Self, InputError> {
        let failed = |e: nix::Error| InputError::Watch {
            path: directory.to_owned(),
            source: e.into(),
        };
        let watch =
            Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).map_err(failed)?;
        // A device appears first and gets its access rights from udev afterwards.
        let flags = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_ATTRIB;
        watch.add_watch(directory, flags).map_err(failed)?;
        let mut devices = Self {
            directory: directory.to_owned(),
            size,
            keypads,
            watch,
            open: Vec::new(),
        };
        devices.find();
        if !devices
            .open
            .iter()
            .any(|open| matches!(open.kind, Kind::Touch(_)))
        {
            tracing::warn!(directory = %directory.display(), "no touch device yet");
        }
        Ok(devices)
    }

    /// What to wait for.
    pub fn sources(&self) -> Vec<BorrowedFd<'_>> {
        let open = self.open.iter().map(|open| open.device.as_fd());
        std::iter::once(self.watch.as_fd()).chain(open).collect()
    }

    /// Whether a keypad is plugged.
    pub fn have_keypad(&self) -> bool {
        self.open
            .iter()
            .any(|open| matches!(open.kind, Kind::Keypad))
    }

    /// Reads what the devices have to say; never blocks.
    pub fn attend(&mut self, deeds: &mut Vec<Deed>) {
        let mut lost = false;
        self.open.retain_mut(|open| {
            let kept = read(open, deeds);
            lost |= !kept;
            kept
        });
        let mut plugged = false;
        while let Ok(events) = self.watch.read_events() {
            if events.is_empty() {
                break;
            }
            plugged = true;
        }
        if plugged || lost {
            self.find();
        }
    }

    fn find(&mut self) {
        let entries = match std::fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) => {
                tracing::warn!(directory = %self.directory.display(), %error, "cannot list devices");
                return;
            }
        };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect();
        paths.sort();
        for path in paths {
            let is_event = path
                .file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.starts_with("event"));
            if is_event && !self.open.iter().any(|open| open.path == path) {
                // A device we may not open is not ours: buttons and what is built in stay closed to us.
                if let Ok(device) = Device::open(&path)
                    && let Some(open) = accept(path, device, self.size, self.keypads)
                {
                    self.open.push(open);
                }
            }
        }
    }
}

/// A touch panel, or a keypad where these are wanted.
fn accept(path: PathBuf, mut device: Device, size: (u32, u32), keypads: bool) -> Option<Open> {
    let keypad = || device.supported_keys().is_some_and(is_keypad);
    let kind = match tracker(&device, size) {
        Some(tracker) => Kind::Touch(tracker),
        None if keypads && keypad() => Kind::Keypad,
        None => return None,
    };
    device.set_nonblocking(true).ok()?;
    let name = device.name().unwrap_or("unnamed").to_owned();
    if let Err(error) = device.grab() {
        // Someone else may see what is typed then; entry of a PIN must not be overheard.
        tracing::warn!(device = %path.display(), name, %error, "not ours alone; not used");
        return None;
    }
    let keypad = matches!(kind, Kind::Keypad);
    tracing::info!(device = %path.display(), name, keypad, "input");
    Some(Open { path, device, kind })
}

/// For a device with an absolute position on the glass.
fn tracker(device: &Device, size: (u32, u32)) -> Option<Tracker> {
    let axes = device.supported_absolute_axes()?;
    let slots = axes.contains(Axis::ABS_MT_SLOT) && axes.contains(Axis::ABS_MT_POSITION_X);
    let plain = axes.contains(Axis::ABS_X) && axes.contains(Axis::ABS_Y);
    let pressed = device
        .supported_keys()
        .is_some_and(|keys| keys.contains(KeyCode::BTN_TOUCH) || keys.contains(KeyCode::BTN_LEFT));
    // A touchpad of a service laptop's keyboard moves a pointer; it is no glass.
    let pad = device.properties().contains(PropType::POINTER)
        && !device.properties().contains(PropType::DIRECT)
        && slots;
    if pad || !(slots || (plain && pressed)) {
        return None;
    }
    let (mut x, mut y) = (None, None);
    let (axis_x, axis_y) = if slots {
        (Axis::ABS_MT_POSITION_X, Axis::ABS_MT_POSITION_Y)
    } else {
        (Axis::ABS_X, Axis::ABS_Y)
    };
    for (axis, info) in device.get_absinfo().ok()? {
        let range = Range {
            min: info.minimum(),
            max: info.maximum(),
        };
        if axis == axis_x {
            x = Some(range);
        } else if axis == axis_y {
            y = Some(range);
        }
    }
    Some(Tracker::new(x?, y?, size, slots))
}

/// Reads one device; false when it is gone.
fn read(open: &mut Open, deeds: &mut Vec<Deed>) -> bool {
    loop {
        match open.device.fetch_events() {
            Ok(events) => {
                for event in events {
                    deeds.extend(match &mut open.kind {
                        Kind::Touch(tracker) => tracker.feed(&event).map(Deed::Touch),
                        Kind::Keypad => pressed(&event).map(Deed::Key),
                    });
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                tracing::warn!(device = %open.path.display(), %error, "input lost");
                if let Kind::Touch(tracker) = &mut open.kind {
                    deeds.extend(tracker.lost().map(Deed::Touch));
                }
                return false;
            }
        }
    }
}
