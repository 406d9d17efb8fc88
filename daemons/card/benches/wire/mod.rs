// SPDX-License-Identifier: MIT OR Apache-2.0
//! What crosses between reader and card, as the virtual card's log counted it, and the least that
//! can cross.

use std::ops::Add;

use serde_json::json;
use uketsuke_card::apdu::{CHUNK, ISD, JPKI, SIGNATURE_BYTES, SURFACE};
use uketsuke_testkit::bench;
use uketsuke_virtual_card::slot::LogEntry;

/// Bytes of a DigestInfo of SHA-256 (PKCS #1, RFC 8017 §9.2).
const DIGEST_INFO: usize = 19 + 32;
/// Bytes of the label that says what the card is.
const LABEL: usize = 32;

/// Commands, and bytes in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    pub commands: u64,
    /// Whole commands and whole answers, headers and status words included.
    pub bytes: u64,
}

impl Traffic {
    /// What reached the card of these.
    pub fn of(log: &[LogEntry]) -> Self {
        let reached = log.iter().filter(|entry| !entry.sw.is_empty());
        reached.fold(Self::default(), |sum, entry| {
            sum + Self::new(1, entry.bytes + entry.length + 2)
        })
    }

    fn new(commands: usize, bytes: usize) -> Self {
        Self {
            commands: commands as u64,
            bytes: bytes as u64,
        }
    }
}

impl Add for Traffic {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            commands: self.commands + other.commands,
            bytes: self.bytes + other.bytes,
        }
    }
}

/// One command in its shortest form (ISO 7816-4 §5.1) with this much data and this much answer.
fn command(data: usize, answer: usize) -> Traffic {
    let lc = usize::from(data > 0);
    let le = usize::from(answer > 0);
    Traffic::new(1, 4 + lc + data + le + answer + 2)
}

/// A file selected and read to the end of its object.
fn file(length: usize) -> Traffic {
    let parts = (0..length).step_by(CHUNK);
    parts.fold(command(2, 0), |sum, at| {
        sum + command(0, CHUNK.min(length - at))
    })
}

/// The least for certificate, PIN and signature, with this certificate: the issuer domain, which takes
/// back what another program presented, the application, label, certificate, PIN, key.
pub fn least_for_job(certificate: usize, pin: usize) -> Traffic {
    let selected = command(ISD.len(), 0) + command(JPKI.len(), 0);
    let pin = command(2, 0) + command(pin, 0);
    let signature = command(2, 0) + command(DIGEST_INFO, SIGNATURE_BYTES);
    selected + file(LABEL) + file(certificate) + pin + signature
}

/// The least for a photo that can be believed: the application, the number, certificate and record in
/// full, because both signatures are over all of it, and the card's own signature.
pub fn least_for_photo(number: usize, certificate: usize, record: usize) -> Traffic {
    let number = command(2, 0) + command(number, 0);
    let proof = command(DIGEST_INFO, SIGNATURE_BYTES);
    command(SURFACE.len(), 0) + number + file(certificate) + file(record) + proof
}

/// The two rows `NAME_apdusPEER` and `NAME_bytesPEER` of one comparison.
pub struct Rows<'a> {
    pub name: &'a str,
    /// As `_opensc`; empty for the lower bound.
    pub suffix: &'a str,
    pub ours: Traffic,
    pub peer: Traffic,
    pub peer_name: &'a str,
    pub n: usize,
    /// Of both ratios, if there is one.
    pub goal: Option<f64>,
    pub note: &'a str,
}

impl Rows<'_> {
    pub fn print(&self) {
        let Self { name, suffix, .. } = self;
        let both = [
            ("apdus", "commands", self.ours.commands, self.peer.commands),
            ("bytes", "bytes", self.ours.bytes, self.peer.bytes),
        ];
        for (what, unit, ours, peer) in both {
            let ratio = (ours as f64 / peer as f64 * 1000.0).round() / 1000.0;
            bench::row(&json!({
                "name": format!("{name}_{what}{suffix}"),
                "ours": ours, "peer": peer, "peer_name": self.peer_name, "ratio": ratio,
                "unit": unit, "n": self.n, "goal": self.goal, "note": self.note,
            }));
        }
    }
}
