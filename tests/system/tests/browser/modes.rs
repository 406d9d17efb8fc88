// SPDX-License-Identifier: MIT OR Apache-2.0
//! The story of the ministry's older notice: staff put a reader to 目視確認 at the terminal, tick, and
//! forget to switch it back.

use uketsuke_house::client::HouseClient;
use uketsuke_house::options::Options;

use crate::chromium::Browser;
use crate::staff::{place, switched_back_by_itself, terminal};

#[tokio::test]
async fn staff_vouch_at_the_terminal_and_forget_to_switch_back() {
    let house = HouseClient::start(&Options::of_a_test()).unwrap();
    let browser = Browser::start().await;
    house.wait_view("P-00").await.unwrap();
    hold(&house, &browser, "visual").await;
    browser.save("modes-1-visual").await;

    let ticked = "return document.querySelector(\"input[name='done']\").checked";
    browser.click("input[name='done']").await;
    browser.wait("the tick", ticked).await;
    browser.save("modes-2-ticked").await;
    browser.click("section button.main").await;
    says(&browser, "置いてもらってください").await;
    browser.save("modes-3-vouched").await;

    browser.page.goto(&house.url()).await.unwrap();
    browser.reads("S-02", "目視で").await;
    browser.reads("S-02", "端末：目視確認").await;
    place(&browser, "pin-locked").await;
    browser.reads("P-06", "").await;
    browser.touch("[data-action='agree-all']").await;
    browser.reads("S-03", "").await;
    // Step ⑦ of the notice is forgotten: the next patient is asked as ever, and the page knows.
    switched_back_by_itself(&house, &browser).await;
    terminal(&house, &browser, "/readers").await;
    browser
        .wait_reopening("the mode to be back", &on("unattended"))
        .await;
    browser.save("modes-4-back").await;
    terminal(&house, &browser, "/passcodes").await;
    for words in [
        "目視確認に設定（端末）",
        "目視で本人確認完了（端末）",
        "終了（資格確認済み）",
    ] {
        browser.wait_reopening(words, &said(words)).await;
    }
}

#[tokio::test]
async fn pin_only_is_shown_at_the_reader_and_held_again_after_its_restart() {
    let house = HouseClient::start(&Options::of_a_test()).unwrap();
    let browser = Browser::start().await;
    house.wait_view("P-00").await.unwrap();
    hold(&house, &browser, "pin-only").await;
    browser.save("modes-5-pin-only").await;
    browser.page.goto(&house.url()).await.unwrap();
    browser.reads("P-00", "端末：暗証番号認証固定").await;
    house.kill("mode", "KILL").await.unwrap();
    house.wait_restarted("mode", 1).await.unwrap();
    browser.reads("P-00", "端末：暗証番号認証固定").await;
    place(&browser, "normal-adult").await;
    browser.reads("P-04", "").await;
    browser.click("#lift").await;
    browser.reads("P-00", "マイナンバーカードを").await;

    hold(&house, &browser, "unattended").await;
    browser.page.goto(&house.url()).await.unwrap();
    place(&browser, "normal-adult").await;
    browser.reads("P-02", "").await;
}

#[tokio::test]
async fn a_mode_that_changes_is_seen_and_said_without_anybody_reloading() {
    let house = HouseClient::start(&Options::of_a_test()).unwrap();
    let browser = Browser::start().await;
    house.wait_view("P-00").await.unwrap();
    terminal(&house, &browser, "/readers").await;
    browser
        .wait("the reader to be there", &said("接続中"))
        .await;
    let name = "return document.querySelector(\"input[name='reader']\").value";
    let name = browser.run(name).await.as_str().unwrap().to_owned();
    // Somebody else, at another browser.
    let console = house.console().await.unwrap();
    let form = format!("reader={name}&operation=pin-only");
    console.post("/readers/mode", &form).await.unwrap();
    browser.wait("the mode to be seen", &on("pin-only")).await;
    let words = "return document.getElementById('live-said').textContent";
    let told = format!("{words}.includes('暗証番号認証固定')");
    browser.wait("the mode to be said", &told).await;
    browser.save("modes-6-live").await;
}

/// Presses the button of a mode, and waits until the reader has taken it.
async fn hold(house: &HouseClient, browser: &Browser, operation: &str) {
    terminal(house, browser, "/readers").await;
    browser
        .wait_reopening("the reader to be there", &said("接続中"))
        .await;
    browser
        .click(&format!("button[name='operation'][value='{operation}']"))
        .await;
    says(browser, "切り替わりました").await;
    browser
        .wait("the mode to be in force", &on(operation))
        .await;
}

fn on(operation: &str) -> String {
    let button = format!("button[name='operation'][value='{operation}']");
    format!("return document.querySelector({button:?})?.ariaPressed === 'true'")
}

async fn says(browser: &Browser, words: &str) {
    browser.wait(words, &said(words)).await;
}

fn said(words: &str) -> String {
    format!("return document.body.innerText.includes({words:?})")
}
