// SPDX-License-Identifier: MIT OR Apache-2.0
//! 顔認証付きカードリーダー操作: the operation mode (運転モード) of each reader, as the ministry's older notice
//! has it.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Form, Router};
use maud::{Markup, html};
use serde::Deserialize;
use uketsuke_bus::view::Operation;
use uketsuke_link::orders::Became;

use super::visual::{self, Vouched};
use super::{Failed, clock, frame, heads};
use crate::{ModeError, ReaderMode, Shared, Vouching};

/// Where they are.
pub(super) const PATH: &str = "/readers";
/// Where 目視で本人確認完了 is sent.
pub(super) const VOUCH: &str = "/readers/vouch";
const MODE: &str = "/readers/mode";

const TITLE: &str = "顔認証付きカードリーダー操作";
/// Lines of the record that are shown.
const SHOWN: u32 = 20;

#[derive(Deserialize)]
struct Chosen {
    reader: String,
    operation: Operation,
}

/// What came of what was pressed, in words.
enum Said {
    Done(String),
    Wrong(String),
}

pub(super) fn router() -> Router<Arc<Shared>> {
    // A page that is opened again where a form was sent shows how things stand.
    Router::new()
        .route(PATH, get(show))
        .route(MODE, get(show).post(choose))
        .route(VOUCH, get(show).post(vouch))
        .layer(middleware::from_fn(ours))
}

/// Lets something be changed from a page of ours only. `Sec-Fetch-Site` is set by every browser on what
/// it sends to this machine, and no page can set it or leave it out. A token in each form, as for the
/// passcodes, would do as well, but needs a memory that a restart empties under an open page; `Origin`
/// is `null` on what our pages send, because they send no referrer.
pub(super) async fn ours(request: Request, next: Next) -> Response {
    let site = request.headers().get("sec-fetch-site");
    if request.method().is_safe() || site.is_some_and(|site| site == "same-origin") {
        return next.run(request).await;
    }
    let body = html! {
        p.down role="alert" { "この操作は、この端末の画面からだけ行えます。何も変更していません。" }
        a.button href=(PATH) { (TITLE) "へ" }
    };
    (StatusCode::FORBIDDEN, frame(TITLE, false, &body)).into_response()
}

async fn show(State(shared): State<Arc<Shared>>) -> Result<Markup, Failed> {
    page(&shared, None).await
}

/// Sets a mode.
async fn choose(
    State(shared): State<Arc<Shared>>,
    form: Result<Form<Chosen>, FormRejection>,
) -> Result<Response, Failed> {
    let Ok(Form(Chosen { reader, operation })) = form else {
        let wrong = "運転モードを、ボタンで選んでください。";
        return refused(&shared, StatusCode::BAD_REQUEST, wrong).await;
    };
    match shared.hold(&reader, operation).await {
        Ok(became) => {
            let readers = shared.reader_modes().await?;
            let of = readers.iter().find(|of| of.reader == reader);
            let said = of.map(|of| set(of, operation, became));
            Ok(page(&shared, said.as_ref()).await?.into_response())
        }
        Err(error) => not_done(&shared, error).await,
    }
}

/// Vouches for a patient.
async fn vouch(
    State(shared): State<Arc<Shared>>,
    form: Result<Form<Vouched>, FormRejection>,
) -> Result<Response, Failed> {
    let Ok(Form(form)) = form else {
        let wrong = "目視確認時利用項目を、この画面で入力してください。";
        return refused(&shared, StatusCode::BAD_REQUEST, wrong).await;
    };
    if let Some(wrong) = form.wrong() {
        return refused(&shared, StatusCode::BAD_REQUEST, wrong).await;
    }
    match shared.vouch(&form.reader, &form.id, &form.checked).await {
        Ok(became) => {
            let said = vouched(&form.reader, became);
            Ok(page(&shared, Some(&said)).await?.into_response())
        }
        Err(error) => not_done(&shared, error).await,
    }
}

async fn not_done(shared: &Shared, error: ModeError) -> Result<Response, Failed> {
    match error {
        ModeError::Store(error) => Err(error.into()),
        ModeError::UnknownReader => {
            let wrong = "このカードリーダーは、一度も接続されていません。一覧から選んでください。";
            refused(shared, StatusCode::BAD_REQUEST, wrong).await
        }
        ModeError::Used => {
            let wrong = "この内容は送信済みです。次の患者には、もう一度入力してください。";
            refused(shared, StatusCode::CONFLICT, wrong).await
        }
    }
}

async fn refused(shared: &Shared, status: StatusCode, wrong: &str) -> Result<Response, Failed> {
    let said = Said::Wrong(wrong.to_owned());
    let page = page(shared, Some(&said)).await?;
    Ok((status, page).into_response())
}

/// What came of a mode that was set.
fn set(of: &ReaderMode, operation: Operation, became: Option<Became>) -> Said {
    let (reader, mode) = (&of.reader, label(operation));
    match became {
        Some(Became::Held) => Said::Done(format!("{reader}：{mode}に切り替わりました。")),
        Some(_) => Said::Wrong(format!(
            "{reader}：このカードリーダーでは、{mode}に切り替えられません。"
        )),
        None if operation == Operation::Visual => Said::Wrong(format!(
            "{reader}：応答がありません。1分以内に応答があれば、{mode}に切り替わります。\
             それを過ぎた場合は、接続を確認してから、もう一度押してください。"
        )),
        None if of.connected && of.stands.is_none() => Said::Wrong(format!(
            "{reader}：運転モードの通知がありません。通知があれば、{mode}に切り替わります。"
        )),
        None => Said::Wrong(format!(
            "{reader}：応答がありません。接続すると、{mode}に切り替わります。"
        )),
    }
}

/// What came of a tick.
fn vouched(reader: &str, became: Option<Became>) -> Said {
    match became {
        Some(Became::Vouched) => Said::Done(format!(
            "{reader}：本人確認を受け付けました。マイナンバーカードを置いてもらってください。"
        )),
        Some(_) => Said::Wrong(format!(
            "{reader}：受け付けられませんでした。カードリーダーが目視確認になっていないか、最初の画面ではありません。\
             カードを取り、最初の画面に戻してから、もう一度入力してください。\
             無人運転に戻っている場合は、先に「目視確認」を押してください。"
        )),
        None => Said::Wrong(format!(
            "{reader}：応答がありません。カードリーダーの画面を確認してください。\
             目視確認の画面になっていない場合は、もう一度入力してください。"
        )),
    }
}

async fn page(shared: &Shared, said: Option<&Said>) -> Result<Markup, Failed> {
    let readers = shared.reader_modes().await?;
    let record = shared.store.vouchings(SHOWN).await?;
    let body = html! {
        @match said {
            Some(Said::Done(words)) => p.note.up role="status" { strong { (words) } },
            Some(Said::Wrong(words)) => p.note.down role="alert" { (words) },
            None => {}
        }
        @if readers.is_empty() {
            p { "まだ接続がありません。" }
        } @else {
            (table(&readers))
        }
        p { a.button href=(PATH) { "再読み込み" } " " a.button href="/" { "メニュー 戻る" } }
        @for (nth, of) in readers.iter().enumerate().filter(|(_, of)| is_visual(of)) {
            (visual::form(nth, of))
        }
        @if !record.is_empty() {
            h2 { "目視で本人確認完了の記録" }
            (ticks(&record))
        }
    };
    Ok(frame(TITLE, false, &body))
}

fn is_visual(of: &ReaderMode) -> bool {
    let visual = Operation::Visual;
    of.connected && of.stands == Some(visual) && of.wanted == visual
}

fn table(readers: &[ReaderMode]) -> Markup {
    html! {
        table {
            (heads(&["カードリーダー", "接続", "運転モード", "現在"]))
            tbody {
                @for of in readers {
                    tr {
                        td { (of.reader) }
                        @if of.connected { td.up { "接続中" } } @else { td.down { "応答なし" } }
                        td { (buttons(of)) }
                        td { (now(of)) }
                    }
                }
            }
        }
    }
}

fn buttons(of: &ReaderMode) -> Markup {
    html! {
        form method="post" action=(MODE) {
            input type="hidden" name="reader" value=(of.reader);
            div.modes role="group" aria-label={ (of.reader) "の運転モード" } {
                @for operation in Operation::ALL {
                    @let on = of.connected && of.stands == Some(*operation);
                    button.on[on] name="operation" value=(operation.as_str())
                        aria-pressed=(on) { (label(*operation)) }
                }
            }
        }
    }
}

/// What a reader stands in, and what is yet to come.
fn now(of: &ReaderMode) -> Markup {
    let stands = of.stands.filter(|_| of.connected);
    // One that was never heard of since the start of this terminal begins at 無人運転.
    let underway = of.wanted != of.stands.unwrap_or(Operation::Unattended);
    html! {
        @match stands {
            Some(operation) => div { (label(operation)) },
            None if of.connected => div { "運転モードの通知がありません" },
            None => div { "—" },
        }
        @if underway {
            div.note {
                (label(of.wanted)) "："
                @if of.connected { "切り替えています" } @else { "接続を待っています" }
            }
        }
    }
}

fn ticks(record: &[Vouching]) -> Markup {
    html! {
        table {
            (heads(&["日時", "カードリーダー", "資格確認日", "結果"]))
            tbody {
                @for tick in record {
                    tr {
                        td { (clock(tick.at)) }
                        td { (tick.reader) }
                        td { (tick.checked) }
                        td {
                            @match tick.became {
                                Some(Became::Vouched) => "受付",
                                Some(_) => "受け付けられませんでした",
                                None => "応答なし",
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn label(operation: Operation) -> &'static str {
    match operation {
        Operation::Unattended => "無人運転",
        Operation::PinOnly => "暗証番号認証固定",
        Operation::Visual => "目視確認",
    }
}
