// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every card of the tray laid on one running desk: where does its holder get? The answers stand in
//! `tray.txt`, with the reason.
#![allow(clippy::unwrap_used)]

use uketsuke_house::api::{Profile, Screen};
use uketsuke_house::client::HouseClient;
use uketsuke_house::options::Options;
use uketsuke_system_tests::patient;

const TABLE: &str = include_str!("tray.txt");
/// Views on the way that nobody answers.
const PASSING: [&str; 3] = ["P-00", "P-05", "P-05x"];

/// The lines of the table: profile, view.
fn table() -> Vec<(&'static str, &'static str)> {
    let lines = TABLE.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            let row = (words.next().unwrap(), words.next().unwrap());
            assert!(words.next().is_some(), "a line without a reason: {line}");
            row
        })
        .collect()
}

/// Slot that a card of the tray belongs on.
fn slot(profile: &Profile) -> u8 {
    u8::from(profile.group == "phone")
}

#[tokio::test]
async fn every_card_of_the_tray_leads_to_the_view_that_is_written_for_it() {
    let house = HouseClient::start(&Options {
        latency_ms: Some((0, 0)),
        ..Options::of_a_test()
    })
    .unwrap();
    let profiles = house.profiles().await.unwrap();
    let written = table();
    let names: Vec<_> = profiles.iter().map(|p| p.name.as_str()).collect();
    let listed: Vec<_> = written.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, listed, "tray.txt has a line for each card, in order");

    patient::settled(&house).await.unwrap();
    let mut others = Vec::new();
    for (profile, (_, view)) in profiles.iter().zip(written) {
        let seen = visit(&house, profile).await;
        println!("{:22} {seen}", profile.name);
        if seen != view {
            others.push(format!("{}: {seen}, not {view}", profile.name));
        }
    }
    assert!(others.is_empty(), "{others:#?}");
    // Somebody was checked against each genuine certificate, and nobody was left half done.
    patient::settled(&house).await.unwrap();
}

/// Lays the card down, goes as far as it goes, and takes it away again. Returns the view it led to.
async fn visit(house: &HouseClient, profile: &Profile) -> String {
    let slot = slot(profile);
    house.wait_view("P-00").await.unwrap();
    house.place_on(slot, &profile.name).await.unwrap();
    let what = format!("where {} leads", profile.name);
    // A view is answered once: it may still stand there while the answer is on its way.
    let mut answered = 0;
    let last = loop {
        let open = |s: &Screen| {
            let passes = PASSING.contains(&s.picture.view.as_str());
            s.connected && s.picture.view_number != answered && !passes
        };
        let screen = house.wait_screen(&what, open).await.unwrap();
        match screen.picture.view.as_str() {
            "P-02" if patient::offers(&screen, "pin") => house.press_action("pin").await.unwrap(),
            "P-04" => {
                let pin = profile.pin.as_deref().unwrap();
                house.type_digits(pin).await.unwrap();
            }
            // A phone that is held opens this by itself; which one it is is the holder's to say.
            "P-05a" => house.press_action(&profile.name).await.unwrap(),
            _ => break screen,
        }
        answered = screen.picture.view_number;
    };
    if patient::offers(&last, "finish") {
        house.press_action("finish").await.unwrap();
        let ended = |s: &Screen| s.picture.view_number != last.picture.view_number;
        house.wait_screen("the end", ended).await.unwrap();
    }
    house.lift_from(slot).await.unwrap();
    last.picture.view
}
