// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who does not touch presses keys: a ring goes from one thing that can be pressed to the next, digits go
//! to the pad.

use std::time::Instant;

use super::{Desk, Effect};
use crate::input::Key;
use crate::ui::node::{DIGIT_ACTION, ERASE_ACTION};

impl Desk {
    /// A key of the keypad.
    pub fn key(&mut self, key: Key, now: Instant) -> Option<Effect> {
        self.somebody_is_there(now);
        self.speech.call();
        self.watch_idle(now);
        self.finger = None;
        self.light(None);
        let action = match key {
            Key::Digit(digit) => format!("{DIGIT_ACTION}{digit}"),
            Key::Erase => ERASE_ACTION.to_owned(),
            Key::Again => {
                self.speech.repeat();
                return None;
            }
            Key::Louder => {
                self.speech.louder();
                return None;
            }
            Key::Next => return self.move_ring(1),
            Key::Previous => return self.move_ring(-1),
            // Nobody presses what no ring was seen round.
            Key::Press => match self.focus.clone() {
                Some(action) => action,
                None => return self.move_ring(1),
            },
        };
        let index = self.scene.with_action(&action)?;
        if self.is_repeat(index, now) {
            return None;
        }
        self.last_act = Some((action.clone(), now));
        self.act(action, now)
    }

    /// The ring goes to the next thing that can be pressed, or to the one before; after the last one
    /// it begins anew. The keys of the pad have keys of their own on the keypad.
    fn move_ring(&mut self, by: isize) -> Option<Effect> {
        let stops = self.scene.stops();
        let count = stops.len() as isize;
        if count == 0 {
            return None;
        }
        let now = self
            .scene
            .focus()
            .and_then(|at| stops.iter().position(|stop| *stop == at));
        let next = match now {
            Some(at) => (at as isize + by).rem_euclid(count),
            None if by < 0 => count - 1,
            None => 0,
        };
        let index = stops[next as usize];
        self.focus = self.scene.action(index).map(str::to_owned);
        self.draw_ring();
        None
    }

    /// The ring round what it lay round before the view was drawn anew, if that is still there.
    pub(super) fn draw_ring(&mut self) {
        let index = self
            .focus
            .as_deref()
            .and_then(|action| self.scene.with_action(action));
        if index.is_none() {
            self.focus = None;
        }
        let damage = self.scene.set_focus(index);
        if !damage.is_empty() {
            self.damage.extend_from_slice(damage);
            self.changed = true;
        }
    }
}
