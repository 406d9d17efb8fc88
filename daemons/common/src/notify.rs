// SPDX-License-Identifier: MIT OR Apache-2.0
//! Readiness and watchdog, as sd_notify(3) states them.

use std::time::Duration;

use sd_notify::NotifyState;

/// The way to the service manager. Without one (no `NOTIFY_SOCKET`) every call does nothing.
#[derive(Clone, Debug, Default)]
pub struct Notify(());

impl Notify {
    /// The daemon owns its bus name and answers.
    pub fn ready(&self) {
        self.send(&[NotifyState::Ready]);
    }

    /// The owning task has just taken a turn. Never called from a timer beside it: a watchdog that
    /// is fed while the work hangs guards nothing.
    pub fn alive(&self) {
        self.send(&[NotifyState::Watchdog]);
    }

    /// One line of state for `systemctl status`; nothing about a patient.
    pub fn status(&self, line: &str) {
        self.send(&[NotifyState::Status(line)]);
    }

    /// How often [`Self::alive`] is due: half of `WatchdogSec=`, none when it is not set.
    #[must_use]
    pub fn watchdog_interval(&self) -> Option<Duration> {
        sd_notify::watchdog_enabled().map(|limit| limit / 2)
    }

    fn send(&self, state: &[NotifyState<'_>]) {
        if let Err(error) = sd_notify::notify(state) {
            tracing::warn!(%error, "the service manager was not told");
        }
    }
}
