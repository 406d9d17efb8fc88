// SPDX-License-Identifier: MIT OR Apache-2.0
//! Puts the parts together.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use uketsuke_bus::face1::Camera;
use uketsuke_bus::{FACE, FACE_PATH};
use uketsuke_common::config::{CameraConfig, OneCameraConfig};
use uketsuke_common::{Beat, Start};
use uketsuke_face_capture::{Plugged, Setup, Source};
use uketsuke_face_preview::{Colours, Shape};
use zbus::connection::Builder;

use crate::bus::Face1;
use crate::cameras::Cameras;
use crate::engine::Engine;
use crate::visit::Visits;

/// Where the kernel's devices lie.
const DEVICES: &str = "/dev";

/// Runs the daemon until it fails or is stopped; where no camera is set up it ends at once.
///
/// # Errors
/// When GStreamer cannot be used, the bus fails or the name is taken.
pub async fn run(start: Start) -> anyhow::Result<()> {
    let (notify, ready) = (start.notify.clone(), start.notify.clone());
    if !start.config.camera.face.is_set() {
        tracing::info!("no camera is set up; no face is compared");
        notify.ready();
        return Ok(());
    }
    let cameras = from_config(&start.config.camera);
    serve(
        start.bus(),
        cameras,
        None,
        notify.watchdog_interval(),
        move || ready.ready(),
        move || notify.alive(),
    )
    .await
}

/// The cameras of a configuration: devices, and nothing else.
fn from_config(config: &CameraConfig) -> Arc<Cameras> {
    let setup = |role, config: &OneCameraConfig, colours| {
        let shape = Shape {
            width: config.width,
            height: config.height,
            colours,
        };
        Setup::new(
            role,
            Source::Device(config.udev.clone()),
            shape,
            config.rate,
        )
    };
    Cameras::new(
        setup(Camera::Face, &config.face, Colours::Rgb),
        setup(Camera::CardFront, &config.card, Colours::Grey),
    )
}

/// Serves [`Face1`] on the bus of `builder` until it fails. `ready` is called once the name is owned,
/// `alive` every `beat`.
///
/// # Errors
/// When GStreamer cannot be used, the bus fails or the name is taken.
pub async fn serve(
    builder: Builder<'static>,
    cameras: Arc<Cameras>,
    engine: Option<Arc<dyn Engine>>,
    beat: Option<Duration>,
    ready: impl FnOnce(),
    alive: impl Fn(),
) -> anyhow::Result<()> {
    uketsuke_face_capture::init().context("GStreamer")?;
    // Before the first try: what is plugged meanwhile is tried again.
    let plugged = Plugged::watch(Path::new(DEVICES)).context(DEVICES)?;
    cameras.try_out().await.context("cameras")?;
    if engine.is_none() {
        tracing::warn!("nothing here compares faces; patients are led to their PIN");
    }
    let visits = Arc::new(Visits::new(engine, Arc::clone(&cameras)));
    let connection = builder
        .serve_at(FACE_PATH, Face1(visits))
        .build()
        .await
        .context("bus")?;
    connection
        .request_name(FACE)
        .await
        .with_context(|| format!("name {FACE}"))?;
    ready();
    tokio::select! {
        looked = cameras.look_after(&plugged) => looked.context("cameras")?,
        told = tell(&connection, &cameras) => told.context("bus")?,
        beating = keep_alive(beat, alive) => beating.context("watchdog")?,
    }
    bail!("the cameras are looked after no more")
}

/// Tells the bus what becomes of the cameras.
async fn tell(connection: &zbus::Connection, cameras: &Cameras) -> zbus::Result<()> {
    let object = connection
        .object_server()
        .interface::<_, Face1>(FACE_PATH)
        .await?;
    let mut health = cameras.health();
    while health.changed().await.is_ok() {
        health.mark_unchanged();
        let (face, emitter) = (object.get().await, object.signal_emitter());
        face.cameras_changed(emitter).await?;
        face.faults_changed(emitter).await?;
    }
    Ok(())
}

async fn keep_alive(beat: Option<Duration>, alive: impl Fn()) -> std::io::Result<()> {
    let Some(beat) = beat else {
        return std::future::pending().await;
    };
    let beat = Beat::every(beat)?;
    loop {
        beat.turn().await?;
        alive();
    }
}
