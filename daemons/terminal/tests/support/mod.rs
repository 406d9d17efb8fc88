// SPDX-License-Identifier: MIT OR Apache-2.0
//! A terminal of its own, a reader of it, and somebody at its page.
#![allow(dead_code, reason = "each test program uses its part")]

mod lodging;

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::Method;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UnixStream};
use uketsuke_common::config::TerminalConfig;
use uketsuke_common::console::{FirstCode, SOCKET};
use uketsuke_link::client::Client;
use uketsuke_link::orders::{Became, Order, OrderResult, Orders, Results, Taken};
use uketsuke_link::tls::Identity;
use uketsuke_link::wire::Heartbeat;
use uketsuke_terminal::app::{self, Terminal};
use url::Url;

pub use lodging::Lodging;

/// Limit of every wait. Generous: nothing takes that long unless it is broken.
pub const LIMIT: Duration = Duration::from_secs(30);

/// The first account of [`alone`], an administrator.
pub const ADMINISTRATOR: &str = "kanri";
/// Its password, of the tests alone.
pub const PASSWORD: &str = "four words of a test";

/// A terminal and the log-in of its administrator.
pub struct Desk {
    terminal: Terminal,
    pub log_in: LogIn,
}

impl std::ops::Deref for Desk {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.terminal
    }
}

/// What a browser keeps of a log-in, and what its forms carry.
#[derive(Clone, Default)]
pub struct LogIn {
    /// The `Cookie` header.
    pub cookies: String,
    pub seal: String,
}

/// A terminal whose centre does not answer, with its first account, and a reader of it.
pub async fn alone(dir: &Lodging) -> (Desk, Client) {
    let (terminal, reader) = fresh(dir).await;
    let code = code(dir).await.unwrap();
    let log_in = first(&terminal, &code, ADMINISTRATOR, PASSWORD).await;
    (Desk { terminal, log_in }, reader)
}

/// The same without an account.
pub async fn fresh(dir: &Lodging) -> (Terminal, Client) {
    uketsuke_centre::pki::make(&dir.path().join("pki")).unwrap();
    started(dir).await
}

/// The same on what is left of an earlier one.
pub async fn again(dir: &Lodging) -> (Desk, Client) {
    let (terminal, reader) = started(dir).await;
    let log_in = log_in(&terminal, ADMINISTRATOR, PASSWORD, "").await;
    (Desk { terminal, log_in }, reader)
}

/// What `reader.toml` says of a terminal in this lodging.
pub fn config(dir: &Lodging) -> TerminalConfig {
    let loopback = "127.0.0.1:0".parse().unwrap();
    TerminalConfig {
        listen: loopback,
        page: loopback,
        // Port 1 of loopback refuses.
        centre: uketsuke_common::config::Centre(Url::parse("https://127.0.0.1:1/").unwrap()),
        database: dir.place(),
        ..TerminalConfig::default()
    }
}

async fn started(dir: &Lodging) -> (Terminal, Client) {
    let (config, places) = (config(dir), dir.places());
    let terminal = app::start(&config, &places, || (), None).await.unwrap();
    let reader = Identity::in_directory(
        &dir.path().join("pki/uplink"),
        "reader.crt",
        "reader.key",
        "terminal-ca.crt",
    );
    let url = Url::parse(&format!("https://{}/", terminal.address)).unwrap();
    let client = Client::new(&url, reader.client().unwrap()).unwrap();
    (terminal, client)
}

/// What the box shows: the code of the first account, where there is none yet.
pub async fn code(dir: &Lodging) -> Option<String> {
    let mut door = UnixStream::connect(dir.path().join("run").join(SOCKET))
        .await
        .unwrap();
    let mut answer = String::new();
    door.read_to_string(&mut answer).await.unwrap();
    match serde_json::from_str(&answer).unwrap() {
        FirstCode::Drawn { code, .. } => Some(code),
        FirstCode::Exists => None,
        FirstCode::Failed => panic!("no code"),
    }
}

/// Makes the first account; its log-in.
pub async fn first(terminal: &Terminal, code: &str, account: &str, password: &str) -> LogIn {
    let password = encoded(password);
    let form = format!("code={code}&account={account}&new={password}&again={password}");
    let answer = sent(terminal, &LogIn::default(), "POST /first", &form).await;
    opened(terminal, &answer).await
}

/// Logs in from a browser with these cookies; what it has then.
pub async fn log_in(terminal: &Terminal, account: &str, password: &str, cookies: &str) -> LogIn {
    let form = format!("account={account}&password={}", encoded(password));
    let browser = LogIn {
        cookies: cookies.to_owned(),
        seal: String::new(),
    };
    let answer = sent(terminal, &browser, "POST /log-in", &form).await;
    opened(terminal, &answer).await
}

/// What a browser keeps of an answer that opened a log-in.
pub async fn opened(terminal: &Terminal, answer: &str) -> LogIn {
    let set = answer
        .lines()
        .filter_map(|line| line.strip_prefix("set-cookie: "));
    let pairs: Vec<_> = set.filter_map(|line| line.split(';').next()).collect();
    assert!(
        pairs
            .iter()
            .any(|pair| pair.starts_with("uketsuke_session=")),
        "{answer}"
    );
    let mut log_in = LogIn {
        cookies: pairs.join("; "),
        seal: String::new(),
    };
    let form = sent(terminal, &log_in, "GET /password", "").await;
    log_in.seal = between(&form, "name=\"seal\" value=\"", "\"").to_owned();
    log_in
}

/// Of spaces, which the passwords here have.
pub fn encoded(text: &str) -> String {
    text.replace(' ', "+")
}

/// Asks a page, as `GET /`, from a page of the console; the whole answer.
pub async fn sent(terminal: &Terminal, log_in: &LogIn, what: &str, form: &str) -> String {
    let site = Some("same-origin");
    exchange(terminal.page, "localhost", site, log_in, what, form).await
}

/// The administrator asks the page under the name `host`; the whole answer.
pub async fn page(desk: &Desk, host: &str, what: &str, form: &str) -> String {
    page_from(desk, host, Some("same-origin"), what, form).await
}

/// The same from a page of `site`, in the browser's words.
pub async fn page_from(
    desk: &Desk,
    host: &str,
    site: Option<&str>,
    what: &str,
    form: &str,
) -> String {
    exchange(desk.page, host, site, &desk.log_in, what, form).await
}

/// One request, as a browser with this log-in sends it.
pub async fn exchange(
    address: SocketAddr,
    host: &str,
    site: Option<&str>,
    log_in: &LogIn,
    what: &str,
    form: &str,
) -> String {
    let LogIn { cookies, seal } = log_in;
    let form = if seal.is_empty() || what.starts_with("GET") {
        form.to_owned()
    } else {
        format!("seal={seal}&{form}")
    };
    let mut stream = TcpStream::connect(address).await.unwrap();
    let site = site.map_or_else(String::new, |site| format!("Sec-Fetch-Site: {site}\r\n"));
    let request = format!(
        "{what} HTTP/1.1\r\nHost: {host}\r\n{site}Cookie: {cookies}\r\nConnection: close\r\n\
         Content-Length: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let mut lines = BufReader::new(&mut stream);
    // What is told as it happens has no end: its head is enough.
    while !answer.ends_with("\r\n\r\n") {
        let read = lines.read_line(&mut answer).await.unwrap();
        if read == 0 {
            return answer;
        }
    }
    if !answer.contains("text/event-stream") {
        lines.read_to_string(&mut answer).await.unwrap();
    }
    answer
}

/// What stands between two texts.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).expect(before).1;
    rest.split_once(after).expect(after).0
}

/// Asks for a passcode (`issue`) or for its end (`withdraw`); what confirms it.
pub async fn token(terminal: &Desk, what: &str, account: &str) -> String {
    let asked = format!("account={account}&what={what}");
    let question = page(terminal, "localhost", "POST /passcodes/confirm", &asked).await;
    assert!(question.starts_with("HTTP/1.1 200"), "{question}");
    assert!(question.contains(account));
    between(&question, "name=\"token\" value=\"", "\"").to_owned()
}

/// Asks for it and confirms; the answer.
pub async fn confirmed(terminal: &Desk, what: &str, account: &str) -> String {
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
