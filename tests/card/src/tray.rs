// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole: a tray of cards and a reader with two slots to lay them on.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::atr::Choice;
use crate::card::Behaviour;
use crate::fault::{Armed, Kind as Fault};
use crate::latency::Latency;
use crate::profile::{self, Listed, PROFILES, Profile};
use crate::slot::{LogEntry, Slot, State};
use crate::surface::ROOT_ID;
use crate::vault::{Vault, VaultError};

/// Slots of the vpcd driver (its build-time constant VPCDSLOTS).
pub const SLOTS: u8 = 2;

/// How to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the driver's slot 0 listens; slot 1 is on the next port.
    pub vpcd: SocketAddr,
    /// State directory, made if missing.
    pub state: PathBuf,
    /// How long commands take.
    pub latency: Latency,
}

/// Why something could not be done with the cards.
#[derive(Debug, thiserror::Error)]
pub enum TrayError {
    /// No card has this name.
    #[error("there is no card {0:?}")]
    UnknownProfile(String),
    /// The reader has slots 0 and 1.
    #[error("there is no slot {0}")]
    UnknownSlot(u8),
    /// No answer to reset has this name.
    #[error("there is no answer to reset {0:?}")]
    UnknownAtr(String),
    /// Commands are counted from 1.
    #[error("at_apdu counts from 1")]
    NoSuchCommand,
    /// The state directory failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A card's memory failed.
    #[error(transparent)]
    Memory(#[from] crate::memory::MemoryError),
}

/// Cards and reader. Dropping it takes the cards away and ends its threads.
pub struct Tray {
    vault: Mutex<Vault>,
    behaviour: Mutex<Behaviour>,
    slots: Vec<Arc<Slot>>,
    workers: Vec<JoinHandle<()>>,
}

impl Tray {
    /// Opens the state directory and starts one thread per slot, with nothing on them.
    pub fn start(options: &Options) -> Result<Self, TrayError> {
        let vault = Mutex::new(Vault::open(&options.state)?);
        let slots: Vec<_> = (0..SLOTS)
            .map(|number| {
                let mut address = options.vpcd;
                address.set_port(options.vpcd.port().saturating_add(number.into()));
                Arc::new(Slot::new(address, options.latency))
            })
            .collect();
        let workers = slots
            .iter()
            .map(|slot| {
                let slot = Arc::clone(slot);
                std::thread::spawn(move || slot.run())
            })
            .collect();
        Ok(Self {
            vault,
            behaviour: Mutex::default(),
            slots,
            workers,
        })
    }

    /// The cards there are.
    pub fn profiles(&self) -> Vec<Listed> {
        PROFILES.iter().map(Profile::listed).collect()
    }

    /// Lays a card on a slot, taking away one that lies there. Returns before pcscd has seen it.
    pub fn place(&self, name: &str, slot: u8) -> Result<(), TrayError> {
        let slot = self.slot(slot)?;
        let profile = find(name)?;
        let behaviour = *self.behaviour();
        let mut vault = self.vault();
        let card = vault.card(profile, behaviour)?;
        let memory = vault.memory(profile)?;
        slot.place(profile, memory, card);
        Ok(())
    }

    /// Takes the card away, if one lies there.
    pub fn lift(&self, slot: u8) -> Result<(), TrayError> {
        self.slot(slot)?.lift();
        Ok(())
    }

    /// State of a slot.
    pub fn state(&self, slot: u8) -> Result<State, TrayError> {
        Ok(self.slot(slot)?.state())
    }

    /// Commands on a slot since the last placing.
    pub fn log(&self, slot: u8) -> Result<Vec<LogEntry>, TrayError> {
        Ok(self.slot(slot)?.log())
    }

    /// Arms a fault for command `at_apdu` (from 1) after the next power-on.
    pub fn fault(&self, slot: u8, at_apdu: u32, kind: Fault) -> Result<(), TrayError> {
        if at_apdu == 0 {
            return Err(TrayError::NoSuchCommand);
        }
        self.slot(slot)?.set_fault(Some(Armed::new(at_apdu, kind)));
        Ok(())
    }

    /// Takes back a fault that has not struck.
    pub fn disarm(&self, slot: u8) -> Result<(), TrayError> {
        self.slot(slot)?.set_fault(None);
        Ok(())
    }

    /// Sets which answer to reset the cards on a slot give: one of [`crate::atr::ALL`], or
    /// [`crate::atr::RANDOM`]; with `None` their own again.
    pub fn set_atr(&self, slot: u8, name: Option<&str>) -> Result<(), TrayError> {
        let choice = Choice::named(name)
            .ok_or_else(|| TrayError::UnknownAtr(name.unwrap_or_default().to_owned()))?;
        self.slot(slot)?.set_atr(choice);
        Ok(())
    }

    /// The switches of all cards as they are.
    pub fn current_behaviour(&self) -> Behaviour {
        *self.behaviour()
    }

    /// Makes a card's secrets and counters as they were before its first use.
    pub fn reset(&self, name: &str) -> Result<(), TrayError> {
        let memory = self.vault().memory(find(name)?)?;
        memory
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .reset()?;
        Ok(())
    }

    /// Sets how long commands take from now on, on both slots.
    pub fn set_latency(&self, latency: Latency) {
        for slot in &self.slots {
            slot.set_latency(latency);
        }
    }

    /// Sets the switches of all cards.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        *self.behaviour() = behaviour;
        for slot in &self.slots {
            slot.set_behaviour(behaviour);
        }
    }

    /// PEM of the test roots.
    pub fn roots(&self) -> Result<String, TrayError> {
        Ok(self.vault().trusted_roots()?)
    }

    /// The root of the card face's records: its key id, and its key as PEM.
    pub fn surface_root(&self) -> Result<([u8; 16], String), TrayError> {
        Ok((ROOT_ID, self.vault().surface_root()?))
    }

    /// The test terminal that the cards know: certificate, and key as PEM.
    pub fn terminal(&self) -> Result<(Vec<u8>, Vec<u8>), TrayError> {
        Ok(self.vault().terminal()?)
    }

    /// 照合番号B of the card `name`, if it has one.
    pub fn number_b(&self, name: &str) -> Result<Option<String>, TrayError> {
        Ok(self.vault().number_b(find(name)?))
    }

    /// 照合番号B as it is printed on the card that lies on a slot, if one lies there and has it.
    pub fn front(&self, slot: u8) -> Result<Option<String>, TrayError> {
        let state = self.state(slot)?;
        match state.profile.filter(|_| state.placed) {
            Some(name) => self.number_b(&name),
            None => Ok(None),
        }
    }

    fn slot(&self, number: u8) -> Result<&Slot, TrayError> {
        self.slots
            .get(usize::from(number))
            .map(AsRef::as_ref)
            .ok_or(TrayError::UnknownSlot(number))
    }

    fn vault(&self) -> MutexGuard<'_, Vault> {
        self.vault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn behaviour(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Tray {
    fn drop(&mut self) {
        for slot in &self.slots {
            slot.close();
        }
        for worker in self.workers.drain(..) {
            // A panic of the thread was printed when it happened.
            let _ = worker.join();
        }
    }
}

fn find(name: &str) -> Result<&'static Profile, TrayError> {
    profile::find(name).ok_or_else(|| TrayError::UnknownProfile(name.to_owned()))
}
