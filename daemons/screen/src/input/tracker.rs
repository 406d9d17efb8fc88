// SPDX-License-Identifier: MIT OR Apache-2.0
//! One finger out of whatever a device reports.
//!
//! Panels speak "protocol B" (slots with tracking ids), simple panels and virtual tablets one
//! absolute position with a button (Linux `Documentation/input/multi-touch-protocol.rst`). Only
//! the first finger counts, until it leaves: no view needs two (EN 301 549, 5.1.3 ff.).

use evdev::{AbsoluteAxisCode as Axis, EventType, InputEvent, KeyCode};

use crate::output::{Phase, Touch};

/// Values an axis takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Value at the left or top edge.
    pub min: i32,
    /// Value at the right or bottom edge.
    pub max: i32,
}

impl Range {
    /// The pixel of `pixels` that a value means; values outside stay at the edge.
    fn pixel(self, value: i32, pixels: u32) -> i32 {
        let span = i64::from(self.max) - i64::from(self.min);
        if span <= 0 || pixels == 0 {
            return 0;
        }
        let last = i64::from(pixels) - 1;
        let from_min = i64::from(value) - i64::from(self.min);
        ((from_min * last + span / 2) / span).clamp(0, last) as i32
    }
}

/// The state of one device.
pub struct Tracker {
    x: Range,
    y: Range,
    size: (u32, u32),
    slots: bool,
    slot: i32,
    finger: Option<i32>,
    at: (i32, i32),
    touching: bool,
    was: Option<(i32, i32)>,
}

impl Tracker {
    /// For a device with these axes on a glass of `size` pixels. `slots`: it speaks protocol B.
    pub fn new(x: Range, y: Range, size: (u32, u32), slots: bool) -> Self {
        Self {
            x,
            y,
            size,
            slots,
            slot: 0,
            finger: None,
            at: (x.min, y.min),
            touching: false,
            was: None,
        }
    }

    /// Takes one event; a report that is complete may be a touch.
    pub fn feed(&mut self, event: &InputEvent) -> Option<Touch> {
        let (code, value) = (event.code(), event.value());
        match event.event_type() {
            EventType::SYNCHRONIZATION if code == 0 => return self.report(),
            EventType::ABSOLUTE if self.slots => self.slotted(Axis(code), value),
            EventType::ABSOLUTE => match Axis(code) {
                Axis::ABS_X => self.at.0 = value,
                Axis::ABS_Y => self.at.1 = value,
                _ => {}
            },
            EventType::KEY
                if !self.slots
                    && matches!(KeyCode(code), KeyCode::BTN_TOUCH | KeyCode::BTN_LEFT) =>
            {
                self.touching = value != 0;
            }
            _ => {}
        }
        None
    }

    /// The device is gone or its state unknown: a finger that was down has left, without acting.
    pub fn lost(&mut self) -> Option<Touch> {
        self.touching = false;
        self.finger = None;
        // Off the glass, so that no button takes it for a release.
        self.was.take().map(|_| Touch {
            x: -1,
            y: -1,
            phase: Phase::Up,
        })
    }

    fn slotted(&mut self, axis: Axis, value: i32) {
        match axis {
            Axis::ABS_MT_SLOT => self.slot = value,
            Axis::ABS_MT_TRACKING_ID => self.contact(value),
            Axis::ABS_MT_POSITION_X if self.finger == Some(self.slot) => self.at.0 = value,
            Axis::ABS_MT_POSITION_Y if self.finger == Some(self.slot) => self.at.1 = value,
            _ => {}
        }
    }

    /// A contact begins (an id from 0 up) or ends (-1) in the current slot.
    fn contact(&mut self, id: i32) {
        if id >= 0 && self.finger.is_none() {
            self.finger = Some(self.slot);
            self.touching = true;
        } else if id < 0 && self.finger == Some(self.slot) {
            self.finger = None;
            self.touching = false;
        }
    }

    fn report(&mut self) -> Option<Touch> {
        let x = self.x.pixel(self.at.0, self.size.0);
        let y = self.y.pixel(self.at.1, self.size.1);
        let phase = match (self.was, self.touching) {
            (None, true) => Phase::Down,
            (Some(was), true) if was != (x, y) => Phase::Move,
            (Some(_), false) => Phase::Up,
            _ => return None,
        };
        self.was = self.touching.then_some((x, y));
        Some(Touch { x, y, phase })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Range = Range { min: 0, max: 4095 };

    fn feed(tracker: &mut Tracker, events: &[(EventType, u16, i32)]) -> Vec<Touch> {
        let sync = (EventType::SYNCHRONIZATION, 0, 0);
        events
            .iter()
            .chain(&[sync])
            .filter_map(|(kind, code, value)| tracker.feed(&InputEvent::new(kind.0, *code, *value)))
            .collect()
    }

    fn axis(axis: Axis, value: i32) -> (EventType, u16, i32) {
        (EventType::ABSOLUTE, axis.0, value)
    }

    fn button(value: i32) -> (EventType, u16, i32) {
        (EventType::KEY, KeyCode::BTN_LEFT.0, value)
    }

    #[test]
    fn a_virtual_tablet_touches_with_its_button() {
        let mut tracker = Tracker::new(FULL, FULL, (1280, 800), false);
        assert_eq!(
            feed(
                &mut tracker,
                &[axis(Axis::ABS_X, 4095), axis(Axis::ABS_Y, 4095)]
            ),
            []
        );
        let down = Touch {
            x: 1279,
            y: 799,
            phase: Phase::Down,
        };
        assert_eq!(feed(&mut tracker, &[button(1)]), [down]);
        let moved = Touch {
            x: 0,
            y: 799,
            phase: Phase::Move,
        };
        assert_eq!(feed(&mut tracker, &[axis(Axis::ABS_X, 0)]), [moved]);
        assert_eq!(
            feed(&mut tracker, &[button(0)]),
            [Touch {
                phase: Phase::Up,
                ..moved
            }]
        );
    }

    #[test]
    fn only_the_first_finger_counts_until_it_leaves() {
        let mut tracker = Tracker::new(FULL, FULL, (4096, 4096), true);
        let id = Axis::ABS_MT_TRACKING_ID;
        let (x, y, slot) = (
            Axis::ABS_MT_POSITION_X,
            Axis::ABS_MT_POSITION_Y,
            Axis::ABS_MT_SLOT,
        );
        let first = feed(
            &mut tracker,
            &[axis(slot, 0), axis(id, 7), axis(x, 10), axis(y, 20)],
        );
        assert_eq!(
            first,
            [Touch {
                x: 10,
                y: 20,
                phase: Phase::Down
            }]
        );
        let second = feed(
            &mut tracker,
            &[axis(slot, 1), axis(id, 8), axis(x, 900), axis(y, 900)],
        );
        assert_eq!(second, []);
        let gone = feed(&mut tracker, &[axis(slot, 0), axis(id, -1)]);
        assert_eq!(
            gone,
            [Touch {
                x: 10,
                y: 20,
                phase: Phase::Up
            }]
        );
        // The second finger is still down and stays unheard.
        assert_eq!(feed(&mut tracker, &[axis(slot, 1), axis(x, 901)]), []);
        assert_eq!(feed(&mut tracker, &[axis(id, -1)]), []);
        let next = feed(
            &mut tracker,
            &[axis(slot, 0), axis(id, 9), axis(x, 1), axis(y, 2)],
        );
        assert_eq!(
            next,
            [Touch {
                x: 1,
                y: 2,
                phase: Phase::Down
            }]
        );
    }

    #[test]
    fn a_lost_device_lifts_the_finger_off_the_glass() {
        let mut tracker = Tracker::new(FULL, FULL, (1280, 800), false);
        feed(&mut tracker, &[button(1)]);
        assert_eq!(
            tracker.lost(),
            Some(Touch {
                x: -1,
                y: -1,
                phase: Phase::Up
            })
        );
        assert_eq!(tracker.lost(), None);
    }

    #[test]
    fn ranges_reach_both_edges_and_not_beyond() {
        let range = Range {
            min: 100,
            max: 1100,
        };
        assert_eq!(range.pixel(100, 800), 0);
        assert_eq!(range.pixel(1100, 800), 799);
        assert_eq!(range.pixel(5000, 800), 799);
        assert_eq!(range.pixel(-5, 800), 0);
        assert_eq!(Range { min: 3, max: 3 }.pixel(3, 800), 0);
    }
}
