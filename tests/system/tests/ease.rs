// SPDX-License-Identifier: MIT OR Apache-2.0
//! A patient who sees little, sits low and reads no Japanese is checked in by touch on a whole desk, in
//! each language; the next patient meets the usual screen.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use uketsuke_bus::screen1::Language;
use uketsuke_house::api::{Orientation, Picture, Screen};
use uketsuke_house::client::HouseClient;
use uketsuke_house::options::Options;
use uketsuke_system_tests::patient;

/// Longer than `screen.same_key_ms`: within it the screen's own buttons count as one.
const NO_TREMBLE: Duration = Duration::from_millis(150);

/// How a picture looks: language, colours, size of text, layout.
fn looks(picture: &Picture) -> [&str; 4] {
    [
        &picture.language,
        &picture.contrast,
        &picture.text,
        &picture.layout,
    ]
}

async fn press(house: &HouseClient, action: &str) {
    house.press_action(action).await.unwrap();
    tokio::time::sleep(NO_TREMBLE).await;
}

/// Everything as this patient needs it.
async fn chooses(house: &HouseClient, language: Language) {
    press(house, "screen-layout-low").await;
    press(house, "screen-ease").await;
    press(house, "screen-text-largest").await;
    press(house, "screen-contrast-high").await;
    press(house, "screen-languages").await;
    press(house, &format!("screen-language-{}", language.as_str())).await;
    // What lies in the place of the closed choice takes no touch for half a second.
    tokio::time::sleep(patient::HAND).await;
    if language == Language::Ja {
        // The present one closes the choice and changes nothing.
        return;
    }
    let wanted = language.tag();
    house
        .wait_screen("the language", |s| s.picture.language == wanted)
        .await
        .unwrap();
}

/// The view as the patient chose it, with nothing to touch above the middle.
async fn is_low(house: &HouseClient, view: &str, language: Language) {
    let screen: Screen = house.wait_view(view).await.unwrap();
    let wanted = [language.tag(), "high", "largest", "low"];
    assert_eq!(looks(&screen.picture), wanted, "{view}");
    let half = screen.height as f32 / 2.0;
    for node in &screen.picture.tree {
        let high = node.action.is_some() && node.y < half.floor();
        assert!(!high, "{view} {language:?}: {} is too high", node.label);
    }
}

async fn each_language(orientation: Orientation) {
    let house = HouseClient::start(&Options {
        orientation,
        ..Options::of_a_test()
    })
    .unwrap();
    patient::settled(&house).await.unwrap();
    for (checked_in, language) in (0..).zip(Language::ALL) {
        let idle = house.wait_view("P-00").await.unwrap();
        assert_eq!(looks(&idle.picture), ["ja", "normal", "normal", "normal"]);
        chooses(&house, language).await;
        is_low(&house, "P-00", language).await;
        house.place("normal-adult").await.unwrap();
        is_low(&house, "P-02", language).await;
        house.press_action("pin").await.unwrap();
        is_low(&house, "P-04", language).await;
        house.type_digits("1234").await.unwrap();
        // Who was here before is asked whether it is to be as then.
        let (asks, answer) = match checked_in {
            0 => ("P-06", "agree-all"),
            _ => ("P-07", "keep-earlier"),
        };
        is_low(&house, asks, language).await;
        house.press_action(answer).await.unwrap();
        is_low(&house, "P-13", language).await;
        patient::lift(&house).await.unwrap();
    }
    house.wait_view("P-00").await.unwrap();
    patient::settled(&house).await.unwrap();
    let all = Language::ALL.len() as u64;
    assert_eq!(patient::completed(&house).await.unwrap(), all);
}

#[tokio::test]
async fn lying_every_language_leads_to_done_in_the_largest_text_within_reach() {
    each_language(Orientation::Landscape).await;
}

#[tokio::test]
async fn standing_every_language_leads_to_done_in_the_largest_text_within_reach() {
    each_language(Orientation::Portrait).await;
}
