// SPDX-License-Identifier: MIT OR Apache-2.0
//! Things that go wrong in the middle of a check-in, over the whole house: daemons killed, lines
//! cut, PINs mistyped. What counts at the end is what the centre counted.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use serde_json::json;
use uketsuke_house::api::{Line, Screen};
use uketsuke_house::client::{ClientError, HouseClient};
use uketsuke_house::options::Options;
use uketsuke_system_tests::{kill_points, patient};

const DAEMONS: [&str; 5] = ["card", "mode", "uplink", "screen", "terminal"];

fn house() -> HouseClient {
    HouseClient::start(&Options {
        latency_ms: Some((1, 20)),
        config: Some("[mode]\nresume_s = 5\nmessage_s = 5\n".into()),
        ..Options::of_a_test()
    })
    .unwrap()
}

/// What a patient does, one act at a time. Between two acts, and right after one, a daemon dies.
const ACTS: [&str; 9] = ["place", "pin", "1", "2", "3", "4", "agree", "lift", "idle"];

/// Does one act as soon as the screen offers it.
async fn act(house: &HouseClient, act: &str) -> Result<(), ClientError> {
    match act {
        "place" => {
            house.wait_view("P-00").await?;
            house.place("normal-adult").await
        }
        "pin" => house.press_action("pin").await,
        "agree" => {
            let question = |s: &Screen| ["P-06", "P-07"].contains(&s.picture.view.as_str());
            let screen = house
                .wait_screen("a question about consent", question)
                .await?;
            patient::agree(house, &screen.picture.view).await
        }
        "lift" => {
            house.wait_view("P-13").await?;
            patient::lift(house).await
        }
        "idle" => house.wait_view("P-00").await.map(drop),
        digit => house.type_digits(digit).await,
    }
}

/// Waits until the bus has carried `count` more messages than at `since`, or the act has settled.
async fn messages(house: &HouseClient, since: u64, count: usize) -> Result<(), ClientError> {
    for _ in 0..100 {
        if house.traffic(since).await?.len() >= count {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

/// One interrupted check-in: acts up to `point`'s act, a few bus messages further, then the kill.
/// Returns whether the patient was shown "done".
async fn interrupted(house: &HouseClient, daemon: &str, point: usize, points: usize) -> bool {
    // Points are spread evenly over the acts; within an act the kill comes some messages later.
    let place = point * ACTS.len() / points;
    let further = (point % 5) * 2;
    for name in &ACTS[..place] {
        act(house, name).await.unwrap();
    }
    let last = house
        .traffic(0)
        .await
        .unwrap()
        .last()
        .map_or(0, |t| t.number);
    act(house, ACTS[place]).await.unwrap();
    messages(house, last, further).await.unwrap();
    let done = |s: &Screen| s.picture.view == "P-13";
    let shown = done(&house.screen().await.unwrap());
    house.kill(daemon, "KILL").await.unwrap();
    shown || ACTS[..=place].contains(&"lift")
}

/// A view that tells the patient what to do, on a screen that is there.
fn clear(screen: &Screen) -> bool {
    screen.connected && !screen.picture.tree.is_empty() && screen.picture.view != "P-05x"
}

#[tokio::test]
async fn each_daemon_killed_anywhere_leaves_a_clear_screen_and_a_working_desk() {
    let house = house();
    let points = kill_points();
    let mut kills = 0;
    let mut slowest = Duration::ZERO;
    patient::settled(&house).await.unwrap();
    for daemon in DAEMONS {
        for point in 0..points {
            let before = patient::completed(&house).await.unwrap();
            let restarts = restarts(&house, daemon).await;
            let shown = interrupted(&house, daemon, point, points).await;
            let killed = Instant::now();
            house
                .wait_screen(
                    &format!("a clear screen after {daemon} died at {point}"),
                    clear,
                )
                .await
                .unwrap();
            slowest = slowest.max(killed.elapsed());
            kills += 1;
            house.wait_restarted(daemon, restarts + 1).await.unwrap();
            patient::lift(&house).await.unwrap();
            patient::to_idle(&house).await.unwrap();
            patient::settled(&house).await.unwrap();
            let between = patient::completed(&house).await.unwrap();
            assert!(
                between - before <= 1 && (between - before == 1 || !shown),
                "{daemon} killed at {point}: {} check-ins counted, shown done: {shown}",
                between - before
            );
            patient::check_in(&house, "normal-adult", "1234")
                .await
                .unwrap();
            patient::settled(&house).await.unwrap();
            let after = patient::completed(&house).await.unwrap();
            assert_eq!(after - between, 1, "{daemon} killed at {point}");
        }
    }
    let centre = house.state().await.unwrap().centre;
    println!(
        "faults: {kills} kills, slowest clear screen {} ms, centre counted {centre}",
        slowest.as_millis()
    );
    assert_eq!(centre["refused"].as_u64().unwrap_or(0), 0);
}

async fn restarts(house: &HouseClient, daemon: &str) -> u32 {
    let state = house.state().await.unwrap();
    state
        .processes
        .iter()
        .find(|p| p.name == daemon)
        .unwrap()
        .restarts
}

#[tokio::test]
async fn consents_given_during_a_cut_arrive_exactly_once() {
    let house = house();
    patient::settled(&house).await.unwrap();
    for (stretch, line) in [
        ("terminal", Line::Silent),
        ("terminal", Line::Refused),
        ("centre", Line::Silent),
        ("centre", Line::Refused),
    ] {
        let before = patient::completed(&house).await.unwrap();
        let view = patient::to_consent(&house, "normal-adult", "1234")
            .await
            .unwrap();
        house.line(stretch, line).await.unwrap();
        patient::agree(&house, &view).await.unwrap();
        // The patient is done: the answers are durable here, whatever the line does.
        house.wait_view("P-13").await.unwrap();
        patient::lift(&house).await.unwrap();
        assert_eq!(patient::completed(&house).await.unwrap(), before);
        // Neither side may lose it by dying meanwhile.
        let count = restarts(&house, "uplink").await;
        house.kill("uplink", "KILL").await.unwrap();
        house.wait_restarted("uplink", count + 1).await.unwrap();
        house.line(stretch, Line::Open).await.unwrap();
        house
            .wait_state("the check-in at the centre", |s| {
                s.centre["completed"].as_u64() == Some(before + 1)
            })
            .await
            .unwrap();
        patient::settled(&house).await.unwrap();
        assert_eq!(patient::completed(&house).await.unwrap(), before + 1);
        println!("faults: {stretch} {line:?}: 1 check-in during the cut, 1 counted after it");
    }
}

#[tokio::test]
async fn a_cut_line_is_named_to_staff_and_spends_no_try() {
    let house = house();
    patient::settled(&house).await.unwrap();
    for (stretch, hop) in [("terminal", "端末"), ("centre", "回線")] {
        house.line(stretch, Line::Refused).await.unwrap();
        house
            .wait_state("the reader to know", |s| {
                s.uplink["hops"]
                    .as_array()
                    .is_some_and(|h| h.iter().any(|h| h["up"] == json!(false)))
            })
            .await
            .unwrap();
        let spent = house.state().await.unwrap().card["verifies"].clone();
        house.place("normal-adult").await.unwrap();
        let mut screen = house
            .wait_screen("P-02 or F-14", |s| {
                ["P-02", "F-14"].contains(&s.picture.view.as_str())
            })
            .await
            .unwrap();
        if screen.picture.view == "P-02" {
            house.press_action("pin").await.unwrap();
            screen = house.wait_view("F-14").await.unwrap();
        }
        let words = patient::words(&screen);
        assert!(words.contains("ただいま確認できません。"), "{words}");
        assert!(
            words.contains(hop),
            "the strip does not name {hop}:\n{words}"
        );
        let card = house.state().await.unwrap().card;
        let untouched = if spent.is_null() { json!(0) } else { spent };
        assert_eq!(
            card["verifies"], untouched,
            "a try was spent on a dead line"
        );
        patient::lift(&house).await.unwrap();
        house.line(stretch, Line::Open).await.unwrap();
        house.wait_view("P-00").await.unwrap();
        patient::settled(&house).await.unwrap();
        patient::check_in(&house, "normal-adult", "1234")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn wrong_pins_are_told_and_spend_exactly_the_typed_tries() {
    let house = house();
    patient::settled(&house).await.unwrap();
    house.place("normal-adult").await.unwrap();
    house.wait_view("P-02").await.unwrap();
    house.press_action("pin").await.unwrap();
    house.wait_view("P-04").await.unwrap();
    // Different digits: the same key within 100 ms is taken for one trembling touch.
    for left in [2, 1] {
        house.type_digits("9876").await.unwrap();
        let text = format!("あと{left}回まちがえると使えなくなります。");
        let screen = house
            .wait_screen(&text, |s| {
                s.picture.view == "F-03" && flat(s).contains(&text)
            })
            .await
            .unwrap();
        assert!(flat(&screen).contains("暗証番号が違います。"));
        let card = house.state().await.unwrap().card;
        assert_eq!(
            (&card["pin_tries"], &card["verifies"]),
            (&json!(left), &json!(3 - left))
        );
    }
    house.type_digits("9876").await.unwrap();
    let screen = house.wait_view("F-04").await.unwrap();
    assert!(flat(&screen).contains("このカードは暗証番号を使えません。"));
    assert!(
        screen.picture.tree.iter().all(|n| n.role != "key"),
        "the pad is still there"
    );
    let card = house.state().await.unwrap().card;
    assert_eq!(
        (&card["pin_tries"], &card["verifies"]),
        (&json!(0), &json!(3))
    );
    // And the next time the card comes, no pad is offered at all.
    patient::lift(&house).await.unwrap();
    house.wait_view("P-00").await.unwrap();
    house.place("normal-adult").await.unwrap();
    house.wait_view("F-04").await.unwrap();
    patient::lift(&house).await.unwrap();
    house.wait_view("P-00").await.unwrap();
    patient::check_in(&house, "second-adult", "4321")
        .await
        .unwrap();
}

/// What is written on the screen, line breaks taken out: a text may be wrapped anywhere.
fn flat(screen: &Screen) -> String {
    patient::words(screen).replace('\n', "")
}

#[tokio::test]
async fn a_card_lifted_at_any_command_spends_nothing_and_the_next_one_works() {
    let house = house();
    patient::settled(&house).await.unwrap();
    let mut rows = 0;
    // Every command of a whole check-in; the loop ends with the first index that is never reached.
    'commands: for index in 1..=40 {
        for kind in ["lift-before", "lift-after"] {
            house
                .card(&json!({ "do": "reset", "profile": "normal-adult" }))
                .await
                .unwrap();
            house
                .card(&json!({ "do": "fault", "at_apdu": index, "kind": kind }))
                .await
                .unwrap();
            house.place("normal-adult").await.unwrap();
            let reached = until_lifted_or_signed(&house).await;
            let card = house.state().await.unwrap().card;
            assert!(
                card["verifies_wrong"] == json!(0),
                "{kind} at {index}: {card}"
            );
            assert!(
                card["verifies"].as_u64().unwrap() <= 1,
                "{kind} at {index}: {card}"
            );
            patient::lift(&house).await.unwrap();
            // One that never came must not meet the next card.
            house.card(&json!({ "do": "disarm" })).await.unwrap();
            patient::to_idle(&house).await.unwrap();
            patient::check_in(&house, "second-adult", "4321")
                .await
                .unwrap();
            if !reached {
                break 'commands;
            }
            rows += 1;
        }
    }
    println!("faults: {rows} rows of card lifted at a command, all recovered");
    assert!(rows >= 2 * 15, "only {rows} rows");
}

/// Goes on as a patient would until the fault has lifted the card or the signature is through;
/// returns whether the fault came.
async fn until_lifted_or_signed(house: &HouseClient) -> bool {
    loop {
        let screen = house
            .wait_screen("any next step", |s| {
                ["P-00", "P-02", "P-04", "P-06", "P-07", "F-08", "F-10"]
                    .contains(&s.picture.view.as_str())
            })
            .await
            .unwrap();
        let placed = house.state().await.unwrap().card["placed"] == json!(true);
        match screen.picture.view.as_str() {
            "P-06" | "P-07" => return false,
            _ if !placed => return true,
            "P-02" if patient::offers(&screen, "pin") => {
                house.press_action("pin").await.unwrap_or(())
            }
            "P-04" => house.type_digits("1234").await.unwrap_or(()),
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
