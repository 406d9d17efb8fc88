// SPDX-License-Identifier: MIT OR Apache-2.0
//! How exposed the units of the image are (COM-02), by `systemd-analyze security`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Finding, Rule};

/// Most exposure in tenths of a unit of ours without an exception.
const OURS: u32 = 5;
/// Of RAUC.
const RAUC: u32 = 35;
/// Of any other unit that is shipped.
const OTHERS: u32 = 50;

/// Why the units cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum ExposureError {
    /// A line of the list.
    #[error("{list}:{line}: {what}")]
    List {
        /// The list.
        list: String,
        /// Its line.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A folder or file of units.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// systemd-analyze cannot be started.
    #[error("cannot start {program}")]
    Start {
        /// What was called.
        program: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It did not say a score.
    #[error("{unit}: no score in what systemd-analyze said:\n{said}")]
    NoScore {
        /// The unit.
        unit: String,
        /// Everything it said.
        said: String,
    },
}

/// The committed exceptions: unit, most exposure in tenths, reason.
pub struct Limits(BTreeMap<String, (u32, String)>);

impl Limits {
    /// Reads the list; `name` is said in errors.
    ///
    /// # Errors
    /// [`ExposureError::List`].
    pub fn parse(name: &str, text: &str) -> Result<Self, ExposureError> {
        let mut limits = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let bad = |what| ExposureError::List {
                list: name.to_owned(),
                line: number,
                what,
            };
            let mut words = line.split_whitespace();
            let unit = words.next().unwrap_or_default().to_owned();
            let tenths = words.next().and_then(|word| word.parse().ok());
            let tenths = tenths.filter(|tenths| *tenths <= 100);
            let tenths = tenths.ok_or_else(|| bad("no exposure from 0 to 100"))?;
            let reason: Vec<&str> = words.collect();
            if reason.is_empty() {
                return Err(bad("no reason"));
            }
            if limits.insert(unit, (tenths, reason.join(" "))).is_some() {
                return Err(bad("this unit stands there twice"));
            }
        }
        Ok(Self(limits))
    }

    /// The unit's own line, else the first family (`systemd-pcr*`) it belongs to.
    fn of(&self, unit: &str) -> (u32, &str) {
        let line = self.0.get_key_value(unit).or_else(|| {
            let mut lines = self.0.iter();
            lines.find(|(name, _)| {
                name.strip_suffix('*')
                    .is_some_and(|start| unit.starts_with(start))
            })
        });
        match line {
            Some((_, (tenths, reason))) => (*tenths, reason),
            None => (standard(unit), ""),
        }
    }
}

fn standard(unit: &str) -> u32 {
    if unit.starts_with("uketsuke-") {
        OURS
    } else if unit == "rauc.service" {
        RAUC
    } else {
        OTHERS
    }
}

/// One unit's score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The unit.
    pub unit: String,
    /// Its exposure in tenths.
    pub tenths: u32,
    /// The most it may have.
    pub limit: u32,
    /// Why it may have more than the standard.
    pub reason: String,
}

/// The services of the tree that start a program that is there, by name: packages bring units whose
/// program the image has not.
///
/// # Errors
/// [`ExposureError::Read`].
pub fn services(root: &Path) -> Result<Vec<String>, ExposureError> {
    let mut services = Vec::new();
    for folder in ["usr/lib/systemd/system", "etc/systemd/system"] {
        let folder = root.join(folder);
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let failed = |path: PathBuf| |source| ExposureError::Read { path, source };
            let entry = entry.map_err(failed(folder.clone()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(failed(entry.path()))?;
            // A link is another name of a unit that is looked at.
            if !name.ends_with(".service") || !kind.is_file() {
                continue;
            }
            let text = fs::read_to_string(entry.path()).map_err(failed(entry.path()))?;
            if starts(root, &text) {
                services.push(name);
            }
        }
    }
    services.sort();
    services.dedup();
    Ok(services)
}

/// Whether any program of a unit is there.
fn starts(root: &Path, text: &str) -> bool {
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("ExecStart="));
    let programs = lines.filter_map(|line| {
        line.trim_start_matches(['-', '@', ':', '+', '!'])
            .split_whitespace()
            .next()
    });
    programs.into_iter().any(|program| {
        let found = |folder: &str| {
            fs::symlink_metadata(root.join(folder).join(program.trim_start_matches('/'))).is_ok()
        };
        // Without a folder the service manager looks in the usual ones.
        found("") || (!program.starts_with('/') && (found("usr/bin") || found("usr/sbin")))
    })
}

/// Asks `analyze` (a program and its first arguments) about every service of the tree.
///
/// # Errors
/// [`ExposureError`]; a unit without a score is one.
pub fn rows(root: &Path, analyze: &[String], limits: &Limits) -> Result<Vec<Row>, ExposureError> {
    services(root)?
        .into_iter()
        .map(|unit| {
            let tenths = score(root, analyze, &unit)?;
            let (limit, reason) = limits.of(&unit);
            Ok(Row {
                tenths,
                limit,
                reason: reason.to_owned(),
                unit,
            })
        })
        .collect()
}

fn score(root: &Path, analyze: &[String], unit: &str) -> Result<u32, ExposureError> {
    // A template has no score of its own: one of its instances.
    let instance = unit.replace("@.", "@check.");
    let (program, first) = analyze
        .split_first()
        .map_or(("systemd-analyze", &[][..]), |(p, f)| (p.as_str(), f));
    let output = Command::new(program)
        .args(first)
        .args(["security", "--offline=yes", "--no-pager"])
        .arg(format!("--root={}", root.display()))
        .arg(&instance)
        .output()
        .map_err(|source| ExposureError::Start {
            program: program.to_owned(),
            source,
        })?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    tenths(&said).ok_or_else(|| ExposureError::NoScore {
        unit: unit.to_owned(),
        said: said + &String::from_utf8_lossy(&output.stderr),
    })
}

/// The score in "→ Overall exposure level for x.service: 9.6 UNSAFE".
fn tenths(said: &str) -> Option<u32> {
    let line = said
        .lines()
        .find(|line| line.contains("Overall exposure level"))?;
    let score = line.rsplit_once(": ")?.1.split_whitespace().next()?;
    let (whole, tenth) = score.split_once('.')?;
    Some(whole.parse::<u32>().ok()? * 10 + tenth.parse::<u32>().ok().filter(|t| *t < 10)?)
}

/// What is wrong with the rows, and which exceptions nothing needs.
#[must_use]
pub fn judge(rows: &[Row], limits: &Limits) -> (Vec<Finding>, Vec<String>) {
    let over = rows.iter().filter(|row| row.tenths > row.limit);
    let findings = over
        .map(|row| {
            let what = format!(
                "{}.{} is more than {}.{}",
                row.tenths / 10,
                row.tenths % 10,
                row.limit / 10,
                row.limit % 10
            );
            let path = format!("/usr/lib/systemd/system/{}", row.unit);
            Finding::new(Rule::Exposure, &path, what)
        })
        .collect();
    let needed = |name: &str| {
        let covers = |unit: &str| match name.strip_suffix('*') {
            Some(start) => unit.starts_with(start),
            None => unit == name,
        };
        let mut rows = rows.iter();
        rows.any(|row| covers(&row.unit) && row.tenths > standard(&row.unit))
    };
    let unused = limits.0.keys().filter(|unit| !needed(unit)).cloned();
    (findings, unused.collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn row(unit: &str, tenths: u32, limits: &Limits) -> Row {
        let (limit, reason) = limits.of(unit);
        Row {
            unit: unit.into(),
            tenths,
            limit,
            reason: reason.into(),
        }
    }

    #[test]
    fn the_score_is_read_from_the_last_line() {
        let said = "x 9.9\n\n→ Overall exposure level for a@check.service: 9.6 UNSAFE 😨\n";
        assert_eq!(tenths(said), Some(96));
        assert_eq!(
            tenths("→ Overall exposure level for a.service: 10.0 D"),
            Some(100)
        );
        assert_eq!(tenths("Failed to load"), None);
    }

    #[test]
    fn each_kind_has_its_limit_and_an_exception_must_be_needed() {
        let list = "uketsuke-uplink.service 12 talks TLS\nrauc.service 40 writes\nx.service 60 y\n";
        let limits = Limits::parse("l", list).unwrap();
        let rows = [
            row("uketsuke-card.service", 6, &limits),
            row("uketsuke-uplink.service", 12, &limits),
            row("rauc.service", 35, &limits),
            row("getty@.service", 51, &limits),
            row("ok.service", 50, &limits),
        ];
        let (findings, unused) = judge(&rows, &limits);
        let paths: Vec<_> = findings
            .iter()
            .map(|f| f.path.rsplit('/').next().unwrap())
            .collect();
        assert_eq!(paths, ["uketsuke-card.service", "getty@.service"]);
        assert_eq!(findings[0].what, "0.6 is more than 0.5");
        assert_eq!(unused, ["rauc.service", "x.service"]);
    }

    #[test]
    fn a_family_has_one_line_and_a_units_own_goes_before_it() {
        let list = "systemd-pcr* 94 measures and ends\nsystemd-pcrx.service 60 why\nold-* 94 why\n";
        let limits = Limits::parse("l", list).unwrap();
        let rows = [
            row("systemd-pcrphase.service", 94, &limits),
            row("systemd-pcrx.service", 61, &limits),
        ];
        let (findings, unused) = judge(&rows, &limits);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].path.ends_with("systemd-pcrx.service"));
        assert_eq!(unused, ["old-*"]);
    }

    #[test]
    fn only_units_whose_program_is_there_count() {
        let root = tempfile::tempdir().unwrap();
        let units = root.path().join("usr/lib/systemd/system");
        fs::create_dir_all(&units).unwrap();
        fs::create_dir_all(root.path().join("usr/bin")).unwrap();
        fs::write(root.path().join("usr/bin/tool"), "").unwrap();
        for (name, text) in [
            ("a.service", "ExecStart=-/usr/bin/tool x\n"),
            ("b.service", "ExecStart=/usr/bin/gone\n"),
            ("c.service", "ExecStart=tool\n"),
            ("d.service", "[Unit]\n"),
            ("e@.service", "ExecStart=@!/usr/bin/tool tool\n"),
            ("f.socket", "ExecStart=/usr/bin/tool\n"),
        ] {
            fs::write(units.join(name), text).unwrap();
        }
        std::os::unix::fs::symlink("a.service", units.join("alias.service")).unwrap();
        assert_eq!(
            services(root.path()).unwrap(),
            ["a.service", "c.service", "e@.service"]
        );
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = |text| Limits::parse("l", text).err().unwrap().to_string();
        assert_eq!(
            error("#\na.service x why"),
            "l:2: no exposure from 0 to 100"
        );
        assert_eq!(error("a.service 12"), "l:1: no reason");
        assert!(error("a 1 b\na 2 b").contains("twice"));
    }
}
