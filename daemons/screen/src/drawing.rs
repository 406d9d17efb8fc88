// SPDX-License-Identifier: MIT OR Apache-2.0
//! The drawing thread: owns desk, glass and touch; sleeps until one of them has something to do.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use tokio::sync::mpsc::UnboundedSender;
use uketsuke_bus::screen1::Ease;

use crate::desk::{Desk, Effect, Event, Setup};
use crate::input::Deed;
use crate::input::devices::Devices;
use crate::output::{Output, OutputError, Shown, Touch};
use crate::speech;
use crate::ui::geometry::Rotation;

/// Why drawing ended.
#[derive(Debug, thiserror::Error)]
pub enum DrawingError {
    /// The glass failed.
    #[error("the display failed")]
    Output(#[from] OutputError),
    /// The kernel refused to wait or to wake.
    #[error("cannot wait for events")]
    Wait(#[source] std::io::Error),
}

/// What the thread is told.
pub enum Order {
    /// Something happened.
    Event(Event),
    /// Answer with [`Report::Alive`]: the watchdog asks.
    Ping,
    /// End.
    Stop,
}

/// What the thread says.
pub enum Report {
    /// Something for the bus.
    Effect(Effect),
    /// Text size, colours or layout are other ones now.
    Ease(Ease),
    /// Something for the voice.
    Speech(speech::Order),
    /// It has taken a turn.
    Alive,
}

/// The way to the drawing thread.
#[derive(Clone)]
pub struct Orders {
    queue: Sender<Order>,
    wake: Arc<EventFd>,
}

impl Orders {
    /// Hands an order over; false when the thread has ended.
    pub fn send(&self, order: Order) -> bool {
        // The counter of an event descriptor is full only after 2^64 orders.
        self.queue.send(order).is_ok() && self.wake.write(1).is_ok()
    }
}

/// The drawing thread before it runs.
pub struct Drawing {
    orders: Receiver<Order>,
    wake: Arc<EventFd>,
    reports: UnboundedSender<Report>,
}

/// Makes the thread's ends.
///
/// # Errors
/// When the kernel gives no event descriptor.
pub fn prepare(reports: UnboundedSender<Report>) -> Result<(Orders, Drawing), DrawingError> {
    let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
    let wake = EventFd::from_value_and_flags(0, flags)
        .map_err(|error| DrawingError::Wait(error.into()))?;
    let wake = Arc::new(wake);
    let (queue, orders) = channel();
    Ok((
        Orders {
            queue,
            wake: Arc::clone(&wake),
        },
        Drawing {
            orders,
            wake,
            reports,
        },
    ))
}

impl Drawing {
    /// Draws until told to stop.
    ///
    /// # Errors
    /// When the glass or the kernel fails; the service manager then starts anew.
    pub fn run(
        self,
        setup: Setup,
        rotation: Rotation,
        mut output: Box<dyn Output>,
        mut devices: Option<Devices>,
    ) -> Result<(), DrawingError> {
        let mut desk = Desk::new(setup);
        let mut deeds = Vec::new();
        let mut told = desk.ease();
        loop {
            if desk.ease() != told {
                told = desk.ease();
                // Nobody to tell means that the daemon is ending.
                let _ = self.reports.send(Report::Ease(told));
            }
            if let Some(order) = desk.take_speech() {
                let _ = self.reports.send(Report::Speech(order));
            }
            present(&mut desk, output.as_mut(), rotation)?;
            self.wait(&desk, output.as_ref(), devices.as_ref())?;
            if let Some(devices) = &mut devices {
                devices.attend(&mut deeds);
                let keypad = Event::Keypad(devices.have_keypad());
                self.report(desk.event(keypad, Instant::now()));
            }
            let tree = || desk.scene().tree();
            output.attend(&shown(&desk, &[], rotation, &tree), &mut deeds)?;
            if !self.turn(&mut desk, rotation, &mut deeds, output.as_mut())? {
                return Ok(());
            }
        }
    }

    /// One turn: orders, touches and keys, time. False when told to stop.
    fn turn(
        &self,
        desk: &mut Desk,
        rotation: Rotation,
        deeds: &mut Vec<Deed>,
        output: &mut dyn Output,
    ) -> Result<bool, DrawingError> {
        match self.wake.read() {
            Ok(_) | Err(Errno::EAGAIN) => {}
            Err(error) => return Err(DrawingError::Wait(error.into())),
        }
        let now = Instant::now();
        loop {
            match self.orders.try_recv() {
                Ok(Order::Event(event)) => self.report(desk.event(event, now)),
                Ok(Order::Ping) => drop(self.reports.send(Report::Alive)),
                Err(TryRecvError::Empty) => break,
                Ok(Order::Stop) | Err(TryRecvError::Disconnected) => return Ok(false),
            }
        }
        let picture = (desk.scene().frame().width, desk.scene().frame().height);
        for deed in deeds.drain(..) {
            self.report(match deed {
                Deed::Touch(touch) => {
                    let (x, y) = rotation.to_picture(touch.x, touch.y, picture);
                    desk.touch(Touch { x, y, ..touch }, now)
                }
                Deed::Key(key) => desk.key(key, now),
            });
            // A press shows even when its release came in the same batch.
            present(desk, output, rotation)?;
        }
        self.report(desk.tick(now));
        Ok(true)
    }

    fn report(&self, effect: Option<Effect>) {
        if let Some(effect) = effect {
            // Nobody to tell means that the daemon is ending.
            let _ = self.reports.send(Report::Effect(effect));
        }
    }

    /// Sleeps until there is something to do or the desk's time has come.
    fn wait(
        &self,
        desk: &Desk,
        output: &dyn Output,
        devices: Option<&Devices>,
    ) -> Result<(), DrawingError> {
        let wake = self.wake.as_fd();
        let sources = output.sources();
        let inputs: Vec<BorrowedFd<'_>> = devices.map(Devices::sources).unwrap_or_default();
        let mut fds: Vec<PollFd<'_>> = std::iter::once(wake)
            .chain(inputs)
            .map(|fd| PollFd::new(fd, PollFlags::POLLIN))
            .chain(sources.iter().map(|source| {
                let write = if source.write {
                    PollFlags::POLLOUT
                } else {
                    PollFlags::empty()
                };
                PollFd::new(source.fd, PollFlags::POLLIN | write)
            }))
            .collect();
        let timeout = match desk.deadline() {
            None => PollTimeout::NONE,
            Some(at) => {
                // Rounded up: waking a moment early would spin until the moment comes.
                let left = at.saturating_duration_since(Instant::now()).as_millis() + 1;
                PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
            }
        };
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(DrawingError::Wait(error.into())),
        }
    }
}

fn shown<'a>(
    desk: &'a Desk,
    damage: &'a [crate::ui::geometry::Rect],
    rotation: Rotation,
    tree: &'a dyn Fn() -> Vec<crate::ui::scene::TreeNode>,
) -> Shown<'a> {
    Shown {
        frame: desk.scene().frame(),
        damage,
        rotation,
        view: desk.view_id(),
        view_number: desk.view_number(),
        language: desk.language().tag(),
        ease: desk.ease(),
        tree,
    }
}

/// Shows what changed, if anything did.
pub fn present(
    desk: &mut Desk,
    output: &mut dyn Output,
    rotation: Rotation,
) -> Result<(), OutputError> {
    if let Some(damage) = desk.take_damage() {
        let tree = || desk.scene().tree();
        output.show(&shown(desk, &damage, rotation, &tree))?;
    }
    Ok(())
}
