// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole desk measured from outside: `screen.switch`, `checkin.pin_added`, `checkin.visual_added`,
//! `checkin.phone_added`, `rss.total` and `idle.cpu`.
//!
//! A scripted patient without thinking time sits on the panel's own socket, so that everything
//! between the card's first command and "done" is the card's own (simulated) time or added by us.
#![allow(clippy::unwrap_used)]

mod panel;
mod switches;
mod visits;

use std::time::Duration;

use serde_json::json;
use uketsuke_house::client::HouseClient;
use uketsuke_house::options::Options;
use uketsuke_system_tests::{patient, staff};
use uketsuke_testkit::bench;

use panel::Panel;
use visits::{Desk, Way};

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
    let passcode = runtime.block_on(staff::issue(&house, "suzuki.hanako"));
    let mut desk = Desk {
        runtime: &runtime,
        house: &house,
        panel: Panel::connect(&runtime.block_on(house.state()).unwrap().config),
    };
    desk.switches();
    let ways = [Way::Pin, Way::Visual, Way::Phone];
    let visits: usize = ways.map(|way| desk.measure(way, &passcode)).iter().sum();

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
        "note": format!("VmRSS after {} check-ins: {}; no face daemon yet", visits, parts.join(", ")),
    }));

    desk.panel.wait(|p| p.view == "P-00");
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

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
