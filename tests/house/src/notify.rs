// SPDX-License-Identifier: MIT OR Apache-2.0
//! The receiving end of sd_notify(3): one datagram socket per process.

use std::io;
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, chown};
use tokio::net::UnixDatagram;

/// What a daemon told its service manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// `READY=1`.
    Ready,
    /// `WATCHDOG=1`.
    Alive,
    /// `STATUS=…`.
    Status(String),
    /// `STOPPING=1`.
    Stopping,
}

/// The socket of one process.
pub struct NotifySocket {
    socket: UnixDatagram,
    path: PathBuf,
}

impl NotifySocket {
    /// Binds `path` for `user` alone.
    ///
    /// # Errors
    /// When the path is taken or not writable.
    pub fn bind(path: &Path, user: u32) -> io::Result<Self> {
        let socket = UnixDatagram::bind(path)?;
        chown(path, Some(Uid::from_raw(user)), Some(Gid::from_raw(user)))?;
        Ok(Self {
            socket,
            path: path.to_owned(),
        })
    }

    /// Value of `NOTIFY_SOCKET`.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Drops what has arrived and was not read.
    pub fn forget(&self) {
        let mut buffer = [0; 1];
        while self.socket.try_recv(&mut buffer).is_ok() {}
    }

    /// The next datagram's assignments; those the house has no use for are left out.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn next(&self) -> io::Result<Vec<Told>> {
        let mut buffer = vec![0; 4096];
        let length = self.socket.recv(&mut buffer).await?;
        Ok(parse(&String::from_utf8_lossy(&buffer[..length])))
    }
}

fn parse(datagram: &str) -> Vec<Told> {
    let told = |line: &str| match line.split_once('=')? {
        ("READY", "1") => Some(Told::Ready),
        ("WATCHDOG", "1") => Some(Told::Alive),
        ("STOPPING", "1") => Some(Told::Stopping),
        ("STATUS", text) => Some(Told::Status(text.to_owned())),
        _ => None,
    };
    datagram.lines().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_may_hold_several_assignments() {
        assert_eq!(
            parse("READY=1\nSTATUS=idle=yes\nMAINPID=7\n"),
            [Told::Ready, Told::Status("idle=yes".into())]
        );
    }
}
