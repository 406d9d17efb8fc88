// SPDX-License-Identifier: MIT OR Apache-2.0
//! パスワード変更.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;

use super::access::Visit;
use super::form::{self, Field, Mistake};
use super::language::Language;
use super::{Failed, frame, log_in, menu};
use crate::Shared;
use crate::console::{Broken, ChangeError, LONGEST, LogInError, Password};

/// Where it is.
pub(super) const PATH: &str = "/password";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Changed {
    present: Password,
    new: Password,
    again: Password,
}

/// The page.
pub(super) async fn show(Extension(visit): Extension<Visit>) -> Markup {
    page(&visit, &[])
}

fn page(visit: &Visit, found: &[Mistake]) -> Markup {
    let l = visit.language;
    let initial = visit.visitor.as_ref().is_some_and(|v| v.initial);
    let present = Field {
        id: "present",
        label: l.say("現在のパスワード", "Present password"),
        hint: None,
        kind: "password",
        autocomplete: "current-password",
        longest: LONGEST,
        value: "",
    };
    let body = html! {
        @if initial {
            p.note {
                (l.say(
                    "初期パスワードでログインしています。続けるには、自分のパスワードに変更してください。",
                    "You are logged in with an initial password. Choose your own to go on.",
                ))
            }
        }
        (form::mistakes(l, found))
        div.tall {
            form method="post" action=(PATH) {
                (form::seal(visit))
                // For password managers.
                input type="text" name="account" value=(visit.account()) autocomplete="username" hidden;
                (form::field(&present, found))
                (form::new_password(l, found))
                button.main { (l.say("変更", "Change")) }
            }
        }
        p.hint {
            (l.say(
                "変更すると、このアカウントの他のログインはすべて終わります。",
                "All other log-ins of this account end with the change.",
            ))
        }
    };
    frame(visit, l.say("パスワード変更", "Change password"), &body)
}

/// Changes it.
pub(super) async fn change(
    State(shared): State<Arc<Shared>>,
    Extension(mut visit): Extension<Visit>,
    changed: Result<Form<Changed>, FormRejection>,
) -> Result<Response, Failed> {
    let l = visit.language;
    let Form(Changed {
        present,
        new,
        again,
    }) = changed.unwrap_or_default();
    let Some(visitor) = visit.visitor.as_mut() else {
        return Err(anyhow::anyhow!("a page for who is logged in let somebody else in").into());
    };
    let mistake = if !new.is_empty() && !new.same(&again) {
        form::differ(l)
    } else {
        match shared.change_password(visitor, &present, &new).await {
            Ok(token) => {
                let cookie = [(header::SET_COOKIE, log_in::session(&token))];
                visitor.token = token;
                visitor.initial = false;
                return Ok((cookie, done(&visit)).into_response());
            }
            Err(error) => mistake(l, error)?,
        }
    };
    Ok((StatusCode::BAD_REQUEST, page(&visit, &[mistake])).into_response())
}

fn done(visit: &Visit) -> Markup {
    let l = visit.language;
    let body = html! {
        p.note.up role="status" {
            strong { (l.say("パスワードを変更しました。", "Your password was changed.")) }
        }
        a.button.main href=(menu::PATH) { (l.say("メニューへ", "To the menu")) }
    };
    frame(visit, l.say("パスワード変更", "Change password"), &body)
}

fn mistake(l: Language, error: ChangeError) -> Result<Mistake, Failed> {
    Ok(match error {
        ChangeError::Weak(weak) => form::weak(l, weak),
        ChangeError::Same => Mistake::new(
            "new",
            l.say(
                "新しいパスワードが、現在のパスワードと同じです。",
                "The new password is the present one.",
            ),
        ),
        ChangeError::Present(LogInError::Locked(left)) => log_in::locked(l, "present", left),
        ChangeError::Present(LogInError::Broken(Broken::Busy(_))) => {
            Mistake::new("new", log_in::busy_words(l))
        }
        ChangeError::Present(LogInError::Broken(error)) => return Err(error.into()),
        ChangeError::Present(LogInError::Wrong | LogInError::InitialOver) => Mistake::new(
            "present",
            l.say(
                "現在のパスワードが違います。",
                "The present password is wrong.",
            ),
        ),
    })
}
