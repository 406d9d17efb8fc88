// SPDX-License-Identifier: MIT OR Apache-2.0
//! 利用状況 in the browser: the country's counts as a sample, and what happened at this very desk.

use uketsuke_house::client::HouseClient;
use uketsuke_house::console::{ADMINISTRATOR, PASSWORD};
use uketsuke_house::options::Options;
use uketsuke_system_tests::patient;

use crate::chromium::Browser;
use crate::console::{address, enter};

#[tokio::test]
async fn the_statistics_show_the_shares_of_the_notice_and_the_check_ins_of_this_desk() {
    let house = HouseClient::start(&Options::of_a_test()).unwrap();
    let browser = Browser::start().await;
    patient::settled(&house).await.unwrap();
    patient::check_in(&house, "normal-adult", "1234")
        .await
        .unwrap();
    enter(&house, &browser, ADMINISTRATOR, PASSWORD).await;

    browser.click("nav a[href='/statistics']").await;
    let counted = "return document.querySelector('tfoot td')?.textContent === '1'";
    browser.wait("one check-in", counted).await;
    browser.save("statistics-here").await;

    let console = address(&house).await;
    for language in ["ja", "en"] {
        let sample = format!("{console}statistics?of=august2024");
        browser.page.goto(&sample).await.unwrap();
        let shown = format!("return document.documentElement.lang === {language:?}");
        browser.wait(language, &shown).await;
        let shares = "return [...document.querySelectorAll('.numbers td:nth-child(5)')].map(td => td.textContent)";
        let shares = browser.run(shares).await;
        let notice = ["20.6 %", "10.4 %", "17.3 %", "12.3 %", "12.4 %"];
        assert_eq!(shares, serde_json::json!(notice));
        let said = browser
            .run("return document.querySelector('svg desc').textContent")
            .await;
        assert!(said.as_str().unwrap().contains("12.4 %"), "{said}");
        browser.save(&format!("statistics-sample-{language}")).await;
        browser.click("form[action='/language'] button").await;
    }
}
