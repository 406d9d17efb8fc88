// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bad sets: each is refused with its place, and nothing of the box changes.

mod reader;

use super::*;
use crate::report::Outcome;
use crate::testing::{HERE, TestBox};
use reader::BAD_READER;

/// A set in a folder, made bad by a change to it, and how a complaint must begin.
struct Bad {
    name: &'static str,
    change: fn(&mut Files),
    said: &'static str,
}

const fn bad(name: &'static str, change: fn(&mut Files), said: &'static str) -> Bad {
    Bad { name, change, said }
}

fn put(files: &mut Files, path: &str, content: impl Into<Vec<u8>>) {
    files.insert(path.into(), content.into());
}

fn swap(files: &mut Files, one: &str, other: &str) {
    let (a, b) = (files[one].clone(), files[other].clone());
    put(files, one, b);
    put(files, other, a);
}

const READER_CRT: &str = "credentials/uplink/reader.crt";
const READER_KEY: &str = "credentials/uplink/reader.key";
const TERMINAL_CRT: &str = "credentials/terminal/terminal.crt";
const TERMINAL_KEY: &str = "credentials/terminal/terminal.key";
const TERMINAL_CA: &str = "credentials/uplink/terminal-ca.crt";
const READER_CA: &str = "credentials/terminal/reader-ca.crt";

const BAD_FILES: [Bad; 31] = [
    bad("nothing", Files::clear, "reader.toml: missing"),
    bad(
        "no reader.toml",
        |f| drop(f.remove("reader.toml")),
        "reader.toml: missing",
    ),
    bad(
        "no key",
        |f| drop(f.remove(READER_KEY)),
        "credentials/uplink/reader.key: missing",
    ),
    bad(
        "no root",
        |f| drop(f.remove(TERMINAL_CA)),
        "credentials/uplink/terminal-ca.crt: missing",
    ),
    bad(
        "no credentials",
        |f| f.retain(|path, _| path == "reader.toml"),
        "credentials/uplink/reader.crt: missing",
    ),
    bad(
        "a terminal here without its own",
        |f| f.retain(|path, _| !path.starts_with("credentials/terminal/")),
        "credentials/terminal/terminal.crt: missing; `terminal.place",
    ),
    bad(
        "a terminal elsewhere, and its files here",
        |f| put(f, "reader.toml", crate::testing::ELSEWHERE),
        "credentials/terminal/terminal.crt: of no use",
    ),
    bad(
        "a terminal here, and no centre",
        |f| put(f, "reader.toml", "[facility]\nname = \"a\"\n"),
        "reader.toml: terminal.centre: not set",
    ),
    bad(
        "an empty reader.toml",
        |f| put(f, "reader.toml", ""),
        "reader.toml: terminal.centre: not set",
    ),
    bad(
        "bad UTF-8",
        |f| put(f, "reader.toml", b"[facility]\nname = \"\xff\"\n".to_vec()),
        "reader.toml:2: not UTF-8",
    ),
    bad(
        "16 bits a character",
        |f| put(f, "reader.toml", b"\xff\xfe[\0".to_vec()),
        "reader.toml:1:",
    ),
    bad(
        "10 MiB of a value",
        |f| {
            let value = "a".repeat(10 << 20);
            put(
                f,
                "reader.toml",
                format!("[facility]\nname = \"{value}\"\n"),
            );
        },
        "reader.toml: larger than",
    ),
    bad(
        "a huge key file",
        |f| put(f, READER_KEY, vec![b'a'; 1 << 20]),
        "credentials/uplink/reader.key: larger than",
    ),
    bad(
        "a file no set has",
        |f| put(f, "readme.txt", "hi"),
        "readme.txt: not a file of",
    ),
    bad(
        "a file in the wrong folder",
        |f| put(f, "reader.key", "hi"),
        "reader.key: not a file of a provisioning set; it belongs at credentials/uplink/reader.key",
    ),
    bad(
        "a folder no set has",
        |f| put(f, "keys/a", "hi"),
        "keys: not a file of",
    ),
    bad(
        "a folder in the place of a file",
        |f| {
            f.remove(READER_KEY);
            put(f, "credentials/uplink/reader.key/x", "hi");
        },
        "credentials/uplink/reader.key: not a file of",
    ),
    bad(
        "more files than a set can have",
        |f| (0..80).for_each(|i| put(f, &format!("{i:02}.txt"), "hi")),
        ": more than 64 files",
    ),
    bad(
        "an empty certificate",
        |f| put(f, READER_CRT, ""),
        "credentials/uplink/reader.crt: no CERTIFICATE in PEM form",
    ),
    bad(
        "a certificate in DER",
        |f| put(f, READER_CRT, b"\x30\x82\xff".to_vec()),
        "credentials/uplink/reader.crt: not PEM",
    ),
    bad(
        "a key in the place of the certificate",
        |f| swap(f, READER_CRT, READER_KEY),
        "credentials/uplink/reader.crt:1: \"PRIVATE KEY\" has no place",
    ),
    bad(
        "a key beside the certificate",
        |f| {
            let both = [f[READER_CRT].clone(), f[READER_KEY].clone()].concat();
            put(f, READER_CRT, both);
        },
        "credentials/uplink/reader.crt:",
    ),
    bad(
        "another's key",
        |f| swap(f, READER_KEY, TERMINAL_KEY),
        "credentials/uplink/reader.key:1: not the key of the certificate",
    ),
    bad(
        "two keys",
        |f| {
            let both = [f[READER_KEY].clone(), f[READER_KEY].clone()].concat();
            put(f, READER_KEY, both);
        },
        "credentials/uplink/reader.key:6: a second key",
    ),
    bad(
        "a key with a password",
        |f| {
            let text = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
            put(f, READER_KEY, text);
        },
        "credentials/uplink/reader.key:1: an encrypted key",
    ),
    bad(
        "a broken key",
        |f| {
            let text = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
            put(f, READER_KEY, text);
        },
        "credentials/uplink/reader.key:1: not a usable key",
    ),
    bad(
        "broken base64",
        |f| {
            let text = "# mine\n-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n";
            put(f, READER_CRT, text);
        },
        "credentials/uplink/reader.crt:2: not PEM",
    ),
    bad(
        "a certificate cut off",
        |f| {
            let text = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
            put(f, READER_CRT, text);
        },
        "credentials/uplink/reader.crt:1: not a certificate",
    ),
    bad(
        "a root that is none",
        |f| {
            let leaf = f[TERMINAL_CRT].clone();
            put(f, TERMINAL_CA, leaf);
        },
        "credentials/uplink/terminal-ca.crt:1: basic constraints: not the certificate of an authority",
    ),
    bad(
        "roots changed over",
        |f| swap(f, TERMINAL_CA, READER_CA),
        "credentials/terminal/terminal.crt:1: not believed with the root",
    ),
    bad(
        "terminal and reader changed over",
        |f| {
            swap(f, READER_CRT, TERMINAL_CRT);
            swap(f, READER_KEY, TERMINAL_KEY);
        },
        "credentials/uplink/reader.crt:1: extended key usage: not for a client",
    ),
];

/// Everything bad there is, as files of a set.
fn all() -> Vec<(String, Files, &'static str)> {
    let mut all = Vec::new();
    for (text, said) in BAD_READER {
        let mut files = good();
        files.insert("reader.toml".into(), text.into());
        all.push((text.to_owned(), files, said));
    }
    for bad in BAD_FILES {
        let mut files = good();
        (bad.change)(&mut files);
        all.push((bad.name.to_owned(), files, bad.said));
    }
    all
}

#[test]
fn every_bad_set_is_refused_with_its_place() {
    let all = all();
    assert!(all.len() >= 60);
    for (name, files, expected) in &all {
        let said = said(files);
        assert!(
            said.iter().any(|line| line.starts_with(expected)),
            "{name}\nexpected {expected}\nsaid {said:#?}"
        );
    }
    println!("provisioning: {} bad sets refused", all.len());
}

#[test]
fn a_bad_set_changes_nothing() {
    let reader = TestBox::new();
    let boot = reader.boot();
    boot.run(None).unwrap();
    let first = boot.apply(&crate::testing::set(&good()), Vec::new(), clock(), "test");
    assert_eq!(first.outcome, Outcome::Applied, "{first}");
    boot.lay_out(first.when).unwrap();
    let laid_out = |place: &Path| reader.contents(place);
    let before = (
        reader.generations(),
        laid_out(&reader.places.credentials),
        laid_out(reader.places.configuration.parent().unwrap()),
    );
    for (name, files, _) in all() {
        let dir = tempfile::tempdir().unwrap();
        lay(dir.path(), &files);
        let (set, problems) = read(&SystemFolder(dir.path().to_owned()), "", Path::new(""));
        let report = boot.apply(&set, problems, clock(), "test");
        boot.tell(&report);
        boot.lay_out(report.when).unwrap();
        assert_eq!(report.outcome, Outcome::Refused, "{name}");
        assert!(!report.lines.is_empty(), "{name}");
        let after = (
            reader.generations(),
            laid_out(&reader.places.credentials),
            laid_out(reader.places.configuration.parent().unwrap()),
        );
        assert!(before == after, "{name}: something changed");
        let kept = std::fs::read_to_string(&reader.places.report).unwrap();
        assert!(
            kept.contains("refused") && kept.contains(&report.lines[0]),
            "{kept}"
        );
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let mut files = good();
    let text = "[facility]\nnmae = \"a\"\nname = 3\n[mode]\nresume_s = 1\n[card]\ntest_cards = 1\n";
    files.insert("reader.toml".into(), text.into());
    files.insert("readme.txt".into(), b"hi".to_vec());
    files.insert(READER_KEY.into(), b"nonsense".to_vec());
    let said = said(&files);
    for expected in [
        "readme.txt:",
        "reader.toml:2: facility.nmae:",
        "reader.toml:3: facility.name:",
        "reader.toml:5: mode.resume_s:",
        "reader.toml:7: card.test_cards:",
        "credentials/uplink/reader.key:",
    ] {
        assert!(
            said.iter().any(|l| l.starts_with(expected)),
            "{expected} in {said:#?}"
        );
    }
    assert_eq!(said.len(), 6, "{said:#?}");
}

#[test]
fn links_and_pipes_are_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    lay(dir.path(), &good());
    let key = dir.path().join(READER_KEY);
    let elsewhere = dir.path().join("elsewhere");
    std::fs::rename(&key, &elsewhere).unwrap();
    let complains = || {
        let said = said_of(dir.path());
        let expected = "credentials/uplink/reader.key: not a plain file";
        assert!(said.iter().any(|l| l.starts_with(expected)), "{said:#?}");
    };
    std::os::unix::fs::symlink(&elsewhere, &key).unwrap();
    complains();
    std::fs::remove_file(&key).unwrap();
    nix::unistd::mkfifo(&key, nix::sys::stat::Mode::S_IRWXU).unwrap();
    complains();
    let folder = dir.path().join("credentials/terminal");
    let moved = dir.path().join("moved");
    std::fs::rename(&folder, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &folder).unwrap();
    let said = said_of(dir.path());
    assert!(
        said.iter()
            .any(|l| l.starts_with("credentials/terminal: not a")),
        "{said:#?}"
    );
}

#[test]
fn nothing_of_a_key_is_ever_said() {
    let mut files = good();
    files.insert("reader.toml".into(), HERE.into());
    let key = String::from_utf8(files[READER_KEY].clone()).unwrap();
    let secret = key.lines().nth(1).unwrap().to_owned();
    for change in [
        key.replace("-----END", "----END"),
        key.replace("PRIVATE KEY", "SECRET KEY"),
        key.replacen(&secret[..4], "****", 1),
        format!("{key}{key}"),
    ] {
        files.insert(READER_KEY.into(), change.into_bytes());
        let said = said(&files).join("\n");
        assert!(!said.is_empty());
        assert!(!said.contains(&secret[8..24]), "{said}");
    }
}
