// SPDX-License-Identifier: MIT OR Apache-2.0
//! How check-ins go here: the time of each step, what ended some of them, and 目視確認.

use maud::{Markup, html};
use uketsuke_bus::staff::StaffEvent;

use super::super::language::Language;
use super::super::state::result;
use super::super::{heads, passcodes};
use super::{DAYS, grouped};
use crate::{Counts, Course};

pub(super) fn show(l: Language, course: &Course) -> Markup {
    let days = l.say(
        format!("受付の状況（最近{DAYS}日）"),
        format!("How check-ins go (last {DAYS} days)"),
    );
    let steps = [
        (
            l.say(
                "受付の開始からセンターの回答まで",
                "From the start to the centre's answer",
            ),
            &course.asked,
        ),
        (
            l.say(
                "センターの回答から同意の登録まで",
                "From there to the consents",
            ),
            &course.consented,
        ),
    ];
    let ended: u64 = course
        .results
        .iter()
        .filter(|(code, _)| *code != "valid")
        .map(|(_, n)| n)
        .sum();
    html! {
        h2 { (days) }
        h3 { (l.say("かかった時間", "Time taken")) }
        table.numbers {
            (heads(&l.say(["段階", "件数", "中央値", "9割がこの時間まで"], ["Step", "Number", "Median", "Nine in ten within"])))
            tbody {
                @for (name, seconds) in steps {
                    tr {
                        th scope="row" { (name) }
                        td { (grouped(seconds.len() as u64)) }
                        td { (quantile(l, seconds, 50)) }
                        td { (quantile(l, seconds, 90)) }
                    }
                }
            }
        }
        h3 { (l.say("完了しなかった理由", "What kept some from it")) }
        @if ended + course.given_up == 0 {
            p { (l.say("ありません。", "Nothing.")) }
        } @else {
            table.numbers {
                (heads(&l.say(["理由", "件数"], ["Reason", "Number"])))
                tbody {
                    @for (code, count) in course.results.iter().filter(|(code, _)| *code != "valid") {
                        tr { th scope="row" { (result(l, code)) } td { (grouped(*count)) } }
                    }
                    tr { th scope="row" { (l.say("中止", "given up")) } td { (grouped(course.given_up)) } }
                }
            }
        }
        h3 { (l.say("目視確認", "Checks by eye")) }
        (staff(l, &course.staff))
    }
}

fn staff(l: Language, counts: &Counts) -> Markup {
    let known = StaffEvent::ALL.into_iter().filter_map(|event| {
        let count = counts.get(event.name())?;
        Some((event, *count))
    });
    let known: Vec<_> = known.collect();
    html! {
        @if known.is_empty() {
            p { (l.say("使われていません。", "None.")) }
        } @else {
            table.numbers {
                (heads(&l.say(["できごと", "件数"], ["What happened", "Number"])))
                tbody {
                    @for (event, count) in known {
                        tr { th scope="row" { (passcodes::record::words(l, event)) } td { (grouped(count)) } }
                    }
                }
            }
        }
    }
}

/// The seconds within which so many of a hundred were done.
fn quantile(l: Language, seconds: &[u64], percent: usize) -> String {
    let mut sorted = seconds.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted
        .get(at)
        .map_or_else(|| "—".into(), |s| l.say(format!("{s}秒"), format!("{s} s")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_and_the_ninth_of_ten() {
        let l = Language::English;
        assert_eq!(quantile(l, &[], 50), "—");
        assert_eq!(quantile(l, &[7], 90), "7 s");
        assert_eq!(quantile(l, &[9, 1, 5], 50), "5 s");
        let ten: Vec<u64> = (1..=10).rev().collect();
        assert_eq!(
            (quantile(l, &ten, 50), quantile(l, &ten, 90)),
            ("5 s".into(), "9 s".into())
        );
    }
}
