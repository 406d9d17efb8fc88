// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a scenario tells while it runs, and the table at the end.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// One thing that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What.
    pub what: String,
    /// How long it took.
    pub took: Duration,
}

/// One figure that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Of what.
    pub name: String,
    /// The number in words, with its unit.
    pub value: String,
}

/// The course of one scenario.
pub struct Report {
    scenario: String,
    began: Instant,
    last: Instant,
    /// What was done.
    pub steps: Vec<Step>,
    /// What was found.
    pub figures: Vec<Figure>,
}

impl Report {
    /// A report that begins now.
    #[must_use]
    pub fn new(scenario: &str) -> Self {
        let now = Instant::now();
        Self {
            scenario: scenario.to_owned(),
            began: now,
            last: now,
            steps: Vec::new(),
            figures: Vec::new(),
        }
    }

    /// Tells that something is done; it took the time since the step before.
    pub fn step(&mut self, what: impl Into<String>) -> Duration {
        let now = Instant::now();
        let (what, took) = (what.into(), now - self.last);
        self.last = now;
        println!(
            "{:>7.1} s  {:>6.1} s  {}: {what}",
            (now - self.began).as_secs_f64(),
            took.as_secs_f64(),
            self.scenario
        );
        self.steps.push(Step { what, took });
        took
    }

    /// Tells a figure.
    pub fn figure(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        println!("{:>20}  {}: {name} = {value}", "", self.scenario);
        self.figures.push(Figure {
            name: name.to_owned(),
            value,
        });
    }

    /// Time since it began.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.began.elapsed()
    }
}

/// How one scenario ended.
pub struct Ending {
    /// Its name and arguments.
    pub scenario: String,
    /// Whole time.
    pub took: Duration,
    /// What was found.
    pub figures: Vec<Figure>,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// The final table.
#[must_use]
pub fn table(endings: &[Ending]) -> String {
    let mut text = String::new();
    let width = endings.iter().map(|e| e.scenario.len()).max().unwrap_or(0);
    for ending in endings {
        let verdict = if ending.error.is_none() {
            "ok"
        } else {
            "FAILED"
        };
        let figures: Vec<_> = ending
            .figures
            .iter()
            .map(|figure| format!("{} {}", figure.name, figure.value))
            .collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:<width$}  {verdict:<6}  {:>7.1} s  {}",
            ending.scenario,
            ending.took.as_secs_f64(),
            figures.join(", ")
        );
        if let Some(error) = &ending.error {
            let _ = writeln!(text, "    {}", error.replace('\n', "\n    "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_who_failed_and_why() {
        let mut report = Report::new("boot");
        report.step("idle screen");
        report.figure("power-on to idle", "61.0 s");
        assert_eq!(report.steps.len(), 1);
        let good = Ending {
            scenario: "boot".to_owned(),
            took: Duration::from_secs(61),
            figures: report.figures,
            error: None,
        };
        let bad = Ending {
            scenario: "broken-update kernel".to_owned(),
            took: Duration::from_secs(9),
            figures: Vec::new(),
            error: Some("no idle screen\nseen: P-05x".to_owned()),
        };
        let text = table(&[good, bad]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[0],
            "boot                  ok         61.0 s  power-on to idle 61.0 s"
        );
        assert_eq!(
            lines[1].trim_end(),
            "broken-update kernel  FAILED      9.0 s"
        );
        assert_eq!(lines[2..], ["    no idle screen", "    seen: P-05x"]);
    }
}
