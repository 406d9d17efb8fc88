// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connecting to a program that is starting.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::Instant;

/// Pause between two tries.
const RETRY: Duration = Duration::from_millis(50);
/// Longest wait.
const START: Duration = Duration::from_secs(60);

/// Connects to a socket that may not be there yet, or be there and not be listened at: between the two a
/// busy machine does other things.
pub(crate) async fn connect(socket: &Path) -> io::Result<UnixStream> {
    let end = Instant::now() + START;
    loop {
        match UnixStream::connect(socket).await {
            Ok(stream) => return Ok(stream),
            Err(error) if Instant::now() >= end => return Err(error),
            Err(_) => tokio::time::sleep(RETRY).await,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use nix::sys::socket::{
        AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, listen, socket,
    };
    use std::os::fd::AsRawFd;

    #[tokio::test]
    async fn a_socket_that_comes_late_and_is_listened_at_later_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("late");
        let connecting = tokio::spawn({
            let path = path.clone();
            async move { connect(&path).await }
        });
        tokio::time::sleep(2 * RETRY).await;
        let server = socket(
            AddressFamily::Unix,
            SockType::Stream,
            SockFlag::empty(),
            None,
        )
        .unwrap();
        bind(server.as_raw_fd(), &UnixAddr::new(&path).unwrap()).unwrap();
        let refused = UnixStream::connect(&path).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        tokio::time::sleep(2 * RETRY).await;
        assert!(!connecting.is_finished());
        listen(&server, Backlog::new(1).unwrap()).unwrap();
        connecting.await.unwrap().unwrap();
    }
}
