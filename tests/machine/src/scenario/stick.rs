// SPDX-License-Identifier: MIT OR Apache-2.0
//! `stick [BUNDLE]`: a field engineer's stick with a grant and a bundle is plugged in; the reader
//! installs it, says so on the stick, and runs it after its activation. Before that, the same stick
//! with a grant for another box changes nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use uketsuke_provision::grant::{self, Act};

use super::image::{Flavour, bundle};
use super::stage::{BOOT, COMMAND, Stage};
use super::updating::INSTALL;
use super::{Run, check_in, limits, update, updating};
use crate::machine::Machine;
use crate::shell::Shell;
use crate::volume;

/// Room on the stick beside the bundle.
const ROOM: u64 = 64 << 20;
/// Id of a box that is not this one.
const OTHER_BOX: &str = "00000000000000000000000000000001";
/// Pause between two looks for the reader's answer.
const ASK: Duration = Duration::from_secs(3);

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let name = run.arguments.first().map_or("good", String::as_str);
    let name = name.to_owned();
    run.parts.strings = limits::patience();
    let mut stage = Stage::start(run, Flavour::Development).await?;
    stage.image.bundle_size(&name)?;
    let hardware = stage.hardware(run, "machine").await?;
    let mut machine = stage.boot(&mut run.report, &hardware).await?;
    let mut shell = stage.shell(&machine).await?;
    updating::wait_confirmed(&mut shell, BOOT).await?;
    let device = shell.run("uketsukectl provision --device", COMMAND).await?;

    let before = updating::text(&mut shell, "State").await?;
    let stranger = stick(run, &stage, &name, OTHER_BOX).await?;
    let said = visit(run, &mut shell, &mut machine, &stranger).await?;
    let refused = format!("refused: service.grant: made for the box {OTHER_BOX}");
    anyhow::ensure!(said.contains(&refused), "the stick says: {said}");
    let state = updating::text(&mut shell, "State").await?;
    anyhow::ensure!(
        state == before,
        "state {before}, and {state} after another box's stick"
    );
    run.report.step("another box's grant: refused");

    let own = stick(run, &stage, &name, device.trim()).await?;
    let began = Instant::now();
    let said = visit(run, &mut shell, &mut machine, &own).await?;
    anyhow::ensure!(said.contains(": installed "), "the stick says: {said}");
    let state = updating::text(&mut shell, "State").await?;
    anyhow::ensure!(state == "installed", "state {state} after the stick");
    let seconds = began.elapsed().as_secs_f64();
    run.report.step("installed from the stick");
    run.report
        .figure("plugged in to installed", format!("{seconds:.1} s"));
    drop(shell);
    let idle = stage.glass.idle();
    stage.expect(&mut machine, &idle, BOOT).await?;
    let seconds = update::switched(&mut stage, &mut machine, &mut run.report).await?;
    run.report
        .figure("activation to idle", format!("{seconds:.1} s"));
    check_in::visit(&mut stage, &mut machine, &mut run.report, 1).await
}

/// Makes a stick with a bundle and a grant for the box.
async fn stick(run: &Run, stage: &Stage, name: &str, device: &str) -> anyhow::Result<PathBuf> {
    let key = run.tools.repository().join("target/image/keys/service.key");
    let key = fs::read(&key).with_context(|| format!("cannot read {}", key.display()))?;
    let from = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let grant = grant::make(
        &key,
        grant::Wish {
            device: device.to_owned(),
            from: i64::try_from(from)?,
            hours: 1,
            allow: [Act::Update].into(),
            set: None,
        },
    )?;
    let folder = run.directory.join("stick");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let inner = folder.join("uketsuke");
    fs::create_dir_all(&inner)?;
    fs::write(inner.join("service.grant"), grant)?;
    let from = stage.image.bundles.join(bundle(name));
    fs::hard_link(&from, inner.join(bundle(name))).context("cannot take the bundle")?;
    let path = run.directory.join("stick.raw");
    let bytes = fs::metadata(&from)?.len() + ROOM;
    // Whole tracks of any geometry a tool may assume.
    volume::make(&run.tools, &path, bytes.next_multiple_of(1 << 20), &folder).await?;
    Ok(path)
}

/// Plugs it in, waits until the reader is done with it, and pulls it out; returns what the reader
/// wrote to it, as it does for every grant of the maker's, also a refused one.
async fn visit(
    run: &Run,
    shell: &mut Shell,
    machine: &mut Machine,
    stick: &Path,
) -> anyhow::Result<String> {
    let before = ended(shell).await?;
    machine.plug_stick(stick).await?;
    let end = Instant::now() + INSTALL;
    while ended(shell).await? == before {
        anyhow::ensure!(
            Instant::now() < end,
            "the reader is not done with the stick"
        );
        tokio::time::sleep(ASK).await;
    }
    machine.pull_stick(COMMAND).await?;
    match volume::text(&run.tools, stick, "uketsuke/result.txt").await {
        Ok(said) => Ok(said),
        Err(error) => {
            let journal = "journalctl --no-pager -u 'uketsuke-stick@*'";
            let journal = shell.run(journal, COMMAND).await?;
            Err(error).context(format!(
                "the stick has no result; its units say:\n{journal}"
            ))
        }
    }
}

/// How many visits of sticks have ended, well or not.
async fn ended(shell: &mut Shell) -> anyhow::Result<u32> {
    // What journalctl says of units that were never there is no count.
    let count = "journalctl -o cat -u 'uketsuke-stick@*' 2>/dev/null | \
                 grep -c -E '^(Finished|Failed)'; true";
    let said = shell.run(count, COMMAND).await?;
    let number = said.trim().parse();
    number.with_context(|| format!("counting the visits of sticks, the shell said {said:?}"))
}
