// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the voice of the house says, and what a person hears of it.

use std::path::PathBuf;

/// The sentences that are recorded, as the screen has them.
const LIST: &str = include_str!("../../../daemons/screen/texts/spoken.tsv");

/// The sounds without words.
const TONES: [&str; 2] = ["tone-done", "tone-forgotten"];

/// Where `make recordings` puts them.
#[must_use]
pub fn recordings() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/voice"))
}

/// Name and words of every sentence that is recorded.
pub fn sentences<T: FromIterator<(String, serde_json::Value)>>() -> T {
    all()
        .map(|(name, words)| (name.to_owned(), words.into()))
        .collect()
}

fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = LIST.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut parts = line.splitn(3, '\t');
        Some((parts.next()?, parts.nth(1)?))
    })
}

/// The words of a recording; its name where it is a sound without words.
#[must_use]
pub fn words(recording: &str) -> &str {
    let found = all().find(|(name, _)| *name == recording);
    found.map_or(recording, |(_, words)| words)
}

/// The file of a recording; none where there is no such name.
#[must_use]
pub fn recording(name: &str) -> Option<PathBuf> {
    let known = TONES.contains(&name) || all().any(|(known, _)| known == name);
    known.then(|| recordings().join(format!("{name}.opus")))
}
