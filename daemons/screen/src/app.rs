// SPDX-License-Identifier: MIT OR Apache-2.0
//! Puts the daemon together: the drawing thread on one side, the bus on the other.

mod mirror;
mod profile;
mod safe;
mod voice;

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use futures_util::StreamExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use uketsuke_bus::mode1::{DETAILS_BYTES, Details, Mode1Error, Mode1Proxy, View};
use uketsuke_bus::screen1::Ease;
use uketsuke_bus::{MODE, SCREEN, SCREEN_PATH, secret};
use uketsuke_common::config::{self, Own, ScreenConfig};
use uketsuke_common::{Start, owner};
use zbus::fdo::PropertiesProxy;
use zbus::names::WellKnownName;
use zbus::proxy::CacheProperties;

use crate::bus::Screen1;
use crate::desk::live::has_mirror;
use crate::desk::{Effect, Event, Setup, Usual};
use crate::drawing::{self, DrawingError, Order, Orders, Report};
use crate::input::devices::Devices;
use crate::output::Output;
use crate::output::fbdev::Fbdev;
use crate::output::kms::Kms;
use crate::output::panel::PanelOutput;
use crate::ui::geometry::Rotation;
use crate::ui::layout::Panel;
use crate::views;
use safe::Absence;

/// Where the kernel's devices lie.
const DRI: &str = "/dev/dri";
const FRAME_BUFFER: &str = "/dev/fb0";
const INPUT: &str = "/dev/input";

/// Runs the screen daemon until it is stopped or something it needs fails.
///
/// # Errors
/// When the display, the drawing thread or the bus fails.
pub async fn run(start: Start) -> anyhow::Result<()> {
    if safe::is_wanted() {
        return safe::run(start).await;
    }
    let config = &start.config.screen;
    let (reports, mut heard) = unbounded_channel();
    let (orders, drawing) = drawing::prepare(reports)?;
    let rotation = rotation(config);
    let (output, devices) = open(config)?;
    let glass = output.name();
    tracing::info!(output = glass, rotation = ?rotation, "display");
    let setup = setup(&start, output.size(), rotation);
    let own = Own::load().context("reader.toml")?;
    let usual = setup.usual.clone();
    let (ended, mut end) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("drawing".to_owned())
        .spawn(move || {
            // Nobody listens any more when the daemon is ending.
            let _ = ended.send(drawing.run(setup, rotation, output, devices));
        })
        .context("cannot start the drawing thread")?;
    let connection = start
        .bus()
        .serve_at(
            SCREEN_PATH,
            Screen1 {
                language: usual.language,
                languages: usual.languages,
                ease: usual.ease,
                output: glass,
                orders: orders.clone(),
            },
        )
        .name(SCREEN)
        .build()
        .await
        .context("cannot reach the bus")?;
    start.notify.ready();
    let (about_face, shown) = watch::channel(false);
    let result = tokio::select! {
        result = follow(&connection, &orders, &own, &about_face) => result,
        () = mirror::keep(&connection, &orders, shown) => Ok(()),
        result = answer(&connection, &orders, &mut heard, &start) => result,
        result = watchdog(&orders, &start) => result,
        result = &mut end => Err(drawing_ended(result)),
    };
    // The thread blanks the display on its way out; the kernel does where it comes too late.
    orders.send(Order::Stop);
    result
}

fn drawing_ended(
    result: Result<Result<(), DrawingError>, tokio::sync::oneshot::error::RecvError>,
) -> anyhow::Error {
    match result {
        Ok(Err(error)) => error.into(),
        Ok(Ok(())) => anyhow::anyhow!("the drawing thread ended unasked"),
        Err(_) => anyhow::anyhow!("the drawing thread panicked"),
    }
}

fn rotation(config: &ScreenConfig) -> Rotation {
    match config.rotate {
        config::Rotation::None => Rotation::None,
        config::Rotation::Quarter => Rotation::Quarter,
        config::Rotation::Half => Rotation::Half,
        config::Rotation::ThreeQuarters => Rotation::ThreeQuarters,
    }
}

/// The configured glass, with the frame buffer device where mode setting has no display, and the
/// touch devices that go with it.
fn open(config: &ScreenConfig) -> anyhow::Result<(Box<dyn Output>, Option<Devices>)> {
    let output: Box<dyn Output> = match config.output {
        config::Output::Panel => {
            let panel = PanelOutput::new(&config.panel, config.pixels)?;
            return Ok((Box::new(panel), None));
        }
        config::Output::Fbdev => Box::new(Fbdev::open(Path::new(FRAME_BUFFER))?),
        config::Output::Kms => match Kms::open(Path::new(DRI)) {
            Ok(kms) => Box::new(kms),
            Err(error) => {
                tracing::warn!(
                    error = format!("{:#}", anyhow::Error::new(error)),
                    "no mode setting; trying the frame buffer"
                );
                Box::new(Fbdev::open(Path::new(FRAME_BUFFER)).context("no display at all")?)
            }
        },
    };
    let devices = Devices::new(Path::new(INPUT), output.size(), config.keypad)?;
    Ok((output, Some(devices)))
}

fn setup(start: &Start, glass: (u32, u32), rotation: Rotation) -> Setup {
    let config = &start.config.screen;
    let millimetres = rotation.size((config.width_mm, config.height_mm));
    let size = (millimetres.0 as f32, millimetres.1 as f32);
    Setup {
        usual: Usual::of(&start.config),
        panel: Panel::new(rotation.size(glass), size),
        size: views::Panel {
            width_mm: size.0,
            height_mm: size.1,
        },
    }
}

/// Asks the drawing thread for a sign of life as often as the service manager wants one; the sign
/// itself comes from that thread's own turn ([`answer`]).
async fn watchdog(orders: &Orders, start: &Start) -> anyhow::Result<()> {
    let Some(interval) = start.notify.watchdog_interval() else {
        return std::future::pending().await;
    };
    let mut turns = tokio::time::interval(interval);
    loop {
        turns.tick().await;
        orders.send(Order::Ping);
    }
}

/// Keeps the drawing thread told of the view, and of the mode manager's coming and going.
async fn follow(
    connection: &zbus::Connection,
    orders: &Orders,
    own: &Own,
    about_face: &watch::Sender<bool>,
) -> anyhow::Result<()> {
    let (tell, mut told) = unbounded_channel();
    let name = WellKnownName::try_from(MODE).context("the name of the mode manager")?;
    let owner = owner::watch(connection, &name, |present| {
        // The receiver lives as long as this function.
        let _ = tell.send(present);
    });
    tokio::select! {
        result = owner => result.context("cannot watch the mode manager")?,
        result = views_of_each_owner(connection, orders, own, &mut told, about_face) => result?,
    }
    anyhow::bail!("the bus has gone")
}

async fn views_of_each_owner(
    connection: &zbus::Connection,
    orders: &Orders,
    own: &Own,
    told: &mut UnboundedReceiver<bool>,
    about_face: &watch::Sender<bool>,
) -> anyhow::Result<()> {
    let mut present = false;
    let mut absence = Absence::begun(Instant::now());
    loop {
        let late = until(absence.deadline());
        tokio::select! {
            change = told.recv() => match change {
                Some(now) => present = now,
                None => return Ok(()),
            },
            result = watch_view(connection, orders, own, about_face), if present => {
                // The owner is still there by all we know; without its view we show that we wait.
                tracing::warn!(error = format!("{:#}", result_error(result)), "cannot follow the view");
                present = false;
            }
            () = late => {
                tracing::error!("no mode manager; reception must be asked");
                absence.shown();
                orders.send(Order::Event(safe::event()));
                continue;
            }
        }
        absence.changed(present, Instant::now());
        if !present {
            about_face.send_replace(false);
            orders.send(Order::Event(Event::View(None, Details::default())));
        }
    }
}

/// Waits for a moment; for ever where there is none.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

fn result_error(result: anyhow::Result<()>) -> anyhow::Error {
    result
        .err()
        .unwrap_or_else(|| anyhow::anyhow!("the signals ended"))
}

/// Follows the view of the present owner. Subscribes first and reads afterwards, so that no
/// change falls between; reads anew at each change, so that the newest view counts.
async fn watch_view(
    connection: &zbus::Connection,
    orders: &Orders,
    own: &Own,
    about_face: &watch::Sender<bool>,
) -> anyhow::Result<()> {
    let properties = PropertiesProxy::builder(connection)
        .destination(MODE)
        .path(uketsuke_bus::MODE_PATH)
        .build()
        .await?;
    let mut changes = properties.receive_properties_changed().await?;
    let mode = proxy(connection).await?;
    let mut another = true;
    loop {
        if another && let Some(usual) = profile::usual(&mode, own).await {
            orders.send(Order::Event(Event::Usual(Box::new(usual))));
        }
        match mode.view().await {
            Ok(view) => {
                // A view that has already gone is not shown: its successor is on the way.
                if let Some(details) = details(&mode, &view).await {
                    // The view first: a mirror finds its place.
                    let face = has_mirror(Some(&view));
                    orders.send(Order::Event(Event::View(Some(view), details)));
                    about_face.send_if_modified(|is| std::mem::replace(is, face) != face);
                }
            }
            Err(error) => {
                // A view of a newer mode manager, or one that is just leaving: nothing we could
                // show would be true. The next change is read again.
                tracing::warn!(%error, "the view cannot be read");
                orders.send(Order::Event(Event::View(None, Details::default())));
            }
        }
        let Some(change) = changes.next().await else {
            return Ok(());
        };
        another = profile::is_another(&change);
    }
}

async fn proxy(connection: &zbus::Connection) -> zbus::Result<Mode1Proxy<'static>> {
    Mode1Proxy::builder(connection)
        .cache_properties(CacheProperties::No)
        .build()
        .await
}

/// The personal part of a view; `None` when the view has changed meanwhile.
async fn details(mode: &Mode1Proxy<'_>, view: &View) -> Option<Details> {
    if view.personal != Some(true) {
        return Some(Details::default());
    }
    match mode.details(view.number).await {
        Ok(fd) => {
            let parsed = secret::take(fd.into(), DETAILS_BYTES)
                .map_err(|error| error.to_string())
                .and_then(|bytes| {
                    // Only where it went wrong: the text around it is personal.
                    serde_json::from_slice(bytes.expose())
                        .map_err(|error| format!("column {}", error.column()))
                });
            match parsed {
                Ok(details) => Some(details),
                Err(error) => {
                    tracing::error!(error, "the personal part cannot be read; shown without");
                    Some(Details::default())
                }
            }
        }
        Err(Mode1Error::StaleView(_)) => None,
        Err(error) => {
            tracing::error!(%error, "no personal part; shown without");
            Some(Details::default())
        }
    }
}

/// Carries what the drawing thread says to the bus.
async fn answer(
    connection: &zbus::Connection,
    orders: &Orders,
    heard: &mut UnboundedReceiver<Report>,
    start: &Start,
) -> anyhow::Result<()> {
    let (calls, queue) = unbounded_channel();
    let calling = call_in_order(connection, orders, queue);
    let (voice, speaking) = voice::prepare(connection);
    let hearing = async {
        while let Some(report) = heard.recv().await {
            match report {
                Report::Alive => start.notify.alive(),
                Report::Ease(ease) => tell_ease(connection, ease).await?,
                Report::Speech(order) => voice.order(order),
                Report::Effect(effect) => pass(connection, effect, &calls).await?,
            }
        }
        // The thread has ended; its result says why.
        std::future::pending().await
    };
    tokio::select! {
        result = calling => result,
        result = hearing => result,
        result = speaking => result,
    }
}

async fn tell_ease(connection: &zbus::Connection, ease: Ease) -> anyhow::Result<()> {
    let object = connection
        .object_server()
        .interface::<_, Screen1>(SCREEN_PATH)
        .await?;
    let mut screen = object.get_mut().await;
    let was = std::mem::replace(&mut screen.ease, ease);
    let emitter = object.signal_emitter();
    if was.contrast != ease.contrast {
        screen.contrast_changed(emitter).await?;
    }
    if was.text != ease.text {
        screen.text_changed(emitter).await?;
    }
    if was.layout != ease.layout {
        screen.layout_changed(emitter).await?;
    }
    Ok(())
}

async fn pass(
    connection: &zbus::Connection,
    effect: Effect,
    calls: &UnboundedSender<Effect>,
) -> anyhow::Result<()> {
    let (language, languages) = match effect {
        Effect::Language(language) => (language, None),
        Effect::Usual(language, languages) => (language, Some(languages)),
        touched @ (Effect::Act(..) | Effect::EnterPin(..)) => {
            // The receiver ends only with us.
            let _ = calls.send(touched);
            return Ok(());
        }
    };
    let object = connection
        .object_server()
        .interface::<_, Screen1>(SCREEN_PATH)
        .await?;
    let mut screen = object.get_mut().await;
    screen.language = language;
    if let Some(languages) = languages {
        screen.languages = languages;
    }
    screen.language_changed(object.signal_emitter()).await?;
    Ok(())
}

/// Calls one after the other, in the order of the touches.
async fn call_in_order(
    connection: &zbus::Connection,
    orders: &Orders,
    mut queue: UnboundedReceiver<Effect>,
) -> anyhow::Result<()> {
    let mode = proxy(connection).await?;
    while let Some(effect) = queue.recv().await {
        let refused = match effect {
            Effect::Act(view, action) => mode.act(view, &action).await.err(),
            Effect::EnterPin(view, pin) => {
                let refused = mode.enter_pin(view, pin.into()).await.err();
                if refused.is_some() {
                    orders.send(Order::Event(Event::PinRefused));
                }
                refused
            }
            Effect::Language(_) | Effect::Usual(..) => None,
        };
        match refused {
            None => {}
            // The view changed under the finger; the new one is on its way.
            Some(Mode1Error::StaleView(_)) => tracing::debug!("a touch came too late"),
            Some(error) => tracing::warn!(%error, "the mode manager refused a touch"),
        }
    }
    Ok(())
}
