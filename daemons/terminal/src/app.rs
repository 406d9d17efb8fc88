// SPDX-License-Identifier: MIT OR Apache-2.0
//! Puts the terminal together and runs it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use uketsuke_common::config::TerminalConfig;
use uketsuke_common::{Beat, Start};
use uketsuke_link::client::Client;
use uketsuke_link::tls::Identity;

use crate::{CentreLine, Shared, Store, api, centre, page};

/// Most readers connected at a time; a reader keeps one connection.
const CONNECTIONS: usize = 1024;
/// How often the history is pruned.
const PRUNE: Duration = Duration::from_secs(24 * 60 * 60);

/// A running terminal; ends when dropped.
pub struct Terminal {
    /// Where it listens for readers.
    pub address: SocketAddr,
    /// Where it shows its page.
    pub page: SocketAddr,
    tasks: JoinSet<()>,
}

/// Starts a terminal with its state in `state` and its certificates in `credentials`. `alive` is
/// called with every turn of the task that watches the centre, at least as often as `due` says.
///
/// # Errors
/// When a certificate, the database or a listener cannot be used.
pub async fn start(
    config: &TerminalConfig,
    state: PathBuf,
    credentials: PathBuf,
    alive: impl Fn() + Send + 'static,
    due: Option<Duration>,
) -> anyhow::Result<Terminal> {
    let centre = Identity::in_directory(
        &credentials,
        "terminal-client.crt",
        "terminal-client.key",
        "centre-ca.crt",
    );
    let readers = Identity::in_directory(
        &credentials,
        "terminal.crt",
        "terminal.key",
        "reader-ca.crt",
    );
    let client = Client::new(&config.centre.0, centre.client()?)?;
    let limit = Duration::from_secs(config.centre_s.into());
    let store = Store::open(&state).await.context("the database")?;
    let shared = Arc::new(Shared::new(store, CentreLine::new(client, limit)));

    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {} (terminal.listen)", config.listen))?;
    let pages = TcpListener::bind(config.page)
        .await
        .with_context(|| format!("cannot listen on {} (terminal.page)", config.page))?;
    let (address, page_address) = (listener.local_addr()?, pages.local_addr()?);

    let mut tasks = JoinSet::new();
    let router = api::router(Arc::clone(&shared));
    let tls = readers.server()?;
    tasks.spawn(uketsuke_link::server::serve(
        listener,
        tls,
        router,
        CONNECTIONS,
    ));
    let router = page::router(Arc::clone(&shared));
    tasks.spawn(async move {
        if let Err(error) = axum::serve(pages, router).await {
            tracing::error!(%error, "the page ended");
        }
    });
    let pause = Duration::from_secs(config.heartbeat_s.into());
    let pause = pause.min(due.unwrap_or(pause));
    let turns = Beat::every(pause).context("the timer")?;
    tasks.spawn(centre::watch(Arc::clone(&shared), turns, alive));
    let longest = Duration::from_secs(config.retry_max_s.into());
    tasks.spawn(centre::deliver(Arc::clone(&shared), longest));
    let days = config.history_days;
    tasks.spawn(async move {
        loop {
            if let Err(error) = shared.store.prune(days).await {
                tracing::error!(%error, "the history was not pruned");
            }
            tokio::time::sleep(PRUNE).await;
        }
    });
    Ok(Terminal {
        address,
        page: page_address,
        tasks,
    })
}

impl Terminal {
    /// Runs until one of its tasks ends, which only a defect makes them do.
    pub async fn run(mut self) {
        self.tasks.join_next().await;
    }
}

/// The daemon.
///
/// # Errors
/// When it cannot start, or a task of it ended.
pub async fn run(start: Start) -> anyhow::Result<()> {
    let notify = start.notify.clone();
    let terminal = self::start(
        &start.config.terminal,
        start.state_dir,
        start.credentials,
        move || notify.alive(),
        start.notify.watchdog_interval(),
    )
    .await?;
    tracing::info!(address = %terminal.address, page = %terminal.page, "listening");
    start.notify.ready();
    terminal.run().await;
    anyhow::bail!("a task ended")
}
