// SPDX-License-Identifier: MIT OR Apache-2.0
//! A patient's name is shown to the patient and left nowhere: not in a log, not in the words of the
//! bus, not in a state file, not in the memory of the bus daemon (COM-06, COM-07).
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde_json::{Value, json};
use uketsuke_house::client::HouseClient;
use uketsuke_house::options::Options;
use uketsuke_system_tests::patient;

/// Occurs nowhere by chance.
const CANARY: &str = "カナリヤ キイロコ";

#[tokio::test]
async fn a_name_is_shown_and_left_nowhere() {
    let house = HouseClient::start(&Options {
        latency_ms: Some((1, 20)),
        ..Options::of_a_test()
    })
    .unwrap();
    patient::settled(&house).await.unwrap();
    let person = json!({ "validity": "valid", "name_kana": CANARY, "earlier": null });
    let _: Value = house
        .put("/api/centre/profiles/normal-adult", &person)
        .await
        .unwrap();

    let view = patient::to_consent(&house, "normal-adult", "1234")
        .await
        .unwrap();
    patient::agree(&house, &view).await.unwrap();
    let done = house.wait_view("P-13").await.unwrap();
    assert!(
        patient::words(&done).contains(CANARY),
        "the patient is not greeted"
    );
    patient::lift(&house).await.unwrap();
    let idle = house.wait_view("P-00").await.unwrap();
    assert!(!patient::words(&idle).contains(CANARY));
    patient::settled(&house).await.unwrap();

    let state = house.state().await.unwrap();
    let logs = serde_json::to_string(&house.logs(0, None).await.unwrap()).unwrap();
    assert!(!logs.contains(CANARY), "in a log");
    let traffic = serde_json::to_string(&house.traffic(0).await.unwrap()).unwrap();
    assert!(!traffic.contains(CANARY), "in the words of the bus");

    let base = Path::new(&state.config).parent().unwrap();
    let files = files_with(&base.join("state"), CANARY.as_bytes());
    assert!(files.1.is_empty(), "in {:?}", files.1);
    assert!(files.0 >= 3, "only {} state files were looked at", files.0);

    let searched = memory_without(bus_daemon(base), CANARY.as_bytes());
    println!(
        "secrets: canary in 0 of {} state files, 0 of {searched} bytes of the bus daemon",
        files.0
    );
}

/// Files below `directory`: how many there are, and which hold `needle`.
fn files_with(directory: &Path, needle: &[u8]) -> (usize, Vec<String>) {
    let (mut seen, mut found) = (0, Vec::new());
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let (more, inner) = files_with(&path, needle);
            seen += more;
            found.extend(inner);
        } else if path.is_file() {
            seen += 1;
            if contains(&fs::read(&path).unwrap(), needle) {
                found.push(path.display().to_string());
            }
        }
    }
    (seen, found)
}

/// The bus daemon of the house in `base`, by its command line.
fn bus_daemon(base: &Path) -> u32 {
    let config = base.join("bus/bus.conf").display().to_string();
    let found = fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let pid = entry.file_name().to_str()?.parse::<u32>().ok()?;
        // Processes come and go while we look.
        let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let ours = command.starts_with(b"dbus-daemon") && contains(&command, config.as_bytes());
        ours.then_some(pid)
    });
    found.expect("the house's dbus-daemon runs")
}

/// Fails when the memory of `pid` holds `needle`; returns the bytes searched.
fn memory_without(pid: u32, needle: &[u8]) -> usize {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mut memory = fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    let (mut searched, mut known) = (0, false);
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let from = u64::from_str_radix(from, 16).unwrap();
        let to = u64::from_str_radix(to, 16).unwrap();
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // Some ranges (vvar, guard pages) cannot be read by anybody.
        if memory.seek(SeekFrom::Start(from)).is_ok() && memory.read_exact(&mut bytes).is_ok() {
            assert!(
                !contains(&bytes, needle),
                "in the memory of the bus daemon: {line}"
            );
            searched += bytes.len();
            known |= contains(&bytes, b"jp.uketsuke.Mode1");
        }
    }
    assert!(known, "what the bus daemon must know was not found either");
    searched
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}
