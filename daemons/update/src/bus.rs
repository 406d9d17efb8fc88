// SPDX-License-Identifier: MIT OR Apache-2.0
//! The served object. It decides nothing: calls become letters to the owning task, and properties
//! are read from what that task last said.

use tokio::sync::{mpsc, oneshot, watch};
use uketsuke_bus::update1::{LastResult, SlotState, Update1Error, UpdateState};
use zbus::interface;
use zbus::object_server::InterfaceRef;

use crate::domain::{Machine, Refusal};
use crate::rauc::Progress;

/// Where the owning task answers.
pub type Reply = oneshot::Sender<Result<(), Refusal>>;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// `Install`, with the address.
    Install(String),
    /// `InstallStick`.
    InstallStick,
    /// `Activate`.
    Activate,
    /// `Confirm`.
    Confirm,
    /// `Rollback`.
    Rollback,
    /// `Cancel`.
    Cancel,
}

/// A call.
pub struct Call {
    /// What for.
    pub wish: Wish,
    /// Where the answer goes.
    pub reply: Reply,
}

/// The properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    state: UpdateState,
    phase: String,
    percent: u32,
    last_error: String,
    last_result: LastResult,
    version: String,
    slot: String,
    other_version: String,
    other_state: SlotState,
    pending_version: String,
    tries: u32,
    floor: String,
    confirmed: bool,
}

impl Shown {
    /// What `machine` looks like from outside; `version` is the running one.
    #[must_use]
    pub fn new(machine: &Machine, version: &str, progress: &Progress) -> Self {
        let record = &machine.record;
        let other = machine
            .here
            .as_ref()
            .map(|here| record.slots.of(here.slot.other()));
        let name = |version: Option<&semver::Version>| version.map(ToString::to_string);
        let pending = record.state.pending();
        let installing = match &record.state {
            crate::domain::State::Installing { bundle, .. } => Some(&bundle.version),
            _ => None,
        };
        Self {
            state: record.state.wire(),
            phase: progress.phase.clone(),
            percent: progress.percent,
            last_error: record
                .last_error
                .map_or_else(String::new, |f| f.as_str().into()),
            last_result: record.last_result,
            version: version.to_owned(),
            slot: machine
                .here
                .as_ref()
                .map_or_else(String::new, |here| here.slot.as_str().into()),
            other_version: name(other.and_then(|o| o.version.as_ref())).unwrap_or_default(),
            other_state: other.map_or(SlotState::Unknown, |o| o.state),
            pending_version: name(installing.or(pending.map(|p| &p.version))).unwrap_or_default(),
            tries: pending.map_or(0, |p| u32::from(p.tries)),
            floor: name(record.floor.as_ref()).unwrap_or_default(),
            confirmed: machine.confirmed(),
        }
    }
}

/// `jp.uketsuke.Update1`.
pub struct Update1 {
    shown: watch::Receiver<Shown>,
    calls: mpsc::Sender<Call>,
}

impl Update1 {
    /// An object that shows `shown` and hands calls to `calls`.
    #[must_use]
    pub fn new(shown: watch::Receiver<Shown>, calls: mpsc::Sender<Call>) -> Self {
        Self { shown, calls }
    }

    async fn ask(&self, wish: Wish) -> Result<(), Update1Error> {
        let (reply, answer) = oneshot::channel();
        let ended = || Update1Error::Internal("the daemon is ending".into());
        let call = Call { wish, reply };
        self.calls.send(call).await.map_err(|_| ended())?;
        Ok(answer.await.map_err(|_| ended())??)
    }
}

/// The only door to the installer (RAUC): a newer system is written to the slot that does not run,
/// takes over at a quiet time, and is confirmed by the boot check or given up.
///
/// What is installed is checked by its signature and is newer than what runs. The change signals of
/// the properties carry the new values; nothing in them is secret.
#[interface(name = "jp.uketsuke.Update1")]
impl Update1 {
    /// `idle`, `checking` (nothing is written yet), `installing`, `installed` (waits for a quiet time
    /// or for `Activate`), `activating` (the restart is coming), `unconfirmed` (the running slot is
    /// on trial), `confirmed`, `rolled-back` (the update was given up, the old slot runs).
    #[zbus(property)]
    fn state(&self) -> UpdateState {
        self.shown.borrow().state
    }

    /// What the installer is doing, in its own words.
    #[zbus(property)]
    fn phase(&self) -> String {
        self.shown.borrow().phase.clone()
    }

    /// How far the installation is, 0 to 100.
    #[zbus(property)]
    fn percent(&self) -> u32 {
        self.shown.borrow().percent
    }

    /// Name of the last error (without `jp.uketsuke.Update1.Error.`), or empty.
    #[zbus(property)]
    fn last_error(&self) -> String {
        self.shown.borrow().last_error.clone()
    }

    /// How the last job ended: `none`, `installed`, `failed`, `cancelled`, `confirmed`,
    /// `rolled-back`.
    #[zbus(property)]
    fn last_result(&self) -> LastResult {
        self.shown.borrow().last_result
    }

    /// The running version.
    #[zbus(property)]
    fn version(&self) -> String {
        self.shown.borrow().version.clone()
    }

    /// The running slot, `a` or `b`; empty until the installer has said it.
    #[zbus(property)]
    fn slot(&self) -> String {
        self.shown.borrow().slot.clone()
    }

    /// Version in the other slot, or empty.
    #[zbus(property)]
    fn other_version(&self) -> String {
        self.shown.borrow().other_version.clone()
    }

    /// What is known of the other slot: `unknown`, `incomplete`, `installed`, `good`, `bad`.
    #[zbus(property)]
    fn other_state(&self) -> SlotState {
        self.shown.borrow().other_state
    }

    /// Version that is being installed, waits, or is on trial; or empty.
    #[zbus(property)]
    fn pending_version(&self) -> String {
        self.shown.borrow().pending_version.clone()
    }

    /// How often the pending version was started, of 3.
    #[zbus(property)]
    fn tries(&self) -> u32 {
        self.shown.borrow().tries
    }

    /// Lowest version a rollback may lead to, or empty.
    #[zbus(property)]
    fn floor(&self) -> String {
        self.shown.borrow().floor.clone()
    }

    /// Whether the running slot is confirmed.
    #[zbus(property)]
    fn confirmed(&self) -> bool {
        self.shown.borrow().confirmed
    }

    /// Starts an installation from a server of `[update] servers`; returns at once, `State` and
    /// `LastError` tell the rest.
    ///
    /// Errors: `BadAddress`, `NotAllowed`, `Busy`, `Unconfirmed`, `InstallerDown`, `StorageFailed`.
    async fn install(&self, url: String) -> Result<(), Update1Error> {
        self.ask(Wish::Install(url)).await
    }

    /// Starts an installation of the one bundle the stick service has copied; returns at once.
    ///
    /// Errors: `NoBundle`, `SeveralBundles`, `BadBundle`, `Busy`, `Unconfirmed`, `InstallerDown`,
    /// `StorageFailed`.
    async fn install_stick(&self) -> Result<(), Update1Error> {
        self.ask(Wish::InstallStick).await
    }

    /// Restarts into the pending version now; returns when the restart is asked for.
    ///
    /// Errors: `Busy` (also while a patient is at the reader), `Unconfirmed`, `NothingPending`,
    /// `InstallerDown`, `StorageFailed`, `Internal`.
    async fn activate(&self) -> Result<(), Update1Error> {
        self.ask(Wish::Activate).await
    }

    /// The running slot is fit for service: it becomes the firmware's first choice, and the floor
    /// rises. For the boot check alone. A repeated call changes nothing and succeeds.
    ///
    /// Errors: `Downgrade`, `WrongVersion`, `InstallerDown`, `StorageFailed`, `Internal`.
    async fn confirm(&self) -> Result<(), Update1Error> {
        self.ask(Wish::Confirm).await
    }

    /// Restarts into the other slot, if it holds an older version that was good and is not below
    /// the floor; returns when the restart is asked for.
    ///
    /// Errors: `Busy` (also while a patient is at the reader), `Unconfirmed`, `NothingToRollBack`,
    /// `Downgrade`, `InstallerDown`, `StorageFailed`, `Internal`.
    async fn rollback(&self) -> Result<(), Update1Error> {
        self.ask(Wish::Rollback).await
    }

    /// Gives up a check, or the update that waits for its activation.
    ///
    /// Errors: `NothingPending`, `NotCancellable`, `StorageFailed`.
    async fn cancel(&self) -> Result<(), Update1Error> {
        self.ask(Wish::Cancel).await
    }
}

macro_rules! announce {
    ($object:ident, $before:ident, $now:ident, $($field:ident => $changed:ident,)+) => {{
        let served = $object.get().await;
        $(if $before.$field != $now.$field {
            served.$changed($object.signal_emitter()).await?;
        })+
    }};
}

/// Emits the change signal of each property that differs.
///
/// # Errors
/// When the bus fails.
pub async fn announce(
    object: &InterfaceRef<Update1>,
    before: &Shown,
    now: &Shown,
) -> zbus::Result<()> {
    // What belongs to a state goes out before the state: whoever waits for it finds the rest done.
    announce!(object, before, now,
        phase => phase_changed,
        percent => percent_changed,
        last_error => last_error_changed,
        last_result => last_result_changed,
        version => version_changed,
        slot => slot_changed,
        other_version => other_version_changed,
        other_state => other_state_changed,
        pending_version => pending_version_changed,
        tries => tries_changed,
        floor => floor_changed,
        confirmed => confirmed_changed,
        state => state_changed,
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uketsuke_bus::contract::assert_contract;
    use zbus::object_server::Interface;

    #[test]
    fn served_interface_is_the_committed_contract() {
        let shown = Shown::new(&Machine::default(), "1.0.0", &Progress::default());
        let shown = watch::channel(shown).1;
        let mut served = String::new();
        Update1::new(shown, mpsc::channel(1).0).introspect_to_writer(&mut served, 0);
        assert_contract("jp.uketsuke.Update1.xml", &served);
    }
}
