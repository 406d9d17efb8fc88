// SPDX-License-Identifier: MIT OR Apache-2.0
//! A reader played by the test: the driver's end of the wire, byte by byte.

#![allow(dead_code, reason = "each test program uses its part")]

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use tempfile::TempDir;
use uketsuke_virtual_card::latency::Latency;
use uketsuke_virtual_card::tray::{Options, Tray};
use uketsuke_virtual_card::vpcd;

use crate::cards;

const LIMIT: Duration = Duration::from_secs(30);

/// A whole login: what a reader sends, from the selection to the signature.
pub const LOGIN: [&[u8]; 6] = [
    b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01",
    b"\x00\xA4\x02\x0C\x02\x00\x18",
    b"\x00\x20\x00\x80",
    b"\x00\x20\x00\x80\x049999",
    b"\x00\xA4\x02\x0C\x02\x00\x17",
    b"\x80\x2A\x02\x80\x2000000000000000000000000000000000\x00",
];
/// Which of them presents the wrong PIN.
pub const VERIFY: usize = 3;

/// The reader, and the cards that can be laid on it.
pub struct Bed {
    pub tray: Tray,
    pub driver: TcpListener,
    _dir: TempDir,
}

impl Bed {
    pub fn new() -> Self {
        let dir = cards::copied();
        let driver = TcpListener::bind("127.0.0.1:0").unwrap();
        let tray = Tray::start(&Options {
            vpcd: driver.local_addr().unwrap(),
            state: dir.path().to_owned(),
            latency: Latency::NONE,
        })
        .unwrap();
        Self {
            tray,
            driver,
            _dir: dir,
        }
    }

    /// Lays the card down and powers it.
    pub fn place(&self, profile: &str) -> Contact {
        self.tray.place(profile, 0).unwrap();
        self.contact()
    }

    /// The connection of the card that lies there now. One of the card before it may still wait to
    /// be accepted: that card is found again when its reader goes, until it is taken away.
    pub fn contact(&self) -> Contact {
        loop {
            let (stream, _) = self.driver.accept().unwrap();
            stream.set_read_timeout(Some(LIMIT)).unwrap();
            let mut contact = Contact(stream);
            if contact.ask(&[4]).is_some() {
                contact.tell(1);
                return contact;
            }
        }
    }

    pub fn pin(&self) -> (Option<u8>, u64) {
        let state = self.tray.state(0).unwrap();
        (state.pin_tries, state.verifies_wrong)
    }
}

/// The driver's end of the connection.
pub struct Contact(pub TcpStream);

impl Contact {
    pub fn tell(&mut self, control: u8) {
        vpcd::send(&mut self.0, &[control]).unwrap();
    }

    /// The answer; `None` when the card has gone.
    pub fn ask(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        vpcd::send(&mut self.0, message).ok()?;
        let mut length = [0; 2];
        self.0.read_exact(&mut length).ok()?;
        let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
        self.0.read_exact(&mut answer).ok()?;
        Some(answer)
    }

    pub fn login(&mut self) -> Option<Vec<Vec<u8>>> {
        LOGIN.iter().map(|command| self.ask(command)).collect()
    }

    pub fn has_ended(&mut self) -> bool {
        matches!(self.0.read(&mut [0]), Ok(0) | Err(_))
    }
}
