// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pages of the console, on loopback: [`table`] is all of them and who may see which. No patient's
//! name is on any, because none is stored. They work without a script; [`live`] is the only one.

mod access;
mod accounts;
mod day;
mod doings;
mod first;
mod form;
mod history;
mod language;
mod live;
mod log_in;
mod menu;
mod passcodes;
mod password;
mod profile;
mod readers;
mod state;
mod statistics;
mod table;
mod visual;

pub use table::routes;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use maud::{DOCTYPE, Markup, html};
use uketsuke_link::elements;

use crate::Shared;
use access::Visit;
use language::Language;

const STYLE: &str = "/style.css";
/// The query of a page that a script asked for again.
const RENEWED: &str = "renewed";

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for route in table::TABLE {
        let gate = (Arc::clone(&shared), route.who);
        let handler = (route.handler)();
        let handler = handler.route_layer(middleware::from_fn_with_state(gate, access::admit));
        router = router.route(route.path, handler);
    }
    router
        .fallback(nowhere)
        .layer(Extension(passcodes::Confirmations::default()))
        .layer(Extension(live::Room::default()))
        .layer(DefaultBodyLimit::max(access::FORM))
        .layer(middleware::from_fn(access::guard))
        .with_state(shared)
}

async fn style() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("style.css"))
}

async fn nowhere(request: Request) -> Response {
    let visit = Visit::nobody(Language::of(request.headers()));
    let l = visit.language;
    let body = html! {
        p { a.button href="/" { (l.say("メニューへ", "To the menu")) } }
    };
    let title = l.say("このページはありません", "There is no such page");
    (StatusCode::NOT_FOUND, frame(&visit, title, &body)).into_response()
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
            p lang="en" { "Something is wrong with the terminal; this could not be done." }
            p { a href="/" { "メニューへ " span lang="en" { "To the menu" } } }
        };
        let visit = Visit::nobody(Language::of(&HeaderMap::new()));
        let page = frame(&visit, "エラー", &body);
        (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
    }
}

/// A whole page.
fn frame(visit: &Visit, title: &str, body: &Markup) -> Markup {
    let l = visit.language;
    html! {
        (DOCTYPE)
        html lang=(l.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(STYLE);
            }
            body {
                a.skip href="#main" { (l.say("本文へ", "Skip to the content")) }
                header {
                    (menu::bar(visit))
                    (language::switch(visit))
                    (log_in::out(visit))
                }
                main #main tabindex="-1" {
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
        thead { tr { @for name in names { th scope="col" { (name) } } } }
    }
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
    fn times_are_written_for_people() {
        assert_eq!(clock(0), "1970-01-01 09:00:00");
    }
}
