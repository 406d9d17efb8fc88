// SPDX-License-Identifier: MIT OR Apache-2.0
//! A patient checks in by touching the picture and reading what stands on it, in Japanese and English,
//! landscape and portrait.

use serde_json::{Value, json};
use uketsuke_house::api::Orientation;
use uketsuke_house::client::HouseClient;
use uketsuke_house::options::Options;

use crate::chromium::Browser;

/// What is read on the way, per language, in the order of the visit.
struct Words {
    language: &'static str,
    idle: &'static str,
    pin: &'static str,
    title: &'static str,
    done: &'static str,
}

const JAPANESE: Words = Words {
    language: "ja",
    idle: "マイナンバーカードを置いてください。",
    pin: "暗証番号を入力",
    title: "4桁の暗証番号を入力してください。",
    done: "確認が完了しました。",
};
const ENGLISH: Words = Words {
    language: "en",
    idle: "Please place your",
    pin: "Enter my PIN",
    title: "Please enter your PIN",
    done: "your check-in is",
};

#[tokio::test]
async fn a_patient_checks_in_by_touching_the_picture() {
    let house = HouseClient::start(&Options::of_a_test()).unwrap();
    let browser = Browser::start().await;
    let mut visits = 0;
    browser.page.goto(&house.url()).await.unwrap();
    for orientation in [Orientation::Landscape, Orientation::Portrait] {
        for words in [&JAPANESE, &ENGLISH] {
            house.panel(orientation, words.language).await.unwrap();
            visits += 1;
            visit(&house, &browser, orientation, words).await;
            let state = house.wait_state("the centre to count the visit", |s| {
                s.centre["completed"] == json!(visits)
            });
            state.await.unwrap();
        }
    }
    tray(&house, &browser).await;
    switches(&house, &browser).await;
    browser.page.clone().close().await.unwrap();
}

/// Cards lie in groups; a phone goes to the slot for phones by itself.
async fn tray(house: &HouseClient, browser: &Browser) {
    let profiles = house.profiles().await.unwrap();
    for profile in &profiles {
        let css = format!(
            ".group[data-group='{}'] .card[data-profile='{}']",
            profile.group, profile.name
        );
        let there = format!("return document.querySelector({css:?}) !== null");
        browser.wait(&css, &there).await;
    }
    browser.click("[data-group='pin'] summary").await;
    browser.click("[data-profile='pin-locked']").await;
    let shown = "return document.getElementById('reading').dataset.view === 'F-04'";
    browser.wait("F-04 of a locked card", shown).await;
    browser.save("tray").await;
    browser.click("#lift").await;
    browser.reads("P-00", ENGLISH.idle).await;

    browser.click("[data-group='phone'] summary").await;
    browser.click("[data-profile='android']").await;
    let lies = house.wait_state("a phone on its slot", |s| {
        s.phone["placed"] == json!(true) && s.card["placed"] == json!(false)
    });
    lies.await.unwrap();
    let asked = "return document.getElementById('reading').dataset.view === 'P-05a'";
    browser.wait("the question which phone it is", asked).await;
    browser.click("#lift-phone").await;
    let away = house.wait_state("the phone to be taken", |s| {
        s.phone["placed"] == json!(false)
    });
    away.await.unwrap();
    // Its holder reads on with the phone in the hand, until he stops.
    browser.touch("[data-action='finish']").await;
    browser.reads("P-00", ENGLISH.idle).await;
}

/// A switch and an answer to reset, changed on the page, are those of the next card.
async fn switches(house: &HouseClient, browser: &Browser) {
    browser.click("#open-switches").await;
    browser
        .click("[data-switch='first_command_fails'] input")
        .await;
    browser
        .click("[data-atr='0'] option[value='contact-2']")
        .await;
    let counted = "return document.getElementById('switched').textContent === '2'";
    browser.wait("two switches to be counted", counted).await;
    browser.save("switches").await;
    browser.click("[data-profile='normal-adult']").await;
    browser.reads("P-02", ENGLISH.pin).await;
    let log = house.card(&json!({ "do": "log" })).await.unwrap();
    assert_eq!(log["log"][0]["sw"], "6F00", "the switched card: {log}");
    let state = house.state().await.unwrap();
    assert_eq!(state.card["atr"], "contact-2");
    browser.click("#defaults").await;
    let none = "return document.getElementById('switched').textContent === ''";
    browser.wait("everything to be as it was", none).await;
    browser.click("#close-switches").await;
    browser.click("#lift").await;
    browser.reads("P-00", ENGLISH.idle).await;
}

/// One check-in, from the idle screen back to it.
async fn visit(house: &HouseClient, browser: &Browser, orientation: Orientation, words: &Words) {
    let upright = orientation == Orientation::Portrait;
    let (w, h) = if upright { (800, 1280) } else { (1280, 800) };
    let shape = format!(
        "const c = document.getElementById('picture'); return c.width === {w} && c.height === {h}"
    );
    browser.wait("the panel to be turned", &shape).await;
    browser.reads("P-00", words.idle).await;
    browser.shot(orientation, words.language, "1-idle").await;

    // The page hears of a lifted card a moment after the glass: until then this button lifts.
    let card = "button.card[data-profile='normal-adult']";
    let away = format!("return document.querySelector({card:?})?.ariaPressed === 'false'");
    browser.wait("the card to lie in the tray", &away).await;
    browser.click(card).await;
    browser.reads("P-02", words.pin).await;
    browser.shot(orientation, words.language, "2-method").await;
    browser.touch("[data-action='pin']").await;

    browser.reads("P-04", words.title).await;
    for digit in ["1", "2", "3", "4"] {
        browser
            .touch(&format!("[data-role='key'][aria-label='{digit}']"))
            .await;
    }
    // The first visit is asked, the later ones may carry their answers over; both are consents.
    let asked = "return ['P-06', 'P-07'].includes(document.getElementById('reading').dataset.view)";
    browser.wait("a question about consent", asked).await;
    browser.shot(orientation, words.language, "3-consent").await;
    if browser.view().await == "P-06" {
        browser.touch("[data-action='agree-all']").await;
    } else {
        browser.touch("[data-action='keep-earlier']").await;
    }

    let person: Value = house
        .get("/api/centre/profiles/normal-adult")
        .await
        .unwrap();
    let name = person["name_kana"].as_str().unwrap();
    // The screen may set the parts of a name on lines of their own.
    for part in name.split_whitespace() {
        browser.reads("P-13", part).await;
    }
    browser.reads("P-13", words.done).await;
    browser.shot(orientation, words.language, "4-done").await;
    browser.click("#lift").await;
    browser.reads("P-00", words.idle).await;
    let gone = format!(
        "return !document.getElementById('reading').textContent.includes({:?})",
        name.split_whitespace().next().unwrap()
    );
    browser.wait("the name to be gone", &gone).await;
}
