// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]
mod bad;
mod certificates;

use std::path::Path;

use super::*;
use crate::testing::{Files, clock, good, good_elsewhere, lay};

/// What is said of a set laid out in a folder, one problem a line, without the folder.
fn said(files: &Files) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    lay(dir.path(), files);
    said_of(dir.path())
}

/// The same of a folder as it is.
fn said_of(folder: &Path) -> Vec<String> {
    let (set, mut problems) = read(&SystemFolder(folder.to_owned()), "", Path::new(""));
    if let Err(found) = set.check(Path::new(""), Path::new("/nonexistent"), clock()) {
        problems.extend(found.problems);
    }
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn good_sets_are_found_good() {
    assert_eq!(said(&good()), [""; 0]);
    assert_eq!(said(&good_elsewhere()), [""; 0]);
}

#[test]
fn the_same_set_has_the_same_hash_and_any_change_another() {
    let hash = crate::testing::set(&good()).hash();
    assert_eq!(hash, crate::testing::set(&good()).hash());
    for path in good().keys() {
        let mut changed = good();
        changed.get_mut(path).unwrap().push(b'\n');
        assert_ne!(hash, crate::testing::set(&changed).hash(), "{path}");
        let mut without = good();
        without.remove(path);
        assert_ne!(hash, crate::testing::set(&without).hash(), "{path}");
    }
}

#[test]
fn names_in_capitals_and_what_computers_leave_behind_are_no_mistake() {
    let mut files = good();
    let toml = files.remove("reader.toml").unwrap();
    files.insert("READER.TOML".into(), toml);
    for left in [
        "._reader.toml",
        ".DS_Store",
        "System Volume Information/x",
        "credentials/uplink/._reader.key",
    ] {
        files.insert(left.into(), b"x".to_vec());
    }
    assert_eq!(said(&files), [""; 0]);
}

#[test]
fn a_terminal_of_this_box_listening_elsewhere_is_called_there() {
    let mut files = good();
    let toml = "[terminal]\ncentre = \"https://centre.example/\"\nlisten = \"[::]:8443\"\n";
    files.insert("reader.toml".into(), toml.into());
    assert_eq!(said(&files), [""; 0]);
    let toml = "[terminal]\ncentre = \"https://centre.example/\"\nlisten = \"192.0.2.7:8443\"\n";
    files.insert("reader.toml".into(), toml.into());
    let said = said(&files);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("credentials/terminal/terminal.crt:1:"),
        "{said:?}"
    );
}

#[test]
fn the_examples_make_good_sets() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/examples");
    let mut judged = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let text = std::fs::read(&path).unwrap();
        let here = text.windows(14).any(|w| w == b"place = \"here\"");
        let mut files = if here { good() } else { good_elsewhere() };
        files.insert("reader.toml".into(), text);
        assert_eq!(said(&files), [""; 0], "{}", path.display());
        judged += 1;
    }
    assert_eq!(judged, 2);
}
