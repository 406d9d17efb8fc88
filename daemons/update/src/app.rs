// SPDX-License-Identifier: MIT OR Apache-2.0
//! Puts the parts together.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::sync::{mpsc, watch};
use uketsuke_bus::update1::VERDICT_FILE;
use uketsuke_bus::{UPDATE, UPDATE_PATH};
use uketsuke_common::Start;
use uketsuke_common::config::UpdateConfig;
use zbus::Connection;
use zbus::connection::Builder;

use crate::attendance;
use crate::bus::{Shown, Update1};
use crate::domain::Machine;
use crate::manager::{INBOX, Manager, News, Setup};
use crate::quiet::Quiet;
use crate::rauc::{self, Progress};
use crate::store::Store;
use crate::surroundings::{self, Clock, Places, SystemClock};

/// Environment variable that names another os-release(5) (tests, bench).
const OS_RELEASE_VARIABLE: &str = "UKETSUKE_OS_RELEASE";
/// How often a waiting update looks for its quiet time.
const TICK: Duration = Duration::from_secs(60);
/// First and longest pause before RAUC is asked again which slot runs.
const ASK_AGAIN: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));

/// Runs the daemon until it fails or is stopped.
///
/// # Errors
/// When a file around it cannot be used, the bus fails or the name is taken.
pub async fn run(start: Start) -> anyhow::Result<()> {
    let path = |variable: &str, default: &str| {
        std::env::var_os(variable).map_or_else(|| PathBuf::from(default), PathBuf::from)
    };
    let places = Places {
        state: start.state_dir.clone(),
        runtime: path("RUNTIME_DIRECTORY", "/run/uketsuke/update"),
        os_release: path(OS_RELEASE_VARIABLE, "/etc/os-release"),
        stick: "/var/lib/uketsuke/stick".into(),
        verdict: VERDICT_FILE.into(),
    };
    let notify = start.notify.clone();
    let ready = start.notify.clone();
    serve(
        start.bus(),
        places,
        &start.config.update,
        Arc::new(SystemClock::default()),
        TICK,
        notify.watchdog_interval(),
        move || ready.ready(),
        move || notify.alive(),
    )
    .await
}

/// Serves [`Update1`] on the bus of `builder` until it fails. `ready` is called once the name is
/// owned, `alive` once a turn of the owning task and at the latest every `beat`.
///
/// # Errors
/// When a file of `places` cannot be used, the bus fails or the name is taken.
#[allow(clippy::too_many_arguments)]
pub async fn serve(
    builder: Builder<'static>,
    places: Places,
    config: &UpdateConfig,
    clock: Arc<dyn Clock>,
    tick: Duration,
    beat: Option<Duration>,
    ready: impl FnOnce(),
    alive: impl Fn(),
) -> anyhow::Result<()> {
    let version = surroundings::running_version(&places.os_release)?;
    let boot = surroundings::boot_mark(&places.runtime)?;
    let record = Store::new(&places.state).load().context("the record")?;
    let machine = Machine { record, here: None };
    let setup = Setup {
        places,
        version,
        boot,
        servers: config.servers.clone(),
        quiet: Quiet::new(config),
        clock,
        tick,
    };
    let first = Shown::new(&machine, &setup.version.to_string(), &Progress::default());
    let (shown, seen) = watch::channel(first);
    let (call, calls) = mpsc::channel(INBOX);
    let connection = builder
        .serve_at(UPDATE_PATH, Update1::new(seen, call))
        .build()
        .await
        .context("bus")?;
    let (post, news) = mpsc::unbounded_channel();
    let manager = Manager::new(setup, machine, connection.clone(), shown, post.clone())
        .await
        .context("served object")?;
    connection
        .request_name(UPDATE)
        .await
        .with_context(|| format!("name {UPDATE}"))?;
    ready();
    let seen = post.clone();
    let tell = move |what| {
        // The owning task ends only with the daemon.
        let _ = seen.send(News::Seen(what));
    };
    let running = async {
        running(&connection, &post).await;
        std::future::pending::<()>().await;
    };
    // A task that ends, ends the daemon.
    tokio::select! {
        ended = manager.run(calls, news, beat, alive) => ended.context("owning task")?,
        ended = attendance::follow(connection.clone(), tell) => ended.context("watch over mode")?,
        () = running => {}
    }
    bail!("the bus closed")
}

/// Asks RAUC which slot runs until it says so.
async fn running(connection: &Connection, post: &mpsc::UnboundedSender<News>) {
    let (mut pause, longest) = ASK_AGAIN;
    loop {
        match rauc::running_slot(connection).await {
            Ok(slot) => {
                // The owning task ends only with the daemon.
                let _ = post.send(News::Running(slot));
                return;
            }
            Err(refusal) => {
                tracing::warn!(%refusal, "RAUC does not say which slot runs; asked again");
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}
