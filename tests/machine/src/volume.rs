// SPDX-License-Identifier: MIT OR Apache-2.0
//! FAT volumes as a computer makes them: the stick, and the partition `provision` on a disk.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::disk::{DiskError, failed};
use crate::tools::Tools;

/// Size of the partition `provision`, in bytes.
const PROVISION: u64 = 48 << 20;

/// Makes `volume`, so many bytes large, with everything in `folder`.
///
/// # Errors
/// [`DiskError`].
pub async fn make(
    tools: &Tools,
    volume: &Path,
    bytes: u64,
    folder: &Path,
) -> Result<(), DiskError> {
    // What an earlier one held must not shine through.
    remove(volume)?;
    let empty = File::create(volume).map_err(failed("make", volume))?;
    empty.set_len(bytes).map_err(failed("lengthen", volume))?;
    let inside = tools.inside(volume)?;
    tools.run("mkfs.vfat", [inside.as_os_str()]).await?;
    let mut copy: Vec<OsString> = vec!["-s".into(), "-i".into(), inside.into()];
    for entry in fs::read_dir(folder).map_err(failed("list", folder))? {
        let entry = entry.map_err(failed("list", folder))?;
        copy.push(tools.inside(&entry.path())?.into());
    }
    copy.push("::/".into());
    tools.run("mcopy", copy).await?;
    Ok(())
}

/// A text file of a volume.
///
/// # Errors
/// [`DiskError`], also when there is no such file.
pub async fn text(tools: &Tools, volume: &Path, file: &str) -> Result<String, DiskError> {
    let inside = tools.inside(volume)?;
    let file = format!("::/{file}");
    let arguments = [
        "-i".as_ref(),
        inside.as_os_str(),
        file.as_ref(),
        "-".as_ref(),
    ];
    Ok(tools.run("mcopy", arguments).await?)
}

/// Makes `disk`: one FAT partition labelled `provision` with everything in `folder`.
///
/// The volume is made apart: repart's own would be FAT32 whatever the size, which below 65,525
/// clusters no standard allows.
///
/// # Errors
/// [`DiskError`].
pub async fn provision(tools: &Tools, folder: &Path, disk: &Path) -> Result<(), DiskError> {
    let volume = disk.with_extension("fat");
    make(tools, &volume, PROVISION, folder).await?;
    let definitions = disk.with_extension("repart.d");
    let text = format!(
        "[Partition]\nType=linux-generic\nLabel=provision\nSizeMinBytes={PROVISION}\n\
         SizeMaxBytes={PROVISION}\nCopyBlocks={}\n",
        tools.inside(&volume)?.display()
    );
    fs::create_dir_all(&definitions).map_err(failed("make", &definitions))?;
    let file = definitions.join("10-provision.conf");
    fs::write(&file, text).map_err(failed("write", &file))?;
    remove(disk)?;
    let definitions = format!("--definitions={}", tools.inside(&definitions)?.display());
    let disk = tools.inside(disk)?;
    let arguments = [
        "--empty=create".as_ref(),
        "--size=64M".as_ref(),
        "--dry-run=no".as_ref(),
        "--offline=yes".as_ref(),
        "--seed=random".as_ref(),
        definitions.as_ref(),
        disk.as_os_str(),
    ];
    tools.run("systemd-repart", arguments).await?;
    Ok(())
}

fn remove(path: &Path) -> Result<(), DiskError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}
