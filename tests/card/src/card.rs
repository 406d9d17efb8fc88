// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card between power-on and removal: current application and file, secrets presented, and what
//! each command does. Nothing here knows of readers, sockets or time.

mod keys;
mod terminal;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::apdu::{Answer, Command, Sw};
pub use crate::behaviour::Behaviour;
use crate::behaviour::ContactAtr;
use crate::files::{AUTH_PIN, Access, Application, CONTACT_ATR, Content, File, HOLDER, ISD_AID};
use crate::memory::{Memory, MemoryError};
use crate::pin;
use crate::surface::MEMORY_BIRTH;
use terminal::Proving;

/// What a card is made of.
pub struct Parts {
    /// Its applications.
    pub applications: Vec<Application>,
    /// Files selectable with no application.
    pub master: Vec<File>,
    /// Whether the issuer security domain can be selected.
    pub has_isd: bool,
    /// Takes "last command" (`80 FC`), as iPhones do.
    pub knows_last_command: bool,
    /// Objects for GET DATA.
    pub data_objects: Vec<(u16, Vec<u8>)>,
    /// What it remembers without power.
    pub memory: Arc<Mutex<Memory>>,
    /// Its switches.
    pub behaviour: Behaviour,
}

/// A card.
pub struct Card {
    parts: Parts,
    /// Index of the current application.
    application: Option<usize>,
    /// Index of the current file in the current application, or among the master files.
    file: Option<usize>,
    /// Secrets presented, and the application they were presented in.
    opened: (Option<usize>, BTreeSet<u16>),
    first_command: bool,
    /// A terminal that is about to prove itself.
    terminal: Proving,
}

impl Card {
    /// A card without power.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            application: None,
            file: None,
            opened: (None, BTreeSet::new()),
            first_command: true,
            terminal: Proving::default(),
        }
    }

    /// The switches, to be changed while the card lies on the reader.
    pub fn behaviour_mut(&mut self) -> &mut Behaviour {
        &mut self.parts.behaviour
    }

    /// Power on, off, or removal: everything but the memory is gone.
    pub fn power_cycle(&mut self) {
        self.deselect();
        self.opened = (None, BTreeSet::new());
        self.first_command = true;
    }

    /// Reset with the power on.
    pub fn warm_reset(&mut self) {
        self.deselect();
        if !self.parts.behaviour.survives_warm_reset {
            self.opened = (None, BTreeSet::new());
        }
        self.first_command = true;
    }

    /// Answers one command. An error of the memory is returned beside the card's answer to it.
    pub fn transmit(&mut self, bytes: &[u8]) -> (Answer, Option<MemoryError>) {
        let first = std::mem::replace(&mut self.first_command, false);
        if first && self.parts.behaviour.first_command_fails {
            return (Sw::INTERNAL.into(), None);
        }
        let mut failure = None;
        let result =
            Command::parse(bytes).and_then(|command| self.dispatch(&command, &mut failure));
        (result.into(), failure)
    }

    fn dispatch(
        &mut self,
        command: &Command<'_>,
        failure: &mut Option<MemoryError>,
    ) -> Result<Vec<u8>, Sw> {
        match command.cla {
            0x00 | 0x80 => {}
            0x01..=0x03 | 0x81..=0x83 => return Err(Sw::CHANNEL),
            cla if cla & 0x7F < 0x10 => return Err(Sw::SECURE_MESSAGING),
            _ => return Err(Sw::UNKNOWN_CLA),
        }
        match (command.cla, command.ins) {
            (0x00, 0xA4) => self.select(command).map(|()| Vec::new()),
            (0x00, 0xB0) => self.read_binary(command),
            (0x00, 0xB2) => self.read_record(command),
            (0x00, 0x20) => self.verify(command, failure).map(|()| Vec::new()),
            (0x00, 0x24) => self
                .change_secret(command, Change::Reference, failure)
                .map(|()| Vec::new()),
            (0x80, 0x32) => self
                .change_secret(command, Change::Key, failure)
                .map(|()| Vec::new()),
            (0x00, 0x84) => self.challenge(command),
            (0x00, 0x82) => self.hear_terminal(command).map(|()| Vec::new()),
            (0x00, 0x88) => self.authenticate(command),
            (0x00, 0xCA) => self.get_data(command),
            (0x80, 0x2A) => self.compute_signature(command),
            (0x80, 0xA2) => self.take_terminal(command).map(|()| Vec::new()),
            (0x80, 0xAE) => Err(self.set_session_key()),
            (0x80, 0xFC) if self.parts.knows_last_command => Ok(Vec::new()),
            (0x80, 0xFC) => Err(Sw::WRONG_LENGTH),
            _ => Err(Sw::UNKNOWN_INS),
        }
    }

    fn select(&mut self, command: &Command<'_>) -> Result<(), Sw> {
        match (command.p1, command.p2) {
            (0x04, 0x0C | 0x00) => self.select_application(command.data),
            (0x02, 0x0C | 0x00) => {
                let fid: [u8; 2] = command.data.try_into().map_err(|_| Sw::WRONG_LENGTH)?;
                let fid = u16::from_be_bytes(fid);
                self.select_file(|file| file.fid == fid)
                    .ok_or(Sw::NOT_FOUND)
            }
            (0x00, _) if !command.data.is_empty() => Err(Sw::NOT_FOUND),
            // With an application selected this is accepted and changes nothing.
            (0x00, _) if self.application.is_some() => Ok(()),
            _ => Err(Sw::WRONG_P1P2),
        }
    }

    fn select_application(&mut self, aid: &[u8]) -> Result<(), Sw> {
        if aid.is_empty() || aid.len() > 16 {
            return Err(Sw::WRONG_LENGTH);
        }
        if self.parts.has_isd && aid == ISD_AID {
            self.deselect();
            self.opened = (None, BTreeSet::new());
            return Ok(());
        }
        let found = self
            .parts
            .applications
            .iter()
            .position(|application| application.aid == aid);
        let index = found.ok_or(Sw::NOT_FOUND)?;
        // The same application again keeps what was presented in it; another one clears it.
        if self.opened.0 != Some(index) {
            self.opened = (Some(index), BTreeSet::new());
        }
        self.application = Some(index);
        self.file = None;
        self.terminal = Proving::default();
        Ok(())
    }

    fn select_file(&mut self, wanted: impl Fn(&File) -> bool) -> Option<()> {
        self.file = Some(self.files().iter().position(wanted)?);
        Some(())
    }

    fn deselect(&mut self) {
        self.terminal = Proving::default();
        self.application = None;
        self.file = None;
    }

    fn files(&self) -> &[File] {
        match self.application {
            Some(index) => &self.parts.applications[index].files,
            None => &self.parts.master,
        }
    }

    fn current_file(&self) -> Result<&File, Sw> {
        self.file
            .map(|index| &self.files()[index])
            .ok_or(Sw::NO_CURRENT_FILE)
    }

    fn permits(&self, access: Access) -> Result<(), Sw> {
        let open = match access {
            Access::Free => true,
            Access::After(secret) => self.is_open(secret),
            Access::AfterAny(secrets) => secrets.iter().any(|one| self.is_open(*one)),
            Access::Never => false,
        };
        if open {
            Ok(())
        } else {
            Err(Sw::NOT_AUTHORISED)
        }
    }

    fn is_open(&self, secret: u16) -> bool {
        match secret {
            HOLDER => self.parts.behaviour.iphone_unlocked,
            secret => self.opened.1.contains(&secret),
        }
    }

    /// Makes the file of a reference current: `80` is the current one, `80 | sfi` one by short
    /// identifier.
    fn follow_reference(&mut self, reference: u8) -> Result<(), Sw> {
        match reference {
            0x80 => self.current_file().map(|_| ()),
            0x81..=0x9E => {
                let sfi = u16::from(reference & 0x1F);
                self.select_file(|file| file.fid == sfi)
                    .ok_or(Sw::REFERENCE_NOT_FOUND)
            }
            _ => Err(Sw::WRONG_P1P2),
        }
    }

    fn read_binary(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        if !command.data.is_empty() {
            return Err(Sw::WRONG_LENGTH);
        }
        let le = command.le.ok_or(Sw::WRONG_LENGTH)?;
        let offset = if command.p1 & 0x80 == 0 {
            usize::from(command.p1p2())
        } else {
            if !(0x81..=0x9E).contains(&command.p1) {
                return Err(Sw::WRONG_P1P2);
            }
            let sfi = u16::from(command.p1 & 0x1F);
            self.select_file(|file| file.fid == sfi)
                .ok_or(Sw::NOT_FOUND)?;
            usize::from(command.p2)
        };
        let Content::Data(bytes, access) = &self.current_file()?.content else {
            return Err(Sw::WRONG_FILE_KIND);
        };
        self.permits(*access)?;
        let rest = bytes
            .get(offset..)
            .filter(|rest| !rest.is_empty())
            .ok_or(Sw::BEYOND_END)?;
        Ok(rest[..rest.len().min(le)].to_vec())
    }

    /// One record by its number, counted from 1: of the current file, or of one by short identifier.
    fn read_record(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        /// Low bits of P2: the record P1 counts, and "from P1 to the last", which the card has not.
        const ONE: u8 = 4;
        const ALL: u8 = 5;
        match command.p2 & 7 {
            ONE => {}
            ALL => return Err(Sw::NOT_SUPPORTED),
            _ => return Err(Sw::WRONG_P1P2),
        }
        match u16::from(command.p2 >> 3) {
            0 => {}
            sfi => self
                .select_file(|file| file.fid == sfi)
                .ok_or(Sw::NOT_FOUND)?,
        }
        let Content::Records(records) = &self.current_file()?.content else {
            return Err(Sw::WRONG_FILE_KIND);
        };
        let le = match command.le {
            Some(le) if command.data.is_empty() => le,
            _ => return Err(Sw::WRONG_LENGTH),
        };
        let record = usize::from(command.p1)
            .checked_sub(1)
            .and_then(|index| records.get(index))
            .ok_or(Sw::RECORD_NOT_FOUND)?;
        Ok(record[..record.len().min(le)].to_vec())
    }

    /// File of the secret, and its number in the memory, which one that is blocked for ever has not.
    fn current_secret(&mut self, reference: u8) -> Result<(u16, Option<u16>), Sw> {
        self.follow_reference(reference)?;
        let file = self.current_file()?;
        match file.content {
            Content::Secret(number) => Ok((file.fid, Some(number))),
            Content::Blocked => Ok((file.fid, None)),
            _ => Err(Sw::WRONG_FILE_KIND),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // A panic elsewhere leaves the memory as it was last written.
        self.parts
            .memory
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn verify(
        &mut self,
        command: &Command<'_>,
        failure: &mut Option<MemoryError>,
    ) -> Result<(), Sw> {
        if command.p1 != 0 {
            return Err(Sw::WRONG_P1P2);
        }
        let (file, secret) = self.current_secret(command.p2)?;
        if command.le.is_some() || command.data.len() > pin::LONGEST {
            return Err(Sw::WRONG_LENGTH);
        }
        let Some(secret) = secret else {
            return Err(if command.data.is_empty() {
                Sw::tries(0)
            } else {
                Sw::BLOCKED
            });
        };
        if secret == MEMORY_BIRTH {
            let tries = self.parts.behaviour.birth_key_tries;
            let limited = self.memory().update(|content| {
                content
                    .pins
                    .entry(secret)
                    .and_modify(|pin| pin.limit(tries));
            });
            remembered(limited, failure)?;
        }
        if command.data.is_empty() {
            let memory = self.memory();
            return Err(memory
                .content()
                .pins
                .get(&secret)
                .ok_or(Sw::REFERENCE_NOT_FOUND)?
                .query());
        }
        let presented = self.memory().update(|content| {
            let pin = content
                .pins
                .get_mut(&secret)
                .ok_or(Sw::REFERENCE_NOT_FOUND)?;
            let sw = pin.present(command.data);
            if secret == AUTH_PIN {
                content.verifies += 1;
                content.verifies_wrong += u64::from(sw != Sw::OK);
            }
            Ok(sw)
        });
        match remembered(presented, failure)?? {
            Sw::OK => {
                self.opened.1.insert(file);
                Ok(())
            }
            sw => {
                if self.parts.behaviour.failed_verify_revokes {
                    self.opened.1.remove(&file);
                }
                Err(sw)
            }
        }
    }

    fn change_secret(
        &mut self,
        command: &Command<'_>,
        change: Change,
        failure: &mut Option<MemoryError>,
    ) -> Result<(), Sw> {
        let by_key = self
            .application
            .is_some_and(|index| self.parts.applications[index].changes_by_key);
        if by_key != (change == Change::Key) {
            return Err(Sw::NOT_SUPPORTED);
        }
        if command.p1 != u8::from(change == Change::Reference) {
            return Err(Sw::WRONG_P1P2);
        }
        let (file, secret) = self.current_secret(command.p2)?;
        if command.le.is_some() || command.data.is_empty() || command.data.len() > pin::LONGEST {
            return Err(Sw::WRONG_LENGTH);
        }
        self.permits(Access::After(file))?;
        let secret = secret.ok_or(Sw::BLOCKED)?;
        let changed = self.memory().update(|content| {
            content
                .pins
                .get_mut(&secret)
                .map_or(Sw::REFERENCE_NOT_FOUND, |pin| pin.change(command.data))
        });
        match remembered(changed, failure)? {
            Sw::OK => Ok(()),
            sw => Err(sw),
        }
    }

    fn get_data(&self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        let le = command.le.ok_or(Sw::WRONG_LENGTH)?;
        let tag = command.p1p2();
        let found = self
            .parts
            .data_objects
            .iter()
            .find(|(known, _)| *known == tag);
        let selected = self.application.is_some();
        let is_here = match (tag, self.parts.behaviour.contact_atr) {
            (CONTACT_ATR, ContactAtr::Always) => true,
            (CONTACT_ATR, ContactAtr::WithApplication) => selected,
            _ => !selected,
        };
        match found {
            Some((_, value)) if is_here => {
                if value.len() > le {
                    Err(Sw::WRONG_LENGTH)
                } else {
                    Ok(value.clone())
                }
            }
            _ => Err(Sw::REFERENCE_NOT_FOUND),
        }
    }
}

/// The two commands that change a secret; each application takes one of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    /// CHANGE REFERENCE DATA, `00 24 01`.
    Reference,
    /// CHANGE KEY, `80 32 00`.
    Key,
}

/// What could not be remembered has not happened: the card says so, the caller learns why.
fn remembered<T>(
    result: Result<T, MemoryError>,
    failure: &mut Option<MemoryError>,
) -> Result<T, Sw> {
    result.map_err(|error| {
        *failure = Some(error);
        Sw::MEMORY_FAILURE
    })
}
