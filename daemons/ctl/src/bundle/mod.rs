// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsukectl log-bundle`: what the maker needs to find a fault, in one file, without anything
//! about a patient.
//!
//! Every part is an allow-list: journal fields and units ([`journal`]), configuration keys
//! ([`configuration`]), named report files. Nothing is searched and blackened, because what nobody
//! thought of would then go out. No state file of a daemon, no credential, no picture is a part.

mod configuration;
mod journal;
mod update;

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context;
use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;
use journal::Taken;
use uketsuke_common::config;

use crate::check::{self, Place};

/// Most bytes of our units' journal, before compression.
const UNITS_BYTES: usize = 12 << 20;
/// Most bytes of the kernel's journal.
const KERNEL_BYTES: usize = 2 << 20;
/// Most bytes of any other part.
const PART_BYTES: usize = 256 << 10;

/// Reports that other programs leave for people, and their names in the bundle. None is about a
/// patient: each program's documentation says so of its file.
const REPORTS: [(&str, &str); 6] = [
    ("usr/lib/os-release", "versions.txt"),
    ("run/uketsuke/boot.json", "boot-entries.json"),
    ("run/uketsuke/data.json", "data-partition.json"),
    ("run/uketsuke/provision-report.txt", "provisioning.txt"),
    ("var/lib/uketsuke/boot-ok/verdict", "boot-verdict.json"),
    ("var/lib/uketsuke/boot-ok/passed", "boot-passed.json"),
];

/// Programs of the image whose words help; network and clock, nothing about people.
const COMMANDS: [(&str, &[&str], &str); 3] = [
    (
        "networkctl",
        &["status", "--all", "--no-pager"],
        "network.txt",
    ),
    ("resolvectl", &["status", "--no-pager"], "names.txt"),
    ("timedatectl", &["show", "--all"], "clock.txt"),
];

/// Where a bundle goes.
#[derive(Args, Clone, Debug)]
pub struct Request {
    /// The file to write; `-` is standard output.
    #[arg(default_value = "uketsuke-log.tar.gz")]
    file: PathBuf,
    /// The program that reads the journal.
    #[arg(long, default_value = "journalctl", hide = true)]
    journalctl: String,
}

/// `uketsukectl log-bundle`. Exit code 0 written, 1 it could not be.
pub fn command(request: &Request) -> ExitCode {
    match write(request) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("uketsukectl: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn write(request: &Request) -> anyhow::Result<()> {
    let parts = parts(&request.journalctl, &Place::default())?;
    if request.file == Path::new("-") {
        let out = io::stdout().lock();
        let out = pack(out, &parts);
        return out
            .and_then(|mut out| out.flush())
            .context("cannot write to standard output");
    }
    let mut fresh = OsString::from(&request.file);
    fresh.push(".new");
    let failed = || format!("cannot write {}", request.file.display());
    // For the one who asked for it alone, whatever the umask.
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)
        .with_context(failed)?;
    let file = pack(file, &parts).with_context(failed)?;
    file.sync_all().with_context(failed)?;
    fs::rename(&fresh, &request.file).with_context(failed)?;
    let folder = request.file.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new("."))).with_context(failed)?;
    folder.sync_all().with_context(failed)?;
    let size = fs::metadata(&request.file).with_context(failed)?.len();
    println!("{}: {} KiB", request.file.display(), size.div_ceil(1024));
    Ok(())
}

/// One file of the bundle.
struct Part {
    name: &'static str,
    content: String,
    note: String,
}

fn parts(journalctl: &str, place: &Place) -> anyhow::Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut add = |name, content: String, note: String| {
        let (content, cut) = bounded(content);
        let note = if cut { format!("{note} cut") } else { note };
        parts.push(Part {
            name,
            content,
            note,
        });
    };
    let runtime = crate::runtime()?;
    let report = runtime.block_on(check::run(place, &std::collections::BTreeSet::new()));
    add(
        "self-test.json",
        serde_json::to_string_pretty(&report)?,
        String::new(),
    );
    add(
        "self-test.txt",
        report.lines().join("\n") + "\n",
        String::new(),
    );
    match crate::status::json() {
        Ok(status) => add("status.json", status, String::new()),
        Err(error) => add("status.json", String::new(), format!("{error:#}")),
    }
    match update::json() {
        Ok(update) => add("update.json", update, String::new()),
        Err(error) => add("update.json", String::new(), format!("{error:#}")),
    }
    let directory = std::env::var_os(config::DIRECTORY_VARIABLE)
        .unwrap_or_else(|| config::DEFAULT_DIRECTORY.into());
    let configuration = configuration::text(Path::new(&directory));
    add("configuration.txt", configuration, String::new());
    for (path, name) in REPORTS {
        match fs::read_to_string(place.root.join(path)) {
            Ok(text) => add(name, text, String::new()),
            Err(error) => add(name, String::new(), error.to_string()),
        }
    }
    for (program, arguments, name) in COMMANDS {
        let (text, note) = said(program, arguments);
        add(name, text, note);
    }
    for (name, taken) in [
        ("journal.jsonl", journal::units(journalctl, UNITS_BYTES)),
        ("kernel.jsonl", journal::kernel(journalctl, KERNEL_BYTES)),
    ] {
        parts.push(from_journal(name, taken));
    }
    Ok(parts)
}

/// What a part without content says of itself goes into the list of contents: a bundle that lacks
/// the journal is still worth having.
fn from_journal(name: &'static str, taken: Result<Taken, journal::JournalError>) -> Part {
    match taken {
        Ok(taken) => Part {
            name,
            note: format!(
                "{} entries, {} refused{}",
                taken.entries,
                taken.refused,
                if taken.cut { ", older ones cut" } else { "" }
            ),
            content: taken.text,
        },
        Err(error) => Part {
            name,
            content: String::new(),
            note: format!("{:#}", anyhow::Error::from(error)),
        },
    }
}

fn said(program: &str, arguments: &[&str]) -> (String, String) {
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let note = if output.status.success() {
                String::new()
            } else {
                output.status.to_string()
            };
            (text, note)
        }
        Err(error) => (String::new(), error.to_string()),
    }
}

fn bounded(mut content: String) -> (String, bool) {
    if content.len() <= PART_BYTES {
        return (content, false);
    }
    let end = (0..=PART_BYTES)
        .rev()
        .find(|end| content.is_char_boundary(*end));
    content.truncate(end.unwrap_or_default());
    (content, true)
}

/// Writes the parts as a compressed tar archive; the list of contents first.
fn pack<W: Write>(out: W, parts: &[Part]) -> io::Result<W> {
    let mut list = format!("uketsuke log bundle, format 1, {}\n", crate::seconds_now());
    for part in parts {
        list.push_str(&format!(
            "{:<22}{:>9}  {}\n",
            part.name,
            part.content.len(),
            part.note
        ));
    }
    let mut archive = tar::Builder::new(GzEncoder::new(out, Compression::default()));
    add(&mut archive, "contents.txt", &list)?;
    for part in parts.iter().filter(|part| !part.content.is_empty()) {
        add(&mut archive, part.name, &part.content)?;
    }
    archive.into_inner()?.finish()
}

fn add(archive: &mut tar::Builder<impl Write>, name: &str, content: &str) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o600);
    header.set_mtime(crate::seconds_now());
    header.set_size(content.len() as u64);
    archive.append_data(
        &mut header,
        format!("uketsuke-log/{name}"),
        content.as_bytes(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_never_grows_beyond_its_bound() {
        let (text, cut) = bounded("あ".repeat(PART_BYTES));
        assert!(cut && text.len() <= PART_BYTES && text.len() > PART_BYTES - 3);
        assert_eq!(bounded("x".into()), ("x".into(), false));
    }
}
