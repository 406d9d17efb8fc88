// SPDX-License-Identifier: MIT OR Apache-2.0
//! A glass driven by another program: the frame in shared memory, touches and what is read over a
//! Unix socket. The bench shows it in a browser; a maker's own display service can do the same.
//!
//! In the configured directory:
//! - `frame`: 64 bytes of header, little-endian — magic `UKFR` (u32), width, height, stride in
//!   bytes (u32 each), sequence (u64, odd while drawing, even when complete), zeros — then
//!   XRGB8888 pixels (bytes B, G, R, X). After a restart it is another file: map it anew after
//!   connecting.
//! - `panel.sock`: lines of JSON. To a client, on connection and at each change, a [`Message`];
//!   from a client a [`Deed`]: `{"touch":{"x":…,"y":…,"phase":"down"|"move"|"up"}}` in pixels of the
//!   frame, or a key of a keypad, `{"key":{"digit":7}}`, `{"key":"next"}`.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::map::Map;
use super::{Output, OutputError, Pixels, Shown, Source, copy};
use crate::input::Deed;
use crate::ui::geometry::Rect;
use crate::ui::scene::TreeNode;

/// Bytes before the pixels.
pub const HEADER: usize = 64;
/// First four bytes of a frame.
pub const MAGIC: [u8; 4] = *b"UKFR";
/// Where the sequence number lies.
const SEQUENCE_AT: usize = 16;
/// Most clients at once; the bench needs one per open page.
const CLIENTS_MAX: usize = 16;
/// A client that leaves this much unread is dropped: it would only ever see the past.
const UNREAD_MAX: usize = 1 << 20;
/// Longest line a client may send.
const LINE_MAX: usize = 4096;

/// What a client is told.
#[derive(Serialize)]
struct Message<'a> {
    sequence: u64,
    damage: Vec<[i32; 4]>,
    view: &'a str,
    view_number: u64,
    language: &'a str,
    contrast: &'a str,
    text: &'a str,
    layout: &'a str,
    tree: Vec<TreeNode>,
}

struct Client {
    stream: UnixStream,
    heard: Vec<u8>,
    unsent: Vec<u8>,
}

/// The frame in shared memory and the clients.
pub struct PanelOutput {
    size: (u32, u32),
    map: Map,
    sequence: u64,
    socket: PathBuf,
    listener: UnixListener,
    clients: Vec<Client>,
}

impl PanelOutput {
    /// Makes `frame` and `panel.sock` in `directory`, which must exist.
    ///
    /// # Errors
    /// When a file cannot be made.
    pub fn new(directory: &Path, size: (u32, u32)) -> Result<Self, OutputError> {
        let path = directory.join("frame");
        let fresh = directory.join("frame.new");
        let length = HEADER + size.0 as usize * size.1 as usize * 4;
        let failed = || OutputError::file("cannot make", &fresh);
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o660)
            .open(&fresh)
            .map_err(failed())?;
        file.set_len(length as u64).map_err(failed())?;
        let mut map = Map::new(&file, length).map_err(failed())?;
        let bytes = map.bytes();
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&size.0.to_le_bytes());
        bytes[8..12].copy_from_slice(&size.1.to_le_bytes());
        bytes[12..16].copy_from_slice(&(size.0 * 4).to_le_bytes());
        // A client that still maps the old file keeps a still picture instead of a broken one.
        std::fs::rename(&fresh, &path).map_err(OutputError::file("cannot rename to", &path))?;
        let socket = directory.join("panel.sock");
        match std::fs::remove_file(&socket) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(OutputError::file("cannot replace", &socket)(error));
            }
            _ => {}
        }
        let listener = UnixListener::bind(&socket)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(OutputError::file("cannot listen on", &socket))?;
        Ok(Self {
            size,
            map,
            sequence: 0,
            socket,
            listener,
            clients: Vec::new(),
        })
    }

    fn mark(&mut self, sequence: u64) {
        self.sequence = sequence;
        let at = self.map.start().as_ptr().wrapping_add(SEQUENCE_AT);
        // SAFETY: inside the mapping (the header is 64 bytes), aligned (mappings begin at a page),
        // and only ever accessed as this atomic by us; readers map it for reading.
        let number = unsafe { AtomicU64::from_ptr(at.cast()) };
        number.store(sequence.to_le(), Ordering::SeqCst);
    }

    fn message(&self, shown: &Shown<'_>, damage: &[Rect]) -> Result<Vec<u8>, OutputError> {
        let picture = (shown.frame.width, shown.frame.height);
        let turn = |rect: &Rect| shown.rotation.rect_to_glass(rect, picture);
        let mut tree = (shown.tree)();
        for node in &mut tree {
            let rect = turn(&Rect::new(node.x, node.y, node.w, node.h));
            (node.x, node.y, node.w, node.h) = (rect.x, rect.y, rect.w, rect.h);
        }
        let message = Message {
            sequence: self.sequence,
            damage: damage
                .iter()
                .map(|rect| {
                    let rect = turn(rect);
                    [rect.x, rect.y, rect.w, rect.h]
                })
                .collect(),
            view: shown.view,
            view_number: shown.view_number,
            language: shown.language,
            contrast: shown.ease.contrast.as_str(),
            text: shown.ease.text.as_str(),
            layout: shown.ease.layout.as_str(),
            tree,
        };
        let mut line = serde_json::to_vec(&message).map_err(|error| {
            OutputError::file("cannot describe the picture on", &self.socket)(error.into())
        })?;
        line.push(b'\n');
        Ok(line)
    }

    fn welcome(&mut self, shown: &Shown<'_>) -> Result<(), OutputError> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) if self.clients.len() < CLIENTS_MAX => {
                    if let Err(error) = stream.set_nonblocking(true) {
                        tracing::warn!(%error, "a panel client could not be served");
                        continue;
                    }
                    let unsent = self.message(shown, &[shown.frame.bounds()])?;
                    let mut client = Client {
                        stream,
                        heard: Vec::new(),
                        unsent,
                    };
                    if client.send() {
                        self.clients.push(client);
                    }
                }
                Ok(_) => tracing::warn!("too many panel clients; the newest is turned away"),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(OutputError::file("cannot accept on", &self.socket)(error));
                }
            }
        }
    }
}

impl Client {
    /// Sends what it can; false when the client is gone or too slow.
    fn send(&mut self) -> bool {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(0) => return false,
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return self.unsent.len() <= UNREAD_MAX;
                }
                Err(_) => return false,
            }
        }
        true
    }

    /// Reads what it does; false when the client is gone or talks nonsense.
    fn hear(&mut self, deeds: &mut Vec<Deed>) -> bool {
        let mut buffer = [0u8; 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return false,
                Ok(read) => self.heard.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(_) => return false,
            }
            while let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                match serde_json::from_slice::<Deed>(&line) {
                    Ok(deed) => deeds.push(deed),
                    Err(error) => {
                        tracing::warn!(%error, "a panel client sent no touch and no key; it is dropped");
                        return false;
                    }
                }
            }
            if self.heard.len() > LINE_MAX {
                tracing::warn!("a panel client sent an endless line; it is dropped");
                return false;
            }
        }
    }
}

impl Output for PanelOutput {
    fn name(&self) -> String {
        format!("panel {}", self.socket.display())
    }

    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn show(&mut self, shown: &Shown<'_>) -> Result<(), OutputError> {
        self.mark(self.sequence + 1);
        let stride = self.size.0 as usize * 4;
        let pixels = &mut self.map.bytes()[HEADER..];
        for rect in shown.damage {
            copy(
                shown.frame,
                rect,
                shown.rotation,
                pixels,
                stride,
                Pixels::Xrgb8888,
            );
        }
        self.mark(self.sequence + 1);
        if !self.clients.is_empty() {
            let message = self.message(shown, shown.damage)?;
            self.clients.retain_mut(|client| {
                client.unsent.extend_from_slice(&message);
                client.send()
            });
        }
        Ok(())
    }

    fn sources(&self) -> Vec<Source<'_>> {
        let listener = Source {
            fd: self.listener.as_fd(),
            write: false,
        };
        let clients = self.clients.iter().map(|client| Source {
            fd: client.stream.as_fd(),
            write: !client.unsent.is_empty(),
        });
        std::iter::once(listener).chain(clients).collect()
    }

    fn attend(&mut self, shown: &Shown<'_>, deeds: &mut Vec<Deed>) -> Result<(), OutputError> {
        self.clients
            .retain_mut(|client| client.send() && client.hear(deeds));
        self.welcome(shown)
    }
}
