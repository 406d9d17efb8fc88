// SPDX-License-Identifier: MIT OR Apache-2.0
//! 目視確認時利用項目: what staff fill in for the one patient they vouch for.

use maud::{Markup, html};
use serde::Deserialize;
use uketsuke_link::{is_id, random_id};

use super::access::Visit;
use super::day::{self, today};
use super::language::Language;
use super::{form as fields, readers};
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
    pub(super) fn wrong(&self, l: Language) -> Option<&'static str> {
        if self.done != "1" {
            return Some(l.say(
                "「目視で本人確認完了」にチェックを入れてください。",
                "Tick the box that says that the patient was compared.",
            ));
        }
        if day::of(&self.checked).is_none() {
            return Some(l.say(
                "資格確認日を、実在する日付で入力してください（例：2026-11-21）。",
                "Fill in the date of the check, as 2026-11-21.",
            ));
        }
        if self.checked > today() {
            return Some(l.say(
                "資格確認日に、明日以降の日付は入力できません。",
                "The date of the check cannot be a day to come.",
            ));
        }
        (!is_id(&self.id)).then_some(l.say(
            "画面が古くなっています。もう一度入力してください。",
            "This page is out of date. Please fill it in again.",
        ))
    }
}

/// The form for the `nth` reader on the page.
pub(super) fn form(visit: &Visit, nth: usize, of: &ReaderMode) -> Markup {
    let l = visit.language;
    let heading = format!("visual-{nth}");
    let date = format!("date-{nth}");
    let back = readers::label(l, of.afterwards);
    html! {
        section aria-labelledby=(heading) {
            h2 #(heading) {
                (l.say("目視確認時利用項目（", "Items for a visual check (")) (of.reader) (l.say("）", ")"))
            }
            // A box that a browser ticks again by itself vouches for nobody.
            form method="post" action=(readers::VOUCH) autocomplete="off" {
                (fields::seal(visit))
                input type="hidden" name="reader" value=(of.reader);
                input type="hidden" name="id" value=(random_id());
                dl {
                    dt { (l.say("本人確認", "Identity")) }
                    dd {
                        div {
                            (l.say(
                                "マイナンバーカードの券面で目視確認",
                                "Compared by eye with the face on the My Number card",
                            ))
                        }
                        label.tick {
                            input type="checkbox" name="done" value="1" required;
                            (l.say("目視で本人確認完了", "It is this person"))
                        }
                    }
                    dt { label for=(date) { (l.say("* 資格確認日", "* Date of the check")) } }
                    dd {
                        input #(date) type="date" name="checked" required value=(today()) max=(today());
                        (l.say(" * 必須項目", " * required"))
                    }
                }
                button.main { (l.say("目視で本人確認完了を送信", "Send")) }
            }
            p.note {
                (l.say(
                    format!("1人の患者のためのものです。終わると、カードリーダーは自動で{back}に戻ります（目視確認にしてから、最長15分）。"),
                    format!("For one patient. The card reader then goes back to {back} by itself, after 15 minutes at most."),
                ))
            }
        }
    }
}
