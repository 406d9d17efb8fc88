// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is good for a time only: log-ins, the code of the first account, initial passwords. Nobody
//! waits: what the database says of the past is changed.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use support::{
    ADMINISTRATOR, Lodging, LogIn, PASSWORD, alone, between, code, encoded, fresh, page, sent,
};

/// Changes one row behind the terminal's back.
async fn write(dir: &Lodging, sql: &'static str) {
    assert_eq!(dir.write(sql).await, 1, "{sql}");
}

async fn used(dir: &Lodging) -> i64 {
    dir.number("SELECT used FROM log_in").await
}

async fn a_log_in_that_is_not_used_goes_stale_and_a_page_that_renews_itself_is_no_use(
    dir: Lodging,
) {
    let (desk, _reader) = alone(&dir).await;
    write(
        &dir,
        "UPDATE log_in SET opened = opened - 120, used = used - 120",
    )
    .await;
    let before = used(&dir).await;
    let shown = page(&desk, "localhost", "GET /readers?renewed", "").await;
    assert!(shown.starts_with("HTTP/1.1 200"), "{shown}");
    assert!(shown.contains("id=\"live-readers\""));
    assert_eq!(used(&dir).await, before);
    page(&desk, "localhost", "GET /state", "").await;
    assert!(used(&dir).await >= before + 120);

    for sql in [
        "UPDATE log_in SET opened = opened - 1800, used = used - 1800",
        "UPDATE log_in SET opened = opened - 43200",
        "UPDATE log_in SET used = used + 1000",
    ] {
        dir.write("DELETE FROM log_in").await;
        let form = format!("account={ADMINISTRATOR}&password={}", encoded(PASSWORD));
        let answer = sent(&desk, &LogIn::default(), "POST /log-in", &form).await;
        let here = support::opened(&desk, &answer).await;
        write(&dir, sql).await;
        let answer = sent(&desk, &here, "GET /", "").await;
        assert!(answer.contains("location: /log-in?over"), "{sql}: {answer}");
        let count = dir.number("SELECT count(*) FROM log_in").await;
        assert_eq!(count, 0, "{sql}");
    }
}

async fn a_code_is_good_for_half_an_hour_whatever_the_clock_does(dir: Lodging) {
    let (terminal, _reader) = fresh(&dir).await;
    let password = encoded(PASSWORD);
    for sql in [
        "UPDATE first_code SET made = made - 1800, until = until - 1800",
        // Made by a clock that was put back since.
        "UPDATE first_code SET made = made + 1000, until = until + 1000",
    ] {
        let code = code(&dir).await.unwrap();
        write(&dir, sql).await;
        let form = format!("code={code}&account=kanri&new={password}&again={password}");
        let answer = sent(&terminal, &LogIn::default(), "POST /first", &form).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{sql}: {answer}");
        assert!(answer.contains("登録コードが違うか、有効期間が終わりました"));
    }
}

async fn an_initial_password_is_good_for_a_week(dir: Lodging) {
    let (desk, _reader) = alone(&dir).await;
    let form = "account=suzuki&role=general";
    let shown = page(&desk, "localhost", "POST /accounts/register", form).await;
    let initial = between(&shown, "id=\"initial\">", "<");
    write(
        &dir,
        "UPDATE account SET initial_until = initial_until - 604800 WHERE initial_until IS NOT NULL",
    )
    .await;
    let form = format!("account=suzuki&password={initial}");
    let answer = sent(&desk, &LogIn::default(), "POST /log-in", &form).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert!(answer.contains("初期パスワードの有効期間が終わりました"));
    let list = page(&desk, "localhost", "GET /accounts", "").await;
    assert!(list.contains("初期パスワードの期限切れ"));
}

on_both! {
    a_log_in_that_is_not_used_goes_stale_and_a_page_that_renews_itself_is_no_use,
    a_code_is_good_for_half_an_hour_whatever_the_clock_does,
    an_initial_password_is_good_for_a_week,
}
