// SPDX-License-Identifier: MIT OR Apache-2.0
//! The protocol between the vpcd driver of pcscd and a card: each message is a length of two bytes,
//! big-endian, and so many bytes. Of one byte it is for the contacts, otherwise for the card.

use std::io::{self, Read, Write};

/// A message from the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The field goes off.
    PowerOff,
    /// The field goes on.
    PowerOn,
    /// Reset with the field on.
    Reset,
    /// Which answer to reset? Also asked every 400 ms to see whether the card is still there, so it
    /// says nothing about power.
    Atr,
    /// A command APDU.
    Command(Vec<u8>),
}

/// An answer longer than any client's buffer: the driver reports it as a failed transmission, with
/// the card still there. It is the only way a card has to say nothing without going away, because
/// the driver itself waits for ever.
pub static NO_ANSWER: [u8; u16::MAX as usize] = [0; u16::MAX as usize];

/// Waits for the next message; `None` when the reader has gone.
pub fn receive(from: &mut impl Read) -> io::Result<Option<Message>> {
    let mut length = [0; 2];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut body = vec![0; usize::from(u16::from_be_bytes(length))];
    from.read_exact(&mut body)?;
    Ok(Some(match body[..] {
        [0x00] => Message::PowerOff,
        [0x01] => Message::PowerOn,
        [0x02] => Message::Reset,
        [0x04] => Message::Atr,
        _ => Message::Command(body),
    }))
}

/// Sends one message of at most 65 535 bytes, in one piece.
pub fn send(to: &mut impl Write, body: &[u8]) -> io::Result<()> {
    to.write_all(&message(body)?)
}

/// Sends the first half of what [`send`] would, as a card that is torn away does.
pub fn send_half(to: &mut impl Write, body: &[u8]) -> io::Result<()> {
    let message = message(body)?;
    to.write_all(&message[..message.len().div_ceil(2)])
}

fn message(body: &[u8]) -> io::Result<Vec<u8>> {
    let length = u16::try_from(body.len())
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "message too long for vpcd"))?;
    let mut message = Vec::with_capacity(2 + body.len());
    message.extend(length.to_be_bytes());
    message.extend(body);
    Ok(message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn messages_are_told_apart_by_length_and_value() {
        let mut wire = &[
            0, 1, 0, 0, 1, 1, 0, 1, 2, 0, 1, 4, 0, 5, 0, 0xB0, 0, 0, 4, 0, 1, 9,
        ][..];
        let mut messages = Vec::new();
        while let Some(message) = receive(&mut wire).unwrap() {
            messages.push(message);
        }
        use Message::{Atr, Command, PowerOff, PowerOn, Reset};
        let read = Command(vec![0, 0xB0, 0, 0, 4]);
        assert_eq!(
            messages,
            [PowerOff, PowerOn, Reset, Atr, read, Command(vec![9])]
        );
    }

    #[test]
    fn a_message_cut_short_is_an_error_and_the_end_is_not() {
        assert!(receive(&mut &[0, 5, 1][..]).is_err());
        assert_eq!(receive(&mut &[][..]).unwrap(), None);
    }

    #[test]
    fn what_is_sent_can_be_received() {
        let mut wire = Vec::new();
        send(&mut wire, &[0x90, 0x00]).unwrap();
        assert_eq!(wire, [0, 2, 0x90, 0x00]);
        let mut torn = Vec::new();
        send_half(&mut torn, &[1, 2, 0x90, 0x00]).unwrap();
        assert_eq!(torn, [0, 4, 1]);
        assert!(send(&mut wire, &NO_ANSWER).is_ok());
        assert!(send(&mut wire, &[0; 65_536]).is_err());
    }
}
