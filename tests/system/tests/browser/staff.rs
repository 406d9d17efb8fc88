// SPDX-License-Identifier: MIT OR Apache-2.0
//! The story of the ministry's notice: a passcode is issued at the terminal, staff vouch for a patient
//! whose PIN is locked, and the reader is back to normal by itself.

use fantoccini::Locator;
use serde_json::{Value, json};
use uketsuke_house::client::{HouseClient, SAME_KEY};
use uketsuke_house::console::{ADMINISTRATOR, PASSWORD};
use uketsuke_house::options::Options;
use uketsuke_system_tests::staff::another;

use crate::chromium::Browser;
use crate::console::enter;

/// Whose passcode it is.
const ACCOUNT: &str = "suzuki.hanako";

#[tokio::test]
async fn staff_vouch_for_one_patient_with_a_passcode_from_the_terminal() {
    let house = HouseClient::start(&Options::of_a_test()).unwrap();
    let browser = Browser::start().await;
    house.wait_view("P-00").await.unwrap();
    browser.page.goto(&house.url()).await.unwrap();
    browser.reads("P-00", "マイナンバーカードを").await;
    let none = "return document.querySelector(\"#reading [data-action='staff']\") === null";
    browser
        .wait("no button before there is a passcode", none)
        .await;

    let first = issue(&house, &browser, "1").await;
    browser.page.goto(&house.url()).await.unwrap();
    browser.touch("[data-action='staff']").await;
    type_code(&browser, &another(&first)).await;
    browser.reads("S-01", "違います").await;
    type_code(&browser, &first).await;
    browser.reads("S-02", "目視で").await;
    browser.save("staff-4-visual").await;

    place(&browser, "pin-locked").await;
    browser.reads("P-06", "").await;
    browser.touch("[data-action='agree-all']").await;
    let person: Value = house.get("/api/centre/profiles/pin-locked").await.unwrap();
    for part in person["name_kana"].as_str().unwrap().split_whitespace() {
        browser.reads("S-03", part).await;
    }
    browser.save("staff-5-done").await;
    switched_back_by_itself(&house, &browser).await;

    let mut second = issue(&house, &browser, "2").await;
    for words in ["終了（資格確認済み）", "開始", "パスコード不可"] {
        let there = format!("return document.body.innerText.includes({words:?})");
        browser.wait_reopening(words, &there).await;
    }
    while second == first {
        // Once in ten thousand.
        second = issue(&house, &browser, "2").await;
    }
    browser.page.goto(&house.url()).await.unwrap();
    browser.touch("[data-action='staff']").await;
    type_code(&browser, &first).await;
    browser.reads("S-01", "違います").await;
    type_code(&browser, &second).await;
    browser.reads("S-02", "目視で").await;
    browser.touch("[data-action='stop']").await;
    browser.reads("P-00", "マイナンバーカードを").await;
}

/// From S-03 on: the visit counts, and although nobody switched anything back the next patient is asked
/// as ever.
pub async fn switched_back_by_itself(house: &HouseClient, browser: &Browser) {
    let counted = house.wait_state("the centre to count the visit", |s| {
        s.centre["completed"] == json!(1)
    });
    counted.await.unwrap();
    browser.click("#lift").await;
    browser.reads("P-00", "マイナンバーカードを").await;
    place(browser, "normal-adult").await;
    browser.reads("P-02", "").await;
    browser.click("#lift").await;
    browser.reads("P-00", "マイナンバーカードを").await;
}

/// Opens a page of the terminal, by its menu, logged in.
pub async fn terminal(house: &HouseClient, browser: &Browser, path: &str) {
    enter(house, browser, ADMINISTRATOR, PASSWORD).await;
    browser.click(&format!("nav a[href='{path}']")).await;
    let there = format!("return location.pathname === {path:?}");
    browser.wait("the page of the menu", &there).await;
}

/// 発行, OK, the digits, OK.
async fn issue(house: &HouseClient, browser: &Browser, time: &str) -> String {
    terminal(house, browser, "/passcodes").await;
    let account = browser.page.find(Locator::Css("#account")).await.unwrap();
    account.send_keys(ACCOUNT).await.unwrap();
    browser.save(&format!("staff-{time}-1-ask")).await;
    browser.click("main > form button[value='issue']").await;
    browser
        .wait("the question", "return document.title === '確認'")
        .await;
    browser.save(&format!("staff-{time}-2-confirm")).await;
    browser.click("main form button.main").await;
    let shown = "return document.getElementById('digits') !== null";
    browser.wait("the digits", shown).await;
    let digits = browser
        .run("return document.getElementById('digits').textContent")
        .await;
    let digits = digits.as_str().unwrap().to_owned();
    browser.save(&format!("staff-{time}-3-digits")).await;
    browser.click("a.button.main").await;
    let there = "return document.body.innerText.includes('反映済み')";
    browser.wait_reopening("the reader to have it", there).await;
    browser.save(&format!("staff-{time}-4-list")).await;
    let lost = format!("return !document.body.innerText.includes({digits:?})");
    browser.wait("the digits to be gone", &lost).await;
    digits
}

async fn type_code(browser: &Browser, digits: &str) {
    browser.reads("S-01", "パスコード").await;
    type_digits(browser, digits).await;
}

/// Touches the keys of the pad that is open.
pub async fn type_digits(browser: &Browser, digits: &str) {
    let mut before = None;
    for digit in digits.chars() {
        if before.replace(digit) == Some(digit) {
            tokio::time::sleep(SAME_KEY).await;
        }
        browser
            .touch(&format!("[data-role='key'][aria-label='{digit}']"))
            .await;
    }
}

pub async fn place(browser: &Browser, profile: &str) {
    let card = format!("button.card[data-profile='{profile}']");
    let open = format!(
        "const card = document.querySelector({card:?}); \
         card?.closest('details')?.setAttribute('open', ''); return card !== null"
    );
    browser.wait("the group of the card", &open).await;
    let away = format!("return document.querySelector({card:?})?.ariaPressed === 'false'");
    browser.wait("the card to lie in the tray", &away).await;
    browser.click(&card).await;
}
