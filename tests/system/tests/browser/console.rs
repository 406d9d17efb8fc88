// SPDX-License-Identifier: MIT OR Apache-2.0
//! The story of a fresh terminal: the first account by the code of the box, an account for the counter,
//! what that may not do, the lock-out and the way out of it. With keyboard and labels alone, as a screen
//! reader has them, and without a script: none of the console's pages has one.

use fantoccini::Locator;
use serde_json::{Value, json};
use uketsuke_house::client::HouseClient;
use uketsuke_house::console::{ADMINISTRATOR, PASSWORD};
use uketsuke_house::options::Options;

use crate::chromium::Browser;

const GENERAL: &str = "madoguchi";
const OWN: &str = "six more words of this test";

/// Where the console is.
pub async fn address(house: &HouseClient) -> String {
    let state: Value = house.get("/api/state").await.unwrap();
    state["terminal_page"].as_str().unwrap().to_owned()
}

/// Opens the console, and logs in where nobody is.
pub async fn enter(house: &HouseClient, browser: &Browser, account: &str, password: &str) {
    house.console().await.unwrap();
    browser.page.goto(&address(house).await).await.unwrap();
    let path = browser.run("return location.pathname").await;
    if path == json!("/log-in") {
        log_in(browser, account, password).await;
        at(browser, "/").await;
    }
}

/// Fills in the log-in page.
pub async fn log_in(browser: &Browser, account: &str, password: &str) {
    fill(browser, "account", account).await;
    fill(browser, "password", password).await;
    browser.click("main form button.main").await;
}

/// Types into the field with this id, which has a label.
pub async fn fill(browser: &Browser, id: &str, text: &str) {
    let labelled = format!("return document.querySelector(\"label[for='{id}']\") !== null");
    browser.wait(&format!("a label of {id}"), &labelled).await;
    let field = browser.page.find(Locator::Id(id)).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

async fn at(browser: &Browser, path: &str) {
    let there = format!("return location.pathname === {path:?}");
    browser.wait(path, &there).await;
}

async fn says(browser: &Browser, words: &str) {
    let said = format!("return document.body.innerText.includes({words:?})");
    browser.wait(words, &said).await;
}

async fn text(browser: &Browser, css: &str) -> String {
    let script = format!("return document.querySelector({css:?})?.textContent ?? ''");
    browser.run(&script).await.as_str().unwrap().to_owned()
}

/// The page opened at the list of mistakes, and its link leads to the field.
async fn mistake(browser: &Browser, field: &str, words: &str) {
    says(browser, words).await;
    let opened = "return document.activeElement.id === 'mistakes'";
    browser
        .wait("the list of mistakes to have the focus", opened)
        .await;
    browser
        .click(&format!("#mistakes a[href='#{field}']"))
        .await;
    let focused = format!("return document.activeElement.id === {field:?}");
    browser.wait("the field to have the focus", &focused).await;
}

async fn log_out(browser: &Browser) {
    browser.click("header form[action='/log-out'] button").await;
    at(browser, "/log-in").await;
    says(browser, "ログアウトしました").await;
}

#[tokio::test]
async fn a_fresh_terminal_is_taken_into_use_and_locks_out_who_guesses() {
    let house = HouseClient::start(&Options::of_a_test()).unwrap();
    let browser = Browser::start().await;
    browser.page.goto(&house.url()).await.unwrap();
    let shown = "return /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/.test(document.getElementById('first-code').textContent)";
    browser.wait("the code that the box shows", shown).await;
    let code = text(&browser, "#first-code").await;
    let console = address(&house).await;

    browser.page.goto(&console).await.unwrap();
    at(&browser, "/first").await;
    fill(&browser, "code", "0000-0000-0000-0000").await;
    first(&browser).await;
    mistake(&browser, "code", "登録コードが違う").await;
    browser.save("console-1-first").await;
    fill(&browser, "code", &code).await;
    first(&browser).await;
    at(&browser, "/").await;
    browser.save("console-2-menu").await;

    browser.click("nav a[href='/accounts']").await;
    at(&browser, "/accounts").await;
    fill(&browser, "account", GENERAL).await;
    browser.click("section button.main").await;
    browser
        .wait(
            "the initial password",
            "return document.getElementById('initial') !== null",
        )
        .await;
    let initial = text(&browser, "#initial").await;
    browser.save("console-3-initial").await;
    log_out(&browser).await;

    log_in(&browser, GENERAL, &initial).await;
    at(&browser, "/password").await;
    browser
        .page
        .goto(&format!("{console}readers"))
        .await
        .unwrap();
    at(&browser, "/password").await;
    fill(&browser, "present", &initial).await;
    fill(&browser, "new", "too short").await;
    fill(&browser, "again", "too short").await;
    // The page itself does not know the rule.
    browser.click("main form button.main").await;
    mistake(&browser, "new", "15文字以上").await;
    browser.save("console-4-password").await;
    fill(&browser, "present", &initial).await;
    fill(&browser, "new", OWN).await;
    fill(&browser, "again", OWN).await;
    browser.click("main form button.main").await;
    says(&browser, "パスワードを変更しました").await;

    browser.click("nav a[href='/readers']").await;
    at(&browser, "/readers").await;
    for path in ["accounts", "passcodes", "doings"] {
        let link = format!("nav a[href='/{path}']");
        assert_eq!(text(&browser, &link).await, "", "{path} is on the menu");
        browser
            .page
            .goto(&format!("{console}{path}"))
            .await
            .unwrap();
        says(&browser, "管理アカウントだけが使える画面です").await;
    }
    browser.save("console-5-may-not").await;
    log_out(&browser).await;

    locked_out_and_back(&house, &console).await;

    // This browser knows the account: nobody else's guesses lock it.
    log_in(&browser, GENERAL, OWN).await;
    at(&browser, "/").await;
    log_out(&browser).await;
}

async fn first(browser: &Browser) {
    fill(browser, "account", ADMINISTRATOR).await;
    fill(browser, "new", PASSWORD).await;
    fill(browser, "again", PASSWORD).await;
    browser.click("main form button.main").await;
}

/// Somebody guesses at another browser; the administrator lets it in again.
async fn locked_out_and_back(house: &HouseClient, console: &str) {
    let browser = Browser::start().await;
    browser.page.goto(console).await.unwrap();
    at(&browser, "/log-in").await;
    for _ in 0..4 {
        log_in(&browser, GENERAL, PASSWORD).await;
        mistake(&browser, "password", "アカウントまたはパスワードが違います").await;
    }
    log_in(&browser, GENERAL, PASSWORD).await;
    mistake(&browser, "account", "分間は入力できません").await;
    browser.save("console-6-locked").await;
    log_in(&browser, GENERAL, OWN).await;
    says(&browser, "分間は入力できません").await;

    let administrator = house.console().await.unwrap();
    let list = administrator.get("/accounts").await.unwrap();
    assert!(list.contains("ロック中"), "{list}");
    let form = format!("account={GENERAL}");
    administrator.post("/accounts/unlock", &form).await.unwrap();
    log_in(&browser, GENERAL, OWN).await;
    at(&browser, "/").await;
    log_out(&browser).await;
}
