// SPDX-License-Identifier: MIT OR Apache-2.0
//! 利用状況: counts month by month, beside the country's of a month, and how check-ins go here. No name is
//! on it and none can be: nothing but counts and seconds is asked of the history.

mod chart;
mod course;

use std::fmt::Write;
use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use maud::{Markup, html};
use serde::Deserialize;

use super::access::Visit;
use super::language::Language;
use super::{Failed, frame, heads};
use crate::figures::AUGUST_2024;
use crate::{Figures, Shared};

/// Where it is.
pub(super) const PATH: &str = "/statistics";
/// The same as a table for other programs.
pub(super) const CSV: &str = "/statistics.csv";
/// Days that [`course`] looks back.
const DAYS: u64 = 30;

/// Whose counts.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Of {
    /// This terminal's.
    #[default]
    Here,
    /// The sample: the country's in August 2024.
    August2024,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    of: Of,
}

/// Whose; this terminal's where the address says anything else.
fn asked_of(asked: Result<Query<Asked>, QueryRejection>) -> Of {
    asked.map_or_else(|_| Of::default(), |Query(asked)| asked.of)
}

/// Counts and whose they are, or when.
struct Row {
    name: String,
    figures: Figures,
}

/// The rows and their sum.
async fn rows(shared: &Shared, l: Language, of: Of) -> Result<(Vec<Row>, Figures), Failed> {
    let rows: Vec<_> = match of {
        Of::Here => {
            let months = shared.store.months().await?.into_iter();
            months
                .map(|(name, figures)| Row { name, figures })
                .collect()
        }
        Of::August2024 => AUGUST_2024
            .iter()
            .map(|((japanese, english), figures)| Row {
                name: l.say(*japanese, *english).to_owned(),
                figures: *figures,
            })
            .collect(),
    };
    let total = Figures::total(rows.iter().map(|row| &row.figures));
    Ok((rows, total))
}

/// The page.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Markup, Failed> {
    let of = asked_of(asked);
    let l = visit.language;
    let (rows, total) = rows(&shared, l, of).await?;
    let since = uketsuke_link::now().saturating_sub(DAYS * 24 * 60 * 60);
    let course = match of {
        Of::Here => Some(shared.store.course(since).await?),
        Of::August2024 => None,
    };
    let body = html! {
        (which(l, of))
        @if rows.is_empty() {
            p { (l.say("まだ資格確認がありません。", "Nobody's eligibility has been asked yet.")) }
        } @else {
            (table(l, of, &rows, &total))
            (chart::shares(l, &rows, &total))
            p { a.button href=(csv(of)) { (l.say("CSVで保存", "Save as CSV")) } }
        }
        @if let Some(course) = &course { (course::show(l, course)) }
    };
    Ok(frame(&visit, l.say("利用状況", "Statistics"), &body))
}

/// The choice of whose counts, and what they are.
fn which(l: Language, of: Of) -> Markup {
    let choices = [
        (Of::Here, PATH, l.say("この端末", "This terminal")),
        (
            Of::August2024,
            "/statistics?of=august2024",
            l.say("見本：全国、2024年8月", "Sample: Japan, August 2024"),
        ),
    ];
    html! {
        ul.tabs {
            @for (one, path, name) in choices {
                li { a href=(path) aria-current=[(one == of).then_some("true")] { (name) } }
            }
        }
        @match of {
            Of::Here => p.hint {
                (l.say(
                    "カードリーダーで受け付けた資格確認の件数です。健診・薬剤・診療は、閲覧に同意した件数です。履歴の保存期間より前の件数は含まれません。",
                    "Checks that began at a card reader; under check-ups, medicine and care, how often the patient agreed. What is older than the history is kept is not counted.",
                ))
            },
            Of::August2024 => p.note {
                (l.say(
                    "見本です。この端末の件数ではありません。出典：厚生労働省「オンライン資格確認の利用状況」（令和6年8月分）",
                    "A sample, not this terminal's own counts. Source: Ministry of Health, Labour and Welfare, use of online eligibility checks, August 2024.",
                ))
            },
        }
    }
}

fn csv(of: Of) -> &'static str {
    match of {
        Of::Here => CSV,
        Of::August2024 => "/statistics.csv?of=august2024",
    }
}

fn names(l: Language, of: Of) -> [&'static str; 8] {
    let first = match of {
        Of::Here => l.say("月", "Month"),
        Of::August2024 => l.say("施設", "Facilities"),
    };
    let rest = l.say(
        [
            "資格確認",
            "マイナ保険証",
            "保険証",
            "利用率",
            "特定健診等",
            "薬剤",
            "診療",
        ],
        [
            "Checks",
            "By card",
            "Without card",
            "Share",
            "Check-ups",
            "Medicine",
            "Care",
        ],
    );
    let [checks, by_card, without, share, check_ups, medicine, care] = rest;
    [
        first, checks, by_card, without, share, check_ups, medicine, care,
    ]
}

fn table(l: Language, of: Of, rows: &[Row], total: &Figures) -> Markup {
    html! {
        table.numbers {
            (heads(&names(l, of)))
            tbody {
                @for row in rows { tr { th scope="row" { (row.name) } (cells(&row.figures)) } }
            }
            tfoot { tr { th scope="row" { (l.say("総計", "Total")) } (cells(total)) } }
        }
    }
}

fn cells(figures: &Figures) -> Markup {
    html! {
        @for count in [figures.checks, figures.by_card, figures.without_card()] { td { (grouped(count)) } }
        td { (percent(figures)) }
        @for count in [figures.check_ups, figures.medicine, figures.care] { td { (grouped(count)) } }
    }
}

/// `12.4 %`.
fn percent(figures: &Figures) -> String {
    figures.share().map_or_else(
        || "—".into(),
        |tenths| format!("{}.{} %", tenths / 10, tenths % 10),
    )
}

/// `1,234,567`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The table as CSV (RFC 4180), UTF-8 with the mark by which spreadsheets know it.
pub(super) async fn save(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<impl IntoResponse, Failed> {
    let of = asked_of(asked);
    let l = visit.language;
    let (rows, total) = rows(&shared, l, of).await?;
    let mut text = format!("\u{feff}{}\r\n", names(l, of).join(","));
    let sum = Row {
        name: l.say("総計", "Total").to_owned(),
        figures: total,
    };
    for Row { name, figures } in rows.iter().chain([&sum]) {
        let share = figures.share();
        let share = share.map_or_else(String::new, |t| format!("{}.{}", t / 10, t % 10));
        write!(
            text,
            "{name},{},{},{},{share},{},{},{}\r\n",
            figures.checks,
            figures.by_card,
            figures.without_card(),
            figures.check_ups,
            figures.medicine,
            figures.care,
        )?;
    }
    let kind = (header::CONTENT_TYPE, "text/csv; charset=utf-8");
    let file = (
        header::CONTENT_DISPOSITION,
        "attachment; filename=\"statistics.csv\"",
    );
    Ok(([kind, file], text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (195_956_957, "195,956,957"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(grouped(count), text);
        }
    }
}
