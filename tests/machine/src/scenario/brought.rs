// SPDX-License-Identifier: MIT OR Apache-2.0
//! A development image that has booted, and a program that no image holds, brought to it on a stick.

use std::fs;

use anyhow::Context;

use super::image::Flavour;
use super::stage::{BOOT, COMMAND, Stage};
use super::{Run, updating};
use crate::machine::Machine;
use crate::shell::Shell;
use crate::volume;

/// Where it then lies.
pub(super) const PROGRAM: &str = "/run/program/brought";
/// Room beside it.
const ROOM: u64 = 16 << 20;

/// The machine with the program on it, which lasts as long as this does.
pub(super) struct Booted {
    pub(super) shell: Shell,
    _machine: Machine,
    _stage: Stage,
}

/// Boots the development image until its system is confirmed, then [`bring`]s what lies at `path`.
pub(super) async fn boot_with(run: &mut Run, path: &str) -> anyhow::Result<Booted> {
    let mut stage = Stage::start(run, Flavour::Development).await?;
    let hardware = stage.hardware(run, "machine").await?;
    let mut machine = stage.boot(&mut run.report, &hardware).await?;
    let mut shell = stage.shell(&machine).await?;
    updating::wait_confirmed(&mut shell, BOOT).await?;
    bring(run, &mut machine, &mut shell, path).await?;
    Ok(Booted {
        shell,
        _machine: machine,
        _stage: stage,
    })
}

/// Plugs a stick with what cargo left at `path` below the repository, and mounts it: executable for
/// everybody, as [`PROGRAM`].
async fn bring(
    run: &Run,
    machine: &mut Machine,
    shell: &mut Shell,
    path: &str,
) -> anyhow::Result<()> {
    let program = run.tools.repository().join(path);
    let folder = run.directory.join("program");
    fs::create_dir_all(&folder)?;
    let missing = || format!("no {path}: cargo build --workspace --bins");
    fs::copy(&program, folder.join("brought")).with_context(missing)?;
    let stick = run.directory.join("program.raw");
    let bytes = fs::metadata(&program)?.len() + ROOM;
    volume::make(&run.tools, &stick, bytes.next_multiple_of(1 << 20), &folder).await?;
    machine.plug_stick(&stick).await?;
    let mount = "until test -b /dev/sda; do sleep 1; done; mkdir /run/program && \
                 mount -o ro,umask=022 -t vfat /dev/sda /run/program";
    shell.run(mount, COMMAND).await?;
    Ok(())
}
