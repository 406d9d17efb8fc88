// SPDX-License-Identifier: MIT OR Apache-2.0
//! What stays when the power goes: disk, firmware variables, TPM. And how QEMU is told about it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::board::{Architecture, Board};
use crate::disk::{self, DiskError, failed};
use crate::replay::log::SECTOR;
use crate::tools::{Tools, ToolsError};

/// Serial number of the machine's board, the same for all.
const UUID: &str = "6f2d1c0e-5a47-4b6e-9d38-71c2f0a4e915";
/// In whose name the certificate is enrolled.
const OWNER: &str = "0d2f9b46-3c1e-4e1b-8a55-7f6d8f3a9c21";
/// Where the guest finds what is forwarded, beside QEMU's own 10.0.2.2.
pub const OUTSIDE: &str = "10.0.2.100";

/// A port of [`OUTSIDE`] that leads to a port of this machine's loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward {
    /// As the guest calls it.
    pub guest: u16,
    /// Where somebody listens here.
    pub host: u16,
}

/// What a machine is made of.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Which board.
    pub architecture: Architecture,
    /// A TPM 2.0, emulated by swtpm.
    pub tpm: bool,
    /// The one certificate that kernel images must be signed with; with it secure boot is on.
    pub secure_boot: Option<PathBuf>,
    /// A second disk, as the one with the partition `provision`.
    pub second_disk: Option<PathBuf>,
    /// The ways out; there are no others.
    pub forwards: Vec<Forward>,
    /// A loudspeaker on USB, whose sound goes to a file.
    pub loudspeaker: bool,
    /// A root shell listens on the second serial port (development flavour).
    pub shell: bool,
    /// SMBIOS type 11 strings: credentials, more kernel command line.
    pub strings: Vec<String>,
    /// Everything done to the disk and to the flash of the firmware is written to logs
    /// ([`crate::replay::log`]).
    pub recorded: bool,
}

/// A machine without power. Everything about it lies in one directory.
#[derive(Clone, Debug)]
pub struct Hardware {
    pub(crate) tools: Tools,
    pub(crate) directory: PathBuf,
    /// What it is made of.
    pub parts: Parts,
}

impl Hardware {
    /// A new machine whose disk is `image`, which stays as it is.
    ///
    /// # Errors
    /// [`DiskError`].
    pub async fn new(
        tools: &Tools,
        directory: &Path,
        image: &Path,
        parts: Parts,
    ) -> Result<Self, DiskError> {
        let hardware = Self::empty(tools, directory, parts)?;
        if hardware.parts.recorded {
            disk::raw(image, &hardware.disk())?;
            for log in [hardware.disk_log(), hardware.variables_log()] {
                fs::write(&log, []).map_err(failed("make", &log))?;
            }
        } else {
            disk::overlay(tools, image, &hardware.disk(), disk::SIZE).await?;
        }
        let variables = hardware.variables();
        match &hardware.parts.secure_boot {
            Some(certificate) => {
                enrol(tools, hardware.board().variables, certificate, &variables).await?
            }
            None => {
                let inside = tools.inside(&variables)?;
                let shipped = hardware.board().variables;
                tools
                    .run("cp", [shipped.as_ref(), inside.as_os_str()])
                    .await?;
            }
        }
        Ok(hardware)
    }

    fn empty(tools: &Tools, directory: &Path, parts: Parts) -> Result<Self, DiskError> {
        // Of an earlier run; its sockets and its TPM would be in the way.
        if directory.exists() {
            fs::remove_dir_all(directory).map_err(failed("remove", directory))?;
        }
        let tpm = directory.join("tpm");
        fs::create_dir_all(&tpm).map_err(failed("make", &tpm))?;
        Ok(Self {
            tools: tools.clone(),
            directory: directory.to_owned(),
            parts,
        })
    }

    /// An exact twin of this machine, which must be without power, in another directory.
    ///
    /// # Errors
    /// [`DiskError`].
    pub fn twin(&self, directory: &Path) -> Result<Self, DiskError> {
        let twin = Self::empty(&self.tools, directory, self.parts.clone())?;
        disk::copy(&self.disk(), &twin.disk())?;
        disk::copy(&self.variables(), &twin.variables())?;
        let tpm = self.directory.join("tpm");
        for entry in fs::read_dir(&tpm).map_err(failed("list", &tpm))? {
            let entry = entry.map_err(failed("list", &tpm))?;
            disk::copy(
                &entry.path(),
                &twin.directory.join("tpm").join(entry.file_name()),
            )?;
        }
        Ok(twin)
    }

    /// What differs between boards.
    pub(crate) fn board(&self) -> &'static Board {
        let secure = self.parts.secure_boot.is_some();
        self.parts.architecture.board(secure)
    }

    /// Where it keeps its things.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The disk: an overlay, or all of it where it is recorded.
    #[must_use]
    pub fn disk(&self) -> PathBuf {
        let name = match self.parts.recorded {
            true => "disk.raw",
            false => "disk.qcow2",
        };
        self.directory.join(name)
    }

    /// What was done to the disk, where that is recorded.
    #[must_use]
    pub fn disk_log(&self) -> PathBuf {
        self.directory.join("disk.writes")
    }

    /// What was done to the firmware's flash, where that is recorded.
    #[must_use]
    pub fn variables_log(&self) -> PathBuf {
        self.directory.join("variables.writes")
    }

    /// The firmware's variables.
    #[must_use]
    pub fn variables(&self) -> PathBuf {
        self.directory.join("variables.fd")
    }

    /// Everything the serial console has said, over all power-ons.
    #[must_use]
    pub fn console(&self) -> PathBuf {
        self.directory.join("console.log")
    }

    /// All that the loudspeaker has sounded since it was last switched on: a WAV file, whose head is right
    /// only after an end in peace.
    #[must_use]
    pub fn sound(&self) -> PathBuf {
        self.directory.join("sound.wav")
    }

    pub(crate) fn socket(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.sock"))
    }

    /// swtpm's arguments.
    pub(crate) fn tpm_arguments(&self) -> Result<Vec<OsString>, ToolsError> {
        let state = self.tools.inside(&self.directory.join("tpm"))?;
        let socket = self.tools.socket(&self.socket("tpm"))?;
        let texts = [
            "socket".to_owned(),
            "--tpm2".to_owned(),
            format!("--tpmstate=dir={}", state.display()),
            format!("--ctrl=type=unixio,path={}", socket.display()),
            "--terminate".to_owned(),
        ];
        Ok(texts.into_iter().map(Into::into).collect())
    }

    /// QEMU's arguments. `incoming` is a command that prints a saved state.
    ///
    /// The disk is cached by the host and never synced: a power cut here is the end of QEMU, not
    /// of the host, so what counts is what QEMU has handed to the host. An overlay hands over new
    /// blocks when the guest flushes, or when its own tables spill; the rest is lost with the
    /// process, as with a drive's volatile cache. Syncing to the host's disk would cost time and
    /// change nothing.
    pub(crate) fn arguments(&self, incoming: Option<&str>) -> Result<Vec<OsString>, ToolsError> {
        let inside = |path: PathBuf| self.tools.inside(&path).map(|p| p.display().to_string());
        let socket = |name: &str| {
            let path = self.tools.socket(&self.socket(name))?;
            Ok(format!("path={},server=on,wait=off", path.display()))
        };
        let secure = self.parts.secure_boot.is_some();
        let board = self.board();
        let console = inside(self.console())?;
        let mut texts: Vec<String> = Vec::new();
        let mut add = |option: &str, value: String| texts.extend([option.to_owned(), value]);
        add("-name", "uketsuke-machine".to_owned());
        // Where the image takes its machine id from; a machine without one has no identity.
        add("-uuid", UUID.to_owned());
        add("-M", board.machine.to_owned());
        add("-accel", "tcg,thread=multi,tb-size=1024".to_owned());
        add("-cpu", board.processor.to_owned());
        add("-smp", "2".to_owned());
        add("-m", "2048".to_owned());
        add("-display", "none".to_owned());
        add("-rtc", "base=utc".to_owned());
        if secure {
            add(
                "-global",
                "driver=cfi.pflash01,property=secure,value=on".to_owned(),
            );
        }
        add(
            "-drive",
            format!(
                "if=pflash,format=raw,unit=0,readonly=on,file={}",
                board.code
            ),
        );
        for (option, value) in self.memories()? {
            add(option, value);
        }
        // No bootindex: with one, firmware would put the disk first again at every start and so
        // undo the boot order that updates rest on.
        add(
            "-device",
            "virtio-blk-pci,drive=disk,serial=disk".to_owned(),
        );
        if let Some(second) = &self.parts.second_disk {
            let second = inside(second.clone())?;
            add(
                "-drive",
                format!("if=none,id=second,file={second},format=raw,cache=unsafe"),
            );
            add(
                "-device",
                "virtio-blk-pci,drive=second,serial=second".to_owned(),
            );
        }
        add(
            "-qmp",
            format!("unix:{}", socket("qmp")?.trim_start_matches("path=")),
        );
        add(
            "-chardev",
            format!("file,id=console,path={console},append=on"),
        );
        add("-serial", "chardev:console".to_owned());
        if self.parts.shell {
            add("-chardev", format!("socket,id=shell,{}", socket("shell")?));
            add("-serial", "chardev:shell".to_owned());
        }
        add("-device", format!("{},xres=1280,yres=800", board.display));
        add("-device", "virtio-rng-pci".to_owned());
        add("-device", "virtio-multitouch-pci".to_owned());
        add("-device", "qemu-xhci,id=xhci".to_owned());
        add("-chardev", format!("socket,id=card,{}", socket("card")?));
        add("-device", "usb-ccid,id=reader,bus=xhci.0".to_owned());
        add(
            "-device",
            "ccid-card-passthru,id=card,chardev=card,bus=reader.0".to_owned(),
        );
        if self.parts.loudspeaker {
            let sound = inside(self.sound())?;
            add("-audiodev", format!("wav,id=sound,path={sound}"));
            add(
                "-device",
                "usb-audio,id=loudspeaker,bus=xhci.0,audiodev=sound".to_owned(),
            );
        }
        add("-device", "i6300esb".to_owned());
        add("-action", "watchdog=reset".to_owned());
        // The panic is told as an event; the guest then restarts by itself, as on a real board.
        add("-device", "pvpanic-pci".to_owned());
        add("-action", "panic=none".to_owned());
        add("-netdev", self.network());
        add("-device", "virtio-net-pci,netdev=net,romfile=".to_owned());
        // Firmware would try to start from the network for a minute before it gives up.
        for name in ["IPv4PXESupport", "IPv6PXESupport"] {
            add("-fw_cfg", format!("name=opt/org.tianocore/{name},string=n"));
        }
        for string in &self.parts.strings {
            add(
                "-smbios",
                format!("type=11,value={}", string.replace(',', ",,")),
            );
        }
        if self.parts.tpm {
            let path = self.tools.socket(&self.socket("tpm"))?;
            add("-chardev", format!("socket,id=tpm,path={}", path.display()));
            add("-tpmdev", "emulator,id=tpm,chardev=tpm".to_owned());
            add("-device", format!("{},tpmdev=tpm", board.tpm));
        }
        if let Some(command) = incoming {
            add("-incoming", format!("exec:{command}"));
        }
        texts.push("-nodefaults".to_owned());
        Ok(texts.into_iter().map(Into::into).collect())
    }

    /// Flash of the variables and disk.
    fn memories(&self) -> Result<Vec<(&'static str, String)>, ToolsError> {
        let inside = |path: PathBuf| self.tools.inside(&path).map(|p| p.display().to_string());
        let (variables, disk) = (inside(self.variables())?, inside(self.disk())?);
        if !self.parts.recorded {
            let disk =
                format!("if=none,id=disk,file={disk},format=qcow2,cache=unsafe,discard=unmap");
            let variables = format!("if=pflash,format=raw,unit=1,file={variables}");
            return Ok(vec![("-drive", variables), ("-drive", disk)]);
        }
        let disk = logged("disk", &disk, &inside(self.disk_log())?);
        let variables = logged("variables", &variables, &inside(self.variables_log())?);
        Ok(vec![
            ("-blockdev", variables),
            ("-machine", "pflash1=variables".to_owned()),
            ("-blockdev", disk),
        ])
    }

    fn network(&self) -> String {
        let mut network = "user,id=net,restrict=on".to_owned();
        for Forward { guest, host } in &self.parts.forwards {
            // A process per connection: one character device would carry one connection only.
            let way = format!(",guestfwd=tcp:{OUTSIDE}:{guest}-cmd:socat - TCP:127.0.0.1:{host}");
            network.push_str(&way);
        }
        network
    }
}

/// A block device whose writes, discards and flushes are logged. A raw file has no caches of its
/// own, so that a flush is complete, and has its place in the log, when it is asked for; the host's
/// own syncing is left out below, not above, where it would hide the flushes.
fn logged(name: &str, file: &str, log: &str) -> String {
    let raw = |file: &str| {
        json!({
            "driver": "raw", "discard": "unmap", "cache": { "no-flush": true },
            "file": {
                "driver": "file", "filename": file,
                "discard": "unmap", "cache": { "no-flush": true },
            },
        })
    };
    let device = json!({
        "driver": "blklogwrites", "node-name": name, "discard": "unmap",
        "log-sector-size": SECTOR, "file": raw(file), "log": raw(log),
    });
    device.to_string()
}

/// Variables of a board whose maker has put in this certificate, and nobody else's.
async fn enrol(
    tools: &Tools,
    shipped: &str,
    certificate: &Path,
    variables: &Path,
) -> Result<(), DiskError> {
    let certificate = tools.inside(certificate)?;
    let variables = tools.inside(variables)?;
    let mut arguments: Vec<&OsStr> = vec!["--input".as_ref(), shipped.as_ref(), "--sb".as_ref()];
    for store in ["--set-pk", "--add-kek", "--add-db"] {
        arguments.extend([store.as_ref(), OWNER.as_ref(), certificate.as_os_str()]);
    }
    arguments.extend(["--output".as_ref(), variables.as_os_str()]);
    tools.run("virt-fw-vars", arguments).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
