// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the readers stand, told as it changes.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::time::Duration;

use support::{
    ADMINISTRATOR, Desk, Lodging, LogIn, PASSWORD, alone, heard, log_in, orders, page, sent,
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Far longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(30);

/// A page that is told.
struct Told(BufReader<TcpStream>);

impl Told {
    async fn begin(desk: &Desk, log_in: &LogIn) -> (Self, String) {
        let mut stream = TcpStream::connect(desk.page).await.unwrap();
        let request = format!(
            "GET /readers/live HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n",
            log_in.cookies
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut told = Self(BufReader::new(stream));
        let status = told.line().await.unwrap();
        (told, status)
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = timeout(LIMIT, self.0.read_line(&mut line)).await.unwrap();
        (read.unwrap() > 0).then(|| line.trim_end().to_owned())
    }

    /// Waits for *changed*; `false`: it has ended.
    async fn changed(&mut self) -> bool {
        while let Some(line) = self.line().await {
            if line == "event: changed" {
                // Without data a browser would not be told.
                return self.line().await.as_deref() == Some("data: readers");
            }
            if line == "0" {
                // The last chunk.
                return false;
            }
        }
        false
    }
}

async fn a_reader_that_comes_and_one_that_leaves_visual_check_by_itself_are_told(dir: Lodging) {
    let (desk, reader) = alone(&dir).await;
    let (mut told, status) = Told::begin(&desk, &desk.log_in).await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(told.changed().await, "how it stands at the start");
    heard(&reader).await;
    assert!(told.changed().await, "a reader came");
    orders(&reader, "?operation=visual").await;
    assert!(told.changed().await, "it says that it stands in 目視確認");
    orders(&reader, "?operation=unattended").await;
    assert!(told.changed().await, "it is back by itself");
    let shown = page(&desk, "localhost", "GET /readers", "").await;
    assert!(shown.contains("無人運転"), "{shown}");
}

async fn what_is_told_ends_with_the_log_in(dir: Lodging) {
    let (desk, _reader) = alone(&dir).await;
    let other = log_in(&desk, ADMINISTRATOR, PASSWORD, "").await;
    let (mut told, _) = Told::begin(&desk, &other).await;
    assert!(told.changed().await);
    sent(&desk, &other, "POST /log-out", "").await;
    assert!(!told.changed().await, "told on after the log-out");
    let (_, status) = Told::begin(&desk, &other).await;
    assert_eq!(status, "HTTP/1.1 303 See Other");
}

async fn one_page_too_many_is_refused_and_the_others_are_told_on(dir: Lodging) {
    let (desk, reader) = alone(&dir).await;
    let mut all = Vec::new();
    for _ in 0..32 {
        let (mut told, status) = Told::begin(&desk, &desk.log_in).await;
        assert_eq!(status, "HTTP/1.1 200 OK");
        assert!(told.changed().await);
        all.push(told);
    }
    let (_, status) = Told::begin(&desk, &desk.log_in).await;
    assert_eq!(status, "HTTP/1.1 503 Service Unavailable");
    heard(&reader).await;
    for told in &mut all {
        assert!(told.changed().await);
    }
    all.pop();
    // Its place is free once the terminal has seen that it is gone: with the next that is told.
    orders(&reader, "?operation=pin-only").await;
    let mut freed = String::new();
    for _ in 0..100 {
        freed = Told::begin(&desk, &desk.log_in).await.1;
        if freed == "HTTP/1.1 200 OK" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(freed, "HTTP/1.1 200 OK");
}

on_both! {
    a_reader_that_comes_and_one_that_leaves_visual_check_by_itself_are_told,
    what_is_told_ends_with_the_log_in,
    one_page_too_many_is_refused_and_the_others_are_told_on,
}
