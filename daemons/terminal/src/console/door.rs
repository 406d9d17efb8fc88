// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where `uketsukectl first-account` asks: a socket that root alone, and this daemon, may open. Who
//! connects is answered with one line and the end; nothing is read.

use std::fs::Permissions;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::{UnixListener, UnixStream};
use uketsuke_common::console::{FirstCode, SOCKET};
use zeroize::Zeroizing;

use super::FirstError;
use super::first::MINUTES;
use crate::Shared;

/// The socket; gone when dropped.
pub struct Door {
    listener: UnixListener,
    path: PathBuf,
}

impl Door {
    /// Opens it in a directory of the daemon's own.
    ///
    /// # Errors
    /// When there cannot be such a socket.
    pub fn open(directory: &Path) -> io::Result<Self> {
        let path = directory.join(SOCKET);
        // Of this daemon before it was killed.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Answers one after the other; ends when it cannot listen any more.
    pub(crate) async fn serve(self, shared: Arc<Shared>, page: SocketAddr) {
        loop {
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::error!(%error, "nobody can ask for the code of the first account");
                    return;
                }
            };
            match answer(&shared, page, stream).await {
                Ok(()) => {}
                Err(error) => tracing::warn!(%error, "who asked for the code went away"),
            }
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // Nobody misses it.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn answer(shared: &Shared, page: SocketAddr, mut stream: UnixStream) -> io::Result<()> {
    let answer = match shared.first_code().await {
        Ok(code) => FirstCode::Drawn {
            code: code.to_string(),
            minutes: MINUTES,
            page: format!("http://{page}/first"),
        },
        Err(FirstError::Exists) => FirstCode::Exists,
        Err(error) => {
            tracing::error!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "no code"
            );
            FirstCode::Failed
        }
    };
    let line = Zeroizing::new(serde_json::to_vec(&answer)?);
    stream.write_all(&line).await?;
    stream.shutdown().await
}
