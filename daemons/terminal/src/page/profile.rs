// SPDX-License-Identifier: MIT OR Apache-2.0
//! 環境設定情報更新: the facility profile of each reader.

mod fields;
mod form;

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Form, Router};
use maud::{Markup, html};
use serde::Deserialize;
use uketsuke_bus::staff::{OWN_PROFILE, Objection};
use uketsuke_common::config::{Profile, write_profile};

use super::readers::ours;
use super::{Failed, clock, frame, heads};
use crate::{ProfileError, ReaderProfile, Shared};
use form::{Settings, both};

/// Where it is.
pub(super) const PATH: &str = "/profile";

const TITLE: &str = "環境設定情報更新";

/// Which reader is looked at.
#[derive(Deserialize)]
struct Asked {
    reader: String,
}

/// What was typed and not taken.
struct Typed {
    settings: Settings,
    wrong: Vec<Objection>,
}

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route(PATH, get(show).post(change))
        .layer(middleware::from_fn(ours))
}

async fn show(
    State(shared): State<Arc<Shared>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failed> {
    let readers = shared.reader_profiles().await?;
    let Ok(Query(Asked { reader })) = asked else {
        return Ok(frame(TITLE, false, &list(&readers)).into_response());
    };
    match readers.iter().find(|of| of.reader == reader) {
        Some(of) => Ok(page(&shared, of, None).await?.into_response()),
        None => Ok(unknown(&readers)),
    }
}

/// Sets a profile, or withdraws it.
async fn change(
    State(shared): State<Arc<Shared>>,
    sent: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Failed> {
    let sent = sent.map_or_else(|_| Vec::new(), |Form(sent)| sent);
    let value = |name: &str| {
        let found = sent.iter().find(|(sent, _)| sent == name);
        found.map(|(_, value)| value.as_str())
    };
    let (reader, what) = (value("reader").unwrap_or_default(), value("what"));
    let settings = form::read(&sent);
    let done = match what {
        Some("withdraw") => shared.withdraw_profile(reader).await,
        Some("set") => shared.set_profile(reader, &write_profile(&settings)).await,
        _ => Err(ProfileError::Refused(Vec::new())),
    };
    let readers = shared.reader_profiles().await?;
    let of = readers.iter().find(|of| of.reader == reader);
    match (done, of) {
        (Err(ProfileError::Store(error)), _) => Err(error.into()),
        (Err(ProfileError::UnknownReader), _) | (_, None) => Ok(unknown(&readers)),
        (Err(ProfileError::Refused(wrong)), Some(of)) => {
            let typed = Typed { settings, wrong };
            let page = page(&shared, of, Some(typed)).await?;
            Ok((StatusCode::BAD_REQUEST, page).into_response())
        }
        (Ok(()), Some(of)) => Ok(page(&shared, of, None).await?.into_response()),
    }
}

fn unknown(readers: &[ReaderProfile]) -> Response {
    let body = html! {
        p.down role="alert" {
            "このカードリーダーは、一度も接続されていません。一覧から選んでください。 "
            span lang="en" { "No such reader ever came. Choose one of the list." }
        }
        (list(readers))
    };
    (StatusCode::BAD_REQUEST, frame(TITLE, false, &body)).into_response()
}

fn list(readers: &[ReaderProfile]) -> Markup {
    html! {
        @if readers.is_empty() {
            p { (both("まだ接続がありません。", "No reader has come yet.")) }
        } @else {
            table {
                (heads(&["カードリーダー", "接続", "環境設定情報", "操作"]))
                tbody {
                    @for of in readers {
                        tr {
                            td { (of.reader) }
                            @if of.connected { td.up { "接続中" } } @else { td.down { "応答なし" } }
                            td { (standing(of)) }
                            td {
                                form method="get" action=(PATH) {
                                    button name="reader" value=(of.reader)
                                        aria-label={ (of.reader) " の設定 / settings" } { "設定 / Settings" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What is in force on a reader, and what waits.
fn standing(of: &ReaderProfile) -> Markup {
    let Some(wanted) = &of.wanted else {
        return html! {
            @match of.in_force.as_deref() {
                None => "—",
                Some(OWN_PROFILE) => (both("カードリーダー自身の設定", "The reader's own settings")),
                Some(_) => (both("別の端末による設定", "Set by another terminal")),
            }
        };
    };
    let what = match wanted.text {
        Some(_) => both("この端末による設定", "Set at this terminal"),
        None => both("カードリーダー自身の設定", "The reader's own settings"),
    };
    html! {
        div { (what) "（" (clock(wanted.at)) "）" }
        @if of.is_in_force() {
            div.up #state { (both("使用中", "In force")) }
        } @else if of.is_refused() {
            div.down #state { (both("カードリーダーが受け付けません", "Refused by the reader")) }
        } @else if of.is_kept() {
            div.note #state { (both("次の患者から使用します", "In force from the next patient on")) }
        } @else if of.connected && of.kept.is_none() {
            div.down #state {
                (both("このカードリーダーでは設定できません", "This reader takes no settings"))
            }
        } @else {
            div.note #state {
                (both("カードリーダーの応答を待っています", "Waiting for the reader"))
            }
        }
    }
}

async fn page(shared: &Shared, of: &ReaderProfile, typed: Option<Typed>) -> Result<Markup, Failed> {
    let wanted = of.wanted.as_ref();
    let refused = wanted.filter(|_| of.is_refused());
    let (settings, wrong) = match typed {
        Some(typed) => (typed.settings, typed.wrong),
        None => (
            settings(wanted.and_then(|wanted| wanted.text.as_deref())),
            refused.map_or_else(Vec::new, |refused| refused.objections.clone()),
        ),
    };
    let earlier = match &of.in_force {
        Some(id) if !of.is_in_force() => shared.store.profile_called(&of.reader, id).await?,
        _ => None,
    };
    let earlier = earlier.map(|earlier| settings_of(&earlier));
    let is_set = wanted.is_some_and(|wanted| wanted.text.is_some());
    // A key that has no field here, or none at all.
    let elsewhere = |o: &&Objection| fields::all().all(|field| field.key != o.key);
    let body = html! {
        p { "カードリーダー：" strong { (of.reader) } }
        (standing(of))
        @if !wrong.is_empty() {
            p.note.down role="alert" {
                (both("設定できない値があります。各項目を確認してください。", "Some values cannot be set. See the fields."))
            }
        }
        @for objection in wrong.iter().filter(elsewhere) {
            p.down {
                span lang="en" { (objection.key) " " (objection.what) }
            }
        }
        @if let Some(earlier) = earlier {
            section aria-labelledby="in-force" {
                h2 #in-force { (both("いま使用中の設定", "In force now")) }
                (form::in_words(&earlier))
            }
        }
        section aria-labelledby="settings" {
            h2 #settings { (both("設定", "Settings")) }
            p {
                (both(
                    "選んだ項目だけが、カードリーダー自身の設定（reader.toml）の代わりになります。次の患者から有効です。",
                    "Only what is set here takes the place of the reader's own settings, from the next patient on."
                ))
            }
            form method="post" action=(PATH) autocomplete="off" {
                input type="hidden" name="reader" value=(of.reader);
                (form::fields(&settings, &wrong))
                button.main name="what" value="set" { "更新 / Set" }
                @if is_set || of.kept.as_deref().is_some_and(|kept| kept != OWN_PROFILE) {
                    " "
                    button name="what" value="withdraw" formnovalidate {
                        "取消（カードリーダー自身の設定に戻す） / Withdraw"
                    }
                }
            }
        }
        p { a.button href=(PATH) { "一覧へ / All readers" } }
    };
    Ok(frame(TITLE, false, &body))
}

fn settings_of(set: &crate::ProfileSet) -> Settings {
    settings(set.text.as_deref())
}

/// What a stored profile sets. One of a later version may not be read; then nothing is filled in.
fn settings(text: Option<&str>) -> Settings {
    let profile = text.and_then(|text| Profile::parse(text).ok());
    profile.map_or_else(Settings::new, |profile| profile.settings().clone())
}
