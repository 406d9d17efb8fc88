// SPDX-License-Identifier: MIT OR Apache-2.0
//! 顔認証付きカードリーダー操作: the operation mode (運転モード) of each reader, as the ministry's older notice
//! has it.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use uketsuke_bus::view::Operation;
use uketsuke_link::orders::Became;

use super::access::Visit;
use super::form::{self, Said};
use super::language::Language;
use super::live::{self, Scripted};
use super::visual::{self, Vouched};
use super::{Failed, clock, frame, heads};
use crate::{Doing, ModeError, ReaderMode, Shared, Vouching};

/// Where they are.
pub(super) const PATH: &str = "/readers";
/// Where 目視で本人確認完了 is sent.
pub(super) const VOUCH: &str = "/readers/vouch";
/// Where the buttons of the modes send.
pub(super) const MODE: &str = "/readers/mode";

/// Lines of the record that are shown.
const SHOWN: u32 = 20;

#[derive(Deserialize)]
pub(super) struct Chosen {
    reader: String,
    operation: Operation,
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
) -> Result<Page, Failed> {
    page(&shared, &visit, None).await
}

/// Sets a mode.
pub(super) async fn choose(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    chosen: Result<Form<Chosen>, FormRejection>,
) -> Result<Response, Failed> {
    let l = visit.language;
    let Ok(Form(Chosen { reader, operation })) = chosen else {
        let wrong = l.say(
            "運転モードを、ボタンで選んでください。",
            "Choose the mode with one of the buttons.",
        );
        return refused(&shared, &visit, StatusCode::BAD_REQUEST, wrong).await;
    };
    match shared.hold(&reader, operation).await {
        Ok(became) => {
            let (by, detail) = (visit.account(), operation.as_str());
            shared.note(by, Doing::ModeSet, &reader, detail).await?;
            let readers = shared.reader_modes().await?;
            let of = readers.iter().find(|of| of.reader == reader);
            let said = of.map(|of| set(l, of, operation, became));
            Ok(page(&shared, &visit, said.as_ref()).await?.into_response())
        }
        Err(error) => not_done(&shared, &visit, error).await,
    }
}

/// Vouches for a patient.
pub(super) async fn vouch(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    ticked: Result<Form<Vouched>, FormRejection>,
) -> Result<Response, Failed> {
    let l = visit.language;
    let Ok(Form(ticked)) = ticked else {
        let wrong = l.say(
            "目視確認時利用項目を、この画面で入力してください。",
            "Fill in the items for a visual check on this page.",
        );
        return refused(&shared, &visit, StatusCode::BAD_REQUEST, wrong).await;
    };
    if let Some(wrong) = ticked.wrong(l) {
        return refused(&shared, &visit, StatusCode::BAD_REQUEST, wrong).await;
    }
    let reader = ticked.reader.as_str();
    match shared.vouch(reader, &ticked.id, &ticked.checked).await {
        Ok(became) => {
            if became == Some(Became::Vouched) {
                let by = visit.account();
                shared.note(by, Doing::Vouched, reader, "").await?;
            }
            let said = vouched(l, reader, became);
            Ok(page(&shared, &visit, Some(&said)).await?.into_response())
        }
        Err(error) => not_done(&shared, &visit, error).await,
    }
}

async fn not_done(shared: &Shared, visit: &Visit, error: ModeError) -> Result<Response, Failed> {
    let l = visit.language;
    let (status, wrong) = match error {
        ModeError::Store(error) => return Err(error.into()),
        ModeError::UnknownReader => (
            StatusCode::BAD_REQUEST,
            l.say(
                "このカードリーダーは、一度も接続されていません。一覧から選んでください。",
                "This card reader never came. Choose one of the list.",
            ),
        ),
        ModeError::Used => (
            StatusCode::CONFLICT,
            l.say(
                "この内容は送信済みです。次の患者には、もう一度入力してください。",
                "This was sent before. Fill it in again for the next patient.",
            ),
        ),
    };
    refused(shared, visit, status, wrong).await
}

async fn refused(
    shared: &Shared,
    visit: &Visit,
    status: StatusCode,
    wrong: &str,
) -> Result<Response, Failed> {
    let said = Said::Wrong(wrong.to_owned());
    let page = page(shared, visit, Some(&said)).await?;
    Ok((status, page).into_response())
}

/// What came of a mode that was set.
fn set(l: Language, of: &ReaderMode, operation: Operation, became: Option<Became>) -> Said {
    let (reader, mode) = (&of.reader, label(l, operation));
    match became {
        Some(Became::Held) => Said::Done(l.say(
            format!("{reader}：{mode}に切り替わりました。"),
            format!("{reader}: now in {mode}."),
        )),
        Some(_) => Said::Wrong(l.say(
            format!("{reader}：このカードリーダーでは、{mode}に切り替えられません。"),
            format!("{reader}: this card reader cannot be put to {mode}."),
        )),
        None if operation == Operation::Visual => Said::Wrong(l.say(
            format!(
                "{reader}：応答がありません。1分以内に応答があれば、{mode}に切り替わります。\
                 それを過ぎた場合は、接続を確認してから、もう一度押してください。"
            ),
            format!(
                "{reader}: no answer. It goes to {mode} if it answers within a minute; \
                 after that, check its connection and press again."
            ),
        )),
        None if of.connected && of.stands.is_none() => Said::Wrong(l.say(
            format!(
                "{reader}：運転モードの通知がありません。通知があれば、{mode}に切り替わります。"
            ),
            format!("{reader}: it does not say its mode. Once it does, it goes to {mode}."),
        )),
        None => Said::Wrong(l.say(
            format!("{reader}：応答がありません。接続すると、{mode}に切り替わります。"),
            format!("{reader}: no answer. It goes to {mode} once it is connected."),
        )),
    }
}

/// What came of a tick.
fn vouched(l: Language, reader: &str, became: Option<Became>) -> Said {
    match became {
        Some(Became::Vouched) => Said::Done(l.say(
            format!("{reader}：本人確認を受け付けました。マイナンバーカードを置いてもらってください。"),
            format!("{reader}: taken. Ask the patient to put the My Number card down."),
        )),
        Some(_) => Said::Wrong(l.say(
            format!(
                "{reader}：受け付けられませんでした。カードリーダーが目視確認になっていないか、最初の画面ではありません。\
                 カードを取り、最初の画面に戻してから、もう一度入力してください。\
                 無人運転に戻っている場合は、先に「目視確認」を押してください。"
            ),
            format!(
                "{reader}: not taken. The reader is not in visual check, or not on its first screen. \
                 Take the card, bring it back to the first screen, and fill this in again. \
                 If it is back to unattended, press \u{201c}visual check\u{201d} first."
            ),
        )),
        None => Said::Wrong(l.say(
            format!(
                "{reader}：応答がありません。カードリーダーの画面を確認してください。\
                 目視確認の画面になっていない場合は、もう一度入力してください。"
            ),
            format!(
                "{reader}: no answer. Look at its screen. \
                 If it is not in visual check, fill this in again."
            ),
        )),
    }
}

/// The one page with a script: [`live`].
type Page = (Extension<Scripted>, Markup);

async fn page(shared: &Shared, visit: &Visit, said: Option<&Said>) -> Result<Page, Failed> {
    let l = visit.language;
    let readers = shared.reader_modes().await?;
    let record = shared.store.vouchings(SHOWN).await?;
    let body = html! {
        (form::said(said))
        p.aside #live-said role="status" {}
        div #live-readers {
            @if readers.is_empty() {
                p { (l.say("まだ接続がありません。", "No card reader has come yet.")) }
            } @else {
                (table(visit, &readers))
            }
        }
        p {
            a.button href=(PATH) { (l.say("再読み込み", "Reload")) } " "
            a.button href="/" { (l.say("メニュー 戻る", "Back to the menu")) }
        }
        div #live-visual {
            @for (nth, of) in readers.iter().enumerate().filter(|(_, of)| is_visual(of)) {
                (visual::form(visit, nth, of))
            }
        }
        @if !record.is_empty() {
            h2 { (l.say("目視で本人確認完了の記録", "Record of those vouched for by eye")) }
            (ticks(l, &record))
        }
        script src=(live::SCRIPT) defer {}
    };
    let title = l.say("顔認証付きカードリーダー操作", "Operate card readers");
    Ok((Extension(Scripted), frame(visit, title, &body)))
}

fn is_visual(of: &ReaderMode) -> bool {
    let visual = Operation::Visual;
    of.connected && of.stands == Some(visual) && of.wanted == visual
}

fn table(visit: &Visit, readers: &[ReaderMode]) -> Markup {
    let l = visit.language;
    let names = l.say(
        ["カードリーダー", "接続", "運転モード", "現在"],
        ["Card reader", "Connection", "Mode", "Now"],
    );
    html! {
        table {
            (heads(&names))
            tbody {
                @for of in readers {
                    tr {
                        td { (of.reader) }
                        @if of.connected {
                            td.up { (l.say("接続中", "connected")) }
                        } @else {
                            td.down { (l.say("応答なし", "no answer")) }
                        }
                        td { (buttons(visit, of)) }
                        td { (now(l, of)) }
                    }
                }
            }
        }
    }
}

fn buttons(visit: &Visit, of: &ReaderMode) -> Markup {
    let l = visit.language;
    html! {
        form method="post" action=(MODE) {
            (form::seal(visit))
            input type="hidden" name="reader" value=(of.reader);
            div.modes role="group" aria-label={ (of.reader) (l.say("の運転モード", ": mode")) } {
                @for operation in Operation::ALL {
                    @let on = of.connected && of.stands == Some(*operation);
                    button.on[on] name="operation" value=(operation.as_str())
                        aria-pressed=(on) { (label(l, *operation)) }
                }
            }
        }
    }
}

/// What a reader stands in, and what is yet to come.
fn now(l: Language, of: &ReaderMode) -> Markup {
    let stands = of.stands.filter(|_| of.connected);
    // One that was never heard of since the start of this terminal begins at 無人運転.
    let underway = of.wanted != of.stands.unwrap_or(Operation::Unattended);
    html! {
        @match stands {
            Some(operation) => div { (label(l, operation)) },
            None if of.connected => div { (l.say("運転モードの通知がありません", "does not say its mode")) },
            None => div { "—" },
        }
        @if underway {
            div.note {
                (label(l, of.wanted)) (l.say("：", ": "))
                @if of.connected {
                    (l.say("切り替えています", "on its way"))
                } @else {
                    (l.say("接続を待っています", "waiting for the reader"))
                }
            }
        }
    }
}

fn ticks(l: Language, record: &[Vouching]) -> Markup {
    let names = l.say(
        ["日時", "カードリーダー", "資格確認日", "結果"],
        ["When", "Card reader", "Date of the check", "Result"],
    );
    html! {
        table {
            (heads(&names))
            tbody {
                @for tick in record {
                    tr {
                        td { (clock(tick.at)) }
                        td { (tick.reader) }
                        td { (tick.checked) }
                        td {
                            @match tick.became {
                                Some(Became::Vouched) => (l.say("受付", "taken")),
                                Some(_) => (l.say("受け付けられませんでした", "not taken")),
                                None => (l.say("応答なし", "no answer")),
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A mode in words.
pub(super) fn label(l: Language, operation: Operation) -> &'static str {
    match operation {
        Operation::Unattended => l.say("無人運転", "unattended"),
        Operation::PinOnly => l.say("暗証番号認証固定", "PIN only"),
        Operation::Visual => l.say("目視確認", "visual check"),
    }
}
