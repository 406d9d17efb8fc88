// SPDX-License-Identifier: MIT OR Apache-2.0
//! A whole set judged before anything changes: every section by the daemons' own configuration
//! types, the sections against each other, and the certificates against the configuration.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use rustls::pki_types::ServerName;
use uketsuke_common::config::{self, Place, Problem, Reader, TerminalConfig};

use super::certificates::{self, Certificates, Presented};
use super::{CREDENTIALS, Credential, Kind, READER, Set};

/// What time it is, and whether that can be relied on.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Seconds since 1970.
    pub now: i64,
    /// Whether a certificate that is not valid yet is a mistake; where the clock may be slow it is
    /// only noted.
    pub certain: bool,
}

/// What was found out about a set.
#[derive(Debug, Default)]
pub struct Findings {
    /// Mistakes; with one of them the set is refused.
    pub problems: Vec<Problem>,
    /// What somebody should know, but does not hold the set back.
    pub notes: Vec<Problem>,
}

/// A set without a mistake.
pub struct Checked {
    /// The configuration it makes, together with the image's own `reader.toml`.
    pub reader: Reader,
    /// What was noted.
    pub notes: Vec<Problem>,
}

/// Collects findings about one file of a set.
pub(super) struct Judge<'a> {
    findings: &'a mut Findings,
    file: PathBuf,
    pub(super) clock: Clock,
}

impl Judge<'_> {
    pub(super) fn whole(&mut self, what: impl Into<String>) {
        self.findings
            .problems
            .push(Problem::whole(&self.file, what));
    }

    pub(super) fn at(&mut self, line: usize, key: &str, what: impl Into<String>) {
        let problem = self.placed(line, key, what.into());
        self.findings.problems.push(problem);
    }

    pub(super) fn note(&mut self, line: usize, key: &str, what: impl Into<String>) {
        let note = self.placed(line, key, what.into());
        self.findings.notes.push(note);
    }

    fn placed(&self, line: usize, key: &str, what: String) -> Problem {
        Problem {
            file: self.file.clone(),
            line: Some(line),
            key: (!key.is_empty()).then(|| key.to_owned()),
            what,
        }
    }
}

impl Set {
    /// Judges the set. `folder` is where it was read from, for the findings; `base` is the folder
    /// of the image's own `reader.toml`.
    ///
    /// # Errors
    /// [`Findings`] with every mistake.
    pub fn check(&self, folder: &Path, base: &Path, clock: Clock) -> Result<Checked, Findings> {
        let mut findings = Findings::default();
        let reader = self.check_reader(folder, base, &mut findings);
        self.check_credentials(folder, reader.as_ref(), clock, &mut findings);
        match reader {
            Some(reader) if findings.problems.is_empty() => Ok(Checked {
                reader,
                notes: findings.notes,
            }),
            _ => Err(findings),
        }
    }

    /// The configuration, or as much of it as says where the terminal is.
    fn check_reader(&self, folder: &Path, base: &Path, findings: &mut Findings) -> Option<Reader> {
        let path = folder.join(READER);
        let Some(text) = self.get(READER) else {
            findings.problems.push(Problem::whole(&path, "missing"));
            return None;
        };
        let reader = match config::load_over(base, &path, text) {
            Ok(reader) => reader,
            Err(error) => {
                findings.problems.extend(error.problems);
                return None;
            }
        };
        let text = std::str::from_utf8(text).unwrap_or_default();
        terminal_keys(text, &path, &reader.terminal, findings);
        Some(reader)
    }

    fn check_credentials(
        &self,
        folder: &Path,
        reader: Option<&Reader>,
        clock: Clock,
        findings: &mut Findings,
    ) {
        let here = reader.map(|r| r.terminal.place == Place::Here);
        let mut read: BTreeMap<&str, Certificates> = BTreeMap::new();
        // Certificates first: keys are held against them.
        let certificates = CREDENTIALS.iter().filter(|c| !is_key(c));
        for credential in certificates.chain(CREDENTIALS.iter().filter(|c| is_key(c))) {
            let mut judge = Judge {
                findings,
                file: folder.join(credential.path),
                clock,
            };
            let wanted = here.map(|here| here || !credential.terminal);
            match (self.get(credential.path), wanted) {
                (None, Some(true)) => judge.whole(missing(credential)),
                (Some(_), Some(false)) => judge
                    .whole("of no use: `terminal.place` says that the terminal is not on this box"),
                (None, _) => {}
                (Some(text), _) => match credential.kind {
                    Kind::Key(of) => {
                        let none = Certificates::default();
                        certificates::key(&mut judge, text, read.get(of).unwrap_or(&none));
                    }
                    kind => {
                        let found = certificates::certificates(&mut judge, text, kind);
                        read.insert(credential.path, found);
                    }
                },
            }
        }
        let mut between = Between {
            folder,
            clock,
            read: &read,
            findings,
        };
        between.reader_is_named();
        if let (Some(reader), Some(true)) = (reader, here) {
            between.ends_believe_each_other(&reader.terminal);
        }
    }
}

fn is_key(credential: &Credential) -> bool {
    matches!(credential.kind, Kind::Key(_))
}

fn missing(credential: &Credential) -> &'static str {
    if credential.terminal {
        "missing; `terminal.place = \"here\"` needs it"
    } else {
        "missing; every reader needs it"
    }
}

/// What must hold between several certificates.
struct Between<'a> {
    folder: &'a Path,
    clock: Clock,
    read: &'a BTreeMap<&'static str, Certificates>,
    findings: &'a mut Findings,
}

impl Between<'_> {
    fn judge(&mut self, path: &str) -> Judge<'_> {
        Judge {
            file: self.folder.join(path),
            clock: self.clock,
            findings: self.findings,
        }
    }

    /// The terminal knows its readers by this name and refuses those without.
    fn reader_is_named(&mut self) {
        const READER_CHAIN: &str = "credentials/uplink/reader.crt";
        let Some(chain) = self.read.get(READER_CHAIN) else {
            return;
        };
        if let (Some(line), None) = (certificates::line(chain), certificates::name(chain)) {
            self.judge(READER_CHAIN).at(
                line,
                "subject",
                "needs exactly one common name of 1 to 64 printable ASCII characters; the terminal \
                 knows the reader by it",
            );
        }
    }

    /// Both ends of the line are on this box, so each can be held against the other's root.
    fn ends_believe_each_other(&mut self, terminal: &TerminalConfig) {
        let host = ServerName::from(called(terminal));
        let ends = [
            (
                "credentials/terminal/terminal.crt",
                "credentials/uplink/terminal-ca.crt",
                Presented::Server(&host),
            ),
            (
                "credentials/uplink/reader.crt",
                "credentials/terminal/reader-ca.crt",
                Presented::Client,
            ),
        ];
        for (chain, root, presented) in ends {
            let (Some(shown), Some(roots)) = (self.read.get(chain), self.read.get(root)) else {
                continue;
            };
            let before = self.findings.problems.len();
            certificates::believed(&mut self.judge(chain), shown, roots, presented);
            for problem in &mut self.findings.problems[before..] {
                problem.what = format!("not believed with the root {root}: {}", problem.what);
            }
        }
    }
}

/// The address at which the uplink calls a terminal on this box.
fn called(terminal: &TerminalConfig) -> IpAddr {
    match terminal.listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    }
}

/// Keys of `[terminal]` that contradict where it is.
fn terminal_keys(text: &str, path: &Path, terminal: &TerminalConfig, findings: &mut Findings) {
    let mut add = |key: &str, line, what: &str| {
        findings.problems.push(Problem {
            file: path.to_owned(),
            line,
            key: Some(key.to_owned()),
            what: what.to_owned(),
        });
    };
    match terminal.place {
        Place::Here => {
            if terminal.centre == TerminalConfig::default().centre {
                add(
                    "terminal.centre",
                    config::line_of(text, "terminal.centre"),
                    "not set; a terminal on this box needs the centre's address",
                );
            }
        }
        Place::At(_) => {
            let table: toml::Table = text.parse().unwrap_or_default();
            let section = table.get("terminal").and_then(toml::Value::as_table);
            for key in section.into_iter().flat_map(toml::Table::keys) {
                if key != "place" {
                    let key = format!("terminal.{key}");
                    add(
                        &key,
                        config::line_of(text, &key),
                        "of no use: `terminal.place` says that the terminal is not on this box",
                    );
                }
            }
        }
    }
}
