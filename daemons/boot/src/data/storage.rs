// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real disk behind [`Storage`]: systemd-repart, systemd-cryptsetup, e2fsck and a trial mount.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};

use super::prepare::{Cause, Failure, Form, Make, Storage, Usable};
use super::probe::{self, Content, Seal};
use super::{room, tools, wipe};
use crate::disk::Partition;
use crate::machine::{Machine, MachineError};
use crate::report::{chain, notice, warning};
use crate::slot::Role;

/// Definitions of the data partition, one folder per form.
const DEFINITIONS: &str = "/usr/lib/systemd/repart";
/// Where systemd-stub's files of the UKI end up.
const PUBLIC_KEY: &str = "/run/systemd/tpm2-pcr-public-key.pem";
/// The unlocked device.
pub const MAPPED: &str = "/dev/mapper/data";
/// Where the file system is tried before it is mounted for everybody.
const TRIAL: &str = "/run/uketsuke/trial";
/// What [`MsFlags`] does not know, as in `data.mount`.
const OPTIONS: &str = "usrquota";

const UNLOCK_TRIES: u32 = 3;
const UNLOCK_LIMIT: Duration = Duration::from_secs(60);
/// Replaying a journal takes a second; a whole check of a large disk takes minutes.
const CHECK_LIMIT: Duration = Duration::from_secs(300);
const MAKE_LIMIT: Duration = Duration::from_secs(300);

/// The data partition of the booted disk.
pub struct DataDisk<'a> {
    machine: &'a Machine,
    /// Kernel name of the disk.
    disk: String,
    /// Why it was made (anew) on this start; written onto it once it can be mounted.
    causes: Vec<Cause>,
}

impl<'a> DataDisk<'a> {
    /// The data partition of `disk`.
    #[must_use]
    pub fn new(machine: &'a Machine, disk: &str) -> DataDisk<'a> {
        DataDisk {
            machine,
            disk: disk.to_owned(),
            causes: Vec::new(),
        }
    }

    /// The partition and its device node, if there is one.
    pub fn partition(&self) -> Result<Option<(Partition, PathBuf)>, MachineError> {
        let disk = self.machine.read_disk(&self.disk)?;
        let Some(part) = disk.part(Role::Data) else {
            return Ok(None);
        };
        let node = self.machine.node(&self.disk, part)?;
        Ok(Some((part.clone(), node)))
    }

    fn device(&self, node: &Path, content: Content) -> Result<(PathBuf, Form), Failure> {
        match content {
            Content::Reset => Err(Failure::Remake(Cause::Reset)),
            Content::Unknown => Err(Failure::Remake(Cause::Garbage)),
            Content::Ext4 => Ok((node.to_owned(), Form::Plain)),
            Content::Luks(seal) => {
                let mapped = unlock(self.machine, node)?;
                let form = match seal {
                    Seal::Signed => Form::Sealed,
                    Seal::Pcrs | Seal::Unknown => Form::SealedWeakly,
                };
                Ok((mapped, form))
            }
        }
    }
}

impl Storage for DataDisk<'_> {
    fn has_tpm(&self) -> bool {
        let version = self.machine.path("/sys/class/tpm/tpm0/tpm_version_major");
        let version = fs::read_to_string(version).unwrap_or_default();
        version.trim() == "2" && self.machine.path("/dev/tpmrm0").exists()
    }

    fn open(&mut self) -> Result<Usable, Failure> {
        let leave = |error: &dyn std::error::Error| Failure::Leave(chain(error));
        let found = self.partition().map_err(|error| leave(&error))?;
        let Some((_, node)) = found else {
            return Err(Failure::Remake(Cause::Missing));
        };
        let content = probe::probe(&node).map_err(|error| {
            warning!("{}: {error}", node.display());
            Failure::Remake(Cause::Unusable)
        })?;
        let (device, form) = self.device(&node, content)?;
        let mut mended = check(&device)?;
        mended.extend(try_out(&self.machine.path(TRIAL), &device, &self.causes)?);
        Ok(Usable {
            device,
            form,
            mended,
        })
    }

    fn make(&mut self, make: Make, cause: Cause) -> Result<(), String> {
        self.causes.push(cause);
        lock(self.machine);
        if let Ok(Some((_, node))) = self.partition() {
            // Whatever repart does with the space, the old key slots are gone first.
            wipe::erase_header(&node).map_err(|error| format!("{}: {error}", node.display()))?;
        }
        let form = match make {
            Make::Sealed => "sealed",
            Make::Plain => "plain",
        };
        notice!("making the data partition ({form})");
        let node = self.machine.path("/dev").join(&self.disk);
        let made = tools::succeed(
            "/usr/bin/systemd-repart",
            &arguments(form, &node, self.machine.path(PUBLIC_KEY).exists())
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>(),
            // Quotas are a property of the file system, so they are made with it.
            &[(
                "SYSTEMD_REPART_MKFS_OPTIONS_EXT4",
                "-O quota -E quotatype=usrquota -m 1",
            )],
            MAKE_LIMIT,
        );
        made.map_err(|error| chain(&error))
    }
}

fn arguments(form: &str, disk: &Path, signed: bool) -> Vec<String> {
    let mut arguments = vec![
        format!("--definitions={DEFINITIONS}/{form}"),
        "--dry-run=no".to_owned(),
        "--pretty=no".to_owned(),
        // Two boxes of one image must not share partition or LUKS ids.
        "--seed=random".to_owned(),
        // Removes the partition of our type that is there, if any, and makes it again.
        "--factory-reset=yes".to_owned(),
    ];
    if form == "sealed" {
        arguments.push("--tpm2-device=auto".to_owned());
        arguments.push("--tpm2-pcrs=7".to_owned());
        // No pcrlock: its policy lives on /var, which is empty at this point.
        arguments.push("--tpm2-pcrlock=".to_owned());
        if signed {
            arguments.push(format!("--tpm2-public-key={PUBLIC_KEY}"));
            arguments.push("--tpm2-public-key-pcrs=11".to_owned());
        } else {
            warning!("no signed PCR policy in this image: the key is sealed to PCR 7 alone");
        }
    }
    arguments.push(tools::text(disk).to_owned());
    arguments
}

/// Unlocks `node` with the TPM; what is unlocked already stays.
fn unlock(machine: &Machine, node: &Path) -> Result<PathBuf, Failure> {
    let mapped = machine.path(MAPPED);
    if mapped.exists() {
        return Ok(mapped);
    }
    for attempt in 1..=UNLOCK_TRIES {
        let unlocked = tools::succeed(
            "/usr/bin/systemd-cryptsetup",
            // headless: nobody is there to be asked for a password.
            &[
                "attach",
                "data",
                tools::text(node),
                "-",
                "luks,tpm2-device=auto,headless=1,discard",
            ],
            &[],
            UNLOCK_LIMIT,
        );
        match unlocked {
            Ok(()) => return Ok(mapped),
            Err(error) => warning!("unlocking, try {attempt}: {}", chain(&error)),
        }
        // A TPM that was just reset answers "retry" for a moment.
        std::thread::sleep(Duration::from_secs(1));
    }
    Err(Failure::Remake(Cause::Locked))
}

/// Takes the unlocked device away, if it is there.
fn lock(machine: &Machine) {
    if !machine.path(MAPPED).exists() {
        return;
    }
    let done = tools::succeed(
        "/usr/bin/systemd-cryptsetup",
        &["detach", "data"],
        &[],
        UNLOCK_LIMIT,
    );
    if let Err(error) = done {
        warning!("{}", chain(&error));
    }
}

/// Checks the file system of `device` and mends what can be mended.
pub(super) fn check(device: &Path) -> Result<Vec<String>, Failure> {
    let device = tools::text(device);
    let broken = |error: &tools::ToolError| {
        warning!("{}", chain(error));
        Failure::Remake(Cause::Broken)
    };
    let e2fsck = |arguments: &[&str]| {
        let status = tools::run("/usr/sbin/e2fsck", arguments, &[], CHECK_LIMIT);
        status.map(|status| status.code().unwrap_or(i32::MAX))
    };
    // Exit codes: e2fsck(8). 0 sound, 1 mended, 2 mended and in use, others not mended.
    match e2fsck(&["-p", device]).map_err(|error| broken(&error))? {
        0 => return Ok(Vec::new()),
        1 => return Ok(vec!["file system checked and mended".to_owned()]),
        code => warning!("{device}: a simple check is not enough (e2fsck {code})"),
    }
    match e2fsck(&["-f", "-y", device]).map_err(|error| broken(&error))? {
        0 | 1 => Ok(vec![
            "file system repaired, files may be missing".to_owned(),
        ]),
        _ => Err(Failure::Remake(Cause::Broken)),
    }
}

/// Mounts the file system where nobody else sees it, writes to it, makes room, sets the limits.
pub(super) fn try_out(
    trial: &Path,
    device: &Path,
    causes: &[Cause],
) -> Result<Vec<String>, Failure> {
    let leave = |what: &str, error: &dyn std::error::Error| {
        Failure::Leave(format!("{what}: {}", chain(error)))
    };
    fs::create_dir_all(trial).map_err(|error| leave("trial mount point", &error))?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    unshare(CloneFlags::CLONE_NEWNS)
        .and_then(|()| mount(None::<&str>, "/", None::<&str>, private, None::<&str>))
        .map_err(|error| leave("a mount namespace of our own", &error))?;
    if let Err(error) = mount_data(trial, device, OPTIONS) {
        // Sound without quotas: this kernel lacks them. Making the partition anew would not help.
        if mount_data(trial, device, "").is_ok() {
            unmount(trial);
            return Err(leave("this kernel has no quota support (quota_v2)", &error));
        }
        warning!("{}: cannot be mounted: {error}", device.display());
        return Err(Failure::Remake(Cause::Unusable));
    }
    let tried = use_it(trial, device, causes);
    unmount(trial);
    tried
}

fn use_it(mounted: &Path, device: &Path, causes: &[Cause]) -> Result<Vec<String>, Failure> {
    let unusable = |error: io::Error| {
        warning!("{}: cannot be used: {error}", device.display());
        Failure::Remake(Cause::Unusable)
    };
    let mut done = room::make_room(mounted).map_err(unusable)?;
    if !room::is_enough(mounted).map_err(unusable)? {
        return Err(Failure::Remake(Cause::Full));
    }
    write_probe(&mounted.join(".probe")).map_err(unusable)?;
    super::record(mounted, causes).map_err(unusable)?;
    let unlimited = room::limit(device);
    for line in &unlimited {
        warning!("{line}");
    }
    done.extend(unlimited);
    Ok(done)
}

fn write_probe(path: &Path) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(&[0x55; 4096])?;
    file.sync_all()?;
    fs::remove_file(path)
}

fn mount_data(trial: &Path, device: &Path, options: &str) -> nix::Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some(device), trial, Some("ext4"), flags, Some(options))
}

fn unmount(trial: &Path) {
    if let Err(error) = umount2(trial, MntFlags::empty()) {
        warning!("{}: cannot be unmounted: {error}", trial.display());
    }
}
