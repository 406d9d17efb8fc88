// SPDX-License-Identifier: MIT OR Apache-2.0
//! How things stand: hops, readers, the last check-ins.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use maud::{Markup, html};
use uketsuke_link::elements::{LIMIT, PRESCRIPTION};
use uketsuke_link::wire::HopUp;

use super::access::Visit;
use super::language::Language;
use super::{Failed, clock, frame, heads};
use crate::{Of, Seen, Shared, Trouble};

/// Where it is.
pub(super) const PATH: &str = "/state";
/// Check-ins shown.
const SHOWN: u32 = 50;

/// The page.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
) -> Result<Markup, Failed> {
    let l = visit.language;
    let history = shared.store.history(&Of::default(), 0, SHOWN).await?;
    let waiting = shared.store.waiting().await?;
    let computers = computers(l, &shared).await?;
    let hops = shared.centre.hops();
    let now = clock(uketsuke_link::now());
    let names = l.say(["区間", "状態", "いつから"], ["Stretch", "State", "Since"]);
    let body = html! {
        p {
            (l.say(format!("{now} 現在"), format!("As of {now}"))) " "
            a.button href=(PATH) { (l.say("再読み込み", "Reload")) }
        }
        h2 { (l.say("回線", "Line")) }
        table {
            (heads(&names))
            tbody {
                (hop(l, l.say("回線（端末からセンターまで）", "Line from the terminal to the centre"), hops.network))
                (hop(l, l.say("オンライン資格確認等システム", "The centre"), hops.centre))
            }
        }
        p { (l.say(format!("センターへの送信待ち：{waiting}件"), format!("Waiting to be sent to the centre: {waiting}"))) }
        h2 { (l.say("カードリーダー", "Card readers")) }
        (readers(l, &shared))
        (computers)
        h2 { (l.say("最近の受付", "Recent check-ins")) }
        (visits(l, &history))
    };
    let title = l.say("資格確認端末の状態", "State of the terminal");
    Ok(frame(&visit, title, &body))
}

fn hop(l: Language, name: &str, hop: HopUp) -> Markup {
    html! {
        tr {
            td { (name) }
            @if hop.up {
                td.up { (l.say("正常", "up")) }
            } @else {
                td.down { (l.say("停止", "down")) }
            }
            td { (clock(hop.since)) }
        }
    }
}

fn readers(l: Language, shared: &Shared) -> Markup {
    let readers = shared.readers();
    let names = l.say(
        ["名前", "状態", "最後の応答"],
        ["Name", "State", "Last heard"],
    );
    html! {
        @if readers.is_empty() {
            p { (l.say("まだ接続がありません。", "No card reader has come yet.")) }
        } @else {
            table {
                (heads(&names))
                tbody {
                    @for (name, heard) in readers {
                        tr {
                            td { (name) }
                            @if crate::there(heard) {
                                td.up { (l.say("接続中", "connected")) }
                            } @else {
                                td.down { (l.say("応答なし", "no answer")) }
                            }
                            td { (clock(heard)) }
                        }
                    }
                }
            }
        }
    }
}

/// The receipt computers, where there are any.
async fn computers(l: Language, shared: &Shared) -> Result<Markup, Failed> {
    let names = l.say(
        ["名前", "状態", "未作成のファイル"],
        ["Name", "State", "Files that wait"],
    );
    let mut rows = Vec::new();
    for computer in shared.face_files.computers() {
        let due = shared.store.face_files_due(&computer.name).await?;
        let trouble = computer.trouble();
        rows.push(html! {
            tr {
                td { (computer.name) }
                @match &trouble {
                    None => td.up { (l.say("正常", "in order")) },
                    Some(Trouble::Folder(why)) => td.down {
                        (l.say("フォルダに書き込めません", "the folder cannot be written to")) " (" span lang="en" { (why) } ")"
                    },
                    Some(Trouble::Line) => td.down { (l.say("回線の復旧を待っています", "waits for the line")) },
                    Some(Trouble::Storage) => td.down { (l.say("端末の記録に失敗しました", "the terminal's storage fails")) },
                }
                td { (due) }
            }
        });
    }
    Ok(html! {
        @if !rows.is_empty() {
            h2 { (l.say("レセプトコンピューター", "Receipt computers")) }
            table {
                (heads(&names))
                tbody { @for row in rows { (row) } }
            }
        }
    })
}

pub(super) fn visits(l: Language, history: &[Seen]) -> Markup {
    let names = l.say(
        ["時刻", "カードリーダー", "資格確認の結果", "経過", "同意"],
        ["When", "Card reader", "Result", "Progress", "Consents"],
    );
    html! {
        @if history.is_empty() {
            p { (l.say("まだ受付がありません。", "No check-in yet.")) }
        } @else {
            table {
                (heads(&names))
                tbody {
                    @for seen in history {
                        tr {
                            td { (clock(seen.opened)) }
                            td { (seen.reader) }
                            td { (seen.result.as_deref().map_or("—", |code| result(l, code))) }
                            td { (outcome(l, seen.outcome.as_deref())) }
                            td { (consents(l, &seen.elements)) }
                        }
                    }
                }
            }
        }
    }
}

/// The centre's answer in the words of the public code table (OQSCD006), or why there was none.
pub(super) fn result(l: Language, code: &str) -> &str {
    match code {
        "valid" => l.say("有効", "valid"),
        "invalid" => l.say("無効", "not valid"),
        "newer" => l.say("無効（新しい資格あり）", "not valid, there is a newer one"),
        "not-found" => l.say("該当資格なし", "none found"),
        "several" => l.say("複数該当", "several"),
        "valid-unregistered" => l.say("有効（未登録）", "valid, not registered"),
        "network-down" => l.say("回線停止", "line down"),
        "centre-down" => l.say("センター停止", "centre down"),
        "untrusted-certificate" => l.say("証明書を確認できません", "certificate not trusted"),
        "certificate-expired" => l.say("証明書の期限切れ", "certificate expired"),
        "bad-signature" => l.say("署名が正しくありません", "wrong signature"),
        "session-over" | "unknown-session" => l.say("受付番号が無効", "session not valid"),
        other => other,
    }
}

fn outcome(l: Language, outcome: Option<&str>) -> &'static str {
    match outcome {
        Some("consents") => l.say("完了", "done"),
        Some(_) => l.say("中止", "given up"),
        None => l.say("受付中", "under way"),
    }
}

/// One word per consent screen, for which its first element stands, the limit of what is paid, and
/// the form of prescription.
fn consents(l: Language, elements: &BTreeMap<String, String>) -> Markup {
    let said = |name: &str| elements.get(&format!("{name}ConsFlg")).map(String::as_str);
    let care = said("DiagnosisInfo");
    let medicine = if care.is_none() {
        said("PharmacistsInfo")
    } else {
        None
    };
    let groups = [
        (l.say("手術", "surgery"), said("OperationInfo")),
        (l.say("診療・お薬", "care and medicine"), care),
        (l.say("お薬", "medicine"), medicine),
        (
            l.say("健診", "health checks"),
            said("SpecificHealthCheckupsInfo"),
        ),
        (l.say("限度額", "limit"), said(LIMIT)),
    ];
    html! {
        @for (name, flag) in groups {
            @if let Some(flag) = flag {
                (name) (if flag == "1" { "〇" } else { "×" }) " "
            }
        }
        @match elements.get(PRESCRIPTION).map(String::as_str) {
            Some("1") => (l.say("電子処方箋", "electronic prescription")),
            Some(_) => (l.say("紙の処方箋", "paper prescription")),
            None => "",
        }
    }
}
