// SPDX-License-Identifier: MIT OR Apache-2.0
//! The list of what may be there all the same.
//!
//! One exception a line: rule, path, reason. In a path `*` stands for anything within one name and
//! `**` for anything.

use std::cell::Cell;

use crate::{Finding, Rule};

/// The committed list.
pub struct Allowed {
    lines: Vec<Line>,
}

struct Line {
    number: usize,
    rule: Rule,
    path: String,
    used: Cell<bool>,
}

/// What is wrong with the list.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{list}:{line}: {what}")]
pub struct ListError {
    list: String,
    line: usize,
    what: String,
}

impl Allowed {
    /// Reads the list; `name` is said in errors.
    ///
    /// # Errors
    /// [`ListError`] at a line with an unknown rule, no absolute path, or no reason.
    pub fn parse(name: &str, text: &str) -> Result<Self, ListError> {
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let bad = |what: String| ListError {
                list: name.to_owned(),
                line: number,
                what,
            };
            let mut words = line.split_whitespace();
            let rule = words.next().unwrap_or_default();
            let known = Rule::ALL.iter().find(|(_, name)| *name == rule);
            let (rule, _) = known.ok_or_else(|| bad(format!("no rule {rule:?}")))?;
            let path = words.next().unwrap_or_default().to_owned();
            if !path.starts_with('/') {
                return Err(bad(format!("{path:?} is no path from the root")));
            }
            if words.next().is_none() {
                return Err(bad("no reason".to_owned()));
            }
            lines.push(Line {
                number,
                rule: *rule,
                path,
                used: Cell::new(false),
            });
        }
        Ok(Self { lines })
    }

    /// Whether a finding is excepted; remembers that the line was needed.
    #[must_use]
    pub fn excuses(&self, finding: &Finding) -> bool {
        let mut excused = false;
        // All that fit are needed: two lines for one finding would otherwise hide each other.
        for line in &self.lines {
            if line.rule == finding.rule && fits(&line.path, &finding.path) {
                line.used.set(true);
                excused = true;
            }
        }
        excused
    }

    /// The lines that nothing needed: number, rule and path.
    #[must_use]
    pub fn unused(&self) -> Vec<String> {
        let unused = self.lines.iter().filter(|line| !line.used.get());
        unused
            .map(|line| format!("line {}: {} {}", line.number, line.rule.name(), line.path))
            .collect()
    }
}

/// Whether `path` fits `pattern`.
fn fits(pattern: &str, path: &str) -> bool {
    let Some(star) = pattern.find('*') else {
        return pattern == path;
    };
    let Some(rest) = path.strip_prefix(&pattern[..star]) else {
        return false;
    };
    let (deep, after) = match pattern[star..].strip_prefix("**") {
        Some(after) => (true, after),
        None => (false, &pattern[star + 1..]),
    };
    let longest = if deep {
        rest.len()
    } else {
        rest.find('/').unwrap_or(rest.len())
    };
    let ends = (0..=longest).filter(|end| rest.is_char_boundary(*end));
    ends.into_iter().any(|end| fits(after, &rest[end..]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_star_stays_within_a_name_and_two_do_not() {
        assert!(fits("/a/b", "/a/b") && !fits("/a/b", "/a/bc"));
        assert!(fits("/a/*", "/a/b") && !fits("/a/*", "/a/b/c"));
        assert!(fits("/a/**", "/a/b/c") && fits("/**/c", "/a/b/c"));
        assert!(fits("/a/*.so", "/a/x.so") && !fits("/a/*.so", "/a/x.so.1"));
        assert!(fits("/*/é*", "/a/éb") && !fits("/a/**", "/b/c"));
    }

    #[test]
    fn a_line_without_a_reason_or_with_a_slip_is_refused_by_number() {
        let error = |text| Allowed::parse("x", text).err().unwrap().to_string();
        assert_eq!(error("# c\n\nshell /bin/sh\n"), "x:3: no reason");
        assert_eq!(error("shel /bin/sh why\n"), "x:1: no rule \"shel\"");
        assert!(error("shell bin/sh why").contains("no path"));
    }

    #[test]
    fn a_line_that_nothing_needs_is_told() {
        let list = "set-id /usr/bin/* because\nshell /usr/bin/sh because\n";
        let list = Allowed::parse("x", list).unwrap();
        let finding = Finding::new(Rule::SetId, "/usr/bin/mount", "4755");
        assert!(list.excuses(&finding));
        let other = Finding::new(Rule::WorldWritable, "/usr/bin/mount", "777");
        assert!(!list.excuses(&other));
        assert_eq!(list.unused(), ["line 2: shell /usr/bin/sh"]);
    }
}
