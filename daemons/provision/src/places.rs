// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where everything lies on a reader.

use std::path::{Path, PathBuf};

/// The folders and files that provisioning reads and writes.
#[derive(Clone, Debug)]
pub struct Places {
    /// Folder of the image's own `reader.toml`.
    pub base: PathBuf,
    /// Public service keys of the image.
    pub keys: PathBuf,
    /// Generations; on the data partition.
    pub store: PathBuf,
    /// The box's sealed pepper for staff passcodes.
    pub pepper: PathBuf,
    /// Used grants and the latest time seen, of the processes that run as root.
    pub ledger: PathBuf,
    /// Where the host's key lies that secrets are sealed with.
    pub host_key: PathBuf,
    /// What the last attempt came to.
    pub report: PathBuf,
    /// The same, where everybody may read it.
    pub shown_report: PathBuf,
    /// The generation's part of the configuration, read by every daemon.
    pub configuration: PathBuf,
    /// Sealed credentials, where the service manager looks for what units import.
    pub credentials: PathBuf,
    /// The device id, for everybody.
    pub device: PathBuf,
    /// The machine id.
    pub machine: PathBuf,
    /// Files whose age says that at least so late it is.
    pub witnesses: Vec<PathBuf>,
    /// `/sys`.
    pub sys: PathBuf,
    /// `/dev`.
    pub dev: PathBuf,
    /// The door's socket.
    pub door: PathBuf,
    /// The socket a log bundle comes from.
    pub logs: PathBuf,
    /// The stick's own state.
    pub stick: PathBuf,
}

impl Places {
    /// The places below `root`, `/` on a reader.
    #[must_use]
    pub fn under(root: &Path) -> Self {
        let at = |path: &str| root.join(path);
        Self {
            base: at("etc/uketsuke"),
            keys: at("etc/uketsuke/service-keys"),
            store: at("data/provision"),
            pepper: at("data/provision/passcode.pepper"),
            ledger: at("data/provision/grants.json"),
            host_key: at("var/lib/systemd"),
            report: at("data/provision/last-report.txt"),
            shown_report: at("run/uketsuke/provision-report.txt"),
            configuration: at("run/uketsuke/reader.d/50-provision.toml"),
            credentials: at("run/credstore.encrypted"),
            device: at("run/uketsuke/device-id"),
            machine: at("etc/machine-id"),
            witnesses: vec![
                // The image is no older than this, and the clock was right when it was set by net.
                at("usr/lib/os-release"),
                at("var/lib/systemd/timesync/clock"),
            ],
            sys: at("sys"),
            dev: at("dev"),
            door: at("run/uketsuke/provision.socket"),
            logs: at("run/uketsuke/log-bundle.socket"),
            stick: at("var/lib/uketsuke/stick"),
        }
    }

    /// The best trusted time before the ledger is asked.
    #[must_use]
    pub fn time(&self) -> i64 {
        let witnesses: Vec<&Path> = self.witnesses.iter().map(PathBuf::as_path).collect();
        crate::clock::latest(crate::clock::now(), &witnesses)
    }
}
