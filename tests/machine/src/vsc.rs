// SPDX-License-Identifier: MIT OR Apache-2.0
//! The protocol between QEMU's `ccid-card-passthru` and a card (libcacard's `vscard_common.h`): type,
//! reader and length as big-endian 32-bit words, then so many bytes.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// `"VSCD"`, as the far end takes it for a sign of the protocol.
const MAGIC: [u8; 4] = *b"VSCD";
/// 0.0.2, the only version there is.
const VERSION: u32 = 2;
/// A reader that has no number yet.
const NO_READER: u32 = 0xffff_ffff;
/// The one reader of a passed-through card.
const READER: u32 = 0;
/// More than any message of a short command; a longer one is no message.
const LONGEST: u32 = 64 * 1024;
/// `VSC_GENERAL_ERROR`.
const GENERAL_ERROR: u32 = 1;

/// Types of messages.
mod kind {
    pub const INIT: u32 = 1;
    pub const ERROR: u32 = 2;
    pub const READER_ADD: u32 = 3;
    pub const ATR: u32 = 5;
    pub const CARD_REMOVE: u32 = 6;
    pub const APDU: u32 = 7;
}

/// What a card tells QEMU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToReader {
    /// A card lies on the reader and answers a reset with these bytes.
    Inserted(Vec<u8>),
    /// It has been taken away.
    Removed,
    /// Its answer to the last command.
    Answer(Vec<u8>),
    /// It says nothing: the reader reports a failed transmission.
    Mute,
}

/// Says who we are, and that there is a reader.
///
/// # Errors
/// When the far end has gone.
pub async fn greet(to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    let mut hello = MAGIC.to_vec();
    hello.extend(VERSION.to_be_bytes());
    // No capabilities: one word of none.
    hello.extend(0u32.to_be_bytes());
    send(to, kind::INIT, NO_READER, &hello).await?;
    send(to, kind::READER_ADD, NO_READER, &[]).await
}

/// Tells QEMU something.
///
/// # Errors
/// When the far end has gone.
pub async fn tell(to: &mut (impl AsyncWrite + Unpin), what: &ToReader) -> io::Result<()> {
    match what {
        ToReader::Inserted(atr) => send(to, kind::ATR, READER, atr).await,
        ToReader::Removed => send(to, kind::CARD_REMOVE, READER, &[]).await,
        ToReader::Answer(bytes) => send(to, kind::APDU, READER, bytes).await,
        ToReader::Mute => send(to, kind::ERROR, READER, &GENERAL_ERROR.to_be_bytes()).await,
    }
}

/// Waits for the next command of the reader; everything else it says (its own greeting, its thanks)
/// needs no answer. `None` when it has gone.
///
/// # Errors
/// When the connection fails or what comes is no message.
pub async fn command(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    loop {
        let mut head = [0; 12];
        match from.read_exact(&mut head).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        };
        let word = |at: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&head[at..at + 4]);
            u32::from_be_bytes(word)
        };
        let (kind, length) = (word(0), word(8));
        if length > LONGEST {
            let text = format!("a message of {length} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        let mut body = vec![0; length as usize];
        from.read_exact(&mut body).await?;
        if kind == kind::APDU {
            return Ok(Some(body));
        }
    }
}

async fn send(
    to: &mut (impl AsyncWrite + Unpin),
    kind: u32,
    reader: u32,
    body: &[u8],
) -> io::Result<()> {
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    let mut message = Vec::with_capacity(12 + body.len());
    for word in [kind, reader, length] {
        message.extend(word.to_be_bytes());
    }
    message.extend(body);
    to.write_all(&message).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn the_greeting_names_protocol_and_reader() {
        let mut wire = Vec::new();
        greet(&mut wire).await.unwrap();
        let words: Vec<u32> = wire
            .chunks_exact(4)
            .map(|w| u32::from_be_bytes(w.try_into().unwrap()))
            .collect();
        let magic = u32::from_be_bytes(*b"VSCD");
        assert_eq!(words, [1, NO_READER, 12, magic, 2, 0, 3, NO_READER, 0]);
    }

    #[tokio::test]
    async fn commands_are_found_between_other_messages_and_nonsense_is_refused() {
        let mut wire = Vec::new();
        send(&mut wire, kind::INIT, 0, &[1, 2, 3]).await.unwrap();
        send(&mut wire, kind::ERROR, 0, &[0; 4]).await.unwrap();
        send(&mut wire, kind::APDU, 0, &[0, 0xA4, 4, 0])
            .await
            .unwrap();
        let mut wire = &wire[..];
        assert_eq!(command(&mut wire).await.unwrap(), Some(vec![0, 0xA4, 4, 0]));
        assert_eq!(command(&mut wire).await.unwrap(), None);
        let long = [0, 0, 0, 7, 0, 0, 0, 0, 0xff, 0, 0, 0];
        assert!(command(&mut &long[..]).await.is_err());
    }

    #[tokio::test]
    async fn silence_is_told_as_an_error() {
        let mut wire = Vec::new();
        tell(&mut wire, &ToReader::Mute).await.unwrap();
        assert_eq!(wire, [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1]);
    }
}
