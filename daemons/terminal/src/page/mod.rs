// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pages on loopback: how things stand, the operation modes of the readers, the passcodes, and the
//! facility profiles. No
//! patient's name is on any, because none is stored.
//!
//! Nobody logs in here yet: whoever may open a page on this machine is taken for staff.

mod passcodes;
mod profile;
mod readers;
mod state;
mod visual;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use uketsuke_link::elements;

use crate::Shared;

const STYLE: &str = "
body{font-family:'BIZ UDPGothic','Noto Sans JP',sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#1a1a1a;background:#fff;line-height:1.6}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
nav a{margin-right:1.5rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #ccc;vertical-align:top}
th{font-weight:600}.up{color:#00602b}.down{color:#a40000;font-weight:700}
form{display:inline-block;margin:.5rem 1rem .5rem 0}label{display:block;font-weight:600}
input,button,.button{font:inherit;padding:.5rem 1.2rem;border:1px solid #555;border-radius:.3rem;background:#fff;color:#1a1a1a;min-height:2.75rem;box-sizing:border-box}
button,.button{cursor:pointer;text-decoration:none;display:inline-block}
.main{background:#0b4d8a;border-color:#0b4d8a;color:#fff;font-weight:600}
:focus-visible{outline:3px solid #b35900;outline-offset:2px}
.digits{font-size:4rem;letter-spacing:.35em;font-weight:700;margin:1rem 0}
.on,.on:hover{background:#00602b;border-color:#00602b;color:#fff;font-weight:700}
td form{margin:0}.modes{display:flex;flex-wrap:wrap;gap:.4rem}
section{border:1px solid #ccc;border-radius:.3rem;padding:0 1rem 1rem;margin-top:1.5rem}section form{display:block;margin:0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.6rem 1.5rem;align-items:center}dt{font-weight:600}dd{margin:0}
.tick{display:inline-flex;align-items:center;gap:.6rem;min-height:2.75rem}input[type=checkbox]{min-height:0;width:1.4rem;height:1.4rem}
.note{border-left:.3rem solid #b35900;padding:.2rem 1rem}.note.up{border-color:#00602b}.note.down{border-color:#a40000}
tr:has(.modes) td{vertical-align:middle}
fieldset{border:1px solid #ccc;border-radius:.3rem;margin:1rem 0;padding:0 1rem 1rem}legend,.name{font-weight:600}
.field{margin-top:1rem}.field label.tick{display:flex;font-weight:400}.hint,small{color:#444;font-size:.85rem;font-weight:400}
select{font:inherit;padding:.5rem;min-height:2.75rem;border:1px solid #555;border-radius:.3rem;background:#fff;color:#1a1a1a;max-width:100%}
input[type=radio]{min-height:0;width:1.4rem;height:1.4rem}";

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(state::show))
        .merge(readers::router())
        .merge(passcodes::router())
        .merge(profile::router())
        .layer(middleware::from_fn(guard))
        .with_state(shared)
}

/// The page cannot be shown; the log says why.
struct Failed(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        tracing::error!(error = format!("{:#}", self.0), "a page cannot be shown");
        let body = html! {
            p.down { "端末に異常があり、操作を完了できませんでした。" }
            p { a href="/" { "資格確認端末の状態へ" } }
        };
        let page = frame("エラー", false, &body);
        (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
    }
}

/// A whole page; `renewed` every ten seconds where it shows how things stand.
fn frame(title: &str, renewed: bool, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="ja" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if renewed { meta http-equiv="refresh" content="10"; }
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                nav aria-label="メニュー" {
                    a href="/" { "状態" }
                    a href=(readers::PATH) { "顔認証付きカードリーダー操作" }
                    a href=(passcodes::PATH) { "目視確認用パスコード発行" }
                    a href=(profile::PATH) { "環境設定情報更新" }
                }
                main {
                    h1 { (title) }
                    (body)
                }
            }
        }
    }
}

/// The head of a table.
fn heads(names: &[&str]) -> Markup {
    html! {
        thead { tr { @for name in names { th { (name) } } } }
    }
}

/// Answers only under a loopback name, so that no web site can read the page through a name of its
/// own that points here; and lets nothing be kept or framed.
async fn guard(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    if !host.is_some_and(is_loopback) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let mut response = next.run(request).await;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                  base-uri 'none'; frame-ancestors 'none'";
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// `2026-11-21 09:30:05` in Japan time.
fn clock(at: u64) -> String {
    let t = elements::jst(at);
    format!(
        "{}-{}-{} {}:{}:{}",
        &t[0..4],
        &t[4..6],
        &t[6..8],
        &t[8..10],
        &t[10..12],
        &t[12..14]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_answered() {
        for host in [
            "localhost",
            "localhost:8480",
            "127.0.0.1:8480",
            "[::1]:8480",
            "127.0.0.1",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.com:8480",
            "localhost.example.com",
            "192.0.2.1:8480",
            "[2001:db8::1]:1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn times_are_written_for_people() {
        assert_eq!(clock(0), "1970-01-01 09:00:00");
    }
}
