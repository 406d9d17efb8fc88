// SPDX-License-Identifier: MIT OR Apache-2.0
//! A turn that comes around every few seconds for as long as the daemon lives.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::Duration;

use nix::sys::time::TimeSpec;
use nix::sys::timer::{Expiration, TimerSetTimeFlags};
use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The kernel's own timer. tokio's sorts what is seconds away into coarse drawers and looks into them
/// on the way: three wake-ups of the processor for each turn, where this takes one.
#[derive(Debug)]
pub struct Beat(AsyncFd<Timer>);

#[derive(Debug)]
struct Timer(TimerFd);

impl AsRawFd for Timer {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl Beat {
    /// A turn at once, and one every `pause` from then on.
    ///
    /// # Errors
    /// When the kernel has no timer for us, or outside of a runtime.
    pub fn every(pause: Duration) -> io::Result<Self> {
        let timer = TimerFd::new(
            ClockId::CLOCK_MONOTONIC,
            TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK,
        )?;
        // A first turn after no time at all would mean none ever.
        let first = TimeSpec::from_duration(Duration::from_nanos(1));
        timer.set(
            Expiration::IntervalDelayed(first, TimeSpec::from_duration(pause)),
            TimerSetTimeFlags::empty(),
        )?;
        // SAFETY: the timer owns its descriptor, which stays the same one until it is dropped.
        let watched = unsafe { AsyncFd::register_with_interest(Timer(timer), Interest::READABLE) };
        Ok(Self(watched?))
    }

    /// Ends at the next turn. Turns that were missed meanwhile are one.
    ///
    /// # Errors
    /// When the timer cannot be read, which would be a defect.
    pub async fn turn(&self) -> io::Result<()> {
        loop {
            let mut ready = self.0.readable().await?;
            // An error of the outer kind only says that it was woken for nothing.
            if let Ok(result) = ready.try_io(|timer| Ok(timer.get_ref().0.wait()?)) {
                return result;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SOON: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn the_first_turn_comes_at_once_and_the_next_one_not() {
        let beat = Beat::every(Duration::from_secs(86_400)).unwrap();
        tokio::time::timeout(SOON, beat.turn())
            .await
            .expect("a turn at once")
            .unwrap();
        let next = tokio::time::timeout(Duration::from_millis(10), beat.turn()).await;
        assert!(next.is_err(), "a turn a day early");
    }

    #[tokio::test]
    async fn turns_keep_coming() {
        let beat = Beat::every(Duration::from_millis(5)).unwrap();
        for _ in 0..5 {
            tokio::time::timeout(SOON, beat.turn())
                .await
                .expect("a turn")
                .unwrap();
        }
    }
}
