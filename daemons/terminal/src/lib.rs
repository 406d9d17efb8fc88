// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-terminal`, the 資格確認端末: between the readers and the centre.
//!
//! Readers come over HTTP/2 with mutual TLS 1.3 and are known by the common name of their
//! certificate. The terminal
//!
//! - opens sessions at the centre and passes check-ins on. The answer, with the patient's name,
//!   passes through and is not stored; the history keeps session, reader, time and result;
//! - takes consents and abandoned sessions as records with idempotency keys. A record is
//!   acknowledged once it is durable here, and goes on to the centre from its own outbox, so that
//!   it arrives there exactly once however long the line is down;
//! - tells each reader with its heart-beat which hop behind it works;
//! - tells each reader which account has a passcode (目視確認用パスコード) and which has none any more,
//!   until it says that it is so; the digits themselves are never stored;
//! - tells each reader which operation mode (運転モード) staff want it in whenever it says that it stands
//!   in another, 目視確認 no later than a minute after staff asked for it, and hands on once that staff
//!   have compared a patient with the card;
//! - gives each reader the facility profile (環境設定情報) that staff set for it, whenever it says that it
//!   keeps another;
//! - lays a face file of each visit that is complete into the folder of the receipt computers
//!   (レセプトコンピューター) that want the reader's; what it says is asked of the centre then, and not kept;
//! - shows readers, hops and the last check-ins on the pages of its console, on loopback, where those
//!   who are logged in issue passcodes, set operation modes and facility profiles, and administer accounts ([`console`]).
//!
//! Files: `terminal.db` (SQLite, WAL, synchronous=FULL) in the state directory, or PostgreSQL
//! (`terminal.database`); the socket
//! `console.socket` in the runtime directory, for `uketsukectl first-account`; certificates
//! `terminal.crt`, `terminal.key`, `reader-ca.crt`, `terminal-client.crt`, `terminal-client.key`,
//! `centre-ca.crt` in the credentials directory. No bus name. The interface for readers is
//! `openapi.json`, generated from [`api`].

pub mod api;
pub mod app;
mod centre;
pub mod console;
mod face_files;
pub mod figures;
mod modes;
mod page;
mod passcodes;
mod profiles;
mod store;

pub use centre::CentreLine;
pub use face_files::{Computer, FaceFiles, Trouble};
pub use figures::Figures;
pub use modes::{ModeError, Modes, ReaderMode};
pub use page::routes;
pub use passcodes::{IssueError, Issued, Passcodes};
pub use profiles::{ProfileError, Profiles, ReaderProfile};
pub use store::{
    Account, Counts, Course, Database, Doing, Done, Happened, Holder, ModeSet, Of, OnReader,
    ProfileSet, Seen, Store, StoreError, Vouching, Wanted,
};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use uketsuke_link::orders::{ORDERS, Order, OrderResult};

use crate::console::Console;

/// A reader not heard for this long (three heart-beats and a bit) is away, seconds.
const AWAY_S: u64 = 13;

/// Most readers one terminal knows the last heart-beat of.
const READERS: usize = 5000;

/// Longest wait for the readers that are there to say what became of what staff want.
const HEARD: Duration = Duration::from_secs(10);

/// What the listeners and the outbox share.
pub struct Shared {
    /// The database.
    pub store: Store,
    /// The line to the centre.
    pub centre: CentreLine,
    /// Rung when the outbox got a record.
    pub outbox: Notify,
    /// Passcodes on their way to the readers.
    pub passcodes: Passcodes,
    /// What the readers stand in, and the wishes that must not outlive a restart.
    pub modes: Modes,
    /// Who may use the console.
    pub console: Console,
    /// What the readers are on of the facility profiles.
    pub profiles: Profiles,
    /// The receipt computers, and what they get.
    pub face_files: FaceFiles,
    /// Sent with every change of what should be on a reader, or is.
    changes: watch::Sender<()>,
    /// When each reader was heard last, seconds since 1970.
    heard: Mutex<HashMap<Arc<str>, u64>>,
}

impl Shared {
    /// Nothing heard yet.
    #[must_use]
    pub fn new(store: Store, centre: CentreLine, console: Console, face_files: FaceFiles) -> Self {
        Self {
            console,
            store,
            centre,
            outbox: Notify::new(),
            passcodes: Passcodes::default(),
            modes: Modes::default(),
            profiles: Profiles::default(),
            face_files,
            changes: watch::Sender::default(),
            heard: Mutex::default(),
        }
    }

    /// A reader was heard. One that is new is remembered: what staff do at the terminal is for every
    /// reader that ever came.
    async fn hear(&self, reader: &Arc<str>) {
        let known = self.heard().contains_key(reader);
        if !known && let Err(error) = self.store.met(reader).await {
            // It is tried again when it is heard next.
            tracing::error!(%error, %reader, "a new reader is not remembered");
            return;
        }
        let mut heard = self.heard();
        if heard.len() < READERS || heard.contains_key(reader) {
            heard.insert(Arc::clone(reader), uketsuke_link::now());
        }
    }

    fn heard(&self) -> MutexGuard<'_, HashMap<Arc<str>, u64>> {
        // Whole after every statement.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn readers(&self) -> Vec<(Arc<str>, u64)> {
        let mut readers: Vec<_> = self
            .heard()
            .iter()
            .map(|(name, at)| (Arc::clone(name), *at))
            .collect();
        readers.sort();
        readers
    }

    /// Every change of what should be on a reader, or is, from now on.
    fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Whether a reader is connected.
    fn connected(&self, reader: &str) -> bool {
        self.heard().get(reader).is_some_and(|heard| there(*heard))
    }

    /// What `reader` has yet to do; what can be given once only is given with this, so an answer that is
    /// not empty must be sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn orders(&self, reader: &str) -> Result<Vec<Order>, StoreError> {
        let mut orders = self.passcode_orders(reader).await?;
        if orders.len() < ORDERS {
            orders.extend(self.mode_order(reader).await?);
        }
        if orders.len() < ORDERS {
            orders.extend(self.profile_order(reader).await?);
        }
        Ok(orders)
    }

    /// What `reader` said became of its orders; durable on return.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn told(&self, reader: &str, results: &[OrderResult]) -> Result<(), StoreError> {
        self.store.told(reader, results).await?;
        self.modes.told(reader, results);
        let wanted = self.store.profile(reader).await?;
        self.profiles.told(reader, wanted.as_ref(), results);
        self.forget_digits().await?;
        self.changed();
        Ok(())
    }

    /// Whoever waits for a change looks again.
    fn changed(&self) {
        self.changes.send_replace(());
    }

    /// Looks, and looks again after every change, until it is `enough` or `limit` is over; what the last
    /// look saw.
    async fn look<T, F>(
        &self,
        limit: Duration,
        look: impl Fn() -> F,
        enough: impl Fn(&T) -> bool,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut changes = self.changes.subscribe();
        let end = Instant::now() + limit;
        loop {
            changes.mark_unchanged();
            let seen = look().await?;
            if enough(&seen) {
                return Ok(seen);
            }
            match tokio::time::timeout_at(end, changes.changed()).await {
                Ok(Ok(())) => {}
                // Over. The sender lives as long as this.
                Err(_) | Ok(Err(_)) => return Ok(seen),
            }
        }
    }
}

/// Whether a reader that was `heard` then is connected now.
fn there(heard: u64) -> bool {
    uketsuke_link::now().saturating_sub(heard) <= AWAY_S
}

/// The kebab-case name an enum has on the wire.
fn wire_name(value: &impl Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The value with this name on the wire, if this version knows it.
fn from_wire<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(name.into()).ok()
}
