// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bars, drawn on the server. The table beside them says the same in numbers.

use maud::{Markup, html};

use super::super::language::Language;
use super::{Row, percent};
use crate::Figures;

/// Units of the drawing.
const WIDTH: u64 = 640;
const LINE: u64 = 30;
const LABEL: u64 = 150;
const VALUE: u64 = 95;
/// Months are drawn of a year at most.
const MOST: usize = 13;

/// The share of checks by card, row by row.
pub(super) fn shares(l: Language, rows: &[Row], total: &Figures) -> Markup {
    let title = l.say("マイナ保険証の利用率", "Share of checks by card");
    let drawn = &rows[..rows.len().min(MOST)];
    let all = l.say("総計", "Total");
    let bars: Vec<(&str, &Figures)> = drawn
        .iter()
        .map(|row| (row.name.as_str(), &row.figures))
        .chain([(all, total)])
        .collect();
    let height = LINE * bars.len() as u64;
    let said: Vec<_> = bars
        .iter()
        .map(|(name, figures)| format!("{name} {}", percent(figures)))
        .collect();
    html! {
        figure {
            figcaption { (title) }
            svg.chart viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-labelledby="chart-title chart-text" {
                title #chart-title { (title) }
                desc #chart-text { (said.join(l.say("、", ", "))) }
                @for (at, (name, figures)) in bars.iter().enumerate() {
                    (bar(LINE * at as u64, name, figures))
                }
            }
        }
    }
}

fn bar(top: u64, name: &str, figures: &Figures) -> Markup {
    let room = WIDTH - LABEL - VALUE;
    let long = figures.share().unwrap_or(0) * room / 1000;
    let base = top + LINE * 2 / 3;
    html! {
        text x="0" y=(base) { (name) }
        rect.rail x=(LABEL) y=(top + 5) width=(room) height=(LINE - 10) {}
        rect.bar x=(LABEL) y=(top + 5) width=(long) height=(LINE - 10) {}
        text x=(LABEL + room + 8) y=(base) { (percent(figures)) }
    }
}
