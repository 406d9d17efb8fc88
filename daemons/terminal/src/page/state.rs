// SPDX-License-Identifier: MIT OR Apache-2.0
//! How things stand: hops, readers, the last check-ins.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use uketsuke_link::elements::{LIMIT, PRESCRIPTION};
use uketsuke_link::wire::HopUp;

use super::{Failed, clock, frame, heads};
use crate::{Seen, Shared};

/// Check-ins shown.
const SHOWN: u32 = 50;

/// The page.
pub(super) async fn show(State(shared): State<Arc<Shared>>) -> Result<Markup, Failed> {
    let history = shared.store.history(SHOWN).await?;
    let waiting = shared.store.waiting().await?;
    let hops = shared.centre.hops();
    let now = uketsuke_link::now();
    let body = html! {
        p { (clock(now)) " 現在" }
        h2 { "回線" }
        table {
            (heads(&["区間", "状態", "いつから"]))
            tbody {
                (hop("回線（端末からセンターまで）", hops.network))
                (hop("オンライン資格確認等システム", hops.centre))
            }
        }
        p { "センターへの送信待ち：" (waiting) "件" }
        h2 { "カードリーダー" }
        (readers(&shared))
        h2 { "最近の受付" }
        (visits(&history))
    };
    Ok(frame("資格確認端末の状態", true, &body))
}

fn hop(name: &str, hop: HopUp) -> Markup {
    html! {
        tr {
            td { (name) }
            @if hop.up { td.up { "正常" } } @else { td.down { "停止" } }
            td { (clock(hop.since)) }
        }
    }
}

fn readers(shared: &Shared) -> Markup {
    let readers = shared.readers();
    html! {
        @if readers.is_empty() {
            p { "まだ接続がありません。" }
        } @else {
            table {
                (heads(&["名前", "状態", "最後の応答"]))
                tbody {
                    @for (name, heard) in readers {
                        tr {
                            td { (name) }
                            @if crate::there(heard) {
                                td.up { "接続中" }
                            } @else {
                                td.down { "応答なし" }
                            }
                            td { (clock(heard)) }
                        }
                    }
                }
            }
        }
    }
}

fn visits(history: &[Seen]) -> Markup {
    html! {
        @if history.is_empty() {
            p { "まだ受付がありません。" }
        } @else {
            table {
                (heads(&["時刻", "カードリーダー", "資格確認の結果", "経過", "同意"]))
                tbody {
                    @for seen in history {
                        tr {
                            td { (clock(seen.opened)) }
                            td { (seen.reader) }
                            td { (seen.result.as_deref().map_or("—", result)) }
                            td { (outcome(seen.outcome.as_deref())) }
                            td { (consents(&seen.elements)) }
                        }
                    }
                }
            }
        }
    }
}

/// The centre's answer in the words of the public code table (OQSCD006), or why there was none.
fn result(code: &str) -> &str {
    match code {
        "valid" => "有効",
        "invalid" => "無効",
        "newer" => "無効（新しい資格あり）",
        "not-found" => "該当資格なし",
        "several" => "複数該当",
        "valid-unregistered" => "有効（未登録）",
        "network-down" => "回線停止",
        "centre-down" => "センター停止",
        "untrusted-certificate" => "証明書を確認できません",
        "certificate-expired" => "証明書の期限切れ",
        "bad-signature" => "署名が正しくありません",
        "session-over" | "unknown-session" => "受付番号が無効",
        other => other,
    }
}

fn outcome(outcome: Option<&str>) -> &'static str {
    match outcome {
        Some("consents") => "完了",
        Some(_) => "中止",
        None => "受付中",
    }
}

/// One word per consent screen, for which its first element stands, the limit of what is paid, and
/// the form of prescription.
fn consents(elements: &BTreeMap<String, String>) -> Markup {
    let said = |name: &str| elements.get(&format!("{name}ConsFlg")).map(String::as_str);
    let care = said("DiagnosisInfo");
    let medicine = if care.is_none() {
        said("PharmacistsInfo")
    } else {
        None
    };
    let groups = [
        ("手術", said("OperationInfo")),
        ("診療・お薬", care),
        ("お薬", medicine),
        ("健診", said("SpecificHealthCheckupsInfo")),
        ("限度額", said(LIMIT)),
    ];
    html! {
        @for (name, flag) in groups {
            @if let Some(flag) = flag {
                (name) (if flag == "1" { "〇" } else { "×" }) " "
            }
        }
        @match elements.get(PRESCRIPTION).map(String::as_str) {
            Some("1") => "電子処方箋",
            Some(_) => "紙の処方箋",
            None => "",
        }
    }
}
