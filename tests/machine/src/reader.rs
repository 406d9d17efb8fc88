// SPDX-License-Identifier: MIT OR Apache-2.0
//! The USB card reader of the machine, with the virtual card of `tests/card` on it.
//!
//! ```text
//!   Tray (a card is placed) ──vpcd──► bridge ──VSC──► QEMU ccid-card-passthru ──USB──► guest's pcscd
//! ```
//!
//! The virtual card knows one reader, pcscd's vpcd driver, and comes to it when it is placed. The
//! bridge plays that driver and passes on to QEMU, so profiles, control and log are the same as on
//! the bench.
//!
//! QEMU keeps power and reset to itself: the card is powered when it is placed and stays so.
//! Its emulated reader loses answers beyond about 370 bytes, so longer ones than a short APDU has
//! are reported as failed; the card daemon reads in short APDUs anyway.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use uketsuke_virtual_card::latency::Latency;
use uketsuke_virtual_card::tray::{Options, Tray, TrayError};

use crate::patient::connect;
use crate::vsc::{self, ToReader};

/// Data and status word of a short APDU's answer.
const LONGEST_ANSWER: usize = 258;
/// Messages of the vpcd driver.
const POWER_ON: u8 = 0x01;
const ASK_ATR: u8 = 0x04;

/// Why there is no reader.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// No port.
    #[error("cannot listen for the virtual card")]
    Listen(#[source] io::Error),
    /// The cards cannot be opened.
    #[error("the virtual card")]
    Tray(#[from] TrayError),
    /// QEMU's end of the reader.
    #[error("cannot reach the emulated reader at {path}")]
    Connect {
        /// Its socket.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The bridge has ended, which only a defect makes it do.
    #[error("the bridge between card and reader has ended")]
    Ended,
}

/// Reader and cards.
pub struct Reader {
    tray: Tray,
    attach: mpsc::Sender<Attach>,
    bridge: JoinHandle<()>,
}

/// A machine to be plugged into, and who waits for it.
type Attach = (UnixStream, oneshot::Sender<io::Result<()>>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.bridge.abort();
    }
}

impl Reader {
    /// A reader whose cards keep their state in `state`; plugged in nowhere yet.
    ///
    /// # Errors
    /// [`ReaderError`].
    pub async fn start(state: &Path, latency: Latency) -> Result<Self, ReaderError> {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = TcpListener::bind(loopback)
            .await
            .map_err(ReaderError::Listen)?;
        let options = Options {
            vpcd: listener.local_addr().map_err(ReaderError::Listen)?,
            state: state.to_owned(),
            latency,
        };
        let tray = Tray::start(&options)?;
        let (attach, machines) = mpsc::channel(1);
        let bridge = tokio::spawn(bridge(listener, machines));
        Ok(Self {
            tray,
            attach,
            bridge,
        })
    }

    /// The cards.
    #[must_use]
    pub fn tray(&self) -> &Tray {
        &self.tray
    }

    /// Plugs the reader into the machine behind `socket`, in the place of an earlier one. A card
    /// that lies there is told of at once. To be called anew after the emulated reader was taken
    /// out and put in again, and after a machine was restored.
    ///
    /// # Errors
    /// [`ReaderError::Connect`].
    pub async fn attach(&self, socket: &Path) -> Result<(), ReaderError> {
        let failed = |source| ReaderError::Connect {
            path: socket.to_owned(),
            source,
        };
        let stream = connect(socket).await.map_err(failed)?;
        let (done, result) = oneshot::channel();
        let sent = self.attach.send((stream, done)).await;
        sent.map_err(|_| ReaderError::Ended)?;
        result
            .await
            .map_err(|_| ReaderError::Ended)?
            .map_err(failed)
    }
}

/// A card that lies on the reader.
struct Placed {
    stream: TcpStream,
    atr: Vec<u8>,
}

/// What happened at the bridge.
enum Happened {
    Placed(io::Result<TcpStream>),
    Attached(Option<Attach>),
    Command(io::Result<Option<Vec<u8>>>),
    Lifted,
}

/// Carries between one card and one machine, each of which comes and goes.
async fn bridge(listener: TcpListener, mut machines: mpsc::Receiver<Attach>) {
    let mut card: Option<Placed> = None;
    let mut commands: Option<mpsc::Receiver<io::Result<Option<Vec<u8>>>>> = None;
    let mut machine: Option<OwnedWriteHalf> = None;
    loop {
        let happened = tokio::select! {
            attached = machines.recv() => Happened::Attached(attached),
            placed = listener.accept() => Happened::Placed(placed.map(|(stream, _)| stream)),
            command = next(&mut commands) => Happened::Command(command),
            () = lifted(card.as_ref()) => Happened::Lifted,
        };
        let said = match happened {
            Happened::Attached(None) => return,
            Happened::Attached(Some((stream, done))) => {
                let (read, write) = stream.into_split();
                (machine, commands) = (Some(write), Some(listen(read)));
                let atr = card.as_ref().map(|card| card.atr.clone());
                let greeted = greet(&mut machine, atr).await;
                // The caller may have given up waiting.
                let _ = done.send(greeted);
                None
            }
            // A card that went while it was coming: it comes again.
            Happened::Placed(stream) => match power_up(stream).await {
                Ok(placed) => {
                    let atr = placed.atr.clone();
                    card = Some(placed);
                    Some(ToReader::Inserted(atr))
                }
                Err(_) => None,
            },
            Happened::Lifted => {
                card = None;
                Some(ToReader::Removed)
            }
            Happened::Command(Ok(Some(command))) => Some(match &mut card {
                None => ToReader::Mute,
                Some(placed) => match exchange(&mut placed.stream, &command).await {
                    Ok(answer) if answer.len() <= LONGEST_ANSWER => ToReader::Answer(answer),
                    Ok(_) => ToReader::Mute,
                    Err(_) => {
                        card = None;
                        ToReader::Removed
                    }
                },
            }),
            Happened::Command(Ok(None) | Err(_)) => {
                (machine, commands) = (None, None);
                None
            }
        };
        if let (Some(said), Some(to)) = (said, machine.as_mut()) {
            // A machine that is gone is noticed by its reading half.
            let _ = vsc::tell(to, &said).await;
        }
    }
}

async fn greet(machine: &mut Option<OwnedWriteHalf>, atr: Option<Vec<u8>>) -> io::Result<()> {
    let Some(to) = machine else { return Ok(()) };
    vsc::greet(to).await?;
    match atr {
        Some(atr) => vsc::tell(to, &ToReader::Inserted(atr)).await,
        None => Ok(()),
    }
}

/// Reads commands on a task of its own: half a message must not be lost to a `select!`.
fn listen(mut from: OwnedReadHalf) -> mpsc::Receiver<io::Result<Option<Vec<u8>>>> {
    let (sender, commands) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let command = vsc::command(&mut from).await;
            let last = !matches!(command, Ok(Some(_)));
            if sender.send(command).await.is_err() || last {
                return;
            }
        }
    });
    commands
}

async fn next(
    commands: &mut Option<mpsc::Receiver<io::Result<Option<Vec<u8>>>>>,
) -> io::Result<Option<Vec<u8>>> {
    match commands {
        Some(commands) => commands.recv().await.unwrap_or(Ok(None)),
        None => std::future::pending().await,
    }
}

/// Ends when the card is taken away; for ever where none lies. A card speaks only when asked, so
/// anything to be read now is the end of its connection.
async fn lifted(card: Option<&Placed>) {
    match card {
        // An error is an end too. Looked at, not only waited for: readiness may be of the answer
        // that has just been read.
        Some(placed) => drop(placed.stream.peek(&mut [0]).await),
        None => std::future::pending().await,
    }
}

async fn power_up(stream: io::Result<TcpStream>) -> io::Result<Placed> {
    let mut stream = stream?;
    stream.set_nodelay(true)?;
    send(&mut stream, &[POWER_ON]).await?;
    let atr = exchange(&mut stream, &[ASK_ATR]).await?;
    Ok(Placed { stream, atr })
}

async fn exchange(stream: &mut TcpStream, message: &[u8]) -> io::Result<Vec<u8>> {
    send(stream, message).await?;
    let mut length = [0; 2];
    stream.read_exact(&mut length).await?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

async fn send(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend(message);
    stream.write_all(&bytes).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::net::UnixListener;

    /// The next message of type, reader, length and body.
    async fn message(from: &mut UnixStream) -> (u32, Vec<u8>) {
        let mut head = [0; 12];
        let limit = std::time::Duration::from_secs(20);
        tokio::time::timeout(limit, from.read_exact(&mut head))
            .await
            .unwrap()
            .unwrap();
        let length = u32::from_be_bytes(head[8..].try_into().unwrap());
        let mut body = vec![0; length as usize];
        from.read_exact(&mut body).await.unwrap();
        (u32::from_be_bytes(head[..4].try_into().unwrap()), body)
    }

    async fn apdu(to: &mut UnixStream, command: &[u8]) {
        let mut bytes = vec![0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0];
        bytes.push(u8::try_from(command.len()).unwrap());
        bytes.extend(command);
        to.write_all(&bytes).await.unwrap();
    }

    #[tokio::test]
    async fn a_card_is_seen_asked_lifted_and_seen_again_by_another_machine() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("vsc");
        let listener = UnixListener::bind(&socket).unwrap();
        let reader = Reader::start(&folder.path().join("cards"), Latency::NONE)
            .await
            .unwrap();
        reader.attach(&socket).await.unwrap();
        let (mut qemu, _) = listener.accept().await.unwrap();
        assert_eq!(message(&mut qemu).await.0, 1, "its greeting");
        assert_eq!(message(&mut qemu).await.0, 3, "a reader");

        reader.tray().place("normal-adult", 0).unwrap();
        let (kind, atr) = message(&mut qemu).await;
        assert_eq!((kind, atr.is_empty()), (5, false), "a card");
        // SELECT of the JPKI application.
        let select = [
            0, 0xA4, 4, 0x0C, 10, 0xD3, 0x92, 0xF0, 0, 0x26, 1, 0, 0, 0, 1,
        ];
        apdu(&mut qemu, &select).await;
        assert_eq!(message(&mut qemu).await, (7, vec![0x90, 0x00]));
        let state = reader.tray().state(0).unwrap();
        assert!(state.powered && state.noticed, "{state:?}");

        reader.tray().lift(0).unwrap();
        assert_eq!(message(&mut qemu).await.0, 6, "no card");
        apdu(&mut qemu, &select).await;
        assert_eq!(message(&mut qemu).await.0, 2, "nobody answers");

        // A machine that starts while a card lies there meets it.
        reader.tray().place("normal-adult", 0).unwrap();
        assert_eq!(message(&mut qemu).await.0, 5, "a card");
        drop(qemu);
        reader.attach(&socket).await.unwrap();
        let (mut qemu, _) = listener.accept().await.unwrap();
        let kinds = [
            message(&mut qemu).await.0,
            message(&mut qemu).await.0,
            message(&mut qemu).await.0,
        ];
        assert_eq!(kinds, [1, 3, 5]);
    }

    #[tokio::test]
    async fn a_mute_card_is_a_failed_transmission() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("vsc");
        let listener = UnixListener::bind(&socket).unwrap();
        let reader = Reader::start(&folder.path().join("cards"), Latency::NONE)
            .await
            .unwrap();
        reader.attach(&socket).await.unwrap();
        let (mut qemu, _) = listener.accept().await.unwrap();
        reader.tray().place("mute", 0).unwrap();
        for kind in [1, 3, 5] {
            assert_eq!(message(&mut qemu).await.0, kind);
        }
        apdu(&mut qemu, &[0, 0xA4, 4, 0]).await;
        assert_eq!(message(&mut qemu).await.0, 2);
    }
}
