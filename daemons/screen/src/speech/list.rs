// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sentences that are recorded: `texts/spoken.tsv`, from which the recordings are made when an
//! image is built. A test keeps it what the views say.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::heard::Line;

/// Name, tag of the language, words; a line each.
pub const LIST: &str = include_str!("../../texts/spoken.tsv");

type Names = HashMap<(&'static str, &'static str), &'static str>;

/// The name of a line's recording. `None`, and an error in the log, where nobody recorded it: silence
/// in the wrong place is a fault, the words may be a person's and are not told.
#[must_use]
pub fn recording(line: &Line) -> Option<&'static str> {
    static NAMES: OnceLock<Names> = OnceLock::new();
    let names = NAMES.get_or_init(|| read(LIST));
    let name = names.get(&(line.language.tag(), line.words.as_str()));
    if name.is_none() {
        tracing::error!(
            language = line.language.as_str(),
            letters = line.words.chars().count(),
            "nobody recorded this sentence"
        );
    }
    name.copied()
}

fn read(list: &'static str) -> Names {
    list.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut parts = line.splitn(3, '\t');
            let (name, tag, words) = (parts.next()?, parts.next()?, parts.next()?);
            Some(((tag, words), name))
        })
        .collect()
}
