// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other end of the socket: asks the sandboxed process and believes nothing it says.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::limits::MOST_BYTES;
use crate::wire::{MOST_WORDS, PICTURE, REFUSAL};
use crate::{Cause, Grey, PhotoError, container};

/// Where systemd listens for the decoder (`uketsuke-photo.socket`).
pub const SOCKET: &str = "/run/uketsuke/photo.socket";

/// Has a photo decoded by the process behind `socket`, within `limit`;
/// [`crate::limits::CLIENT_WAIT`] is longer than the process lives. Dropping the future ends the matter.
///
/// # Errors
/// [`PhotoError::Refused`] for the photo, [`PhotoError::Length`] without asking; otherwise one of the
/// variants without [`Cause`].
pub async fn decode(socket: &Path, photo: &[u8], limit: Duration) -> Result<Grey, PhotoError> {
    if photo.is_empty() || photo.len() > MOST_BYTES {
        return Err(PhotoError::Length { bytes: photo.len() });
    }
    timeout(limit, ask(socket, photo))
        .await
        .map_err(|_| PhotoError::Late { limit })?
}

async fn ask(socket: &Path, photo: &[u8]) -> Result<Grey, PhotoError> {
    let mut stream =
        UnixStream::connect(socket)
            .await
            .map_err(|source| PhotoError::Unreachable {
                path: socket.to_owned(),
                source,
            })?;
    // Its end may come while we still write, and its answer lie ready all the same.
    let _ = write(&mut stream, photo).await;
    match stream.read_u8().await.map_err(gone)? {
        PICTURE => picture(&mut stream).await,
        REFUSAL => Err(refusal(&mut stream).await?),
        _ => Err(PhotoError::Answer {
            what: "neither picture nor refusal",
        }),
    }
}

async fn write(stream: &mut UnixStream, photo: &[u8]) -> io::Result<()> {
    stream.write_u32(photo.len() as u32).await?;
    stream.write_all(photo).await
}

async fn picture(stream: &mut UnixStream) -> Result<Grey, PhotoError> {
    let width = u32::from(stream.read_u16().await.map_err(gone)?);
    let height = u32::from(stream.read_u16().await.map_err(gone)?);
    // Before there is room for it.
    let what = "a picture of a size that is not taken";
    if !container::fits(width, height) {
        return Err(PhotoError::Answer { what });
    }
    let mut pixels = Zeroizing::new(vec![0; width as usize * height as usize]);
    stream.read_exact(&mut pixels).await.map_err(gone)?;
    Grey::new(width, height, pixels).ok_or(PhotoError::Answer { what })
}

async fn refusal(stream: &mut UnixStream) -> Result<PhotoError, PhotoError> {
    let cause = Cause::from_number(stream.read_u8().await.map_err(gone)?);
    let cause = cause.ok_or(PhotoError::Answer {
        what: "a refusal for no cause",
    })?;
    let length = usize::from(stream.read_u16().await.map_err(gone)?);
    if length > MOST_WORDS {
        return Err(PhotoError::Answer {
            what: "a refusal of too many words",
        });
    }
    let mut words = vec![0; length];
    stream.read_exact(&mut words).await.map_err(gone)?;
    // They go to a log: who took the decoder over must not write lines of his own there.
    if !words.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(PhotoError::Answer {
            what: "a refusal in other than printable words",
        });
    }
    let text = words.into_iter().map(char::from).collect();
    Ok(PhotoError::Refused { cause, text })
}

/// Whatever breaks a connection between two processes of one machine, the other one has ended.
fn gone(_: io::Error) -> PhotoError {
    PhotoError::Gone
}
