// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs machine tests; docs/machine-tests.md tells how.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use uketsuke_machine::board::Architecture;
use uketsuke_machine::hardware::Parts;
use uketsuke_machine::report::{self, Ending, Report};
use uketsuke_machine::scenario::{self, Run};
use uketsuke_machine::tools::Tools;

#[derive(Parser)]
#[command(about = "Runs the built image in an emulated machine")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Every scenario, its arguments and the image it needs
    List,
    /// Runs scenarios one after the other: NAME, or NAME:ARGUMENT,ARGUMENT…
    Run {
        /// As `boot`, `broken-update:kernel`, `power-cuts:20`
        #[arg(required = true)]
        scenarios: Vec<String>,
        /// Raw disk to use instead of the built one
        #[arg(long)]
        image: Option<PathBuf>,
        /// Where pictures, logs and disks go, inside the checkout
        #[arg(long, default_value = "target/machine")]
        out: PathBuf,
        /// Which board, and so which built image
        #[arg(long, value_enum, default_value_t)]
        architecture: Architecture,
        /// Gives every machine a TPM
        #[arg(long)]
        tpm: bool,
        /// Secure boot is on, with this certificate alone, as target/image/keys/secure-boot.crt
        #[arg(long, value_name = "CERTIFICATE")]
        secure_boot: Option<PathBuf>,
        /// Repeats what was left to chance
        #[arg(long)]
        seed: Option<u64>,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::List => {
            for listed in scenario::ALL {
                println!(
                    "{:<14} {:<9} {:<12} {}",
                    listed.name,
                    listed.arguments,
                    listed.flavour.name(),
                    listed.shows
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Run {
            scenarios,
            image,
            out,
            architecture,
            tpm,
            secure_boot,
            seed,
        } => {
            // Only firmware in the secure world keeps variables from the system there, and the
            // tools tree has none.
            anyhow::ensure!(
                architecture == Architecture::X86 || secure_boot.is_none(),
                "--secure-boot: only on x86-64"
            );
            let here = std::env::current_dir().context("no current directory")?;
            let tools = Tools::find(&here)?;
            let seed = seed.unwrap_or_else(|| fastrand::u64(..));
            println!("seed {seed}");
            let mut endings = Vec::new();
            for scenario in &scenarios {
                let mut run = prepare(&tools, scenario, &here, &out, seed);
                run.image = image.as_ref().map(|image| here.join(image));
                run.parts.architecture = architecture;
                run.parts.tpm = tpm;
                run.parts.secure_boot = secure_boot.as_ref().map(|file| here.join(file));
                endings.push(ending(scenario, run).await);
            }
            println!("\n{}", report::table(&endings));
            let good = endings.iter().all(|ending| ending.error.is_none());
            Ok(if good {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
    }
}

/// Takes `NAME:ARGUMENT,…` apart.
fn prepare(
    tools: &Tools,
    scenario: &str,
    here: &std::path::Path,
    out: &std::path::Path,
    seed: u64,
) -> Run {
    let (name, arguments) = scenario.split_once(':').unwrap_or((scenario, ""));
    let arguments: Vec<String> = arguments
        .split(',')
        .filter(|argument| !argument.is_empty())
        .map(str::to_owned)
        .collect();
    Run {
        tools: tools.clone(),
        image: None,
        parts: Parts::default(),
        directory: here.join(out).join(folder(name, &arguments)),
        arguments,
        chance: fastrand::Rng::with_seed(seed),
        report: Report::new(name),
    }
}

/// A folder's name for a scenario: short, because sockets lie in it.
fn folder(name: &str, arguments: &[String]) -> String {
    match arguments {
        [] => name.to_owned(),
        [one] => format!("{name}-{one}"),
        [first, others @ ..] => format!("{name}-{first}-{}", others.len()),
    }
}

async fn ending(scenario: &str, mut run: Run) -> Ending {
    let name = scenario.split(':').next().unwrap_or(scenario);
    let result = scenario::run(name, &mut run).await;
    let error = result.err().map(|error| {
        let text = format!("{error:#}");
        println!("{name}: FAILED: {text}");
        text
    });
    Ending {
        scenario: scenario.to_owned(),
        took: run.report.age(),
        figures: run.report.figures,
        error,
    }
}
