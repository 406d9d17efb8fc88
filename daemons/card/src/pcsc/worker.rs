// SPDX-License-Identifier: MIT OR Apache-2.0
//! One thread, one connection to one card.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use pcsc::{Card, Context, Disposition, MAX_BUFFER_SIZE, Protocols, Scope, ShareMode};
use tokio::sync::oneshot;
use tokio::time::Instant;
use zeroize::{Zeroize, Zeroizing};

use crate::apdu::Response;
use crate::link::{LOOK, LinkError};

/// Most threads at a time for one slot. One works; the others hang in pcscd, each holding a connection
/// there, and so many mean that the reader will not come back by itself.
const MOST_A_SLOT: usize = 3;
/// Most threads in all: both slots at their limit.
const MOST: usize = 2 * MOST_A_SLOT;

/// The threads that live.
#[derive(Default)]
pub(super) struct Workers {
    alive: Mutex<Living>,
    ended: Condvar,
}

#[derive(Default)]
struct Living {
    last: u64,
    threads: BTreeMap<u64, Thread>,
}

struct Thread {
    slot: String,
    /// Since when nobody waits for it.
    abandoned: Option<Instant>,
}

impl Workers {
    /// Waits until none is left, at most `limit`.
    pub fn wait(&self, limit: Duration) {
        let (living, _) = self
            .ended
            .wait_timeout_while(self.living(), limit, |living| !living.threads.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        let calls = living.threads.len();
        if calls > 0 {
            tracing::warn!(calls, "calls hang in pcscd at the end");
        }
    }

    /// Since when the oldest thread at `slot` that nobody waits for is so.
    pub fn abandoned(&self, slot: &str) -> Option<Instant> {
        let living = self.living();
        let here = living.threads.values().filter(|thread| thread.slot == slot);
        here.filter_map(|thread| thread.abandoned).min()
    }

    fn enter(self: &Arc<Self>, slot: &str) -> Result<(Alive, Waiting), LinkError> {
        let mut living = self.living();
        let threads = &living.threads;
        let here = threads
            .values()
            .filter(|thread| thread.slot == slot)
            .count();
        if here >= MOST_A_SLOT || threads.len() >= MOST {
            return Err(LinkError::Stuck(here));
        }
        living.last += 1;
        let number = living.last;
        let thread = Thread {
            slot: slot.to_owned(),
            abandoned: None,
        };
        living.threads.insert(number, thread);
        drop(living);
        Ok((
            Alive(Arc::clone(self), number),
            Waiting(Arc::clone(self), number),
        ))
    }

    fn living(&self) -> MutexGuard<'_, Living> {
        self.alive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held by a thread as long as it lives.
struct Alive(Arc<Workers>, u64);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.living().threads.remove(&self.1);
        self.0.ended.notify_all();
    }
}

/// Held by whoever waits for a thread.
struct Waiting(Arc<Workers>, u64);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(thread) = self.0.living().threads.get_mut(&self.1) {
            thread.abandoned = Some(Instant::now());
        }
    }
}

enum Order {
    Transmit(
        Zeroizing<Vec<u8>>,
        oneshot::Sender<Result<Response, LinkError>>,
    ),
    PowerDown(oneshot::Sender<Result<(), LinkError>>),
}

/// The other end of a thread. Dropping it makes the thread power the card down and end, after
/// [`LOOK`] or when the call it hangs in returns.
pub(super) struct Worker {
    orders: Sender<Order>,
    _waiting: Waiting,
}

impl Worker {
    /// Starts a thread and has it take the card in `slot`.
    pub async fn connect(workers: &Arc<Workers>, slot: &str) -> Result<Self, LinkError> {
        let (alive, waiting) = workers.enter(slot)?;
        let slot = CString::new(slot).map_err(|e| LinkError::Failed(Box::new(e)))?;
        let (orders, inbox) = channel();
        let (ready, connected) = oneshot::channel();
        thread::Builder::new()
            .name("card".into())
            .spawn(move || {
                let _alive = alive;
                match connect(&slot) {
                    Ok(card) => {
                        // Nobody waits any more: the inbox is closed, and the loop ends at once.
                        let _ = ready.send(Ok(()));
                        serve(card, &inbox);
                    }
                    Err(error) => drop(ready.send(Err(error))),
                }
            })
            .map_err(|e| LinkError::Failed(Box::new(e)))?;
        answer(connected).await?;
        Ok(Self {
            orders,
            _waiting: waiting,
        })
    }

    pub async fn transmit(&self, command: &[u8]) -> Result<Response, LinkError> {
        let (reply, answered) = oneshot::channel();
        let mut bytes = Zeroizing::new(Vec::with_capacity(command.len()));
        bytes.extend_from_slice(command);
        self.order(Order::Transmit(bytes, reply))?;
        answer(answered).await
    }

    pub async fn power_down(self) -> Result<(), LinkError> {
        let (reply, answered) = oneshot::channel();
        self.order(Order::PowerDown(reply))?;
        answer(answered).await
    }

    fn order(&self, order: Order) -> Result<(), LinkError> {
        self.orders.send(order).map_err(|_| LinkError::ServiceAway)
    }
}

/// The thread only leaves without an answer when it panicked.
async fn answer<T>(reply: oneshot::Receiver<Result<T, LinkError>>) -> Result<T, LinkError> {
    reply.await.unwrap_or(Err(LinkError::ServiceAway))
}

fn connect(slot: &CString) -> Result<Card, LinkError> {
    let context = Context::establish(Scope::System)?;
    Ok(context.connect(slot, ShareMode::Exclusive, Protocols::ANY)?)
}

fn serve(card: Card, inbox: &Receiver<Order>) {
    // libpcsclite refuses a longer answer than this, which is more than the short form allows.
    let mut buffer = [0; MAX_BUFFER_SIZE];
    let mut wanted = None;
    while let Ok(order) = inbox.recv() {
        match order {
            Order::Transmit(bytes, reply) => {
                let result = card.transmit(&bytes, &mut buffer);
                drop(bytes);
                let result = result
                    .map_err(LinkError::from)
                    .and_then(|raw| Response::parse(raw).ok_or(LinkError::Malformed));
                buffer.zeroize();
                let _ = reply.send(result);
            }
            Order::PowerDown(reply) => {
                wanted = Some(reply);
                break;
            }
        }
    }
    // A session that was dropped may have lost its card. A power-down that fails for that reason makes
    // pcscd call the slot empty on our word alone (winscard.c, SCardDisconnect); its own look, if it
    // comes only when the next card lies there, sees no change and never tells of that card. So it
    // looks first. Nobody else gets at the card meanwhile: it is held exclusively until here.
    if wanted.is_none() {
        thread::sleep(LOOK);
    }
    let result = match card.disconnect(Disposition::UnpowerCard) {
        Ok(()) => Ok(()),
        Err((card, error)) => {
            // The handle is void (card or service gone). Dropping it would ask for a mere reset.
            std::mem::forget(card);
            Err(LinkError::from(error))
        }
    };
    if let Some(reply) = wanted {
        let _ = reply.send(result);
    }
}
