// SPDX-License-Identifier: MIT OR Apache-2.0
//! One WebSocket per open page: picture, state, traffic and logs out, touches in.
//!
//! Text messages are JSON objects with one key: `state`, `screen`, `traffic`, `logs`. A binary
//! message is one rectangle of the picture: x, y, width, height (u32, little-endian), then RGBA rows.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use serde_json::{Value, json};
use uketsuke_house::api::{Deed, Screen};
use uketsuke_house::panel::Pixels;

use crate::app::Bench;

/// How often the state is looked at; it is sent only when it has changed.
const LOOK: Duration = Duration::from_millis(400);
/// How often new traffic and log lines are sent.
const GATHER: Duration = Duration::from_millis(100);

/// Everything at a glance, with the address of the terminal's console and what makes its first account.
pub async fn state(bench: &Bench) -> Value {
    let mut state = json!(bench.house.state().await);
    state["terminal_page"] = json!(format!("http://{}/", bench.house.terminal_address()));
    state["first_code"] = json!(bench.first_code());
    state
}

/// Serves one page until it closes.
pub async fn serve(bench: Arc<Bench>, mut socket: WebSocket) {
    let mut page = Page {
        bench: &bench,
        state: Value::Null,
        change: None,
        traffic: 0,
        logs: 0,
    };
    let mut screen = bench.house.panel().screen();
    let mut look = tokio::time::interval(LOOK);
    let mut gather = tokio::time::interval(GATHER);
    loop {
        let messages = tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(message)) => { page.hear(message).await; Vec::new() }
                Some(Err(_)) | None => return,
            },
            changed = screen.changed() => {
                if changed.is_err() {
                    return;
                }
                let screen = screen.borrow_and_update().clone();
                page.picture(&screen)
            }
            _ = look.tick() => page.state().await,
            _ = gather.tick() => page.lines(),
        };
        for message in messages {
            if socket.send(message).await.is_err() {
                return;
            }
        }
        if page.change.is_none() {
            // A page that has just opened gets the whole picture at once.
            screen.mark_changed();
        }
    }
}

/// What one page has been told.
struct Page<'a> {
    bench: &'a Bench,
    state: Value,
    change: Option<u64>,
    traffic: u64,
    logs: u64,
}

impl Page<'_> {
    async fn hear(&self, message: Message) {
        let Message::Text(text) = message else { return };
        if let Ok(deed) = serde_json::from_str::<Deed>(&text) {
            // A screen that is away shows so on the page; the touch is lost as on a dark panel.
            let _ = self.bench.house.panel().does(deed).await;
        }
    }

    fn picture(&mut self, screen: &Screen) -> Vec<Message> {
        let follows = self.change == screen.change.checked_sub(1) && screen.connected;
        self.change = Some(screen.change);
        let mut messages = Vec::new();
        // The tree goes first: it sizes the canvas.
        messages.push(Message::Text(
            json!({ "screen": screen }).to_string().into(),
        ));
        if screen.connected {
            let rects: &[[u32; 4]] = if follows { &screen.picture.damage } else { &[] };
            match self.bench.house.panel().read(rects) {
                Ok(pixels) => messages.extend(pixels.into_iter().map(binary)),
                Err(error) => self.bench.logs.add("bench", &error.to_string()),
            }
        }
        messages
    }

    async fn state(&mut self) -> Vec<Message> {
        let state = state(self.bench).await;
        if state == self.state {
            return Vec::new();
        }
        self.state = state;
        vec![Message::Text(
            json!({ "state": self.state }).to_string().into(),
        )]
    }

    fn lines(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        let traffic = self.bench.traffic.after(self.traffic);
        if let Some(last) = traffic.last() {
            self.traffic = last.number;
            messages.push(Message::Text(
                json!({ "traffic": traffic }).to_string().into(),
            ));
        }
        let logs = self.bench.logs.after(self.logs, None);
        if let Some(last) = logs.last() {
            self.logs = last.number;
            let from = logs.len().saturating_sub(500);
            messages.push(Message::Text(
                json!({ "logs": logs[from..] }).to_string().into(),
            ));
        }
        messages
    }
}

fn binary(pixels: Pixels) -> Message {
    let mut bytes: Vec<u8> = pixels.rect.iter().flat_map(|n| n.to_le_bytes()).collect();
    bytes.extend_from_slice(&pixels.bytes);
    for pixel in bytes[16..].chunks_exact_mut(4) {
        pixel.swap(0, 2);
        pixel[3] = 0xff;
    }
    Message::Binary(bytes.into())
}
