// SPDX-License-Identifier: MIT OR Apache-2.0
//! 資格確認履歴照会: the check-ins by day, reader and result. There is no name to look for: none is stored.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::access::Visit;
use super::form::{self, Mistake};
use super::language::Language;
use super::{Failed, day, frame, state};
use crate::{Of, Shared};

/// Where it is.
pub(super) const PATH: &str = "/history";
/// Check-ins on one page.
const SHOWN: u32 = 50;
/// The results that can be asked for.
const RESULTS: [&str; 8] = [
    "valid",
    "invalid",
    "newer",
    "not-found",
    "several",
    "valid-unregistered",
    "network-down",
    "centre-down",
];

/// What is asked for; what is missing is anything.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    reader: String,
    #[serde(default)]
    result: String,
    #[serde(default)]
    page: u32,
}

impl Asked {
    /// In the store's terms, or what is wrong with it.
    fn of(&self, l: Language) -> Result<Of, Mistake> {
        let day = |field, text: &str| match (text, day::of(text)) {
            ("", _) => Ok(None),
            (_, Some(day)) => Ok(Some(day)),
            _ => Err(Mistake::new(
                field,
                l.say(
                    "実在する日付で入力してください（例：2026-11-21）。",
                    "Fill in a date, as 2026-11-21.",
                ),
            )),
        };
        let (from, to) = (day("from", &self.from)?, day("to", &self.to)?);
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            let words = l.say(
                "終わりの日を、始めの日以降にしてください。",
                "The last day is before the first one.",
            );
            return Err(Mistake::new("to", words));
        }
        let all = Of::default();
        let after = to.and_then(time::Date::next_day);
        let begin = from.map_or(all.opened.start, day::begins);
        let end = after.map_or(all.opened.end, day::begins);
        Ok(Of {
            opened: begin..end,
            reader: self.reader.clone(),
            result: self.result.clone(),
        })
    }

    /// The address of another page of the same.
    fn at(&self, page: u32) -> String {
        let asked = [
            ("from", &self.from),
            ("to", &self.to),
            ("reader", &self.reader),
            ("result", &self.result),
        ];
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(asked)
            .append_pair("page", &page.to_string())
            .finish();
        format!("{PATH}?{query}")
    }
}

/// The page.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Markup, Failed> {
    let asked = asked.map_or_else(|_| Asked::default(), |Query(asked)| asked);
    let l = visit.language;
    let readers = shared.store.readers_seen().await?;
    let (found, mistakes) = match asked.of(l) {
        Ok(of) => {
            let skipped = asked.page.saturating_mul(SHOWN);
            // One more says whether there is another page.
            let found = shared.store.history(&of, skipped, SHOWN + 1).await?;
            (Some(found), Vec::new())
        }
        Err(mistake) => (None, vec![mistake]),
    };
    let body = html! {
        (form::mistakes(l, &mistakes))
        (search(l, &asked, &readers, &mistakes))
        @if let Some(found) = &found {
            @let shown = &found[..found.len().min(SHOWN as usize)];
            @if shown.is_empty() {
                p role="status" { (l.say("該当する受付はありません。", "No check-in is like that.")) }
            } @else {
                (state::visits(l, shown))
            }
            (pages(l, &asked, found.len() > shown.len()))
        }
    };
    let title = l.say("資格確認履歴照会", "History of check-ins");
    Ok(frame(&visit, title, &body))
}

/// The ways to the pages before and after.
fn pages(l: Language, asked: &Asked, older: bool) -> Markup {
    html! {
        @if asked.page > 0 || older {
            nav.pages aria-label=(l.say("ページ", "Pages")) {
                @if asked.page > 0 {
                    a.button href=(asked.at(asked.page - 1)) { (l.say("新しい受付へ", "Newer")) }
                }
                @if older {
                    a.button href=(asked.at(asked.page.saturating_add(1))) { (l.say("古い受付へ", "Older")) }
                }
            }
        }
    }
}

fn search(l: Language, asked: &Asked, readers: &[String], mistakes: &[Mistake]) -> Markup {
    let any = l.say("すべて", "Any");
    html! {
        form.search method="get" action=(PATH) {
            (day_field("from", l.say("始めの日", "First day"), &asked.from, mistakes))
            (day_field("to", l.say("終わりの日", "Last day"), &asked.to, mistakes))
            div.field {
                label for="reader" { (l.say("カードリーダー", "Card reader")) }
                select #reader name="reader" {
                    option value="" { (any) }
                    @for reader in readers {
                        option value=(reader) selected[*reader == asked.reader] { (reader) }
                    }
                }
            }
            div.field {
                label for="result" { (l.say("資格確認の結果", "Result")) }
                select #result name="result" {
                    option value="" { (any) }
                    @for code in RESULTS {
                        option value=(code) selected[code == asked.result] { (state::result(l, code)) }
                    }
                }
            }
            button.main { (l.say("検索", "Search")) }
        }
    }
}

fn day_field(id: &'static str, label: &str, value: &str, mistakes: &[Mistake]) -> Markup {
    let wrong = mistakes.iter().find(|mistake| mistake.field == id);
    let told = format!("{id}-mistake");
    html! {
        div.field {
            label for=(id) { (label) }
            @if let Some(wrong) = wrong { div.down #(told) { (wrong.words) } }
            input #(id) type="date" name=(id) value=(value) max=(day::today())
                aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| &told)];
        }
    }
}
