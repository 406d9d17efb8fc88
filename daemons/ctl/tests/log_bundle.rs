// SPDX-License-Identifier: MIT OR Apache-2.0
//! A log bundle after a patient's visit: name, PIN, 照合番号 and key material are in none of its
//! files, though a journal full of foreign lines held them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use uketsuke_house::client::HouseClient;
use uketsuke_house::options::Options;
use uketsuke_system_tests::patient;

/// Occur nowhere by chance.
const NAME: &str = "カナリヤ キイロコ";
const WRONG_PIN: &str = "7391";
/// 照合番号B: birth date, expiry, security code.
const NUMBER_B: &str = "88123120357391";

#[tokio::test]
async fn nothing_about_a_patient_is_in_a_bundle() {
    let house = HouseClient::start(&Options {
        port: 0,
        quiet: true,
        latency_ms: Some((1, 20)),
        ..Options::default()
    })
    .unwrap();
    patient::settled(&house).await.unwrap();
    visit(&house).await;

    let state = house.state().await.unwrap();
    let base = Path::new(&state.config).parent().unwrap().to_owned();
    let keys = key_material(&base);
    assert!(!keys.is_empty(), "the desk has keys");
    let logs = house.logs(0, None).await.unwrap();
    let mut journal: Vec<Value> = logs
        .iter()
        .map(|line| {
            let unit = format!("uketsuke-{}.service", line.process);
            json!({ "_SYSTEMD_UNIT": unit, "MESSAGE": line.text, "_TRANSPORT": "stdout" })
        })
        .collect();
    let ours = journal.len();
    assert!(ours > 10, "the desk has said something");
    for secret in [NAME, WRONG_PIN, NUMBER_B]
        .into_iter()
        .chain(keys.iter().map(String::as_str))
    {
        journal.push(json!({ "_SYSTEMD_UNIT": "other.service", "MESSAGE": secret }));
        journal.push(json!({ "_SYSTEMD_UNIT": "uketsuke-mode.service", "PATIENT": secret }));
        journal.push(json!({ "SYSLOG_IDENTIFIER": "uketsuke-mode", "MESSAGE": secret, "UNIT": "uketsuke-mode.service" }));
        journal.push(
            json!({ "_TRANSPORT": "syslog", "SYSLOG_IDENTIFIER": "kernel", "MESSAGE": secret }),
        );
    }
    journal.push(json!({ "_TRANSPORT": "kernel", "MESSAGE": "usb 1-1: new device" }));

    let work = tempfile::tempdir().unwrap();
    let bundle = bundle(work.path(), &journal, &state.bus, &state.config);
    let files = unpack(&bundle);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    for part in [
        "contents.txt",
        "self-test.json",
        "status.json",
        "configuration.txt",
        "journal.jsonl",
        "kernel.jsonl",
    ] {
        assert!(
            names.contains(&format!("uketsuke-log/{part}").as_str()),
            "{part} is not in {names:?}"
        );
    }
    for (name, text) in &files {
        assert!(!text.contains(NAME), "the name is in {name}");
        assert!(!text.contains(NUMBER_B), "the number is in {name}");
        let digits = text.split(|c: char| !c.is_ascii_digit());
        assert!(
            !digits.into_iter().any(|word| word == WRONG_PIN),
            "the PIN is in {name}"
        );
        for key in &keys {
            assert!(!text.contains(key.as_str()), "key material is in {name}");
        }
    }
    let text = |part: &str| {
        let found = files.iter().find(|(name, _)| name.ends_with(part));
        found.map(|(_, text)| text.clone()).unwrap()
    };
    // What belongs in it is there, so that the search above searched something.
    assert!(
        text("journal.jsonl").lines().count() >= ours,
        "our own lines are missing"
    );
    assert!(text("kernel.jsonl").contains("new device"));
    assert!(text("status.json").contains("P-00"));
    assert!(text("configuration.txt").contains("screen.output"));
    let mode = fs::metadata(&bundle).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    println!(
        "log bundle: {} files, {} bytes, 0 canaries",
        files.len(),
        fs::metadata(&bundle).unwrap().len()
    );
}

/// A wrong PIN, then a whole visit under the canary's name.
async fn visit(house: &HouseClient) {
    let person = json!({ "validity": "valid", "name_kana": NAME, "earlier": null });
    let _: Value = house
        .put("/api/centre/profiles/normal-adult", &person)
        .await
        .unwrap();
    house.wait_view("P-00").await.unwrap();
    house.place("normal-adult").await.unwrap();
    house.wait_view("P-02").await.unwrap();
    house.press_action("pin").await.unwrap();
    house.wait_view("P-04").await.unwrap();
    house.type_digits(WRONG_PIN).await.unwrap();
    house.wait_view("F-03").await.unwrap();
    house.press_action("finish").await.unwrap();
    patient::lift(house).await.unwrap();
    house.wait_view("P-00").await.unwrap();
    let view = patient::to_consent(house, "normal-adult", "1234")
        .await
        .unwrap();
    patient::agree(house, &view).await.unwrap();
    let done = house.wait_view("P-13").await.unwrap();
    assert!(
        patient::words(&done).contains(NAME),
        "the patient is not greeted"
    );
    patient::lift(house).await.unwrap();
    house.wait_view("P-00").await.unwrap();
    patient::settled(house).await.unwrap();
}

/// A line of Base64 from the middle of every private key of the desk.
fn key_material(base: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut folders = vec![base.join("credentials")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "key") {
                let text = fs::read_to_string(&path).unwrap();
                lines.extend(
                    text.lines()
                        .filter(|line| line.len() > 40 && !line.starts_with("---"))
                        .map(str::to_owned),
                );
            }
        }
    }
    lines
}

/// Runs `log-bundle` with a journalctl that says `journal`, newest first as asked.
fn bundle(work: &Path, journal: &[Value], bus: &str, config: &str) -> PathBuf {
    let lines: Vec<String> = journal.iter().rev().map(Value::to_string).collect();
    let said = work.join("journal");
    fs::write(&said, lines.join("\n") + "\n").unwrap();
    let journalctl = work.join("journalctl");
    fs::write(
        &journalctl,
        format!("#!/bin/sh\nexec cat {}\n", said.display()),
    )
    .unwrap();
    fs::set_permissions(&journalctl, fs::Permissions::from_mode(0o755)).unwrap();
    let file = work.join("log.tar.gz");
    let output = Command::new(env!("CARGO_BIN_EXE_uketsukectl"))
        .arg("log-bundle")
        .arg(&file)
        .arg("--journalctl")
        .arg(&journalctl)
        .env("DBUS_SYSTEM_BUS_ADDRESS", bus)
        .env("UKETSUKE_CONFIG", config)
        .env("STATE_DIRECTORY", work)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    file
}

fn unpack(bundle: &Path) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(GzDecoder::new(fs::File::open(bundle).unwrap()));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (name, text)
    });
    entries.collect()
}
