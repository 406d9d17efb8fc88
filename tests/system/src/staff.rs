// SPDX-License-Identifier: MIT OR Apache-2.0
//! Staff at the terminal's page and before the reader.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uketsuke_house::client::{ClientError, HouseClient};

/// Issues a passcode (目視確認用パスコード) on the terminal's page, in its two steps; returns the digits.
///
/// # Panics
/// When the page does not do what it should: the test is over then.
pub async fn issue(house: &HouseClient, account: &str) -> String {
    let asked = format!("account={account}&what=issue");
    let question = post(house, "/passcodes/confirm", &asked).await;
    let token = between(&question, "name=\"token\" value=\"", "\"");
    let shown = post(house, "/passcodes/done", &format!("token={token}")).await;
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

async fn post(house: &HouseClient, path: &str, form: &str) -> String {
    let state: Value = house.get("/api/state").await.expect("the bench's state");
    let page = state["terminal_page"]
        .as_str()
        .expect("the terminal's page");
    let host = page.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await.expect("the terminal's page");
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    answer
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).map(|(_, rest)| rest);
    let found = rest.and_then(|rest| rest.split_once(after));
    found.unwrap_or_else(|| panic!("no {before} on: {text}")).0
}
