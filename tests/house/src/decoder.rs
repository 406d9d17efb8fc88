// SPDX-License-Identifier: MIT OR Apache-2.0
//! The photo decoder of the house: a process of `uketsuke-photo` for each connection, as systemd starts it
//! on a reader; and the root by which the virtual cards' faces are believed.

use std::fs::Permissions;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;
use tokio::net::UnixListener;
use tokio::process::Command;

use crate::card::{CardControl, CardError};
use crate::logs::Logs;
use crate::space::{Space, SpaceError};

/// Where the card daemon asks for it; `/run` is the house's own.
const SOCKET: &str = "/run/uketsuke/photo.socket";

/// Why no photo could be read in this house.
#[derive(Debug, thiserror::Error)]
pub enum DecoderError {
    /// The virtual card does not tell its root.
    #[error("the root of the virtual cards' faces")]
    Card(#[from] CardError),
    /// It tells something else.
    #[error("the virtual cards' root has no name or no key")]
    Strange,
    /// A file.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The socket.
    #[error("{SOCKET}")]
    Listen(#[source] std::io::Error),
}

/// The folder with the root of the virtual cards' faces, for `[card] roots`.
///
/// # Errors
/// [`DecoderError`].
pub async fn roots(space: &Space, card: &CardControl) -> Result<PathBuf, DecoderError> {
    let told = card.ask(&json!({ "do": "surface-root" })).await?;
    let text = |key: &str| told[key].as_str().ok_or(DecoderError::Strange);
    let folder = space.directory("card-roots", 0, 0o755)?;
    space.directory("card-roots/test", 0, 0o755)?;
    let name = format!("card-roots/test/{}.pem", text("id")?);
    space.file(&name, text("pem")?.as_bytes(), None)?;
    Ok(folder)
}

/// Answers as long as the house stands.
///
/// # Errors
/// When nobody can listen there.
pub fn serve(space: &Space, user: u32, logs: &Logs) -> Result<(), DecoderError> {
    let listen = || {
        std::fs::create_dir_all(Path::new(SOCKET).parent().unwrap_or(Path::new("/")))?;
        let listener = UnixListener::bind(SOCKET)?;
        // The bus policy of a reader is the owner of this socket there; here only our users are.
        std::fs::set_permissions(SOCKET, Permissions::from_mode(0o666))?;
        Ok(listener)
    };
    let listener = listen().map_err(DecoderError::Listen)?;
    let (program, logs) = (space.bin().join("uketsuke-photo"), logs.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let started = stream.into_std().and_then(|stream| {
                stream.set_nonblocking(false)?;
                let mut command = Command::new(&program);
                command.stdin(Stdio::from(OwnedFd::from(stream)));
                command.uid(user).gid(user).env_clear().spawn()
            });
            match started {
                Ok(mut photo) => drop(tokio::spawn(async move { photo.wait().await })),
                Err(error) => logs.add("house", &format!("no photo decoder: {error}")),
            }
        }
    });
    Ok(())
}
