// SPDX-License-Identifier: MIT OR Apache-2.0
//! The served object. It decides nothing: calls become letters to the owning task, and properties
//! are read from what that task last said.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use uketsuke_bus::mode1::{Action, Keeping, Mode1Error, Operation, View};
use uketsuke_bus::secret;
use uketsuke_bus::staff::{Objection, StaffError};
use uketsuke_common::config::StaffButton;
use zbus::object_server::SignalEmitter;
use zbus::{OwnedFd, interface};

use crate::domain::Event;
use crate::late::Now;
use crate::peers::News;
use crate::profile::{Chosen, InForce, Outcome, Profiles};
use crate::staff::Staff;

/// Where the owning task answers.
pub type Reply<T> = oneshot::Sender<Result<T, Mode1Error>>;

/// A call of the screen.
pub enum Call {
    /// `Act`.
    Act {
        /// Number of the view that was touched.
        view: u64,
        /// What was pressed.
        action: Action,
        /// Answered once the machine has taken it.
        reply: Reply<()>,
    },
    /// `EnterPin`.
    EnterPin {
        /// Number of the view whose pad was used.
        view: u64,
        /// The digits, unread.
        pin: OwnedFd,
        /// Answered once the machine has taken it.
        reply: Reply<()>,
    },
    /// `Details`.
    Details {
        /// Number of the view they belong to.
        view: u64,
        /// The sealed memory file.
        reply: Reply<OwnedFd>,
    },
    /// `Staff.Hold`.
    Hold {
        /// The operation mode.
        operation: Operation,
        /// Answered once the machine has taken it.
        reply: oneshot::Sender<()>,
    },
    /// `Staff.Vouch`.
    Vouch {
        /// Whether a patient is vouched for now.
        reply: oneshot::Sender<bool>,
    },
    /// `Staff.SetProfile` or `Staff.WithdrawProfile`, done on disk.
    Profile {
        /// What counts from the next patient on; none: the reader's own files.
        chosen: Option<Box<Chosen>>,
        /// Answered once the properties say so.
        reply: oneshot::Sender<()>,
    },
}

/// `jp.uketsuke.Mode1`.
pub struct Mode1 {
    view: watch::Receiver<View>,
    held: watch::Receiver<Operation>,
    profile: watch::Receiver<InForce>,
    staff: Now,
    calls: mpsc::Sender<Call>,
}

impl Mode1 {
    /// An object that shows `view`, `held`, `profile` and how `staff` are kept, and hands calls to `calls`.
    #[must_use]
    pub fn new(
        view: watch::Receiver<View>,
        held: watch::Receiver<Operation>,
        profile: watch::Receiver<InForce>,
        staff: Now,
        calls: mpsc::Sender<Call>,
    ) -> Self {
        Self {
            view,
            held,
            profile,
            staff,
            calls,
        }
    }

    async fn ask<T>(&self, call: impl FnOnce(Reply<T>) -> Call) -> Result<T, Mode1Error> {
        let (reply, answer) = oneshot::channel();
        let ended = || Mode1Error::Internal("the daemon is ending".into());
        self.calls.send(call(reply)).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

/// The mode manager: it alone decides what the reader shows and what happens to a check-in.
///
/// Only the screen may call the methods. No property and no signal says anything about a person.
#[interface(name = "jp.uketsuke.Mode1")]
impl Mode1 {
    /// The operation mode (運転モード) that the terminal holds this reader in: `unattended` (無人運転),
    /// `pin-only` (暗証番号認証固定), `visual` (目視確認). A 目視確認 by passcode is on view S-02, whatever is
    /// held.
    #[zbus(property)]
    fn operation(&self) -> Operation {
        *self.held.borrow()
    }

    /// How the staff passcodes (目視確認用パスコード) are kept: `bound` to a counter in the TPM; `unbound`, on
    /// a board without one, where an older state that is put back is not recognised; `none`, where
    /// something is missing or fails. A TPM that does not answer at the start is asked again.
    #[zbus(property)]
    fn passcodes(&self) -> Keeping {
        let staff = self.staff.borrow();
        staff.as_ref().map_or(Keeping::None, Staff::keeping)
    }

    /// The facility profile (環境設定情報) in force: its id, and its settings as TOML like that of
    /// `reader.toml`. `own` and nothing where the reader is on its own `reader.toml`. It changes between
    /// two patients only.
    #[zbus(property)]
    fn profile(&self) -> (String, String) {
        let profile = self.profile.borrow();
        (profile.id.clone(), profile.text.clone())
    }

    /// Id of the facility profile that is kept, `own` where none is: in force from the next patient on.
    #[zbus(property)]
    fn profile_kept(&self) -> String {
        self.profile.borrow().kept.clone()
    }

    /// The one thing to show; the change signal carries the new value. Its number rises with every
    /// change. A touch on an earlier number is stale, unless only the time-out warning came, went
    /// or counted on since, or what staff read about the operation mode.
    #[zbus(property)]
    fn view(&self) -> View {
        self.view.borrow().clone()
    }

    /// Something on the view with this number was pressed.
    ///
    /// Errors: `StaleView`, `UnknownAction`, `NotOffered`.
    async fn act(&self, view: u64, action: String) -> Result<(), Mode1Error> {
        let action = Action::from_wire(&action)
            .ok_or_else(|| Mode1Error::UnknownAction("no action has this name".into()))?;
        self.ask(|reply| Call::Act {
            view,
            action,
            reply,
        })
        .await
    }

    /// Four digits were typed on the pad of the view with this number; `pin` is a memory file of
    /// sealed size that holds them. A PIN goes to the card daemon unread; a staff passcode (S-01) is
    /// verified here.
    ///
    /// Errors: `StaleView`, `NotOffered`, `BadSecret`.
    async fn enter_pin(&self, view: u64, pin: OwnedFd) -> Result<(), Mode1Error> {
        if !secret::is_sealed(&pin) {
            return Err(Mode1Error::BadSecret(
                "not a memory file of sealed size".into(),
            ));
        }
        self.ask(|reply| Call::EnterPin { view, pin, reply }).await
    }

    /// The personal part of the view with this number (kana name, earlier consents, last day of the
    /// certificate): JSON in a memory file of sealed size, to be wiped by the reader.
    ///
    /// Errors: `StaleView`, `NothingPersonal`.
    async fn details(&self, view: u64) -> Result<OwnedFd, Mode1Error> {
        self.ask(|reply| Call::Details { view, reply }).await
    }
}

/// `jp.uketsuke.Mode1.Staff`.
pub struct Issuer {
    staff: Now,
    button: StaffButton,
    profiles: Arc<Profiles>,
    news: mpsc::Sender<News>,
    calls: mpsc::Sender<Call>,
}

impl Issuer {
    /// An object that keeps codes in `staff` and tells the owning task by `news` whether there is any;
    /// what it is asked about the operation mode it hands to `calls`, and so what counts of the `profiles`.
    #[must_use]
    pub fn new(
        staff: Now,
        button: StaffButton,
        profiles: Arc<Profiles>,
        news: mpsc::Sender<News>,
        calls: mpsc::Sender<Call>,
    ) -> Self {
        Self {
            staff,
            button,
            profiles,
            news,
            calls,
        }
    }

    async fn ask<T>(&self, call: impl FnOnce(oneshot::Sender<T>) -> Call) -> Result<T, StaffError> {
        let (reply, answer) = oneshot::channel();
        let ended = || zbus::Error::Failure("the daemon is ending".into());
        self.calls.send(call(reply)).await.map_err(|_| ended())?;
        Ok(answer.await.map_err(|_| ended())?)
    }

    fn staff(&self) -> Result<Staff, StaffError> {
        let none = || StaffError::NoPasscodes("the log of this reader says what is missing".into());
        self.staff.borrow().clone().ok_or_else(none)
    }

    /// Tells what there is now: the button comes as the facility wants it, and goes at once.
    async fn tell(&self, staff: &Staff, emitter: &SignalEmitter<'_>) {
        let any = staff.accounts() > 0;
        if !any || self.button == StaffButton::AtOnce {
            // The owning task ends only with the daemon.
            let _ = self.news.send(News::Event(Event::Staff(any))).await;
        }
        if let Err(error) = self.accounts_changed(emitter).await {
            tracing::warn!(%error, "the number of passcodes was not told");
        }
    }
}

/// What staff do to this reader from the terminal: passcodes (目視確認用パスコード), operation modes
/// (運転モード) and the facility profile (環境設定情報). For the uplink alone.
#[interface(name = "jp.uketsuke.Mode1.Staff")]
impl Issuer {
    /// Gives an account a passcode; the one it had is worth nothing from now on, and every wrong one
    /// is forgotten. `code` is a memory file of sealed size with four digits; it is wiped.
    ///
    /// Errors: `BadAccount`, `BadCode`, `Taken`, `NoPasscodes`, `NotKept`.
    async fn issue(
        &self,
        account: String,
        code: OwnedFd,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> Result<(), StaffError> {
        let staff = self.staff()?;
        staff.issue(account, code).await?;
        self.tell(&staff, &emitter).await;
        Ok(())
    }

    /// Takes an account's passcode away; whether it had one.
    ///
    /// Errors: `BadAccount`, `NoPasscodes`, `NotKept`.
    async fn withdraw(
        &self,
        account: String,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> Result<bool, StaffError> {
        let staff = self.staff()?;
        let had = staff.withdraw(account).await?;
        self.tell(&staff, &emitter).await;
        Ok(had)
    }

    /// Holds the reader in an operation mode: `unattended` (無人運転), `pin-only` (暗証番号認証固定) or
    /// `visual` (目視確認). Holding what is held already changes nothing. 目視確認 ends by itself after one
    /// patient, after fifteen minutes, and when the way to the centre, the screen or the reader goes; no
    /// mode survives a restart.
    ///
    /// Errors: `BadOperation`.
    async fn hold(&self, operation: String) -> Result<(), StaffError> {
        let operation = Operation::from_wire(&operation)
            .ok_or_else(|| StaffError::BadOperation("no operation mode has this name".into()))?;
        self.ask(|reply| Call::Hold { operation, reply }).await
    }

    /// Staff have compared the patient with the card by eye (目視で本人確認完了): S-02, for one patient.
    ///
    /// Errors: `NotNow`.
    async fn vouch(&self) -> Result<(), StaffError> {
        match self.ask(|reply| Call::Vouch { reply }).await? {
            true => Ok(()),
            false => Err(StaffError::NotNow(
                "not held in 目視確認, or not ready on P-00".into(),
            )),
        }
    }

    /// Gives the reader a facility profile (環境設定情報): `profile` is TOML like that of `reader.toml`, of
    /// 4096 bytes at most, laid over it from the next patient on and kept over a restart. It is checked
    /// whole before anything changes. The answer is what is wrong with it, each with line (0: none), dotted
    /// key (empty: none) and why; nothing where it is kept. `id` is 32 hexadecimal digits; what is kept
    /// already changes nothing.
    ///
    /// Errors: `BadProfile`, `NotKept`.
    async fn set_profile(&self, id: String, profile: String) -> Result<Vec<Objection>, StaffError> {
        match self.profiles.set(id, profile).await? {
            Outcome::Refused(objections) => return Ok(objections),
            Outcome::Already => {}
            Outcome::Kept(turn, chosen) => {
                let chosen = Some(chosen);
                self.ask(|reply| Call::Profile { chosen, reply }).await?;
                drop(turn);
            }
        }
        Ok(Vec::new())
    }

    /// Puts the reader back on its own `reader.toml`, from the next patient on; whether it had a profile.
    ///
    /// Errors: `NotKept`.
    async fn withdraw_profile(&self) -> Result<bool, StaffError> {
        let (turn, had) = self.profiles.withdraw().await?;
        if had {
            let chosen = None;
            self.ask(|reply| Call::Profile { chosen, reply }).await?;
        }
        drop(turn);
        Ok(had)
    }

    /// Accounts with a passcode.
    #[zbus(property)]
    fn accounts(&self) -> u32 {
        let staff = self.staff.borrow();
        staff.as_ref().map_or(0, Staff::accounts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use uketsuke_bus::contract::assert_contract;
    use uketsuke_bus::view::ViewId;
    use uketsuke_common::config::Own;
    use zbus::object_server::Interface;

    #[test]
    fn served_interface_is_the_committed_contract() {
        let view = watch::channel(View::new(ViewId::Idle, 1)).1;
        let held = watch::channel(Operation::Unattended).1;
        let mut served = String::new();
        let none = watch::channel(None).1;
        let profile = watch::channel(InForce::default()).1;
        Mode1::new(view, held, profile, none.clone(), mpsc::channel(1).0)
            .introspect_to_writer(&mut served, 0);
        assert_contract("jp.uketsuke.Mode1.xml", &served);
        let mut served = String::new();
        Issuer::new(
            none,
            StaffButton::AtOnce,
            Arc::new(Profiles::new(Own::default(), PathBuf::new())),
            mpsc::channel(1).0,
            mpsc::channel(1).0,
        )
        .introspect_to_writer(&mut served, 0);
        assert_contract("jp.uketsuke.Mode1.Staff.xml", &served);
    }
}
