// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one task that owns all state: which card is placed, who holds it, what it is doing.
//!
//! ```text
//!            placed            identified                      sign | release | limit
//!   Empty ----------> Looking ------------> Placed (powered) <------------------------> Placed (off)
//!     ^                  |                     |                                            |
//!     +------------------+---------------------+-------- lifted | reader gone --------------+
//! ```
//!
//! Everything that touches the card is a job, a future that holds the session. There is one at
//! most, so commands never interleave. A card that is lifted while its job runs ends at once: the
//! job is dropped, and with it the link, and the caller is told.
//!
//! One card or phone is in use at a time. Whatever lies on the slot for phones and is held by nobody
//! gives way to a card on the slot for cards, and is not looked at again until it was lifted.

mod calls;
mod card;
mod hangs;
mod jobs;
mod left;
mod slots;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};
use uketsuke_bus::card1::{CardKind, ReaderState, Role};
use uketsuke_record::Roots;
use zbus::names::OwnedUniqueName;

use crate::link::{Insertion, LinkError, Slots, Snapshot};
use crate::pinless::Service;
use crate::session::{Identity, Limits, Session};
pub use calls::{Bytes, Call, Entry, Letter, Refusal, Reply};
use card::Placed;
use hangs::{Hangs, LOOK_AGAIN};
use jobs::{At, Done, Job};
use left::Left;

/// Properties of a card object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardView {
    /// What it is.
    pub kind: CardKind,
    /// Where it lies.
    pub slot: Role,
    /// Tries left of its PIN.
    pub tries: u8,
    /// Tries left of its 照合番号B, where it was asked for them.
    pub reference_tries: Option<u8>,
    /// Whether it still lies there.
    pub there: bool,
}

/// How the desk is heard.
pub trait Announce: Send {
    /// A card object exists from now on.
    fn placed(
        &mut self,
        card: u64,
        view: watch::Receiver<CardView>,
    ) -> impl Future<Output = zbus::Result<()>> + Send;

    /// The card of this object was lifted.
    fn lifted(&mut self, card: u64) -> impl Future<Output = zbus::Result<()>> + Send;

    /// The configured roles, and the reader of each.
    fn readers(
        &mut self,
        readers: Vec<ReaderState>,
    ) -> impl Future<Output = zbus::Result<()>> + Send;

    /// Ends when `owner` has left the bus.
    fn gone(&self, owner: OwnedUniqueName) -> impl Future<Output = ()> + Send + 'static;
}

/// Why the daemon must end.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The bus is away; the service manager starts us again when it is back.
    #[error("the bus failed")]
    Bus(#[from] zbus::Error),
    /// The thread that watches the slots has ended.
    #[error("the slots are no longer watched")]
    Unwatched,
    /// Calls hang in pcscd for good.
    #[error("pcscd does not answer")]
    Stuck(#[source] LinkError),
}

/// What the desk is told by the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Longest waits for the card.
    pub limits: Limits,
    /// How long a powered or claimed card may stay without a call.
    pub claim: Duration,
    /// How long the certificate of a phone that has left can be had.
    pub kept: Duration,
    /// Whether cards of a test root are served.
    pub test_cards: bool,
    /// Whether there is a slot for phones.
    pub phones: bool,
}

/// Who is asked about a card.
#[derive(Debug, Default)]
pub struct Trust {
    /// Whose word on a record is believed.
    pub roots: Roots,
    /// Socket of the decoder.
    pub decoder: PathBuf,
    /// Who may have a card sign without PIN, if anybody.
    pub pinless: Option<Service>,
}

/// The slot in use and the card in it.
struct InUse<L> {
    role: Role,
    slot: String,
    insertion: Insertion,
    /// None while it is being identified.
    card: Option<Placed<L>>,
}

/// The owner of all state.
pub struct Desk<R: Slots, A> {
    in_use: Option<InUse<R::Card>>,
    /// The phone that left last, after it has signed.
    left: Option<Left>,
    /// What lies on the slot for phones and gave way to a card.
    passed: Option<(String, Insertion)>,
    /// The slots as last told, those that hang among them.
    told: Snapshot,
    hangs: Hangs,
    /// Which of them hang has changed.
    look_again: bool,
    job: Option<Job<R::Card>>,
    /// Behind what holds a card: when the desk is dropped, the slots wait until no card is held.
    slots: Arc<R>,
    announce: A,
    settings: Settings,
    trust: Arc<Trust>,
    /// Where owner watches report; the other end is the inbox.
    post: mpsc::Sender<Letter>,
    /// The reader of each configured role, as last seen, and whether it works.
    known: BTreeMap<Role, (String, bool)>,
    /// Number of the last card object.
    last: u64,
}

impl<R: Slots, A: Announce> Desk<R, A> {
    /// A desk with nothing on it. `post` must lead to the inbox given to [`Self::run`].
    pub fn new(
        slots: Arc<R>,
        announce: A,
        settings: Settings,
        trust: Trust,
        post: mpsc::Sender<Letter>,
    ) -> Self {
        Self {
            slots,
            announce,
            settings,
            trust: Arc::new(trust),
            post,
            known: unseen(settings.phones)
                .map(|(role, name, works)| (role, (name, works)))
                .collect(),
            last: 0,
            in_use: None,
            left: None,
            passed: None,
            told: Snapshot::default(),
            hangs: Hangs::default(),
            look_again: false,
            job: None,
        }
    }

    /// Works until something fails for good. `alive` is called about every `beat` from this task's
    /// own turn.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Letter>,
        mut snapshots: watch::Receiver<Snapshot>,
        beat: Option<Duration>,
        alive: impl Fn() + Send,
    ) -> Result<(), DeskError> {
        let far = Duration::from_secs(86_400);
        let mut pulse = tokio::time::interval(beat.unwrap_or(far));
        snapshots.mark_changed();
        loop {
            if std::mem::take(&mut self.look_again) {
                self.look().await?;
            }
            if self.is_card_waiting() {
                self.pass_over().await?;
            }
            let limit = self.idle_limit();
            let left = self.left.as_ref().map(|left| left.until);
            let out = self.is_call_out();
            tokio::select! {
                // In this order: a card that was lifted is told as lifted, not as unreadable.
                biased;
                seen = snapshots.changed() => {
                    seen.map_err(|_| DeskError::Unwatched)?;
                    self.told = snapshots.borrow_and_update().clone();
                    self.find_hangs()?;
                    self.look().await?;
                }
                done = next(&mut self.job) => self.finish(done).await?,
                letter = inbox.recv() => match letter {
                    Some(letter) => self.open(letter),
                    // Cannot happen while `self.post` lives.
                    None => return Ok(()),
                },
                () = sleep_until(limit.unwrap_or_else(|| Instant::now() + far)) => {
                    if limit.is_some() {
                        self.end_claim(None);
                    }
                }
                () = sleep_until(left.unwrap_or_else(Instant::now)), if left.is_some() => {
                    self.left = None;
                }
                () = sleep(LOOK_AGAIN), if out => {
                    if self.find_hangs()? {
                        self.look().await?;
                    }
                }
                _ = pulse.tick(), if beat.is_some() => alive(),
            }
        }
    }

    fn at(&self, slot: &str) -> At<R> {
        At {
            slots: Arc::clone(&self.slots),
            slot: slot.to_owned(),
            limits: self.settings.limits,
            test_cards: self.settings.test_cards,
            trust: Arc::clone(&self.trust),
        }
    }

    /// The card is away. Whoever waits for it is told `why`; the link goes with the job or the
    /// session.
    async fn lift(&mut self, why: impl Fn() -> Refusal) -> Result<(), DeskError> {
        if let Some(reply) = self.job.take().and_then(Job::into_reply) {
            let _ = reply.send(Err(why()));
        }
        if let Some(card) = self.in_use.take().and_then(|used| used.card) {
            let number = card.number;
            self.left = card
                .left()
                .map(|left| Left::new(number, self.settings.kept, left));
            card.away(why);
            tracing::info!(card = number, "card lifted");
            self.announce.lifted(number).await?;
        }
        Ok(())
    }

    /// A job ended.
    async fn finish(&mut self, done: Done<R::Card>) -> Result<(), DeskError> {
        let reply = self.job.take().and_then(Job::into_reply);
        match done {
            Done::Stuck(error) => {
                self.give_up(error)?;
                if let Some(reply) = reply {
                    let _ = reply.send(Err(Refusal::NoReader));
                }
                self.look_again = true;
                return Ok(());
            }
            Done::Identified(session, identity) => self.place(session, identity).await?,
            Done::PoweredDown => {}
            Done::Entered(mut entered) => {
                let Some(card) = self.in_use.as_mut().and_then(|used| used.card.as_mut()) else {
                    return Ok(());
                };
                if entered.another_card {
                    // The same slot never reported a removal: look at what lies there afresh.
                    if let Some(reply) = reply {
                        let _ = reply.send(Err(Refusal::Gone));
                    }
                    self.lift(|| Refusal::Gone).await?;
                    self.take_next();
                    return Ok(());
                }
                card.after_entry(&mut entered);
                let off = card.take_session_if(entered.finished);
                if let Some(reply) = reply {
                    let _ = reply.send(entered.result);
                }
                if let Some(session) = off {
                    let limit = self.settings.limits.apdu;
                    self.job = Some(Job::new(jobs::power_down(session, limit, None)));
                    return Ok(());
                }
            }
        }
        self.next_entry();
        Ok(())
    }

    /// The card is known: it gets its object.
    async fn place(
        &mut self,
        session: Option<Session<R::Card>>,
        identity: Identity,
    ) -> Result<(), DeskError> {
        let Some(used) = self.in_use.as_mut() else {
            return Ok(());
        };
        self.last += 1;
        self.left = None;
        let number = self.last;
        tracing::info!(card = number, kind = ?identity.kind, "card placed");
        let card = used
            .card
            .insert(Placed::new(number, used.role, session, identity));
        self.announce.placed(number, card.view()).await?;
        Ok(())
    }

    fn open(&mut self, letter: Letter) {
        match letter {
            Letter::OwnerLeft(owner) => {
                if self.placed().is_some_and(|card| card.is_held_by(&owner)) {
                    self.end_claim(None);
                }
            }
            Letter::Call { card, caller, call } => self.call(card, caller, call),
        }
    }

    fn call(&mut self, number: u64, caller: OwnedUniqueName, call: Call) {
        let busy = self.job.is_some();
        let test_cards = self.settings.test_cards;
        if self.placed().is_none_or(|card| card.number != number) {
            return match &self.left {
                Some(left) => left.call(number, &caller, call),
                None => call.refuse(Refusal::Gone),
            };
        }
        let Some(card) = self.placed() else { return };
        // The photo is for the face daemon alone (the bus sees to that), while the mode manager holds
        // the card: it is read beside the claim and begins none.
        let beside = matches!(
            call,
            Call::Enter(Entry::Reference(_), _) | Call::AttestMatch(_)
        );
        if !beside && card.is_held_by_another(&caller) {
            return call.refuse(Refusal::Busy);
        }
        card.touch();
        let call = match call {
            // The claim ends here; there is no need to begin one.
            Call::Release(reply) => return self.end_claim(Some(reply)),
            other => other,
        };
        let refusal = card.refusal(&call, &caller, test_cards);
        if !beside && !card.is_held() {
            let gone = self.announce.gone(caller.clone());
            let post = self.post.clone();
            let owner = caller.clone();
            let watch = tokio::spawn(async move {
                gone.await;
                // The desk is at its end when nobody takes this.
                let _ = post.send(Letter::OwnerLeft(owner)).await;
            });
            if let Some(card) = self.placed() {
                card.claim(caller.clone(), watch.abort_handle());
            }
        }
        if let Some(refusal) = refusal {
            return call.refuse(refusal);
        }
        let Some(card) = self.placed() else { return };
        match call {
            Call::ReadCertificate(reply) => {
                let _ = reply.send(card.certificate().ok_or(Refusal::NotThisKind));
            }
            Call::AttestMatch(reply) => {
                card.attest();
                let _ = reply.send(Ok(()));
            }
            Call::Enter(entry, reply) => {
                card.queue(entry, caller, reply);
                if !busy {
                    self.next_entry();
                }
            }
            Call::Release(_) => {}
        }
    }

    /// Starts the next entry that waits, if any.
    fn next_entry(&mut self) {
        let Some(used) = self.in_use.as_mut() else {
            return;
        };
        let Some(card) = used.card.as_mut() else {
            return;
        };
        // An earlier entry may have used up the last try.
        let Some(next) = card.next_entry() else {
            return;
        };
        let session = card.take_session();
        let slot = used.slot.clone();
        let job = self.at(&slot).enter(session, next.known, next.entry);
        self.job = Some(Job::with_reply(job, next.reply));
    }

    /// Ends the claim and powers the card down: `Release`, the owner's exit, the limit.
    fn end_claim(&mut self, reply: Option<Reply<()>>) {
        let limit = self.settings.limits.apdu;
        let interrupted = self.job.take().and_then(Job::into_reply);
        if let Some(reply) = interrupted {
            // Dropping the job dropped the session: it ends with a power-down.
            let _ = reply.send(Err(Refusal::Gone));
        }
        if let Some(card) = self.placed() {
            card.unclaim();
            if let Some(session) = card.take_session() {
                self.job = Some(Job::new(jobs::power_down(session, limit, reply)));
                return;
            }
        }
        if let Some(reply) = reply {
            let _ = reply.send(Ok(()));
        }
    }

    fn placed(&mut self) -> Option<&mut Placed<R::Card>> {
        self.in_use.as_mut()?.card.as_mut()
    }

    /// When the card is to be powered down for want of calls.
    fn idle_limit(&self) -> Option<Instant> {
        let card = self.in_use.as_ref()?.card.as_ref()?;
        (self.job.is_none() && card.is_in_use()).then(|| card.used + self.settings.claim)
    }
}

/// The configured roles before anything is seen.
pub fn unseen(phones: bool) -> impl Iterator<Item = ReaderState> {
    [Role::Card]
        .into_iter()
        .chain(phones.then_some(Role::Phone))
        .map(|role| (role, String::new(), false))
}

/// The end of the job under way; never, when there is none.
async fn next<L>(job: &mut Option<Job<L>>) -> Done<L> {
    match job {
        Some(job) => job.done().await,
        None => std::future::pending().await,
    }
}
