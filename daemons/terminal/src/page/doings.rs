// SPDX-License-Identifier: MIT OR Apache-2.0
//! 操作の記録: who did what when at the console.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use maud::{Markup, html};
use uketsuke_bus::view::Operation;

use super::access::Visit;
use super::language::Language;
use super::{Failed, accounts, clock, frame, heads, readers};
use crate::console::Role;
use crate::{Doing, Done, Shared, from_wire};

/// Where it is.
pub(super) const PATH: &str = "/doings";
/// Lines shown.
const SHOWN: u32 = 200;

/// The page.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
) -> Result<Markup, Failed> {
    let l = visit.language;
    let doings = shared.store.doings(SHOWN).await?;
    let names = l.say(
        ["日時", "アカウント", "内容", "対象", "値"],
        ["When", "Account", "What", "With", "Value"],
    );
    let body = html! {
        p {
            (l.say(
                format!("新しいものから{SHOWN}件までを表示します。"),
                format!("The last {SHOWN}, newest first."),
            ))
        }
        table {
            (heads(&names))
            tbody { @for done in &doings { (line(l, done)) } }
        }
    };
    Ok(frame(
        &visit,
        l.say("操作の記録", "Record of operations"),
        &body,
    ))
}

fn line(l: Language, done: &Done) -> Markup {
    html! {
        tr {
            td { (clock(done.at)) }
            td { @if done.account.is_empty() { (l.say("（機器）", "(the box)")) } @else { (done.account) } }
            td { (done.what.map_or("—", |what| words(l, what))) }
            td { @if done.about.is_empty() { "—" } @else { (done.about) } }
            td { (detail(l, &done.detail)) }
        }
    }
}

/// A role or a mode.
fn detail(l: Language, word: &str) -> &'static str {
    let role = from_wire(word).map(|role: Role| accounts::role_name(l, role));
    let mode = || from_wire(word).map(|mode: Operation| readers::label(l, mode));
    role.or_else(mode).unwrap_or("—")
}

fn words(l: Language, doing: Doing) -> &'static str {
    match doing {
        Doing::FirstCode => l.say("登録コードの表示", "Code for the first account shown"),
        Doing::FirstAccount => l.say("最初のアカウントの登録", "First account made"),
        Doing::LoggedIn => l.say("ログイン", "Logged in"),
        Doing::NotLoggedIn => l.say("パスワードの誤り", "Wrong password"),
        Doing::LoggedOut => l.say("ログアウト", "Logged out"),
        Doing::PasswordChanged => l.say("パスワードの変更", "Password changed"),
        Doing::Registered => l.say("アカウントの登録", "Account registered"),
        Doing::RoleChanged => l.say("アカウント種別の変更", "Role changed"),
        Doing::Enabled => l.say("アカウントの有効化", "Account enabled"),
        Doing::Disabled => l.say("アカウントの停止", "Account disabled"),
        Doing::InitialPassword => l.say("初期パスワードの再発行", "New initial password"),
        Doing::Unlocked => l.say("ロックの解除", "Lock released"),
        Doing::PasscodeIssued => l.say("目視確認用パスコードの発行", "Passcode issued"),
        Doing::PasscodeWithdrawn => l.say("目視確認用パスコードの取消", "Passcode withdrawn"),
        Doing::ModeSet => l.say("運転モードの変更", "Operation mode set"),
        Doing::ProfileSet => l.say("環境設定情報の更新", "Settings of a reader changed"),
        Doing::ProfileWithdrawn => l.say("環境設定情報の取消", "Settings of a reader withdrawn"),
        Doing::Vouched => l.say("目視で本人確認完了", "Vouched for by eye"),
    }
}
