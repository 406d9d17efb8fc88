// SPDX-License-Identifier: MIT OR Apache-2.0
//! Puts the parts together.

use std::time::Duration;

use anyhow::{Context, bail};
use tokio::sync::mpsc;
use uketsuke_bus::{VOICE, VOICE_PATH};
use uketsuke_common::Start;
use uketsuke_common::config::VoiceConfig;
use zbus::connection::Builder;

use crate::bus::Voice1;
use crate::order;
use crate::recordings::Recordings;
use crate::speaker::{INBOX, Speaker};

/// Runs the daemon until it fails or is stopped.
///
/// # Errors
/// When GStreamer cannot be used, the bus fails or the name is taken.
pub async fn run(start: Start) -> anyhow::Result<()> {
    let (notify, ready) = (start.notify.clone(), start.notify.clone());
    serve(
        start.bus(),
        &start.config.voice,
        notify.watchdog_interval(),
        move || ready.ready(),
        move || notify.alive(),
    )
    .await
}

/// Serves [`Voice1`] on the bus of `builder` until it fails. `ready` is called once the name is owned,
/// `alive` once a turn of the owning task and at the latest every `beat`.
///
/// # Errors
/// When GStreamer cannot be used, the bus fails or the name is taken.
pub async fn serve(
    builder: Builder<'static>,
    config: &VoiceConfig,
    beat: Option<Duration>,
    ready: impl FnOnce(),
    alive: impl Fn(),
) -> anyhow::Result<()> {
    gstreamer::init().context("GStreamer")?;
    let recordings = Recordings::list(&config.recordings).unwrap_or_else(|error| {
        // The check-in goes on without a voice; each order says that it has no recording.
        tracing::error!(folder = %config.recordings.display(), %error, "no recordings");
        Recordings::default()
    });
    let count = u32::try_from(recordings.count()).context("recordings")?;
    let output = order::output(config);
    tracing::info!(output, recordings = count, "voice");
    let (call, calls) = mpsc::channel(INBOX);
    let connection = builder
        .serve_at(VOICE_PATH, Voice1::new(output, count, call))
        .build()
        .await
        .context("bus")?;
    connection
        .request_name(VOICE)
        .await
        .with_context(|| format!("name {VOICE}"))?;
    ready();
    let speaker = Speaker::new(config.clone(), recordings);
    speaker
        .run(calls, beat, alive)
        .await
        .context("owning task")?;
    bail!("the bus closed")
}
