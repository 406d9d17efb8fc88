// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the processes of a run said.

use std::collections::VecDeque;
use std::io::{IsTerminal, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::api::LogLine;

/// Lines kept; older ones go.
const KEPT: usize = 20_000;

/// The log of one run, shared by all its processes. Cloning shares it.
#[derive(Clone)]
pub struct Logs {
    inner: Arc<Mutex<Inner>>,
    grown: Arc<Notify>,
}

struct Inner {
    lines: VecDeque<LogLine>,
    next: u64,
    print: bool,
    colour: bool,
}

impl Logs {
    /// An empty log; with `print` each line also goes to standard error, coloured by process where
    /// that is a terminal.
    #[must_use]
    pub fn new(print: bool) -> Self {
        let inner = Inner {
            lines: VecDeque::new(),
            next: 1,
            print,
            colour: std::io::stderr().is_terminal(),
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            grown: Arc::new(Notify::new()),
        }
    }

    /// Adds a line.
    pub fn add(&self, process: &str, text: &str) {
        let mut inner = self.lock();
        let number = inner.next;
        inner.next += 1;
        if inner.print {
            let line = if inner.colour {
                format!("\x1b[{}m{process:>9}\x1b[0m {text}\n", colour(process))
            } else {
                format!("{process:>9} {text}\n")
            };
            // A closed terminal must not end the house before it has tidied up.
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
        if inner.lines.len() == KEPT {
            inner.lines.pop_front();
        }
        inner.lines.push_back(LogLine {
            number,
            process: process.to_owned(),
            text: text.to_owned(),
        });
        drop(inner);
        self.grown.notify_waiters();
    }

    /// The lines after number `after`, of one process or of all.
    #[must_use]
    pub fn after(&self, after: u64, process: Option<&str>) -> Vec<LogLine> {
        let inner = self.lock();
        let lines = inner.lines.iter().filter(|l| l.number > after);
        lines
            .filter(|l| process.is_none_or(|p| p == l.process))
            .cloned()
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A steady colour per process (SGR code).
fn colour(process: &str) -> u8 {
    match process {
        "card" => 36,
        "mode" => 35,
        "uplink" => 34,
        "screen" => 32,
        "terminal" => 33,
        "centre" => 93,
        _ => 90,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_told_apart_by_process() {
        let logs = Logs::new(false);
        logs.add("card", "a");
        logs.add("mode", "b");
        logs.add("card", "c");
        let all: Vec<u64> = logs.after(1, None).iter().map(|l| l.number).collect();
        assert_eq!(all, [2, 3]);
        let card: Vec<String> = logs
            .after(0, Some("card"))
            .into_iter()
            .map(|l| l.text)
            .collect();
        assert_eq!(card, ["a", "c"]);
    }
}
