// SPDX-License-Identifier: MIT OR Apache-2.0
//! 目視確認用パスコード発行, in the steps of the ministry's notice: 発行, confirm, four digits shown once, OK.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use maud::{Markup, html};
use serde::Deserialize;
use uketsuke_bus::staff::{StaffEvent, is_account};
use uketsuke_link::orders::Became;
use uketsuke_link::random_id;

use super::{Failed, clock, frame, heads};
use crate::{Happened, Holder, IssueError, Issued, OnReader, Shared};

/// Where they are.
pub(super) const PATH: &str = "/passcodes";

/// Lines of the record that are shown.
const SHOWN: u32 = 50;
/// Refusals in a row, and in a day, from which staff are told to look (MODE-10).
const IN_A_ROW: usize = 5;
const A_DAY: usize = 10;
const DAY_S: u64 = 24 * 60 * 60;

/// Confirmations that may be open at a time; an older one is asked for again.
const OPEN: usize = 64;

/// What is asked for before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Issue,
    Withdraw,
}

#[derive(Deserialize)]
struct Asked {
    account: String,
    what: What,
}

#[derive(Deserialize)]
struct Confirmed {
    token: String,
}

/// Confirmations shown and not answered. What is done is what stood on the page, once: neither another
/// site nor a page loaded again can do it.
#[derive(Clone, Default)]
struct Confirmations(Arc<Mutex<VecDeque<(String, Asked)>>>);

impl Confirmations {
    fn ask(&self, asked: Asked) -> String {
        let token = random_id();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() == OPEN {
            open.pop_front();
        }
        open.push_back((token.clone(), asked));
        token
    }

    fn take(&self, token: &str) -> Option<Asked> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = open.iter().position(|(t, _)| t == token)?;
        open.remove(at).map(|(_, asked)| asked)
    }
}

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route(PATH, get(show))
        .route("/passcodes/confirm", post(confirm))
        .route("/passcodes/done", post(done))
        .layer(Extension(Confirmations::default()))
}

/// Who has one, and the form.
async fn show(State(shared): State<Arc<Shared>>) -> Result<Markup, Failed> {
    let holders = shared.store.holders().await?;
    let happenings = shared.store.happenings(SHOWN).await?;
    Ok(frame(
        "目視確認用パスコード発行",
        false,
        &html! {
            (form(None))
            h2 { "発行済みのアカウント" }
            (table(&holders))
            h2 { "目視確認の記録" }
            (record(&happenings))
        },
    ))
}

fn form(wrong: Option<&str>) -> Markup {
    html! {
        p { "顔認証付きカードリーダーで職員が目視確認を行うための、4桁の数字です。アカウント毎に発行します。" }
        @if let Some(wrong) = wrong { p.down role="alert" { (wrong) } }
        form method="post" action="/passcodes/confirm" {
            label for="account" { "アカウント" }
            input id="account" name="account" required maxlength="64" pattern="[A-Za-z0-9._\\-]+"
                autocomplete="off" spellcheck="false" aria-describedby="account-form";
            " "
            button.main name="what" value="issue" { "発行" }
            p #account-form { "半角の英数字と . _ - 、64文字まで" }
        }
    }
}

fn table(holders: &[Holder]) -> Markup {
    html! {
        @if holders.is_empty() {
            p { "まだ発行されていません。カードリーダーの「職員用」ボタンは表示されません。" }
        } @else {
            table {
                (heads(&["アカウント", "発行日時", "カードリーダーへの反映", "操作"]))
                tbody {
                    @for holder in holders {
                        tr {
                            td { (holder.account) }
                            td { (clock(holder.at)) }
                            td { (readers(&holder.readers)) }
                            td {
                                (again(&holder.account, "issue", "再発行"))
                                (again(&holder.account, "withdraw", "取消"))
                            }
                        }
                    }
                }
            }
            @if holders.len() > 4 {
                p.note { "使わないパスコードは取り消してください。多いほど、偶然に当たりやすくなります。" }
            }
        }
    }
}

fn again(account: &str, what: &str, label: &str) -> Markup {
    html! {
        form method="post" action="/passcodes/confirm" {
            input type="hidden" name="account" value=(account);
            button name="what" value=(what) aria-label={ (account) " の" (label) } { (label) }
        }
    }
}

fn readers(readers: &[OnReader]) -> Markup {
    html! {
        @if readers.is_empty() { "カードリーダーがまだ接続されていません" }
        @for on in readers {
            div {
                (on.reader) "："
                @match on.became {
                    Some(Became::Issued) => span.up { "反映済み" },
                    None => span { "接続を待っています" },
                    Some(Became::NoPasscodes) => span.down { "このカードリーダーでは使えません（初期設定が必要）" },
                    Some(
                        Became::Withdrawn
                        | Became::Taken
                        | Became::Refused
                        | Became::Held
                        | Became::Vouched
                        | Became::NotNow
                        | Became::Kept
                    ) =>
                        span.down { "使えません。再発行してください" },
                }
            }
        }
    }
}

fn record(happenings: &[Happened]) -> Markup {
    html! {
        @if let Some(many) = many_refusals(happenings, uketsuke_link::now()) {
            p.note role="status" { "パスコードの誤入力が続いています（" (many) "）。心当たりがない場合は、カードリーダーの周りを確認してください。" }
        }
        @if happenings.is_empty() {
            p { "まだ記録がありません。" }
        } @else {
            table {
                (heads(&["日時", "カードリーダー", "内容", "アカウント", "時間"]))
                tbody {
                    @for happened in happenings {
                        tr {
                            td { (clock(happened.at)) }
                            td { (happened.reader) }
                            td { (happened.event.map_or("—", words)) }
                            td { @if happened.account.is_empty() { "—" } @else { (happened.account) } }
                            td { @if happened.seconds > 0 { (happened.seconds) "秒" } @else { "—" } }
                        }
                    }
                }
            }
        }
    }
}

/// In words why staff should look, where they should. Newest first is what comes in.
fn many_refusals(happenings: &[Happened], now: u64) -> Option<String> {
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
        Some(format!("24時間で{day}回"))
    } else if row >= IN_A_ROW {
        Some(format!("連続{row}回"))
    } else {
        None
    }
}

fn words(event: StaffEvent) -> &'static str {
    match event {
        StaffEvent::Opened => "開始",
        StaffEvent::NotOpened => "パスコード不可",
        StaffEvent::Served => "終了（資格確認済み）",
        StaffEvent::Stopped => "終了（中止）",
        StaffEvent::Elapsed => "終了（時間切れ）",
        StaffEvent::CardLifted => "終了（カードが離れた）",
        StaffEvent::CardFailed => "終了（カードを読めない）",
        StaffEvent::PartGone => "終了（カードリーダー・画面の異常）",
        StaffEvent::LinkDown => "終了（回線停止）",
        StaffEvent::Withdrawn => "終了（パスコード取消）",
        StaffEvent::HeldPinOnly => "暗証番号認証固定に設定（端末）",
        StaffEvent::HeldVisual => "目視確認に設定（端末）",
        StaffEvent::Vouched => "目視で本人確認完了（端末）",
        StaffEvent::Released => "無人運転に設定（端末）",
        StaffEvent::ProfileSet => "環境設定情報を更新（端末）",
        StaffEvent::ProfileWithdrawn => "環境設定情報を取消（端末）",
        StaffEvent::ProfileLost => "環境設定情報を読めず、カードリーダー自身の設定で開始",
    }
}

/// Asks back.
async fn confirm(
    State(shared): State<Arc<Shared>>,
    Extension(confirmations): Extension<Confirmations>,
    asked: Result<Form<Asked>, FormRejection>,
) -> Result<Response, Failed> {
    let asked = asked.ok().map(|Form(asked)| asked);
    let Some(asked) = asked.filter(|asked| is_account(&asked.account)) else {
        let holders = shared.store.holders().await?;
        let wrong = "アカウントは、半角の英数字と . _ - で、64文字までで入力してください。";
        let body = html! { (form(Some(wrong))) h2 { "発行済みのアカウント" } (table(&holders)) };
        let page = frame("目視確認用パスコード発行", false, &body);
        return Ok((StatusCode::BAD_REQUEST, page).into_response());
    };
    let (question, effect) = match asked.what {
        What::Issue => (
            "目視確認用パスコードを発行しますか。",
            "発行済みのパスコードがある場合は、使えなくなります。",
        ),
        What::Withdraw => (
            "目視確認用パスコードを取り消しますか。",
            "発行済みのパスコードは使えなくなります。",
        ),
    };
    let account = asked.account.clone();
    let token = confirmations.ask(asked);
    let body = html! {
        p { "アカウント：" strong { (account) } }
        p { (question) br; (effect) }
        form method="post" action="/passcodes/done" {
            input type="hidden" name="token" value=(token);
            button.main autofocus { "OK" }
        }
        a.button href=(PATH) { "キャンセル" }
    };
    Ok(frame("確認", false, &body).into_response())
}

/// Does what was confirmed.
async fn done(
    State(shared): State<Arc<Shared>>,
    Extension(confirmations): Extension<Confirmations>,
    confirmed: Result<Form<Confirmed>, FormRejection>,
) -> Result<Response, Failed> {
    let asked = confirmed
        .ok()
        .and_then(|Form(c)| confirmations.take(&c.token));
    let Some(asked) = asked else {
        let body = html! {
            p { "この確認画面は終了しました。表示したパスコードは、もう一度表示できません。" }
            a.button href=(PATH) { "目視確認用パスコード発行へ" }
        };
        return Ok((StatusCode::CONFLICT, frame("終了した画面", false, &body)).into_response());
    };
    let account = &asked.account;
    let body = match asked.what {
        What::Withdraw => {
            shared.withdraw(account).await?;
            html! {
                p { "アカウント：" strong { (account) } }
                p { "目視確認用パスコードを取り消しました。" }
                a.button.main href=(PATH) { "OK" }
            }
        }
        What::Issue => match shared.issue(account).await {
            Ok(issued) => shown(account, &issued),
            Err(IssueError::AllTaken) => html! {
                p.down role="alert" { "発行できませんでした。使わないパスコードを取り消してから、もう一度発行してください。" }
                a.button href=(PATH) { "目視確認用パスコード発行へ" }
            },
            Err(error) => return Err(error.into()),
        },
    };
    Ok(frame("目視確認用パスコード", false, &body).into_response())
}

/// The digits, once.
fn shown(account: &str, issued: &Issued) -> Markup {
    html! {
        p { "アカウント：" strong { (account) } }
        p.digits #digits { (issued.digits.0) }
        p.note { "この画面を閉じると、もう一度表示することはできません。忘れた場合は再発行してください。" }
        p { (readers(&issued.readers)) }
        a.button.main href=(PATH) { "OK" }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn asked(account: &str) -> Asked {
        Asked {
            account: account.into(),
            what: What::Issue,
        }
    }

    #[test]
    fn refusals_in_a_row_and_in_a_day_are_told() {
        let at = |at: u64, event: StaffEvent| Happened {
            reader: "reader-1".into(),
            at,
            event: Some(event),
            account: String::new(),
            seconds: 0,
        };
        let now = 10 * DAY_S;
        let mut newest_first: Vec<_> = (0..4).map(|_| at(now, StaffEvent::NotOpened)).collect();
        assert_eq!(many_refusals(&newest_first, now), None);
        newest_first.insert(1, at(now, StaffEvent::Served));
        newest_first.push(at(now, StaffEvent::NotOpened));
        assert_eq!(
            many_refusals(&newest_first, now).as_deref(),
            Some("連続5回")
        );
        newest_first.insert(3, at(now, StaffEvent::Opened));
        assert_eq!(many_refusals(&newest_first, now), None);
        newest_first.extend((0..5).map(|_| at(now, StaffEvent::NotOpened)));
        assert_eq!(
            many_refusals(&newest_first, now).as_deref(),
            Some("24時間で10回")
        );
        assert_eq!(many_refusals(&newest_first, now + DAY_S), None);
    }

    #[test]
    fn a_confirmation_holds_once_and_the_oldest_gives_way() {
        let confirmations = Confirmations::default();
        let first = confirmations.ask(asked("a"));
        assert_eq!(confirmations.take(&first).unwrap().account, "a");
        assert!(confirmations.take(&first).is_none());
        let oldest = confirmations.ask(asked("b"));
        let later: Vec<_> = (0..OPEN).map(|_| confirmations.ask(asked("c"))).collect();
        assert!(confirmations.take(&oldest).is_none());
        assert!(
            later
                .iter()
                .all(|token| confirmations.take(token).is_some())
        );
    }
}
