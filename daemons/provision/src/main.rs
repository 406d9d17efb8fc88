// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-provision`: see the library for its processes.

use std::fs::OpenOptions;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use uketsuke_provision::boot::Boot;
use uketsuke_provision::fat::Volume;
use uketsuke_provision::files::RealFiles;
use uketsuke_provision::places::Places;
use uketsuke_provision::seal::SystemdCreds;
use uketsuke_provision::stick::{Installer, Visit, Visited};
use uketsuke_provision::store::Store;
use uketsuke_provision::{daemons, door, partition};

#[derive(Parser)]
#[command(
    name = "uketsuke-provision",
    version,
    about = "Turns a box into one clinic's reader"
)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Apply a new set of the box's own partition and lay out what is in force.
    Boot,
    /// Serve one caller on standard input, which is a socket.
    Door,
    /// Look at the service stick on a partition.
    Stick {
        /// The partition, as /dev/sda1.
        device: PathBuf,
    },
    /// Put the generation before the current one in force, from the next start on.
    Back,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    uketsuke_common::log();
    let places = Places::under(Path::new("/"));
    let done = match arguments.command {
        Task::Boot => boot(&places),
        Task::Door => serve(&places),
        Task::Stick { device } => stick(&places, &device),
        Task::Back => back(&places),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "ended");
            ExitCode::FAILURE
        }
    }
}

fn boot(places: &Places) -> anyhow::Result<()> {
    let sealer = SystemdCreds::default();
    let boot = Boot {
        places,
        files: &RealFiles,
        sealer: &sealer,
    };
    let own = match own_partition(places) {
        Ok(own) => own,
        Err(error) => {
            tracing::error!(
                error = format!("{error:#}"),
                "the own partition cannot be read"
            );
            None
        }
    };
    boot.run(own.as_ref())
}

fn own_partition(places: &Places) -> anyhow::Result<Option<Volume>> {
    partition::find(&places.sys, &places.dev)?
        .map(|device| {
            partition::open(&device).with_context(|| format!("cannot open {}", device.display()))
        })
        .transpose()
}

fn serve(places: &Places) -> anyhow::Result<()> {
    let sealer = SystemdCreds::default();
    let boot = Boot {
        places,
        files: &RealFiles,
        sealer: &sealer,
    };
    let stream = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    door::serve(stream, &boot, daemons::restart)
}

fn stick(places: &Places, device: &Path) -> anyhow::Result<()> {
    let open = |write: bool| OpenOptions::new().read(true).write(write).open(device);
    // A stick may be locked against writing; then it goes without its result.
    let file = open(true)
        .or_else(|_| open(false))
        .with_context(|| format!("cannot open {}", device.display()))?;
    let volume = Volume::new(file).context("no medium")?;
    let hands = Installer {
        door: places.door.clone(),
        logs: places.logs.clone(),
    };
    let visit = Visit {
        places,
        files: &RealFiles,
        volume: &volume,
        hands: &hands,
    };
    match visit.run()? {
        Visited::NotOurs => tracing::info!(device = %device.display(), "no service stick"),
        Visited::Refused(error) => {
            tracing::warn!(device = %device.display(), %error, "the stick stays closed");
        }
        Visited::Opened(_) => tracing::info!(device = %device.display(), "service stick done"),
    }
    Ok(())
}

fn back(places: &Places) -> anyhow::Result<()> {
    let generation = Store::new(&RealFiles, &places.store).step_back()?;
    println!("{} is in force from the next start on", generation.id);
    Ok(())
}
