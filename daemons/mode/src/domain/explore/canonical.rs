// SPDX-License-Identifier: MIT OR Apache-2.0
//! States that behave alike are one.

use super::super::Millis;
use super::super::awaited::Fetch;
use super::super::event::Tag;
use super::super::state::{Desk, Session, Stage, State, Then};

/// The state with times counted from now and requests numbered by what they are for, so that two
/// states that behave alike are one.
pub fn canonical(state: &State, now: Millis) -> State {
    let mut state = state.clone();
    let back = |at: &mut Millis| at.0 = at.0.saturating_sub(now.0);
    state.next_tag = 5;
    if let Some(held) = &mut state.held {
        held.remind.iter_mut().for_each(back);
        held.until.iter_mut().for_each(back);
    }
    match &mut state.desk {
        Desk::Idle => {}
        Desk::Lifted { until } | Desk::Visual { until } => back(until),
        Desk::Passcode(passcode) => {
            back(&mut passcode.until);
            if let Some(wait) = &mut passcode.verifying {
                back(&mut wait.until);
                wait.tag = Tag(3);
                // Nothing comes of it while one is being verified.
                passcode.until = Millis(0);
            }
        }
        Desk::Ended(ended) => match &mut ended.then {
            Then::Remind { at, staff } => {
                back(at);
                back(staff);
            }
            Then::Done { at } | Then::Staff { at } | Then::Leave { at } => back(at),
            Then::Rest => {}
        },
        Desk::Session(s) => canonical_session(s, back),
    }
    state
}

fn canonical_session(s: &mut Session, back: impl Fn(&mut Millis)) {
    if let Fetch::Awaited(wait) = &mut s.certificate {
        back(&mut wait.until);
        wait.tag = Tag(1);
    }
    if let Fetch::Awaited(wait) = &mut s.challenge {
        back(&mut wait.until);
        wait.tag = Tag(2);
    }
    if let Stage::Signing(wait) | Stage::Checking(wait) | Stage::Completing(wait) = &mut s.stage {
        back(&mut wait.until);
        wait.tag = Tag(3);
    }
    if let Stage::Compare(compare) = &mut s.stage {
        back(&mut compare.wait.until);
        compare.wait.tag = Tag(3);
        compare.lasting.iter_mut().for_each(&back);
    }
    if let Stage::Hold(until) = &mut s.stage {
        back(until);
    }
    if let Some(timer) = &mut s.timer {
        back(&mut timer.end);
        back(&mut timer.next);
    }
    if let Some(away) = &mut s.away {
        back(&mut away.until);
        if let Some(wait) = &mut away.returning {
            back(&mut wait.until);
            wait.tag = Tag(4);
        }
    }
}
