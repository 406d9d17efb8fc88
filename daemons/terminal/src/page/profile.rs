// SPDX-License-Identifier: MIT OR Apache-2.0
//! 環境設定情報更新: the facility profile of each reader.

mod fields;
mod form;

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use uketsuke_bus::staff::{OWN_PROFILE, Objection};
use uketsuke_common::config::{Profile, write_profile};

use super::access::Visit;
use super::form::seal;
use super::language::Language;
use super::{Failed, clock, frame, heads};
use crate::{Doing, ProfileError, ReaderProfile, Shared};
use form::Settings;

/// Where it is.
pub(super) const PATH: &str = "/profile";

fn title(l: Language) -> &'static str {
    l.say("環境設定情報更新", "Settings of card readers")
}

/// Which reader is looked at.
#[derive(Deserialize)]
pub(super) struct Asked {
    reader: String,
}

/// What was typed and not taken.
struct Typed {
    settings: Settings,
    wrong: Vec<Objection>,
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failed> {
    let readers = shared.reader_profiles().await?;
    let Ok(Query(Asked { reader })) = asked else {
        return Ok(frame(
            &visit,
            title(visit.language),
            &list(visit.language, &readers),
        )
        .into_response());
    };
    match readers.iter().find(|of| of.reader == reader) {
        Some(of) => Ok(page(&shared, &visit, of, None).await?.into_response()),
        None => Ok(unknown(&visit, &readers)),
    }
}

/// Sets a profile, or withdraws it.
pub(super) async fn change(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
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
        (Err(ProfileError::UnknownReader), _) | (_, None) => Ok(unknown(&visit, &readers)),
        (Err(ProfileError::Refused(wrong)), Some(of)) => {
            let typed = Typed { settings, wrong };
            let page = page(&shared, &visit, of, Some(typed)).await?;
            Ok((StatusCode::BAD_REQUEST, page).into_response())
        }
        (Ok(()), Some(of)) => {
            let doing = match what {
                Some("withdraw") => Doing::ProfileWithdrawn,
                _ => Doing::ProfileSet,
            };
            shared.note(visit.account(), doing, reader, "").await?;
            Ok(page(&shared, &visit, of, None).await?.into_response())
        }
    }
}

fn unknown(visit: &Visit, readers: &[ReaderProfile]) -> Response {
    let l = visit.language;
    let body = html! {
        p.down role="alert" {
            (l.say(
                "このカードリーダーは、一度も接続されていません。一覧から選んでください。",
                "No such reader ever came. Choose one of the list.",
            ))
        }
        (list(l, readers))
    };
    (StatusCode::BAD_REQUEST, frame(visit, title(l), &body)).into_response()
}

fn list(l: Language, readers: &[ReaderProfile]) -> Markup {
    let names = l.say(
        ["カードリーダー", "接続", "環境設定情報", "操作"],
        ["Card reader", "Connection", "Settings", "Change"],
    );
    html! {
        @if readers.is_empty() {
            p { (l.say("まだ接続がありません。", "No reader has come yet.")) }
        } @else {
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
                            td { (standing(l, of)) }
                            td {
                                form method="get" action=(PATH) {
                                    button name="reader" value=(of.reader)
                                        aria-label={ (of.reader) (l.say("の設定", ": settings")) } {
                                            (l.say("設定", "Settings"))
                                        }
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
fn standing(l: Language, of: &ReaderProfile) -> Markup {
    let Some(wanted) = &of.wanted else {
        return html! {
            @match of.in_force.as_deref() {
                None => "—",
                Some(OWN_PROFILE) => (l.say("カードリーダー自身の設定", "The reader's own settings")),
                Some(_) => (l.say("別の端末による設定", "Set by another terminal")),
            }
        };
    };
    let what = match wanted.text {
        Some(_) => l.say("この端末による設定", "Set at this terminal"),
        None => l.say("カードリーダー自身の設定", "The reader's own settings"),
    };
    html! {
        div { (what) "（" (clock(wanted.at)) "）" }
        @if of.is_in_force() {
            div.up #state { (l.say("使用中", "In force")) }
        } @else if of.is_refused() {
            div.down #state { (l.say("カードリーダーが受け付けません", "Refused by the reader")) }
        } @else if of.is_kept() {
            div.note #state { (l.say("次の患者から使用します", "In force from the next patient on")) }
        } @else if of.connected && of.kept.is_none() {
            div.down #state {
                (l.say("このカードリーダーでは設定できません", "This reader takes no settings"))
            }
        } @else {
            div.note #state {
                (l.say("カードリーダーの応答を待っています", "Waiting for the reader"))
            }
        }
    }
}

async fn page(
    shared: &Shared,
    visit: &Visit,
    of: &ReaderProfile,
    typed: Option<Typed>,
) -> Result<Markup, Failed> {
    let l = visit.language;
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
        p { (l.say("カードリーダー：", "Card reader: ")) strong { (of.reader) } }
        (standing(l, of))
        @if !wrong.is_empty() {
            p.note.down role="alert" {
                (l.say("設定できない値があります。各項目を確認してください。", "Some values cannot be set. See the fields."))
            }
        }
        @for objection in wrong.iter().filter(elsewhere) {
            p.down {
                span lang="en" { (objection.key) " " (objection.what) }
            }
        }
        @if let Some(earlier) = earlier {
            section aria-labelledby="in-force" {
                h2 #in-force { (l.say("いま使用中の設定", "In force now")) }
                (form::in_words(l, &earlier))
            }
        }
        section aria-labelledby="settings" {
            h2 #settings { (l.say("設定", "Settings")) }
            p {
                (l.say(
                    "選んだ項目だけが、カードリーダー自身の設定（reader.toml）の代わりになります。次の患者から有効です。",
                    "Only what is set here takes the place of the reader's own settings, from the next patient on."
                ))
            }
            form method="post" action=(PATH) autocomplete="off" {
                (seal(visit))
                input type="hidden" name="reader" value=(of.reader);
                (form::fields(l, &settings, &wrong))
                button.main name="what" value="set" { (l.say("更新", "Set")) }
                @if is_set || of.kept.as_deref().is_some_and(|kept| kept != OWN_PROFILE) {
                    " "
                    button name="what" value="withdraw" formnovalidate {
                        (l.say("取消（カードリーダー自身の設定に戻す）", "Withdraw: back to the reader's own"))
                    }
                }
            }
        }
        p { a.button href=(PATH) { (l.say("一覧へ", "All readers")) } }
    };
    Ok(frame(visit, title(l), &body))
}

fn settings_of(set: &crate::ProfileSet) -> Settings {
    settings(set.text.as_deref())
}

/// What a stored profile sets. One of a later version may not be read; then nothing is filled in.
fn settings(text: Option<&str>) -> Settings {
    let profile = text.and_then(|text| Profile::parse(text).ok());
    profile.map_or_else(Settings::new, |profile| profile.settings().clone())
}
