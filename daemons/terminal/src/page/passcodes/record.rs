// SPDX-License-Identifier: MIT OR Apache-2.0
//! 目視確認の記録: what happened to passcodes and modes at the readers.

use maud::{Markup, html};
use uketsuke_bus::staff::StaffEvent;

use super::super::language::Language;
use super::super::{clock, heads};
use crate::Happened;

/// Lines that are shown.
pub(super) const SHOWN: u32 = 50;
/// Refusals in a row, and in a day, from which staff are told to look (MODE-10).
const IN_A_ROW: usize = 5;
const A_DAY: usize = 10;
const DAY_S: u64 = 24 * 60 * 60;

/// Newest first.
pub(super) fn lines(l: Language, happenings: &[Happened]) -> Markup {
    let names = l.say(
        ["日時", "カードリーダー", "内容", "アカウント", "時間"],
        ["When", "Card reader", "What", "Account", "For"],
    );
    html! {
        @if let Some(many) = many_refusals(l, happenings, uketsuke_link::now()) {
            p.note role="status" {
                (l.say(
                    format!("パスコードの誤入力が続いています（{many}）。心当たりがない場合は、カードリーダーの周りを確認してください。"),
                    format!("Wrong passcodes were typed ({many}). If that was not staff, look around the card reader."),
                ))
            }
        }
        @if happenings.is_empty() {
            p { (l.say("まだ記録がありません。", "Nothing yet.")) }
        } @else {
            table {
                (heads(&names))
                tbody {
                    @for happened in happenings {
                        tr {
                            td { (clock(happened.at)) }
                            td { (happened.reader) }
                            td { (happened.event.map_or("—", |event| words(l, event))) }
                            td { @if happened.account.is_empty() { "—" } @else { (happened.account) } }
                            td {
                                @if happened.seconds > 0 {
                                    (happened.seconds) (l.say("秒", " s"))
                                } @else { "—" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// In words why staff should look, where they should. Newest first is what comes in.
fn many_refusals(l: Language, happenings: &[Happened], now: u64) -> Option<String> {
    let refused = |h: &&Happened| h.event == Some(StaffEvent::NotOpened);
    let row = happenings
        .iter()
        .filter(|h| matches!(h.event, Some(StaffEvent::NotOpened | StaffEvent::Opened)))
        .take_while(refused)
        .count();
    let day = happenings
        .iter()
        .filter(refused)
        .filter(|h| now.saturating_sub(h.at) < DAY_S)
        .count();
    if day >= A_DAY {
        Some(l.say(format!("24時間で{day}回"), format!("{day} in 24 hours")))
    } else if row >= IN_A_ROW {
        Some(l.say(format!("連続{row}回"), format!("{row} in a row")))
    } else {
        None
    }
}

pub(in crate::page) fn words(l: Language, event: StaffEvent) -> &'static str {
    match event {
        StaffEvent::Opened => l.say("開始", "begun"),
        StaffEvent::NotOpened => l.say("パスコード不可", "passcode refused"),
        StaffEvent::Served => l.say("終了（資格確認済み）", "ended: patient served"),
        StaffEvent::Stopped => l.say("終了（中止）", "ended: stopped"),
        StaffEvent::Elapsed => l.say("終了（時間切れ）", "ended: time over"),
        StaffEvent::CardLifted => l.say("終了（カードが離れた）", "ended: card lifted"),
        StaffEvent::CardFailed => l.say("終了（カードを読めない）", "ended: card not readable"),
        StaffEvent::PartGone => l.say(
            "終了（カードリーダー・画面の異常）",
            "ended: fault of reader or screen",
        ),
        StaffEvent::LinkDown => l.say("終了（回線停止）", "ended: line down"),
        StaffEvent::Withdrawn => l.say("終了（パスコード取消）", "ended: passcode withdrawn"),
        StaffEvent::HeldPinOnly => l.say(
            "暗証番号認証固定に設定（端末）",
            "set to PIN only (terminal)",
        ),
        StaffEvent::HeldVisual => l.say("目視確認に設定（端末）", "set to visual check (terminal)"),
        StaffEvent::Vouched => l.say(
            "目視で本人確認完了（端末）",
            "vouched for by eye (terminal)",
        ),
        StaffEvent::ProfileSet => {
            l.say("環境設定情報を更新（端末）", "settings changed (terminal)")
        }
        StaffEvent::ProfileWithdrawn => l.say(
            "環境設定情報を取消（端末）",
            "settings withdrawn (terminal)",
        ),
        StaffEvent::ProfileLost => l.say(
            "環境設定情報を読めず、カードリーダー自身の設定で開始",
            "settings not readable, begun with the reader's own",
        ),
        StaffEvent::Released => l.say("無人運転に設定（端末）", "set to unattended (terminal)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_in_a_row_and_in_a_day_are_told() {
        let at = |at: u64, event: StaffEvent| Happened {
            reader: "reader-1".into(),
            at,
            event: Some(event),
            account: String::new(),
            seconds: 0,
        };
        let l = Language::Japanese;
        let now = 10 * DAY_S;
        let mut newest_first: Vec<_> = (0..4).map(|_| at(now, StaffEvent::NotOpened)).collect();
        assert_eq!(many_refusals(l, &newest_first, now), None);
        newest_first.insert(1, at(now, StaffEvent::Served));
        newest_first.push(at(now, StaffEvent::NotOpened));
        assert_eq!(
            many_refusals(l, &newest_first, now).as_deref(),
            Some("連続5回")
        );
        newest_first.insert(3, at(now, StaffEvent::Opened));
        assert_eq!(many_refusals(l, &newest_first, now), None);
        newest_first.extend((0..5).map(|_| at(now, StaffEvent::NotOpened)));
        assert_eq!(
            many_refusals(l, &newest_first, now).as_deref(),
            Some("24時間で10回")
        );
        assert_eq!(many_refusals(l, &newest_first, now + DAY_S), None);
    }
}
