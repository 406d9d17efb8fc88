// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsukectl`: the field engineer's command line over the bus proxies.
//!
//! It sees what the bus policy lets the caller see, and nothing about a patient.
//!
//! - `uketsukectl status [--json]` asks every daemon how it is. Exit code 0 when the reader can
//!   check a patient in, 1 when something is wrong (the lines say what), 2 when the bus itself
//!   cannot be reached or the arguments are wrong.
//! - `uketsukectl self-test [--json] [--boot] [--only NAME]…` checks the machine as well: display,
//!   storage, slots, TPM, clock, certificates. Exit code 0 nothing is wrong, 1 something is, 2 it
//!   could not be run.
//! - `uketsukectl boot-ok` and `uketsukectl slot` are what the units of the same names run; see
//!   [`boot_ok`].
//! - `uketsukectl log-bundle [FILE]` gathers journal, state and self-test for the maker, nothing
//!   about a patient.
//! - `uketsukectl update` says how an update stands; with `install URL`, `install-stick`, `activate`
//!   or `cancel` it orders one, and `uketsukectl rollback` goes back to the version before. Exit
//!   code 0 done, 1 refused or failed (the name of the error says why), 2 as for `status`.
//! - `uketsukectl provision --check PATH` judges a provisioning set, `--device` prints the id that a
//!   grant is made for; without either it prints how the last attempt ended. `uketsukectl grant`
//!   makes a service grant with the maker's key, away from any reader. Exit code 0, 1 failed, or 78
//!   with file, line and key of each mistake of the set.
//! - `uketsukectl first-account` prints the code with which the first account of the terminal's console
//!   is made, where the terminal runs on this box. Exit code 0, or 1 where there is an account already
//!   or no terminal.
//! - `uketsukectl face-files PATH` judges face files of a receipt computer (レセプトコンピューター), whoever
//!   wrote them, and quotes nothing that they say. Exit code 0 none is wrong, 1 some are (the lines say
//!   which, where and how), 2 they cannot be read.
//! - `uketsukectl check-config [DIRECTORY]` reads a configuration as a daemon would. Exit code 0,
//!   or 78 with file, line and key of each mistake.

mod boot_ok;
mod bundle;
mod check;
mod durable;
mod face_files;
mod firmware;
mod first_account;
mod provision;
mod status;
mod update;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Parser, Subcommand};
use uketsuke_common::{EXIT_CONFIG, config};

#[derive(Parser)]
#[command(
    name = "uketsukectl",
    version,
    about = "Field engineer's command line of Uketsuke OS"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// How every daemon and every hop to the centre is.
    Status {
        /// One JSON object instead of lines.
        #[arg(long)]
        json: bool,
    },
    /// Check everything a check-in needs, without changing anything.
    SelfTest {
        /// One JSON object instead of lines.
        #[arg(long)]
        json: bool,
        /// Only what judges a new version: nothing that needs the network.
        #[arg(long)]
        boot: bool,
        /// Only this check; may be repeated.
        #[arg(long, value_name = "NAME")]
        only: Vec<String>,
    },
    /// Judge this boot and confirm the version that runs (uketsuke-boot-ok.service).
    BootOk(boot_ok::Judgement),
    /// How the firmware holds the slot that runs.
    Slot {
        /// File to leave behind unless the slot is on trial (uketsuke-slot.service).
        #[arg(long, value_name = "FILE")]
        mark: Option<PathBuf>,
    },
    /// Write what the maker needs to find a fault, without anything about a patient.
    LogBundle(bundle::Request),
    /// How an update stands; or order one.
    Update(update::Arguments),
    /// Restart into the version before this one, if it is there and was good.
    Rollback,
    /// Judge a provisioning set; or say how the last one fared.
    Provision(provision::Arguments),
    /// Make a service grant with the maker's key.
    Grant(provision::Grant),
    /// Print the code that makes the first account of the terminal's console.
    FirstAccount(first_account::Arguments),
    /// Judge face files of a receipt computer, whoever wrote them.
    FaceFiles(face_files::Arguments),
    /// Check reader.toml and reader.d/*.toml without changing anything.
    CheckConfig {
        /// The directory that holds reader.toml.
        #[arg(default_value = config::DEFAULT_DIRECTORY)]
        directory: PathBuf,
    },
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Status { json } => status::run(json),
        Command::SelfTest { json, boot, only } => check::command(json, boot, &only),
        Command::BootOk(judgement) => boot_ok::command(&judgement),
        Command::Slot { mark } => boot_ok::slot(mark.as_deref()),
        Command::LogBundle(request) => bundle::command(&request),
        Command::Update(arguments) => update::command(&arguments),
        Command::Rollback => update::rollback(),
        Command::Provision(arguments) => provision::command(&arguments),
        Command::Grant(wish) => provision::grant(wish),
        Command::FirstAccount(arguments) => first_account::command(&arguments),
        Command::FaceFiles(arguments) => face_files::command(&arguments),
        Command::CheckConfig { directory } => match config::load_from(&directory) {
            Ok(_) => {
                println!("{}: ok", directory.display());
                ExitCode::SUCCESS
            }
            Err(problems) => {
                eprintln!("{problems}");
                ExitCode::from(EXIT_CONFIG)
            }
        },
    }
}

/// The one thread everything here runs on.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

/// Seconds since 1970 by this machine's clock.
fn seconds_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs())
}
