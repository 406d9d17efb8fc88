// SPDX-License-Identifier: MIT OR Apache-2.0
//! The owning task: it alone holds the record and feeds the machine.

use std::sync::Arc;

use semver::Version;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{Duration, Instant};
use uketsuke_bus::UPDATE_PATH;
use uketsuke_bus::update1::UpdateState;
use uketsuke_common::config::Server;
use zbus::Connection;
use zbus::object_server::InterfaceRef;

use crate::attendance::Seen;
use crate::bus::{self, Call, Reply, Shown, Update1, Wish};
use crate::domain::{
    Effect, Event, Fault, Here, Machine, Manifest, Refusal, Rest, Slot, State, Told,
};
use crate::quiet::{Attendance, Quiet};
use crate::rauc::{self, Progress};
use crate::source;
use crate::store::{Store, StoreError};
use crate::surroundings::{self, Clock, Places};

/// Letters that wait for the owning task.
pub const INBOX: usize = 32;

/// Pause after the firmware could not be told, before a quiet time tries it again: each attempt is
/// a line in the journal, and some firmware wears out.
const HOLD: Duration = Duration::from_secs(30 * 60);

/// News for the owning task.
pub enum News {
    /// RAUC said which slot runs.
    Running(Slot),
    /// What the mode manager shows.
    Seen(Seen),
    /// How far the installation is.
    Progress(Progress),
    /// The look into the bundle ended; the job's name.
    Inspected(String, Result<Manifest, Refusal>),
    /// The installation ended; the job's name.
    InstallEnded(String, Result<(), Refusal>),
    /// Whether the firmware was told of the other slot.
    Marked(Told),
    /// The firmware was told to keep this slot, or could not be.
    MarkedGood(Result<(), Refusal>),
}

/// What the manager is made with.
pub struct Setup {
    /// Where things lie.
    pub places: Places,
    /// The running version.
    pub version: Version,
    /// Mark of this boot.
    pub boot: String,
    /// Where updates may come from.
    pub servers: Vec<Server>,
    /// When the reader may restart by itself.
    pub quiet: Quiet,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How often a waiting update looks for its quiet time.
    pub tick: Duration,
}

/// The owning task's belongings.
pub struct Manager {
    setup: Setup,
    connection: Connection,
    object: InterfaceRef<Update1>,
    shown: watch::Sender<Shown>,
    post: mpsc::UnboundedSender<News>,
    store: Store,
    machine: Machine,
    attendance: Attendance,
    progress: Progress,
    /// Where the bundle of the job comes from, and whether by net.
    source: (String, bool),
    /// The look into a bundle, so that it can be cancelled.
    looking: Option<AbortHandle>,
    /// Who waits for the restart to be asked for.
    activating: Vec<Reply>,
    /// Who waits for the confirmation.
    confirming: Vec<Reply>,
    /// No quiet time before this moment of the steady clock.
    hold: Duration,
    /// When to look for a quiet time next.
    look: Option<Instant>,
}

impl Manager {
    /// A manager with the record as it was left. Answers of its own jobs come through `post`.
    ///
    /// # Errors
    /// When [`Update1`] is not served on `connection`.
    pub async fn new(
        setup: Setup,
        machine: Machine,
        connection: Connection,
        shown: watch::Sender<Shown>,
        post: mpsc::UnboundedSender<News>,
    ) -> zbus::Result<Self> {
        let object = connection.object_server().interface(UPDATE_PATH).await?;
        let store = Store::new(&setup.places.state);
        let since = setup.clock.steady();
        Ok(Self {
            setup,
            connection,
            object,
            shown,
            post,
            store,
            machine,
            attendance: Attendance::Away { since },
            progress: Progress::default(),
            source: Default::default(),
            looking: None,
            activating: Vec::new(),
            confirming: Vec::new(),
            hold: Duration::ZERO,
            look: None,
        })
    }

    /// Runs until the bus fails. `alive` is called once a turn, at the latest every `beat`.
    ///
    /// # Errors
    /// When the bus fails.
    pub async fn run(
        mut self,
        mut calls: mpsc::Receiver<Call>,
        mut news: mpsc::UnboundedReceiver<News>,
        beat: Option<Duration>,
        alive: impl Fn(),
    ) -> zbus::Result<()> {
        loop {
            // Kept over turns: anything else happens oftener than this look is due.
            let look = if self.waits_for_quiet() {
                let tick = self.setup.tick;
                Some(*self.look.get_or_insert_with(|| Instant::now() + tick))
            } else {
                self.look.take();
                None
            };
            tokio::select! {
                // News first: a call is judged by what is known, not by what is about to be.
                biased;
                Some(news) = news.recv() => self.hear(news),
                Some(call) = calls.recv() => self.serve(call),
                () = until(look) => {
                    self.look = None;
                    self.look_for_quiet();
                }
                () = until(beat.map(|beat| Instant::now() + beat)) => {}
                else => return Ok(()),
            }
            self.publish().await?;
            alive();
        }
    }

    fn waits_for_quiet(&self) -> bool {
        let waits = matches!(self.machine.record.state, State::Rest(Rest::Installed(_)));
        waits && self.machine.here.is_some() && self.setup.quiet.by_itself()
    }

    fn patient(&self) -> bool {
        self.attendance.patient(self.setup.clock.steady())
    }

    fn look_for_quiet(&mut self) {
        let State::Rest(Rest::Installed(pending)) = &self.machine.record.state else {
            return;
        };
        let (wall, now) = (self.setup.clock.wall(), self.setup.clock.steady());
        let due = self
            .setup
            .quiet
            .due(pending.since, wall, now, self.attendance);
        if !due || now < self.hold {
            return;
        }
        tracing::info!(version = %pending.version, "a quiet time: the update takes over");
        if let Err(refusal) = self.feed(Event::Activate { patient: false }) {
            tracing::error!(%refusal, "not now");
            self.hold = now + HOLD;
        }
    }

    fn hear(&mut self, news: News) {
        let running = |machine: &Machine, job: &str| match &machine.record.state {
            State::Checking { transaction, .. } | State::Installing { transaction, .. } => {
                transaction == job
            }
            _ => false,
        };
        match news {
            News::Running(slot) => self.start(slot),
            News::Seen(seen) => self.attend(seen),
            News::Progress(progress) => {
                if matches!(self.machine.record.state, State::Installing { .. }) {
                    self.progress = progress;
                }
            }
            // Of a job that was cancelled meanwhile.
            News::Inspected(job, _) | News::InstallEnded(job, _)
                if !running(&self.machine, &job) => {}
            News::Inspected(_, seen) => {
                self.looking = None;
                report("a bundle was refused", seen.as_ref().err());
                let refused = self.feed(Event::Inspected(seen));
                report("a bundle cannot be installed", refused.as_ref().err());
            }
            News::InstallEnded(_, result) => {
                report("an installation failed", result.as_ref().err());
                let kept = self.feed(Event::InstallEnded(result));
                report("the end of an installation", kept.as_ref().err());
            }
            News::Marked(result) => self.marked(result),
            News::MarkedGood(result) => {
                report("the slot could not be kept", result.as_ref().err());
                let kept = self.feed(Event::MarkedGood(result.clone())).map(|_| ());
                answer(&mut self.confirming, &result.and(kept));
            }
        }
    }

    fn marked(&mut self, told: Told) {
        let told = match told {
            Told::Yes => surroundings::restart(&self.setup.places.runtime).map_or_else(
                |error| {
                    let text = format!("no restart: {error}");
                    Told::Perhaps(Refusal::new(Fault::StorageFailed, text))
                },
                |()| Told::Yes,
            ),
            told => told,
        };
        let outcome = match &told {
            Told::Yes => {
                tracing::info!("the machine restarts");
                Ok(())
            }
            Told::No(refusal) | Told::Perhaps(refusal) => {
                self.hold = self.setup.clock.steady() + HOLD;
                Err(refusal.clone())
            }
        };
        report("the update cannot take over", outcome.as_ref().err());
        let kept = self.feed(Event::Marked(told)).map(|_| ());
        answer(&mut self.activating, &outcome.and(kept));
    }

    fn start(&mut self, slot: Slot) {
        if self.machine.here.is_some() {
            return;
        }
        let here = Here {
            slot,
            version: self.setup.version.clone(),
        };
        tracing::info!(slot = slot.as_str(), version = %here.version, "runs");
        let event = Event::Started {
            here,
            boot: self.setup.boot.clone(),
            condemned: surroundings::condemned(&self.setup.places.verdict),
            restarting: surroundings::restarting(&self.setup.places.runtime),
        };
        let kept = self.feed(event);
        report("this start", kept.as_ref().err());
    }

    fn attend(&mut self, seen: Seen) {
        let since = self.setup.clock.steady();
        self.attendance = match (seen, self.attendance) {
            (Seen::Patient, _) => Attendance::Patient,
            (Seen::Idle, idle @ Attendance::Idle { .. }) => idle,
            (Seen::Idle, _) => Attendance::Idle { since },
            (Seen::Away, away @ Attendance::Away { .. }) => away,
            (Seen::Away, _) => Attendance::Away { since },
        };
    }

    fn serve(&mut self, call: Call) {
        let Call { wish, reply } = call;
        tracing::info!(?wish, "called");
        let patient = self.patient();
        let fed = match wish {
            Wish::Install(address) => source::remote(&address, &self.setup.servers)
                .and_then(|source| self.install((source, true))),
            Wish::InstallStick => source::stick(&self.setup.places.stick)
                .and_then(|source| self.install((source, false))),
            Wish::Activate => self.feed(Event::Activate { patient }),
            Wish::Confirm => self.feed(Event::Confirm),
            Wish::Rollback => self.feed(Event::Rollback { patient }),
            Wish::Cancel => self.feed(Event::Cancel).inspect(|_| {
                if let Some(looking) = self.looking.take() {
                    looking.abort();
                }
            }),
        };
        let answered = match fed {
            Ok(effects) if effects.contains(&Effect::MarkActive) => {
                self.activating.push(reply);
                return;
            }
            Ok(effects) if effects.contains(&Effect::MarkGood) => {
                self.confirming.push(reply);
                return;
            }
            Ok(_) => Ok(()),
            Err(refusal) => {
                tracing::info!(%refusal, "refused");
                Err(refusal)
            }
        };
        // Whoever hung up does not wait for an answer.
        let _ = reply.send(answered);
    }

    fn install(&mut self, source: (String, bool)) -> Result<Vec<Effect>, Refusal> {
        let transaction = surroundings::transaction()
            .map_err(|error| Refusal::new(Fault::Internal, error.to_string()))?;
        let before = std::mem::replace(&mut self.source, source);
        self.feed(Event::Install(transaction)).inspect_err(|_| {
            // The job that goes on keeps its source.
            self.source = before;
        })
    }

    /// One step of the machine: durable first, then its effects, which are returned.
    ///
    /// # Errors
    /// The refusal of a call, or `StorageFailed`. A call that cannot be kept changes nothing; a fact
    /// that cannot be kept is a fact all the same, and the next one is kept with it.
    fn feed(&mut self, event: Event) -> Result<Vec<Effect>, Refusal> {
        let wall = self.setup.clock.wall();
        let call = matches!(
            event,
            Event::Install(_)
                | Event::Activate { .. }
                | Event::Confirm
                | Event::Rollback { .. }
                | Event::Cancel
        );
        let looked = matches!(event, Event::Inspected(Ok(_)));
        let (next, effects) = self.machine.step(event, wall)?;
        let mut kept = Ok(());
        if next.record != self.machine.record
            && let Err(error) = self.store.save(&next.record)
        {
            let refusal = not_kept(&error);
            if call {
                return Err(refusal);
            }
            if looked && !effects.is_empty() {
                // Nothing may be written to a slot that the record on disk still relies on.
                return self.feed(Event::Inspected(Err(refusal)));
            }
            kept = Err(refusal);
        }
        let before = std::mem::replace(&mut self.machine, next);
        self.note_change(&before);
        for effect in &effects {
            self.carry_out(effect);
        }
        kept.map(|()| effects)
    }

    fn note_change(&mut self, before: &Machine) {
        let record = &self.machine.record;
        let (from, to) = (before.record.state.wire(), record.state.wire());
        if from == to {
            return;
        }
        self.progress = Progress::default();
        let version = record.state.pending().map(|p| p.version.to_string());
        let fault = record.last_error.map(Fault::as_str);
        match to {
            UpdateState::RolledBack => {
                tracing::warn!(fault, "the update was given up; the old slot runs");
            }
            _ => tracing::info!(?from, ?to, version, fault, "update"),
        }
    }

    fn carry_out(&mut self, effect: &Effect) {
        let connection = self.connection.clone();
        let post = self.post.clone();
        let (source, remote) = self.source.clone();
        // The owning task ends only with the daemon, so a letter that is not taken is nothing.
        match (effect, &self.machine.record.state) {
            (Effect::Inspect, State::Checking { transaction, .. }) => {
                let job = transaction.clone();
                let look = tokio::spawn(async move {
                    let seen = rauc::inspect(&connection, &source, remote).await;
                    let _ = post.send(News::Inspected(job, seen));
                });
                self.looking = Some(look.abort_handle());
            }
            (Effect::Install { transaction, hash }, _) => {
                let (job, hash) = (transaction.clone(), hash.clone());
                tokio::spawn(async move {
                    let told = post.clone();
                    let tell = move |progress| {
                        let _ = told.send(News::Progress(progress));
                    };
                    let end = rauc::install(&connection, &source, remote, &job, &hash, tell).await;
                    let _ = post.send(News::InstallEnded(job, end));
                });
            }
            (Effect::Ask { transaction }, State::Installing { slot, .. }) => {
                let (job, slot) = (transaction.clone(), *slot);
                tokio::spawn(async move {
                    let told = post.clone();
                    let tell = move |progress| {
                        let _ = told.send(News::Progress(progress));
                    };
                    let end = rauc::resume(&connection, &job, slot, tell).await;
                    let _ = post.send(News::InstallEnded(job, end));
                });
            }
            (Effect::MarkActive, _) => {
                tokio::spawn(async move {
                    let _ = post.send(News::Marked(rauc::mark_active(&connection).await));
                });
            }
            (Effect::MarkGood, _) => {
                tokio::spawn(async move {
                    let _ = post.send(News::MarkedGood(rauc::mark_good(&connection).await));
                });
            }
            (effect, state) => tracing::error!(?effect, ?state, "an effect of another state"),
        }
    }

    async fn publish(&mut self) -> zbus::Result<()> {
        let version = self.setup.version.to_string();
        let next = Shown::new(&self.machine, &version, &self.progress);
        let before = self.shown.send_replace(next.clone());
        bus::announce(&self.object, &before, &next).await
    }
}

fn not_kept(error: &StoreError) -> Refusal {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    tracing::error!(error = text, "the record cannot be kept");
    Refusal::new(Fault::StorageFailed, text)
}

fn report(what: &'static str, refusal: Option<&Refusal>) {
    if let Some(refusal) = refusal {
        tracing::warn!(fault = refusal.fault.as_str(), text = refusal.text, what);
    }
}

fn answer(waiting: &mut Vec<Reply>, result: &Result<(), Refusal>) {
    for reply in waiting.drain(..) {
        // Whoever hung up does not wait for an answer.
        let _ = reply.send(result.clone());
    }
}

/// Waits for a moment, or for ever.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
