// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole program: the same input gives the same bytes, and nothing is made twice. English and the
//! sounds without words: the Japanese voice is no package, and two builds of the image compare all.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

struct Desk(TempDir);

impl Desk {
    fn new(spoken: &str) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        std::fs::write(desk.path("spoken.tsv"), spoken).unwrap();
        std::fs::write(desk.path("readings.tsv"), "×\tばつ\n").unwrap();
        std::fs::write(desk.path("voice"), "of nobody").unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn record(&self, out: &str) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_uketsuke-voice-record"));
        for name in ["spoken", "readings"] {
            program.arg(format!("--{name}"));
            program.arg(self.path(&format!("{name}.tsv")));
        }
        program.arg("--voice").arg(self.path("voice"));
        program.arg("--out").arg(self.path(out)).output().unwrap()
    }

    fn made(&self, out: &str) {
        let output = self.record(out);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }

    fn files(&self, out: &str) -> Vec<(String, Vec<u8>)> {
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let entries = std::fs::read_dir(self.path(out)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = paths
            .map(|path| (name(&path), std::fs::read(&path).unwrap()))
            .collect();
        files.sort();
        files
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_and_other_input_others() {
    let desk = Desk::new("place\ten\tPlease place your card.\nyes\ten\tYes.\n");
    desk.made("one");
    desk.made("two");
    let files = desk.files("one");
    assert!(files == desk.files("two"), "two runs differ");
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "place.opus",
            "stamp",
            "tone-done.opus",
            "tone-forgotten.opus",
            "yes.opus"
        ]
    );
    for (name, bytes) in &files {
        if name != "stamp" {
            assert!(bytes.starts_with(b"OggS"), "{name}");
        }
    }

    let touched = std::fs::metadata(desk.path("one"))
        .unwrap()
        .modified()
        .unwrap();
    desk.made("one");
    let again = std::fs::metadata(desk.path("one"))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(touched, again, "it was made although nothing had changed");

    std::fs::write(desk.path("spoken.tsv"), "place\ten\tPut your card here.\n").unwrap();
    desk.made("one");
    let other = desk.files("one");
    assert_eq!(other.len(), 4);
    assert!(other[0].0 == "place.opus" && other[0].1 != files[0].1);
}

#[test]
fn what_fails_is_named_and_leaves_what_was_there() {
    let desk = Desk::new("yes\ten\tYes.\n");
    desk.made("out");
    let before = desk.files("out");
    let refused = |spoken: &str, why: &str| {
        std::fs::write(desk.path("spoken.tsv"), spoken).unwrap();
        let output = desk.record("out");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why), "{said}");
        assert!(desk.files("out") == before, "{why}");
    };
    refused("yes\tfr\tOui.\n", "line 1: \"fr\"");
    refused("tone-done\ten\tDone.\n", "a sound without words");
    refused("yes\tja\tはい\n", "open_jtalk");
    std::fs::remove_file(desk.path("spoken.tsv")).unwrap();
    let output = desk.record("out");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("spoken.tsv"), "{said}");
}
