// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two languages of the console: Japanese, and English for who asks for it.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::access::{Visit, cookie};
use super::table;

/// The cookie.
const COOKIE: &str = "uketsuke_language";
/// Where the switch sends.
pub(super) const PATH: &str = "/language";

/// A language of the console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum Language {
    /// Japanese.
    #[default]
    #[serde(rename = "ja")]
    Japanese,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// What a browser has asked for.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        match cookie(headers, COOKIE) {
            Some("en") => Self::English,
            _ => Self::Japanese,
        }
    }

    /// The one of two texts that is in this language.
    pub(super) fn say<T>(self, japanese: T, english: T) -> T {
        match self {
            Self::Japanese => japanese,
            Self::English => english,
        }
    }

    /// As HTML names it.
    pub(super) fn tag(self) -> &'static str {
        self.say("ja", "en")
    }
}

/// The switch to the other one.
pub(super) fn switch(visit: &Visit) -> Markup {
    let (tag, word) = visit.language.say(("en", "English"), ("ja", "日本語"));
    html! {
        form method="post" action=(PATH) {
            input type="hidden" name="back" value=(visit.back);
            button name="language" value=(tag) lang=(tag) { (word) }
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Wish {
    language: Language,
    back: String,
}

/// Keeps the wish for a year, and goes back to the page it was made on.
pub(super) async fn choose(wish: Result<Form<Wish>, FormRejection>) -> Response {
    let Ok(Form(Wish { language, back })) = wish else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let back = if is_page(&back) { &back } else { "/" };
    let kept = format!(
        "{COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict",
        language.tag()
    );
    ([(header::SET_COOKIE, kept)], Redirect::to(back)).into_response()
}

/// Whether this is one of our pages, with or without a query.
fn is_page(back: &str) -> bool {
    let path = back.split_once('?').map_or(back, |(path, _)| path);
    back.bytes().all(|b| b.is_ascii_graphic()) && table::shown(path).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_leads_to_our_pages_alone() {
        for back in ["/", "/readers", "/accounts/one?name=suzuki", "/log-in"] {
            assert!(is_page(back), "{back}");
        }
        for back in [
            "",
            "//example.com/",
            "https://example.com/",
            "/nowhere",
            "/log-out",
            "/\\example.com",
            "/readers?a\r\nSet-Cookie: a",
        ] {
            assert!(!is_page(back), "{back}");
        }
    }
}
