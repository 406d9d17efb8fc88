// SPDX-License-Identifier: MIT OR Apache-2.0
//! UP-02, by a checker of the whole history: visits one after the other while lines are cut, either side is
//! killed and either disk is full, at random. What was acknowledged is at the centre: once, and in order.
//!
//! `UKETSUKE_RECORDS` visits (300) spread over `UKETSUKE_RECORDS_S` seconds (30); `make soak` has 10,000 in
//! ten minutes. The terminal is a process of its own here, and so is the uplink.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use uketsuke_bus::uplink1::Uplink1Error;
use uketsuke_centre::proxy::Cable;
use uketsuke_testkit::postgres::Postgres;

use crate::house::{Client, Holder, House, LIMIT, until};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    CableCut,
    CableDark,
    NetworkCut,
    NetworkDark,
    ReaderKilled,
    TerminalKilled,
    ReaderDiskFull,
    TerminalDiskFull,
    /// Of PostgreSQL alone: the terminal's own database goes with the terminal.
    DatabaseKilled,
}

const FAULTS: [Fault; 9] = [
    Fault::CableCut,
    Fault::CableDark,
    Fault::NetworkCut,
    Fault::NetworkDark,
    Fault::ReaderKilled,
    Fault::TerminalKilled,
    Fault::ReaderDiskFull,
    Fault::TerminalDiskFull,
    Fault::DatabaseKilled,
];

/// How long a fault lasts, and how long it is quiet after one, milliseconds.
const LASTS: std::ops::Range<u64> = 20..700;
const QUIET: std::ops::Range<u64> = 20..900;

/// A small disk of its own, at a place where nothing is yet.
struct Disk(PathBuf);

impl Disk {
    fn mount(place: PathBuf, size: &str) -> Self {
        std::fs::create_dir_all(&place).unwrap();
        let options = format!("size={size},mode=0755");
        mount(
            Some("tmpfs"),
            &place,
            Some("tmpfs"),
            MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
            Some(options.as_str()),
        )
        .expect("a disk of its own needs root");
        Self(place)
    }

    /// Nothing more fits.
    fn fill(&self) {
        let mut filler = File::create(self.0.join("filler")).unwrap();
        let mut piece = 64 * 1024;
        while piece > 0 {
            if filler.write_all(&vec![0; piece]).is_err() {
                piece /= 2;
            }
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Err(error) = umount2(&self.0, MntFlags::MNT_DETACH) {
            eprintln!("{} is still mounted: {error}", self.0.display());
        }
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect(name))
}

/// How often each refusal was heard.
type Refusals = BTreeMap<String, u32>;

/// One visit; whether its end was acknowledged, and its session.
async fn visit(client: &Client, holder: &Holder, refusals: &mut Refusals) -> (bool, String) {
    let mut heard = |error: &Uplink1Error| {
        *refusals.entry(name(error)).or_insert(0) += 1;
    };
    loop {
        let (session, digest) = match client.uplink.challenge().await {
            Ok(opened) => opened,
            Err(error) => {
                heard(&error);
                sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        // A check-in that did not come through is withdrawn by the uplink; the patient is asked again.
        if let Err(error) = client.check_in(&session, &holder.request(&digest)).await {
            heard(&error);
            continue;
        }
        // Who hears no answer asks again: the same answers of the same patient.
        let told = async {
            while let Err(error) = client.complete(&session).await {
                heard(&error);
                sleep(Duration::from_millis(10)).await;
            }
        };
        let acknowledged = timeout(Duration::from_secs(5), told).await.is_ok();
        return (acknowledged, session);
    }
}

/// An error by its name alone.
fn name(error: &Uplink1Error) -> String {
    let said = format!("{error:?}");
    said.split(['(', ' ', '{'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// What is beside the house: the disks of reader and terminal, and the terminal's server where it has one.
struct Beside {
    disks: [Disk; 2],
    server: Option<Postgres>,
}

/// Lets one fault happen and end.
async fn suffer(house: &mut House, beside: &Beside, fault: Fault, lasts: Duration) {
    let disks = &beside.disks;
    let line = |house: &House, state| match fault {
        Fault::CableCut | Fault::CableDark => house.cable.set(state),
        _ => house.network.set(state),
    };
    match fault {
        Fault::CableCut | Fault::NetworkCut => line(house, Cable::Cut),
        Fault::CableDark | Fault::NetworkDark => line(house, Cable::Dark),
        Fault::ReaderKilled => house.kill(),
        Fault::TerminalKilled => house.kill_terminal(),
        Fault::ReaderDiskFull => disks[0].fill(),
        Fault::TerminalDiskFull => disks[1].fill(),
        Fault::DatabaseKilled => beside.server.as_ref().expect("a server").crash(),
    }
    sleep(lasts).await;
    match fault {
        Fault::CableCut | Fault::NetworkCut | Fault::CableDark | Fault::NetworkDark => {
            line(house, Cable::Whole);
        }
        Fault::ReaderKilled => house.begin(),
        Fault::TerminalKilled => house.begin_terminal(),
        Fault::ReaderDiskFull => disks[0].free(),
        Fault::TerminalDiskFull => disks[1].free(),
        // It comes back by itself.
        Fault::DatabaseKilled => {}
    }
}

#[tokio::test]
async fn whatever_happens_each_record_arrives_once_and_in_order_on_sqlite() {
    whatever_happens(false).await;
}

#[tokio::test]
async fn whatever_happens_each_record_arrives_once_and_in_order_on_postgresql() {
    whatever_happens(true).await;
}

async fn whatever_happens(on_postgres: bool) {
    let (records, seconds) = (
        number("UKETSUKE_RECORDS", 300),
        number("UKETSUKE_RECORDS_S", 30),
    );
    let seed = number("UKETSUKE_SEED", fastrand::u64(..));
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut house, beside) = House::apart(|path| {
        let disks = [
            Disk::mount(path("uplink"), "8m"),
            Disk::mount(path("terminal"), "96m"),
        ];
        let server = on_postgres.then(Postgres::start);
        let database = server
            .as_ref()
            .map(|server| server.database_in(&disks[1].0));
        let database = database.unwrap_or_else(|| "here".to_owned());
        (Beside { disks, server }, database)
    })
    .await;
    let faults_here = &FAULTS[..FAULTS.len() - usize::from(!on_postgres)];
    let client = house.client().await;
    let holder = house.root.holder(1, 100);
    let begun = Instant::now();
    let over = Cell::new(false);

    let visits = async {
        let (mut acknowledged, mut unsure) = (Vec::new(), 0);
        let mut refusals = Refusals::new();
        for at in 0..records {
            sleep_until(begun + Duration::from_secs(seconds) * at as u32 / records as u32).await;
            let (told, session) = visit(&client, &holder, &mut refusals).await;
            if told {
                acknowledged.push(session);
            } else {
                unsure += 1;
            }
        }
        over.set(true);
        (acknowledged, unsure, refusals)
    };
    let mut faults = BTreeMap::new();
    let trouble = async {
        while !over.get() {
            sleep(Duration::from_millis(random.u64(QUIET))).await;
            let fault = faults_here[random.usize(..faults_here.len())];
            *faults.entry(fault).or_insert(0) += 1;
            let lasts = Duration::from_millis(random.u64(LASTS));
            suffer(&mut house, &beside, fault, lasts).await;
        }
    };
    let ((acknowledged, unsure, refusals), ()) = tokio::join!(visits, trouble);

    client.up().await;
    let settled = async {
        until("an empty queue", || async {
            (client.uplink.queued().await == Ok(0)).then_some(())
        })
        .await;
        let last = acknowledged.last().expect("some were acknowledged");
        until("the last one at the centre", || async {
            let sessions = house.centre.sessions().await.unwrap();
            let last = sessions.into_iter().find(|s| s.session == *last)?;
            (last.state == "completed").then_some(())
        })
        .await;
    };
    timeout(LIMIT * 4, settled).await.expect("settled");

    let sessions = house.centre.sessions().await.unwrap();
    let by_id: BTreeMap<_, _> = sessions.iter().map(|s| (s.session.as_str(), s)).collect();
    let lost = acknowledged.iter().filter(|id| {
        by_id
            .get(id.as_str())
            .is_none_or(|session| session.state != "completed")
    });
    let lost = lost.count();
    let doubled = sessions
        .iter()
        .filter(|session| session.records > 1)
        .count();
    let order: Vec<_> = acknowledged
        .iter()
        .filter_map(|id| by_id.get(id.as_str())?.place)
        .collect();
    let disorder = order.windows(2).filter(|pair| pair[0] >= pair[1]).count();
    println!(
        "{} visits in {:.0} s, {} acknowledged, {unsure} not: lost {lost}, doubled {doubled}, out of order {disorder}; faults {faults:?}; refusals heard {refusals:?}",
        records,
        begun.elapsed().as_secs_f64(),
        acknowledged.len(),
    );
    assert_eq!((lost, doubled, disorder), (0, 0, 0));
    assert!(
        faults.len() > 4,
        "too few faults to say anything: {faults:?}"
    );
    assert!(acknowledged.len() as u64 > records / 2);
}
