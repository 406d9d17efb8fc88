// SPDX-License-Identifier: MIT OR Apache-2.0
//! The configuration's part of a bundle: the keys that `config/reader.toml` shows, and no other.
//!
//! Keys and certificates are credentials and lie elsewhere; but what a hasty hand pasted into the
//! file stands there too, refused by every daemon. It does not leave the machine.

use std::fs;
use std::path::{Path, PathBuf};

/// Every key there is.
const SHOWN: &str = include_str!("../../../../config/reader.toml");
/// Longest value that is kept, in characters: no documented one is longer, and a key would be.
const VALUE: usize = 200;

/// The files of a reader's configuration, in the order they are read.
fn files(directory: &Path) -> Vec<PathBuf> {
    let more = fs::read_dir(directory.join("reader.d"))
        .into_iter()
        .flatten()
        .flatten();
    let mut more: Vec<PathBuf> = more
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    more.sort();
    let mut files = vec![directory.join("reader.toml")];
    files.append(&mut more);
    files
}

/// The documented keys, `section.key`.
fn documented() -> Vec<String> {
    let mut section = "";
    let mut keys = Vec::new();
    for line in SHOWN.lines() {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = name;
        } else if let Some((key, _)) = line
            .strip_prefix("#:")
            .and_then(|rest| rest.split_once('='))
        {
            keys.push(format!("{section}.{}", key.trim()));
        }
    }
    keys
}

/// What the files in `directory` set, a line each; what is left out is counted.
#[must_use]
pub fn text(directory: &Path) -> String {
    let keys = documented();
    let mut text = String::new();
    for file in files(directory) {
        text.push_str(&format!("# {}\n", file.display()));
        let table = fs::read_to_string(&file)
            .map_err(|error| error.to_string())
            // Where, not what: the parser's words quote the line.
            .and_then(|toml| {
                toml.parse::<toml::Table>()
                    .map_err(|_| "no TOML".to_owned())
            });
        match table {
            Ok(table) => add(&mut text, &table, &keys),
            Err(error) => text.push_str(&format!("# cannot be read: {error}\n")),
        }
    }
    text
}

fn add(text: &mut String, table: &toml::Table, keys: &[String]) {
    let mut left_out = 0;
    for (section, value) in table {
        let Some(values) = value.as_table() else {
            left_out += 1;
            continue;
        };
        for (key, value) in values {
            let name = format!("{section}.{key}");
            let value = value.to_string();
            if keys.contains(&name) && value.chars().count() <= VALUE {
                text.push_str(&format!("{name} = {value}\n"));
            } else {
                left_out += 1;
            }
        }
    }
    if left_out > 0 {
        text.push_str(&format!("# {left_out} keys left out\n"));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn documented_keys_are_shown_and_everything_else_is_only_counted() {
        assert!(documented().contains(&"facility.name".to_owned()));
        assert!(documented().contains(&"screen.rotate".to_owned()));
        let directory = tempfile::tempdir().unwrap();
        let reader_d = directory.path().join("reader.d");
        fs::create_dir(&reader_d).unwrap();
        fs::write(
            directory.path().join("reader.toml"),
            "CANARY_TOP = 1\n[facility]\nname = \"青空医院\"\npassword = \"CANARY\"\n\
             [uplink]\nrequest_s = 8\n[CANARY]\nx = 1\n",
        )
        .unwrap();
        let long = format!("[facility]\nname = \"{}\"\n", "CANARY".repeat(50));
        fs::write(reader_d.join("10-long.toml"), long).unwrap();
        fs::write(reader_d.join("20-key.toml"), "-----BEGIN CANARY\n").unwrap();
        fs::write(reader_d.join("note.txt"), "CANARY").unwrap();
        let text = text(directory.path());
        assert!(!text.contains("CANARY"), "{text}");
        assert!(text.contains("facility.name = \"青空医院\"\n"), "{text}");
        assert!(text.contains("uplink.request_s = 8\n"), "{text}");
        assert!(text.contains("# 3 keys left out\n"), "{text}");
        assert!(text.contains("# 1 keys left out\n"), "{text}");
        assert!(text.contains("no TOML"), "{text}");
    }
}
