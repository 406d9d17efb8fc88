// SPDX-License-Identifier: MIT OR Apache-2.0
//! The console's accounts over HTTP: the first one, log-in and lock-out, passwords, what administrators do.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use support::{
    ADMINISTRATOR, Desk, Lodging, LogIn, PASSWORD, again, alone, between, code, encoded, first,
    fresh, log_in, opened, page, sent,
};
use uketsuke_terminal::Doing;
use uketsuke_terminal::app::Terminal;

const NEW: &str = "another four words of a test";

async fn get(terminal: &Terminal, log_in: &LogIn, path: &str) -> String {
    sent(terminal, log_in, &format!("GET {path}"), "").await
}

/// The administrator presses a button; the answer.
async fn post(desk: &Desk, path: &str, form: &str) -> String {
    page(desk, "localhost", &format!("POST {path}"), form).await
}

async fn enter(terminal: &Terminal, account: &str, password: &str, cookies: &str) -> String {
    let browser = LogIn {
        cookies: cookies.to_owned(),
        seal: String::new(),
    };
    let form = format!("account={account}&password={}", encoded(password));
    sent(terminal, &browser, "POST /log-in", &form).await
}

fn is(answer: &str, status: u16) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status}")),
        "{answer}"
    );
}

fn leads_to(answer: &str, path: &str) {
    is(answer, 303);
    assert!(
        answer.contains(&format!("location: {path}\r\n")),
        "{answer}"
    );
}

async fn register(desk: &Desk, account: &str, role: &str) -> String {
    let form = format!("account={account}&role={role}");
    let shown = post(desk, "/accounts/register", &form).await;
    is(&shown, 200);
    between(&shown, "id=\"initial\">", "<").to_owned()
}

async fn change(desk: &Desk, who: &LogIn, present: &str, new: &str) -> String {
    let (present, new) = (encoded(present), encoded(new));
    let form = format!("present={present}&new={new}&again={new}");
    sent(desk, who, "POST /password", &form).await
}

async fn a_fresh_terminal_has_no_way_in_but_the_code_of_the_box_once(dir: Lodging) {
    let (terminal, _reader) = fresh(&dir).await;
    let nobody = LogIn::default();
    for path in ["/", "/log-in", "/accounts"] {
        leads_to(&get(&terminal, &nobody, path).await, "/first");
    }
    is(&get(&terminal, &nobody, "/first").await, 200);
    is(&enter(&terminal, "admin", "admin", "").await, 401);

    let old = code(&dir).await.unwrap();
    let good = code(&dir).await.unwrap();
    let with = |code: &str, account: &str, new: &str, again: &str| {
        let (new, again) = (encoded(new), encoded(again));
        format!("code={code}&account={account}&new={new}&again={again}")
    };
    for (form, words) in [
        (String::new(), "登録コードが違う"),
        (with(&old, "kanri", PASSWORD, PASSWORD), "登録コードが違う"),
        (
            with("0000-0000-0000-0000", "kanri", PASSWORD, PASSWORD),
            "登録コードが違う",
        ),
        (with(&good, "kan%20ri", PASSWORD, PASSWORD), "64文字まで"),
        (with(&good, "kanri", "short", "short"), "15文字以上"),
        (with(&good, "kanri", PASSWORD, NEW), "一致しません"),
    ] {
        let refused = sent(&terminal, &nobody, "POST /first", &form).await;
        is(&refused, 400);
        assert!(refused.contains(words), "{form}: {refused}");
        assert!(!refused.contains(PASSWORD) && !refused.contains(&good));
    }
    let typed = good.replace('-', "+").to_lowercase();
    let admin = first(&terminal, &typed, ADMINISTRATOR, PASSWORD).await;
    is(&get(&terminal, &admin, "/accounts").await, 200);
    let form = with(&good, "other", PASSWORD, PASSWORD);
    leads_to(
        &sent(&terminal, &nobody, "POST /first", &form).await,
        "/log-in",
    );
    assert_eq!(code(&dir).await, None);

    // Neither code nor password nor token lies in the database.
    let token = between(&admin.cookies, "uketsuke_session=", ";").to_owned();
    drop(terminal);
    let plain = good.replace('-', "");
    let bytes = dir.dump();
    for secret in [PASSWORD, &good, &plain, &token] {
        let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!found, "{secret}");
    }
}

async fn wrong_passwords_lock_strange_browsers_and_an_administrator_takes_it_back(dir: Lodging) {
    let (desk, _reader) = alone(&dir).await;
    // A name of nobody is answered like one of somebody.
    for account in [ADMINISTRATOR, "nobody"] {
        for _ in 0..4 {
            let wrong = enter(&desk, account, NEW, "").await;
            is(&wrong, 401);
            assert!(wrong.contains("アカウントまたはパスワードが違います"));
        }
        let locked = enter(&desk, account, NEW, "").await;
        is(&locked, 429);
        assert!(locked.contains("あと1分間"), "{locked}");
        is(&enter(&desk, account, PASSWORD, "").await, 429);
    }
    // The browser that staff use is none of them, and neither is another account.
    let known = log_in(&desk, ADMINISTRATOR, PASSWORD, &desk.log_in.cookies).await;
    assert!(get(&desk, &known, "/accounts").await.contains("ロック中"));
    let initial = register(&desk, "suzuki", "general").await;
    log_in(&desk, "suzuki", &initial, "").await;
    is(&enter(&desk, ADMINISTRATOR, PASSWORD, "").await, 429);

    let form = format!("account={ADMINISTRATOR}");
    is(&post(&desk, "/accounts/unlock", &form).await, 200);
    assert!(!get(&desk, &known, "/accounts").await.contains("ロック中"));
    log_in(&desk, ADMINISTRATOR, PASSWORD, "").await;
}

async fn a_lock_outlives_a_restart(dir: Lodging) {
    let (desk, _reader) = alone(&dir).await;
    let initial = register(&desk, "suzuki", "general").await;
    for _ in 0..5 {
        enter(&desk, "suzuki", NEW, "").await;
    }
    drop(desk);
    let (desk, _reader) = again(&dir).await;
    is(&enter(&desk, "suzuki", &initial, "").await, 429);
}

async fn an_initial_password_is_changed_before_anything_else_and_ends_what_was_open(dir: Lodging) {
    let (desk, _reader) = alone(&dir).await;
    let initial = register(&desk, "suzuki", "general").await;
    let here = log_in(&desk, "suzuki", &initial, "").await;
    let there = log_in(&desk, "suzuki", &initial, "").await;
    leads_to(&get(&desk, &here, "/").await, "/password");
    for (present, new, words) in [
        (NEW, PASSWORD, "現在のパスワードが違います"),
        (&initial, "short", "15文字以上"),
        (&initial, "suzuki suzuki suzuki", "名前を含めない"),
        (&initial, &initial, "同じです"),
    ] {
        let refused = change(&desk, &here, present, new).await;
        is(&refused, 400);
        assert!(refused.contains(words), "{refused}");
    }
    let changed = change(&desk, &here, &initial, NEW).await;
    is(&changed, 200);
    let here_now = opened(&desk, &changed).await;
    is(&get(&desk, &here_now, "/").await, 200);
    for over in [&here, &there] {
        leads_to(&get(&desk, over, "/").await, "/log-in?over");
    }
    is(&enter(&desk, "suzuki", &initial, "").await, 401);

    // Another initial one: the same again, and every log-in is over.
    let shown = post(&desk, "/accounts/initial", "account=suzuki").await;
    let second = between(&shown, "id=\"initial\">", "<").to_owned();
    assert_ne!(second, initial);
    leads_to(&get(&desk, &here_now, "/").await, "/log-in?over");
    let here = log_in(&desk, "suzuki", &second, "").await;
    leads_to(&get(&desk, &here, "/readers").await, "/password");
}

async fn who_is_disabled_or_logs_out_is_out_at_once(dir: Lodging) {
    let (desk, _reader) = alone(&dir).await;
    let initial = register(&desk, "suzuki", "general").await;
    let open = log_in(&desk, "suzuki", &initial, "").await;
    is(
        &post(&desk, "/accounts/enabled", "account=suzuki&enabled=false").await,
        200,
    );
    leads_to(&get(&desk, &open, "/password").await, "/log-in?over");
    is(&enter(&desk, "suzuki", &initial, "").await, 401);
    is(
        &post(&desk, "/accounts/enabled", "account=suzuki&enabled=true").await,
        200,
    );
    leads_to(&get(&desk, &open, "/password").await, "/log-in?over");

    let open = log_in(&desk, "suzuki", &initial, "").await;
    let out = sent(&desk, &open, "POST /log-out", "").await;
    leads_to(&out, "/log-in?out");
    assert!(out.contains("set-cookie: uketsuke_session=; Path=/; Max-Age=0"));
    leads_to(&get(&desk, &open, "/password").await, "/log-in?over");
}

async fn somebody_who_can_administer_is_always_left(dir: Lodging) {
    let (desk, _reader) = alone(&dir).await;
    let last = [
        (
            "/accounts/role",
            format!("account={ADMINISTRATOR}&role=general"),
        ),
        (
            "/accounts/enabled",
            format!("account={ADMINISTRATOR}&enabled=false"),
        ),
        ("/accounts/initial", format!("account={ADMINISTRATOR}")),
    ];
    let refused = async |desk: &Desk| {
        for (path, form) in &last {
            let answer = post(desk, path, form).await;
            is(&answer, 409);
            assert!(answer.contains("他に1つ以上必要"), "{answer}");
        }
    };
    refused(&desk).await;
    // One that has not logged in yet may never do so.
    let initial = register(&desk, "tanaka", "administrator").await;
    refused(&desk).await;
    let tanaka = log_in(&desk, "tanaka", &initial, "").await;
    let changed = change(&desk, &tanaka, &initial, NEW).await;
    let tanaka = opened(&desk, &changed).await;
    is(&post(&desk, last[0].0, &last[0].1).await, 200);
    // What an account may do is looked at each time.
    is(&get(&desk, &desk.log_in, "/accounts").await, 403);
    is(&get(&desk, &tanaka, "/accounts").await, 200);
}

async fn accounts_that_cannot_be_registered_are_refused_by_name(dir: Lodging) {
    let (desk, _reader) = alone(&dir).await;
    for (form, words) in [
        ("account=kanri&role=general", "登録済みです"),
        ("account=%3Cb%3E&role=general", "64文字まで"),
        ("account=suzuki&role=root", "64文字まで"),
        ("account=suzuki", "64文字まで"),
    ] {
        let refused = post(&desk, "/accounts/register", form).await;
        is(&refused, 400);
        assert!(refused.contains(words), "{form}: {refused}");
        assert!(refused.contains("href=\"#account\"") && refused.contains("aria-invalid=\"true\""));
    }
    is(
        &get(&desk, &desk.log_in, "/accounts/one?account=nobody").await,
        404,
    );
    is(
        &post(&desk, "/accounts/role", "account=nobody&role=general").await,
        404,
    );
}

async fn what_was_done_is_listed_with_who_did_it_and_without_a_secret(dir: Lodging) {
    let (desk, _reader) = alone(&dir).await;
    let initial = register(&desk, "suzuki", "general").await;
    enter(&desk, "suzuki", NEW, "").await;
    post(&desk, "/accounts/role", "account=suzuki&role=administrator").await;
    enter(&desk, "pass word typed here", NEW, "").await;
    let shown = get(&desk, &desk.log_in, "/doings").await;
    for words in [
        "最初のアカウントの登録",
        "アカウントの登録",
        "パスワードの誤り",
        "管理",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    for secret in [&*initial, PASSWORD, NEW, "typed here"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let store = dir.store().await;
    let doings = store.doings(10).await.unwrap();
    let listed: Vec<_> = doings
        .iter()
        .rev()
        .map(|done| {
            (
                done.account.as_str(),
                done.what.unwrap(),
                done.about.as_str(),
            )
        })
        .collect();
    assert_eq!(
        listed,
        [
            ("", Doing::FirstCode, ""),
            (ADMINISTRATOR, Doing::FirstAccount, ADMINISTRATOR),
            (ADMINISTRATOR, Doing::LoggedIn, ""),
            (ADMINISTRATOR, Doing::Registered, "suzuki"),
            ("suzuki", Doing::NotLoggedIn, ""),
            (ADMINISTRATOR, Doing::RoleChanged, "suzuki"),
        ]
    );
}

async fn the_language_is_chosen_and_kept_by_the_browser(dir: Lodging) {
    let (desk, _reader) = alone(&dir).await;
    let nobody = LogIn::default();
    let chosen = sent(
        &desk,
        &nobody,
        "POST /language",
        "language=en&back=%2Flog-in",
    )
    .await;
    leads_to(&chosen, "/log-in");
    assert!(chosen.contains("uketsuke_language=en;"));
    let english = LogIn {
        cookies: format!("{}; uketsuke_language=en", desk.log_in.cookies),
        seal: desk.log_in.seal.clone(),
    };
    let pages = [
        "/",
        "/state",
        "/readers",
        "/passcodes",
        "/accounts",
        "/accounts/one?account=kanri",
        "/password",
        "/doings",
        "/nowhere",
    ];
    for path in pages {
        let page = get(&desk, &english, path).await;
        assert!(page.contains("<html lang=\"en\">"), "{path}");
        let japanese = |c: char| ('\u{3040}'..='\u{30ff}').contains(&c);
        // The switch back, and nothing else.
        let left = page.replace("日本語", "");
        assert!(!left.contains(japanese), "{path}: {left}");
        let page = get(&desk, &desk.log_in, path).await;
        assert!(page.contains("<html lang=\"ja\">"), "{path}");
    }
    for form in ["", "language=fr&back=%2F", "language=en"] {
        is(&sent(&desk, &nobody, "POST /language", form).await, 400);
    }
    let away = "language=en&back=%2F%2Fexample.com%2F";
    leads_to(&sent(&desk, &nobody, "POST /language", away).await, "/");
}

on_both! {
    a_fresh_terminal_has_no_way_in_but_the_code_of_the_box_once,
    wrong_passwords_lock_strange_browsers_and_an_administrator_takes_it_back,
    a_lock_outlives_a_restart,
    an_initial_password_is_changed_before_anything_else_and_ends_what_was_open,
    who_is_disabled_or_logs_out_is_out_at_once,
    somebody_who_can_administer_is_always_left,
    accounts_that_cannot_be_registered_are_refused_by_name,
    what_was_done_is_listed_with_who_did_it_and_without_a_secret,
    the_language_is_chosen_and_kept_by_the_browser,
}
