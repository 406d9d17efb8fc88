// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card for the daemon's session, and the way to it: a genuine card whose every answer the fuzzer may
//! bend, and a wire that keeps what went over it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uketsuke_card::apdu::{ANSWER_BYTES, Command, ISD, JPKI, Response, SURFACE, Sw};
use uketsuke_card::link::{Link, LinkError};

use crate::face::FACE;
use crate::input::Input;
use crate::key::BYTES;

/// The PIN of the card.
pub const PIN: [u8; 4] = *b"1234";
/// Its 照合番号B.
pub const REFERENCE: [u8; 14] = *b"55021720352285";

/// EF 000A of the official test card, whose holder is nobody.
const CERTIFICATE_OF_NOBODY: &[u8] =
    include_bytes!("../../card/fixtures/myna-card/jpki-auth-cert.der");

/// Files that are asked for, by application and identifier.
const LABEL: (&[u8], u16) = (JPKI, 0x0006);
const CERTIFICATE: (&[u8], u16) = (JPKI, 0x000A);
const KEY: (&[u8], u16) = (JPKI, 0x0017);
/// File of the PIN.
pub const PIN_FILE: (&[u8], u16) = (JPKI, 0x0018);
/// File of 照合番号B.
pub const REFERENCE_FILE: (&[u8], u16) = (SURFACE, 0x0012);
const ISSUER: (&[u8], u16) = (SURFACE, 0x0004);
const RECORD: (&[u8], u16) = (SURFACE, 0x0002);

/// One exchange as the wire saw it.
pub struct Exchange {
    /// The command.
    pub command: Vec<u8>,
    /// What was selected when it came.
    pub at: (&'static [u8], u16),
    /// The status word that the daemon got; none where it got no answer.
    pub answer: Option<u16>,
    /// The data that came with it.
    pub data: Vec<u8>,
}

/// The card, and what happened to it.
pub struct Card {
    input: Input,
    label: Vec<u8>,
    certificate: Vec<u8>,
    issuer: Vec<u8>,
    record: Vec<u8>,
    pin_tries: u8,
    reference_tries: u8,
    /// Most bytes an answer to READ BINARY brings.
    piece: usize,
    at: (&'static [u8], u16),
    pin_presented: bool,
    reference_presented: bool,
    /// What waits for GET RESPONSE.
    waiting: Vec<u8>,
    /// Whether it has power.
    pub powered: bool,
    /// Everything since it was placed.
    pub seen: Vec<Exchange>,
}

impl Card {
    /// The card that these bytes describe; with none of them a genuine one.
    #[must_use]
    pub fn new(mut input: Input) -> Self {
        let labels: [&[u8]; 5] = [
            b"JPKIAPICCTOKEN2",
            b"JPKIAPGPSETOKEN",
            b"JPKIAPIOSTOKEN",
            b"JPKIAPICCTOKEN",
            b"",
        ];
        let mut label = labels[usize::from(input.below(5))].to_vec();
        label.resize(32, b' ');
        Self {
            label: spoilt(label, &mut input),
            certificate: spoilt(CERTIFICATE_OF_NOBODY.to_vec(), &mut input),
            issuer: spoilt(FACE.certificate.clone(), &mut input),
            record: spoilt(FACE.record.clone(), &mut input),
            pin_tries: 3 - input.below(4),
            reference_tries: 10 - input.below(11),
            piece: usize::from(input.u8()).wrapping_sub(1),
            at: (&[], 0),
            pin_presented: false,
            reference_presented: false,
            waiting: Vec::new(),
            powered: false,
            seen: Vec::new(),
            input,
        }
    }

    /// What the card would say of itself.
    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        let (header, data) = (&command[..4], command.get(5..).unwrap_or_default());
        let waiting = std::mem::take(&mut self.waiting);
        match *header {
            [0x00, 0xA4, 0x04, 0x0C] => self.application(data),
            [0x00, 0xA4, 0x02, 0x0C] => {
                self.at.1 = u16::from_be_bytes([data[0], data[1]]);
                status(0x9000)
            }
            [0x00, 0xB0, high, low] => {
                let offset = usize::from(u16::from_be_bytes([high, low]));
                self.read(offset, command[4])
            }
            [0x00, 0x20, 0x00, 0x80] => self.verify(data),
            [0x80, 0x2A, 0x00, 0x80] if self.at == KEY && self.pin_presented => {
                [vec![0x5A; BYTES], status(0x9000)].concat()
            }
            [0x80, 0x2A, 0x00, 0x00] if self.at.0 == SURFACE => {
                [FACE.answer.clone(), status(0x9000)].concat()
            }
            [0x00, 0xC0, 0x00, 0x00] if !waiting.is_empty() => {
                let count = match command[4] {
                    0 => 256,
                    count => usize::from(count),
                };
                let (now, later) = waiting.split_at(count.min(waiting.len()));
                self.waiting = later.to_vec();
                [now, &still(later.len())].concat()
            }
            _ => status(0x6982),
        }
    }

    fn application(&mut self, name: &[u8]) -> Vec<u8> {
        let known = [ISD, JPKI, SURFACE]
            .into_iter()
            .find(|known| *known == name);
        let Some(name) = known else {
            return status(0x6A82);
        };
        self.at = (name, 0);
        (self.pin_presented, self.reference_presented) = (false, false);
        status(0x9000)
    }

    fn read(&self, offset: usize, le: u8) -> Vec<u8> {
        let file = match self.at {
            LABEL => &self.label,
            CERTIFICATE => &self.certificate,
            ISSUER => &self.issuer,
            RECORD if self.reference_presented => &self.record,
            RECORD => return status(0x6982),
            _ => return status(0x6981),
        };
        let count = if le == 0 { 256 } else { usize::from(le) };
        match file.get(offset..) {
            None => status(0x6B00),
            Some(rest) => {
                let count = count.min(rest.len()).min(self.piece);
                [&rest[..count], &status(0x9000)].concat()
            }
        }
    }

    fn verify(&mut self, secret: &[u8]) -> Vec<u8> {
        let (right, most, tries, presented): (&[u8], _, _, _) = match self.at {
            PIN_FILE => (&PIN, 3, &mut self.pin_tries, &mut self.pin_presented),
            REFERENCE_FILE => (
                &REFERENCE,
                10,
                &mut self.reference_tries,
                &mut self.reference_presented,
            ),
            _ => return status(0x6981),
        };
        if *tries == 0 {
            return status(0x6984);
        }
        if secret.is_empty() {
            return status(0x63C0 | u16::from(*tries));
        }
        *presented = secret == right;
        if *presented {
            *tries = most;
            return status(0x9000);
        }
        *tries -= 1;
        status(0x63C0 | u16::from(*tries))
    }

    /// What arrives of an answer; none that never does.
    fn bent(&mut self, mut answer: Vec<u8>) -> Option<Result<Vec<u8>, LinkError>> {
        let data = answer.len() - 2;
        match self.input.below(16) {
            1 => {
                let [high, low] = self.input.u16().to_be_bytes();
                answer.splice(data.., [high, low]);
            }
            2 => {
                let place = usize::from(self.input.u16()) % answer.len();
                answer[place] ^= self.input.u8();
            }
            3 => answer.truncate(usize::from(self.input.u16()) % answer.len()),
            4 => {
                let count = usize::from(self.input.u8());
                let more = self.input.bytes(count);
                answer.splice(data..data, more);
            }
            5 => {
                let count = usize::from(self.input.u16()) % (ANSWER_BYTES + 3);
                answer = self.input.bytes(count);
            }
            6 => return Some(Err(lost(self.input.below(5)))),
            7 => return None,
            // The rest is fetched by GET RESPONSE.
            8 => {
                let now = usize::from(self.input.u8()).min(data);
                self.waiting = answer[now..data].to_vec();
                answer = [&answer[..now], &still(self.waiting.len())].concat();
            }
            // Another length would have been right.
            9 => answer = vec![0x6C, self.input.u8()],
            _ => {}
        }
        Some(Ok(answer))
    }
}

fn lost(how: u8) -> LinkError {
    match how {
        0 => LinkError::Removed,
        1 => LinkError::ReaderGone,
        2 => LinkError::ServiceAway,
        3 => LinkError::Held,
        _ => LinkError::Failed("lost on the way".into()),
    }
}

/// A file with some bytes altered, or other bytes in its place.
fn spoilt(mut file: Vec<u8>, input: &mut Input) -> Vec<u8> {
    match input.below(8) {
        1 => {
            for _ in 0..=input.below(4) {
                let place = usize::from(input.u16()) % file.len();
                file[place] ^= input.u8();
            }
        }
        2 => file.truncate(usize::from(input.u16()) % file.len()),
        3 => {
            let count = usize::from(input.u16());
            file = input.bytes(count);
        }
        // A head that promises much, and a file that keeps it.
        4 => {
            let count = usize::from(input.u8());
            let head = input.bytes(count);
            let (byte, behind) = (input.u8(), usize::from(input.u16()));
            file = [head, vec![byte; behind]].concat();
        }
        _ => {}
    }
    file
}

fn status(word: u16) -> Vec<u8> {
    word.to_be_bytes().to_vec()
}

fn still(waiting: usize) -> Vec<u8> {
    match waiting {
        0 => status(0x9000),
        more => vec![0x61, u8::try_from(more).unwrap_or(0)],
    }
}

/// The way to a card. Several follow one another, as the daemon powers the card up again.
pub struct Wire(Arc<Mutex<Card>>);

impl Wire {
    /// Powers the card.
    #[must_use]
    pub fn to(card: &Arc<Mutex<Card>>) -> Self {
        let wire = Self(Arc::clone(card));
        {
            let mut card = wire.card();
            assert!(!card.powered, "two hold the card");
            card.powered = true;
            card.at = (&[], 0);
        }
        wire
    }

    fn card(&self) -> MutexGuard<'_, Card> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exchange(&self, command: &[u8]) -> Option<Result<Response, LinkError>> {
        let mut card = self.card();
        let at = card.at;
        let answer = card.answer(command);
        let answer = card.bent(answer);
        let answer = answer.map(|answer| {
            // As the real way does it.
            answer.and_then(|raw| Response::parse(&raw).ok_or(LinkError::Malformed))
        });
        let got = answer.as_ref().and_then(|answer| answer.as_ref().ok());
        let (word, data) = got
            .map(|Response { sw: Sw(word), data }| (*word, data.to_vec()))
            .unzip();
        card.seen.push(Exchange {
            command: command.to_vec(),
            at,
            answer: word,
            data: data.unwrap_or_default(),
        });
        answer
    }
}

impl Link for Wire {
    async fn transmit(&mut self, command: &Command) -> Result<Response, LinkError> {
        match self.exchange(command.bytes()) {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }

    async fn power_down(self) -> Result<(), LinkError> {
        let how = self.card().input.below(8);
        match how {
            1 => Err(LinkError::ReaderGone),
            2 => std::future::pending().await,
            _ => Ok(()),
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let mut card = self.card();
        card.powered = false;
        (card.pin_presented, card.reference_presented) = (false, false);
    }
}
