// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is good for a time only: log-ins, the code of the first account, initial passwords. Nobody
//! waits: what the database says of the past is changed.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use support::{ADMINISTRATOR, LogIn, PASSWORD, alone, between, code, encoded, fresh, page, sent};

async fn database(dir: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(dir.join("state/terminal.db"));
    options.connect().await.unwrap()
}

async fn write(dir: &Path, sql: &'static str) {
    let done = sqlx::raw_sql(sql).execute(&mut database(dir).await).await;
    assert_eq!(done.unwrap().rows_affected(), 1, "{sql}");
}

async fn used(dir: &Path) -> i64 {
    let select = sqlx::query_scalar("SELECT used FROM log_in");
    select.fetch_one(&mut database(dir).await).await.unwrap()
}

#[tokio::test]
async fn a_log_in_that_is_not_used_goes_stale_and_a_page_that_renews_itself_is_no_use() {
    let dir = tempfile::tempdir().unwrap();
    let (desk, _reader) = alone(dir.path()).await;
    write(
        dir.path(),
        "UPDATE log_in SET opened = opened - 120, used = used - 120",
    )
    .await;
    let before = used(dir.path()).await;
    let shown = page(&desk, "localhost", "GET /readers?renewed", "").await;
    assert!(shown.starts_with("HTTP/1.1 200"), "{shown}");
    assert!(shown.contains("id=\"live-readers\""));
    assert_eq!(used(dir.path()).await, before);
    page(&desk, "localhost", "GET /state", "").await;
    assert!(used(dir.path()).await >= before + 120);

    for sql in [
        "UPDATE log_in SET opened = opened - 1800, used = used - 1800",
        "UPDATE log_in SET opened = opened - 43200",
        "UPDATE log_in SET used = used + 1000",
    ] {
        let form = format!("account={ADMINISTRATOR}&password={}", encoded(PASSWORD));
        let answer = sent(&desk, &LogIn::default(), "POST /log-in", &form).await;
        let here = support::opened(&desk, &answer).await;
        sqlx::raw_sql("DELETE FROM log_in WHERE rowid < (SELECT max(rowid) FROM log_in)")
            .execute(&mut database(dir.path()).await)
            .await
            .unwrap();
        write(dir.path(), sql).await;
        let answer = sent(&desk, &here, "GET /", "").await;
        assert!(answer.contains("location: /log-in?over"), "{sql}: {answer}");
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM log_in")
            .fetch_one(&mut database(dir.path()).await)
            .await
            .unwrap();
        assert_eq!(count, 0, "{sql}");
    }
}

#[tokio::test]
async fn a_code_is_good_for_half_an_hour_whatever_the_clock_does() {
    let dir = tempfile::tempdir().unwrap();
    let (terminal, _reader) = fresh(dir.path()).await;
    let password = encoded(PASSWORD);
    for sql in [
        "UPDATE first_code SET made = made - 1800, until = until - 1800",
        // Made by a clock that was put back since.
        "UPDATE first_code SET made = made + 1000, until = until + 1000",
    ] {
        let code = code(dir.path()).await.unwrap();
        write(dir.path(), sql).await;
        let form = format!("code={code}&account=kanri&new={password}&again={password}");
        let answer = sent(&terminal, &LogIn::default(), "POST /first", &form).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{sql}: {answer}");
        assert!(answer.contains("登録コードが違うか、有効期間が終わりました"));
    }
}

#[tokio::test]
async fn an_initial_password_is_good_for_a_week() {
    let dir = tempfile::tempdir().unwrap();
    let (desk, _reader) = alone(dir.path()).await;
    let form = "account=suzuki&role=general";
    let shown = page(&desk, "localhost", "POST /accounts/register", form).await;
    let initial = between(&shown, "id=\"initial\">", "<");
    write(
        dir.path(),
        "UPDATE account SET initial_until = initial_until - 604800 WHERE initial_until NOT NULL",
    )
    .await;
    let form = format!("account=suzuki&password={initial}");
    let answer = sent(&desk, &LogIn::default(), "POST /log-in", &form).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert!(answer.contains("初期パスワードの有効期間が終わりました"));
    let list = page(&desk, "localhost", "GET /accounts", "").await;
    assert!(list.contains("初期パスワードの期限切れ"));
}
