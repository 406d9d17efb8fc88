// SPDX-License-Identifier: MIT OR Apache-2.0
//! A terminal of its own, a reader of it, and somebody at its page.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uketsuke_common::config::TerminalConfig;
use uketsuke_link::client::Client;
use uketsuke_link::tls::Identity;
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
    let mut stream = TcpStream::connect(terminal.page).await.unwrap();
    let request = format!(
        "{what} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
