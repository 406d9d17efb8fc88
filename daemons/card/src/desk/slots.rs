// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the desk makes of the slots: which card it takes, and when one has gone.

use uketsuke_bus::card1::{ReaderState, Role};

use super::card::Placed;
use super::jobs::{Done, Job};
use super::{Announce, Desk, DeskError, InUse, Refusal};
use crate::link::{Slot, Slots, Snapshot};

impl<R: Slots, A: Announce> Desk<R, A> {
    /// The slots changed.
    pub(super) async fn look(&mut self) -> Result<(), DeskError> {
        tracing::debug!(slots = ?self.told.slots, "slots");
        let snapshot = self.hangs.without(&self.told);
        self.tell_readers(&snapshot).await?;
        let lies = |slot: &str, insertion| {
            let found = snapshot.slots.iter().find(|s| s.name == slot);
            found.map(|slot| slot.card == Some(insertion))
        };
        if let Some(used) = &self.in_use {
            match lies(&used.slot, used.insertion) {
                Some(true) => {}
                Some(false) => {
                    self.catch_signature().await?;
                    self.lift(|| Refusal::Gone).await?;
                }
                None => self.lift(|| Refusal::NoReader).await?,
            }
        }
        self.passed
            .take_if(|(slot, insertion)| lies(slot, *insertion) != Some(true));
        self.take_next();
        Ok(())
    }

    /// A phone may leave as soon as it has signed, and the news of both come together.
    async fn catch_signature(&mut self) -> Result<(), DeskError> {
        let Some(job) = &mut self.job else {
            return Ok(());
        };
        let done = tokio::select! {
            biased;
            done = job.done() => done,
            () = std::future::ready(()) => return Ok(()),
        };
        match done {
            Done::Entered(entered) if entered.finished => self.finish(Done::Entered(entered)).await,
            // It has failed or does not matter any more; who waits for it is told that the card is gone.
            _ => Ok(()),
        }
    }

    /// Whether a card is placed while something lies on the slot for phones that nobody holds.
    pub(super) fn is_card_waiting(&self) -> bool {
        let idle = self.in_use.as_ref().is_some_and(|used| {
            used.role == Role::Phone && !used.card.as_ref().is_some_and(Placed::is_held)
        });
        let snapshot = self.hangs.without(&self.told);
        let placed = |s: &Slot| s.role == Role::Card && s.card.is_some();
        idle && snapshot.slots.iter().any(placed)
    }

    /// Lets the card have the desk.
    pub(super) async fn pass_over(&mut self) -> Result<(), DeskError> {
        let used = self.in_use.as_ref();
        self.passed = used.map(|used| (used.slot.clone(), used.insertion));
        self.lift(|| Refusal::Gone).await?;
        self.take_next();
        Ok(())
    }

    async fn tell_readers(&mut self, snapshot: &Snapshot) -> Result<(), DeskError> {
        let before = self.known.clone();
        for (role, known) in &mut self.known {
            match snapshot.slots.iter().find(|slot| slot.role == *role) {
                Some(slot) => *known = (slot.name.clone(), true),
                None => known.1 = false,
            }
        }
        if self.known != before {
            let readers = self.readers();
            tracing::info!(?readers, "readers");
            self.announce.readers(readers).await?;
        }
        Ok(())
    }

    fn readers(&self) -> Vec<ReaderState> {
        let known = self.known.iter();
        known
            .map(|(role, (name, works))| (*role, name.clone(), *works))
            .collect()
    }

    /// Starts on the first placed card when the desk is free. A second card, in another slot, waits
    /// until the first is lifted.
    pub(super) fn take_next(&mut self) {
        if self.in_use.is_some() {
            return;
        }
        let snapshot = self.hangs.without(&self.told);
        let passed = self.passed.as_ref();
        let placed = snapshot.slots.into_iter().find_map(|slot| {
            let insertion = slot.card?;
            let is_passed =
                passed.is_some_and(|(name, card)| *name == slot.name && *card == insertion);
            (!is_passed).then_some((slot.role, slot.name, insertion))
        });
        if let Some((role, slot, insertion)) = placed {
            let at = self.at(&slot);
            self.job = Some(Job::new(at.identify()));
            self.in_use = Some(InUse {
                role,
                slot,
                insertion,
                card: None,
            });
        }
    }
}
