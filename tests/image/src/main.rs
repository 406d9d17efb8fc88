// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-image-check`: see the crate's documentation.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context;
use clap::Parser;
use tempfile::TempDir;
use uketsuke_image_check::Rule;
use uketsuke_image_check::allowed::Allowed;
use uketsuke_image_check::exposure::{self, Limits, Row};
use uketsuke_image_check::rules::{self, Count};

/// Walks the tree of an image and says what must not be in it.
#[derive(Parser)]
#[command(name = "uketsuke-image-check", version)]
struct Arguments {
    /// Root of the tree, or an EROFS file (then fsck.erofs must be there).
    tree: PathBuf,
    /// What may be there all the same.
    #[arg(long, default_value = "tests/image/allowed.txt")]
    allowed: PathBuf,
    /// How exposed units may be.
    #[arg(long, default_value = "tests/image/exposure.txt")]
    exposure: PathBuf,
    /// systemd-analyze (257 or newer), as it is to be called.
    #[arg(long, default_value = "systemd-analyze")]
    analyze: String,
    /// Leave the units out.
    #[arg(long)]
    no_units: bool,
    /// The tree is of the development flavour: it has a shell and tools on purpose, so only the rules
    /// about rights, owners, passwords, keys and what listens hold.
    #[arg(long)]
    development: bool,
    /// Print what is wrong and one line of counts, not the tables.
    #[arg(long)]
    brief: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("uketsuke-image-check: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let (root, _unpacked) = if arguments.tree.is_dir() {
        (arguments.tree.clone(), None)
    } else {
        let folder = unpack(&arguments.tree)?;
        (folder.path().join("root"), Some(folder))
    };
    let root = root.as_path();
    let read = |path: &Path| {
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let name = arguments.allowed.display().to_string();
    let allowed = Allowed::parse(&name, &read(&arguments.allowed)?)?;
    let (mut findings, count) = rules::check(root)?;
    let mut stale = Vec::new();
    if !(arguments.no_units || arguments.development) {
        let name = arguments.exposure.display().to_string();
        let limits = Limits::parse(&name, &read(&arguments.exposure)?)?;
        let analyze: Vec<String> = arguments.analyze.split(' ').map(str::to_owned).collect();
        let rows = exposure::rows(root, &analyze, &limits)?;
        if !arguments.brief {
            print_units(&rows);
        }
        let (over, unused) = exposure::judge(&rows, &limits);
        findings.extend(over);
        stale.extend(unused.into_iter().map(|unit| format!("{name}: {unit}")));
    }
    findings.retain(|finding| !arguments.development || finding.rule.holds_in_development());
    let mut tally = Tally::default();
    let mut left = Vec::new();
    for finding in findings {
        if allowed.excuses(&finding) {
            tally.excepted[finding.rule as usize] += 1;
        } else {
            tally.found[finding.rule as usize] += 1;
            left.push(finding);
        }
    }
    // The lines of the list speak of the release.
    if !arguments.development {
        let unused = allowed.unused().into_iter();
        stale.extend(unused.map(|line| format!("{name}: {line}")));
    }
    for finding in &left {
        println!("{finding}");
    }
    for line in &stale {
        println!("not needed         {line}");
    }
    if arguments.brief {
        tally.print_line(count, arguments.development);
    } else {
        tally.print_table(count);
        println!("exceptions not needed: {}", stale.len());
    }
    Ok(left.is_empty() && stale.is_empty())
}

/// Findings of each rule.
#[derive(Default)]
struct Tally {
    found: [usize; Rule::ALL.len()],
    excepted: [usize; Rule::ALL.len()],
}

impl Tally {
    fn print_table(&self, count: Count) {
        println!("\n{}", size(count));
        println!("{:<20}{:>6}{:>9}", "rule", "found", "excepted");
        for (rule, name) in Rule::ALL {
            let (found, excepted) = (self.found[rule as usize], self.excepted[rule as usize]);
            println!("{name:<20}{found:>6}{excepted:>9}");
        }
    }

    fn print_line(&self, count: Count, development: bool) {
        let rules = Rule::ALL.iter();
        let rules = rules.filter(|(rule, _)| !development || rule.holds_in_development());
        let counts: Vec<String> = rules
            .map(|(rule, name)| {
                let excepted = match self.excepted[*rule as usize] {
                    0 => String::new(),
                    excepted => format!(" (+{excepted})"),
                };
                format!("{name} {}{excepted}", self.found[*rule as usize])
            })
            .collect();
        println!(
            "{}: {}; (+n): in the list with a reason",
            size(count),
            counts.join(", ")
        );
    }
}

fn size(count: Count) -> String {
    let (entries, elf, mib) = (count.entries, count.elf, count.bytes >> 20);
    format!("{entries} entries, {elf} ELF files, {mib} MiB")
}

fn print_units(rows: &[Row]) {
    println!("{:<44}{:>6}{:>7}  reason", "unit", "score", "limit");
    for row in rows {
        println!(
            "{:<44}{:>4}.{}{:>5}.{}  {}",
            row.unit,
            row.tenths / 10,
            row.tenths % 10,
            row.limit / 10,
            row.limit % 10,
            row.reason
        );
    }
    println!();
}

/// Unpacks an EROFS file, rights and owners and all.
fn unpack(image: &Path) -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir().context("cannot make a folder")?;
    let status = Command::new("fsck.erofs")
        .arg(format!(
            "--extract={}",
            folder.path().join("root").display()
        ))
        .args(["--preserve", "--overwrite"])
        .arg(image)
        .status()
        .context("cannot start fsck.erofs (Debian package erofs-utils)")?;
    anyhow::ensure!(
        status.success(),
        "fsck.erofs cannot unpack {}",
        image.display()
    );
    Ok(folder)
}
