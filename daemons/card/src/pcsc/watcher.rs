// SPDX-License-Identifier: MIT OR Apache-2.0
//! The thread that waits for readers and cards to come and go.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pcsc::{Context, Error, PNP_NOTIFICATION, ReaderState, Scope, State};
use tokio::sync::watch;
use uketsuke_bus::card1::Role;

use super::device;
use crate::link::{Slot, Snapshot};
use crate::roles::{Fit, Properties, Roles};

/// Pauses between attempts to reach pcscd.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Pause before a reader is asked for its device again: another program may hold it.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// Most times a reader is asked. Each may leave a thread that hangs.
const MOST_ASKED: u32 = 5;

#[derive(Default)]
struct Shared {
    stopped: AtomicBool,
    context: Mutex<Option<Context>>,
    wake: Condvar,
}

/// Handle on the thread.
pub(super) struct Watcher(Arc<Shared>);

impl Watcher {
    pub fn start(roles: Roles) -> io::Result<(Self, watch::Receiver<Snapshot>)> {
        let shared = Arc::new(Shared::default());
        let (tell, snapshots) = watch::channel(Snapshot::default());
        let thread = Thread {
            shared: Arc::clone(&shared),
            roles,
            tell,
        };
        thread::Builder::new()
            .name("slots".into())
            .spawn(move || thread.run())?;
        Ok((Self(shared), snapshots))
    }

    /// Tells the thread to end. It is not waited for: it holds nothing that must be given back.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Relaxed);
        let context = self
            .0
            .context
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(context) = context.as_ref() {
            // Fails when pcscd is away, and then nobody waits in it.
            let _ = context.cancel();
        }
        self.0.wake.notify_all();
    }
}

struct Thread {
    shared: Arc<Shared>,
    roles: Roles,
    tell: watch::Sender<Snapshot>,
}

impl Thread {
    fn run(&self) {
        let mut pause = FIRST_PAUSE;
        let mut told = false;
        // A new number for each life of pcscd: its event counters start again with it.
        for life in 1u64.. {
            let end = Context::establish(Scope::System).and_then(|context| {
                self.hold(Some(context.clone()));
                if told {
                    tracing::info!("pcscd is back");
                }
                (pause, told) = (FIRST_PAUSE, false);
                self.watch(&context, life)
            });
            self.hold(None);
            if self.stopped() {
                return;
            }
            if let Err(error) = end
                && !told
            {
                tracing::warn!(%error, "pcscd is away");
                told = true;
            }
            self.publish(Snapshot::default());
            self.rest(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Watches until the service fails or the thread is stopped.
    fn watch(&self, context: &Context, life: u64) -> Result<(), Error> {
        let mut states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
        let mut readers = Readers::default();
        while !self.stopped() {
            self.list(context, &mut states, &mut readers)?;
            let limit = (!readers.asked.is_empty()).then_some(ASK_AGAIN);
            match context.get_status_change(limit, &mut states) {
                Ok(()) => {}
                // A reader went between the list and the wait.
                Err(Error::UnknownReader | Error::ReaderUnavailable) => {
                    states.truncate(1);
                    continue;
                }
                Err(Error::Timeout | Error::Cancelled) => continue,
                Err(error) => return Err(error),
            }
            for state in &mut states {
                state.sync_current_state();
            }
            readers.choose(&states);
            self.publish(readers.snapshot(&states, life));
        }
        Ok(())
    }

    /// Brings the list of slots up to date; states of slots that stay are kept.
    fn list(
        &self,
        context: &Context,
        states: &mut Vec<ReaderState>,
        readers: &mut Readers,
    ) -> Result<(), Error> {
        let names = match context.list_readers_owned() {
            Ok(names) => names,
            Err(Error::NoReadersAvailable) => Vec::new(),
            Err(error) => return Err(error),
        };
        let gone = State::UNKNOWN | State::IGNORE;
        states.retain(|state| {
            state.name() == PNP_NOTIFICATION()
                || (!state.event_state().intersects(gone)
                    && names.iter().any(|name| name.as_c_str() == state.name()))
        });
        readers.roles.retain(|known, _| names.contains(known));
        readers.asked.retain(|known, _| names.contains(known));
        for name in names {
            if !readers.roles.contains_key(&name) {
                let Some(role) = self.role(&name, &mut readers.asked) else {
                    continue;
                };
                readers.roles.insert(name.clone(), role);
            }
            let has_role = readers.roles.get(&name).is_some_and(Option::is_some);
            if has_role && !states.iter().any(|state| state.name() == name.as_c_str()) {
                states.push(ReaderState::new(name, State::UNAWARE));
            }
        }
        Ok(())
    }

    /// What a reader that was not there before is for; none when that is to be asked again.
    fn role(&self, name: &CString, asked: &mut BTreeMap<CString, u32>) -> Option<Option<Role>> {
        let reader = name;
        let name = name.to_string_lossy();
        let device = if self.roles.ask_for_device(&name) {
            match device::properties(reader) {
                Ok(properties) => properties,
                Err(error) => {
                    tracing::warn!(reader = %name, error = &error as &dyn std::error::Error,
                        "the reader's device is not known");
                    let times = asked.entry(reader.clone()).or_default();
                    *times += 1;
                    if *times < MOST_ASKED {
                        return None;
                    }
                    Properties::new()
                }
            }
        } else {
            Properties::new()
        };
        asked.remove(reader);
        let fit = self.roles.of(&name, &device);
        match fit {
            Fit::None => tracing::info!(reader = %name, "fits no slot, not used"),
            Fit::One(role) => tracing::info!(reader = %name, role = role.as_str(), "reader"),
            Fit::Both => tracing::warn!(
                reader = %name,
                "fits card.slot and card.phone_slot, taken for phones"
            ),
        }
        Some(fit.role())
    }

    fn publish(&self, snapshot: Snapshot) {
        self.tell.send_if_modified(|told| {
            let changed = *told != snapshot;
            *told = snapshot;
            changed
        });
    }

    fn hold(&self, context: Option<Context>) {
        *self
            .shared
            .context
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = context;
    }

    fn stopped(&self) -> bool {
        self.shared.stopped.load(Ordering::Relaxed)
    }

    fn rest(&self, pause: Duration) {
        let context = self
            .shared
            .context
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Woken early or not: the loop looks whether it was stopped.
        drop(self.shared.wake.wait_timeout(context, pause));
    }
}

/// The readers there are.
#[derive(Default)]
struct Readers {
    /// How often those were asked of which nothing is known yet.
    asked: BTreeMap<CString, u32>,
    /// What each is for.
    roles: BTreeMap<CString, Option<Role>>,
    /// Which one is used for a role that several have.
    chosen: BTreeMap<Role, CString>,
}

impl Readers {
    /// Gives each role one reader and leaves it to that as long as the reader works.
    fn choose(&mut self, states: &[ReaderState]) {
        let works = |state: &&ReaderState| {
            let gone = State::UNKNOWN | State::UNAVAILABLE | State::IGNORE;
            !state.event_state().intersects(gone)
        };
        let working: Vec<_> = states.iter().filter(works).map(ReaderState::name).collect();
        self.chosen
            .retain(|_, name| working.contains(&name.as_c_str()));
        for name in working {
            if let Some(Some(role)) = self.roles.get(name) {
                self.chosen.entry(*role).or_insert_with(|| name.to_owned());
            }
        }
    }

    fn snapshot(&self, states: &[ReaderState], life: u64) -> Snapshot {
        let slot = |(role, name): (&Role, &CString)| {
            let state = states
                .iter()
                .find(|state| state.name() == name.as_c_str())?;
            let card = state.event_state().contains(State::PRESENT);
            Some(Slot {
                role: *role,
                name: name.to_string_lossy().into_owned(),
                card: card.then(|| (life, state.event_count())),
            })
        };
        Snapshot {
            slots: self.chosen.iter().filter_map(slot).collect(),
        }
    }
}
