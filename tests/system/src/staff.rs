// SPDX-License-Identifier: MIT OR Apache-2.0
//! Staff at the terminal's page and before the reader.

use uketsuke_house::client::{ClientError, HouseClient};
use uketsuke_house::console::Console;

/// Issues a passcode (目視確認用パスコード) on the terminal's page, in its two steps; returns the digits.
///
/// # Panics
/// When the page does not do what it should: the test is over then.
pub async fn issue(house: &HouseClient, account: &str) -> String {
    let asked = format!("account={account}&what=issue");
    let console = console(house).await;
    let question = post(console, "/passcodes/confirm", &asked).await;
    let token = between(&question, "name=\"token\" value=\"", "\"");
    let shown = post(console, "/passcodes/done", &format!("token={token}")).await;
    between(&shown, "id=\"digits\">", "<").to_owned()
}

/// Four digits that are not these.
#[must_use]
pub fn another(digits: &str) -> String {
    let next = |digit: u8| char::from(b'0' + (digit - b'0' + 1) % 10);
    digits.bytes().map(next).collect()
}

/// From P-00 to S-02 with a passcode.
///
/// # Errors
/// [`ClientError`], with what was on the screen.
pub async fn open(house: &HouseClient, digits: &str) -> Result<(), ClientError> {
    house.wait_view("P-00").await?;
    house.press_action("staff").await?;
    house.wait_view("S-01").await?;
    house.type_digits(digits).await?;
    house.wait_view("S-02").await.map(drop)
}

/// Holds the reader in an operation mode (運転モード) on the terminal's page, and waits until it is.
///
/// # Panics
/// When the page does not say that it is so.
pub async fn hold(house: &HouseClient, operation: &str) {
    let console = console(house).await;
    let page = console.get("/readers").await.expect("the page");
    let reader = between(&page, "name=\"reader\" value=\"", "\"");
    let chosen = format!("reader={reader}&operation={operation}");
    let page = post(console, "/readers/mode", &chosen).await;
    assert!(page.contains("切り替わりました"), "{page}");
}

/// Ticks 目視で本人確認完了 for the reader that is held in 目視確認.
///
/// # Panics
/// When the reader does not take it.
pub async fn tick(house: &HouseClient) {
    let console = console(house).await;
    let page = console.get("/readers").await.expect("the page");
    let form = between(&page, "action=\"/readers/vouch\"", "</form>");
    let of = |name: &str| between(form, &format!("name=\"{name}\" value=\""), "\"");
    let day = between(form, "name=\"checked\" required value=\"", "\"");
    let ticked = format!(
        "reader={}&id={}&done=1&checked={day}",
        of("reader"),
        of("id")
    );
    let page = post(console, "/readers/vouch", &ticked).await;
    assert!(page.contains("受け付けました"), "{page}");
}

async fn console(house: &HouseClient) -> &Console {
    house.console().await.expect("a log-in at the console")
}

async fn post(console: &Console, path: &str, form: &str) -> String {
    console.post(path, form).await.expect("taken")
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).map(|(_, rest)| rest);
    let found = rest.and_then(|rest| rest.split_once(after));
    found.unwrap_or_else(|| panic!("no {before} on: {text}")).0
}
