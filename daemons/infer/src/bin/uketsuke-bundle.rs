// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-bundle`: packs, signs and checks model bundles, away from any reader.
//!
//! - `pack DRAFT OUT --key KEY` fills in hashes and lengths, copies the files that stand beside the draft,
//!   signs.
//! - `sign FOLDER --key KEY` signs a manifest as it stands.
//! - `check FOLDER --trust KEY…` says whether a reader takes it; with `--worker` and `--library` it also
//!   has every known answer given, with `--socket` by the worker that a reader's systemd starts. Exit code
//!   0 taken, 1 refused (and why), 2 wrong arguments.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use uketsuke_infer::bundle::{Bundle, Policy, SigningKey, VerifyingKey, pack, sign};
use uketsuke_infer::runtime::KNOWN;
use uketsuke_infer::{Engine, Worker};

#[derive(Parser)]
#[command(
    name = "uketsuke-bundle",
    version,
    about = "Packs, signs and checks model bundles"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a signed bundle of a draft and the files beside it.
    Pack {
        /// A manifest; hashes and lengths of files may be left out.
        draft: PathBuf,
        /// The folder to make.
        out: PathBuf,
        /// Private key: Ed25519, PEM (openssl genpkey -algorithm ed25519).
        #[arg(long)]
        key: PathBuf,
    },
    /// Signs the manifest of a folder as it stands.
    Sign {
        /// The bundle.
        folder: PathBuf,
        /// Private key.
        #[arg(long)]
        key: PathBuf,
    },
    /// Says whether a reader takes a bundle.
    Check {
        /// The bundle.
        folder: PathBuf,
        /// Public key of who may sign (openssl pkey -pubout); may be given more than once.
        #[arg(long, required = true)]
        trust: Vec<PathBuf>,
        /// As a reader that demonstrates: takes synthetic-reference too.
        #[arg(long)]
        demonstration: bool,
        /// Least epoch.
        #[arg(long, default_value_t = 0)]
        epoch: u64,
        /// The program uketsuke-infer: gives every known answer.
        #[arg(long, requires = "library")]
        worker: Option<PathBuf>,
        /// libLiteRt.so for it.
        #[arg(long, requires = "worker")]
        library: Option<PathBuf>,
        /// Where workers are had of a reader's systemd, in place of --worker.
        #[arg(long, conflicts_with = "worker")]
        socket: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    match act(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut words = error.to_string();
            let mut cause = error.source();
            while let Some(error) = cause {
                words.push_str(&format!(": {error}"));
                cause = error.source();
            }
            eprintln!("{words}");
            ExitCode::FAILURE
        }
    }
}

fn act(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Pack { draft, out, key } => pack(&draft, &out, &SigningKey::read(&key)?)?,
        Command::Sign { folder, key } => sign(&folder, &SigningKey::read(&key)?)?,
        Command::Check {
            folder,
            trust,
            demonstration,
            epoch,
            worker,
            library,
            socket,
        } => {
            let trusted = trust
                .iter()
                .map(|path| VerifyingKey::read(path))
                .collect::<Result<_, _>>()?;
            let policy = Policy {
                trusted,
                demonstration,
                least_epoch: epoch,
                runtime: KNOWN[0].version.into(),
            };
            let bundle = Arc::new(Bundle::open(&folder, &policy)?);
            let program = worker.zip(library);
            let program = program.map(|(program, library)| Worker::Program { program, library });
            if let Some(worker) = socket.map(Worker::Socket).or(program) {
                Engine::start(worker, bundle.clone())?;
                println!("every known answer was given");
            }
            let manifest = bundle.manifest();
            println!(
                "taken: {} {}, epoch {}",
                manifest.id, manifest.version, manifest.epoch
            );
        }
    }
    Ok(())
}
