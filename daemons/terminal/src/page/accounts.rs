// SPDX-License-Identifier: MIT OR Apache-2.0
//! アカウント管理（登録・更新）.

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;

use super::access::Visit;
use super::form::{self, Mistake, Said};
use super::language::Language;
use super::{Failed, clock, frame, heads, log_in};
use crate::console::{AccountError, Broken, Registered, Role};
use crate::{Account, Shared};

/// Where they are.
pub(super) const PATH: &str = "/accounts";
/// One of them.
pub(super) const ONE: &str = "/accounts/one";
/// Where the buttons send.
pub(super) const REGISTER: &str = "/accounts/register";
pub(super) const ROLE: &str = "/accounts/role";
pub(super) const ENABLED: &str = "/accounts/enabled";
pub(super) const INITIAL: &str = "/accounts/initial";
pub(super) const UNLOCK: &str = "/accounts/unlock";

const ROLES: [Role; 2] = [Role::General, Role::Administrator];

#[derive(Deserialize)]
pub(super) struct New {
    account: String,
    role: Role,
}

#[derive(Deserialize)]
pub(super) struct Named {
    account: String,
}

#[derive(Deserialize)]
pub(super) struct Switched {
    account: String,
    enabled: bool,
}

/// A role in words.
pub(super) fn role_name(l: Language, role: Role) -> &'static str {
    match role {
        Role::General => l.say("一般", "general"),
        Role::Administrator => l.say("管理", "administrator"),
    }
}

fn title(l: Language) -> &'static str {
    l.say("アカウント管理（登録・更新）", "Manage accounts")
}

/// The list, and the form for a new one.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
) -> Result<Markup, Failed> {
    list(&shared, &visit, "", &[], None).await
}

async fn list(
    shared: &Shared,
    visit: &Visit,
    typed: &str,
    found: &[Mistake],
    said: Option<&Said>,
) -> Result<Markup, Failed> {
    let l = visit.language;
    let accounts = shared.store.accounts().await?;
    let locked = shared.locked_accounts().await?;
    let names = l.say(
        ["アカウント", "種別", "状態", "登録日時", "操作"],
        ["Account", "Role", "State", "Registered", "Change"],
    );
    let body = html! {
        (form::said(said))
        (form::mistakes(l, found))
        table {
            (heads(&names))
            tbody {
                @for account in &accounts {
                    tr {
                        th scope="row" { (account.name) }
                        td { (role_name(l, account.role)) }
                        td { (standing(l, account, locked.contains(&account.name))) }
                        td { (clock(account.made)) }
                        td {
                            a.button href={ (ONE) "?account=" (account.name) }
                                aria-label={ (account.name) " " (l.say("の更新", "change")) } {
                                (l.say("更新", "Change"))
                            }
                        }
                    }
                }
            }
        }
        section aria-labelledby="register" {
            h2 #register { (l.say("アカウント登録", "Register an account")) }
            form method="post" action=(REGISTER) {
                (form::seal(visit))
                (form::account(l, typed, found))
                fieldset {
                    legend { (l.say("種別", "Role")) }
                    @for role in ROLES {
                        label.tick {
                            input type="radio" name="role" value=(crate::wire_name(&role)) required
                                checked[role == Role::General];
                            (role_name(l, role))
                        }
                        " "
                    }
                    p.hint {
                        (l.say(
                            "一般は窓口の業務に使います。管理は、これに加えてアカウントとパスコードを管理します。",
                            "General is for the work at the counter. Administrators manage accounts and passcodes as well.",
                        ))
                    }
                }
                button.main { (l.say("登録", "Register")) }
            }
        }
    };
    Ok(frame(visit, title(l), &body))
}

/// How it stands with an account, in words.
fn standing(l: Language, account: &Account, locked: bool) -> Markup {
    let over = account
        .initial_until
        .is_some_and(|until| until <= uketsuke_link::now());
    html! {
        @if !account.enabled {
            span.down { (l.say("停止中", "disabled")) }
        } @else if over {
            span.down { (l.say("初期パスワードの期限切れ", "initial password too old")) }
        } @else if account.initial_until.is_some() {
            span { (l.say("初回ログイン前", "not logged in yet")) }
        } @else {
            span.up { (l.say("有効", "enabled")) }
        }
        @if locked {
            " " span.down { (l.say("ロック中", "locked")) }
        }
    }
}

/// One account, by the query.
pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    named: Result<Query<Named>, QueryRejection>,
) -> Result<Response, Failed> {
    let name = named.map(|Query(named)| named.account).unwrap_or_default();
    about(&shared, &visit, &name, StatusCode::OK, None).await
}

async fn about(
    shared: &Shared,
    visit: &Visit,
    name: &str,
    status: StatusCode,
    said: Option<&Said>,
) -> Result<Response, Failed> {
    let l = visit.language;
    let accounts = shared.store.accounts().await?;
    let Some(account) = accounts.iter().find(|account| account.name == name) else {
        let said = said.is_none().then(|| Said::Wrong(no_such(l).to_owned()));
        let page = list(shared, visit, "", &[], said.as_ref()).await?;
        return Ok((StatusCode::NOT_FOUND, page).into_response());
    };
    let locked = shared.locked_accounts().await?.contains(&account.name);
    let (other, switch) = match account.role {
        Role::General => (
            Role::Administrator,
            l.say("管理に変更", "Make it an administrator"),
        ),
        Role::Administrator => (Role::General, l.say("一般に変更", "Make it general")),
    };
    let enable = if account.enabled {
        l.say("停止", "Disable")
    } else {
        l.say("有効にする", "Enable")
    };
    let hidden = html! {
        (form::seal(visit))
        input type="hidden" name="account" value=(account.name);
    };
    let body = html! {
        (form::said(said))
        dl {
            dt { (l.say("アカウント", "Account")) } dd { (account.name) }
            dt { (l.say("種別", "Role")) } dd { (role_name(l, account.role)) }
            dt { (l.say("状態", "State")) } dd { (standing(l, account, locked)) }
        }
        form method="post" action=(ROLE) {
            (hidden)
            button name="role" value=(crate::wire_name(&other)) { (switch) }
        }
        form method="post" action=(ENABLED) {
            (hidden)
            button name="enabled" value=(!account.enabled) { (enable) }
        }
        form method="post" action=(INITIAL) {
            (hidden)
            button { (l.say("初期パスワードの再発行", "New initial password")) }
        }
        @if locked {
            form method="post" action=(UNLOCK) {
                (hidden)
                button.main { (l.say("ロック解除", "Release the lock")) }
            }
        }
        p { a.button href=(PATH) { (l.say("一覧へ戻る", "Back to the list")) } }
    };
    let page = frame(visit, l.say("アカウント更新", "Change an account"), &body);
    Ok((status, page).into_response())
}

/// Registers one.
pub(super) async fn register(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    new: Result<Form<New>, FormRejection>,
) -> Result<Response, Failed> {
    let l = visit.language;
    let Ok(Form(New { account, role })) = new else {
        let page = list(&shared, &visit, "", &[form::no_account(l)], None).await?;
        return Ok((StatusCode::BAD_REQUEST, page).into_response());
    };
    let account = account.trim();
    match shared.register(visit.account(), account, role).await {
        Ok(Registered(password)) => Ok(shown_once(&visit, account, &password).into_response()),
        Err(error) => {
            let mistake = Mistake::new("account", words(l, error)?);
            let page = list(&shared, &visit, account, &[mistake], None).await?;
            Ok((StatusCode::BAD_REQUEST, page).into_response())
        }
    }
}

/// The password, once.
fn shown_once(visit: &Visit, account: &str, password: &str) -> Markup {
    let l = visit.language;
    let days = crate::console::INITIAL_DAYS;
    let body = html! {
        p { (l.say("アカウント：", "Account: ")) strong { (account) } }
        p.once #initial { (password) }
        p.note {
            (l.say(
                format!(
                    "初期パスワードです。この画面を閉じると、もう一度表示することはできません。本人に渡してください。\
                     {days}日以内の最初のログインで、自分のパスワードに変更します。"
                ),
                format!(
                    "The initial password. It cannot be shown again: hand it to the person now. \
                     It is changed at the first log-in, within {days} days."
                ),
            ))
        }
        a.button.main href=(PATH) { "OK" }
    };
    frame(visit, l.say("初期パスワード", "Initial password"), &body)
}

/// Changes a role.
pub(super) async fn role(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    new: Result<Form<New>, FormRejection>,
) -> Result<Response, Failed> {
    let Ok(Form(New { account, role })) = new else {
        return nothing(&shared, &visit).await;
    };
    let done = shared.set_role(visit.account(), &account, role).await;
    came_of(&shared, &visit, &account, done).await
}

/// Lets it log in, or no longer.
pub(super) async fn enabled(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    switched: Result<Form<Switched>, FormRejection>,
) -> Result<Response, Failed> {
    let Ok(Form(Switched { account, enabled })) = switched else {
        return nothing(&shared, &visit).await;
    };
    let by = visit.account();
    let done = shared.set_enabled(by, &account, enabled).await;
    came_of(&shared, &visit, &account, done).await
}

/// Another initial password.
pub(super) async fn initial(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    named: Result<Form<Named>, FormRejection>,
) -> Result<Response, Failed> {
    let Ok(Form(Named { account })) = named else {
        return nothing(&shared, &visit).await;
    };
    match shared.renew(visit.account(), &account).await {
        Ok(Registered(password)) => Ok(shown_once(&visit, &account, &password).into_response()),
        Err(error) => came_of(&shared, &visit, &account, Err(error)).await,
    }
}

/// Takes its wrong passwords back.
pub(super) async fn unlock(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    named: Result<Form<Named>, FormRejection>,
) -> Result<Response, Failed> {
    let Ok(Form(Named { account })) = named else {
        return nothing(&shared, &visit).await;
    };
    let done = shared.unlock(visit.account(), &account).await;
    came_of(&shared, &visit, &account, done).await
}

async fn nothing(shared: &Shared, visit: &Visit) -> Result<Response, Failed> {
    let said = Said::Wrong(no_such(visit.language).to_owned());
    let page = list(shared, visit, "", &[], Some(&said)).await?;
    Ok((StatusCode::BAD_REQUEST, page).into_response())
}

async fn came_of(
    shared: &Shared,
    visit: &Visit,
    account: &str,
    done: Result<(), AccountError>,
) -> Result<Response, Failed> {
    let l = visit.language;
    let (status, said) = match done {
        Ok(()) => {
            let words = l.say("変更しました。", "Changed.");
            (StatusCode::OK, Said::Done(words.to_owned()))
        }
        Err(error) => (
            StatusCode::CONFLICT,
            Said::Wrong(words(l, error)?.to_owned()),
        ),
    };
    about(shared, visit, account, status, Some(&said)).await
}

fn no_such(l: Language) -> &'static str {
    l.say(
        "このアカウントはありません。一覧から選んでください。",
        "There is no such account. Choose one of the list.",
    )
}

fn words(l: Language, error: AccountError) -> Result<&'static str, Failed> {
    Ok(match error {
        AccountError::Name => l.say(
            "アカウントは、半角の英数字と . _ - で、64文字までで入力してください。",
            "An account is written with letters, digits and . _ - of ASCII, 64 at most.",
        ),
        AccountError::Taken => l.say(
            "このアカウントは登録済みです。別の名前にしてください。",
            "There is such an account already. Choose another name.",
        ),
        AccountError::Last => l.say(
            "変更していません。ログインできる管理アカウントが、他に1つ以上必要です。",
            "Nothing was changed: another administrator that can log in is needed.",
        ),
        AccountError::Many => l.say(
            "アカウントの数が上限に達しています。",
            "There are as many accounts as there may be.",
        ),
        AccountError::Broken(Broken::Busy(_)) => log_in::busy_words(l),
        AccountError::Broken(error) => return Err(error.into()),
    })
}
