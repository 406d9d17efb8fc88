// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsukectl boot-ok` and `uketsukectl slot`: whether the slot that runs may stay (OTA-08).
//!
//! `uketsuke-boot-ok.service` runs [`command`] once each boot. When every required check has been
//! ok over the hold, it calls `Update1.Confirm`; when the limit comes first, it writes the verdict
//! and fails, and `uketsuke-fall-back.service` restarts the machine.
//!
//! The rule of the restart: **a slot is left only where a restart leads elsewhere.** The firmware
//! alone decides that, so it alone is asked: the slot that runs is confirmed if, and only if, it is
//! the first active entry of `BootOrder`. What `Update1` says does not count, because the broken
//! daemon may be the update daemon itself, and because a restart that comes back here would be a
//! loop whatever it says. `uketsuke-slot.service` runs [`slot`] early and leaves a mark in /run
//! unless the slot is on trial; `uketsuke-fall-back.service` does nothing where the mark is.
//!
//! | firmware's first choice | `uketsukectl slot` | boot check fails, hangs or never starts |
//! | --- | --- | --- |
//! | another slot | no mark | restart, into that slot |
//! | this slot | mark | verdict and report, no restart |
//! | not to be told | mark | verdict and report: nothing proves that a restart helps |
//! | `uketsukectl` cannot run at all | no mark | restart: a program that was confirmed does run |

mod gate;
mod record;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use nix::time::{ClockId, clock_gettime};

use crate::check::{self, Place, Verdict};
use crate::firmware::{Firmware, Standing};
use gate::{Gate, Step};
use uketsuke_bus::update1::{Update1Proxy, VERDICT_FORMAT};

/// How long the update daemon may take: the installer writes the firmware's variables.
const CONFIRM: Duration = Duration::from_secs(30);

/// How a boot is judged.
#[derive(Args, Clone, Debug)]
pub struct Judgement {
    /// Seconds for which every required check must stay ok.
    #[arg(long, default_value_t = 120)]
    hold: u64,
    /// Seconds after which the slot is given up.
    #[arg(long, default_value_t = 300)]
    limit: u64,
    /// Counts the limit of a slot on trial from the machine's start, and not from this call: the timer
    /// that ends a trial nobody judged counts from there too, and on a slow machine it must not come
    /// first. Any other slot has all its time: a first start may take minutes to make its data
    /// partition.
    #[arg(long)]
    since_start: bool,
    /// Seconds between two rounds of checks.
    #[arg(long, default_value_t = 2)]
    every: u64,
    /// Left behind once the slot is confirmed: from then on nothing restarts the machine.
    #[arg(long, default_value = "/run/uketsuke-slot/keep")]
    mark: PathBuf,
}

/// `uketsukectl slot`: says how the slot stands, and leaves `mark` unless it is on trial. Exit
/// code 0 confirmed, 1 on trial, 3 not to be told.
pub fn slot(mark: Option<&Path>) -> ExitCode {
    let firmware = Firmware::below(Path::new("/"));
    let standing = firmware.standing();
    let booted = match firmware.booted() {
        Ok(booted) => booted,
        Err(error) => format!("not to be told ({error})"),
    };
    println!(
        "started from {booted}; {}",
        match standing {
            Standing::Confirmed => "confirmed: a restart comes back here",
            Standing::Trial => "on trial: a restart leads to the other slot",
            Standing::Unknown => "the firmware does not say what it starts by itself",
        }
    );
    if let (Some(mark), true) = (mark, standing != Standing::Trial) {
        if let Err(error) = std::fs::write(mark, "") {
            eprintln!("uketsukectl: {}: {error}", mark.display());
            return ExitCode::from(2);
        }
        // Marked: whoever started this has what it wanted.
        return ExitCode::SUCCESS;
    }
    match standing {
        Standing::Confirmed => ExitCode::SUCCESS,
        // With a mark asked for, none is the right outcome of a trial.
        Standing::Trial if mark.is_some() => ExitCode::SUCCESS,
        Standing::Trial => ExitCode::FAILURE,
        Standing::Unknown => ExitCode::from(3),
    }
}

/// `uketsukectl boot-ok`. Exit code 0 the slot is good; 1 it is not, the verdict says why.
pub fn command(judgement: &Judgement) -> ExitCode {
    let runtime = match crate::runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("uketsukectl: {error:#}");
            return ExitCode::from(2);
        }
    };
    let judged = runtime.block_on(judge(&Place::default(), judgement));
    // A check that hangs in the kernel must not hold the verdict back.
    runtime.shutdown_background();
    match judged {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("uketsukectl: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Judges this boot; true when the slot is good and, where it was on trial, confirmed.
async fn judge(place: &Place, judgement: &Judgement) -> anyhow::Result<bool> {
    let seconds = Duration::from_secs;
    let begun = Instant::now();
    let trial = || Firmware::below(Path::new("/")).standing() == Standing::Trial;
    let since = match judgement.since_start && trial() {
        true => uptime().context("how long the machine has been running")?,
        false => Duration::ZERO,
    };
    let limit = seconds(judgement.limit).saturating_sub(since);
    let passed = record::passed(&place.scratch);
    let mut gate = Gate::new(&passed, seconds(judgement.hold), limit, begun);
    let required: Vec<&str> = gate.required().iter().copied().collect();
    println!("asked for: {}", required.join(", "));
    let (report, failed) = loop {
        let report = check::run(place, &check::boot_set()).await;
        match gate.step(&report.checks, Instant::now()) {
            Step::Wait => tokio::time::sleep(seconds(judgement.every)).await,
            Step::Good => match confirm(begun + limit).await {
                Ok(()) => break (report, Vec::new()),
                Err(why) => break (report, vec![("update".to_owned(), why)]),
            },
            Step::Over(names) => {
                let found = |name| (name, String::new());
                let mut failed: Vec<_> = names.into_iter().map(found).collect();
                for (name, what) in &mut failed {
                    let finding = report.checks.iter().find(|c| c.name == *name);
                    *what = finding.map_or("not steady over the hold".into(), |c| c.what.clone());
                }
                break (report, failed);
            }
        }
    };
    let version = image_version(&place.root);
    let good = failed.is_empty();
    for (name, what) in &failed {
        eprintln!("not good: {name}: {what}");
    }
    if good {
        println!("good: version {version}");
        std::fs::write(&judgement.mark, "")
            .with_context(|| format!("cannot write {}", judgement.mark.display()))?;
        let ok = report.checks.iter().filter(|c| c.verdict == Verdict::Ok);
        let ok: BTreeSet<String> = ok.map(|c| c.name.to_owned()).collect();
        record::keep_passed(&place.scratch, version.clone(), ok)
            .context("cannot keep what passed")?;
    }
    let reasons = failed.iter().map(|(name, what)| format!("{name}: {what}"));
    let verdict = uketsuke_bus::update1::Verdict {
        format: VERDICT_FORMAT,
        version,
        slot: check::booted_slot(&place.root).unwrap_or_default(),
        good,
        reason: reasons.collect::<Vec<_>>().join("; "),
    };
    // A data partition that cannot be written is one of the reasons for a bad verdict: said, and no
    // reason to stay.
    if let Err(error) = record::keep_verdict(&place.scratch, &verdict) {
        eprintln!("uketsukectl: cannot keep the verdict: {error}");
    }
    Ok(good)
}

/// Has the slot confirmed, unless it is already; tried until `end`, and then why not.
async fn confirm(end: Instant) -> Result<(), String> {
    loop {
        let asked = async {
            let bus = zbus::Connection::system().await?;
            let update = Update1Proxy::new(&bus).await?;
            if !update.confirmed().await? {
                update.confirm().await?;
            }
            anyhow::Ok(())
        };
        let why = match tokio::time::timeout(CONFIRM, asked).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => "no answer".to_owned(),
        };
        if Instant::now() >= end {
            let standing = Firmware::below(Path::new("/")).standing();
            // A slot that is the firmware's first choice needs nobody's word.
            return match standing {
                Standing::Confirmed => Ok(()),
                _ => Err(format!("cannot be confirmed: {why}")),
            };
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Time since the kernel started. Of the clock, because this unit sees no /proc but its own.
fn uptime() -> anyhow::Result<Duration> {
    let clock = clock_gettime(ClockId::CLOCK_BOOTTIME)?;
    Ok(clock.into())
}

/// `IMAGE_VERSION` of os-release(5); of our programs where there is no image.
fn image_version(root: &Path) -> String {
    let text = std::fs::read_to_string(root.join("usr/lib/os-release")).unwrap_or_default();
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("IMAGE_VERSION="));
    version.map_or_else(
        || env!("CARGO_PKG_VERSION").to_owned(),
        |version| version.trim_matches('"').to_owned(),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_uptime_is_the_kernels() {
        let told = std::fs::read_to_string("/proc/uptime").unwrap();
        let told: f64 = told.split(' ').next().unwrap().parse().unwrap();
        let ours = uptime().unwrap().as_secs_f64();
        assert!(
            (told - 0.02..told + 60.0).contains(&ours),
            "{told} and {ours}"
        );
    }

    #[test]
    fn the_version_is_the_images() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(image_version(root.path()), env!("CARGO_PKG_VERSION"));
        std::fs::create_dir_all(root.path().join("usr/lib")).unwrap();
        let text = "ID=debian\nIMAGE_VERSION=\"1.4.2\"\n";
        std::fs::write(root.path().join("usr/lib/os-release"), text).unwrap();
        assert_eq!(image_version(root.path()), "1.4.2");
    }
}
