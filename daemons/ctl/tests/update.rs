// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsukectl update` and `rollback`, the real program against a served `Update1`.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::process::Output;
use std::sync::{Arc, Mutex};

use uketsuke_bus::update1::{LastResult, SlotState, Update1Error, UpdateState};
use uketsuke_bus::{UPDATE, UPDATE_PATH};
use uketsuke_testkit::PrivateBus;
use zbus::interface;

/// What the daemon says: one state a look, the last one for ever.
struct Script {
    states: VecDeque<UpdateState>,
    result: LastResult,
    error: &'static str,
    refuse: bool,
    calls: Vec<String>,
}

type Shared = Arc<Mutex<Script>>;

struct Fake(Shared);

impl Fake {
    fn call(&self, name: &str) -> Result<(), Update1Error> {
        let mut script = self.0.lock().unwrap();
        script.calls.push(name.into());
        if script.refuse {
            return Err(Update1Error::Busy("a patient is at the reader".into()));
        }
        Ok(())
    }
}

#[interface(name = "jp.uketsuke.Update1")]
impl Fake {
    #[zbus(property)]
    fn state(&self) -> UpdateState {
        let mut script = self.0.lock().unwrap();
        if script.states.len() > 1 {
            return script.states.pop_front().unwrap();
        }
        script.states[0]
    }
    #[zbus(property)]
    fn phase(&self) -> String {
        "Copying image to rootfs.1".into()
    }
    #[zbus(property)]
    fn percent(&self) -> u32 {
        42
    }
    #[zbus(property)]
    fn last_error(&self) -> String {
        self.0.lock().unwrap().error.into()
    }
    #[zbus(property)]
    fn last_result(&self) -> LastResult {
        self.0.lock().unwrap().result
    }
    #[zbus(property)]
    fn version(&self) -> String {
        "1.0.0".into()
    }
    #[zbus(property)]
    fn slot(&self) -> String {
        "a".into()
    }
    #[zbus(property)]
    fn other_version(&self) -> String {
        "1.1.0".into()
    }
    #[zbus(property)]
    fn other_state(&self) -> SlotState {
        SlotState::Installed
    }
    #[zbus(property)]
    fn pending_version(&self) -> String {
        "1.1.0".into()
    }
    #[zbus(property)]
    fn tries(&self) -> u32 {
        0
    }
    #[zbus(property)]
    fn floor(&self) -> String {
        "1.0.0".into()
    }
    #[zbus(property)]
    fn confirmed(&self) -> bool {
        true
    }
    fn install(&self, url: String) -> Result<(), Update1Error> {
        self.call(&format!("Install {url}"))
    }
    fn install_stick(&self) -> Result<(), Update1Error> {
        self.call("InstallStick")
    }
    fn activate(&self) -> Result<(), Update1Error> {
        self.call("Activate")
    }
    fn rollback(&self) -> Result<(), Update1Error> {
        self.call("Rollback")
    }
    fn cancel(&self) -> Result<(), Update1Error> {
        self.call("Cancel")
    }
}

/// Runs `uketsukectl` with these words; `script` is what the daemon does meanwhile.
async fn run(bus: &PrivateBus, words: &[&str], script: Script) -> (Output, Vec<String>) {
    let shared = Arc::new(Mutex::new(script));
    let builder = bus.builder().serve_at(UPDATE_PATH, Fake(shared.clone()));
    let connection = builder.build().await.unwrap();
    connection.request_name(UPDATE).await.unwrap();
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_uketsukectl"))
        .args(words)
        .env("DBUS_SYSTEM_BUS_ADDRESS", bus.address())
        .output()
        .await
        .unwrap();
    connection.close().await.unwrap();
    let calls = shared.lock().unwrap().calls.clone();
    (output, calls)
}

fn script(states: &[UpdateState], result: LastResult, error: &'static str) -> Script {
    Script {
        states: states.iter().copied().collect(),
        result,
        error,
        refuse: false,
        calls: Vec::new(),
    }
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[tokio::test]
async fn an_installation_is_followed_to_its_end() {
    use UpdateState::{Checking, Idle, Installed, Installing};
    let bus = PrivateBus::start();
    let good = script(
        &[Checking, Installing, Installed],
        LastResult::Installed,
        "",
    );
    let words = ["update", "install", "https://updates.example/1.raucb"];
    let (output, calls) = run(&bus, &words, good).await;
    let (code, out, err) = said(&output);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(
        out.contains("installing 42 % Copying image to rootfs.1"),
        "{out}"
    );
    assert!(
        out.contains("installed 1.1.0; it takes over at the next quiet time"),
        "{out}"
    );
    assert_eq!(calls, ["Install https://updates.example/1.raucb"]);

    let bad = script(&[Checking, Idle], LastResult::Failed, "WrongSignature");
    let (output, calls) = run(&bus, &["update", "install-stick"], bad).await;
    let (code, _, err) = said(&output);
    assert_eq!(code, Some(1));
    assert!(
        err.starts_with("uketsukectl: WrongSignature: signed by a key"),
        "{err}"
    );
    assert_eq!(calls, ["InstallStick"]);
}

#[tokio::test]
async fn a_refusal_is_told_by_its_name_and_nothing_is_waited_for() {
    let bus = PrivateBus::start();
    for (words, call) in [
        (&["update", "activate"][..], "Activate"),
        (&["update", "cancel"], "Cancel"),
        (&["rollback"], "Rollback"),
        (&["update", "install-stick"], "InstallStick"),
    ] {
        let mut refusing = script(&[UpdateState::Installed], LastResult::Installed, "");
        refusing.refuse = true;
        let (output, calls) = run(&bus, words, refusing).await;
        let (code, out, err) = said(&output);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{words:?}");
        assert_eq!(err, "uketsukectl: Busy: a patient is at the reader\n");
        assert_eq!(calls, [call]);
    }
}

#[tokio::test]
async fn the_status_has_lines_for_people_and_json_for_programs() {
    let bus = PrivateBus::start();
    let state = || script(&[UpdateState::Installed], LastResult::Installed, "");
    let (output, calls) = run(&bus, &["update"], state()).await;
    let (code, out, _) = said(&output);
    assert_eq!(code, Some(0));
    assert!(
        out.starts_with("runs     1.0.0  slot a  confirmed\n"),
        "{out}"
    );
    assert!(calls.is_empty(), "{calls:?}");
    let (output, _) = run(&bus, &["update", "--json"], state()).await;
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["state"], "installed");
    assert_eq!(json["pending_version"], "1.1.0");
}

#[tokio::test]
async fn without_a_daemon_the_exit_code_is_another() {
    let bus = PrivateBus::start();
    for words in [&["update"][..], &["rollback"], &["update", "activate"]] {
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_uketsukectl"))
            .args(words)
            .env("DBUS_SYSTEM_BUS_ADDRESS", bus.address())
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(!output.stderr.is_empty());
    }
}
