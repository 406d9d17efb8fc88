// SPDX-License-Identifier: MIT OR Apache-2.0
//! 目視確認時利用項目: what staff fill in for the one patient they vouch for.

use maud::{Markup, html};
use serde::Deserialize;
use time::{Date, Month};
use uketsuke_link::{is_id, random_id};

use super::{clock, readers};
use crate::ReaderMode;

/// The form, as it is sent. Whatever is missing is empty, so that it can be said what is wrong.
#[derive(Deserialize)]
pub(super) struct Vouched {
    #[serde(default)]
    pub reader: String,
    /// Drawn with the form: sent twice, by a double click or a page loaded again, it ticks once.
    #[serde(default)]
    pub id: String,
    /// The check box.
    #[serde(default)]
    done: String,
    /// 資格確認日.
    #[serde(default)]
    pub checked: String,
}

impl Vouched {
    /// What is wrong with it, in words; the reader is not looked at.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        if self.done != "1" {
            return Some("「目視で本人確認完了」にチェックを入れてください。");
        }
        if !is_day(&self.checked) {
            return Some("資格確認日を、実在する日付で入力してください（例：2026-11-21）。");
        }
        if self.checked > today() {
            return Some("資格確認日に、明日以降の日付は入力できません。");
        }
        (!is_id(&self.id)).then_some("画面が古くなっています。もう一度入力してください。")
    }
}

/// The form for the `nth` reader on the page.
pub(super) fn form(nth: usize, of: &ReaderMode) -> Markup {
    let heading = format!("visual-{nth}");
    let date = format!("date-{nth}");
    html! {
        section aria-labelledby=(heading) {
            h2 #(heading) { "目視確認時利用項目（" (of.reader) "）" }
            // A box that a browser ticks again by itself vouches for nobody.
            form method="post" action=(readers::VOUCH) autocomplete="off" {
                input type="hidden" name="reader" value=(of.reader);
                input type="hidden" name="id" value=(random_id());
                dl {
                    dt { "本人確認" }
                    dd {
                        div { "マイナンバーカードの券面で目視確認" }
                        label.tick {
                            input type="checkbox" name="done" value="1" required;
                            "目視で本人確認完了"
                        }
                    }
                    dt { label for=(date) { "* 資格確認日" } }
                    dd {
                        input #(date) type="date" name="checked" required value=(today()) max=(today());
                        " * 必須項目"
                    }
                }
                button.main { "目視で本人確認完了を送信" }
            }
            p.note {
                "1人の患者のためのものです。終わると、カードリーダーは自動で"
                (readers::label(of.afterwards))
                "に戻ります（目視確認にしてから、最長15分）。"
            }
        }
    }
}

/// Today in Japan, `YYYY-MM-DD`.
fn today() -> String {
    clock(uketsuke_link::now())[..10].to_owned()
}

/// Whether there is such a day, `YYYY-MM-DD` as a browser sends it.
fn is_day(text: &str) -> bool {
    let shape = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    if text.len() != 10 || !text.bytes().enumerate().all(shape) {
        return false;
    }
    let month = text[5..7].parse::<u8>().map(Month::try_from);
    let (Ok(year), Ok(Ok(month)), Ok(day)) = (text[..4].parse(), month, text[8..].parse()) else {
        return false;
    };
    year > 0 && Date::from_calendar_date(year, month, day).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_the_calendar() {
        for day in [
            "2026-11-21",
            "2024-02-29",
            "2000-02-29",
            "2023-04-30",
            "2025-12-31",
        ] {
            assert!(is_day(day), "{day}");
        }
        for day in [
            "",
            "2026-11-2",
            "2026/11/21",
            "2026-13-01",
            "2026-00-01",
            "2026-11-00",
            "2026-04-31",
            "2025-02-29",
            "1900-02-29",
            "0000-01-01",
            "20261-1-21",
            "+026-11-21",
            "２0261121",
        ] {
            assert!(!is_day(day), "{day}");
        }
    }
}
