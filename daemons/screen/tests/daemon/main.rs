// SPDX-License-Identifier: MIT OR Apache-2.0
//! The daemon itself on a private bus, with a scripted mode manager and a panel client.
#![allow(clippy::unwrap_used)]

mod mirror;
mod mode;
mod profile;

use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use mode::{Called, Mode};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use uketsuke_bus::SCREEN;
use uketsuke_bus::mode1::{Action, View, ViewId};
use uketsuke_testkit::PrivateBus;

/// Long enough for the slowest machine; reached only when something is broken.
const LIMIT: Duration = Duration::from_secs(30);

/// A panel client.
struct Client {
    lines: BufReader<UnixStream>,
    last: Value,
}

impl Client {
    /// Connects as soon as the daemon listens.
    async fn connect(dir: &Path, child: &mut Child) -> Self {
        let stop = std::time::Instant::now() + LIMIT;
        let stream = loop {
            match UnixStream::connect(dir.join("panel.sock")).await {
                Ok(stream) => break stream,
                Err(error) => {
                    assert!(std::time::Instant::now() < stop, "{error}");
                    assert!(child.try_wait().unwrap().is_none(), "the daemon ended");
                    tokio::task::yield_now().await;
                }
            }
        };
        let mut client = Self {
            lines: BufReader::new(stream),
            last: Value::Null,
        };
        client.next().await;
        client
    }

    async fn next(&mut self) -> &Value {
        let mut line = String::new();
        let read = tokio::time::timeout(LIMIT, self.lines.read_line(&mut line)).await;
        assert!(read.unwrap().unwrap() > 0, "the daemon hung up");
        self.last = serde_json::from_str(&line).unwrap();
        &self.last
    }

    /// Reads on until `view` is shown.
    async fn until(&mut self, view: &str, number: u64) -> &Value {
        while self.last["view"] != view || self.last["view_number"] != number {
            self.next().await;
        }
        &self.last
    }

    fn node(&self, action: &str) -> &Value {
        let tree = self.last["tree"].as_array().unwrap();
        tree.iter().find(|node| node["action"] == action).unwrap()
    }

    fn actions(&self) -> Vec<&str> {
        let tree = self.last["tree"].as_array().unwrap();
        tree.iter()
            .filter_map(|node| node["action"].as_str())
            .collect()
    }

    /// Presses once it is there.
    async fn press_when_there(&mut self, action: &str) {
        while !self.actions().contains(&action) {
            self.next().await;
        }
        self.press(action).await;
    }

    async fn press(&mut self, action: &str) {
        let node = self.node(action);
        let at = |side: &str, length: &str| {
            node[side].as_i64().unwrap() + node[length].as_i64().unwrap() / 2
        };
        let (x, y) = (at("x", "w"), at("y", "h"));
        for phase in ["down", "up"] {
            let touch = serde_json::json!({ "touch": { "x": x, "y": y, "phase": phase } });
            let line = format!("{touch}\n");
            self.lines
                .get_mut()
                .write_all(line.as_bytes())
                .await
                .unwrap();
        }
    }

    fn reads(&self, text: &str) -> bool {
        let tree = self.last["tree"].as_array().unwrap();
        tree.iter()
            .any(|node| node["label"].as_str().unwrap().contains(text))
    }
}

struct Daemon {
    child: Child,
    dir: tempfile::TempDir,
}

impl Daemon {
    fn start(bus: &PrivateBus) -> Self {
        Self::named("uketsuke-screen", bus.address())
    }

    /// Under this name, as a unit can start it.
    fn named(name: &str, bus: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = format!(
            "[screen]\noutput = \"panel\"\npanel = {:?}\nsame_key_ms = 0\n\
             languages = [\"ja\", \"en\", \"ko\"]\n\
             [facility]\nname = \"試験病院\"\n",
            dir.path()
        );
        std::fs::write(dir.path().join("reader.toml"), config).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_uketsuke-screen"))
            .arg0(name)
            .env("UKETSUKE_CONFIG", dir.path())
            .env("DBUS_SYSTEM_BUS_ADDRESS", bus)
            .env_remove("NOTIFY_SOCKET")
            .spawn()
            .unwrap();
        Self { child, dir }
    }

    async fn client(&mut self) -> Client {
        Client::connect(self.dir.path(), &mut self.child).await
    }

    /// Sequence and pixels of the frame, taken while nobody was drawing.
    fn frame(&self) -> (u64, Vec<u8>) {
        let file = std::fs::File::open(self.dir.path().join("frame")).unwrap();
        let mut bytes = vec![0; 64 + 1280 * 800 * 4];
        loop {
            file.read_exact_at(&mut bytes, 0).unwrap();
            assert_eq!(&bytes[..4], b"UKFR");
            assert_eq!(bytes[4..8], 1280u32.to_le_bytes());
            assert_eq!(bytes[8..12], 800u32.to_le_bytes());
            assert_eq!(bytes[12..16], 5120u32.to_le_bytes());
            let sequence = u64::from_le_bytes(bytes[16..24].try_into().unwrap());
            let mut again = [0; 8];
            file.read_exact_at(&mut again, 16).unwrap();
            if sequence.is_multiple_of(2) && u64::from_le_bytes(again) == sequence {
                return (sequence, bytes.split_off(64));
            }
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has noticed then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn method(number: u64) -> View {
    let mut view = View::new(ViewId::Method, number);
    view.choices = vec![Action::Pin, Action::Finish];
    view
}

fn pad(number: u64) -> View {
    let mut view = View::new(ViewId::Pin, number);
    view.choices = vec![Action::Finish];
    view.pad = Some(true);
    view
}

#[tokio::test]
async fn a_touch_on_the_panel_reaches_the_mode_manager() {
    let bus = PrivateBus::start();
    let mut daemon = Daemon::start(&bus);
    let mut client = daemon.client().await;
    assert_eq!(client.last["view"], "starting");
    assert!(client.reads("準備"), "{}", client.last);

    let mut mode = Mode::start(&bus, method(3)).await;
    client.until("P-02", 3).await;
    assert!(client.reads("本人確認の方法を選んでください。"));
    client.press("pin").await;
    assert_eq!(mode.called().await, Called::Act(3, "pin".to_owned()));

    mode.show(pad(4)).await;
    client.until("P-04", 4).await;
    for digit in [1, 2, 3, 4] {
        client.press(&format!("digit-{digit}")).await;
    }
    assert_eq!(mode.called().await, Called::Pin(4, b"1234".to_vec()));
}

#[tokio::test]
async fn the_frame_and_every_client_tell_the_same() {
    let bus = PrivateBus::start();
    let mut daemon = Daemon::start(&bus);
    let mut first = daemon.client().await;
    let mode = Mode::start(&bus, View::new(ViewId::Idle, 1)).await;
    first.until("P-00", 1).await;
    assert!(first.reads("試験病院"));
    let mut second = daemon.client().await;
    assert_eq!(second.last["tree"], first.last["tree"]);
    assert_eq!(
        second.last["damage"],
        serde_json::json!([[0, 0, 1280, 800]])
    );
    first.press("screen-languages").await;
    while !first.actions().contains(&"screen-language-en") {
        first.next().await;
        second.next().await;
    }
    let (before, choice) = daemon.frame();
    assert_eq!(second.last["sequence"], before);

    // In English, by touch: both are told, and only the damage differs in the frame.
    first.press("screen-language-en").await;
    while first.last["language"] != "en" {
        first.next().await;
        second.next().await;
    }
    assert_eq!(second.last, first.last);
    let (after, english) = daemon.frame();
    assert!(after > before);
    let pixel = |at: usize| (at % 1280, at / 1280);
    let changed = choice
        .chunks(4)
        .zip(english.chunks(4))
        .enumerate()
        .filter(|(_, (a, b))| a != b);
    let rects = first.last["damage"].as_array().unwrap();
    let mut count = 0;
    for (x, y) in changed.map(|(at, _)| pixel(at)) {
        let (x, y) = (x as i64, y as i64);
        count += 1;
        let inside = rects.iter().any(|rect| {
            let side = |n: usize| rect[n].as_i64().unwrap();
            x >= side(0) && y >= side(1) && x < side(0) + side(2) && y < side(1) + side(3)
        });
        assert!(inside, "{x},{y} changed outside {rects:?}");
    }
    assert!(count > 1000);

    // The next patient meets Japanese again.
    mode.show(method(2)).await;
    first.until("P-02", 2).await;
    assert_eq!(first.last["language"], "en");
    mode.show(View::new(ViewId::Idle, 3)).await;
    first.until("P-00", 3).await;
    assert_eq!(first.last["language"], "ja");
}

#[tokio::test]
async fn a_name_is_shown_and_gone_with_its_view() {
    let bus = PrivateBus::start();
    let mut daemon = Daemon::start(&bus);
    let mut client = daemon.client().await;
    let mut done = View::new(ViewId::Done, 8);
    done.personal = Some(true);
    let mode = Mode::start(&bus, done).await;
    client.until("P-13", 8).await;
    assert!(client.reads("シカク イチロウ様"), "{}", client.last);
    mode.show(View::new(ViewId::Idle, 9)).await;
    client.until("P-00", 9).await;
    assert!(!client.reads("シカク"));
}

#[tokio::test]
async fn a_mode_manager_that_dies_is_seen_and_its_successor_followed() {
    let bus = PrivateBus::start();
    let mut daemon = Daemon::start(&bus);
    let mut client = daemon.client().await;
    let mode = Mode::start(&bus, pad(5)).await;
    client.until("P-04", 5).await;
    mode.connection.close().await.unwrap();
    client.until("starting", 0).await;
    let _next = Mode::start(&bus, View::new(ViewId::Idle, 1)).await;
    client.until("P-00", 1).await;
}

#[tokio::test]
async fn a_client_that_talks_nonsense_is_dropped_and_the_others_stay() {
    let bus = PrivateBus::start();
    let mut daemon = Daemon::start(&bus);
    let mut good = daemon.client().await;
    for nonsense in [
        "hello\n".to_owned(),
        "{\"touch\":{}}\n".to_owned(),
        "x".repeat(8192),
    ] {
        let mut bad = daemon.client().await;
        bad.lines
            .get_mut()
            .write_all(nonsense.as_bytes())
            .await
            .unwrap();
        let mut rest = String::new();
        while bad
            .lines
            .read_line(&mut rest)
            .await
            .is_ok_and(|read| read > 0)
        {}
    }
    let _mode = Mode::start(&bus, method(2)).await;
    good.until("P-02", 2).await;
}

#[tokio::test]
async fn the_served_language_follows_touch_and_bus() {
    let bus = PrivateBus::start();
    let mut daemon = Daemon::start(&bus);
    let mut client = daemon.client().await;
    let _mode = Mode::start(&bus, method(2)).await;
    client.until("P-02", 2).await;
    let connection = bus.connect().await;
    let screen = uketsuke_bus::screen1::Screen1Proxy::new(&connection)
        .await
        .unwrap();
    assert_eq!(screen.inner().destination(), SCREEN);
    screen
        .set_language(uketsuke_bus::screen1::Language::En)
        .await
        .unwrap();
    while client.last["language"] != "en" {
        client.next().await;
    }
    assert!(!client.reads("本人確認"));
    let refused = screen
        .set_language(uketsuke_bus::screen1::Language::Pt)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("pt is not among"), "{refused}");
    client.press("screen-languages").await;
    client.press_when_there("screen-language-ja").await;
    while client.last["language"] != "ja" {
        client.next().await;
    }
}

#[tokio::test]
async fn the_served_looks_follow_touch_and_go_back_for_the_next_patient() {
    use uketsuke_bus::screen1::{Contrast, Layout, Text};
    let bus = PrivateBus::start();
    let mut daemon = Daemon::start(&bus);
    let mut client = daemon.client().await;
    let mode = Mode::start(&bus, method(2)).await;
    client.until("P-02", 2).await;
    let connection = bus.connect().await;
    let screen = uketsuke_bus::screen1::Screen1Proxy::builder(&connection)
        .cache_properties(zbus::proxy::CacheProperties::No)
        .build()
        .await
        .unwrap();
    let served = async || {
        (
            screen.contrast().await.unwrap(),
            screen.text().await.unwrap(),
            screen.layout().await.unwrap(),
        )
    };
    let usual = (Contrast::Normal, Text::Normal, Layout::Normal);
    assert_eq!(served().await, usual);
    client.press("screen-layout-low").await;
    while client.last["layout"] != "low" {
        client.next().await;
    }
    client.press("screen-ease").await;
    client.press_when_there("screen-contrast-high").await;
    while client.last["contrast"] != "high" {
        client.next().await;
    }
    client.press("screen-text-large").await;
    while client.last["text"] != "large" {
        client.next().await;
    }
    let chosen = (Contrast::High, Text::Large, Layout::Low);
    let stop = std::time::Instant::now() + LIMIT;
    while served().await != chosen {
        assert!(std::time::Instant::now() < stop, "{:?}", served().await);
    }
    mode.show(View::new(ViewId::Idle, 3)).await;
    client.until("P-00", 3).await;
    assert_eq!(client.last["contrast"], "normal");
    while served().await != usual {
        assert!(std::time::Instant::now() < stop, "{:?}", served().await);
    }
}

#[tokio::test]
async fn the_safe_screen_needs_no_bus_and_offers_its_own_buttons_only() {
    let mut daemon = Daemon::named("uketsuke-safe-screen", "unix:path=/nonexistent");
    let mut client = daemon.client().await;
    client.until("F-14", 1).await;
    assert!(client.reads("受付へお声がけください"), "{}", client.last);
    assert_eq!(
        client.actions(),
        ["screen-layout-low", "screen-languages", "screen-ease"]
    );
    client.press("screen-languages").await;
    client.press_when_there("screen-language-en").await;
    while !client.reads("reception") {
        client.next().await;
    }
}
