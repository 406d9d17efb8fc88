// SPDX-License-Identifier: MIT OR Apache-2.0
//! A bad configuration stops every daemon with exit code 78 and names file, line and key.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::process::Command;

/// Content of `reader.toml`, and how the complaint must begin after the folder.
const BAD: [(&str, &str); 29] = [
    (
        "[facility]\nnmae = \"a\"\n",
        "reader.toml:2: facility.nmae:",
    ),
    ("[facilty]\n", "reader.toml:1: facilty:"),
    ("colour = 1\n", "reader.toml:1: colour:"),
    ("[facility]\nname = 3\n", "reader.toml:2: facility.name:"),
    ("[facility]\nname = \"\"\n", "reader.toml:2: facility.name:"),
    ("[facility]\ntakes = []\n", "reader.toml:2: facility.takes:"),
    (
        "[facility]\ntakes = [\"care\", \"medicine\"]\n",
        "reader.toml:2: facility.takes:",
    ),
    (
        "[facility]\ntakes = [\"teeth\"]\n",
        "reader.toml:2: facility.takes:",
    ),
    (
        "[card]\napdu_timeout_ms = 0\n",
        "reader.toml:2: card.apdu_timeout_ms:",
    ),
    (
        "[card]\nsign_timeout_ms = nan\n",
        "reader.toml:2: card.sign_timeout_ms:",
    ),
    (
        "[card]\ntest_cards = \"yes\"\n",
        "reader.toml:2: card.test_cards:",
    ),
    ("[card]\nreader = \"a\"\n", "reader.toml:2: card.reader:"),
    (
        "[card.phone_slot]\nname = \"a\"\n",
        "reader.toml:1: card.phone_slot:",
    ),
    ("[card]\nclaim_s = 60\nclaim_s = 60\n", "reader.toml:3:"),
    (
        "[mode]\nquestion_s = 5\n",
        "reader.toml:2: mode.question_s:",
    ),
    ("[mode]\nwarning_s = 55\n", "reader.toml:2: mode.warning_s:"),
    (
        "[mode]\nlink_s = 99999999999\n",
        "reader.toml:2: mode.link_s:",
    ),
    (
        "[uplink]\nheartbeat_s = 0\n",
        "reader.toml:2: uplink.heartbeat_s:",
    ),
    (
        "[terminal]\nplace = \"http://a\"\n",
        "reader.toml:2: terminal.place:",
    ),
    (
        "[terminal]\nlisten = \"localhost\"\n",
        "reader.toml:2: terminal.listen:",
    ),
    (
        "[terminal]\ncentre = \"https://a/?b=1\"\n",
        "reader.toml:2: terminal.centre:",
    ),
    (
        "[screen]\noutput = \"hdmi\"\n",
        "reader.toml:2: screen.output:",
    ),
    ("[screen]\nrotate = 45\n", "reader.toml:2: screen.rotate:"),
    (
        "[screen]\npixels = [10, 800]\n",
        "reader.toml:2: screen.pixels:",
    ),
    (
        "[screen]\nlanguage = \"xx\"\n",
        "reader.toml:2: screen.language:",
    ),
    (
        "[screen]\ncontrast = \"more\"\n",
        "reader.toml:2: screen.contrast:",
    ),
    ("[screen]\ntext = \"huge\"\n", "reader.toml:2: screen.text:"),
    (
        "[screen]\nlayout = \"high\"\n",
        "reader.toml:2: screen.layout:",
    ),
    ("[screen\n", "reader.toml:1:"),
];

#[test]
fn every_daemon_refuses_every_bad_file_with_its_place() {
    let mut refused = 0;
    for daemon in ["card", "mode", "uplink", "screen", "terminal"] {
        for (text, expected) in BAD {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("reader.toml"), text).unwrap();
            // Started as the service manager would: nothing of the world may be touched before the
            // file is known to be good.
            let output = Command::new(binary(&format!("uketsuke-{daemon}")))
                .env("UKETSUKE_CONFIG", dir.path())
                .env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(78), "{daemon} {text}\n{said}");
            let folder = format!("{}/", dir.path().display());
            let place = said.strip_prefix(&folder).unwrap_or(&said);
            assert!(
                place.starts_with(expected),
                "{daemon}\n{text}expected {expected}\nsaid {said}"
            );
            refused += 1;
        }
    }
    println!(
        "configuration: {refused} starts refused, {} bad files",
        BAD.len()
    );
}

#[test]
fn uketsukectl_checks_a_file_without_a_reader() {
    let dir = tempfile::tempdir().unwrap();
    let check = |text: &str| {
        std::fs::write(dir.path().join("reader.toml"), text).unwrap();
        let output = Command::new(binary("uketsukectl"))
            .arg("check-config")
            .arg(dir.path())
            .output()
            .unwrap();
        output.status.code()
    };
    assert_eq!(check("[facility]\nname = \"うけつけ市民病院\"\n"), Some(0));
    assert_eq!(check("[facility]\nnmae = \"a\"\n"), Some(78));
}

/// A binary of the same build.
fn binary(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let folder = own.parent().unwrap().parent().unwrap();
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "{} is missing; build it with: cargo build --workspace --bins",
        path.display()
    );
    path
}
