// SPDX-License-Identifier: MIT OR Apache-2.0
//! A patient who does not touch the glass is checked in on the keypad of a whole desk.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use uketsuke_house::api::{Key, Orientation, Screen};
use uketsuke_house::client::HouseClient;
use uketsuke_house::options::Options;
use uketsuke_system_tests::patient;

/// Longer than `screen.same_key_ms`.
const NO_TREMBLE: Duration = Duration::from_millis(150);

async fn press(house: &HouseClient, key: Key) {
    house.key(key).await.unwrap();
    tokio::time::sleep(NO_TREMBLE).await;
}

/// What the ring lies round.
fn ring(screen: &Screen) -> Option<&str> {
    let mut tree = screen.picture.tree.iter();
    tree.find(|node| node.focused)
        .and_then(|node| node.action.as_deref())
}

/// Leads the ring to an action and presses it.
async fn choose(house: &HouseClient, view: &str, action: &str) {
    let mut screen = house.wait_view(view).await.unwrap();
    assert_eq!(ring(&screen), None, "{view} begins without a ring");
    while ring(&screen) != Some(action) {
        let before = ring(&screen).map(str::to_owned);
        press(house, Key::Next).await;
        screen = house
            .wait_screen("the ring to move", |s| ring(s) != before.as_deref())
            .await
            .unwrap();
    }
    press(house, Key::Press).await;
}

async fn check_in(house: &HouseClient, asks: &str, answer: &str) {
    house.wait_view("P-00").await.unwrap();
    house.place("normal-adult").await.unwrap();
    choose(house, "P-02", "pin").await;
    house.wait_view("P-04").await.unwrap();
    for key in [
        Key::Digit(1),
        Key::Digit(7),
        Key::Erase,
        Key::Digit(2),
        Key::Digit(3),
        Key::Digit(4),
    ] {
        press(house, key).await;
    }
    choose(house, asks, answer).await;
    house.wait_view("P-13").await.unwrap();
    patient::lift(house).await.unwrap();
    house.wait_view("P-00").await.unwrap();
}

#[tokio::test]
async fn nobody_need_touch_the_glass() {
    let house = HouseClient::start(&Options {
        orientation: Orientation::Portrait,
        ..Options::of_a_test()
    })
    .unwrap();
    patient::settled(&house).await.unwrap();
    check_in(&house, "P-06", "agree-all").await;
    check_in(&house, "P-07", "keep-earlier").await;
    patient::settled(&house).await.unwrap();
    assert_eq!(patient::completed(&house).await.unwrap(), 2);
}
