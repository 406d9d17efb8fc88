// SPDX-License-Identifier: MIT OR Apache-2.0
//! Puts the terminal together and runs it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use uketsuke_common::config::{DatabasePlace, TerminalConfig};
use uketsuke_common::{Beat, Start};
use uketsuke_link::client::Client;
use uketsuke_link::tls::Identity;

use crate::console::{Console, Door, Ladder};
use crate::{CentreLine, Database, FaceFiles, Shared, Store, api, centre, face_files, page};

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

/// Where a terminal finds and leaves what is its own.
pub struct Places {
    /// The database.
    pub state: PathBuf,
    /// The certificates.
    pub credentials: PathBuf,
    /// The socket for the code of the first account.
    pub runtime: PathBuf,
}

/// Starts a terminal. `alive` is called with every turn of the task that watches the centre, at least as
/// often as `due` says.
///
/// # Errors
/// When a certificate, the database or a listener cannot be used.
pub async fn start(
    config: &TerminalConfig,
    places: &Places,
    alive: impl Fn() + Send + 'static,
    due: Option<Duration>,
) -> anyhow::Result<Terminal> {
    let credentials = &places.credentials;
    let centre = Identity::in_directory(
        credentials,
        "terminal-client.crt",
        "terminal-client.key",
        "centre-ca.crt",
    );
    let readers =
        Identity::in_directory(credentials, "terminal.crt", "terminal.key", "reader-ca.crt");
    let client = Client::new(&config.centre.0, centre.client()?)?;
    let limit = Duration::from_secs(config.centre_s.into());
    let database = match &config.database {
        DatabasePlace::At(url) => Database::Server(url.clone()),
        DatabasePlace::Here => Database::Folder(places.state.clone()),
    };
    let store = Store::open(&database).await.context("the database")?;
    let alone = store.alone().await.context("the database")?;
    let ladder = Ladder::new(store.rungs().await?, Instant::now());
    let line = CentreLine::new(client, limit);
    let files = FaceFiles::new(config);
    let shared = Arc::new(Shared::new(store, line, Console::new(ladder), files));

    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {} (terminal.listen)", config.listen))?;
    let pages = TcpListener::bind(config.page)
        .await
        .with_context(|| format!("cannot listen on {} (terminal.page)", config.page))?;
    let (address, page_address) = (listener.local_addr()?, pages.local_addr()?);

    let mut tasks = JoinSet::new();
    let keeper = Arc::clone(&shared);
    tasks.spawn(async move {
        let error = keeper.store.stay_alone(alone).await;
        tracing::error!(%error, "the database");
    });
    let router = api::router(Arc::clone(&shared));
    let tls = readers.server()?;
    tasks.spawn(uketsuke_link::server::serve(
        listener,
        tls,
        router,
        CONNECTIONS,
    ));
    std::fs::create_dir_all(&places.runtime)
        .and_then(|()| Door::open(&places.runtime))
        .map(|door| tasks.spawn(door.serve(Arc::clone(&shared), page_address)))
        .with_context(|| format!("cannot listen in {}", places.runtime.display()))?;
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
    for at in 0..shared.face_files.computers().len() {
        let shared = Arc::clone(&shared);
        tasks.spawn(async move { face_files::serve(&shared, at, longest).await });
    }
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
    let places = Places {
        state: start.state_dir,
        credentials: start.credentials,
        runtime: start.runtime_dir,
    };
    let terminal = self::start(
        &start.config.terminal,
        &places,
        move || notify.alive(),
        start.notify.watchdog_interval(),
    )
    .await?;
    tracing::info!(address = %terminal.address, page = %terminal.page, "listening");
    start.notify.ready();
    terminal.run().await;
    anyhow::bail!("a task ended")
}
