// SPDX-License-Identifier: MIT OR Apache-2.0
//! The update daemon on a private bus, between a fake RAUC and a fake mode manager.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;
use uketsuke_bus::MODE_PATH;
use uketsuke_bus::update1::{Update1Error, Update1Proxy, UpdateState};
use uketsuke_bus::view::{View, ViewId};
use uketsuke_common::config::{Server, UpdateConfig};
use uketsuke_testkit::PrivateBus;
use uketsuke_update::app;
use uketsuke_update::surroundings::{Clock, Places};
use zbus::proxy::CacheProperties;
use zbus::{Connection, interface};

use super::rauc::Rauc;

/// Longest wait of a test for something that happens at once.
const LIMIT: Duration = Duration::from_secs(20);
/// The address of a bundle on an allowed server.
pub const URL: &str = "https://updates.example/readers/1.raucb";

/// Clocks that a test moves.
#[derive(Default)]
pub struct Hands {
    pub wall: AtomicU64,
    pub steady: AtomicU64,
}

impl Hands {
    /// Both clocks go on by so many seconds.
    pub fn pass(&self, seconds: u64) {
        self.wall.fetch_add(seconds, Ordering::SeqCst);
        self.steady.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn wall(&self) -> u64 {
        self.wall.load(Ordering::SeqCst)
    }

    fn steady(&self) -> Duration {
        Duration::from_secs(self.steady.load(Ordering::SeqCst))
    }
}

struct Mode(Arc<Mutex<View>>);

#[interface(name = "jp.uketsuke.Mode1")]
impl Mode {
    #[zbus(property)]
    fn view(&self) -> View {
        self.0.lock().unwrap().clone()
    }
}

/// Everything around the daemon, and the daemon.
pub struct Desk {
    pub bus: PrivateBus,
    pub rauc: Rauc,
    pub hands: Arc<Hands>,
    pub config: UpdateConfig,
    view: Arc<Mutex<View>>,
    mode: Option<Connection>,
    client: Connection,
    pub update: Update1Proxy<'static>,
    daemon: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Desk {
    /// A new reader: 1.0.0 runs in slot A, the idle screen is shown, the daemon is up and knows both.
    pub async fn start() -> Self {
        let mut desk = Self::prepare().await;
        desk.boot("system0", "1.0.0").await;
        desk
    }

    /// The same, confirmed.
    pub async fn confirmed() -> Self {
        let desk = Self::start().await;
        desk.sees(UpdateState::Unconfirmed).await;
        desk.update.confirm().await.unwrap();
        desk.sees(UpdateState::Confirmed).await;
        desk.rauc.calls();
        desk
    }

    pub async fn prepare() -> Self {
        let bus = PrivateBus::start();
        let mut rauc = Rauc::new();
        rauc.arrive(&bus).await;
        let client = bus.connect().await;
        let update = Update1Proxy::builder(&client)
            .cache_properties(CacheProperties::No)
            .build()
            .await
            .unwrap();
        let hands = Hands::default();
        // 12:00 in Japan, and a steady clock that has run for an hour.
        hands.wall.store(1_799_982_000, Ordering::SeqCst);
        hands.steady.store(3600, Ordering::SeqCst);
        let folder = "https://updates.example/readers/".to_owned();
        let mut desk = Self {
            rauc,
            hands: Arc::new(hands),
            config: UpdateConfig {
                servers: vec![Server::try_from(folder).unwrap()],
                ..UpdateConfig::default()
            },
            view: Arc::new(Mutex::new(View::new(ViewId::Idle, 1))),
            mode: None,
            client,
            update,
            daemon: None,
            bus,
        };
        for folder in ["state", "run", "stick"] {
            std::fs::create_dir(desk.path(folder)).unwrap();
        }
        desk.mode_arrives().await;
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.bus.dir().join(name)
    }

    pub fn places(&self) -> Places {
        Places {
            state: self.path("state"),
            runtime: self.path("run"),
            os_release: self.path("os-release"),
            stick: self.path("stick"),
            verdict: self.path("verdict"),
        }
    }

    pub fn restarting(&self) -> bool {
        self.path("run/reboot").exists()
    }

    /// Power on: the daemon of `version` in RAUC's slot `boot_slot`.
    pub async fn boot(&mut self, boot_slot: &'static str, version: &str) {
        self.kill().await;
        for name in ["run/boot", "run/reboot"] {
            let path = self.path(name);
            if path.exists() {
                std::fs::remove_file(path).unwrap();
            }
        }
        self.rauc.set().boot_slot = boot_slot;
        self.rauc.set().operation = "idle".into();
        let text = format!("ID=uketsuke\nIMAGE_VERSION={version}\n");
        std::fs::write(self.path("os-release"), text).unwrap();
        self.daemon().await;
    }

    /// The daemon alone starts.
    pub async fn daemon(&mut self) {
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        let (builder, places, config) = (self.bus.builder(), self.places(), self.config.clone());
        let clock = self.hands.clone();
        let tick = Duration::from_millis(20);
        // Oftener than it looks for a quiet time, as on a reader.
        let beat = Some(Duration::from_millis(8));
        let ready = move || ready.send(()).unwrap();
        self.daemon = Some(tokio::task::spawn_local(async move {
            app::serve(builder, places, &config, clock, tick, beat, ready, || {}).await
        }));
        within("the daemon is ready", is_ready).await.unwrap();
        self.until("the slot is known", async |desk| {
            !desk.update.slot().await.unwrap().is_empty()
        })
        .await;
    }

    /// The daemon is gone between two of its turns, as after a signal 9. See `killed.rs` for real ones.
    pub async fn kill(&mut self) {
        let Some(daemon) = self.daemon.take() else {
            return;
        };
        daemon.abort();
        let _ = daemon.await;
        let bus = zbus::fdo::DBusProxy::new(&self.client).await.unwrap();
        let name: zbus::names::BusName<'_> = uketsuke_bus::UPDATE.try_into().unwrap();
        self.until("the name is free", async |_| {
            !bus.name_has_owner(name.clone()).await.unwrap()
        })
        .await;
    }

    pub async fn mode_arrives(&mut self) {
        let builder = self
            .bus
            .builder()
            .serve_at(MODE_PATH, Mode(self.view.clone()));
        let connection = builder.build().await.unwrap();
        connection.request_name(uketsuke_bus::MODE).await.unwrap();
        self.mode = Some(connection);
    }

    pub async fn mode_leaves(&mut self) {
        self.mode.take().unwrap().close().await.unwrap();
    }

    /// The mode manager shows something else.
    pub async fn shows(&self, id: ViewId) {
        {
            let mut view = self.view.lock().unwrap();
            *view = View::new(id, view.number + 1);
        }
        let server = self.mode.as_ref().unwrap().object_server();
        let object = server.interface::<_, Mode>(MODE_PATH).await.unwrap();
        let served = object.get().await;
        served.view_changed(object.signal_emitter()).await.unwrap();
    }

    /// Waits until the state is `wanted`.
    pub async fn sees(&self, wanted: UpdateState) {
        let waiting = async {
            while !self.update.state().await.is_ok_and(|state| state == wanted) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(LIMIT, waiting).await.is_err() {
            let state = self.update.state().await;
            let error = self.update.last_error().await;
            panic!("{wanted:?} was awaited; it is {state:?}, last error {error:?}");
        }
    }

    /// Waits until `true_now`.
    pub async fn until(&self, what: &str, true_now: impl AsyncFn(&Self) -> bool) {
        let waiting = async {
            while !true_now(self).await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        within(what, waiting).await;
    }

    /// Calls for an installation and waits until RAUC was asked to write.
    pub async fn reach_installing(&self) {
        self.update.install(URL).await.unwrap();
        self.sees(UpdateState::Installing).await;
        self.until("RAUC was asked", async |desk| {
            desk.rauc.set().operation == "installing"
        })
        .await;
    }

    /// An installation from beginning to end.
    pub async fn install(&self) {
        self.reach_installing().await;
        self.rauc.finish(None).await;
        self.sees(UpdateState::Installed).await;
    }

    /// Activates, and waits for the restart to be asked for.
    pub async fn activate(&self) {
        self.free(async || self.update.activate().await).await;
        assert!(self.restarting());
    }

    /// Rolls back, and waits for the restart to be asked for.
    pub async fn rollback(&self) {
        self.free(async || self.update.rollback().await).await;
        assert!(self.restarting());
    }

    /// Calls until the daemon has seen that nobody is there.
    async fn free(&self, call: impl AsyncFn() -> Result<(), Update1Error>) {
        let waiting = async {
            loop {
                match call().await {
                    Err(Update1Error::Busy(_)) => {
                        tokio::time::sleep(Duration::from_millis(5)).await
                    }
                    answer => return answer.unwrap(),
                }
            }
        };
        within("nobody is there", waiting).await;
    }

    /// What was said on the bus before has reached the daemon: so many questions were answered since.
    pub async fn heard(&self) {
        for _ in 0..50 {
            self.update.state().await.unwrap();
        }
    }

    pub async fn last_error(&self) -> String {
        self.update.last_error().await.unwrap()
    }

    pub fn state_file(&self) -> String {
        std::fs::read_to_string(self.path("state/state.json")).unwrap()
    }
}

pub async fn within<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, waiting).await {
        Ok(value) => value,
        Err(_) => panic!("did not happen: {what}"),
    }
}

/// Runs a test on one thread, as the daemon runs.
pub fn on_the_bus(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

/// Error name of a refused call.
pub fn name(result: Result<(), Update1Error>) -> String {
    let error = result.expect_err("it was not refused");
    let name = zbus::DBusError::name(&error).to_string();
    let short = name.strip_prefix("jp.uketsuke.Update1.Error.");
    short.unwrap_or(&name).to_owned()
}

pub fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}
