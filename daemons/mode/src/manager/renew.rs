// SPDX-License-Identifier: MIT OR Apache-2.0
//! Another facility profile (環境設定情報) takes effect: between two patients, never within a check-in.

use uketsuke_bus::staff::{OWN_PROFILE, StaffEvent};

use super::Manager;
use crate::domain::{Event, Rules};
use crate::profile::{Chosen, InForce};

/// The profile as the owning task knows it.
pub(super) struct Renewal {
    /// The rules of the reader's own files.
    own: Rules,
    /// What comes in force with the next patient: the rules, and what the property says then.
    next: Option<(Rules, InForce)>,
}

impl Renewal {
    pub(super) fn new(own: Rules) -> Self {
        Self { own, next: None }
    }
}

impl Manager {
    /// Another profile is kept, or none any more.
    pub(super) async fn profile(&mut self, chosen: Option<Box<Chosen>>) -> zbus::Result<()> {
        let note = match &chosen {
            Some(_) => StaffEvent::ProfileSet,
            None => StaffEvent::ProfileWithdrawn,
        };
        self.notes.make(note, None, 0);
        let next = InForce::at_start(chosen.as_deref());
        let kept = next.kept.clone();
        tracing::info!(
            id = kept,
            own = kept == OWN_PROFILE,
            "the facility profile from the next patient on"
        );
        let rules = chosen.map_or_else(|| self.renewal.own.clone(), |chosen| chosen.rules);
        self.renewal.next = Some((rules, next));
        self.profile.send_modify(|now| now.kept = kept);
        let object = self.object.get().await;
        object
            .profile_kept_changed(self.object.signal_emitter())
            .await
    }

    /// What was kept cannot be used: the reader is on its own files, and somebody should know.
    pub(crate) fn profile_lost(&self) {
        self.notes.make(StaffEvent::ProfileLost, None, 0);
    }

    /// Puts what was kept in force, if nobody is being served.
    pub(super) async fn renew(&mut self) -> zbus::Result<()> {
        if !self.state.is_between_patients() {
            return Ok(());
        }
        let Some((rules, next)) = self.renewal.next.take() else {
            return Ok(());
        };
        self.rules = rules;
        self.profile.send_replace(next);
        {
            let object = self.object.get().await;
            object.profile_changed(self.object.signal_emitter()).await?;
        }
        // Phones may be offered from now on, or no longer.
        self.feed(Event::Phones(self.phones)).await
    }
}
