// SPDX-License-Identifier: MIT OR Apache-2.0
//! 目視確認 over the whole desk: whatever dies or goes while it is on, it is off afterwards and the next
//! patient is asked as ever; passcodes reach a reader whatever lies in between.
#![allow(clippy::unwrap_used)]

use serde_json::json;
use uketsuke_house::api::{Line, Screen};
use uketsuke_house::client::HouseClient;
use uketsuke_house::options::Options;
use uketsuke_system_tests::{patient, staff};

const ACCOUNT: &str = "suzuki.hanako";

async fn house() -> HouseClient {
    let house = HouseClient::start(&Options {
        latency_ms: Some((1, 20)),
        ..Options::of_a_test()
    })
    .unwrap();
    patient::settled(&house).await.unwrap();
    house
}

fn says(words: &str) -> impl Fn(&Screen) -> bool {
    move |screen| screen.connected && patient::words(screen).contains(words)
}

/// The next patient is asked who he is, and nothing was signed for the one before.
async fn next_is_asked(house: &HouseClient) {
    patient::settled(house).await.unwrap();
    house.wait_view("P-00").await.unwrap();
    house.place("normal-adult").await.unwrap();
    house.wait_view("P-02").await.unwrap();
    patient::lift(house).await.unwrap();
    patient::to_idle(house).await.unwrap();
    assert_eq!(patient::completed(house).await.unwrap(), 0);
}

/// Kills a daemon and waits until it is there again.
async fn killed(house: &HouseClient, daemon: &str) {
    let state = house.state().await.unwrap();
    let process = state.processes.iter().find(|p| p.name == daemon);
    let restarts = process.unwrap().restarts;
    house.kill(daemon, "KILL").await.unwrap();
    house.wait_restarted(daemon, restarts + 1).await.unwrap();
}

#[tokio::test]
async fn whatever_dies_while_it_is_on_it_is_off_afterwards() {
    let house = house().await;
    let digits = staff::issue(&house, ACCOUNT).await;
    for daemon in ["mode", "screen", "card", "uplink"] {
        staff::open(&house, &digits).await.unwrap();
        killed(&house, daemon).await;
        next_is_asked(&house).await;
    }
    println!("visual: 4 daemons killed, 4 times off afterwards");
}

#[tokio::test]
async fn whatever_dies_while_the_terminal_holds_it_it_is_off_afterwards() {
    let house = house().await;
    for daemon in ["mode", "screen", "card", "uplink", "terminal"] {
        staff::hold(&house, "visual").await;
        staff::tick(&house).await;
        house.wait_view("S-02").await.unwrap();
        killed(&house, daemon).await;
        next_is_asked(&house).await;
    }
    println!("visual, held by the terminal: 5 daemons killed, 5 times off afterwards");
}

#[tokio::test]
async fn whatever_goes_while_it_is_on_it_is_off_afterwards() {
    let house = house().await;
    let digits = staff::issue(&house, ACCOUNT).await;
    for stretch in ["terminal", "centre"] {
        staff::open(&house, &digits).await.unwrap();
        house.line(stretch, Line::Refused).await.unwrap();
        house.wait_view("F-14").await.unwrap();
        house.line(stretch, Line::Open).await.unwrap();
        next_is_asked(&house).await;
    }
    staff::open(&house, &digits).await.unwrap();
    house.pcscd(false).await.unwrap();
    house.wait_view("F-10").await.unwrap();
    house.pcscd(true).await.unwrap();
    next_is_asked(&house).await;
}

#[tokio::test]
async fn a_passcode_issued_while_the_reader_was_away_replaces_the_old_one() {
    let house = house().await;
    let first = staff::issue(&house, ACCOUNT).await;
    staff::open(&house, &first).await.unwrap();
    house.press_action("stop").await.unwrap();
    house.wait_view("P-00").await.unwrap();
    house.line("terminal", Line::Refused).await.unwrap();
    let down = |s: &uketsuke_house::api::House| {
        let hops = s.uplink["hops"].as_array();
        hops.is_some_and(|h| h.iter().any(|h| h["up"] == json!(false)))
    };
    house.wait_state("the line to be cut", down).await.unwrap();
    let mut second = staff::issue(&house, ACCOUNT).await;
    while second == first {
        // Once in ten thousand.
        second = staff::issue(&house, ACCOUNT).await;
    }
    house.line("terminal", Line::Open).await.unwrap();
    patient::settled(&house).await.unwrap();
    // It is on its way; until it is there the old one may still open, and then it does not.
    loop {
        house.wait_view("P-00").await.unwrap();
        house.press_action("staff").await.unwrap();
        house.wait_view("S-01").await.unwrap();
        house.type_digits(&first).await.unwrap();
        let screen = house
            .wait_screen("S-02, or a wrong code", |s| {
                s.picture.view == "S-02" || says("違います")(s)
            })
            .await
            .unwrap();
        let wrong = screen.picture.view == "S-01";
        if wrong {
            break;
        }
        house.press_action("stop").await.unwrap();
    }
    house.type_digits(&second).await.unwrap();
    house.wait_view("S-02").await.unwrap();
    house.press_action("stop").await.unwrap();
    house.wait_view("P-00").await.unwrap();
}
