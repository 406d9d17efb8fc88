// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with a configuration, and where.

use std::fmt;
use std::path::{Path, PathBuf};

use uketsuke_bus::staff::Objection;

use super::source::Source;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// Line from 1, where one is to blame.
    pub line: Option<usize>,
    /// Dotted key, as `screen.width_mm`, where one is to blame.
    pub key: Option<String>,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl Problem {
    /// A mistake of a file or directory as a whole.
    #[must_use]
    pub fn whole(file: &Path, what: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            key: None,
            what: what.into(),
        }
    }
}

impl From<Problem> for Objection {
    fn from(problem: Problem) -> Self {
        let line = problem.line.and_then(|line| line.try_into().ok());
        Self {
            line: line.unwrap_or(0),
            key: problem.key.unwrap_or_default(),
            what: problem.what,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if let Some(key) = &self.key {
            write!(f, " {key}:")?;
        }
        write!(f, " {}", self.what)
    }
}

/// A refused configuration: one or more problems, one a line when displayed.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError {
    /// Never empty.
    pub problems: Vec<Problem>,
}

impl ConfigError {
    pub(super) fn one(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// Collects what the sections object to; the place is looked up afterwards.
#[derive(Debug, Default)]
pub struct Problems(Vec<(&'static str, String)>);

impl Problems {
    /// `key` (dotted) is wrong because of `what`.
    pub fn add(&mut self, key: &'static str, what: impl Into<String>) {
        self.0.push((key, what.into()));
    }

    /// Objects unless `value` lies in `range`; `unit` is named in the message.
    pub fn range<T: PartialOrd + fmt::Display + Copy>(
        &mut self,
        key: &'static str,
        value: T,
        range: std::ops::RangeInclusive<T>,
        unit: &str,
    ) {
        if !range.contains(&value) {
            self.add(
                key,
                format!(
                    "{value} is out of range; {} to {} {unit}",
                    range.start(),
                    range.end()
                ),
            );
        }
    }

    /// What was objected to, with the place of each.
    pub(super) fn placed(self, sources: &[Source]) -> impl Iterator<Item = Problem> {
        self.0.into_iter().map(|(key, what)| {
            // The last file that sets the key is the one that counts.
            let place = sources
                .iter()
                .rev()
                .find_map(|s| s.line_of(key).map(|line| (s.path.clone(), line)));
            Problem {
                line: place.as_ref().map(|(_, line)| *line),
                file: place.map_or_else(
                    || sources.last().map(|s| s.path.clone()).unwrap_or_default(),
                    |(file, _)| file,
                ),
                key: Some(key.to_owned()),
                what,
            }
        })
    }
}
