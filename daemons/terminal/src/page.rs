// SPDX-License-Identifier: MIT OR Apache-2.0
//! The read-only page on loopback: readers, hops, the last check-ins. No name is on it, because no
//! name is stored.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use uketsuke_link::elements;
use uketsuke_link::wire::HopUp;

use crate::{Seen, Shared, StoreError};

/// Check-ins shown.
const SHOWN: u32 = 50;
/// A reader not heard for this long (three heart-beats and a bit) is shown as away.
const AWAY_S: u64 = 10;

const STYLE: &str = "
body{font-family:'BIZ UDPGothic','Noto Sans JP',sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#1a1a1a;background:#fff;line-height:1.6}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #ccc;vertical-align:top}
th{font-weight:600}.up{color:#00602b}.down{color:#a40000;font-weight:700}";

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(index))
        .layer(middleware::from_fn(guard))
        .with_state(shared)
}

/// Answers only under a loopback name, so that no web site can read the page through a name of its
/// own that points here; and lets nothing be kept or framed.
async fn guard(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    if !host.is_some_and(is_loopback) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let mut response = next.run(request).await;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

async fn index(State(shared): State<Arc<Shared>>) -> Result<Markup, StatusCode> {
    let failed = |error: StoreError| {
        tracing::error!(%error, "the page cannot be shown");
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let history = shared.store.history(SHOWN).await.map_err(failed)?;
    let waiting = shared.store.waiting().await.map_err(failed)?;
    let hops = shared.centre.hops();
    let now = uketsuke_link::now();
    Ok(html! {
        (DOCTYPE)
        html lang="ja" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="refresh" content="10";
                title { "資格確認端末の状態" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "資格確認端末の状態" }
                p { (clock(now)) " 現在" }
                h2 { "回線" }
                table {
                    thead { tr { th { "区間" } th { "状態" } th { "いつから" } } }
                    tbody {
                        (hop("回線（端末からセンターまで）", hops.network))
                        (hop("オンライン資格確認等システム", hops.centre))
                    }
                }
                p { "センターへの送信待ち：" (waiting) "件" }
                h2 { "カードリーダー" }
                (readers(&shared, now))
                h2 { "最近の受付" }
                (visits(&history))
            }
        }
    })
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

fn readers(shared: &Shared, now: u64) -> Markup {
    let readers = shared.readers();
    html! {
        @if readers.is_empty() {
            p { "まだ接続がありません。" }
        } @else {
            table {
                thead { tr { th { "名前" } th { "状態" } th { "最後の応答" } } }
                tbody {
                    @for (name, heard) in readers {
                        tr {
                            td { (name) }
                            @if now.saturating_sub(heard) <= AWAY_S {
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
                thead {
                    tr { th { "時刻" } th { "カードリーダー" } th { "資格確認の結果" } th { "経過" } th { "同意" } }
                }
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

/// One word per consent screen; the first element of each stands for it.
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
    ];
    html! {
        @for (name, flag) in groups {
            @if let Some(flag) = flag {
                (name) (if flag == "1" { "〇" } else { "×" }) " "
            }
        }
    }
}

/// `2026-11-21 09:30:05` in Japan time.
fn clock(at: u64) -> String {
    let t = elements::jst(at);
    format!(
        "{}-{}-{} {}:{}:{}",
        &t[0..4],
        &t[4..6],
        &t[6..8],
        &t[8..10],
        &t[10..12],
        &t[12..14]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_answered() {
        for host in [
            "localhost",
            "localhost:8480",
            "127.0.0.1:8480",
            "[::1]:8480",
            "127.0.0.1",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.com:8480",
            "localhost.example.com",
            "192.0.2.1:8480",
            "[2001:db8::1]:1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn times_are_written_for_people() {
        assert_eq!(clock(0), "1970-01-01 09:00:00");
    }
}
