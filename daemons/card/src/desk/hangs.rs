// SPDX-License-Identifier: MIT OR Apache-2.0
//! Readers that hang: a call that nobody waits for any more has not come back from PC/SC.
//!
//! Such a reader counts as away, with the card in it, and the other slot goes on. It comes back by
//! itself when the call does, or when the reader is unplugged. Where no slot is left to go on with, the
//! daemon ends: started anew it holds no call that hangs.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Announce, Desk, DeskError};
use crate::link::{LinkError, Slots, Snapshot};

/// How long a call may be out without anybody waiting for it. Longer than any that ends: powering a
/// card takes pcscd up to five seconds, the longest signature that may be configured thirty, and a
/// call is given up only after that.
const HUNG: Duration = Duration::from_secs(20);
/// Pause between two looks at calls that are out.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Readers that hang, by PC/SC name.
#[derive(Default)]
pub(super) struct Hangs(BTreeSet<String>);

impl Hangs {
    /// What is left of a snapshot without them.
    pub fn without(&self, snapshot: &Snapshot) -> Snapshot {
        let slots = snapshot.slots.iter();
        Snapshot {
            slots: slots
                .filter(|slot| !self.0.contains(&slot.name))
                .cloned()
                .collect(),
        }
    }
}

impl<R: Slots, A: Announce> Desk<R, A> {
    /// Whether there is a call that hangs or may come to.
    pub(super) fn is_call_out(&self) -> bool {
        let told = self.told.slots.iter();
        !self.hangs.0.is_empty()
            || told
                .into_iter()
                .any(|s| self.slots.abandoned(&s.name).is_some())
    }

    /// Finds out which readers hang now. Says whether that changed.
    ///
    /// # Errors
    /// [`DeskError::Stuck`] when there are readers and all of them hang.
    pub(super) fn find_hangs(&mut self) -> Result<bool, DeskError> {
        let hung = |name: &String| {
            let out = self.slots.abandoned(name);
            // One that hangs goes on to as long as any call is out.
            out.is_some_and(|since| since.elapsed() >= HUNG || self.hangs.0.contains(name))
        };
        let names = self.told.slots.iter().map(|slot| &slot.name);
        let now: BTreeSet<String> = names.filter(|name| hung(name)).cloned().collect();
        for name in now.difference(&self.hangs.0) {
            tracing::warn!(reader = %name, "the reader hangs, it is not used");
        }
        for name in self.hangs.0.difference(&now) {
            tracing::info!(reader = %name, "the reader does not hang any more");
        }
        let changed = now != self.hangs.0;
        self.hangs.0 = now;
        if !self.told.slots.is_empty() && self.hangs.0.len() == self.told.slots.len() {
            return Err(DeskError::Stuck(LinkError::Stuck(self.hangs.0.len())));
        }
        Ok(changed)
    }

    /// The reader in use has as many calls out as are allowed: it hangs, whenever that began.
    pub(super) fn give_up(&mut self, error: LinkError) -> Result<(), DeskError> {
        let slot = self.in_use.as_ref().map(|used| used.slot.clone());
        let others = |slot: &String| {
            let told = self.told.slots.iter();
            told.into_iter()
                .any(|other| other.name != *slot && !self.hangs.0.contains(&other.name))
        };
        match slot.filter(others) {
            Some(slot) => {
                tracing::warn!(reader = %slot, %error, "the reader hangs, it is not used");
                self.hangs.0.insert(slot);
                Ok(())
            }
            None => Err(DeskError::Stuck(error)),
        }
    }
}
