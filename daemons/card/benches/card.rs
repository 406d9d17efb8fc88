// SPDX-License-Identifier: MIT OR Apache-2.0
//! Measures the daemon from outside: its own process, a real bus, a real pcscd, the virtual card.
//!
//! Prints one row per measurement as a JSON line, and appends it to the file that
//! `UKETSUKE_BENCH_OUT` names. Ours and peer alternate within one run, on the same card and pcscd, and
//! the card's own log counts what each of them sent. The program starts itself for two peers: `slots`
//! talks to pcscd directly or by `myna-card`, `calls` answers calls on the bus.
#![allow(
    clippy::unwrap_used,
    reason = "a measurement that fails has no other use"
)]

mod memory;
mod peers;
#[path = "../tests/support/mod.rs"]
mod support;
mod wire;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use peers::{Calls, CallsPeer, Slots, now_us};
use serde_json::json;
use support::{House, PIN, certificate, photo, sign};
use uketsuke_bus::secret;
use uketsuke_testkit::bench;
use uketsuke_virtual_card::latency::Latency;
use uketsuke_virtual_card::slot::LogEntry;
use wire::{Rows, Traffic};

const CONFIG: &str = "[card]\ntest_cards = true\n";
/// As delivered, and the news of the slots, which the harness waits for: no line for every command.
const LOG: &str = "info,uketsuke_card::desk=debug";
/// Commands of a job; the test `a_check_in_takes_seventeen_commands` holds them.
const COMMANDS: u64 = 17;
/// Jobs measured for each side.
const JOBS: usize = 7;
/// Jobs measured for each side where a command is counted in microseconds: what the machine takes to wake a
/// thread differs by more from one job to the next.
const FAST_JOBS: usize = 75;
/// Photos fetched by each side.
const PHOTOS: usize = 3;
/// Calls measured for each side.
const CALLS: usize = 3000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("slots") => return peers::slots(),
        Some("calls") => return peers::calls(&arguments[2]),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        job().await;
        face().await;
        per_apdu().await;
        secret_call().await;
    });
    memory::decoder();
}

/// One job.
struct Job {
    /// From pcscd's news of the card to the signature.
    time: Duration,
    /// Length of the certificate.
    certificate: usize,
}

/// A check-in as `mode` does it, on a card that is laid down for it.
async fn check_in(house: &House, slots: &mut Slots) -> Job {
    let card1 = house.card1().await;
    let mut placed = card1.receive_card_placed().await.unwrap();
    slots.expect_card();
    house.tray.place("normal-adult", 0).unwrap();
    let signal = placed.next().await.unwrap();
    let path = signal.args().unwrap().card().to_owned();
    let card = house.card(&house.client, path.into()).await;
    let certificate = certificate(&card).await.unwrap();
    sign(&card, PIN).await.unwrap();
    let end = now_us();
    let present = slots.card_seen();
    Job {
        time: Duration::from_micros(end - present),
        certificate: certificate.expose().len(),
    }
}

/// `card.job_time` and `card.job_apdus`.
async fn job() {
    let house = House::open_logging(LOG, CONFIG, Latency::default()).await;
    let mut slots = Slots::start(&house.pcscd.socket);
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("digest"), support::DIGEST).unwrap();
    let only_jpki = "app default {\n card_drivers = jpki;\n}\n";
    std::fs::write(dir.path().join("jpki.conf"), only_jpki).unwrap();
    let opensc = Opensc {
        socket: &house.pcscd.socket,
        dir: dir.path(),
    };
    let mut times = [const { Vec::new() }; 4];
    let (mut counts, mut certificate) = ([Traffic::default(); 4], 0);
    for _ in 0..JOBS {
        let job = check_in(&house, &mut slots).await;
        house.until_off().await;
        // The card was placed anew, and its log with it.
        let mut counted = Counted::new(&house);
        let ours = counted.next();
        let installed = (opensc.job(None), counted.next());
        let forced = (opensc.job(Some("jpki.conf")), counted.next());
        house.until_off().await;
        let myna = (slots.myna_job(), counted.next());
        for (index, (time, count)) in [(job.time, ours), installed, forced, myna]
            .into_iter()
            .enumerate()
        {
            times[index].push(time);
            counts[index] = count;
        }
        certificate = job.certificate;
        house.lift().await;
    }
    let [ours, installed, forced, myna] = times.map(median);
    let [ours_sent, installed_sent, forced_sent, myna_sent] = counts;
    bench::row(&json!({
        "name": "card.job_time",
        "ours": millis(ours),
        "peer": millis(installed),
        "peer_name": "OpenSC, as installed: pkcs15-tool --read-certificate, pkcs15-crypt --sign",
        "ratio": ratio(ours, installed),
        "unit": "ms",
        "n": JOBS,
        "goal": 0.5,
        "note": format!(
            "median; ours from pcscd's news of the card to the signature over the bus, card left \
             powered down; card at 12 ms a command, 600 ms a signature; OpenSC told beforehand that it \
             is a JPKI card (card_drivers = jpki) takes {} ms, ratio {}; myna-card, its connection and \
             power-down included, {} ms, ratio {}",
            millis(forced),
            ratio(ours, forced),
            millis(myna),
            ratio(ours, myna),
        ),
    }));
    let least = wire::least_for_job(certificate, PIN.len());
    let rows = Rows {
        name: "card.job",
        suffix: "",
        ours: ours_sent,
        peer: least,
        peer_name: "lower bound: 6 selections, 32 bytes and the certificate in 256-byte reads, VERIFY, signature",
        n: JOBS,
        goal: Some(1.10),
        note: &format!(
            "counted by the virtual card, whole commands and answers; certificate of {certificate} bytes; \
             the one command more asks for the tries"
        ),
    };
    rows.print();
    Rows {
        suffix: "_opensc",
        peer: forced_sent,
        peer_name: "OpenSC told beforehand (card_drivers = jpki): pkcs15-tool --read-certificate, pkcs15-crypt --sign",
        goal: None,
        note: &format!(
            "as installed it sends {} commands, {} bytes; the two tools recognise the card each for itself",
            installed_sent.commands, installed_sent.bytes
        ),
        ..rows
    }
    .print();
    Rows {
        suffix: "_myna",
        peer: myna_sent,
        peer_name: "myna-card by its wrappers, with the same duties: issuer domain, label, certificate, tries, PIN, signature",
        goal: None,
        note: "it reads the whole label file, and selects the PIN file for the tries and for the PIN",
        ..rows
    }
    .print();
}

/// `card.photo_apdus`, `card.photo_bytes` and their comparisons, `card.rss`.
async fn face() {
    let house = House::open_logging(LOG, CONFIG, Latency::default()).await;
    let mut slots = Slots::start(&house.pcscd.socket);
    let number = house.tray.number_b("normal-adult").unwrap().unwrap();
    let card = house.place("normal-adult").await;
    let (mut times, mut all) = (Vec::new(), Vec::new());
    for _ in 0..PHOTOS {
        let before = house.tray.log(0).unwrap().len();
        let start = Instant::now();
        photo(&card, &number).await.unwrap();
        times.push(start.elapsed());
        let ours = house.tray.log(0).unwrap().split_off(before);
        // A signature ends the daemon's session, or nobody else could connect.
        sign(&card, PIN).await.unwrap();
        house.until_off().await;
        let between = house.tray.log(0).unwrap().len();
        slots.myna_photo(&number);
        all.push((ours, house.tray.log(0).unwrap().split_off(between)));
    }
    let (ours, theirs) = all.pop().unwrap();
    // A card that was off is recognised first; from the selection of the card's face on it is the photo.
    let surface = ours
        .iter()
        .rposition(|entry| entry.ins == "A4" && entry.p1 == "04");
    let ours = &ours[surface.unwrap()..];
    let [certificate, record] = files(ours)[..] else {
        panic!("not two files");
    };
    let least = wire::least_for_photo(number.len(), certificate, record);
    let rows = Rows {
        name: "card.photo",
        suffix: "",
        ours: Traffic::of(ours),
        peer: least,
        peer_name: "lower bound: 4 selections, certificate and record in 256-byte reads, VERIFY, proof",
        n: PHOTOS,
        goal: Some(1.10),
        note: &format!(
            "counted by the virtual card, whole commands and answers; certificate of {certificate} and \
             record of {record} bytes; the one command more asks for the tries; {} ms to the decoded \
             picture, a card that is off recognised first, card at 12 ms a command",
            millis(median(times)),
        ),
    };
    rows.print();
    Rows {
        suffix: "_myna",
        peer: Traffic::of(&theirs),
        peer_name: "myna-card by its wrappers, with the same duties: tries, number, certificate, record, proof",
        goal: None,
        note: "it selects the number's file for the tries and for the number",
        ..rows
    }
    .print();
    bench::row(&json!({
        "name": "card.photo_apdus_opensc", "ours": Traffic::of(ours).commands, "peer": null,
        "peer_name": "OpenSC", "ratio": null, "unit": "commands", "n": PHOTOS, "goal": null,
        "note": "nothing to compare with: OpenSC's driver for this card (jpki) knows the certificates' \
                 application alone and never selects the card's face",
    }));
    memory::daemon(house.daemon(), PHOTOS);
}

/// Lengths of the files that were read, each from its first byte to its last.
fn files(log: &[LogEntry]) -> Vec<usize> {
    let reads = log.split(|entry| entry.ins != "B0");
    let lengths = reads.map(|reads| reads.iter().map(|entry| entry.length).sum());
    lengths.filter(|length| *length > 0).collect()
}

/// What the card has counted since it was last asked.
struct Counted<'a> {
    house: &'a House,
    /// Entries of the log that were counted already.
    seen: usize,
}

impl<'a> Counted<'a> {
    fn new(house: &'a House) -> Self {
        Self { house, seen: 0 }
    }

    fn next(&mut self) -> Traffic {
        let log = self.house.tray.log(0).unwrap();
        let sent = Traffic::of(&log[self.seen..]);
        self.seen = log.len();
        sent
    }
}

struct Opensc<'a> {
    socket: &'a Path,
    dir: &'a Path,
}

impl Opensc<'_> {
    /// Reads the certificate and signs, by the two tools one after the other.
    fn job(&self, config: Option<&str>) -> Duration {
        let start = Instant::now();
        self.run(
            "pkcs15-tool",
            config,
            &["--read-certificate", "1", "-o", "certificate"],
        );
        let sign = "--sign --key 1 --pin 1234 --sha-256 --pkcs1 -i digest -o signature";
        self.run("pkcs15-crypt", config, &sign.split(' ').collect::<Vec<_>>());
        start.elapsed()
    }

    fn run(&self, tool: &str, config: Option<&str>, arguments: &[&str]) {
        let mut command = Command::new(tool);
        command
            .args(arguments)
            .current_dir(self.dir)
            .env_remove("OPENSC_CONF")
            .env("PCSCLITE_CSOCK_NAME", self.socket);
        if let Some(config) = config {
            command.env("OPENSC_CONF", self.dir.join(config));
        }
        let output = command
            .output()
            .expect("OpenSC (Debian package opensc) is installed");
        assert!(output.status.success(), "{tool}: {output:?}");
    }
}

/// `card.added_per_apdu`.
async fn per_apdu() {
    let latency = Latency {
        ins_ms: 12,
        sign_ms: 12,
    };
    let house = House::open_logging(LOG, CONFIG, latency).await;
    let mut slots = Slots::start(&house.pcscd.socket);
    let card = house.place("normal-adult").await;
    sign(&card, PIN).await.unwrap();
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..FAST_JOBS {
        // The card is off: the call powers it, opens it, signs and powers it down.
        house.until_off().await;
        let before = house.tray.state(0).unwrap().apdus;
        let start = Instant::now();
        sign(&card, PIN).await.unwrap();
        ours.push(start.elapsed());
        let between = house.tray.state(0).unwrap().apdus;
        house.until_off().await;
        bare.push(slots.bare_job());
        let after = house.tray.state(0).unwrap().apdus;
        assert_eq!((between - before, after - between), (COMMANDS, COMMANDS));
    }
    let each = |times| median(times).as_secs_f64() * 1000.0 / COMMANDS as f64;
    let (ours, bare) = (each(ours), each(bare));
    bench::row(&json!({
        "name": "card.added_per_apdu",
        "ours": round(ours),
        "peer": round(bare),
        "peer_name": "bare loop: SCardConnect, the same 17 SCardTransmit, SCardDisconnect with power-down",
        "ratio": round(ours / bare),
        "unit": "ms/command",
        "n": FAST_JOBS,
        "goal": 1.05,
        "note": format!(
            "median; card at 12 ms a command and a signature; {} us added per command; ours is one \
             SignWithPin over the bus on a card that is off, both sides connect and power down",
            round((ours - bare) * 1000.0)
        ),
    }));
}

/// `bus.secret_call`.
async fn secret_call() {
    let bus = uketsuke_testkit::PrivateBus::start();
    let connection = bus.connect().await;
    let peer = CallsPeer::start(bus.address());
    let calls = Calls::connect(&connection).await;
    let (mut with, mut empty) = (Vec::new(), Vec::new());
    for _ in 0..CALLS {
        let start = Instant::now();
        let pin = secret::seal(PIN.as_bytes()).unwrap();
        calls.take(pin.into()).await.unwrap();
        with.push(start.elapsed());
        let start = Instant::now();
        calls.nothing().await.unwrap();
        empty.push(start.elapsed());
    }
    drop(peer);
    let (with, empty) = (median(with), median(empty));
    bench::row(&json!({
        "name": "bus.secret_call",
        "ours": micros(with),
        "peer": micros(empty),
        "peer_name": "empty zbus call on the same bus",
        "ratio": ratio(with, empty),
        "unit": "us",
        "n": CALLS,
        "goal": 2.0,
        "note": "median; ours makes and seals a memory file, sends it, and the other process reads, \
                 locks and wipes it; two processes and a dbus-daemon",
    }));
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    round(time.as_secs_f64() * 1000.0)
}

fn micros(time: Duration) -> f64 {
    round(time.as_secs_f64() * 1_000_000.0)
}

fn ratio(ours: Duration, peer: Duration) -> f64 {
    round(ours.as_secs_f64() / peer.as_secs_f64())
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
