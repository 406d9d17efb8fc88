// SPDX-License-Identifier: MIT OR Apache-2.0
//! Patients without thinking time, and staff who type as fast as a panel takes it.

use std::time::Duration;

use serde_json::json;
use tokio::runtime::Runtime;
use uketsuke_house::client::HouseClient;
use uketsuke_testkit::bench;

use crate::panel::Panel;
use crate::round;

/// Check-ins before, so that caches and connections are warm.
const WARM_UP: usize = 5;

/// A desk and whoever stands before it.
pub struct Desk<'a> {
    pub runtime: &'a Runtime,
    pub house: &'a HouseClient,
    pub panel: Panel,
}

/// What one check-in took, in milliseconds.
struct Visit {
    /// From the first command to the question about consent, without the card's own time.
    asked: f64,
    /// From the answer to "done".
    done: f64,
    /// The card's own (simulated) time.
    card: f64,
}

/// How a patient is identified.
#[derive(Clone, Copy)]
pub enum Way {
    /// A card and its PIN.
    Pin,
    /// A card whose PIN is locked; staff have typed their passcode.
    Visual,
    /// An Android phone and its PIN.
    Phone,
}

impl Way {
    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Pin => ("checkin.pin_added", "placed card's first command"),
            Self::Visual => (
                "checkin.visual_added",
                "placed card's first command, after the passcode",
            ),
            Self::Phone => (
                "checkin.phone_added",
                "held Android phone's first command, after its PIN was typed",
            ),
        }
    }

    /// Check-ins measured; the rarer kinds are measured less often, or they would take ten minutes.
    fn check_ins(self) -> usize {
        match self {
            Self::Pin => 200,
            Self::Visual | Self::Phone => 50,
        }
    }

    fn slot(self) -> u8 {
        u8::from(matches!(self, Self::Phone))
    }

    fn ends(self) -> &'static str {
        match self {
            Self::Pin | Self::Phone => "P-13",
            Self::Visual => "S-03",
        }
    }
}

impl Desk<'_> {
    /// Measures check-ins of one kind and prints their row; how many there were.
    pub fn measure(&mut self, way: Way, passcode: &str) -> usize {
        let count = way.check_ins();
        let mut visits: Vec<_> = (0..WARM_UP + count)
            .map(|_| self.visit(way, passcode))
            .collect();
        visits.drain(..WARM_UP);
        let sorted = |of: fn(&Visit) -> f64| {
            let mut values: Vec<_> = visits.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let p50 = |of| sorted(of)[count / 2];
        let added = sorted(|v| v.asked + v.done);
        let (card, p99) = (p50(|v| v.card), added[count * 99 / 100]);
        let (name, from) = way.row();
        bench::row(&json!({
            "name": name, "ours": round(p99), "peer": round(card),
            "peer_name": "the card's own simulated time", "ratio": round(p99 / card),
            "unit": "ms, p99", "n": count, "goal": 0.10,
            "note": format!(
                "p50 {:.1} ms: {:.1} to the question, with signature and centre; {:.1} from the answer to \
                 done, with durable consents; {from} to done, no thinking time",
                added[count / 2], p50(|v| v.asked), p50(|v| v.done),
            ),
        }));
        WARM_UP + count
    }

    /// One check-in.
    fn visit(&mut self, way: Way, passcode: &str) -> Visit {
        self.panel.wait(|p| p.view == "P-00");
        match way {
            Way::Pin => {
                self.place("normal-adult", 0);
                self.panel.press("pin");
                self.type_on("P-04", "1234");
            }
            Way::Visual => {
                self.panel.press("staff");
                self.type_on("S-01", passcode);
                self.panel.wait(|p| p.view == "S-02");
                self.place("pin-locked", 0);
            }
            Way::Phone => {
                self.panel.press("phone");
                self.panel.press("android");
                self.type_on("P-04", "1234");
                self.panel.wait(|p| p.view == "P-05");
                self.place("android", 1);
            }
        }
        let question = self.panel.wait(|p| p.view == "P-06" || p.view == "P-07");
        let asked = monotonic_ms();
        let answer = match question.view.as_str() {
            "P-06" => "agree-all",
            _ => "keep-earlier",
        };
        let (begun, card) = self.card(way.slot());
        let answered = monotonic_ms();
        self.panel.press(answer);
        self.panel.wait(|p| p.view == way.ends());
        let done = monotonic_ms();
        let lifted = self.house.lift_from(way.slot());
        self.runtime.block_on(lifted).unwrap();
        if matches!(way, Way::Phone) {
            // Its holder reads on, and is not asked to take anything.
            self.panel.press("finish");
        }
        Visit {
            asked: asked - begun - card,
            done: done - answered,
            card,
        }
    }

    fn place(&self, profile: &str, slot: u8) {
        let placed = self.house.place_on(slot, profile);
        self.runtime.block_on(placed).unwrap();
    }

    fn type_on(&mut self, view: &str, digits: &str) {
        self.panel.wait(|p| p.view == view);
        self.panel.type_digits(digits);
    }

    /// When the card had its first command, and how long all of them took it; milliseconds.
    fn card(&self, slot: u8) -> (f64, f64) {
        let asked = json!({ "do": "log", "slot": slot });
        let log = self.runtime.block_on(self.house.card(&asked)).unwrap();
        let log = log["log"].as_array().unwrap();
        let begun = log[0]["at_us"].as_f64().unwrap() / 1000.0;
        let took = log.iter().map(|e| e["us"].as_f64().unwrap() / 1000.0);
        (begun, took.sum())
    }
}

/// The machine's monotonic clock, as the virtual card's log states it.
fn monotonic_ms() -> f64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).unwrap();
    Duration::from(now).as_secs_f64() * 1000.0
}
