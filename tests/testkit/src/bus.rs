// SPDX-License-Identifier: MIT OR Apache-2.0
//! A real dbus-daemon of the test's own, in a temporary folder.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Everybody on the bus may do everything: for tests of one daemon against fake peers. The closed
/// policy of the product is tested with its own files.
const OPEN: &str = r#"<policy context="default">
    <allow own="*"/><allow send_destination="*" eavesdrop="false"/><allow receive_sender="*"/>
  </policy>"#;

/// A running dbus-daemon; ended when dropped.
pub struct PrivateBus {
    child: Child,
    address: String,
    dir: TempDir,
}

impl PrivateBus {
    /// Starts one on which everything is allowed.
    ///
    /// # Panics
    /// When dbus-daemon cannot be started; a test cannot go on without it.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(OPEN)
    }

    /// Starts one with this policy: XML elements of dbus-daemon(1)'s configuration.
    ///
    /// # Panics
    /// When dbus-daemon cannot be started.
    #[must_use]
    pub fn start_with(policy: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let config = dir.path().join("bus.conf");
        let text = format!(
            r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={}/bus</listen>
  <auth>EXTERNAL</auth>
  {policy}
</busconfig>
"#,
            dir.path().display()
        );
        std::fs::write(&config, text).expect("the bus configuration");
        let mut child = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--nopidfile", "--print-address=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-daemon (Debian package dbus-daemon) starts");
        let mut address = String::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        BufReader::new(stdout)
            .read_line(&mut address)
            .expect("dbus-daemon prints its address");
        assert!(!address.trim().is_empty(), "dbus-daemon ended at once");
        Self {
            child,
            address: address.trim().to_owned(),
            dir,
        }
    }

    /// The address, as for `DBUS_SYSTEM_BUS_ADDRESS`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The folder the socket lies in, for whatever else the test needs to keep.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A builder for a connection to this bus.
    ///
    /// # Panics
    /// When the address is malformed, which dbus-daemon does not print.
    pub fn builder(&self) -> zbus::connection::Builder<'static> {
        zbus::connection::Builder::address(self.address.as_str())
    }

    /// A new connection.
    ///
    /// # Panics
    /// When the bus does not answer.
    pub async fn connect(&self) -> zbus::Connection {
        self.builder().build().await.expect("the private bus")
    }
}

impl Drop for PrivateBus {
    fn drop(&mut self) {
        // It may have been ended by the test itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
