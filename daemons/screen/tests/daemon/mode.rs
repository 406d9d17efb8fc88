// SPDX-License-Identifier: MIT OR Apache-2.0
//! A mode manager that shows what it is told and writes down what the screen calls.

use std::sync::{Arc, Mutex};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use uketsuke_bus::mode1::{Details, View};
use uketsuke_bus::{MODE, MODE_PATH, secret};
use uketsuke_testkit::PrivateBus;
use zbus::interface;

use super::LIMIT;

/// What the screen called it for.
#[derive(Debug, PartialEq)]
pub enum Called {
    Act(u64, String),
    Pin(u64, Vec<u8>),
}

struct FakeMode {
    view: Arc<Mutex<View>>,
    profile: Arc<Mutex<String>>,
    calls: UnboundedSender<Called>,
}

#[interface(name = "jp.uketsuke.Mode1")]
impl FakeMode {
    #[zbus(property)]
    fn view(&self) -> View {
        self.view.lock().unwrap().clone()
    }

    #[zbus(property)]
    fn profile(&self) -> (String, String) {
        ("0".repeat(32), self.profile.lock().unwrap().clone())
    }

    fn act(&self, view: u64, action: String) {
        self.calls.send(Called::Act(view, action)).unwrap();
    }

    fn enter_pin(&self, view: u64, pin: zbus::OwnedFd) {
        let digits = secret::take(pin.into(), 4).unwrap().expose().to_vec();
        self.calls.send(Called::Pin(view, digits)).unwrap();
    }

    fn details(&self, _view: u64) -> zbus::OwnedFd {
        let details = Details {
            name_kana: Some("シカク イチロウ".to_owned()),
            ..Details::default()
        };
        secret::seal(&serde_json::to_vec(&details).unwrap())
            .unwrap()
            .into()
    }
}

/// A scripted mode manager on the bus.
pub struct Mode {
    pub connection: zbus::Connection,
    view: Arc<Mutex<View>>,
    profile: Arc<Mutex<String>>,
    calls: UnboundedReceiver<Called>,
}

impl Mode {
    pub async fn start(bus: &PrivateBus, view: View) -> Self {
        let (send, calls) = unbounded_channel();
        let view = Arc::new(Mutex::new(view));
        let profile = Arc::<Mutex<String>>::default();
        let fake = FakeMode {
            view: Arc::clone(&view),
            profile: Arc::clone(&profile),
            calls: send,
        };
        let builder = bus.builder().serve_at(MODE_PATH, fake).name(MODE);
        Self {
            connection: builder.build().await.unwrap(),
            view,
            profile,
            calls,
        }
    }

    /// Another facility profile is in force.
    pub async fn set_profile(&self, text: &str) {
        text.clone_into(&mut self.profile.lock().unwrap());
        let object = self
            .connection
            .object_server()
            .interface::<_, FakeMode>(MODE_PATH)
            .await
            .unwrap();
        object
            .get()
            .await
            .profile_changed(object.signal_emitter())
            .await
            .unwrap();
    }

    pub async fn show(&self, view: View) {
        *self.view.lock().unwrap() = view;
        let object = self
            .connection
            .object_server()
            .interface::<_, FakeMode>(MODE_PATH)
            .await
            .unwrap();
        object
            .get()
            .await
            .view_changed(object.signal_emitter())
            .await
            .unwrap();
    }

    pub async fn called(&mut self) -> Called {
        tokio::time::timeout(LIMIT, self.calls.recv())
            .await
            .unwrap()
            .unwrap()
    }
}
