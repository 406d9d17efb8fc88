// SPDX-License-Identifier: MIT OR Apache-2.0
//! The self-test: what is asked, of whom, and how the answers are said.
//!
//! Every check has a name that never changes: the record of the last good boot and field
//! engineers' notes hold it. A check never asks the network. Those marked for the boot
//! ([`NAMES`]) judge a new slot; the rest tell a person what to look at.

mod bus;
mod certificates;
mod machine;
mod storage;
mod systemd;
mod words;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

pub use bus::PATIENCE;
pub use machine::booted_slot;

/// Version of the form [`Report`] has as JSON.
const FORMAT: u32 = 1;

/// What a check is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Without it no slot is good.
    Minimum,
    /// A slot must keep it if the last good boot had it.
    Boot,
    /// For people only.
    Told,
}

/// All checks, in the order they are told.
pub const NAMES: [(&str, Role); 24] = [
    ("bus", Role::Minimum),
    ("card", Role::Minimum),
    ("card-reader", Role::Boot),
    ("pcscd", Role::Boot),
    ("mode", Role::Minimum),
    ("passcodes", Role::Told),
    ("screen", Role::Minimum),
    ("display", Role::Minimum),
    ("uplink", Role::Boot),
    ("line", Role::Told),
    ("terminal", Role::Boot),
    ("update", Role::Boot),
    ("units", Role::Told),
    ("storage", Role::Minimum),
    ("sealed", Role::Told),
    ("root", Role::Boot),
    ("slot", Role::Boot),
    ("secure-boot", Role::Told),
    ("tpm", Role::Boot),
    ("clock", Role::Told),
    ("camera", Role::Boot),
    ("configuration", Role::Boot),
    ("provisioning", Role::Told),
    ("certificates", Role::Told),
];

/// The role of a check.
#[must_use]
pub fn role(name: &str) -> Option<Role> {
    NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, role)| *role)
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Wrong: a person should act.
    Bad,
    /// Not on this machine, or not to be seen from here; never said of something that is wrong.
    Absent,
}

/// One line of the self-test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// One of [`NAMES`].
    pub name: &'static str,
    /// What was found.
    pub verdict: Verdict,
    /// What exactly, in English.
    pub what: String,
    /// What to do, in English; empty when nothing is.
    #[serde(rename = "do")]
    pub advice: &'static str,
    /// What it is and what to do, in Japanese.
    pub ja: &'static str,
    /// Whose answer this was: the unique bus name. Another one next time means that the daemon was
    /// started again in between.
    #[serde(skip)]
    pub who: Option<String>,
}

impl Finding {
    fn new(name: &'static str, verdict: Verdict, what: impl Into<String>) -> Self {
        let (advice, ja) = words::of(name, verdict);
        Self {
            name,
            verdict,
            what: what.into(),
            advice,
            ja,
            who: None,
        }
    }

    fn ok(name: &'static str, what: impl Into<String>) -> Self {
        Self::new(name, Verdict::Ok, what)
    }

    fn bad(name: &'static str, what: impl Into<String>) -> Self {
        Self::new(name, Verdict::Bad, what)
    }

    fn absent(name: &'static str, what: impl Into<String>) -> Self {
        Self::new(name, Verdict::Absent, what)
    }

    fn by(mut self, who: Option<String>) -> Self {
        self.who = who;
        self
    }
}

/// Everything found at one time.
#[derive(Serialize)]
pub struct Report {
    format: u32,
    /// Seconds since 1970 by this machine's clock.
    at: u64,
    /// Version of the programs.
    version: &'static str,
    /// The findings, in the order of [`NAMES`].
    pub checks: Vec<Finding>,
}

/// Where the checks look; another place in tests.
#[derive(Clone)]
pub struct Place {
    /// `/` on a reader.
    pub root: PathBuf,
    /// A directory on the data partition that the caller may write.
    pub scratch: PathBuf,
}

impl Default for Place {
    fn default() -> Self {
        let scratch = std::env::var_os("STATE_DIRECTORY").map(PathBuf::from);
        Self {
            root: "/".into(),
            scratch: scratch.unwrap_or_else(|| "/var/lib/uketsuke/boot-ok".into()),
        }
    }
}

/// Runs the checks in `only` (all when empty).
pub async fn run(place: &Place, only: &BTreeSet<&'static str>) -> Report {
    let wanted = |name: &str| only.is_empty() || only.contains(name);
    let (mut checks, seen) = tokio::join!(bus::ask(&wanted), look(place, only));
    checks.extend(seen);
    let order = |finding: &Finding| NAMES.iter().position(|(name, _)| *name == finding.name);
    checks.sort_by_key(order);
    Report {
        format: FORMAT,
        at: crate::seconds_now(),
        version: env!("CARGO_PKG_VERSION"),
        checks,
    }
}

/// The checks that read files, in a thread of their own: a disk that does not answer is a bad
/// check, not a self-test that hangs.
async fn look(place: &Place, only: &BTreeSet<&'static str>) -> Vec<Finding> {
    let (place, only) = (place.clone(), only.clone());
    let looking = tokio::task::spawn_blocking(move || {
        let wanted = |name: &str| only.is_empty() || only.contains(name);
        let mut findings = machine::look(&place, &wanted);
        if wanted("certificates") {
            findings.push(certificates::look(&place.root));
        }
        findings
    });
    match tokio::time::timeout(2 * PATIENCE, looking).await {
        Ok(Ok(findings)) => findings,
        Ok(Err(error)) => vec![Finding::bad("storage", format!("not checked: {error}"))],
        Err(_) => {
            let what = format!("no answer within {} s", 2 * PATIENCE.as_secs());
            vec![Finding::bad("storage", what)]
        }
    }
}

/// The names that judge a slot.
#[must_use]
pub fn boot_set() -> BTreeSet<&'static str> {
    NAMES
        .iter()
        .filter(|(_, role)| *role != Role::Told)
        .map(|(name, _)| *name)
        .collect()
}

/// `uketsukectl self-test`.
pub fn command(json: bool, boot: bool, only: &[String]) -> ExitCode {
    let mut wanted = if boot { boot_set() } else { BTreeSet::new() };
    for name in only {
        let Some((known, _)) = NAMES.iter().find(|(known, _)| known == name) else {
            let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            eprintln!(
                "uketsukectl: no check {name:?}; there are {}",
                known.join(", ")
            );
            return ExitCode::from(2);
        };
        wanted.insert(known);
    }
    let report = crate::runtime().and_then(|runtime| {
        let report = runtime.block_on(run(&Place::default(), &wanted));
        let text = if json {
            serde_json::to_string_pretty(&report)?
        } else {
            report.lines().join("\n")
        };
        println!("{text}");
        Ok(report)
    });
    match report {
        Ok(report) if report.good() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("uketsukectl: {error:#}");
            ExitCode::from(2)
        }
    }
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn good(&self) -> bool {
        self.checks.iter().all(|c| c.verdict != Verdict::Bad)
    }

    /// One line a check, and what to do below those that are wrong.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for check in &self.checks {
            let mark = match check.verdict {
                Verdict::Ok => "ok",
                Verdict::Bad => "BAD",
                Verdict::Absent => "absent",
            };
            lines.push(format!("{:<14}{mark:<8}{}", check.name, check.what));
            if check.verdict == Verdict::Bad {
                lines.push(format!("{:22}{}", "", check.advice));
                lines.push(format!("{:22}{}", "", check.ja));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_words_for_every_verdict_it_can_have() {
        for (name, _) in NAMES {
            for verdict in [Verdict::Ok, Verdict::Bad, Verdict::Absent] {
                let finding = Finding::new(name, verdict, "x");
                assert!(!finding.ja.is_empty(), "{name} has no Japanese words");
                if verdict == Verdict::Bad {
                    assert!(!finding.advice.is_empty(), "{name}: no advice");
                }
            }
        }
    }

    #[test]
    fn nothing_that_needs_the_network_judges_a_slot() {
        let boot = boot_set();
        for name in ["line", "clock", "certificates"] {
            assert!(!boot.contains(name), "{name}");
        }
        for name in ["bus", "card", "mode", "screen", "display", "storage"] {
            assert_eq!(role(name), Some(Role::Minimum), "{name}");
        }
    }
}
