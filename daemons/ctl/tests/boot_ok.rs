// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsukectl self-test` and `boot-ok` as programs, over a real bus with stand-ins for the daemons.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;
use uketsuke_bus::card1::{ReaderState, Role};
use uketsuke_bus::mode1::{View, ViewId};
use uketsuke_bus::update1::Verdict;
use uketsuke_bus::uplink1::{Hop, HopState};
use uketsuke_testkit::PrivateBus;
use zbus::{Connection, interface};

struct Card(bool);
#[interface(name = "jp.uketsuke.Card1")]
impl Card {
    #[zbus(property)]
    fn readers(&self) -> Vec<ReaderState> {
        vec![(Role::Card, "Virtual 00 00".into(), self.0)]
    }
}

struct Mode;
#[interface(name = "jp.uketsuke.Mode1")]
impl Mode {
    #[zbus(property)]
    fn view(&self) -> View {
        View::new(ViewId::Idle, 1)
    }
}

struct Screen(&'static str);
#[interface(name = "jp.uketsuke.Screen1")]
impl Screen {
    #[zbus(property)]
    fn output(&self) -> &str {
        self.0
    }
}

struct Uplink;
#[interface(name = "jp.uketsuke.Uplink1")]
impl Uplink {
    #[zbus(property)]
    fn hops(&self) -> Vec<HopState> {
        vec![HopState {
            hop: Hop::Terminal,
            up: false,
            since: 0,
        }]
    }
    #[zbus(property)]
    fn queued(&self) -> u32 {
        3
    }
}

struct Update {
    confirmed: bool,
    calls: Arc<AtomicU32>,
}
#[interface(name = "jp.uketsuke.Update1")]
impl Update {
    #[zbus(property)]
    fn confirmed(&self) -> bool {
        self.confirmed
    }
    fn confirm(&mut self) {
        self.confirmed = true;
        self.calls.fetch_add(1, Ordering::SeqCst);
    }
}

const KMS: &str = "kms /dev/dri/card0 Virtual-1 1280x800";

/// A reader of stand-ins.
struct Reader {
    bus: PrivateBus,
    peers: Vec<Connection>,
    directory: TempDir,
    confirms: Arc<AtomicU32>,
}

impl Reader {
    /// With this glass; `update` says whether the update daemon is there.
    async fn new(output: &'static str, works: bool, update: bool) -> Self {
        let bus = PrivateBus::start();
        let confirms = Arc::new(AtomicU32::new(0));
        let at = |name: &'static str| bus.builder().name(name);
        let mut peers = vec![
            at("jp.uketsuke.Card1")
                .serve_at("/jp/uketsuke/Card1", Card(works))
                .build()
                .await
                .unwrap(),
            at("jp.uketsuke.Mode1")
                .serve_at("/jp/uketsuke/Mode1", Mode)
                .build()
                .await
                .unwrap(),
            at("jp.uketsuke.Screen1")
                .serve_at("/jp/uketsuke/Screen1", Screen(output))
                .build()
                .await
                .unwrap(),
            at("jp.uketsuke.Uplink1")
                .serve_at("/jp/uketsuke/Uplink1", Uplink)
                .build()
                .await
                .unwrap(),
        ];
        if update {
            let object = Update {
                confirmed: false,
                calls: Arc::clone(&confirms),
            };
            let peer = at("jp.uketsuke.Update1").serve_at("/jp/uketsuke/Update1", object);
            peers.push(peer.build().await.unwrap());
        }
        // Beside the build, not in /tmp: that may be in memory, which is no data partition.
        let directory = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        Self {
            bus,
            peers,
            directory,
            confirms,
        }
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_uketsukectl"));
        command
            .args(arguments)
            .env("DBUS_SYSTEM_BUS_ADDRESS", self.bus.address())
            .env("STATE_DIRECTORY", self.directory.path())
            .env("UKETSUKE_CONFIG", self.directory.path());
        // The stand-ins answer from this thread meanwhile.
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }

    async fn judge(&self) -> Output {
        let mark = self.mark().display().to_string();
        let times = ["--hold", "1", "--limit", "6", "--every", "1"];
        let arguments = [&["boot-ok", "--mark", &mark], times.as_slice()].concat();
        self.run(&arguments).await
    }

    fn mark(&self) -> PathBuf {
        self.directory.path().join("keep")
    }

    fn verdict(&self) -> Verdict {
        let bytes = std::fs::read(self.directory.path().join("verdict")).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn a_good_slot_is_confirmed_once_and_what_passed_is_kept() {
    let reader = Reader::new(KMS, true, true).await;
    let output = reader.judge().await;
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(reader.confirms.load(Ordering::SeqCst), 1);
    assert!(reader.mark().exists());
    assert!(reader.verdict().good);
    let passed = std::fs::read_to_string(reader.directory.path().join("passed")).unwrap();
    assert!(
        passed.contains("card-reader") && !passed.contains("\"line\""),
        "{passed}"
    );
    // The next boot of the same slot: confirmed already, so nobody is called again.
    let output = reader.judge().await;
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(reader.confirms.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_slot_whose_picture_nobody_sees_is_not_good() {
    let reader = Reader::new("panel /run/x", true, true).await;
    let output = reader.judge().await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert_eq!(reader.confirms.load(Ordering::SeqCst), 0);
    assert!(!reader.mark().exists());
    let verdict = reader.verdict();
    assert!(
        !verdict.good && verdict.reason.contains("display"),
        "{}",
        verdict.reason
    );
}

#[tokio::test]
async fn a_reader_that_was_there_before_must_be_there_again() {
    let lost = Reader::new(KMS, false, true).await;
    assert!(lost.judge().await.status.success(), "it was never there");
    let passed = r#"{"format":1,"version":"x","checks":["card-reader"]}"#;
    std::fs::write(lost.directory.path().join("passed"), passed).unwrap();
    let output = lost.judge().await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let reason = lost.verdict().reason;
    assert_eq!(reason, "card-reader: Virtual 00 00: lost");
}

#[tokio::test]
async fn a_slot_whose_update_daemon_is_broken_is_not_good() {
    let reader = Reader::new(KMS, true, false).await;
    let output = reader.judge().await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(
        reader.verdict().reason.contains("update"),
        "{}",
        reader.verdict().reason
    );
    assert!(!reader.mark().exists());
}

#[tokio::test]
async fn a_daemon_that_hangs_is_a_bad_check_and_not_a_hanging_test() {
    let mut reader = Reader::new(KMS, true, true).await;
    // Owns the name and never answers.
    let silent = reader.peers.remove(1);
    silent.close().await.unwrap();
    let _hung = hang(&reader.bus).await;
    let output = reader
        .run(&["self-test", "--json", "--only", "mode", "--only", "bus"])
        .await;
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 2, "{report}");
    assert_eq!(checks[0]["verdict"], "ok");
    assert_eq!(checks[1]["what"], "no answer within 5 s");
    assert!(checks[1]["ja"].as_str().unwrap().contains("受付の処理"));
}

/// A peer that owns the mode manager's name and answers nothing.
async fn hang(bus: &PrivateBus) -> Connection {
    struct Silent;
    #[interface(name = "jp.uketsuke.Mode1")]
    impl Silent {
        #[zbus(property)]
        async fn view(&self) -> View {
            std::future::pending().await
        }
    }
    let peer = bus.builder().name("jp.uketsuke.Mode1");
    peer.serve_at("/jp/uketsuke/Mode1", Silent)
        .build()
        .await
        .unwrap()
}

#[tokio::test]
async fn an_unknown_check_is_refused_and_no_bus_is_said() {
    let reader = Reader::new(KMS, true, true).await;
    let output = reader.run(&["self-test", "--only", "coffee"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output).contains("card-reader"),
        "the known ones are named"
    );
    let output = Command::new(env!("CARGO_BIN_EXE_uketsukectl"))
        .args(["self-test", "--only", "bus", "--only", "card"])
        .env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("cannot be reached"));
    assert!(text(&output).contains("内部の通信"));
}
