// SPDX-License-Identifier: MIT OR Apache-2.0
//! 目視確認用パスコード発行, in the steps of the ministry's notice: 発行, confirm, four digits shown once, OK.

pub(super) mod record;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use uketsuke_bus::staff::is_account;
use uketsuke_link::orders::Became;
use uketsuke_link::random_id;

use super::access::Visit;
use super::language::Language;
use super::{Failed, clock, form, frame, heads};
use crate::{Doing, Holder, IssueError, Issued, OnReader, Shared};

/// Where they are.
pub(super) const PATH: &str = "/passcodes";

/// Where the buttons send.
pub(super) const CONFIRM: &str = "/passcodes/confirm";
pub(super) const DONE: &str = "/passcodes/done";

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
pub(super) struct Asked {
    account: String,
    what: What,
}

#[derive(Deserialize)]
pub(super) struct Confirmed {
    token: String,
}

/// Confirmations shown and not answered. What is done is what stood on the page, once: neither another
/// site nor a page loaded again can do it.
#[derive(Clone, Default)]
pub(super) struct Confirmations(Arc<Mutex<VecDeque<(String, Asked)>>>);

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

/// Who has one, and the form.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
) -> Result<Markup, Failed> {
    page(&shared, &visit, &[]).await
}

async fn page(shared: &Shared, visit: &Visit, found: &[form::Mistake]) -> Result<Markup, Failed> {
    let l = visit.language;
    let holders = shared.store.holders().await?;
    let happenings = shared.store.happenings(record::SHOWN).await?;
    let body = html! {
        (form::mistakes(l, found))
        (asking(visit, found))
        h2 { (l.say("発行済みのアカウント", "Accounts with a passcode")) }
        (table(visit, &holders))
        h2 { (l.say("目視確認の記録", "Record of visual checks")) }
        (record::lines(l, &happenings))
    };
    Ok(frame(visit, title(l), &body))
}

fn title(l: Language) -> &'static str {
    l.say(
        "目視確認用パスコード発行",
        "Issue passcodes for visual checks",
    )
}

fn asking(visit: &Visit, found: &[form::Mistake]) -> Markup {
    let l = visit.language;
    let wrong = found.first().map(|_| "true");
    html! {
        p {
            (l.say(
                "顔認証付きカードリーダーで職員が目視確認を行うための、4桁の数字です。アカウント毎に発行します。",
                "Four digits with which staff vouch for a patient by eye at a card reader. Each account has its own.",
            ))
        }
        form method="post" action=(CONFIRM) {
            (form::seal(visit))
            label for="account" { (l.say("アカウント", "Account")) }
            input id="account" name="account" required maxlength="64" pattern="[A-Za-z0-9._\\-]+"
                autocomplete="off" spellcheck="false" aria-describedby="account-form" aria-invalid=[wrong];
            " "
            button.main name="what" value="issue" { (l.say("発行", "Issue")) }
            p #account-form { (form::account_rule(l)) }
        }
    }
}

fn table(visit: &Visit, holders: &[Holder]) -> Markup {
    let l = visit.language;
    let names = l.say(
        ["アカウント", "発行日時", "カードリーダーへの反映", "操作"],
        ["Account", "Issued", "At the card readers", "Change"],
    );
    html! {
        @if holders.is_empty() {
            p {
                (l.say(
                    "まだ発行されていません。カードリーダーの「職員用」ボタンは表示されません。",
                    "None yet. Card readers do not show the button for staff.",
                ))
            }
        } @else {
            table {
                (heads(&names))
                tbody {
                    @for holder in holders {
                        tr {
                            td { (holder.account) }
                            td { (clock(holder.at)) }
                            td { (readers(l, &holder.readers)) }
                            td {
                                (again(visit, &holder.account, "issue", l.say("再発行", "Issue anew")))
                                (again(visit, &holder.account, "withdraw", l.say("取消", "Withdraw")))
                            }
                        }
                    }
                }
            }
            @if holders.len() > 4 {
                p.note {
                    (l.say(
                        "使わないパスコードは取り消してください。多いほど、偶然に当たりやすくなります。",
                        "Withdraw what is not used: the more there are, the sooner one is guessed.",
                    ))
                }
            }
        }
    }
}

fn again(visit: &Visit, account: &str, what: &str, label: &str) -> Markup {
    let of = visit.language.say(" の", ": ");
    html! {
        form method="post" action=(CONFIRM) {
            (form::seal(visit))
            input type="hidden" name="account" value=(account);
            button name="what" value=(what) aria-label={ (account) (of) (label) } { (label) }
        }
    }
}

fn readers(l: Language, readers: &[OnReader]) -> Markup {
    html! {
        @if readers.is_empty() {
            (l.say("カードリーダーがまだ接続されていません", "No card reader has come yet"))
        }
        @for on in readers {
            div {
                (on.reader) (l.say("：", ": "))
                @match on.became {
                    Some(Became::Issued) => span.up { (l.say("反映済み", "there")) },
                    None => span { (l.say("接続を待っています", "waiting for it")) },
                    Some(Became::NoPasscodes) => span.down {
                        (l.say("このカードリーダーでは使えません（初期設定が必要）", "not usable here: the reader must be set up"))
                    },
                    Some(
                        Became::Withdrawn
                        | Became::Taken
                        | Became::Refused
                        | Became::Held
                        | Became::Vouched
                        | Became::NotNow
                        | Became::Kept
                    ) => span.down { (l.say("使えません。再発行してください", "not usable: issue it anew")) },
                }
            }
        }
    }
}

/// Asks back.
pub(super) async fn confirm(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    Extension(confirmations): Extension<Confirmations>,
    asked: Result<Form<Asked>, FormRejection>,
) -> Result<Response, Failed> {
    let l = visit.language;
    let asked = asked.ok().map(|Form(asked)| asked);
    let Some(asked) = asked.filter(|asked| is_account(&asked.account)) else {
        let page = page(&shared, &visit, &[form::no_account(l)]).await?;
        return Ok((StatusCode::BAD_REQUEST, page).into_response());
    };
    let (question, effect) = match asked.what {
        What::Issue => l.say(
            (
                "目視確認用パスコードを発行しますか。",
                "発行済みのパスコードがある場合は、使えなくなります。",
            ),
            (
                "Issue a passcode?",
                "The one it has now will be good for nothing.",
            ),
        ),
        What::Withdraw => l.say(
            (
                "目視確認用パスコードを取り消しますか。",
                "発行済みのパスコードは使えなくなります。",
            ),
            ("Withdraw the passcode?", "It will be good for nothing."),
        ),
    };
    let account = asked.account.clone();
    let token = confirmations.ask(asked);
    let body = html! {
        p { (l.say("アカウント：", "Account: ")) strong { (account) } }
        p { (question) br; (effect) }
        form method="post" action=(DONE) {
            (form::seal(&visit))
            input type="hidden" name="token" value=(token);
            button.main autofocus { "OK" }
        }
        a.button href=(PATH) { (l.say("キャンセル", "Cancel")) }
    };
    Ok(frame(&visit, l.say("確認", "Are you sure?"), &body).into_response())
}

/// Does what was confirmed.
pub(super) async fn done(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    Extension(confirmations): Extension<Confirmations>,
    confirmed: Result<Form<Confirmed>, FormRejection>,
) -> Result<Response, Failed> {
    let l = visit.language;
    let to_page = html! { a.button href=(PATH) { (title(l)) (l.say("へ", "")) } };
    let asked = confirmed
        .ok()
        .and_then(|Form(c)| confirmations.take(&c.token));
    let Some(asked) = asked else {
        let body = html! {
            p {
                (l.say(
                    "この確認画面は終了しました。表示したパスコードは、もう一度表示できません。",
                    "This question was answered before. A passcode cannot be shown again.",
                ))
            }
            (to_page)
        };
        let page = frame(&visit, l.say("終了した画面", "This page is over"), &body);
        return Ok((StatusCode::CONFLICT, page).into_response());
    };
    let account = &asked.account;
    let by = visit.account();
    let body = match asked.what {
        What::Withdraw => {
            shared.withdraw(account).await?;
            shared
                .note(by, Doing::PasscodeWithdrawn, account, "")
                .await?;
            html! {
                p { (l.say("アカウント：", "Account: ")) strong { (account) } }
                p { (l.say("目視確認用パスコードを取り消しました。", "The passcode was withdrawn.")) }
                a.button.main href=(PATH) { "OK" }
            }
        }
        What::Issue => match shared.issue(account).await {
            Ok(issued) => {
                shared.note(by, Doing::PasscodeIssued, account, "").await?;
                shown(l, account, &issued)
            }
            Err(IssueError::AllTaken) => html! {
                p.down role="alert" {
                    (l.say(
                        "発行できませんでした。使わないパスコードを取り消してから、もう一度発行してください。",
                        "None could be issued. Withdraw those that are not used and try again.",
                    ))
                }
                (to_page)
            },
            Err(error) => return Err(error.into()),
        },
    };
    let title = l.say("目視確認用パスコード", "Passcode for visual checks");
    Ok(frame(&visit, title, &body).into_response())
}

/// The digits, once.
fn shown(l: Language, account: &str, issued: &Issued) -> Markup {
    html! {
        p { (l.say("アカウント：", "Account: ")) strong { (account) } }
        p.digits #digits { (issued.digits.0) }
        p.note {
            (l.say(
                "この画面を閉じると、もう一度表示することはできません。忘れた場合は再発行してください。",
                "It cannot be shown again once this page is closed. If it is forgotten, issue another.",
            ))
        }
        p { (readers(l, &issued.readers)) }
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
