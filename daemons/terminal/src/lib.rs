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
//! - shows readers, hops and the last check-ins on a page on loopback, where passcodes are issued.
//!
//! Files: `terminal.db` (SQLite, WAL, synchronous=FULL) in the state directory; certificates
//! `terminal.crt`, `terminal.key`, `reader-ca.crt`, `terminal-client.crt`, `terminal-client.key`,
//! `centre-ca.crt` in the credentials directory. No bus name. The interface for readers is
//! `openapi.json`, generated from [`api`].

pub mod api;
pub mod app;
mod centre;
mod page;
mod passcodes;
mod store;

pub use centre::CentreLine;
pub use passcodes::{IssueError, Issued, Passcodes};
pub use store::{Happened, Holder, OnReader, Seen, Store, StoreError, Wanted};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// A reader not heard for this long (three heart-beats and a bit) is away, seconds.
const AWAY_S: u64 = 10;

/// Most readers one terminal knows the last heart-beat of.
const READERS: usize = 5000;

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
    /// When each reader was heard last, seconds since 1970.
    heard: Mutex<HashMap<Arc<str>, u64>>,
}

impl Shared {
    /// Nothing heard yet.
    #[must_use]
    pub fn new(store: Store, centre: CentreLine) -> Self {
        Self {
            store,
            centre,
            outbox: Notify::new(),
            passcodes: Passcodes::default(),
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
}
