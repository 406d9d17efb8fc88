// SPDX-License-Identifier: MIT OR Apache-2.0
//! `refused [N]`: bundles that must not be installed, each with the error that names why and nothing
//! changed; RAUC's loosening arguments, which nobody gets past the door; and N (1000) bytes of a good
//! bundle altered at random, each of which must be noticed where it is read.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::image::{Flavour, bundle};
use super::stage::{BOOT, COMMAND, Stage};
use super::{Run, updating};
use crate::altered::{self, Layout, Noticed, alter};
use crate::bundles::Fault;
use crate::disk::{self, BLOCK};
use crate::machine::Machine;
use crate::outside::Outside;
use crate::shell::Shell;
use crate::tools::ToolsError;

/// What image/refused makes, and the error of each.
const REFUSED: [(&str, &str); 10] = [
    ("other-ca", "WrongSignature"),
    ("expired", "CertificateExpired"),
    ("early", "CertificateNotYetValid"),
    ("downgrade", "Downgrade"),
    ("same-version", "SameVersion"),
    ("other-board", "WrongCompatible"),
    ("plain", "WrongFormat"),
    ("hook", "WrongFormat"),
    ("incomplete", "WrongFormat"),
    ("truncated", "BadBundle"),
];
/// The bundle that is altered.
const GOOD: &str = "good";
/// The stick as the machine names it, whose other disks are virtio's, and the verified device made
/// of it.
const STICK: &str = "/dev/sda";
const OPENED: &str = "altered";
/// Blocks asked for in one line: a terminal takes 4,095 characters.
const AT_ONCE: usize = 100;
/// Longest wait for one such line.
const READ: Duration = Duration::from_secs(600);

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let count = run.count(1000)?;
    let mut stage = Stage::start(run, Flavour::Development).await?;
    stage.image.bundle_size(GOOD)?;
    for (name, _) in REFUSED {
        let path = stage.image.bundles.join(refused(name));
        anyhow::ensure!(
            path.is_file(),
            "no {}; make it with: image/refused development",
            path.display()
        );
    }
    let hardware = stage.hardware(run, "machine").await?;
    let mut machine = stage.boot(&mut run.report, &hardware).await?;
    let mut shell = stage.shell(&machine).await?;
    updating::wait_confirmed(&mut shell, BOOT).await?;
    let before = everything(&mut shell).await?;
    for (name, error) in REFUSED {
        attempt(&mut shell, &refused(name), error).await?;
        run.report.step(format!("{name}: {error}"));
    }
    run.report
        .figure("bundles refused", REFUSED.len().to_string());
    let doors = loosened(&mut shell).await?;
    run.report
        .figure("loosening calls refused", doors.to_string());
    let after = everything(&mut shell).await?;
    anyhow::ensure!(before == after, "changed: before {before}, after {after}");
    run.report
        .step("slots, state and firmware entries as before");

    let path = stage.image.bundles.join(bundle(GOOD));
    let layout = Layout::of(&run.tools, &path).await?;
    bytes(run, &mut machine, &mut shell, &path, &layout, count).await?;
    on_the_way(run, &stage, &mut shell, &layout).await?;
    let idle = stage.glass.idle();
    stage.expect(&mut machine, &idle, BOOT).await
}

fn refused(name: &str) -> String {
    bundle(&format!("refused-{name}"))
}

/// What a refused bundle must leave alone: the other slot's first 4 MiB, how updates stand, and
/// what the firmware would start.
async fn everything(shell: &mut Shell) -> anyhow::Result<String> {
    let slots =
        "for p in efi-b root-b verity-b; do head -c 4M /dev/disk/by-partlabel/$p | sha256sum; done";
    let slots = shell.run(slots, COMMAND).await?;
    let firmware = shell.run("efibootmgr", COMMAND).await?;
    let (state, slot) = (
        updating::text(shell, "State").await?,
        updating::text(shell, "Slot").await?,
    );
    Ok(format!("{slots}{firmware}{state} {slot}"))
}

/// Orders a bundle that must be refused with `error`.
async fn attempt(shell: &mut Shell, file: &str, error: &str) -> anyhow::Result<()> {
    updating::install(shell, &Outside::url(file)).await?;
    let end = Instant::now() + updating::INSTALL;
    loop {
        let state = updating::text(shell, "State").await?;
        if !["checking", "installing"].contains(&state.as_str()) {
            let said = updating::text(shell, "LastError").await?;
            anyhow::ensure!(
                state != "installed" && said == error,
                "{file}: state {state}, error {said:?}, and not {error}"
            );
            return Ok(());
        }
        anyhow::ensure!(Instant::now() < end, "{file}: still {state}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Root itself asks RAUC past the door, with every argument that loosens a check; returns how many
/// ways were refused.
async fn loosened(shell: &mut Shell) -> anyhow::Result<usize> {
    let url = Outside::url(&refused("downgrade"));
    let installer = "de.pengutronix.rauc / de.pengutronix.rauc.Installer";
    let door = "jp.uketsuke.Update1 /jp/uketsuke/Update1 jp.uketsuke.Update1";
    let calls = [
        format!("busctl call {installer} Install s '{url}'"),
        format!(
            "busctl call {installer} InstallBundle 'sa{{sv}}' '{url}' 1 ignore-compatible b true"
        ),
        format!(
            "busctl call {installer} InstallBundle 'sa{{sv}}' '{url}' 1 ignore-version-limit b true"
        ),
        format!("busctl call {installer} InstallBundle 'sa{{sv}}' '{url}' 1 tls-no-verify b true"),
        format!("busctl call {installer} Mark ss active other"),
        format!("rauc install --ignore-compatible '{url}'"),
        "rauc status mark-active other".to_owned(),
        format!("busctl call {door} Install ss '{url}' ignore-compatible"),
        format!("busctl call {door} Install 'sa{{sv}}' '{url}' 1 ignore-compatible b true"),
    ];
    for call in &calls {
        let (status, said) = shell.status(call, COMMAND).await?;
        anyhow::ensure!(status != 0, "{call} was let through: {said}");
        let why = ["Access denied", "not authorized", "Signature mismatch"];
        anyhow::ensure!(
            why.iter().any(|why| said.contains(why)),
            "{call} failed, but was it refused? {said}"
        );
    }
    Ok(calls.len())
}

/// Alters `count` random bytes. RAUC is asked about each that is in the signature, and has to refuse,
/// or to tell of the very same bundle; the machine's own dm-verity is asked about all others, as it
/// is when a bundle is installed.
async fn bytes(
    run: &mut Run,
    machine: &mut Machine,
    shell: &mut Shell,
    good: &Path,
    layout: &Layout,
    count: u32,
) -> anyhow::Result<()> {
    let (mut data, mut tree, mut signature) = (Vec::new(), Vec::new(), Vec::new());
    let file = run.directory.join("altered.raucb");
    for _ in 0..count {
        let (byte, mask) = (run.chance.u64(..layout.size), run.chance.u8(1..));
        match layout.noticed(byte) {
            Noticed::Data(block) => data.push((byte, mask, block)),
            Noticed::Tree(block) => tree.push((byte, mask, block)),
            Noticed::Signature => signature.push((byte, mask)),
        }
    }
    // Few of the random bytes, and the ones that all others hang on.
    let head = layout.signature();
    for _ in 0..count / 10 {
        signature.push((run.chance.u64(head..layout.size), run.chance.u8(1..)));
    }
    disk::copy(good, &file)?;
    let told = altered::info(&run.tools, good).await?;
    let mut idle = 0;
    for (byte, mask) in &signature {
        alter(&file, *byte, *mask)?;
        match altered::info(&run.tools, &file).await {
            Err(ToolsError::Failed { .. }) => {}
            Err(error) => return Err(error.into()),
            // Such as the type of the content, which the format (RFC 5652) has twice.
            Ok(same) if same == told => idle += 1,
            Ok(other) => {
                anyhow::bail!("byte {byte} of the signature is wrong, and RAUC tells {other}")
            }
        }
        alter(&file, *byte, *mask)?;
    }
    run.report.step(format!(
        "{} bytes of the signature, {idle} of them without any meaning",
        signature.len()
    ));
    // A wrong block of the tree would hide whether the data below it were noticed.
    for (what, bytes) in [("file system", &data), ("hash tree", &tree)] {
        disk::copy(good, &file)?;
        for (byte, mask, _) in bytes {
            alter(&file, *byte, *mask)?;
        }
        machine.plug_stick(&file).await?;
        let wrong: Vec<u64> = bytes.iter().map(|(_, _, block)| *block).collect();
        let sound = sound(run, layout, &wrong);
        open(shell, layout).await?;
        let read = readable(shell, &wrong).await?;
        anyhow::ensure!(read.is_empty(), "altered blocks were read: {read:?}");
        if what == "file system" {
            let read = readable(shell, &sound).await?;
            anyhow::ensure!(read == sound, "of the good blocks {sound:?} only {read:?}");
        }
        let close = format!("/usr/lib/systemd/systemd-veritysetup detach {OPENED}");
        shell.run(&close, COMMAND).await?;
        machine.pull_stick(COMMAND).await?;
        run.report
            .step(format!("{} bytes of the {what}", wrong.len()));
    }
    let all = data.len() + tree.len() + signature.len() - idle;
    run.report.figure("altered bytes noticed", all.to_string());
    run.report
        .figure("altered bytes without meaning", idle.to_string());
    fs::remove_file(&file).context("cannot remove the altered bundle")
}

/// Some blocks that are not wrong.
fn sound(run: &mut Run, layout: &Layout, wrong: &[u64]) -> Vec<u64> {
    let mut sound = Vec::new();
    while sound.len() < 20 {
        let block = run.chance.u64(..layout.blocks());
        if !wrong.contains(&block) {
            sound.push(block);
        }
    }
    sound
}

/// Opens the stick as an update's bundle is opened.
async fn open(shell: &mut Shell, layout: &Layout) -> anyhow::Result<()> {
    let attach = format!(
        "for i in $(seq 60); do [ -b {STICK} ] && break; sleep 1; done; \
         /usr/lib/systemd/systemd-veritysetup attach {OPENED} {}",
        layout.attachment(STICK)
    );
    shell.run(&attach, COMMAND).await?;
    Ok(())
}

/// Which of these blocks the machine can read.
async fn readable(shell: &mut Shell, blocks: &[u64]) -> anyhow::Result<Vec<u64>> {
    let mut read = Vec::new();
    for blocks in blocks.chunks(AT_ONCE) {
        let list: Vec<_> = blocks.iter().map(u64::to_string).collect();
        let command = format!(
            "for b in {}; do dd if=/dev/mapper/{OPENED} of=/dev/null bs={BLOCK} count=1 skip=$b iflag=direct 2> /dev/null && echo $b; done; true",
            list.join(" ")
        );
        for line in shell.run(&command, READ).await?.lines() {
            read.push(line.trim().parse().context("the number of a block")?);
        }
    }
    Ok(read)
}

/// The server alters a byte on the way: of what is signed, and of what every install reads.
async fn on_the_way(
    run: &mut Run,
    stage: &Stage,
    shell: &mut Shell,
    layout: &Layout,
) -> anyhow::Result<()> {
    let manifest = layout.signature() + 200;
    for (what, byte, error) in [
        ("signed manifest", manifest, "WrongSignature"),
        ("superblock", 0, "BadBundle"),
    ] {
        stage.outside.bundles.set_fault(Fault::Flip(byte));
        attempt(shell, &bundle(GOOD), error).await?;
        run.report
            .step(format!("{what} altered on the way: {error}"));
    }
    stage.outside.bundles.set_fault(Fault::None);
    Ok(())
}
