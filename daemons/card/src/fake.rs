// SPDX-License-Identifier: MIT OR Apache-2.0
//! A scripted card and slot for tests: the JPKI application as far as a check-in goes, and one fault
//! at one command.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;
use tokio::time::Instant;
use uketsuke_bus::card1::Role;
use zeroize::Zeroizing;

use crate::apdu::{ANSWER_BYTES, Command, ISD, JPKI, Response};
use crate::link::{Insertion, Link, LinkError, Slot, Slots, Snapshot};

/// Name of the fake slot for cards.
pub const SLOT: &str = "Fake slot 00";
/// Name of the fake slot for phones. What lies there is the same card.
pub const PHONE_SLOT: &str = "Fake slot 01";

const CARD: &[u8] = b"JPKIAPICCTOKEN2                 ";
/// Label of an Android phone.
pub const ANDROID: &[u8] = b"JPKIAPGPSETOKEN                 ";
/// Label of an iPhone.
pub const IPHONE: &[u8] = b"JPKIAPIOSTOKEN                  ";

/// What goes wrong at one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The card is lifted before it sees the command.
    LiftBefore,
    /// The card is lifted after it did what it was told; the answer is lost.
    LiftAfter,
    /// The reader is unplugged before the command.
    UnplugBefore,
    /// The exchange fails before the card sees the command; the card stays.
    LostBefore,
    /// The answer is lost; the card stays.
    LostAfter,
    /// The card does what it was told and never answers again.
    Mute,
    /// The status word is nonsense.
    Garbled,
    /// The answer has one byte.
    Short,
    /// The answer broke off where its data reads like `6C10`, "the right length is 16".
    Torn,
    /// The answer is longer than the short form allows.
    Long,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 10] = [
        Self::LiftBefore,
        Self::LiftAfter,
        Self::UnplugBefore,
        Self::LostBefore,
        Self::LostAfter,
        Self::Mute,
        Self::Garbled,
        Self::Short,
        Self::Torn,
        Self::Long,
    ];

    /// Whether the card sees the command.
    pub fn reaches_the_card(self) -> bool {
        !matches!(
            self,
            Self::LiftBefore | Self::UnplugBefore | Self::LostBefore
        )
    }
}

/// The card and what happened to it.
pub struct State {
    pub label: &'static [u8],
    pub certificate: Option<Vec<u8>>,
    pub isd: u16,
    pub jpki: u16,
    pub tries: u8,
    pub first_is_internal: bool,
    /// Commands seen since the last power-up, bytes included.
    pub seen: Vec<Vec<u8>>,
    /// VERIFYs with data over the whole life.
    pub verifies: u32,
    pub powered: bool,
    pub unlocked: bool,
    pub connects: u32,
    /// Counted down over the whole life; fires once at 0.
    pub fault: Option<(usize, Fault)>,
    /// Every command is answered like this from now on.
    pub dead: bool,
    /// The holder has unlocked the phone.
    pub held_unlocked: bool,
    /// Calls at this slot do not return, since this moment.
    pub hung: Option<(&'static str, Instant)>,
    file: u16,
    insertions: u32,
    generation: u64,
    /// What lies on each slot that is plugged in.
    slots: BTreeMap<&'static str, Option<Insertion>>,
}

/// Handle on the fake; clones share the card.
#[derive(Clone)]
pub struct Fake {
    state: Arc<Mutex<State>>,
    slots: watch::Sender<Snapshot>,
}

impl Fake {
    /// A working card in a hand above an empty slot. PIN 1234.
    pub fn new() -> Self {
        let state = State {
            label: CARD,
            certificate: Some(sample_certificate(b"JPKI")),
            isd: 0x9000,
            jpki: 0x9000,
            tries: 3,
            first_is_internal: false,
            seen: Vec::new(),
            verifies: 0,
            powered: false,
            unlocked: false,
            connects: 0,
            fault: None,
            dead: false,
            held_unlocked: true,
            hung: None,
            file: 0,
            insertions: 0,
            generation: 1,
            slots: BTreeMap::from([(SLOT, None)]),
        };
        let empty = state.snapshot();
        Self {
            state: Arc::new(Mutex::new(state)),
            slots: watch::Sender::new(empty),
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no test panics while it holds the lock")
    }

    pub fn snapshots(&self) -> watch::Receiver<Snapshot> {
        self.slots.subscribe()
    }

    pub fn place(&self) {
        self.place_on(SLOT);
    }

    pub fn place_on(&self, slot: &'static str) {
        let mut state = self.state();
        state.insertions += 1;
        let insertion = (state.generation, state.insertions);
        state.slots.insert(slot, Some(insertion));
        self.tell(&state);
    }

    pub fn lift(&self) {
        self.lift_from(SLOT);
    }

    pub fn lift_from(&self, slot: &'static str) {
        self.power_off();
        let mut state = self.state();
        state.slots.insert(slot, None);
        self.tell(&state);
    }

    /// Takes the whole reader for cards away, or puts it back empty.
    pub fn unplug(&self) {
        self.power_off();
        let mut state = self.state();
        state.slots.remove(SLOT);
        self.tell(&state);
    }

    pub fn plug(&self) {
        self.plug_in(SLOT);
    }

    pub fn plug_in(&self, slot: &'static str) {
        let mut state = self.state();
        state.generation += 1;
        state.slots.insert(slot, None);
        self.tell(&state);
    }

    /// Calls at `slot` do not return, for a minute already.
    pub fn hang(&self, slot: &'static str) {
        let long = std::time::Duration::from_secs(60);
        let since = Instant::now().checked_sub(long);
        self.state().hung = Some((slot, since.expect("the machine is up for a minute")));
    }

    /// They do again.
    pub fn unhang(&self) {
        self.state().hung = None;
    }

    fn power_off(&self) {
        let mut state = self.state();
        state.powered = false;
        state.unlocked = false;
    }

    fn tell(&self, state: &State) {
        self.slots.send_replace(state.snapshot());
    }
}

impl Slots for Fake {
    type Card = FakeCard;

    async fn connect(&self, slot: &str) -> Result<FakeCard, LinkError> {
        if self.state().hangs(slot) {
            return std::future::pending().await;
        }
        let mut state = self.state();
        match state.slots.get(slot) {
            None => return Err(LinkError::ReaderGone),
            Some(None) => return Err(LinkError::Removed),
            Some(Some(_)) => {}
        }
        state.connects += 1;
        state.powered = true;
        state.seen.clear();
        state.file = 0;
        Ok(FakeCard {
            fake: self.clone(),
            slot: slot.to_owned(),
        })
    }

    fn abandoned(&self, slot: &str) -> Option<Instant> {
        let state = self.state();
        state.hung.filter(|hung| hung.0 == slot).map(|hung| hung.1)
    }
}

/// A connection to the fake card.
pub struct FakeCard {
    fake: Fake,
    slot: String,
}

impl Link for FakeCard {
    async fn transmit(&mut self, command: &Command) -> Result<Response, LinkError> {
        if self.fake.state().hangs(&self.slot) {
            return std::future::pending().await;
        }
        let fault = {
            let mut state = self.fake.state();
            if !state.powered {
                return Err(LinkError::Removed);
            }
            match &mut state.fault {
                Some((0, fault)) => {
                    let fault = *fault;
                    state.fault = None;
                    Some(fault)
                }
                Some((after, _)) => {
                    *after -= 1;
                    None
                }
                None => None,
            }
        };
        let mut answer = match fault {
            Some(fault) if !fault.reaches_the_card() => Vec::new(),
            _ => self.fake.state().answer(command.bytes()),
        };
        match fault {
            Some(Fault::LiftBefore | Fault::LiftAfter) => {
                let phone = self.slot == PHONE_SLOT;
                self.fake.lift_from(if phone { PHONE_SLOT } else { SLOT });
                return Err(LinkError::Failed("lifted".into()));
            }
            Some(Fault::UnplugBefore) => {
                self.fake.unplug();
                return Err(LinkError::ReaderGone);
            }
            Some(Fault::LostBefore | Fault::LostAfter) => {
                return Err(LinkError::Failed("lost".into()));
            }
            Some(Fault::Mute) => self.fake.state().dead = true,
            Some(Fault::Garbled) => answer = vec![0x12, 0x34],
            Some(Fault::Short) => answer.truncate(1),
            Some(Fault::Torn) => answer = vec![0xA5, 0x6C, 0x10],
            Some(Fault::Long) => answer.resize(ANSWER_BYTES + 1, 0),
            None => {}
        }
        if self.fake.state().dead {
            return std::future::pending().await;
        }
        Response::parse(&answer).ok_or(LinkError::Malformed)
    }

    async fn power_down(self) -> Result<(), LinkError> {
        Ok(())
    }
}

impl Drop for FakeCard {
    fn drop(&mut self) {
        self.fake.power_off();
    }
}

impl State {
    fn snapshot(&self) -> Snapshot {
        let slot = |(name, card): (&&str, &Option<Insertion>)| Slot {
            role: if *name == SLOT {
                Role::Card
            } else {
                Role::Phone
            },
            name: (*name).to_owned(),
            card: *card,
        };
        Snapshot {
            slots: self.slots.iter().map(slot).collect(),
        }
    }

    fn hangs(&self, slot: &str) -> bool {
        self.hung.is_some_and(|hung| hung.0 == slot)
    }

    /// Whether the key signs.
    fn is_open(&self) -> bool {
        self.unlocked || (self.label == IPHONE && self.held_unlocked)
    }

    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        self.seen.push(command.to_vec());
        if std::mem::take(&mut self.first_is_internal) {
            return sw(0x6F00);
        }
        match command {
            [0x00, 0xA4, 0x04, 0x0C, _, name @ ..] if name == ISD => sw(self.isd),
            [0x00, 0xA4, 0x04, 0x0C, _, name @ ..] if name == JPKI => sw(self.jpki),
            [0x00, 0xA4, 0x02, 0x0C, 0x02, high, low] => {
                self.file = u16::from_be_bytes([*high, *low]);
                let absent = self.file == 0x000A && self.certificate.is_none();
                sw(if absent { 0x6A82 } else { 0x9000 })
            }
            [0x00, 0xB0, high, low, count] => self.read(u16::from_be_bytes([*high, *low]), *count),
            [0x00, 0x20, 0x00, 0x80] => sw(0x63C0 | u16::from(self.tries)),
            [0x00, 0x20, 0x00, 0x80, 0x04, pin @ ..] => self.verify(pin),
            [0x80, 0x2A, 0x00, 0x80, 0x33, ..] if self.is_open() && self.file == 0x0017 => {
                let mut signature = vec![0x5A; 256];
                signature.extend(sw(0x9000));
                signature
            }
            [0x80, 0x2A, ..] => sw(0x6982),
            _ => sw(0x6D00),
        }
    }

    fn read(&self, offset: u16, count: u8) -> Vec<u8> {
        let content = match self.file {
            0x0006 => self.label,
            0x000A if self.label != CARD && !self.is_open() => return sw(0x6982),
            0x000A => self.certificate.as_deref().unwrap_or_default(),
            _ => return sw(0x6986),
        };
        let wanted = if count == 0 { 256 } else { usize::from(count) };
        let from = usize::from(offset).min(content.len());
        let mut answer = content[from..(from + wanted).min(content.len())].to_vec();
        answer.extend(sw(0x9000));
        answer
    }

    fn verify(&mut self, pin: &[u8]) -> Vec<u8> {
        self.verifies += 1;
        if self.file != 0x0018 {
            return sw(0x6981);
        }
        if self.tries == 0 {
            return sw(0x6984);
        }
        if pin == b"1234" {
            self.tries = 3;
            self.unlocked = true;
            return sw(0x9000);
        }
        self.tries -= 1;
        self.unlocked = false;
        sw(0x63C0 | u16::from(self.tries))
    }
}

fn sw(value: u16) -> Vec<u8> {
    value.to_be_bytes().to_vec()
}

/// Enough of a certificate for the daemon: 1590 bytes, with this organisation as issuer.
pub fn sample_certificate(organization: &[u8]) -> Vec<u8> {
    let object = |tag: u8, content: Vec<u8>| {
        let mut out = vec![tag];
        match content.len() {
            short @ ..=0x7F => out.push(short as u8),
            middle @ ..=0xFF => out.extend([0x81, middle as u8]),
            long => {
                out.push(0x82);
                out.extend((long as u16).to_be_bytes());
            }
        }
        out.extend(content);
        out
    };
    let name = object(
        0x30,
        object(
            0x31,
            object(
                0x30,
                [
                    vec![0x06, 3, 0x55, 4, 0x0A],
                    object(0x13, organization.to_vec()),
                ]
                .concat(),
            ),
        ),
    );
    let tbs = object(
        0x30,
        [
            vec![0xA0, 3, 2, 1, 2, 0x02, 1, 7, 0x30, 0],
            name,
            vec![0x30, 0],
        ]
        .concat(),
    );
    let filler = 1590 - 4 - tbs.len() - 4;
    let whole = object(0x30, [tbs, object(0x03, vec![0; filler])].concat());
    assert_eq!(whole.len(), 1590);
    whole
}

/// [`sample_certificate`] as the daemon holds it.
pub fn held(der: &[u8]) -> crate::certificate::Certificate {
    crate::certificate::Certificate::new(Zeroizing::new(der.to_vec())).expect("built to be one")
}
