// SPDX-License-Identifier: MIT OR Apache-2.0
//! One slot of the virtual reader: what lies on it, and the thread that talks to pcscd for it.
//!
//! A card on the slot is a TCP connection to the driver; without one the slot is empty. When pcscd
//! goes away the card stays where it is and is found again by the next pcscd.

use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::linux::net::TcpStreamExt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::apdu::Command;
use crate::atr::{self, Choice};
use crate::card::{Behaviour, Card};
use crate::fault::{self, Armed, Kind as Fault};
use crate::files::AUTH_PIN;
use crate::latency::Latency;
use crate::memory::Memory;
use crate::profile::{Kind, Profile};
use crate::vpcd::{self, Message};

/// Pause between attempts to reach a pcscd that is not there.
const RETRY: Duration = Duration::from_millis(50);
/// Limit of one attempt.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// One command and its answer, without data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Class, two hexadecimal digits.
    pub cla: String,
    /// Instruction, two hexadecimal digits.
    pub ins: String,
    /// First parameter, two hexadecimal digits.
    pub p1: String,
    /// Second parameter, two hexadecimal digits.
    pub p2: String,
    /// Bytes of the whole command, as they came.
    pub bytes: usize,
    /// Bytes of data in the command.
    pub lc: usize,
    /// Bytes asked for, if any.
    pub le: Option<usize>,
    /// Bytes of data in the card's answer.
    pub length: usize,
    /// The card's status word, four hexadecimal digits; empty when the command did not reach the card.
    pub sw: String,
    /// Milliseconds from the command's arrival to the answer's leaving.
    pub ms: u64,
    /// The same in microseconds, for sums over many commands.
    pub us: u64,
    /// The command's arrival on the machine's monotonic clock, in microseconds.
    pub at_us: u64,
    /// Whether an answer left for the reader.
    pub answered: bool,
}

/// State of a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Whether a card lies there.
    pub placed: bool,
    /// The card that lies there, or lay there last.
    pub profile: Option<String>,
    /// Whether pcscd's driver has been reached.
    pub connected: bool,
    /// Whether the card has power.
    pub powered: bool,
    /// Whether this pcscd has powered the card at least once, which it does when it notices it. It
    /// takes the power away again after some seconds without a client.
    pub noticed: bool,
    /// Tries left of that card's 利用者証明用 PIN; `None` for a card without one.
    pub pin_tries: Option<u8>,
    /// VERIFY commands with data on that PIN since the card's last reset to its first state.
    pub verifies: u64,
    /// Those that did not succeed.
    pub verifies_wrong: u64,
    /// Commands since the card was placed.
    pub apdus: u64,
    /// Answer to reset chosen for the slot, by name; `None` where cards give their own.
    pub atr: Option<String>,
}

/// The connection, with each segment acknowledged as it comes. The driver sends the length and the
/// body of a message in two writes and holds the second back until the first is acknowledged, which
/// a receiver otherwise puts off for 40 ms: three times what a card takes for an instruction.
struct Prompt(TcpStream);

impl Read for Prompt {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // The kernel forgets it again, so it is set each time.
        self.0.set_quickack(true)?;
        self.0.read(buffer)
    }
}

/// A card on the slot, and where its counters are even after it is gone.
struct Lying {
    profile: &'static Profile,
    memory: Arc<Mutex<Memory>>,
    /// `None` once it was taken away.
    card: Option<Card>,
}

struct Shared {
    lying: Option<Lying>,
    /// Grows with every placing and lifting, so that the thread sees that its card is not the one.
    generation: u64,
    connection: Option<TcpStream>,
    powered: bool,
    noticed: bool,
    log: Vec<LogEntry>,
    fault: Option<Armed>,
    atr: Choice,
    /// What a card draws anew whenever it gets power.
    pupi: [u8; 4],
    latency: Latency,
    closing: bool,
}

/// One slot.
pub struct Slot {
    address: SocketAddr,
    shared: Mutex<Shared>,
    changed: Condvar,
}

impl Slot {
    /// An empty slot whose driver listens at `address`.
    pub fn new(address: SocketAddr, latency: Latency) -> Self {
        let shared = Shared {
            lying: None,
            generation: 0,
            connection: None,
            powered: false,
            noticed: false,
            log: Vec::new(),
            fault: None,
            atr: Choice::Own,
            pupi: atr::new_pupi(),
            latency,
            closing: false,
        };
        Self {
            address,
            shared: Mutex::new(shared),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Every change is whole before anything that could panic.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the card on the slot, in the place of one that may lie there.
    pub fn place(&self, profile: &'static Profile, memory: Arc<Mutex<Memory>>, card: Card) {
        let mut shared = self.lock();
        self.remove(&mut shared);
        shared.lying = Some(Lying {
            profile,
            memory,
            card: Some(card),
        });
        shared.log.clear();
    }

    /// Takes the card away, if one lies there.
    pub fn lift(&self) {
        self.remove(&mut self.lock());
    }

    fn remove(&self, shared: &mut Shared) {
        if let Some(lying) = &mut shared.lying {
            lying.card = None;
        }
        shared.generation += 1;
        shared.powered = false;
        shared.noticed = false;
        if let Some(connection) = shared.connection.take() {
            // Fails only when the other end has closed it already.
            let _ = connection.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }

    /// Arms a fault, or with `None` takes back one that is armed.
    pub fn set_fault(&self, fault: Option<Armed>) {
        self.lock().fault = fault;
    }

    /// Sets which answer to reset cards on this slot give. pcscd asks again at the next power-on.
    pub fn set_atr(&self, choice: Choice) {
        self.lock().atr = choice;
    }

    /// Sets how long commands take from now on.
    pub fn set_latency(&self, latency: Latency) {
        self.lock().latency = latency;
    }

    /// Changes the switches of the card that lies there.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        if let Some(card) = self
            .lock()
            .lying
            .as_mut()
            .and_then(|lying| lying.card.as_mut())
        {
            *card.behaviour_mut() = behaviour;
        }
    }

    /// Commands since the card was placed.
    pub fn log(&self) -> Vec<LogEntry> {
        self.lock().log.clone()
    }

    /// State of the slot and of the card that lies or lay there.
    pub fn state(&self) -> State {
        let shared = self.lock();
        let mut state = State {
            placed: shared
                .lying
                .as_ref()
                .is_some_and(|lying| lying.card.is_some()),
            profile: shared
                .lying
                .as_ref()
                .map(|lying| lying.profile.name.to_owned()),
            connected: shared.connection.is_some(),
            powered: shared.powered,
            noticed: shared.noticed,
            pin_tries: None,
            verifies: 0,
            verifies_wrong: 0,
            apdus: shared
                .log
                .iter()
                .filter(|entry| !entry.sw.is_empty())
                .count() as u64,
            atr: shared.atr.name().map(str::to_owned),
        };
        if let Some(lying) = &shared.lying {
            let memory = lying.memory.lock().unwrap_or_else(PoisonError::into_inner);
            let content = memory.content();
            state.pin_tries = content.pins.get(&AUTH_PIN).map(crate::pin::Pin::left);
            state.verifies = content.verifies;
            state.verifies_wrong = content.verifies_wrong;
        }
        state
    }

    /// Ends [`Slot::run`].
    pub fn close(&self) {
        let mut shared = self.lock();
        shared.closing = true;
        self.remove(&mut shared);
    }

    /// Talks to pcscd whenever a card lies on the slot; returns after [`Slot::close`].
    pub fn run(&self) {
        while let Some(generation) = self.wait_for_card() {
            if let Ok(stream) = TcpStream::connect_timeout(&self.address, CONNECT_LIMIT) {
                // Its end is a lifted card or a pcscd that went away; either way the next turn
                // of the loop does the right thing.
                let _ = self.serve(generation, stream);
                self.detach(generation);
            }
            let shared = self.lock();
            let same = |shared: &mut Shared| shared.generation == generation;
            drop(self.changed.wait_timeout_while(shared, RETRY, same));
        }
    }

    fn wait_for_card(&self) -> Option<u64> {
        let empty = |shared: &mut Shared| {
            !shared.closing
                && shared
                    .lying
                    .as_ref()
                    .is_none_or(|lying| lying.card.is_none())
        };
        let shared = self
            .changed
            .wait_while(self.lock(), empty)
            .unwrap_or_else(PoisonError::into_inner);
        (!shared.closing).then_some(shared.generation)
    }

    /// The slot, if the card of this generation still lies on it.
    fn with(&self, generation: u64) -> Option<MutexGuard<'_, Shared>> {
        Some(self.lock()).filter(|shared| shared.generation == generation)
    }

    fn detach(&self, generation: u64) {
        if let Some(mut shared) = self.with(generation) {
            shared.connection = None;
            shared.set_power(false);
            shared.noticed = false;
        }
    }

    fn serve(&self, generation: u64, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = Prompt(stream);
        match self.with(generation) {
            Some(mut shared) => shared.connection = Some(stream.0.try_clone()?),
            None => return Ok(()),
        }
        while let Some(message) = vpcd::receive(&mut stream)? {
            let Some(mut shared) = self.with(generation) else {
                return Ok(());
            };
            let reply = match message {
                Message::PowerOff | Message::PowerOn => {
                    shared.set_power(message == Message::PowerOn);
                    None
                }
                Message::Reset => {
                    shared.warm_reset();
                    None
                }
                Message::Atr => shared.answer_to_reset(),
                Message::Command(command) => match self.command(shared, generation, &command) {
                    Some(answer) => Some(answer),
                    None => return Ok(()),
                },
            };
            if let Some(reply) = reply {
                vpcd::send(&mut stream.0, &reply)?;
            }
        }
        Ok(())
    }

    /// The answer to one command when its time has come; `None` when the card is gone by then.
    fn command(
        &self,
        mut shared: MutexGuard<'_, Shared>,
        generation: u64,
        command: &[u8],
    ) -> Option<Vec<u8>> {
        let began = Instant::now();
        let fault = shared.fault.as_mut().and_then(Armed::command);
        if fault.is_some() {
            shared.fault = None;
        }
        let number = shared.log.len();
        shared.log.push(entry(command));
        if fault == Some(Fault::LiftBefore) {
            self.remove(&mut shared);
            return None;
        }
        let (answer, wait) = shared.work(command, fault);
        // Lifting ends the wait, and so does placing another card, which clears the log.
        let same = |shared: &mut Shared| shared.generation == generation;
        let left = wait.saturating_sub(began.elapsed());
        let (mut shared, _) = self
            .changed
            .wait_timeout_while(shared, left, same)
            .unwrap_or_else(PoisonError::into_inner);
        if shared.generation != generation {
            return None;
        }
        let took = began.elapsed();
        shared.log[number].ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        shared.log[number].us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if fault == Some(Fault::LiftDuring)
            && let (Some(connection), Some(answer)) = (&mut shared.connection, &answer)
        {
            // A reader that has gone does not mind.
            let _ = vpcd::send_half(connection, answer);
        }
        if matches!(fault, Some(Fault::LiftAfter | Fault::LiftDuring)) {
            self.remove(&mut shared);
            return None;
        }
        shared.log[number].answered = answer.is_some();
        Some(answer.unwrap_or_else(|| vpcd::NO_ANSWER.to_vec()))
    }
}

impl Shared {
    fn card(&mut self) -> Option<&mut Card> {
        self.lying.as_mut().and_then(|lying| lying.card.as_mut())
    }

    fn answer_to_reset(&self) -> Option<Vec<u8>> {
        let own = self.lying.as_ref()?.profile.atr;
        Some(self.atr.of(own, self.pupi))
    }

    fn set_power(&mut self, on: bool) {
        if on {
            self.pupi = atr::new_pupi();
        }
        self.powered = on;
        self.noticed |= on;
        if on && let Some(fault) = &mut self.fault {
            fault.power_on();
        }
        if let Some(card) = self.card() {
            card.power_cycle();
        }
    }

    fn warm_reset(&mut self) {
        if let Some(card) = self.card() {
            card.warm_reset();
        }
    }

    /// Lets the card work. No answer, and the reader's own waiting time, when the card is mute or
    /// has no power.
    fn work(&mut self, command: &[u8], fault: Option<Fault>) -> (Option<Vec<u8>>, Duration) {
        let mute = fault == Some(Fault::Mute)
            || !self.powered
            || self
                .lying
                .as_ref()
                .is_some_and(|lying| lying.profile.kind == Kind::Mute);
        let Some(card) = self.card().filter(|_| !mute) else {
            return (None, fault::MUTE_WAIT);
        };
        let (answer, failure) = card.transmit(command);
        if let Some(error) = failure {
            // The card answered 6581; here is why.
            eprintln!("uketsuke-virtual-card: {}", crate::chain_of(&error));
        }
        if let Some(entry) = self.log.last_mut() {
            entry.length = answer.data.len();
            entry.sw = format!("{:04X}", answer.sw.0);
        }
        let extra = if fault == Some(Fault::Delay) {
            fault::DELAY
        } else {
            Duration::ZERO
        };
        let bytes = answer.into_bytes();
        let bytes = fault.map_or_else(|| bytes.clone(), |kind| fault::spoil(kind, bytes.clone()));
        (Some(bytes), self.latency.of(command) + extra)
    }
}

/// The log entry of a command whose answer is not known yet.
fn entry(command: &[u8]) -> LogEntry {
    let hex = |at: usize| {
        command
            .get(at)
            .map(|byte| format!("{byte:02X}"))
            .unwrap_or_default()
    };
    let parsed = Command::parse(command).ok();
    LogEntry {
        cla: hex(0),
        ins: hex(1),
        p1: hex(2),
        p2: hex(3),
        bytes: command.len(),
        lc: parsed.map_or(0, |parsed| parsed.data.len()),
        le: parsed.and_then(|parsed| parsed.le),
        length: 0,
        sw: String::new(),
        ms: 0,
        us: 0,
        at_us: monotonic_us(),
        answered: false,
    }
}

/// `CLOCK_MONOTONIC`, which other processes read alike; 0 where the kernel gives none.
fn monotonic_us() -> u64 {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC)
        .ok()
        .and_then(|now| u64::try_from(std::time::Duration::from(now).as_micros()).ok())
        .unwrap_or(0)
}
