// SPDX-License-Identifier: MIT OR Apache-2.0
//! A stand-in for the national centre (オンライン資格確認等システム), for tests and the bench. It is no
//! part of a reader and is never installed.
//!
//! It does itself what the centre does: opens single-use sessions with a random nonce, verifies the
//! certificate's chain up to a TEST root, its validity, and the signature over the session's
//! digest, and only then answers eligibility, kana name and earlier consents. It stores every
//! session and record durably and counts them, so that a test can say "exactly once". Records are
//! told apart by their idempotency key.
//!
//! A second listener on loopback ([`control`]) lets a test read the counts, set what a profile is
//! answered, and break the line. [`pki`] makes all certificates of the line at start-up; [`proxy`]
//! is a cable that can be cut.

mod api;
pub mod control;
mod eligibility;
pub mod pki;
pub mod proxy;
pub mod scenario;
mod store;
mod verify;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uketsuke_link::tls::Identity;

pub use store::{Counts, Session, StoreError};

/// How the centre behaves on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// Answers.
    Up,
    /// Answers every request with 503.
    Fault,
    /// Takes requests, does nothing, and never answers.
    Silent,
    /// Does what is asked but never answers.
    Mute,
}

/// Where the centre listens and what it reads.
#[derive(Clone, Debug)]
pub struct Options {
    /// For terminals, over mutual TLS.
    pub listen: SocketAddr,
    /// For tests, plain HTTP; must be loopback.
    pub control: SocketAddr,
    /// Where the database lies.
    pub state: PathBuf,
    /// The centre's certificate and key, and the root of the terminals.
    pub identity: Identity,
    /// The virtual card's `registry.json`; may come into being later.
    pub registry: PathBuf,
    /// PEM file with the TEST roots that holder certificates must end in; may come into being
    /// later.
    pub trust: PathBuf,
}

/// A running centre; ends when dropped.
pub struct Centre {
    /// Where it listens for terminals.
    pub address: SocketAddr,
    /// Where its control listens.
    pub control: SocketAddr,
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

impl Centre {
    /// As `GET /counts`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        self.shared.store.counts().await
    }

    /// As `GET /sessions`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions(&self) -> Result<Vec<Session>, StoreError> {
        self.shared.store.sessions().await
    }

    /// As `PUT /line`.
    pub fn set_line(&self, line: Line) {
        self.shared.line.send_replace(line);
    }

    /// As `PUT /profiles/{profile}`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_person(
        &self,
        profile: &str,
        person: &scenario::Person,
    ) -> Result<(), StoreError> {
        self.shared.store.set_person(profile, person).await
    }

    /// Runs until one of its listeners ends, which only a defect makes them do.
    pub async fn run(mut self) {
        self.tasks.join_next().await;
    }
}

/// What the listeners share.
pub(crate) struct Shared {
    store: store::Store,
    scenario: scenario::Files,
    line: watch::Sender<Line>,
}

/// Starts a centre.
///
/// # Errors
/// When a file, the database or a listener cannot be opened.
pub async fn start(options: Options) -> anyhow::Result<Centre> {
    anyhow::ensure!(
        options.control.ip().is_loopback(),
        "the control of a stand-in must not leave this machine"
    );
    let tls = options.identity.server()?;
    let shared = Arc::new(Shared {
        store: store::Store::open(&options.state).await?,
        scenario: scenario::Files::new(options.registry, options.trust),
        line: watch::Sender::new(Line::Up),
    });
    let listener = TcpListener::bind(options.listen).await?;
    let control = TcpListener::bind(options.control).await?;
    let (address, control_address) = (listener.local_addr()?, control.local_addr()?);
    let mut tasks = JoinSet::new();
    let terminals = api::router(Arc::clone(&shared));
    tasks.spawn(uketsuke_link::server::serve(listener, tls, terminals, 256));
    let controls = control::router(Arc::clone(&shared));
    tasks.spawn(async move {
        if let Err(error) = axum::serve(control, controls).await {
            tracing::error!(%error, "control ended");
        }
    });
    Ok(Centre {
        address,
        control: control_address,
        shared,
        tasks,
    })
}
