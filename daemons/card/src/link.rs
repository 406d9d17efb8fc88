// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the daemon needs of reader slots and of a card in one; [`crate::pcsc`] is the real adaptor.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;
use uketsuke_bus::card1::Role;

use crate::apdu::{Command, Response};

/// In this time pcscd has looked at a slot: it does so every 400 ms (`PCSCLITE_STATUS_POLL_RATE`).
pub const LOOK: Duration = Duration::from_millis(450);

/// Why a card could not be reached. None of these says whether the card took the last command.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// There is no card in the slot any more.
    #[error("the card was removed")]
    Removed,
    /// The slot is unplugged.
    #[error("the reader is unplugged")]
    ReaderGone,
    /// pcscd is away.
    #[error("pcscd is away")]
    ServiceAway,
    /// Somebody else holds the card, possibly an abandoned call of ours.
    #[error("the card is held by another connection")]
    Held,
    /// The card, its reader or pcscd did not answer in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The answer is no answer in the short form.
    #[error("the answer is malformed")]
    Malformed,
    /// Too many calls hang in pcscd; only a restart of the daemon frees them.
    #[error("{0} calls hang in pcscd")]
    Stuck(usize),
    /// The exchange failed on the way.
    #[error("the exchange failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// A powered card that nobody else can reach. Dropping it powers the card down as soon as a command
/// that is still under way has ended.
pub trait Link: Send + 'static {
    /// Sends one command and waits for its answer. A caller that stops waiting must drop the link:
    /// what the card did with the command is unknown then.
    fn transmit(
        &mut self,
        command: &Command,
    ) -> impl Future<Output = Result<Response, LinkError>> + Send;

    /// Takes the power off the card and lets go of it.
    fn power_down(self) -> impl Future<Output = Result<(), LinkError>> + Send;
}

/// The way to the cards in the slots.
pub trait Slots: Send + Sync + 'static {
    /// A card reached through this.
    type Card: Link;

    /// Powers the card in `slot` and takes it for this daemon alone.
    fn connect(&self, slot: &str) -> impl Future<Output = Result<Self::Card, LinkError>> + Send;

    /// Since when a call at `slot` is out that nobody waits for any more; none when all have come back.
    fn abandoned(&self, slot: &str) -> Option<Instant>;
}

/// Which card lies in a slot: the life of the PC/SC service and its event counter of the slot. Two
/// cards placed one after the other never have the same.
pub type Insertion = (u64, u32);

/// A slot that has a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// What it is for. No two slots of a snapshot have the same.
    pub role: Role,
    /// PC/SC name.
    pub name: String,
    /// The card in it.
    pub card: Option<Insertion>,
}

/// The slots as PC/SC last told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The slots, cards first; empty while the service is away.
    pub slots: Vec<Slot>,
}
