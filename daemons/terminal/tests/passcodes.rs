// SPDX-License-Identifier: MIT OR Apache-2.0
//! Passcodes from the page to a reader: shown once, ordered until the reader has said that it is so.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use axum::http::Method;
use support::{
    Desk, LIMIT, Lodging, again, alone, between, confirmed, heard, orders, page, tell, token,
};
use uketsuke_bus::staff::StaffEvent;
use uketsuke_link::client::{CallError, Client};
use uketsuke_link::events::{Event, Events};
use uketsuke_link::fault::Cause;
use uketsuke_link::orders::{Became, Command, OrderResult, Results, Taken};
use uketsuke_link::wire::Receipt;

const HERE: &str = "localhost";

fn digits(shown: &str) -> &str {
    between(shown, "id=\"digits\">", "<")
}

async fn list(terminal: &Desk) -> String {
    page(terminal, HERE, "GET /passcodes", "").await
}

/// The one order there is: its id, and the digits where a passcode is issued.
async fn only(reader: &Client, account: &str) -> (String, Option<String>) {
    let mut orders = orders(reader, "").await;
    assert_eq!(orders.len(), 1);
    let order = orders.remove(0);
    match &order.command {
        Command::IssuePasscode { account: a, code } => {
            assert_eq!(a, account);
            (order.id, Some(code.0.clone()))
        }
        Command::WithdrawPasscode { account: a } => {
            assert_eq!(a, account);
            (order.id, None)
        }
        Command::Hold { .. }
        | Command::Vouch
        | Command::SetProfile { .. }
        | Command::WithdrawProfile => panic!("nobody asked for it"),
    }
}

async fn a_passcode_is_shown_once_and_ordered_until_the_reader_has_it(dir: Lodging) {
    let (terminal, reader) = alone(&dir).await;
    assert!(list(&terminal).await.contains("まだ発行されていません"));
    heard(&reader).await;
    let token = token(&terminal, "issue", "suzuki").await;
    let done = format!("token={token}");
    // The reader waits for orders before there are any, as a reader does.
    let (shown, ()) = tokio::join!(
        page(&terminal, HERE, "POST /passcodes/done", &done),
        async {
            let first = only(&reader, "suzuki").await;
            // Not told, not done: it comes again, the same.
            let (id, code) = only(&reader, "suzuki").await;
            assert_eq!((&id, &code), (&first.0, &first.1));
            assert!(code.is_some());
            tell(&reader, &id, Became::Issued).await;
        }
    );
    assert_eq!(digits(&shown).len(), 4);
    assert!(shown.contains("no-store") && shown.contains("form-action 'self'"));
    let shown_again = page(&terminal, HERE, "POST /passcodes/done", &done).await;
    assert!(shown_again.starts_with("HTTP/1.1 409"), "{shown_again}");
    assert!(!shown_again.contains("id=\"digits\""));
    let list = list(&terminal).await;
    assert!(list.contains("反映済み") && !list.contains("id=\"digits\""));
}

async fn a_reader_that_was_away_gets_the_newest_and_a_withdrawal_takes_it_away(dir: Lodging) {
    let (terminal, reader) = alone(&dir).await;
    confirmed(&terminal, "issue", "suzuki").await;
    let second = confirmed(&terminal, "issue", "suzuki").await;
    let (id, code) = only(&reader, "suzuki").await;
    assert_eq!(code.as_deref(), Some(digits(&second)));
    // What became of something that was overtaken, or never was, is not news.
    tell(&reader, "0123456789abcdef0123456789abcdef", Became::Issued).await;
    assert!(list(&terminal).await.contains("接続を待っています"));
    tell(&reader, &id, Became::Issued).await;
    assert!(list(&terminal).await.contains("反映済み"));

    let gone = confirmed(&terminal, "withdraw", "suzuki").await;
    assert!(gone.contains("取り消しました"));
    let (id, code) = only(&reader, "suzuki").await;
    assert_eq!(code, None);
    tell(&reader, &id, Became::Withdrawn).await;
    assert!(list(&terminal).await.contains("まだ発行されていません"));
}

async fn digits_another_account_has_are_drawn_anew_before_they_are_shown(dir: Lodging) {
    let (terminal, reader) = alone(&dir).await;
    heard(&reader).await;
    let (shown, second) = tokio::join!(confirmed(&terminal, "issue", "suzuki"), async {
        let (first, code) = only(&reader, "suzuki").await;
        assert!(code.is_some());
        tell(&reader, &first, Became::Taken).await;
        loop {
            // Until it is drawn anew the reader is told to hold none: what it had is worth nothing.
            let (id, code) = only(&reader, "suzuki").await;
            if id != first {
                tell(&reader, &id, Became::Issued).await;
                return code.unwrap();
            }
            assert_eq!(code, None);
        }
    });
    assert_eq!(digits(&shown), second);
}

async fn digits_do_not_outlive_the_terminal_and_the_old_ones_neither(dir: Lodging) {
    let (terminal, reader) = alone(&dir).await;
    confirmed(&terminal, "issue", "suzuki").await;
    let (_, code) = only(&reader, "suzuki").await;
    assert!(code.is_some());
    drop((terminal, reader));
    let (terminal, reader) = again(&dir).await;
    let (id, code) = only(&reader, "suzuki").await;
    assert_eq!(code, None);
    tell(&reader, &id, Became::Withdrawn).await;
    assert!(list(&terminal).await.contains("再発行してください"));
}

async fn what_happened_is_stored_once_and_shown(dir: Lodging) {
    let (terminal, reader) = alone(&dir).await;
    assert!(list(&terminal).await.contains("まだ記録がありません"));
    let event = |key: char, event: StaffEvent, account: &str, seconds: u32| Event {
        key: key.to_string().repeat(32),
        at: 1_795_188_605,
        event,
        account: account.into(),
        seconds,
    };
    let events = Events {
        events: vec![
            event('1', StaffEvent::Opened, "suzuki", 0),
            event('1', StaffEvent::Opened, "suzuki", 0),
            event('2', StaffEvent::Elapsed, "suzuki", 180),
            event('3', StaffEvent::NotOpened, "", 0),
            event('4', StaffEvent::Opened, "no account", 0),
            event('x', StaffEvent::Opened, "suzuki", 0),
        ],
    };
    for _ in 0..2 {
        let path = "/v1/events";
        let told = reader.call::<Receipt>(Method::POST, path, Some(&events), LIMIT);
        let receipt = told.await.unwrap();
        assert_eq!(receipt.acknowledged.len(), 4);
        assert_eq!(receipt.refused, ["4".repeat(32), "x".repeat(32)]);
    }
    let list = list(&terminal).await;
    for (words, times) in [
        ("終了（時間切れ）", 1),
        ("180秒", 1),
        ("開始", 1),
        ("パスコード不可", 1),
    ] {
        assert_eq!(list.matches(words).count(), times, "{words} on {list}");
    }
}

async fn what_is_no_account_and_who_is_not_here_is_refused(dir: Lodging) {
    let (terminal, reader) = alone(&dir).await;
    for form in [
        "",
        "account=suzuki",
        "account=&what=issue",
        "account=a%20b&what=issue",
        "account=%E9%88%B4&what=issue",
        "account=suzuki&what=other",
    ] {
        let refused = page(&terminal, HERE, "POST /passcodes/confirm", form).await;
        assert!(refused.starts_with("HTTP/1.1 400"), "{form}: {refused}");
        assert!(refused.contains("64文字まで"));
    }
    for form in ["", "token=", "token=0123456789abcdef0123456789abcdef"] {
        let refused = page(&terminal, HERE, "POST /passcodes/done", form).await;
        assert!(refused.starts_with("HTTP/1.1 409"), "{form}: {refused}");
    }
    for what in [
        "GET /passcodes",
        "POST /passcodes/confirm",
        "POST /passcodes/done",
    ] {
        let refused = page(&terminal, "example.com", what, "").await;
        assert!(refused.starts_with("HTTP/1.1 421"), "{what}: {refused}");
    }
    assert!(list(&terminal).await.contains("まだ発行されていません"));
    let many = Results {
        results: (0..33)
            .map(|_| OrderResult::new(String::new(), Became::Issued))
            .collect(),
    };
    let path = "/v1/orders/results";
    let told = reader.call::<Taken>(Method::POST, path, Some(&many), LIMIT);
    match told.await {
        Err(CallError::Refused(fault)) => assert_eq!(fault.error, Cause::BadRequest),
        other => panic!("{other:?}"),
    }
}

on_both! {
    a_passcode_is_shown_once_and_ordered_until_the_reader_has_it,
    a_reader_that_was_away_gets_the_newest_and_a_withdrawal_takes_it_away,
    digits_another_account_has_are_drawn_anew_before_they_are_shown,
    digits_do_not_outlive_the_terminal_and_the_old_ones_neither,
    what_happened_is_stored_once_and_shown,
    what_is_no_account_and_who_is_not_here_is_refused,
}
