// SPDX-License-Identifier: MIT OR Apache-2.0
//! `bench [N]`: figures of the whole machine, as rows of `make bench`.
//!
//! The peer of the start is the same image on the same machine that goes only as far as systemd's
//! `basic.target` and then switches itself off. It is told so by its board: SMBIOS strings carry
//! more kernel command line and two units. Both sides take turns.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use uketsuke_testkit::bench;

use super::image::Flavour;
use super::stage::{BOOT, COMMAND, Stage};
use super::{Run, updating};
use crate::hardware::Parts;
use crate::shell::Shell;

/// Seconds over which wake-ups are counted.
const WATCH: u64 = 60;

/// Units of the peer: the target, and the one that ends it at once. Not named `uketsuke-*`: those get
/// the sandbox of our daemons, which takes away the right to switch the machine off.
const BARE: [(&str, &str); 2] = [
    (
        "bare.target",
        "[Unit]\nRequires=basic.target bare.service\nAfter=basic.target\nAllowIsolate=yes\n",
    ),
    (
        "bare.service",
        "[Unit]\nAfter=basic.target\n[Service]\nType=oneshot\n\
         ExecStart=/usr/bin/systemctl --force --force poweroff\n",
    ),
];

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let count = run.count(3)?.max(1);
    sizes(run)?;
    let mut stage = Stage::start(run, Flavour::Development).await?;
    let ours = stage.hardware(run, "ours").await?;
    // The first boot makes the data partition; it is another matter.
    let machine = stage.boot(&mut run.report, &ours).await?;
    let mut shell = stage.shell(&machine).await?;
    updating::wait_confirmed(&mut shell, BOOT).await?;
    memory(&mut shell, &mut run.report).await?;
    idle(&mut shell, &mut run.report).await?;
    let ours = machine.cut().await?;
    let mut peer = ours.twin(&run.directory.join("peer"))?;
    peer.parts = Parts {
        strings: strings(),
        ..ours.parts.clone()
    };
    let (mut own, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let machine = stage.boot(&mut run.report, &ours).await?;
        own.push(machine.age().as_secs_f64());
        machine.cut().await?;
        let mut machine = stage.power_on(&peer).await?;
        let mark = machine.mark();
        machine.event(mark, &["SHUTDOWN"], BOOT).await?;
        bare.push(machine.age().as_secs_f64());
        machine.off(BOOT).await?;
        run.report.step("power on, bare target");
    }
    let (own, bare) = (middle(&mut own), middle(&mut bare));
    bench::row(&json!({
        "name": "boot.idle", "ours": round(own), "peer": round(bare),
        "peer_name": "the same image to systemd's basic.target",
        "ratio": round(own / bare), "unit": "s", "n": count, "goal": "<= 1.25",
        "note": "power-on to the idle screen, emulated (TCG), two processors, median; development flavour",
    }));
    run.report.figure("power-on to idle", format!("{own:.1} s"));
    run.report
        .figure("to a bare target", format!("{bare:.1} s"));
    Ok(())
}

fn strings() -> Vec<String> {
    let units = BARE.iter().map(|(name, text)| {
        let text = BASE64_STANDARD.encode(text);
        format!("io.systemd.credential.binary:systemd.extra-unit.{name}={text}")
    });
    let extra = "io.systemd.stub.kernel-cmdline-extra=systemd.unit=bare.target";
    units.chain([extra.to_owned()]).collect()
}

fn middle(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Processes of our own users, as `pid name`.
const OURS: &str = "for p in /proc/[0-9]*; do \
    case \"$(cat $p/comm 2>/dev/null)\" in uketsuke*) echo ${p#/proc/};; esac; done";

/// Resident memory of every daemon, and of all.
async fn memory(shell: &mut Shell, report: &mut crate::report::Report) -> anyhow::Result<()> {
    let command = format!("for p in $({OURS}); do grep -H ^VmRSS: /proc/$p/status; done");
    let said = shell.run(&command, COMMAND).await?;
    let kib: Vec<u64> = numbers(&said);
    anyhow::ensure!(kib.len() >= 5, "memory of {} daemons: {said}", kib.len());
    let mib = kib.iter().sum::<u64>() as f64 / 1024.0;
    bench::row(&json!({
        "name": "rss.image", "ours": round(mib), "peer": null,
        "peer_name": null, "ratio": null, "unit": "MiB", "n": kib.len(), "goal": "<= 120",
        "note": "sum of VmRSS at idle on the image, shared pages counted in each",
    }));
    report.figure("memory of daemons", format!("{mib:.1} MiB"));
    Ok(())
}

/// Wake-ups and processor time of our daemons at idle: how often a thread of theirs gave up the
/// processor of its own accord, and how many clock ticks they took.
async fn idle(shell: &mut Shell, report: &mut crate::report::Report) -> anyhow::Result<()> {
    let count = format!(
        "for p in $({OURS}); do cat /proc/$p/task/*/status; done | grep ^voluntary_ctxt_switches:; \
         for p in $({OURS}); do cut -d' ' -f14,15 /proc/$p/stat; done | tr ' ' '\\n' | sed s/^/ticks:/"
    );
    let before = shell.run(&count, COMMAND).await?;
    let wait = Duration::from_secs(WATCH) + COMMAND;
    shell.run(&format!("sleep {WATCH}"), wait).await?;
    let after = shell.run(&count, COMMAND).await?;
    let sum = |text: &str, of: &str| {
        let lines: Vec<_> = text.lines().filter(|line| line.starts_with(of)).collect();
        numbers(&lines.join("\n")).iter().sum::<u64>()
    };
    let per_second = |of: &str| {
        let (before, after) = (sum(&before, of), sum(&after, of));
        anyhow::ensure!(after > 0, "no daemon was found: {of}");
        anyhow::Ok(after.saturating_sub(before) as f64 / WATCH as f64)
    };
    let rate = per_second("voluntary_ctxt_switches:")?;
    bench::row(&json!({
        "name": "idle.wakeups", "ours": round(rate), "peer": null, "peer_name": null,
        "ratio": null, "unit": "1/s", "n": 1, "goal": "<= 5",
        "note": "voluntary context switches of every thread of all daemons over a minute",
    }));
    report.figure("wake-ups", format!("{rate:.1} /s"));
    // A tick is a hundredth of a second: USER_HZ of every architecture here.
    let share = per_second("ticks:")?;
    bench::row(&json!({
        "name": "idle.cpu_emulated", "ours": round(share), "peer": null, "peer_name": null,
        "ratio": null, "unit": "%", "n": 1, "goal": null,
        "note": "of one emulated processor; idle.cpu is measured on a real one",
    }));
    report.figure("processor", format!("{share:.2} %"));
    Ok(())
}

/// Sizes of what is shipped.
fn sizes(run: &mut Run) -> anyhow::Result<()> {
    let directory = run.tools.repository().join("target/image/release");
    let mib = |name: &str| {
        let path = directory.join(name);
        let size = std::fs::metadata(&path)
            .with_context(|| format!("cannot measure {}: make image", path.display()))?
            .len();
        anyhow::Ok(size as f64 / f64::from(1 << 20))
    };
    let image = mib("root.erofs")? + mib("root.verity")? + mib("uki.efi")?;
    let bundle = mib(&bundle_of(&directory)?)?;
    for (name, ours, goal, note) in [
        (
            "image.size",
            image,
            256,
            "root, its hashes and the kernel image of one slot, release",
        ),
        (
            "bundle.size",
            bundle,
            128,
            "what a whole update fetches at most, release",
        ),
    ] {
        bench::row(&json!({
            "name": name, "ours": round(ours), "peer": null, "peer_name": null, "ratio": null,
            "unit": "MiB", "n": 1, "goal": format!("<= {goal}"), "note": note,
        }));
        run.report.figure(name, format!("{ours:.1} MiB"));
    }
    Ok(())
}

fn bundle_of(directory: &Path) -> anyhow::Result<String> {
    let mut names = std::fs::read_dir(directory)?.filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.ends_with(".raucb").then_some(name)
    });
    names.next().context("no release bundle: make image")
}

/// The first number after the last colon of every line.
fn numbers(text: &str) -> Vec<u64> {
    let number = |line: &str| {
        let (_, value) = line.rsplit_once(':')?;
        value.split_whitespace().next()?.parse().ok()
    };
    text.lines().filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_lines_of_proc() {
        let text = "/proc/12/status:VmRSS:\t    3804 kB\nvoluntary_ctxt_switches:\t17\nnothing\n";
        assert_eq!(numbers(text), [3804, 17]);
    }

    #[test]
    fn the_peer_is_told_by_its_board() {
        let strings = strings();
        assert_eq!(strings.len(), 3);
        assert!(strings[0].starts_with("io.systemd.credential.binary:systemd.extra-unit."));
        assert!(strings.iter().all(|string| !string.contains('\n')));
    }
}
