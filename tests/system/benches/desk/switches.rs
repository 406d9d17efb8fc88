// SPDX-License-Identifier: MIT OR Apache-2.0
//! From one view to the next where nobody but the reader itself is asked: a finger lifts from a button, the
//! screen tells the mode manager over the bus, that says the next view, and its picture is on the glass.

use serde_json::json;
use uketsuke_testkit::bench;

use crate::round;
use crate::visits::Desk;

/// Rounds before, and rounds that are measured; a round has a switch there and one back.
const WARM_UP: usize = 5;
const ROUNDS: usize = 100;
/// A picture of a glass that shows sixty a second, ms.
const FRAME: f64 = 1000.0 / 60.0;
/// Button and view that it leads to: there and back.
const STEPS: [[(&str, &str); 2]; 2] = [
    [("staff", "S-01"), ("stop", "P-00")],
    [("phone", "P-05a"), ("finish", "P-00")],
];

impl Desk<'_> {
    /// Measures switches of views and prints their row.
    pub fn switches(&mut self) {
        self.panel.wait(|p| p.view == "P-00");
        let mut all = Vec::new();
        let mut steps = Vec::new();
        for [there, back] in STEPS {
            let mut took = [Vec::new(), Vec::new()];
            for round in 0..WARM_UP + ROUNDS {
                for (took, (button, view)) in took.iter_mut().zip([there, back]) {
                    let since = self.panel.press(button);
                    self.panel.wait(|p| p.view == view);
                    let ms = since.elapsed().as_secs_f64() * 1000.0;
                    if round >= WARM_UP {
                        took.push(ms);
                    }
                }
            }
            for (mut took, (_, view)) in took.into_iter().zip([there, back]) {
                took.sort_by(f64::total_cmp);
                steps.push(format!("to {view} {:.1}", took[ROUNDS / 2]));
                all.extend(took);
            }
        }
        all.sort_by(f64::total_cmp);
        let p99 = all[all.len() * 99 / 100];
        bench::row(&json!({
            "name": "screen.switch", "ours": round(p99), "peer": round(FRAME),
            "peer_name": "one picture of sixty a second", "ratio": round(p99 / FRAME),
            "unit": "ms, p99", "n": all.len(), "goal": 1.0,
            "note": format!(
                "p50 {:.1} ms: {}; finger up on a button to the next view's picture on the glass, through \
                 screen, bus, mode manager, bus, screen",
                all[all.len() / 2],
                steps.join(", "),
            ),
        }));
    }
}
