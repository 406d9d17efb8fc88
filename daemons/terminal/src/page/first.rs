// SPDX-License-Identifier: MIT OR Apache-2.0
//! The first account of a fresh terminal.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;

use super::access::Visit;
use super::form::{self, Field, Mistake};
use super::language::Language;
use super::{Failed, frame, log_in, menu};
use crate::Shared;
use crate::console::{Broken, FirstError, Password};

/// Where it is.
pub(super) const PATH: &str = "/first";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Made {
    code: String,
    account: String,
    new: Password,
    again: Password,
}

/// The page.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
) -> Result<Response, Failed> {
    if shared.store.has_accounts().await? {
        return Ok(Redirect::to(log_in::PATH).into_response());
    }
    Ok(page(&visit, "", &[]).into_response())
}

fn page(visit: &Visit, account: &str, found: &[Mistake]) -> Markup {
    let l = visit.language;
    let code = Field {
        id: "code",
        label: l.say("登録コード", "Code"),
        hint: Some(l.say(
            "機器で uketsukectl first-account を実行すると表示されます。30分間、1回だけ使えます。",
            "Shown on the box by: uketsukectl first-account. Good once, for 30 minutes.",
        )),
        kind: "text",
        autocomplete: "off",
        longest: 64,
        value: "",
    };
    let body = html! {
        p {
            (l.say(
                "この端末には、まだアカウントがありません。最初の管理アカウントを登録してください。",
                "This terminal has no account yet. Make the first administrator account.",
            ))
        }
        (form::mistakes(l, found))
        div.tall {
            form method="post" action=(PATH) {
                (form::field(&code, found))
                (form::account(l, account, found))
                (form::new_password(l, found))
                button.main { (l.say("登録してログイン", "Make it and log in")) }
            }
        }
    };
    let title = l.say("最初のアカウントの登録", "First account");
    frame(visit, title, &body)
}

/// Makes it, and logs it in.
pub(super) async fn make(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    made: Result<Form<Made>, FormRejection>,
) -> Result<Response, Failed> {
    let l = visit.language;
    let Form(Made {
        code,
        account,
        new,
        again,
    }) = made.unwrap_or_default();
    let account = account.trim();
    if !new.is_empty() && !new.same(&again) {
        let page = page(&visit, account, &[form::differ(l)]);
        return Ok((StatusCode::BAD_REQUEST, page).into_response());
    }
    let mistake = match shared.first_account(&code, account, &new).await {
        Ok(()) => {
            let opened = shared.open(account, None).await?;
            return Ok(log_in::opened_to(menu::PATH, &opened));
        }
        Err(FirstError::Exists) => return Ok(Redirect::to(log_in::PATH).into_response()),
        Err(error) => mistake(l, error)?,
    };
    let page = page(&visit, account, &[mistake]);
    Ok((StatusCode::BAD_REQUEST, page).into_response())
}

fn mistake(l: Language, error: FirstError) -> Result<Mistake, Failed> {
    Ok(match error {
        FirstError::Code | FirstError::Exists => Mistake::new(
            "code",
            l.say(
                "登録コードが違うか、有効期間が終わりました。機器で新しいコードを表示してください。",
                "The code is wrong or too old. Have the box show a new one.",
            ),
        ),
        FirstError::Name => form::no_account(l),
        FirstError::Weak(weak) => form::weak(l, weak),
        FirstError::Broken(Broken::Busy(_)) => Mistake::new("new", log_in::busy_words(l)),
        FirstError::Broken(error) => return Err(error.into()),
    })
}
