// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rights do not outlive the session (CARD-04): whatever ends it, the next client of pcscd meets a card
//! to which nothing was presented. That client is OpenSC.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use support::{DIGEST, House, PIN, named, photo, sign, until};
use tokio::task::JoinHandle;
use uketsuke_bus::card1::{CardError, CardProxy};
use uketsuke_card::apdu::{Command, Digest, Ef, JPKI, SURFACE};
use uketsuke_virtual_card::latency::Latency;

/// What the end of a session is tried on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Right {
    /// The PIN, presented; its signature under way.
    Pin,
    /// 照合番号B, presented, and the photo read.
    Number,
}

fn hex(command: &Command) -> String {
    command.bytes().iter().map(|b| format!("{b:02X}")).collect()
}

/// VERIFY as a client sends it.
fn present(application: &[u8], file: Ef, secret: &str) -> Vec<String> {
    let digits: String = secret.bytes().map(|b| format!("{b:02X}")).collect();
    vec![
        hex(&Command::select_application(application)),
        hex(&Command::select(file)),
        format!("00200080{:02X}{digits}", secret.len()),
    ]
}

/// What a presented PIN, or number, would allow.
fn use_of(right: Right) -> Vec<String> {
    let digest: Digest = DIGEST;
    let (application, file, act) = match right {
        Right::Pin => (JPKI, Ef::Key, Command::sign(&digest)),
        Right::Number => (SURFACE, Ef::Face, Command::read(0, 256)),
    };
    vec![
        hex(&Command::select_application(application)),
        hex(&Command::select(file)),
        hex(&act),
    ]
}

/// Fails unless the next client is refused what `right` allows.
async fn refused(house: &House, right: Right, after: &str) {
    house.tray.set_latency(Latency::NONE);
    let words = house.next_client(&use_of(right)).await;
    assert_eq!(words, ["9000", "9000", "6982"], "{right:?}, {after}");
    println!("{right:?}: refused after {after}");
}

/// A card on which `right` is in force, held by a client of its own.
struct Session {
    house: House,
    right: Right,
    owner: zbus::Connection,
    card: CardProxy<'static>,
    entry: Option<JoinHandle<Result<Vec<u8>, CardError>>>,
}

impl Session {
    async fn with(right: Right) -> Self {
        let house = House::open("[card]\ntest_cards = true\nclaim_s = 30\n", Latency::NONE).await;
        house.place("normal-adult").await;
        let owner = house.bus.connect().await;
        let card = house.card(&owner, house.present().await.unwrap()).await;
        card.read_certificate().await.unwrap();
        let mut entry = None;
        match right {
            Right::Pin => {
                house.tray.set_latency(Latency {
                    ins_ms: 0,
                    sign_ms: 4000,
                });
                let card = card.clone();
                entry = Some(tokio::spawn(async move { sign(&card, PIN).await }));
                until("the card signs", async || {
                    house.tray.log(0).unwrap().iter().any(|e| e.ins == "2A")
                })
                .await;
            }
            Right::Number => {
                let number = house.tray.number_b("normal-adult").unwrap().unwrap();
                photo(&card, &number).await.unwrap();
            }
        }
        assert!(house.tray.state(0).unwrap().powered);
        Self {
            house,
            right,
            owner,
            card,
            entry,
        }
    }

    /// What became of the entry under way.
    async fn outcome(&mut self) -> Option<Result<Vec<u8>, CardError>> {
        match self.entry.take() {
            Some(entry) => Some(entry.await.unwrap()),
            None => None,
        }
    }
}

#[tokio::test]
async fn the_next_client_would_see_what_is_still_presented() {
    let house = House::usual().await;
    let card = house.place("normal-adult").await;
    card.release().await.unwrap();
    house.until_off().await;
    let number = house.tray.number_b("normal-adult").unwrap().unwrap();
    for (right, presented) in [
        (Right::Pin, present(JPKI, Ef::Pin, PIN)),
        (Right::Number, present(SURFACE, Ef::NumberB, &number)),
    ] {
        let commands = [presented, use_of(right)].concat();
        assert_eq!(house.next_client(&commands).await, ["9000"; 6], "{right:?}");
    }
}

#[tokio::test]
async fn after_a_signature_nothing_is_left() {
    let mut session = Session::with(Right::Pin).await;
    assert_eq!(session.outcome().await.unwrap().unwrap().len(), 256);
    refused(&session.house, Right::Pin, "a signature").await;
}

#[tokio::test]
async fn release_and_cancel_take_the_rights() {
    for right in [Right::Pin, Right::Number] {
        let mut session = Session::with(right).await;
        session.card.release().await.unwrap();
        if let Some(cancelled) = session.outcome().await {
            assert_eq!(named(cancelled), "Gone");
        }
        refused(&session.house, right, "release").await;
    }
}

#[tokio::test]
async fn the_owners_exit_takes_the_rights() {
    for right in [Right::Pin, Right::Number] {
        let session = Session::with(right).await;
        session.owner.close().await.unwrap();
        if let Some(entry) = session.entry {
            entry.abort();
        }
        drop(session.card);
        refused(&session.house, right, "the owner's exit").await;
    }
}

#[tokio::test]
async fn the_limit_of_a_claim_takes_the_rights() {
    let session = Session::with(Right::Number).await;
    let tray = &session.house.tray;
    // Half a minute is the shortest limit there is, as long as the waits of a test: this one waits on.
    while tray.state(0).unwrap().powered {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    refused(&session.house, session.right, "the limit").await;
}

#[tokio::test]
async fn a_daemon_that_is_told_to_end_takes_the_rights_with_it() {
    for right in [Right::Pin, Right::Number] {
        let mut session = Session::with(right).await;
        let started = Instant::now();
        session.house.signal(Signal::SIGTERM);
        session.house.until_ended();
        println!(
            "{right:?}: ended {} ms behind SIGTERM",
            started.elapsed().as_millis()
        );
        assert!(!session.house.log().contains("hang in pcscd"));
        session.outcome().await.map(Result::unwrap_err);
        refused(&session.house, right, "SIGTERM").await;
    }
}

#[tokio::test]
async fn behind_a_killed_daemon_its_unit_takes_the_rights() {
    for right in [Right::Pin, Right::Number] {
        let mut session = Session::with(right).await;
        session.house.signal(Signal::SIGKILL);
        session.house.until_ended();
        session.house.after_the_end();
        refused(&session.house, right, "SIGKILL and the unit's last program").await;
    }
}

#[tokio::test]
async fn a_killed_daemon_that_starts_again_takes_the_rights() {
    for right in [Right::Pin, Right::Number] {
        let mut session = Session::with(right).await;
        session.house.signal(Signal::SIGKILL);
        session.house.restart_daemon().await;
        let card = session.house.until_present().await;
        card.release().await.unwrap();
        refused(&session.house, right, "SIGKILL and another start").await;
    }
}

#[tokio::test]
async fn without_its_unit_pcscd_takes_the_power_of_a_killed_daemon_s_card() {
    for right in [Right::Pin, Right::Number] {
        let mut session = Session::with(right).await;
        session.house.signal(Signal::SIGKILL);
        session.house.until_ended();
        let started = Instant::now();
        session.house.until_off().await;
        let ms = started.elapsed().as_millis();
        println!("{right:?}: pcscd took the power off {ms} ms behind SIGKILL");
        refused(&session.house, right, "SIGKILL and pcscd alone").await;
    }
}
