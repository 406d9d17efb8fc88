// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsukectl`: the field engineer's command line over the bus proxies.
//!
//! It sees what the bus policy lets the caller see, and nothing about a patient.
//!
//! - `uketsukectl status [--json]` asks every daemon how it is. Exit code 0 when the reader can
//!   check a patient in, 1 when something is wrong (the lines say what), 2 when the bus itself
//!   cannot be reached or the arguments are wrong.
//! - `uketsukectl check-config [DIRECTORY]` reads a configuration as a daemon would. Exit code 0,
//!   or 78 with file, line and key of each mistake.

mod status;

use std::path::PathBuf;
use std::process::ExitCode;

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
