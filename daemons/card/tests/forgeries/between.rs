// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual card without reader and pcscd, and somebody between it and the daemon who changes what
//! it says of itself.

use std::sync::{Arc, Mutex};

use uketsuke_card::apdu::{Command, Response, SURFACE};
use uketsuke_card::link::{Link, LinkError};
use uketsuke_virtual_card::card::Card;

/// EF of the issuer's certificate.
pub const CERTIFICATE: u16 = 0x0004;
/// EF of the record.
pub const RECORD: u16 = 0x0002;

/// What becomes of a file.
#[derive(Clone, Default)]
pub enum File {
    /// Nothing.
    #[default]
    AsItIs,
    /// This bit of it, counted from the first byte's highest, is the other.
    Flipped(usize),
    /// Another one.
    Instead(Vec<u8>),
}

/// What becomes of the card's answer to the challenge.
#[derive(Clone, Default)]
pub enum Proof {
    /// Nothing.
    #[default]
    AsItIs,
    /// This bit of it is the other.
    Flipped(usize),
    /// It is cut to so many bytes.
    Cut(usize),
    /// Other bytes.
    Instead(Vec<u8>),
    /// The card is asked for another kind of signature (P1), over the `DigestInfo` or over the bare
    /// challenge.
    Scheme(u8, Over),
    /// Another card answers.
    By(Arc<Mutex<Card>>),
}

/// What [`Proof::Scheme`] signs.
#[derive(Clone, Copy, Debug)]
pub enum Over {
    Info,
    Challenge,
}

/// Everything that is changed.
#[derive(Clone, Default)]
pub struct Lies {
    pub certificate: File,
    pub record: File,
    pub proof: Proof,
}

/// The link with somebody in it.
#[derive(Clone)]
pub struct Between {
    pub card: Arc<Mutex<Card>>,
    pub lies: Arc<Mutex<Lies>>,
    /// The last answer to a challenge, as the card gave it.
    pub proved: Arc<Mutex<Vec<u8>>>,
    /// File of the card face that is selected.
    file: Option<u16>,
    surface: bool,
}

impl Between {
    pub fn new(card: Arc<Mutex<Card>>) -> Self {
        Self {
            card,
            lies: Arc::default(),
            proved: Arc::default(),
            file: None,
            surface: false,
        }
    }

    fn ask(&self, bytes: &[u8]) -> Vec<u8> {
        ask(&self.card, bytes)
    }

    /// READ BINARY of a file that is lied about.
    fn read(&self, lie: &File, bytes: &[u8]) -> Vec<u8> {
        let from = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
        match lie {
            File::AsItIs => self.ask(bytes),
            File::Flipped(bit) => {
                let mut answer = self.ask(bytes);
                let data = answer.len() - 2;
                if let Some(at) = (bit / 8).checked_sub(from).filter(|at| *at < data) {
                    answer[at] ^= 0x80 >> (bit % 8);
                }
                answer
            }
            File::Instead(file) => {
                let wanted = match bytes[4] {
                    0 => 256,
                    some => usize::from(some),
                };
                match file.get(from..).filter(|rest| !rest.is_empty()) {
                    Some(rest) => [&rest[..rest.len().min(wanted)], &[0x90, 0x00]].concat(),
                    None => vec![0x6B, 0x00],
                }
            }
        }
    }

    /// The answer to a challenge, whose command is `bytes`.
    fn prove(&self, lie: &Proof, bytes: &[u8]) -> Vec<u8> {
        let good = |data: &[u8]| [data, &[0x90, 0x00]].concat();
        match lie {
            Proof::AsItIs => self.ask(bytes),
            Proof::Flipped(bit) => {
                let mut answer = self.ask(bytes);
                answer[bit / 8] ^= 0x80 >> (bit % 8);
                answer
            }
            Proof::Cut(length) => good(&self.ask(bytes)[..*length]),
            Proof::Instead(data) => good(data),
            Proof::Scheme(p1, over) => {
                let info = &bytes[5..bytes.len() - 1];
                let data = match over {
                    Over::Info => info,
                    Over::Challenge => &info[info.len() - 32..],
                };
                let lc = u8::try_from(data.len()).expect("a short command");
                let header = [0x80, 0x2A, *p1, 0x00, lc];
                self.ask(&[&header[..], data, &[0x00]].concat())
            }
            Proof::By(other) => {
                let selected = ask(
                    other,
                    &[&[0x00, 0xA4, 0x04, 0x0C, 0x0A][..], SURFACE].concat(),
                );
                assert_eq!(selected, [0x90, 0x00]);
                ask(other, bytes)
            }
        }
    }
}

/// One command and its answer.
pub fn ask(card: &Mutex<Card>, bytes: &[u8]) -> Vec<u8> {
    let (answer, failure) = card.lock().unwrap().transmit(bytes);
    assert!(failure.is_none());
    answer.into_bytes()
}

impl Link for Between {
    async fn transmit(&mut self, command: &Command) -> Result<Response, LinkError> {
        let bytes = command.bytes();
        let lies = self.lies.lock().unwrap().clone();
        let answer = match (bytes, self.file) {
            ([0x00, 0xA4, 0x04, ..], _) => {
                self.surface = bytes.ends_with(SURFACE);
                self.file = None;
                self.ask(bytes)
            }
            ([0x00, 0xA4, 0x02, 0x0C, 0x02, high, low], _) => {
                let file = u16::from_be_bytes([*high, *low]);
                self.file = self.surface.then_some(file);
                self.ask(bytes)
            }
            ([0x00, 0xB0, ..], Some(CERTIFICATE)) => self.read(&lies.certificate, bytes),
            ([0x00, 0xB0, ..], Some(RECORD)) => self.read(&lies.record, bytes),
            ([0x80, 0x2A, 0x00, 0x00, ..], _) => {
                let answer = self.prove(&lies.proof, bytes);
                *self.proved.lock().unwrap() = answer[..answer.len() - 2].to_vec();
                answer
            }
            _ => self.ask(bytes),
        };
        Response::parse(&answer).ok_or(LinkError::Malformed)
    }

    async fn power_down(self) -> Result<(), LinkError> {
        self.card.lock().unwrap().power_cycle();
        Ok(())
    }
}
