// SPDX-License-Identifier: MIT OR Apache-2.0
//! ログイン and ログアウト.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::FormRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;

use super::access::{BROWSER, COOKIE, Visit, cookie};
use super::form::{self, Field, Mistake, Said};
use super::language::Language;
use super::{Failed, first, frame, menu};
use crate::Shared;
use crate::console::{Broken, LONGEST, LogInError, Opened, Password, Token};

/// Where they are.
pub(super) const PATH: &str = "/log-in";
/// Where a log-in that is over leads.
pub(super) const OVER: &str = "/log-in?over";
/// Where the button sends.
pub(super) const OUT: &str = "/log-out";

#[derive(Deserialize)]
pub(super) struct Entered {
    account: String,
    password: Password,
}

/// The page.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failed> {
    if visit.visitor.is_some() {
        return Ok(Redirect::to(menu::PATH).into_response());
    }
    if !shared.store.has_accounts().await? {
        return Ok(Redirect::to(first::PATH).into_response());
    }
    let l = visit.language;
    let said = match query.as_deref() {
        Some("over") => Some(Said::Wrong(
            l.say(
                "ログインの有効期間が終わりました。もう一度ログインしてください。送信中だった内容は保存されていません。",
                "Your log-in is over. Please log in again. What was being sent was not saved.",
            )
            .to_owned(),
        )),
        Some("out") => Some(Said::Done(
            l.say("ログアウトしました。", "You are logged out.").to_owned(),
        )),
        _ => None,
    };
    Ok(page(&visit, "", &[], said.as_ref()).into_response())
}

fn page(visit: &Visit, account: &str, found: &[Mistake], said: Option<&Said>) -> Markup {
    let l = visit.language;
    let password = Field {
        id: "password",
        label: l.say("パスワード", "Password"),
        hint: None,
        kind: "password",
        autocomplete: "current-password",
        longest: LONGEST,
        value: "",
    };
    let body = html! {
        (form::said(said))
        (form::mistakes(l, found))
        div.tall {
            form method="post" action=(PATH) {
                (form::account(l, account, found))
                (form::field(&password, found))
                button.main { (l.say("ログイン", "Log in")) }
            }
        }
        p.hint {
            (l.say(
                "パスワードを忘れた場合は、管理アカウントの担当者に初期パスワードの再発行を依頼してください。",
                "If you forgot your password, ask an administrator for a new initial one.",
            ))
        }
    };
    frame(visit, l.say("ログイン", "Log in"), &body)
}

/// Logs in.
pub(super) async fn enter(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    entered: Result<Form<Entered>, FormRejection>,
) -> Result<Response, Failed> {
    let l = visit.language;
    let Ok(Form(Entered { account, password })) = entered else {
        return Ok((StatusCode::BAD_REQUEST, page(&visit, "", &[wrong(l)], None)).into_response());
    };
    let account = account.trim();
    let browser = cookie(&headers, BROWSER).and_then(Token::parse);
    match shared.log_in(account, &password, browser).await {
        Ok(opened) => Ok(opened_to(menu::PATH, &opened)),
        Err(error) => not_in(&visit, account, error),
    }
}

/// What a browser is told that is logged in now.
pub(super) fn opened_to(path: &str, opened: &Opened) -> Response {
    let session = session(&opened.token);
    // Sent to this page alone, for the longest time that browsers keep anything.
    let browser = format!(
        "{BROWSER}={}; Path={PATH}; Max-Age=34560000; HttpOnly; SameSite=Strict",
        *opened.browser.text()
    );
    let cookies = AppendHeaders([(header::SET_COOKIE, session), (header::SET_COOKIE, browser)]);
    (cookies, Redirect::to(path)).into_response()
}

/// The cookie of a log-in; the browser drops it when it is closed.
pub(super) fn session(token: &Token) -> String {
    format!(
        "{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict",
        *token.text()
    )
}

fn not_in(visit: &Visit, account: &str, error: LogInError) -> Result<Response, Failed> {
    let l = visit.language;
    let (status, mistake) = match error {
        LogInError::Wrong => (StatusCode::UNAUTHORIZED, wrong(l)),
        LogInError::Locked(left) => (StatusCode::TOO_MANY_REQUESTS, locked(l, "account", left)),
        LogInError::InitialOver => (
            StatusCode::UNAUTHORIZED,
            Mistake::new(
                "password",
                l.say(
                    "初期パスワードの有効期間が終わりました。管理アカウントの担当者に再発行を依頼してください。",
                    "This initial password is too old. Ask an administrator for a new one.",
                ),
            ),
        ),
        LogInError::Broken(Broken::Busy(_)) => (StatusCode::SERVICE_UNAVAILABLE, busy(l)),
        LogInError::Broken(error) => return Err(error.into()),
    };
    Ok((status, page(visit, account, &[mistake], None)).into_response())
}

fn wrong(l: Language) -> Mistake {
    let words = l.say(
        "アカウントまたはパスワードが違います。",
        "The account or the password is wrong.",
    );
    Mistake::new("password", words)
}

/// Too many wrong passwords.
pub(super) fn locked(l: Language, field: &'static str, left: Duration) -> Mistake {
    let minutes = left.as_secs().div_ceil(60);
    let words = l.say(
        format!("パスワードの誤りが続いたため、あと{minutes}分間は入力できません。"),
        format!("Too many wrong passwords: this is locked for another {minutes} min."),
    );
    Mistake::new(field, words)
}

/// Too many passwords at a time.
pub(super) fn busy_words(l: Language) -> &'static str {
    l.say(
        "混み合っています。少し待ってから、もう一度行ってください。",
        "Too many people are logging in. Please wait a little and try again.",
    )
}

fn busy(l: Language) -> Mistake {
    Mistake::new("password", busy_words(l))
}

/// Who is logged in, and the button to leave.
pub(super) fn out(visit: &Visit) -> Markup {
    let l = visit.language;
    html! {
        @if let Some(visitor) = &visit.visitor {
            span { (visitor.account) "（" (super::accounts::role_name(l, visitor.role)) "）" }
            form method="post" action=(OUT) {
                (form::seal(visit))
                button { (l.say("ログアウト", "Log out")) }
            }
        }
    }
}

/// Logs out.
pub(super) async fn leave(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
) -> Result<Response, Failed> {
    if let Some(visitor) = &visit.visitor {
        shared.log_out(visitor).await?;
    }
    let gone = format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    let to = Redirect::to("/log-in?out");
    Ok(([(header::SET_COOKIE, gone)], to).into_response())
}
