// SPDX-License-Identifier: MIT OR Apache-2.0
//! The house itself: everything started in order, and the grips on it.

use std::ffi::OsString;
use std::fs::File;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use uketsuke_bus::uplink1::Uplink1Proxy;
use uketsuke_virtual_card::pcscd::{Pcscd, PcscdError};

use crate::api::{self, Line, Orientation, Process, Stretch};
use crate::card::CardControl;
pub use crate::error::HouseError;
use crate::face::{self, Eyes};
use crate::logs::Logs;
use crate::notify::NotifySocket;
use crate::options::Options;
use crate::outside;
use crate::panel::Panel;
use crate::pinless;
use crate::process::{Handle, Ready, Spec};
use crate::proxy::Proxy;
use crate::settings::{Addresses, configure, pepper, write_panel_config};
use crate::space::Space;
use crate::unit::{Unit, unit};
use crate::{bus, console, decoder, ports, users};

/// A running desk.
pub struct House {
    space: Space,
    logs: Logs,
    processes: Vec<Handle>,
    terminal_line: Proxy,
    centre_line: Proxy,
    desk: Arc<Mutex<Desk>>,
    pcsc: String,
    card: CardControl,
    _network: File,
    panel: Panel,
    connection: zbus::Connection,
    _pinless: Option<zbus::Connection>,
    eyes: Eyes,
    centre: outside::Centre,
    terminal_page: SocketAddr,
    presentation: Mutex<(Orientation, String)>,
}

/// pcscd, and whether it is there now.
struct Desk {
    pcscd: Pcscd,
    present: bool,
}

impl Desk {
    /// Kills pcscd or starts it again; blocking. Says whether anything changed.
    fn set(&mut self, present: bool) -> Result<bool, PcscdError> {
        if self.present == present {
            return Ok(false);
        }
        if present {
            self.pcscd.restart()?;
        } else {
            self.pcscd.kill();
        }
        self.present = present;
        Ok(true)
    }
}

/// What a lock guards here is whole after every statement, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl House {
    /// Starts everything and waits until it is ready.
    ///
    /// # Errors
    /// [`HouseError`]; what was started ends with the house.
    pub async fn start(space: Space, options: &Options, logs: &Logs) -> Result<Self, HouseError> {
        for (path, mode) in [("notify", 0o755), ("credentials", 0o755), ("state", 0o755)] {
            space.directory(path, 0, mode)?;
        }
        let without = |name: &str| options.without.iter().any(|w| w == name);
        let bus = bus::spec(&space)?;
        if !without(pinless::NAME) {
            pinless::allow(&space)?;
        }
        if !without(face::NAME) {
            face::allow(&space)?;
        }
        let mut processes = vec![Handle::start(bus, logs)];
        processes[0].ready().await?;

        let pcscd = start_pcscd(&space).await?;
        let card = outside::start_card(&space, &pcscd, options.latency_ms, logs)?;
        let control = card.control.clone();
        card.process.ready().await?;
        processes.push(card.process);

        let centre = outside::start_centre(&space, &control, logs).await?;
        let centre_line = Proxy::start(centre.address)
            .await
            .map_err(HouseError::Listen)?;
        let [listen, page] = ports::free().map_err(HouseError::Listen)?;
        let terminal_line = Proxy::start(listen).await.map_err(HouseError::Listen)?;
        let addresses = Addresses {
            terminal: terminal_line.address(),
            listen,
            page,
            centre: centre_line.address(),
        };
        let roots = decoder::roots(&space, &control).await?;
        decoder::serve(&space, photo_user()?, logs)?;
        configure(&space, options, &addresses, &roots)?;
        pepper(&space)?;

        let pcsc = pcscd.socket.display().to_string();
        let panel_directory = space.directory("panel", user_of("screen")?, 0o755)?;
        let panel = Panel::watch(&panel_directory);
        let voice = options.voice.then_some("voice");
        let names = ["terminal", "card", "uplink", "mode", "screen"];
        for name in names.into_iter().chain(voice) {
            if !without(name) {
                processes.push(Handle::start(daemon(&space, unit(name)?, &pcsc)?, logs));
            }
        }
        for ready in join_all(processes.iter().map(Handle::ready)).await {
            ready?;
        }
        processes.push(centre.process);
        let pinless = match without(pinless::NAME) {
            true => None,
            false => Some(pinless::serve(&space, &control).await?),
        };
        let eyes = Eyes::closed(&space, &control);
        if !without(face::NAME) {
            eyes.see("holder").await?;
        }
        let connection = zbus::connection::Builder::address(bus::address(&space).as_str())
            .build()
            .await?;
        Ok(Self {
            space,
            logs: logs.clone(),
            processes,
            terminal_line,
            centre_line,
            desk: Arc::new(Mutex::new(Desk {
                pcscd,
                present: true,
            })),
            pcsc,
            card: control,
            _network: card.network,
            panel,
            connection,
            _pinless: pinless,
            eyes,
            centre: centre.grip,
            terminal_page: addresses.page,
            presentation: Mutex::new((options.orientation, options.language.clone())),
        })
    }

    /// Ends everything in the reverse order of the start.
    pub async fn stop(&self) {
        for process in self.processes.iter().rev() {
            process.stop().await;
        }
        if let Err(error) = self.set_pcscd(false).await {
            self.logs.add("house", &error.to_string());
        }
    }

    /// Everything at a glance.
    pub async fn state(&self) -> api::House {
        let (orientation, language) = self.presentation();
        let pcscd = lock(&self.desk).present;
        let ask = async |request| self.card.ask(&request).await.unwrap_or(Value::Null);
        api::House {
            bus: bus::address(&self.space),
            pcsc: self.pcsc.clone(),
            pcscd,
            config: self.space.base().join("config").display().to_string(),
            processes: self.processes(),
            stretches: self.stretches(),
            card: ask(json!({ "do": "state", "slot": 0 })).await,
            phone: ask(json!({ "do": "state", "slot": 1 })).await,
            switches: ask(json!({ "do": "switches" })).await,
            uplink: self.uplink().await.unwrap_or(Value::Null),
            centre: self.centre.counts().await.unwrap_or(Value::Null),
            before: self.eyes.word().into(),
            orientation,
            language,
        }
    }

    /// The programs.
    #[must_use]
    pub fn processes(&self) -> Vec<Process> {
        self.processes.iter().map(Handle::process).collect()
    }

    /// Sends a signal to a program.
    ///
    /// # Errors
    /// [`HouseError::Unknown`], [`HouseError::Process`].
    pub fn signal(&self, process: &str, signal: Signal) -> Result<(), HouseError> {
        self.handle(process)?
            .signal(signal)
            .map_err(HouseError::Process)
    }

    /// Cuts or mends a stretch: `terminal` (reader to terminal) or `centre` (terminal to centre).
    ///
    /// # Errors
    /// [`HouseError::Unknown`].
    pub fn set_line(&self, stretch: &str, line: Line) -> Result<(), HouseError> {
        let proxy = match stretch {
            "terminal" => &self.terminal_line,
            "centre" => &self.centre_line,
            other => return Err(HouseError::Unknown(other.into())),
        };
        self.logs
            .add("house", &format!("line to {stretch}: {line:?}"));
        proxy.set(line);
        Ok(())
    }

    /// Takes pcscd away (killed) or brings it back.
    ///
    /// # Errors
    /// [`HouseError::Pcscd`].
    pub async fn set_pcscd(&self, present: bool) -> Result<(), HouseError> {
        let desk = Arc::clone(&self.desk);
        let changed = tokio::task::spawn_blocking(move || lock(&desk).set(present)).await;
        if changed.map_err(|_| HouseError::Thread)?? {
            self.logs
                .add("house", if present { "pcscd back" } else { "pcscd away" });
        }
        Ok(())
    }

    /// Turns the panel and sets the language a new patient meets; the screen starts anew.
    ///
    /// # Errors
    /// [`HouseError::Space`] when the configuration cannot be written.
    pub async fn present(
        &self,
        orientation: Orientation,
        language: &str,
    ) -> Result<(), HouseError> {
        write_panel_config(&self.space, orientation, language)?;
        *lock(&self.presentation) = (orientation, language.to_owned());
        if let Ok(screen) = self.handle("screen") {
            screen.renew().await;
        }
        Ok(())
    }

    /// Puts something else before the cameras; [`face::WORDS`].
    ///
    /// # Errors
    /// [`HouseError::Unknown`], [`HouseError::Bus`].
    pub async fn see(&self, before: &str) -> Result<(), HouseError> {
        if !self.eyes.see(before).await? {
            return Err(HouseError::Unknown(before.into()));
        }
        self.logs
            .add("house", &format!("before the camera: {before}"));
        Ok(())
    }

    /// The virtual card.
    #[must_use]
    pub fn card(&self) -> &CardControl {
        &self.card
    }

    /// The panel.
    #[must_use]
    pub fn panel(&self) -> &Panel {
        &self.panel
    }

    /// The stand-in centre.
    #[must_use]
    pub fn centre(&self) -> &outside::Centre {
        &self.centre
    }

    /// A code for the first account of the terminal's console, drawn as on a box: by `uketsukectl`. None
    /// where there is an account already.
    ///
    /// # Errors
    /// [`HouseError::FirstAccount`].
    pub async fn first_code(&self) -> Result<Option<String>, HouseError> {
        console::first_code(&self.space).await
    }

    /// Where the terminal shows its page.
    #[must_use]
    pub fn terminal_address(&self) -> SocketAddr {
        self.terminal_page
    }

    /// Address of the private bus.
    #[must_use]
    pub fn bus_address(&self) -> String {
        bus::address(&self.space)
    }

    fn handle(&self, process: &str) -> Result<&Handle, HouseError> {
        let mut all = self.processes.iter();
        all.find(|h| h.name() == process)
            .ok_or_else(|| HouseError::Unknown(process.into()))
    }

    fn presentation(&self) -> (Orientation, String) {
        lock(&self.presentation).clone()
    }

    fn stretches(&self) -> Vec<Stretch> {
        let both = [
            ("terminal", &self.terminal_line),
            ("centre", &self.centre_line),
        ];
        let stretch = |(name, proxy): (&str, &Proxy)| Stretch {
            name: name.into(),
            line: proxy.line(),
            connections: proxy.connections(),
        };
        both.map(stretch).into()
    }

    /// The uplink's own view of the way, as any field engineer may read it.
    async fn uplink(&self) -> Result<Value, zbus::Error> {
        let proxy = Uplink1Proxy::builder(&self.connection)
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await?;
        let (hops, queued) = (proxy.hops().await?, proxy.queued().await?);
        let hops: Vec<Value> = hops.iter().map(|h| json!(h)).collect();
        Ok(json!({ "hops": hops, "queued": queued }))
    }
}

async fn start_pcscd(space: &Space) -> Result<Pcscd, HouseError> {
    let directory = space.directory("pcscd", 0, 0o755)?;
    let started = tokio::task::spawn_blocking(move || Pcscd::start(&directory)).await;
    Ok(started.map_err(|_| HouseError::Thread)??)
}

/// Whose process decodes photos.
fn photo_user() -> Result<u32, HouseError> {
    let name = "uketsuke-photo";
    let none = || HouseError::NoUser(name.into());
    users::find(name).map(|user| user.id).ok_or_else(none)
}

/// The user that a daemon's unit names.
pub(crate) fn user_of(daemon: &str) -> Result<u32, HouseError> {
    let name = unit(daemon)?.user;
    users::find(&name)
        .map(|u| u.id)
        .ok_or(HouseError::NoUser(name))
}

/// A daemon, as its unit says, in the environment systemd would give it.
fn daemon(space: &Space, unit: Unit, pcsc: &str) -> Result<Spec, HouseError> {
    let user = user_of(unit.name)?;
    let state = space.directory(&format!("state/{}", unit.name), user, 0o700)?;
    let config = if unit.name == "terminal" {
        "config-terminal"
    } else {
        "config"
    };
    let mut env: Vec<(String, OsString)> = vec![
        ("DBUS_SYSTEM_BUS_ADDRESS".into(), bus::address(space).into()),
        ("STATE_DIRECTORY".into(), state.into()),
        ("UKETSUKE_CONFIG".into(), space.base().join(config).into()),
    ];
    if !unit.credentials.is_empty() {
        let directory = space.base().join("credentials").join(unit.name);
        env.push(("CREDENTIALS_DIRECTORY".into(), directory.into()));
    }
    if unit.runtime {
        let directory = space.directory(&format!("run-{}", unit.name), user, 0o700)?;
        env.push(("RUNTIME_DIRECTORY".into(), directory.into()));
    }
    if unit.name == "card" {
        env.push(("PCSCLITE_CSOCK_NAME".into(), pcsc.into()));
    }
    let socket = NotifySocket::bind(&space.base().join("notify").join(unit.name), user)
        .map_err(HouseError::Listen)?;
    Ok(Spec {
        name: unit.name.into(),
        program: space.bin().join(&unit.binary),
        args: Vec::new(),
        env,
        user,
        ready: Ready::Notify(socket),
        watchdog: unit.watchdog,
        restart_after: Some(unit.restart_after),
        never_restart_on: unit.never_restart_on,
    })
}
