// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a start of the daemon means: after a restart of the machine, or in the middle of a boot.

use semver::Version;
use uketsuke_bus::update1::SlotState;

use super::{Effect, Fault, Here, Pending, Record, Rest, Slot, State, TRIES};

/// A system that the boot check found unfit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Condemned {
    /// Which one.
    pub version: Version,
    /// Where it ran.
    pub slot: Slot,
    /// Names this verdict, so that it counts once: the file stays, and the same version may be
    /// installed again.
    pub id: u64,
}

/// The machine was restarted.
pub(super) fn booted(
    before: &Record,
    here: &Here,
    boot: String,
    condemned: Option<Condemned>,
) -> (Record, Vec<Effect>) {
    let mut record = before.clone();
    record.boot = boot;
    // Whatever the record says: what runs is what is there. Good is only what was confirmed as such.
    if record.slots.of(here.slot).version.as_ref() != Some(&here.version) {
        record
            .slots
            .set(here.slot, Some(&here.version), SlotState::Unknown);
    }
    let condemned = condemned.filter(|c| before.judged != Some(c.id));
    if let Some(condemned) = condemned.as_ref().filter(|c| c.slot != here.slot) {
        record.judged = Some(condemned.id);
    }
    let mut effects = Vec::new();
    match before.state.clone() {
        State::Checking { back, .. } => {
            record.fail(back.clone(), Fault::Interrupted);
            if let Rest::Installed(pending) = back {
                landed(&mut record, here, pending, false, condemned.as_ref());
            }
        }
        State::Installing {
            transaction, slot, ..
        } if slot != here.slot => effects.push(Effect::Ask { transaction }),
        State::Installing { .. } => record.fail(Rest::Idle, Fault::Interrupted),
        State::Rest(Rest::Installed(pending)) => {
            landed(&mut record, here, pending, false, condemned.as_ref());
        }
        State::Activating(pending) | State::Unconfirmed(Some(pending)) => {
            landed(&mut record, here, pending, true, condemned.as_ref());
        }
        State::Unconfirmed(None) => record.state = State::Rest(Rest::Idle),
        State::Rest(_) => {}
    }
    let good = record.slots.of(here.slot).state == SlotState::Good;
    if !good && !matches!(record.state, State::Unconfirmed(_)) {
        record.state = State::Unconfirmed(None);
        effects.clear();
    }
    (record, effects)
}

/// Where the restart led while `pending` was to take over. `counted`: this try is counted already.
fn landed(
    record: &mut Record,
    here: &Here,
    mut pending: Pending,
    counted: bool,
    condemned: Option<&Condemned>,
) {
    if here.slot == pending.slot {
        // Started by hand in the firmware's menu: a try like any other.
        pending.tries = TRIES.min(pending.tries + u8::from(!counted));
        record.state = State::Unconfirmed(Some(pending));
        return;
    }
    let unfit = condemned.is_some_and(|c| (c.slot, &c.version) == (pending.slot, &pending.version));
    let why = if unfit {
        Fault::Unhealthy
    } else if pending.tries >= TRIES {
        Fault::NeverConfirmed
    } else {
        record.state = State::Rest(Rest::Installed(pending));
        return;
    };
    record.give_up(&pending, why);
}

/// The daemon alone was restarted.
pub(super) fn resumed(before: &Record, restarting: bool) -> (Record, Vec<Effect>) {
    let mut record = before.clone();
    let mut effects = Vec::new();
    match &before.state {
        State::Checking { back, .. } => record.fail(back.clone(), Fault::Interrupted),
        // RAUC may still be writing.
        State::Installing { transaction, .. } => effects.push(Effect::Ask {
            transaction: transaction.clone(),
        }),
        // Whether the firmware was told is not known, but no restart was asked for, so a patient may
        // have come: the next quiet time or the next call begins anew.
        State::Activating(pending) if !restarting => {
            record.perhaps_tried(pending.clone(), Fault::Interrupted);
        }
        State::Activating(_) | State::Unconfirmed(_) | State::Rest(_) => {}
    }
    (record, effects)
}
