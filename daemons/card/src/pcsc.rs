// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real slots: pcscd, through libpcsclite.
//!
//! Every call of that library blocks, and none of those that talk to a card can be cancelled. So
//! each connection has a thread of its own ([`worker`]), and one more waits for changes of the slots
//! ([`watcher`]). A caller that has waited long enough walks away: the thread ends by itself when
//! the call returns, and takes the power off the card then.

mod device;
pub mod off;
mod watcher;
mod worker;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::apdu::{Command, Response};
use crate::link::{LOOK, Link, LinkError, Slots, Snapshot};
use crate::roles::Roles;
use watcher::Watcher;
use worker::{Worker, Workers};

/// Longest wait for pcscd to power a card: it tries several voltages and speeds.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest wait for a card that an abandoned call of ours still holds: the longest signature.
const HELD: Duration = Duration::from_secs(7);
/// Longest wait for pcscd to take the power off a card that does nothing.
const POWER_OFF: Duration = Duration::from_secs(1);
/// Pause between two attempts at a held card.
const HELD_PAUSE: Duration = Duration::from_millis(50);

/// pcscd's slots.
pub struct Pcsc {
    workers: Arc<Workers>,
    watcher: Watcher,
    /// Longest wait at the end, see [`Self::wait_at_the_end`].
    ending: Duration,
}

impl Pcsc {
    /// Starts to watch the readers that have a role. pcscd may be away, now or later.
    ///
    /// # Errors
    /// When the kernel gives no thread.
    pub fn start(roles: Roles) -> io::Result<(Self, watch::Receiver<Snapshot>)> {
        let (watcher, snapshots) = Watcher::start(roles)?;
        let slots = Self {
            workers: Arc::default(),
            watcher,
            ending: CONNECT + LOOK,
        };
        Ok((slots, snapshots))
    }

    /// How long the end of the daemon may wait for cards to be powered down, if `command` is the longest
    /// wait for an answer: the command under way cannot be called back, and the power goes off behind
    /// it. Ended earlier, a card that signs would be left to pcscd with its PIN in force.
    pub fn wait_at_the_end(&mut self, command: Duration) {
        self.ending = command.max(CONNECT) + LOOK + POWER_OFF;
    }

    async fn connect_once(&self, slot: &str) -> Result<PcscLink, LinkError> {
        let worker = timeout(CONNECT, Worker::connect(&self.workers, slot))
            .await
            .unwrap_or(Err(LinkError::Timeout(CONNECT)))?;
        Ok(PcscLink { worker })
    }
}

impl Slots for Pcsc {
    type Card = PcscLink;

    async fn connect(&self, slot: &str) -> Result<PcscLink, LinkError> {
        let patience = Instant::now() + HELD;
        loop {
            match self.connect_once(slot).await {
                Err(LinkError::Held) if Instant::now() < patience => sleep(HELD_PAUSE).await,
                result => return result,
            }
        }
    }

    fn abandoned(&self, slot: &str) -> Option<Instant> {
        self.workers.abandoned(slot)
    }
}

impl Drop for Pcsc {
    /// The daemon ends: cards that are still powered are powered down before the process goes. A
    /// process that leaves a card to pcscd has it reset only, which a presented PIN survives.
    fn drop(&mut self) {
        self.watcher.stop();
        self.workers.wait(self.ending);
    }
}

/// A card held exclusively through pcscd.
pub struct PcscLink {
    worker: Worker,
}

impl Link for PcscLink {
    async fn transmit(&mut self, command: &Command) -> Result<Response, LinkError> {
        self.worker.transmit(command.bytes()).await
    }

    async fn power_down(self) -> Result<(), LinkError> {
        self.worker.power_down().await
    }
}

impl From<pcsc::Error> for LinkError {
    fn from(error: pcsc::Error) -> Self {
        use pcsc::Error as E;
        match error {
            E::NoSmartcard | E::RemovedCard => Self::Removed,
            E::ReaderUnavailable | E::UnknownReader | E::NoReadersAvailable => Self::ReaderGone,
            E::NoService | E::ServiceStopped | E::InvalidHandle => Self::ServiceAway,
            E::SharingViolation => Self::Held,
            E::InsufficientBuffer => Self::Malformed,
            other => Self::Failed(Box::new(other)),
        }
    }
}
