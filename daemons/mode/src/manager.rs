// SPDX-License-Identifier: MIT OR Apache-2.0
//! The owning task: it alone holds the state and feeds the machine.

mod effects;
mod renew;

use std::collections::HashMap;

use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{Duration, Instant};
use uketsuke_bus::MODE_PATH;
use uketsuke_bus::mode1::{Details, Mode1Error, Operation, View};
use uketsuke_bus::secret::{self, SecretBytes};
use uketsuke_bus::view::{Form, ViewId};
use zbus::object_server::InterfaceRef;
use zbus::{Connection, OwnedFd, OwnedObjectPath};

use crate::bus::{Call, Mode1};
use crate::domain::{Effect, Event, Millis, Rules, Slot, State, Tag, details, step, view};
use crate::late::Now;
use crate::notes::Notes;
use crate::peers::News;
use crate::profile::InForce;
use renew::Renewal;

/// Letters that wait for the owning task. It answers at once, so a longer queue means a flood,
/// which then waits in the sockets of those who make it.
pub const INBOX: usize = 64;

/// The first view: number 1, because 0 stands for "the mode manager is not there".
#[must_use]
pub fn first_view(rules: &Rules) -> View {
    View {
        number: 1,
        ..view(&State::default(), rules)
    }
}

/// What the owning task says on the bus.
pub struct Says {
    /// What to show.
    pub view: watch::Sender<View>,
    /// The operation mode held.
    pub held: watch::Sender<Operation>,
    /// The facility profile.
    pub profile: watch::Sender<InForce>,
}

/// The owning task's belongings.
pub struct Manager {
    connection: Connection,
    rules: Rules,
    state: State,
    shown: watch::Sender<View>,
    held: watch::Sender<Operation>,
    profile: watch::Sender<InForce>,
    renewal: Renewal,
    /// Whether the reader for phones works, whether phones are offered or not.
    phones: bool,
    object: InterfaceRef<Mode1>,
    /// Object of the card that lies there.
    card: Option<OwnedObjectPath>,
    /// Object of the phone that was last asked to sign; it answers for a while after it left.
    signer: Option<OwnedObjectPath>,
    /// Where staff passcodes are tried, if this reader has any place for them.
    staff: Now,
    /// Whose passcode was right last, until what it opened is over.
    account: Option<String>,
    /// Since when 目視確認 is on.
    opened: Option<Instant>,
    /// Where what happens to it is told.
    notes: Notes,
    /// Digits just typed, unread, while the machine waits for what the card must sign.
    pin: Option<OwnedFd>,
    /// Calls under way, so that one nobody waits for any more can be dropped.
    jobs: HashMap<Tag, AbortHandle>,
    answers: mpsc::Sender<News>,
    /// Number of the first view that differs from the one shown by the time-out warning only.
    same_since: u64,
    born: Instant,
}

impl Manager {
    /// A manager in its safe state, P-00, by the `rules` in force; `own` are those of the reader's own
    /// files. Answers of its own calls come through `answers`.
    ///
    /// # Errors
    /// When [`Mode1`] is not served on `connection`.
    pub async fn new(
        connection: Connection,
        (rules, own): (Rules, Rules),
        staff: Now,
        says: Says,
        answers: mpsc::Sender<News>,
    ) -> zbus::Result<Self> {
        let object = connection.object_server().interface(MODE_PATH).await?;
        Ok(Self {
            rules,
            state: State::default(),
            shown: says.view,
            held: says.held,
            profile: says.profile,
            renewal: Renewal::new(own),
            phones: false,
            object,
            card: None,
            signer: None,
            staff,
            account: None,
            opened: None,
            notes: Notes::over(connection.clone()),
            connection,
            pin: None,
            jobs: HashMap::new(),
            answers,
            same_since: 1,
            born: Instant::now(),
        })
    }

    /// Runs until the bus fails. `alive` is called once a turn, at the latest every `beat`.
    ///
    /// # Errors
    /// When a view cannot be published.
    pub async fn run(
        mut self,
        mut calls: mpsc::Receiver<Call>,
        mut news: mpsc::Receiver<News>,
        beat: Option<Duration>,
        alive: impl Fn(),
    ) -> zbus::Result<()> {
        loop {
            self.renew().await?;
            let due = self.state.deadline().map(|at| self.instant(at));
            tokio::select! {
                // News first: a touch is judged by what is known, not by what is about to be.
                biased;
                Some(news) = news.recv() => self.hear(news).await?,
                Some(call) = calls.recv() => self.serve(call).await?,
                () = until(due) => self.feed(Event::Tick).await?,
                () = until(beat.map(|beat| Instant::now() + beat)) => {}
                else => return Ok(()),
            }
            alive();
        }
    }

    fn instant(&self, at: Millis) -> Instant {
        self.born + Duration::from_millis(at.0)
    }

    fn now(&self) -> Millis {
        let elapsed = self.born.elapsed();
        Millis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
    }

    async fn hear(&mut self, news: News) -> zbus::Result<()> {
        match news {
            // Nobody is served there.
            News::Placed(_, placed) if placed.slot == Slot::Phone && !self.rules.phones => Ok(()),
            News::Placed(path, placed) => {
                self.card = Some(path);
                self.feed(Event::CardPlaced(placed)).await
            }
            News::Lifted(path) if self.card.as_ref() == Some(&path) => {
                self.card = None;
                self.feed(Event::CardLifted).await
            }
            News::Lifted(_) => Ok(()),
            News::Verified(tag, passed, account) => {
                self.account = account;
                self.feed(Event::Verified(tag, passed)).await
            }
            News::Event(event) => {
                if let Event::Phones(works) = event {
                    self.phones = works;
                }
                self.feed(event).await
            }
        }
    }

    async fn serve(&mut self, call: Call) -> zbus::Result<()> {
        // What fell due before the touch was looked at happens before it.
        self.feed(Event::Tick).await?;
        let now = self.shown.borrow().clone();
        // A warning that comes up or counts on under a finger does not make the touch stale.
        let fresh = self.same_since..=now.number;
        let current = |number: u64| {
            if fresh.contains(&number) {
                Ok(())
            } else {
                Err(Mode1Error::StaleView(format!(
                    "view {number} was touched; view {} is shown",
                    now.number
                )))
            }
        };
        // Whoever hung up does not wait for an answer, so a failed reply is nothing.
        match call {
            Call::Act {
                view,
                action,
                reply,
            } => {
                let allowed = current(view).and_then(|()| offered(now.choices.contains(&action)));
                let taken = allowed.is_ok();
                let _ = reply.send(allowed);
                if taken {
                    self.feed(Event::Act(action)).await?;
                }
            }
            Call::EnterPin { view, pin, reply } => {
                let allowed = current(view).and_then(|()| offered(now.pad == Some(true)));
                let taken = allowed.is_ok();
                let _ = reply.send(allowed);
                if taken {
                    self.pin = Some(pin);
                    self.feed(Event::PinEntered).await?;
                }
            }
            Call::Details { view, reply } => {
                let _ = reply.send(current(view).and_then(|()| self.details()));
            }
            Call::Hold { operation, reply } => {
                self.feed(Event::Hold(operation)).await?;
                let _ = reply.send(());
            }
            Call::Vouch { reply } => {
                let already = self.state.is_visual();
                self.feed(Event::Vouched).await?;
                let _ = reply.send(!already && self.state.is_visual());
            }
            Call::Profile { chosen, reply } => {
                self.profile(chosen).await?;
                let _ = reply.send(());
            }
        }
        Ok(())
    }

    fn details(&self) -> Result<OwnedFd, Mode1Error> {
        let mut details = details(&self.state, &self.rules)
            .ok_or_else(|| Mode1Error::NothingPersonal("this view has nothing personal".into()))?;
        let json = serde_json::to_vec(&details).map(SecretBytes::new);
        details.wipe();
        let json = json.map_err(|_| Mode1Error::Internal("details cannot be written".into()))?;
        let fd = secret::seal(json.expose()).map_err(|error| {
            tracing::error!(%error, "details cannot be handed over");
            Mode1Error::Internal("no memory file".into())
        })?;
        Ok(fd.into())
    }

    /// One step of the machine, its effects, and its view.
    async fn feed(&mut self, event: Event) -> zbus::Result<()> {
        let (state, effects) = step(&self.state, event, self.now(), &self.rules);
        let before = std::mem::replace(&mut self.state, state);
        if !self.state.has_card() {
            self.card = None;
        }
        let new_challenge = effects.iter().any(|e| matches!(e, Effect::Challenge(_)));
        // What is ticked on P-12 is no part of the view: it is another one all the same.
        let other = self.says_something_else(&before);
        for effect in effects {
            self.carry_out(effect);
        }
        if !self.state.awaits_pin() {
            self.pin = None;
        }
        self.jobs.retain(|tag, job| {
            let awaited = self.state.awaits(*tag);
            if !awaited {
                job.abort();
            }
            awaited
        });
        self.publish(new_challenge || other).await
    }

    /// Whether the view's personal part is another one than `before`.
    fn says_something_else(&self, before: &State) -> bool {
        let mut both = [before, &self.state].map(|state| details(state, &self.rules));
        let differ = both[0] != both[1];
        both.iter_mut().flatten().for_each(Details::wipe);
        differ
    }

    /// Shows the view that belongs to the state. A new challenge, or other personal data, makes it
    /// `another` one even where it looks the same: what was touched before belongs to what was.
    async fn publish(&mut self, another: bool) -> zbus::Result<()> {
        let mut next = view(&self.state, &self.rules);
        let before = self.shown.borrow().clone();
        next.number = before.number;
        let operation = self.state.operation();
        if self
            .held
            .send_if_modified(|held| std::mem::replace(held, operation) != operation)
        {
            let object = self.object.get().await;
            object
                .operation_changed(self.object.signal_emitter())
                .await?;
        }
        if next == before && !another {
            return Ok(());
        }
        next.number += 1;
        if another || !ask_the_same(&before, &next) {
            self.same_since = next.number;
        }
        report(before.id, next.id);
        self.shown.send_replace(next);
        let object = self.object.get().await;
        object.view_changed(self.object.signal_emitter()).await
    }
}

fn offered(yes: bool) -> Result<(), Mode1Error> {
    if yes {
        Ok(())
    } else {
        Err(Mode1Error::NotOffered("this view does not offer it".into()))
    }
}

/// Whether two views ask the same: one with the warning and one without or counting on, or staff read
/// something else about what the terminal holds.
fn ask_the_same(before: &View, next: &View) -> bool {
    let warned = before.warning_s.is_some() || next.warning_s.is_some();
    let held = before.operation.is_some() && before.operation == next.operation;
    let asked = |view: &View| View {
        number: 0,
        warning_s: None,
        choices: if warned {
            Vec::new()
        } else {
            view.choices.clone()
        },
        form: view.form.filter(|form| !held || *form != Form::StillHeld),
        held_min: None,
        ..view.clone()
    };
    asked(before) == asked(next)
}

/// One line a check-in, one a fault; nothing about the person.
fn report(before: ViewId, next: ViewId) {
    if before == next {
        return;
    }
    match next {
        ViewId::Done => tracing::info!("a check-in is done"),
        ViewId::LinkDown => tracing::warn!(view = next.as_str(), "no check-in is possible"),
        _ => tracing::debug!(from = before.as_str(), to = next.as_str(), "view"),
    }
}

/// Waits for a moment, or for ever.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
