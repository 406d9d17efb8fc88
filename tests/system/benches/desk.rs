// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole desk measured from outside: `checkin.pin_added`, `rss.total` and `idle.cpu`.
//!
//! A scripted patient without thinking time sits on the panel's own socket, so that everything
//! between the card's first command and "done" is the card's own (simulated) time or added by us.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::json;
use uketsuke_common::config;
use uketsuke_house::api::{Node, Picture};
use uketsuke_house::client::HouseClient;
use uketsuke_house::options::Options;
use uketsuke_system_tests::patient;
use uketsuke_testkit::bench;

/// Check-ins measured.
const CHECK_INS: usize = 200;
/// Check-ins before, so that caches and connections are warm.
const WARM_UP: usize = 5;
/// How long the idle desk is watched.
const WATCH: Duration = Duration::from_secs(60);
/// Daemons that run on the box; the terminal does by default.
const ON_THE_BOX: [&str; 5] = ["card", "mode", "uplink", "screen", "terminal"];

fn main() {
    let house = HouseClient::start(&Options::of_a_test()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(patient::settled(&house)).unwrap();
    let mut panel = Panel::connect(&runtime.block_on(house.state()).unwrap().config);

    let mut added = Vec::new();
    let mut card = Vec::new();
    for round in 0..WARM_UP + CHECK_INS {
        let (ours, theirs) = check_in(&runtime, &house, &mut panel);
        if round >= WARM_UP {
            added.push(ours);
            card.push(theirs);
        }
    }
    added.sort_by(f64::total_cmp);
    card.sort_by(f64::total_cmp);
    let (p50, p99) = (added[CHECK_INS / 2], added[CHECK_INS * 99 / 100]);
    let card = card[CHECK_INS / 2];
    bench::row(&json!({
        "name": "checkin.pin_added", "ours": round(p99), "peer": round(card),
        "peer_name": "the card's own simulated time", "ratio": round(p99 / card),
        "unit": "ms, p99", "n": CHECK_INS, "goal": 0.10,
        "note": format!("p50 {:.1} ms; placed card's first command to done, with signature, centre and durable consents, no thinking time", p50),
    }));

    let processes = runtime.block_on(house.state()).unwrap().processes;
    let mut total = 0.0;
    let mut parts = Vec::new();
    for name in ON_THE_BOX {
        let process = processes.iter().find(|p| p.name == name).unwrap();
        let mib = f64::from(u32::try_from(process.rss_kib.unwrap()).unwrap()) / 1024.0;
        parts.push(format!("{name} {mib:.1}"));
        total += mib;
    }
    bench::row(&json!({
        "name": "rss.total", "ours": round(total), "peer": 120, "peer_name": "budget",
        "ratio": round(total / 120.0), "unit": "MiB", "n": 1, "goal": 1.0,
        "note": format!("VmRSS after {} check-ins: {}; no face daemon yet", WARM_UP + CHECK_INS, parts.join(", ")),
    }));

    panel.wait(|p| p.view == "P-00");
    let before = busy_us(&runtime, &house);
    std::thread::sleep(WATCH);
    let spent = Duration::from_micros(busy_us(&runtime, &house) - before);
    let share = spent.as_secs_f64() / WATCH.as_secs_f64() * 100.0;
    bench::row(&json!({
        "name": "idle.cpu", "ours": round(share), "peer": null, "peer_name": null,
        "ratio": null, "unit": "%", "n": 1, "goal": 0.2,
        "note": "of one processor of this machine, all daemons over a minute at idle",
    }));
}

/// Time that all daemons on the box have spent on a processor.
fn busy_us(runtime: &tokio::runtime::Runtime, house: &HouseClient) -> u64 {
    let processes = runtime.block_on(house.state()).unwrap().processes;
    let ours = processes
        .iter()
        .filter(|p| ON_THE_BOX.contains(&p.name.as_str()));
    ours.map(|p| p.busy_us.unwrap()).sum()
}

/// One check-in; milliseconds added by us, and milliseconds of the card.
fn check_in(
    runtime: &tokio::runtime::Runtime,
    house: &HouseClient,
    panel: &mut Panel,
) -> (f64, f64) {
    panel.wait(|p| p.view == "P-00");
    runtime.block_on(house.place("normal-adult")).unwrap();
    panel.press("pin");
    panel.wait(|p| p.view == "P-04");
    for digit in ["1", "2", "3", "4"] {
        panel.press_key(digit);
    }
    let question = panel
        .wait(|p| p.view == "P-06" || p.view == "P-07")
        .view
        .clone();
    panel.press(if question == "P-06" {
        "agree-all"
    } else {
        "keep-earlier"
    });
    panel.wait(|p| p.view == "P-13");
    let done = monotonic_ms();
    let log = runtime
        .block_on(house.card(&json!({ "do": "log" })))
        .unwrap();
    let log = log["log"].as_array().unwrap();
    let begun = log[0]["at_us"].as_f64().unwrap() / 1000.0;
    let card: f64 = log.iter().map(|e| e["us"].as_f64().unwrap() / 1000.0).sum();
    runtime.block_on(house.lift()).unwrap();
    (done - begun - card, card)
}

/// The machine's monotonic clock, as the virtual card's log states it.
fn monotonic_ms() -> f64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).unwrap();
    Duration::from(now).as_secs_f64() * 1000.0
}

/// A finger and an eye on the panel itself.
struct Panel {
    lines: BufReader<UnixStream>,
    touch: UnixStream,
    picture: Picture,
}

impl Panel {
    fn connect(configuration: &str) -> Self {
        let screen = config::load_from(configuration.as_ref()).unwrap().screen;
        let touch = UnixStream::connect(screen.panel.join("panel.sock")).unwrap();
        touch
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        Self {
            lines: BufReader::new(touch.try_clone().unwrap()),
            touch,
            picture: Picture::default(),
        }
    }

    fn wait(&mut self, wanted: impl Fn(&Picture) -> bool) -> &Picture {
        while !wanted(&self.picture) {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line);
            assert!(read.is_ok_and(|n| n > 0), "stuck at {}", self.picture.view);
            self.picture = serde_json::from_str(&line).unwrap();
        }
        &self.picture
    }

    fn press(&mut self, action: &str) {
        let find = |n: &&Node| n.enabled && n.action.as_deref() == Some(action);
        let node = self
            .wait(|p| p.tree.iter().any(|n| find(&n)))
            .tree
            .iter()
            .find(find)
            .cloned();
        self.touch(&node.unwrap());
    }

    fn press_key(&mut self, digit: &str) {
        let find = |n: &&Node| n.role == "key" && n.label == digit;
        let node = self
            .wait(|p| p.tree.iter().any(|n| find(&n)))
            .tree
            .iter()
            .find(find)
            .cloned();
        self.touch(&node.unwrap());
    }

    fn touch(&mut self, node: &Node) {
        for phase in ["down", "up"] {
            // The panel takes whole pixels.
            let (x, y) = (node.x + node.w / 2.0, node.y + node.h / 2.0);
            let touch = json!({ "touch": { "x": x as i32, "y": y as i32, "phase": phase }});
            writeln!(self.touch, "{touch}").unwrap();
        }
    }
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
