// SPDX-License-Identifier: MIT OR Apache-2.0
//! A terminal of its own, a reader of it, and somebody at its page.
#![allow(dead_code, reason = "each test program uses its part")]

use std::path::Path;
use std::time::Duration;

use axum::http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uketsuke_common::config::TerminalConfig;
use uketsuke_link::client::Client;
use uketsuke_link::orders::{Became, Order, OrderResult, Orders, Results, Taken};
use uketsuke_link::tls::Identity;
use uketsuke_link::wire::Heartbeat;
use uketsuke_terminal::app::{self, Terminal};
use url::Url;

/// Limit of every wait. Generous: nothing takes that long unless it is broken.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A terminal whose centre does not answer, and a reader of it.
pub async fn alone(dir: &Path) -> (Terminal, Client) {
    uketsuke_centre::pki::make(&dir.join("pki")).unwrap();
    again(dir).await
}

/// The same on what is left of an earlier one.
pub async fn again(dir: &Path) -> (Terminal, Client) {
    let loopback = "127.0.0.1:0".parse().unwrap();
    let config = TerminalConfig {
        listen: loopback,
        page: loopback,
        // Port 1 of loopback refuses.
        centre: uketsuke_common::config::Centre(Url::parse("https://127.0.0.1:1/").unwrap()),
        ..TerminalConfig::default()
    };
    let terminal = app::start(
        &config,
        dir.join("state"),
        dir.join("pki/terminal"),
        || (),
        None,
    )
    .await
    .unwrap();
    let reader = Identity::in_directory(
        &dir.join("pki/uplink"),
        "reader.crt",
        "reader.key",
        "terminal-ca.crt",
    );
    let url = Url::parse(&format!("https://{}/", terminal.address)).unwrap();
    let client = Client::new(&url, reader.client().unwrap()).unwrap();
    (terminal, client)
}

/// Asks the page for `what`, as `GET /`, under the name `host`; the whole answer.
pub async fn page(terminal: &Terminal, host: &str, what: &str, form: &str) -> String {
    page_from(terminal, host, Some("same-origin"), what, form).await
}

/// The same from a page of `site`, in the browser's words.
pub async fn page_from(
    terminal: &Terminal,
    host: &str,
    site: Option<&str>,
    what: &str,
    form: &str,
) -> String {
    let mut stream = TcpStream::connect(terminal.page).await.unwrap();
    let site = site.map_or_else(String::new, |site| format!("Sec-Fetch-Site: {site}\r\n"));
    let request = format!(
        "{what} HTTP/1.1\r\nHost: {host}\r\n{site}Connection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// What stands between two texts.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).expect(before).1;
    rest.split_once(after).expect(after).0
}

/// Asks for a passcode (`issue`) or for its end (`withdraw`); what confirms it.
pub async fn token(terminal: &Terminal, what: &str, account: &str) -> String {
    let asked = format!("account={account}&what={what}");
    let question = page(terminal, "localhost", "POST /passcodes/confirm", &asked).await;
    assert!(question.starts_with("HTTP/1.1 200"), "{question}");
    assert!(question.contains(account));
    between(&question, "name=\"token\" value=\"", "\"").to_owned()
}

/// Asks for it and confirms; the answer.
pub async fn confirmed(terminal: &Terminal, what: &str, account: &str) -> String {
    let done = format!("token={}", token(terminal, what, account).await);
    page(terminal, "localhost", "POST /passcodes/done", &done).await
}

/// The terminal knows the reader, and that it is there.
pub async fn heard(reader: &Client) {
    let path = "/v1/heartbeat";
    let heard = reader.call::<Heartbeat>(Method::GET, path, None::<&()>, LIMIT);
    heard.await.unwrap();
}

/// What the reader has to do, after it said with `query` how things stand.
pub async fn orders(reader: &Client, query: &str) -> Vec<Order> {
    let path = format!("/v1/orders{query}");
    let orders = reader.call::<Orders>(Method::GET, &path, None::<&()>, LIMIT);
    orders.await.unwrap().orders
}

/// The reader says what became of an order.
pub async fn tell(reader: &Client, id: &str, became: Became) {
    let id = id.to_owned();
    let results = Results {
        results: vec![OrderResult::new(id, became)],
    };
    let path = "/v1/orders/results";
    let told = reader.call::<Taken>(Method::POST, path, Some(&results), LIMIT);
    told.await.unwrap();
}
