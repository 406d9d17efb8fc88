// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card daemon and an uplink that do what a test says, on a real bus.
// Each test program uses a part of it.
#![allow(clippy::unwrap_used, dead_code, unused_imports)]

mod cards;
mod eyes;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uketsuke_bus::consent::Consents;
use uketsuke_bus::mode1::{Details, Mode1Proxy};
use uketsuke_bus::secret;
use uketsuke_bus::staff::StaffProxy;
use uketsuke_bus::uplink1::{
    CONSENTS_BYTES, CheckInAnswer, CheckInRequest, HopState, Uplink1Error, Validity,
};
use uketsuke_bus::view::{Action, Hop, View, ViewId};
use uketsuke_bus::{MODE, SCREEN, UPLINK, UPLINK_PATH};
use uketsuke_common::config::{Own, StaffButton};
use uketsuke_mode::app::{self, Staffed};
use uketsuke_mode::domain::Rules;
use uketsuke_mode::profile::Profiles;
use uketsuke_mode::staff::{PEPPER, Staff};
use uketsuke_passcode::verifier::Cost;
use uketsuke_testkit::PrivateBus;
use zbus::names::WellKnownName;
use zbus::proxy::CacheProperties;
use zbus::{Connection, OwnedFd, interface};

pub use cards::{CardDaemon, NUMBER, PIN, SharedCard, card, phone};
pub use eyes::{Eyes, face, quick};

/// Pause before a counter that did not answer is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Next to nothing: what a passcode costs is no matter here.
const CHEAP: Cost = Cost {
    memory_kib: 8,
    passes: 1,
};

/// Longest wait for anything; a machine under load must not fail a test.
const LIMIT: Duration = Duration::from_secs(30);

/// When the centre checks: 2026-11-21 in Japan.
const CHECKED: u64 = 1_795_188_605;

/// What the uplink says and heard.
pub struct UplinkState {
    pub down: Option<Hop>,
    pub answer: CheckInAnswer,
    /// While set, the centre refuses certificates as expired long ago.
    pub expired: bool,
    pub challenges: u32,
    /// Certificates that checked in.
    pub check_ins: Vec<Vec<u8>>,
    pub consents: Vec<(String, Consents)>,
    pub abandoned: Vec<String>,
    /// What happened to 目視確認, and whose passcode it was.
    pub notes: Vec<(String, String)>,
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
                    letters: Vec::new(),
                    at: CHECKED,
                },
                expired: false,
                challenges: 0,
                check_ins: Vec::new(),
                consents: Vec::new(),
                abandoned: Vec::new(),
                notes: Vec::new(),
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
        if state.expired {
            return Err(Uplink1Error::CertificateExpired("long ago".into()));
        }
        let answer = serde_json::to_vec(&state.answer).unwrap();
        Ok(secret::seal(&answer).unwrap().into())
    }
    async fn complete(&self, session: String, consents: OwnedFd) -> Result<(), Uplink1Error> {
        let consents = secret::take(consents.into(), CONSENTS_BYTES).unwrap();
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
    fn note(&self, key: &str, event: String, at: u64, account: String, seconds: u32) {
        assert!(key.len() == 32 && at > 1_700_000_000 && seconds < 60);
        self.state.lock().unwrap().notes.push((event, account));
        self.go_on.notify_waiters();
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
    pub staff: StaffProxy<'static>,
    /// State and credentials of the mode manager.
    pub folder: Arc<TempDir>,
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

    /// A desk anew, on what an earlier one kept.
    pub async fn start_on(rules: Rules, folder: Arc<TempDir>) -> Self {
        let bus = PrivateBus::start();
        let cards = CardDaemon::start(&bus).await;
        let uplink = Uplink::default();
        let uplink_bus = uplink.start(&bus).await;
        Self::start_with(rules, bus, cards, uplink, uplink_bus, folder).await
    }

    /// A desk with a reader for phones.
    pub async fn with_phones(rules: Rules) -> Self {
        let bus = PrivateBus::start();
        let cards = CardDaemon::start(&bus).await;
        cards.set_phone_slot(true).await;
        let uplink = Uplink::default();
        let uplink_bus = uplink.start(&bus).await;
        Self::start_mode(rules, bus, cards, uplink, uplink_bus).await
    }

    /// From P-00 to P-05a.
    pub async fn choose_phone(&self) -> View {
        let view = self
            .sees_that("P-00 with phones", |v| {
                v.id == ViewId::Idle && v.choices == [Action::Phone]
            })
            .await;
        self.press(&view, Action::Phone).await;
        self.sees(ViewId::WhichPhone).await
    }

    pub async fn start_mode(
        rules: Rules,
        bus: PrivateBus,
        cards: CardDaemon,
        uplink: Uplink,
        uplink_bus: Connection,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(PEPPER), [7; 32]).unwrap();
        Self::start_with(rules, bus, cards, uplink, uplink_bus, Arc::new(folder)).await
    }

    /// As it starts anew on what it kept.
    pub async fn start_with(
        rules: Rules,
        bus: PrivateBus,
        cards: CardDaemon,
        uplink: Uplink,
        uplink_bus: Connection,
        folder: Arc<TempDir>,
    ) -> Self {
        // There before the mode manager: the word that nobody shows views ends what staff have opened.
        let screen = bus.builder().name(SCREEN).build().await.unwrap();
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        // Nobody listens there but in the tests of the counter.
        let counter = folder.path().join("counter.socket");
        let place = folder.path().to_owned();
        let staff = Staffed {
            open: Arc::new(move || Staff::open(&place, &place, &counter, CHEAP)),
            again: ASK_AGAIN,
            button: StaffButton::AtOnce,
        };
        let serving = app::serve(
            bus.builder(),
            rules,
            Profiles::new(Own::default(), folder.path().to_owned()),
            staff,
            None,
            move || ready.send(()).unwrap(),
            || {},
        );
        let task = tokio::task::spawn_local(serving);
        within(is_ready).await.unwrap();
        let name = WellKnownName::from_static_str_unchecked(MODE);
        let mode = Mode1Proxy::builder(&screen)
            .destination(name)
            .cache_properties(CacheProperties::Lazily)
            .build()
            .await
            .unwrap();
        let staff = StaffProxy::builder(&screen)
            .cache_properties(CacheProperties::No)
            .build()
            .await
            .unwrap();
        Self {
            bus,
            cards,
            uplink,
            uplink_bus,
            mode,
            staff,
            folder,
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

    /// The first `count` notes that the uplink was given: what happened, whose passcode it was.
    pub async fn notes(&self, count: usize) -> Vec<(String, String)> {
        let given = async {
            loop {
                let more = self.uplink.go_on.notified();
                let notes = self.uplink.state.lock().unwrap().notes.clone();
                if notes.len() >= count {
                    return notes;
                }
                more.await;
            }
        };
        within(given).await
    }

    /// The terminal issues a passcode.
    pub async fn issue(&self, account: &str, digits: &str) {
        let code = secret::seal(digits.as_bytes()).unwrap();
        self.staff.issue(account, code.into()).await.unwrap();
    }

    /// Staff press their button and type.
    pub async fn type_passcode(&self, digits: &str) {
        let view = self
            .sees_that("P-00 with the button for staff", |v| {
                v.id == ViewId::Idle && v.choices.contains(&Action::Staff)
            })
            .await;
        self.press(&view, Action::Staff).await;
        let view = self.sees(ViewId::Passcode).await;
        self.type_pin(&view, digits.as_bytes()).await;
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
