// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, Subcommand};
use nix::sys::reboot::{RebootMode, reboot};

use crate::data;
use crate::disk::Links;
use crate::entries;
use crate::judge::{self, Outcome};
use crate::machine::Machine;
use crate::report::{error, notice};
use crate::slot::Slot;

/// Exit code of `judge` when no slot is left: the root is not opened.
const EXIT_STAY: u8 = 3;

#[derive(Parser)]
#[command(
    name = "uketsuke-boot",
    version,
    about = "Slots, firmware entries and data partition of a reader"
)]
struct Arguments {
    /// Look for /sys, /dev and /run below this directory; then nothing is rebooted.
    #[arg(long, global = true, default_value = "/")]
    root: PathBuf,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Print the links of a partition, for a udev rule.
    Slots {
        /// The partition's device node.
        node: PathBuf,
    },
    /// In the initrd: judge what the last boot left.
    Judge,
    /// In place of the emergency shell: count, change over, reboot.
    Emergency,
    /// In the initrd: give this machine a stable id.
    Identity,
    /// Ensure the firmware entries of the booted disk.
    Entries {
        /// A slot that was written anew: its mark is cleared.
        #[arg(long)]
        repaired: Option<Slot>,
    },
    /// The boot check has spoken: where it is content, forget what speaks against the running slot.
    Settled {
        /// What it wrote.
        #[arg(long, default_value = "/var/lib/uketsuke/boot-ok/verdict")]
        verdict: PathBuf,
    },
    /// Prepare the data partition.
    Data,
    /// Factory reset: make the data partition unreadable. Reboot afterwards.
    Reset,
    /// Become RAUC's service, told which slot runs.
    Rauc,
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let machine = Machine::at(&arguments.root);
    match &arguments.task {
        Task::Slots { node } => slots(&machine, node)?,
        Task::Judge => match judge::judge(&machine) {
            Outcome::Continue => {}
            Outcome::Reboot(pause) => restart(&arguments.root, pause)?,
            // The unit's OnFailure= starts the emergency, which stays.
            Outcome::Stay(_) => return Ok(ExitCode::from(EXIT_STAY)),
        },
        Task::Emergency => match judge::emergency(&machine) {
            Outcome::Continue => {}
            Outcome::Reboot(pause) => restart(&arguments.root, pause)?,
            Outcome::Stay(limit) => stay(arguments, limit)?,
        },
        Task::Identity => entries::identity(&machine)?,
        Task::Entries { repaired } => entries::entries(&machine, *repaired)?,
        Task::Settled { verdict } => match entries::settled(&machine, verdict)? {
            true => notice!("the running slot is confirmed"),
            false => notice!("the running slot is not confirmed"),
        },
        Task::Data => data::run(&machine)?,
        Task::Reset => data::reset(&machine)?,
        Task::Rauc => return Err(rauc(&machine)),
    }
    Ok(ExitCode::SUCCESS)
}

fn slots(machine: &Machine, node: &Path) -> anyhow::Result<()> {
    let name = node.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{}: no device node", node.display()))?;
    let loader = machine.loader_partition()?;
    let disk = machine.read_disk(&machine.disk_of(name)?)?;
    let booted = disk.booted_slot(loader);
    let booted = booted.with_context(|| format!("{name} gets no link"))?;
    let number = machine.partition_number(name)?;
    let part = disk.partitions.iter().find(|part| part.number == number);
    let part = part.with_context(|| format!("{name}: not in the partition table"))?;
    print!("{}", Links::of(part, booted));
    Ok(())
}

/// Keeps the picture that is on the panel. PID 1 goes on feeding the hardware watchdog meanwhile:
/// this program waits, the machine does not hang.
fn stay(arguments: &Arguments, limit: Option<Duration>) -> anyhow::Result<()> {
    match limit {
        None => {
            error!("no slot is left: this box needs a new image; waiting for a person");
            loop {
                std::thread::park();
            }
        }
        Some(limit) => {
            error!(
                "no slot is left: trying again in {} minutes",
                limit.as_secs() / 60
            );
            std::thread::sleep(limit);
            judge::forgive(&Machine::at(&arguments.root));
            restart(&arguments.root, Duration::ZERO)
        }
    }
}

/// Reboots through PID 1, which unmounts what is mounted; by system call where it does not answer.
fn restart(root: &Path, pause: Duration) -> anyhow::Result<()> {
    anyhow::ensure!(
        root == Path::new("/"),
        "a reboot is due, and this is not the machine's own root"
    );
    notice!("rebooting in {} s", pause.as_secs());
    std::thread::sleep(pause);
    let asked = Command::new("/usr/bin/systemctl")
        .args(["--force", "--no-block", "reboot"])
        .status();
    match asked {
        Ok(status) if status.success() => std::thread::sleep(Duration::from_secs(30)),
        Ok(status) => error!("systemctl --force reboot: {status}"),
        Err(error) => error!("systemctl cannot be run: {error}"),
    }
    nix::unistd::sync();
    match reboot(RebootMode::RB_AUTOBOOT) {
        Err(error) => Err(error).context("reboot"),
    }
}

/// Only returns when RAUC could not be started.
fn rauc(machine: &Machine) -> anyhow::Error {
    let slot = match machine.booted() {
        Ok(booted) => booted.slot,
        Err(error) => return error.into(),
    };
    let error = Command::new("/usr/bin/rauc")
        .arg(format!("--override-boot-slot={}", slot.entry()))
        .args(["--mount=/run/rauc/mnt", "service"])
        .exec();
    anyhow::Error::new(error).context("/usr/bin/rauc")
}
