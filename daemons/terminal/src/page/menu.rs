// SPDX-License-Identifier: MIT OR Apache-2.0
//! The menu, in the groups of the ministry's terminal.

use axum::Extension;
use maud::{Markup, html};

use super::access::Visit;
use super::language::Language;
use super::{
    accounts, doings, frame, history, log_in, passcodes, password, profile, readers, state,
    statistics, table,
};

/// Where it is.
pub(super) const PATH: &str = "/";

type Words = (&'static str, &'static str);

/// A group of pages: its name, and path and name of each.
type Group = (Words, &'static [(&'static str, Words)]);

const GROUPS: &[Group] = &[
    (
        (
            "顔認証付きカードリーダー",
            "Face authentication card readers",
        ),
        &[(
            readers::PATH,
            ("顔認証付きカードリーダー操作", "Operate card readers"),
        )],
    ),
    (
        ("アカウント情報管理", "Accounts"),
        &[
            (
                accounts::PATH,
                ("アカウント管理（登録・更新）", "Manage accounts"),
            ),
            (password::PATH, ("パスワード変更", "Change password")),
            (
                passcodes::PATH,
                (
                    "目視確認用パスコード発行",
                    "Issue passcodes for visual checks",
                ),
            ),
        ],
    ),
    (
        ("問い合わせ管理", "Enquiries"),
        &[
            (state::PATH, ("端末の状態", "State of the terminal")),
            (history::PATH, ("資格確認履歴照会", "History of check-ins")),
            (statistics::PATH, ("利用状況", "Statistics")),
            (doings::PATH, ("操作の記録", "Record of operations")),
        ],
    ),
    (
        ("環境設定情報管理", "Settings"),
        &[(
            profile::PATH,
            ("環境設定情報更新", "Settings of card readers"),
        )],
    ),
];

/// The page.
pub(super) async fn show(Extension(visit): Extension<Visit>) -> Markup {
    let l = visit.language;
    let body = html! {
        @for (name, pages) in GROUPS {
            @let pages = theirs(&visit, pages);
            @if !pages.is_empty() {
                h2 { (in_words(l, *name)) }
                ul { @for (path, words) in pages { li { a href=(path) { (words) } } } }
            }
        }
    };
    frame(&visit, in_words(l, ("メニュー", "Menu")), &body)
}

/// The same on top of every page; nothing for who is not logged in.
pub(super) fn bar(visit: &Visit) -> Markup {
    let l = visit.language;
    let all = GROUPS.iter().flat_map(|(_, pages)| theirs(visit, pages));
    let here = visit.back.split('?').next().unwrap_or_default();
    let first = theirs(visit, &[(PATH, ("メニュー", "Menu"))]);
    html! {
        @if visit.visitor.is_some() {
            nav aria-label=(l.say("メニュー", "Menu")) {
                ul {
                    @for (path, words) in first.into_iter().chain(all) {
                        li { a href=(path) aria-current=[(path == here).then_some("page")] { (words) } }
                    }
                }
            }
        } @else if visit.back != log_in::PATH {
            nav aria-label=(l.say("メニュー", "Menu")) {
                ul { li { a href=(log_in::PATH) { (l.say("ログイン", "Log in")) } } }
            }
        }
    }
}

/// Those that who is here may see.
fn theirs(
    visit: &Visit,
    pages: &'static [(&'static str, Words)],
) -> Vec<(&'static str, &'static str)> {
    let may = |path: &str| table::shown(path).is_some_and(|who| visit.may(who));
    let named = pages.iter().filter(|(path, _)| may(path));
    named
        .map(|(path, words)| (*path, in_words(visit.language, *words)))
        .collect()
}

fn in_words(l: Language, (japanese, english): Words) -> &'static str {
    l.say(japanese, english)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_of_the_menu_is_a_page() {
        for (_, pages) in GROUPS {
            for (path, _) in *pages {
                assert!(table::shown(path).is_some(), "{path}");
            }
        }
    }
}
