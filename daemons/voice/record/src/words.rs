// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is to be said.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail, ensure};

/// As `jp.uketsuke.Voice1` has it.
const NAME_BYTES: usize = 40;
/// Open JTalk cuts a longer line off without a word.
const WORDS_BYTES: usize = 1000;

/// Whose speech it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `ja`.
    Japanese,
    /// `ja-x-easy`: やさしい日本語, said more slowly.
    EasyJapanese,
    /// `en`.
    English,
}

/// A recording with words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of the recording.
    pub name: String,
    /// Whose speech it is.
    pub language: Language,
    /// What is said.
    pub words: String,
}

/// What is read instead of what is written.
pub type Readings = Vec<(String, String)>;

/// Reads the lines of `path`.
///
/// # Errors
/// When it is not there, or for the first line that is wrong.
pub fn read(path: &Path) -> anyhow::Result<Vec<Line>> {
    parse(&text(path)?).with_context(|| path.display().to_string())
}

/// Reads what is misread.
///
/// # Errors
/// When it is not there, or for the first line that is wrong.
pub fn readings(path: &Path) -> anyhow::Result<Readings> {
    let parse = |text: &str| -> anyhow::Result<Readings> {
        lines(text)
            .map(
                |(number, line)| match line.split('\t').collect::<Vec<_>>()[..] {
                    [written, read] if !written.is_empty() => Ok((written.into(), read.into())),
                    _ => bail!("line {number}: what is written, a tab, what is read"),
                },
            )
            .collect()
    };
    parse(&text(path)?).with_context(|| path.display().to_string())
}

fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn parse(text: &str) -> anyhow::Result<Vec<Line>> {
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    for (number, line) in lines(text) {
        let line = one(line).with_context(|| format!("line {number}"))?;
        ensure!(
            names.insert(line.name.clone()),
            "line {number}: {} is there twice",
            line.name
        );
        found.push(line);
    }
    ensure!(!found.is_empty(), "no line");
    Ok(found)
}

fn one(line: &str) -> anyhow::Result<Line> {
    let [name, tag, words] = line.split('\t').collect::<Vec<_>>()[..] else {
        bail!("name, tab, language, tab, words");
    };
    let letter = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
    ensure!(
        (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(letter),
        "{name:?}: 1 to {NAME_BYTES} of a-z, 0-9 and - make a name"
    );
    let language = match tag {
        "ja" => Language::Japanese,
        "ja-x-easy" => Language::EasyJapanese,
        "en" => Language::English,
        _ => bail!("{tag:?}: ja, ja-x-easy or en"),
    };
    ensure!(
        (1..=WORDS_BYTES).contains(&words.len()),
        "1 to {WORDS_BYTES} bytes of words"
    );
    Ok(Line {
        name: name.into(),
        language,
        words: words.into(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lines_are_read_and_notes_to_the_reader_are_not() {
        let lines = parse("# name\n\na-1\tja\tどうぞ\nb\ten\tPlease.\n").unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].words, "どうぞ");
        assert_eq!(lines[1].language, Language::English);
    }

    #[test]
    fn the_first_mistake_is_named_with_its_line() {
        let cases = [
            ("", "no line"),
            ("a\tja\n", "line 1: name, tab, language, tab, words"),
            ("a\tja\tあ\tい\n", "line 1: name, tab, language, tab, words"),
            (
                "A\tja\tあ\n",
                "line 1: \"A\": 1 to 40 of a-z, 0-9 and - make a name",
            ),
            ("#\na\tfr\tA\n", "line 2: \"fr\": ja, ja-x-easy or en"),
            ("a\tja\t\n", "line 1: 1 to 1000 bytes of words"),
            ("a\tja\tあ\na\ten\tA\n", "line 2: a is there twice"),
        ];
        for (text, wanted) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!(format!("{error:#}"), wanted, "{text:?}");
        }
    }
}
