// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an attempt came to: for the journal, for `last-report.txt`, for the stick. It names files,
//! lines and keys of a set; there is nothing of a patient anywhere near.

use std::fmt;

use uketsuke_common::config::Problem;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The set is in force.
    Applied,
    /// The set was refused; what was in force stays.
    Refused,
    /// The set could not be put in force though nothing is wrong with it; what was in force stays.
    Failed,
    /// What was in force is damaged, and something else had to be used.
    Damaged,
}

/// One attempt.
#[derive(Clone, Debug)]
pub struct Report {
    /// When, seconds since 1970.
    pub when: i64,
    /// Where the set came from.
    pub source: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// One finding each.
    pub lines: Vec<String>,
}

impl Report {
    /// With these problems and notes as its lines.
    #[must_use]
    pub fn of(
        when: i64,
        source: &'static str,
        outcome: Outcome,
        problems: &[Problem],
        notes: &[Problem],
    ) -> Self {
        let problems = problems.iter().map(ToString::to_string);
        let notes = notes.iter().map(|note| format!("note: {note}"));
        Self {
            when,
            source,
            outcome,
            lines: problems.chain(notes).collect(),
        }
    }

    /// Writes it to the journal, a line each.
    pub fn log(&self) {
        let source = self.source;
        for line in &self.lines {
            match self.outcome {
                Outcome::Applied => tracing::warn!(source, "{line}"),
                _ => tracing::error!(source, "{line}"),
            }
        }
        match self.outcome {
            Outcome::Applied => tracing::info!(source, "provisioned"),
            outcome => tracing::error!(source, "{}", outcome.words()),
        }
    }
}

impl Outcome {
    /// One word, and what it means.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Applied => "applied: this configuration is in force",
            Self::Refused => "refused: the configuration before stays in force",
            Self::Failed => "failed: the configuration before stays in force",
            Self::Damaged => "damaged: the configuration in force could not be used as it lies",
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "time:   {}", crate::clock::show(self.when))?;
        writeln!(f, "source: {}", self.source)?;
        writeln!(f, "result: {}", self.outcome.words())?;
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}
