// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsukectl provision` and `uketsukectl grant`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use uketsuke_common::EXIT_CONFIG;
use uketsuke_common::config::{self, Problem};
use uketsuke_provision::places::Places;
use uketsuke_provision::set::{self, Clock, SystemFolder};
use uketsuke_provision::{clock, grant};

/// What `uketsukectl provision` is asked.
#[derive(Args)]
pub struct Arguments {
    /// Judge this set (a folder), or a reader.toml alone (a file), without changing anything.
    #[arg(long, value_name = "PATH", conflicts_with = "device")]
    check: Option<PathBuf>,
    /// Print the id that a service grant for this box has to name.
    #[arg(long)]
    device: bool,
}

/// Runs it; the exit code is the one of the module's crate docs.
pub fn command(arguments: &Arguments) -> ExitCode {
    if let Some(path) = &arguments.check {
        return check(path);
    }
    let places = Places::under(Path::new("/"));
    let shown = if arguments.device {
        &places.device
    } else {
        &places.shown_report
    };
    match fs::read_to_string(shown) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !arguments.device => {
            println!("nothing was provisioned yet");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("uketsukectl: {}: {error}", shown.display());
            ExitCode::FAILURE
        }
    }
}

/// Prints every finding; what is only noted does not make a set bad.
fn check(path: &Path) -> ExitCode {
    let (hash, problems, notes) = if path.is_file() {
        (None, check_file(path), Vec::new())
    } else {
        check_set(path)
    };
    for note in notes {
        eprintln!("note: {note}");
    }
    if problems.is_empty() {
        println!("{}: ok", path.display());
        if let Some(hash) = hash {
            println!("set {hash}");
        }
        return ExitCode::SUCCESS;
    }
    for problem in problems {
        eprintln!("{problem}");
    }
    ExitCode::from(EXIT_CONFIG)
}

fn check_set(folder: &Path) -> (Option<String>, Vec<Problem>, Vec<Problem>) {
    let (set, mut problems) = set::read(&SystemFolder(folder.to_owned()), "", folder);
    // This is an office's machine, or a reader in service: its clock is right.
    let clock = Clock {
        now: clock::now(),
        certain: true,
    };
    let notes = match set.check(folder, Path::new(config::DEFAULT_DIRECTORY), clock) {
        Ok(checked) => checked.notes,
        Err(found) => {
            problems.extend(found.problems);
            found.notes
        }
    };
    (Some(set.hash()), problems, notes)
}

/// A `reader.toml` by itself: everything but whether the credentials fit.
fn check_file(path: &Path) -> Vec<Problem> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) => return vec![Problem::whole(path, error.to_string())],
    };
    match config::load_over(Path::new(config::DEFAULT_DIRECTORY), path, &text) {
        Ok(_) => Vec::new(),
        Err(error) => error.problems,
    }
}

/// What a grant shall say.
#[derive(Args)]
pub struct Grant {
    /// The maker's private key: Ed25519, PEM (openssl genpkey -algorithm ed25519).
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The box, as `uketsukectl provision --device` prints it there.
    #[arg(long, value_name = "ID")]
    device: String,
    /// How long it is good for, 1 to 8.
    #[arg(long, default_value_t = 8)]
    hours: u32,
    /// What it allows: update, provision, log-bundle; several with commas between.
    #[arg(long, value_delimiter = ',', required = true, value_name = "ACT")]
    allow: Vec<grant::Act>,
    /// The one provisioning set it allows, as `uketsukectl provision --check` prints its hash.
    #[arg(long, value_name = "HASH")]
    set: Option<String>,
    /// Where it goes; to standard output without it. `service.grant` is its name on a stick.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Makes a grant that begins now.
pub fn grant(wish: Grant) -> ExitCode {
    match make(wish) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("uketsukectl: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn make(wish: Grant) -> anyhow::Result<()> {
    let key = fs::read(&wish.key).with_context(|| format!("cannot read {}", wish.key.display()))?;
    let made = grant::make(
        &key,
        grant::Wish {
            device: wish.device,
            from: clock::now(),
            hours: wish.hours,
            allow: wish.allow.into_iter().collect(),
            set: wish.set,
        },
    )?;
    match &wish.out {
        Some(path) => {
            fs::write(path, made).with_context(|| format!("cannot write {}", path.display()))
        }
        None => {
            print!("{made}");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const BAD: &str = "[facility]\nnmae = \"a\"\n[screen]\nrotate = 45\n";

    #[test]
    fn a_file_alone_is_judged_as_a_configuration() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("reader.toml");
        fs::write(&path, "[facility]\nname = \"a\"\n").unwrap();
        assert!(check_file(&path).is_empty());
        fs::write(&path, BAD).unwrap();
        let said: Vec<_> = check_file(&path).iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(
            said[0].contains("reader.toml:2: facility.nmae:"),
            "{said:?}"
        );
        assert!(
            said[1].contains("reader.toml:4: screen.rotate:"),
            "{said:?}"
        );
    }

    #[test]
    fn a_folder_is_judged_as_a_set_with_the_paths_as_given() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("reader.toml"), BAD).unwrap();
        fs::write(dir.path().join("notes.txt"), "x").unwrap();
        let (_, problems, _) = check_set(dir.path());
        let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
        for end in ["notes.txt: not a file", "reader.toml:2: facility.nmae:"] {
            let expected = format!("{}/{end}", dir.path().display());
            assert!(
                said.iter().any(|l| l.starts_with(&expected)),
                "{expected} in {said:#?}"
            );
        }
    }
}
