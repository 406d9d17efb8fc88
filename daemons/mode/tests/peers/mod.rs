// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card daemon and an uplink that do what a test says, on a real bus.
#![allow(clippy::unwrap_used, dead_code)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uketsuke_bus::card1::{CardError, CardKind};
use uketsuke_bus::consent::Consents;
use uketsuke_bus::mode1::{Details, Mode1Proxy};
use uketsuke_bus::secret;
use uketsuke_bus::uplink1::{CheckInAnswer, CheckInRequest, HopState, Uplink1Error, Validity};
use uketsuke_bus::view::{Action, Hop, View, ViewId};
use uketsuke_bus::{CARD, CARD_PATH, MODE, UPLINK, UPLINK_PATH};
use uketsuke_mode::app;
use uketsuke_mode::domain::Rules;
use uketsuke_testkit::PrivateBus;
use zbus::names::WellKnownName;
use zbus::object_server::SignalEmitter;
use zbus::proxy::CacheProperties;
use zbus::{Connection, ObjectPath, OwnedFd, OwnedObjectPath, interface};

/// Longest wait for anything; a machine under load must not fail a test.
const LIMIT: Duration = Duration::from_secs(30);

/// The right PIN of every test card.
pub const PIN: &[u8] = b"1234";

/// What a fake card is and saw.
pub struct CardState {
    pub kind: CardKind,
    pub tries: u8,
    pub certificate: Vec<u8>,
    pub verifies: u32,
    pub released: u32,
    /// Errors to answer signing with, before the PIN is looked at.
    pub sign_errors: VecDeque<CardError>,
}

pub type SharedCard = Arc<Mutex<CardState>>;

struct FakeReader {
    present: Arc<Mutex<OwnedObjectPath>>,
}

#[interface(name = "jp.uketsuke.Card1")]
impl FakeReader {
    #[zbus(property)]
    fn readers(&self) -> Vec<(String, bool)> {
        vec![("slot".into(), true)]
    }
    #[zbus(property)]
    fn present(&self) -> OwnedObjectPath {
        self.present.lock().unwrap().clone()
    }
    #[zbus(signal)]
    async fn card_placed(emitter: &SignalEmitter<'_>, card: ObjectPath<'_>) -> zbus::Result<()>;
    #[zbus(signal)]
    async fn card_lifted(emitter: &SignalEmitter<'_>, card: ObjectPath<'_>) -> zbus::Result<()>;
}

struct FakeCard(SharedCard);

#[interface(name = "jp.uketsuke.Card1.Card")]
impl FakeCard {
    #[zbus(property)]
    fn kind(&self) -> CardKind {
        self.0.lock().unwrap().kind
    }
    #[zbus(property)]
    fn pin_tries_left(&self) -> u8 {
        self.0.lock().unwrap().tries
    }
    async fn read_certificate(&self) -> Result<OwnedFd, CardError> {
        Ok(secret::seal(&self.0.lock().unwrap().certificate)
            .unwrap()
            .into())
    }
    async fn sign_with_pin(&self, pin: OwnedFd, digest: Vec<u8>) -> Result<Vec<u8>, CardError> {
        let mut card = self.0.lock().unwrap();
        let pin = secret::take(pin.into(), 4).map_err(|e| CardError::BadSecret(e.to_string()))?;
        if let Some(error) = card.sign_errors.pop_front() {
            return Err(error);
        }
        assert_eq!(digest.len(), 32);
        card.verifies += 1;
        if pin.expose() == PIN {
            card.tries = 3;
            return Ok([b"signed:", &digest[..]].concat());
        }
        card.tries -= 1;
        Err(CardError::WrongPin(format!("{} left", card.tries)))
    }
    async fn release(&self) -> Result<(), CardError> {
        self.0.lock().unwrap().released += 1;
        Ok(())
    }
}

/// The card daemon.
pub struct CardDaemon {
    connection: Connection,
    present: Arc<Mutex<OwnedObjectPath>>,
    placed: u32,
}

impl CardDaemon {
    pub async fn start(bus: &PrivateBus) -> Self {
        let present = Arc::new(Mutex::new(none()));
        let connection = bus
            .builder()
            .serve_at(
                CARD_PATH,
                FakeReader {
                    present: present.clone(),
                },
            )
            .name(CARD)
            .build()
            .await
            .unwrap();
        Self {
            connection,
            present,
            placed: 0,
        }
    }

    pub async fn place(&mut self, card: &SharedCard) -> OwnedObjectPath {
        self.placed += 1;
        let path = OwnedObjectPath::try_from(format!("{CARD_PATH}/card/{}", self.placed)).unwrap();
        let server = self.connection.object_server();
        server.at(&path, FakeCard(card.clone())).await.unwrap();
        *self.present.lock().unwrap() = path.clone();
        let emitter = SignalEmitter::new(&self.connection, CARD_PATH).unwrap();
        FakeReader::card_placed(&emitter, (*path).clone())
            .await
            .unwrap();
        path
    }

    pub async fn lift(&mut self) {
        let path = std::mem::replace(&mut *self.present.lock().unwrap(), none());
        let emitter = SignalEmitter::new(&self.connection, CARD_PATH).unwrap();
        FakeReader::card_lifted(&emitter, (*path).clone())
            .await
            .unwrap();
        let server = self.connection.object_server();
        server.remove::<FakeCard, _>(&path).await.unwrap();
    }

    /// The process dies.
    pub async fn die(&self) {
        self.connection.clone().close().await.unwrap();
    }
}

fn none() -> OwnedObjectPath {
    ObjectPath::from_static_str_unchecked("/").into()
}

/// A good card with this certificate.
pub fn card(certificate: &[u8]) -> SharedCard {
    Arc::new(Mutex::new(CardState {
        kind: CardKind::Card,
        tries: 3,
        certificate: certificate.to_vec(),
        verifies: 0,
        released: 0,
        sign_errors: VecDeque::new(),
    }))
}

/// What the uplink says and heard.
pub struct UplinkState {
    pub down: Option<Hop>,
    pub answer: CheckInAnswer,
    pub challenges: u32,
    /// Certificates that checked in.
    pub check_ins: Vec<Vec<u8>>,
    pub consents: Vec<(String, Consents)>,
    pub abandoned: Vec<String>,
    /// Calls of `Complete`, answered or not.
    pub offered: u32,
    /// While set, `Complete` does not answer.
    pub hold_complete: bool,
    /// While set, `Challenge` does not answer.
    pub hold_challenge: bool,
}

/// The uplink.
#[derive(Clone)]
pub struct Uplink {
    pub state: Arc<Mutex<UplinkState>>,
    pub go_on: Arc<Notify>,
}

impl Default for Uplink {
    fn default() -> Self {
        Self {
            state: Arc::new(Mutex::new(UplinkState {
                down: None,
                answer: CheckInAnswer {
                    validity: Validity::Valid,
                    certificate_expired: false,
                    name_kana: Some("シカク イチロウ".into()),
                    earlier: None,
                },
                challenges: 0,
                check_ins: Vec::new(),
                consents: Vec::new(),
                abandoned: Vec::new(),
                offered: 0,
                hold_complete: false,
                hold_challenge: false,
            })),
            go_on: Arc::new(Notify::new()),
        }
    }
}

#[interface(name = "jp.uketsuke.Uplink1")]
impl Uplink {
    #[zbus(property)]
    fn hops(&self) -> Vec<HopState> {
        let down = self.state.lock().unwrap().down;
        Hop::ALL
            .iter()
            .map(|hop| HopState {
                hop: *hop,
                up: down != Some(*hop),
                since: 0,
            })
            .collect()
    }
    #[zbus(property)]
    fn queued(&self) -> u32 {
        0
    }
    async fn challenge(&self) -> Result<(String, Vec<u8>), Uplink1Error> {
        let number = {
            let mut state = self.state.lock().unwrap();
            state.challenges += 1;
            state.challenges
        };
        while self.state.lock().unwrap().hold_challenge {
            self.go_on.notified().await;
        }
        Ok((format!("session-{number}"), vec![7; 32]))
    }
    async fn check_in(&self, session: String, request: OwnedFd) -> Result<OwnedFd, Uplink1Error> {
        let request = secret::take(request.into(), 8192).unwrap();
        let request: CheckInRequest = serde_json::from_slice(request.expose()).unwrap();
        assert!(session.starts_with("session-"));
        let mut state = self.state.lock().unwrap();
        state.check_ins.push(request.certificate.into_bytes());
        let answer = serde_json::to_vec(&state.answer).unwrap();
        Ok(secret::seal(&answer).unwrap().into())
    }
    async fn complete(&self, session: String, consents: OwnedFd) -> Result<(), Uplink1Error> {
        let consents = secret::take(consents.into(), 4096).unwrap();
        let consents: Consents = serde_json::from_slice(consents.expose()).unwrap();
        self.state.lock().unwrap().offered += 1;
        while self.state.lock().unwrap().hold_complete {
            self.go_on.notified().await;
        }
        self.state
            .lock()
            .unwrap()
            .consents
            .push((session, consents));
        Ok(())
    }
    async fn abandon(&self, session: String) -> Result<(), Uplink1Error> {
        self.state.lock().unwrap().abandoned.push(session);
        self.go_on.notify_waiters();
        Ok(())
    }
}

impl Uplink {
    pub async fn start(&self, bus: &PrivateBus) -> Connection {
        bus.builder()
            .serve_at(UPLINK_PATH, self.clone())
            .name(UPLINK)
            .build()
            .await
            .unwrap()
    }

    pub async fn set_down(&self, connection: &Connection, down: Option<Hop>) {
        self.state.lock().unwrap().down = down;
        let server = connection.object_server();
        let object = server.interface::<_, Uplink>(UPLINK_PATH).await.unwrap();
        let uplink = object.get().await;
        uplink.hops_changed(object.signal_emitter()).await.unwrap();
    }

    pub fn release(&self) {
        let mut state = self.state.lock().unwrap();
        (state.hold_complete, state.hold_challenge) = (false, false);
        drop(state);
        self.go_on.notify_waiters();
    }
}

/// The whole desk around the mode manager.
pub struct Desk {
    pub bus: PrivateBus,
    pub cards: CardDaemon,
    pub uplink: Uplink,
    pub uplink_bus: Connection,
    pub mode: Mode1Proxy<'static>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Desk {
    pub async fn start(rules: Rules) -> Self {
        let bus = PrivateBus::start();
        let cards = CardDaemon::start(&bus).await;
        let uplink = Uplink::default();
        let uplink_bus = uplink.start(&bus).await;
        Self::start_mode(rules, bus, cards, uplink, uplink_bus).await
    }

    pub async fn start_mode(
        rules: Rules,
        bus: PrivateBus,
        cards: CardDaemon,
        uplink: Uplink,
        uplink_bus: Connection,
    ) -> Self {
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        let serving = app::serve(
            bus.builder(),
            rules,
            None,
            move || ready.send(()).unwrap(),
            || {},
        );
        let task = tokio::task::spawn_local(serving);
        within(is_ready).await.unwrap();
        let screen = bus.connect().await;
        let name = WellKnownName::from_static_str_unchecked(MODE);
        let mode = Mode1Proxy::builder(&screen)
            .destination(name)
            .cache_properties(CacheProperties::Lazily)
            .build()
            .await
            .unwrap();
        Self {
            bus,
            cards,
            uplink,
            uplink_bus,
            mode,
            task,
        }
    }

    /// Waits until the view is `id`.
    pub async fn sees(&self, id: ViewId) -> View {
        self.sees_that(id.as_str(), |view| view.id == id).await
    }

    /// Waits until the view is as `wanted` says.
    pub async fn sees_that(&self, what: &str, wanted: impl Fn(&View) -> bool) -> View {
        let mut changes = self.mode.receive_view_changed().await;
        let mut last = None;
        let waiting = async {
            while let Some(change) = changes.next().await {
                let view = change.get().await.unwrap();
                if wanted(&view) {
                    return view;
                }
                last = Some(view);
            }
            panic!("the mode manager left the bus while {what} was awaited");
        };
        match tokio::time::timeout(LIMIT, waiting).await {
            Ok(view) => view,
            Err(_) => panic!(
                "{what} was awaited; shown is {last:?}; ended: {}",
                self.task.is_finished()
            ),
        }
    }

    pub async fn press(&self, view: &View, action: Action) {
        self.mode.act(view.number, action.as_str()).await.unwrap();
    }

    pub async fn type_pin(&self, view: &View, digits: &[u8]) {
        let fd = secret::seal(digits).unwrap();
        self.mode.enter_pin(view.number, fd.into()).await.unwrap();
    }

    pub async fn details(&self, view: &View) -> Details {
        let fd = self.mode.details(view.number).await.unwrap();
        let json = secret::take(fd.into(), 4096).unwrap();
        serde_json::from_slice(json.expose()).unwrap()
    }

    /// From the card on the reader to the first consent question.
    pub async fn reach_consents(&mut self, card: &SharedCard) -> View {
        self.cards.place(card).await;
        let view = self.sees(ViewId::Method).await;
        self.press(&view, Action::Pin).await;
        let view = self.sees(ViewId::Pin).await;
        self.type_pin(&view, PIN).await;
        self.sees_that("a question", |view| {
            matches!(view.id, ViewId::ConsentMethod | ViewId::CarryOver)
        })
        .await
    }
}

/// Waits with the limit every wait of these tests has.
pub async fn within<T>(waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, waiting).await.expect("in time")
}

/// Waits until `true_now`, looking whenever the runtime is idle.
pub async fn until(what: &str, true_now: impl Fn() -> bool) {
    let waiting = async {
        while !true_now() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, waiting)
        .await
        .unwrap_or_else(|_| panic!("{what} did not happen"));
}

/// Runs a test on one thread, as the daemon runs.
pub fn on_the_bus(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}
