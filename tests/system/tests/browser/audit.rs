// SPDX-License-Identifier: MIT OR Apache-2.0
//! Accessibility of every page of the console, judged by axe-core in both languages: nothing that it
//! calls serious or critical. `packages/install-axe` gets it.

use std::path::Path;

use serde_json::Value;
use uketsuke_house::client::HouseClient;
use uketsuke_house::console::{ADMINISTRATOR, PASSWORD};
use uketsuke_house::options::Options;
use uketsuke_system_tests::staff;

use crate::chromium::Browser;
use crate::console::{address, enter, fill};

/// Runs the judge on the page that is open; how many rules it passes.
async fn judged(browser: &Browser, axe: &str, what: &str) -> usize {
    browser.page.execute(axe, vec![]).await.unwrap();
    let found = browser
        .run("return axe.run(document, { resultTypes: ['violations'] })")
        .await;
    let violations = found["violations"].as_array().unwrap();
    let bad = |one: &&Value| matches!(one["impact"].as_str(), Some("serious" | "critical"));
    let bad: Vec<_> = violations.iter().filter(bad).collect();
    assert!(bad.is_empty(), "{what}: {bad:#?}");
    for one in violations {
        println!("{what}: {}: {}", one["impact"], one["id"]);
    }
    found["passes"].as_array().unwrap().len()
}

/// Nothing that a browser shows as a page: a file, or what is told without end.
fn is_file(path: &str) -> bool {
    let ends = [".css", ".csv", ".js", "/live"];
    ends.iter().any(|end| path.ends_with(end))
}

#[tokio::test]
async fn no_page_of_the_console_has_a_serious_finding() {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/axe/axe.min.js");
    let axe = std::fs::read_to_string(axe).expect("packages/install-axe was run");
    // A receipt computer whose share is not mounted: there is something to say of it.
    let receipt = "[terminal]\ninstitution = \"1312345678\"\n\
                   [terminal.receipt.reception]\nfolder = \"/nowhere\"\n";
    let house = HouseClient::start(&Options {
        config: Some(receipt.to_owned()),
        ..Options::of_a_test()
    })
    .unwrap();
    let browser = Browser::start().await;
    let console = address(&house).await;
    let mut passed = Vec::new();
    let at = |path: &str| format!("{}{path}", console.trim_end_matches('/'));

    // Before there is an account.
    browser.page.goto(&at("/first")).await.unwrap();
    passed.push(judged(&browser, &axe, "/first").await);
    fill(&browser, "code", "0").await;
    for field in ["account", "new", "again"] {
        fill(&browser, field, "short").await;
    }
    browser.click("main form button.main").await;
    browser
        .wait(
            "mistakes",
            "return document.getElementById('mistakes') !== null",
        )
        .await;
    passed.push(judged(&browser, &axe, "/first with a mistake").await);

    house.wait_view("P-00").await.unwrap();
    // Rows in every table, and the form of 目視確認時利用項目.
    staff::issue(&house, "suzuki").await;
    staff::hold(&house, "visual").await;
    staff::tick(&house).await;
    browser.page.goto(&at("/log-in")).await.unwrap();
    passed.push(judged(&browser, &axe, "/log-in").await);
    enter(&house, &browser, ADMINISTRATOR, PASSWORD).await;
    let mut pages: Vec<_> = uketsuke_terminal::routes()
        .filter(|(method, path)| *method == "GET" && !is_file(path))
        .map(|(_, path)| path.to_owned())
        .collect();
    pages.push(format!("/accounts/one?account={ADMINISTRATOR}"));
    pages.push("/nowhere".into());
    for language in ["ja", "en"] {
        for path in &pages {
            browser.page.goto(&at(path)).await.unwrap();
            let spoken = browser.run("return document.documentElement.lang").await;
            assert_eq!(spoken.as_str(), Some(language), "{path}");
            passed.push(judged(&browser, &axe, &format!("{path} {language}")).await);
            if path == "/state" {
                let rows = browser.run("return document.body.innerText").await;
                assert!(rows.as_str().unwrap().contains("reception"), "{rows}");
                browser.save(&format!("state-{language}")).await;
            }
        }
        browser.page.goto(&at("/")).await.unwrap();
        browser.click("form[action='/language'] button").await;
    }
    println!(
        "{} pages judged, {} rules passed",
        passed.len(),
        passed.iter().sum::<usize>()
    );
    assert!(passed.iter().all(|rules| *rules > 5), "{passed:?}");
}
