// SPDX-License-Identifier: MIT OR Apache-2.0
//! 環境設定情報更新: staff set what a facility takes and speaks at the terminal; the reader follows with the next
//! patient, over a restart, and back.

use uketsuke_house::client::HouseClient;
use uketsuke_house::options::Options;

use crate::chromium::Browser;
use crate::staff::{place, terminal, type_digits};

const ENGLISH: &str = "Please place your";
const JAPANESE: &str = "マイナンバーカードを置いてください。";

#[tokio::test]
async fn settings_from_the_terminal_count_from_the_next_patient_on_and_over_a_restart() {
    let house = HouseClient::start(&Options::of_a_test()).unwrap();
    let browser = Browser::start().await;
    house.wait_view("P-00").await.unwrap();
    browser.page.goto(&house.url()).await.unwrap();
    browser.reads("P-00", JAPANESE).await;
    let phone = |there: &str| {
        format!("return document.querySelector(\"#reading [data-action='phone']\") {there} null")
    };
    browser.wait("phones to be offered", &phone("!==")).await;
    // Somebody is being served.
    place(&browser, "normal-adult").await;
    browser.reads("P-02", "").await;

    // What contradicts itself is refused beside its field, and nothing is set.
    open(&house, &browser).await;
    choose(&browser, "screen.language", "en").await;
    tick(&browser, "screen.languages", &["ja"]).await;
    browser.click("button[value='set']").await;
    let beside = "return document.querySelector('#screen-languages-wrong')\
                  ?.textContent.includes('is missing') === true";
    browser.wait("the refusal beside its field", beside).await;
    browser.save("profile-1-refused").await;
    let alone = "return document.querySelectorAll('[aria-invalid]').length === 1";
    browser.wait("no other field to blame", alone).await;

    tick(&browser, "screen.languages", &["ja", "en"]).await;
    tick(&browser, "facility.takes", &["medicine"]).await;
    choose(&browser, "facility.phones", "no").await;
    browser.click("button[value='set']").await;
    browser
        .wait("the answer", &stands("次の患者から使用します"))
        .await;
    browser.save("profile-2-waiting").await;

    // Who is there goes on as he began.
    browser.page.goto(&house.url()).await.unwrap();
    browser.reads("P-02", "本人確認の方法").await;
    browser.click("#lift").await;
    browser.reads("P-00", ENGLISH).await;
    browser.wait("no phone to be offered", &phone("===")).await;
    asked_for_medicine(&browser).await;

    open(&house, &browser).await;
    browser
        .wait_reopening("it to be in force", &stands("使用中"))
        .await;
    browser.save("profile-3-in-force").await;

    // After a restart of who keeps it and of who shows it, it holds.
    for process in ["mode", "screen"] {
        house.kill(process, "KILL").await.unwrap();
        house.wait_restarted(process, 1).await.unwrap();
        browser.page.goto(&house.url()).await.unwrap();
        browser.reads("P-00", ENGLISH).await;
    }
    asked_for_medicine(&browser).await;

    // Withdrawn, the reader is on its own reader.toml again.
    open(&house, &browser).await;
    browser.click("button[value='withdraw']").await;
    browser
        .wait("the answer", &stands("カードリーダー自身の設定"))
        .await;
    browser.save("profile-4-withdrawn").await;
    browser.page.goto(&house.url()).await.unwrap();
    browser.reads("P-00", JAPANESE).await;
    terminal(&house, &browser, "/passcodes").await;
    for words in ["環境設定情報を更新（端末）", "環境設定情報を取消（端末）"]
    {
        let said = format!("return document.body.innerText.includes({words:?})");
        browser.wait_reopening(words, &said).await;
    }
}

/// The form of the only reader, once it is there.
async fn open(house: &HouseClient, browser: &Browser) {
    terminal(house, browser, "/profile").await;
    let there = "return document.body.innerText.includes('接続中')";
    browser
        .wait_reopening("the reader to be there", there)
        .await;
    browser.click("button[name='reader']").await;
    let form = "return document.querySelector(\"button[value='set']\") !== null";
    browser.wait("the form", form).await;
}

/// Whether the page says so of the reader, above the form.
fn stands(words: &str) -> String {
    format!(
        "const main = document.querySelector('main').cloneNode(true); \
         main.querySelectorAll('section').forEach((section) => section.remove()); \
         return main.textContent.includes({words:?})"
    )
}

async fn choose(browser: &Browser, key: &str, value: &str) {
    let script = format!(
        "const s = document.querySelector(\"select[name='{key}']\"); s.value = {value:?}; \
         return s.value === {value:?}"
    );
    browser.wait(key, &script).await;
}

/// Ticks these of a list and no others.
async fn tick(browser: &Browser, key: &str, values: &[&str]) {
    browser
        .click(&format!("input[name='{key}'][value='set']"))
        .await;
    let script = format!(
        "for (const box of document.querySelectorAll(\"input[name='{key}[]']\")) \
         box.checked = {values:?}.includes(box.value); return true"
    );
    browser.wait(key, &script).await;
}

/// A patient is asked about medicine alone, in English, and leaves.
async fn asked_for_medicine(browser: &Browser) {
    place(browser, "normal-adult").await;
    browser.reads("P-02", "Enter my PIN").await;
    browser.touch("[data-action='pin']").await;
    browser.reads("P-04", "").await;
    type_digits(browser, "1234").await;
    browser.reads("P-06", "").await;
    browser.touch("[data-action='choose-each']").await;
    browser.reads("P-09c", "").await;
    browser.touch("[data-action='finish']").await;
    browser.reads("F-16", "").await;
    browser.click("#lift").await;
    browser.reads("P-00", ENGLISH).await;
}
