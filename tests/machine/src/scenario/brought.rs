// SPDX-License-Identifier: MIT OR Apache-2.0
//! A program that no image holds, brought on a stick.

use std::fs;

use anyhow::Context;

use super::Run;
use super::stage::COMMAND;
use crate::machine::Machine;
use crate::shell::Shell;
use crate::volume;

/// Where it then lies.
pub(super) const PROGRAM: &str = "/run/program/brought";
/// Room beside it.
const ROOM: u64 = 16 << 20;

/// Plugs a stick with what cargo left at `path` below the repository, and mounts it: executable for
/// everybody, as [`PROGRAM`].
pub(super) async fn bring(
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
