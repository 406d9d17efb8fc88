// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may do what at the console: every route of the real router, asked by everybody, against
//! `access.txt`. Forms are sent without anything in them: where somebody may, the page finds them wrong
//! (400), over (409), or has nothing to ask for.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::fmt::Write;
use std::path::Path;

use support::{
    Desk, Lodging, LogIn, alone, between, encoded, exchange, log_in, opened, page, sent,
};

const PASSWORD: &str = "another four words of a test";

/// Registers an account; its initial password.
async fn registered(desk: &Desk, account: &str, role: &str) -> String {
    let form = format!("account={account}&role={role}");
    let shown = page(desk, "localhost", "POST /accounts/register", &form).await;
    between(&shown, "id=\"initial\">", "<").to_owned()
}

/// The same account once it has its own password.
async fn settled(desk: &Desk, account: &str, role: &str) -> LogIn {
    let initial = registered(desk, account, role).await;
    let beginner = log_in(desk, account, &initial, "").await;
    let new = encoded(PASSWORD);
    let form = format!("present={initial}&new={new}&again={new}");
    let answer = sent(desk, &beginner, "POST /password", &form).await;
    opened(desk, &answer).await
}

/// What a page may load and do. One page has a script, a file of ours; every other has and may run none.
fn policy(answer: &str) -> &'static str {
    let scripts = answer.matches("<script").count();
    if scripts == 0 {
        return "content-security-policy: default-src 'none'; style-src 'self'; form-action 'self'; \
                base-uri 'none'; frame-ancestors 'none'";
    }
    let ours = "<script src=\"/live.js\" defer></script>";
    assert!(scripts == 1 && answer.contains(ours) && answer.contains("id=\"live-readers\""));
    "content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

/// Status, and where it leads.
fn came_of(answer: &str) -> String {
    let status = answer.split(' ').nth(1).unwrap();
    let to = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "));
    to.map_or_else(|| status.to_owned(), |to| format!("{status}:{to}"))
}

async fn every_route_lets_in_who_may_and_nobody_else(dir: Lodging) {
    let (desk, _reader) = alone(&dir).await;
    let initial = registered(&desk, "beginner", "administrator").await;
    let comers = [
        ("nobody", LogIn::default()),
        ("beginner", log_in(&desk, "beginner", &initial, "").await),
        ("general", settled(&desk, "general", "general").await),
        ("administrator", desk.log_in.clone()),
    ];
    let mut routes: Vec<_> = uketsuke_terminal::routes().collect();
    // Who has logged out is nobody.
    routes.sort_by_key(|(_, path)| *path == "/log-out");
    let mut table = String::new();
    for (method, path) in routes {
        let what = format!("{method} {path}");
        write!(table, "{what}").unwrap();
        if method == "POST" {
            only_from_our_pages(&desk, &what, &comers).await;
        }
        for (name, comer) in &comers {
            let answer = sent(&desk, comer, &what, "").await;
            write!(table, " {name}={}", came_of(&answer)).unwrap();
            for header in [
                "cache-control: no-store",
                "x-content-type-options: nosniff",
                policy(&answer),
            ] {
                assert!(answer.contains(header), "{what}: {header}: {answer}");
            }
            assert!(!answer.contains("style="), "{what}");
        }
        table.push('\n');
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/access.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &table).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == table,
        "access.txt differs from what is answered; read the change, then run BLESS=1 cargo test:\n{table}"
    );
}

/// Nobody's form is taken from elsewhere, and no log-in's without its seal.
async fn only_from_our_pages(desk: &Desk, what: &str, comers: &[(&str, LogIn)]) {
    for (name, comer) in comers {
        for site in [None, Some("cross-site"), Some("same-site"), Some("none")] {
            let answer = exchange(desk.page, "localhost", site, comer, what, "").await;
            assert!(
                answer.starts_with("HTTP/1.1 403"),
                "{what} {name} {site:?}: {answer}"
            );
        }
        let answer = exchange(
            desk.page,
            "example.com",
            Some("same-origin"),
            comer,
            what,
            "",
        )
        .await;
        assert!(
            answer.starts_with("HTTP/1.1 421"),
            "{what} {name}: {answer}"
        );
    }
    let anyone = ["POST /language", "POST /first", "POST /log-in"];
    if !anyone.contains(&what) {
        for seal in ["", "0", &"0".repeat(64), &comers[2].1.seal] {
            let forged = LogIn {
                cookies: desk.log_in.cookies.clone(),
                seal: seal.to_owned(),
            };
            let answer = sent(desk, &forged, what, "").await;
            assert!(
                answer.starts_with("HTTP/1.1 403"),
                "{what} {seal}: {answer}"
            );
        }
    }
}

on_both! {
    every_route_lets_in_who_may_and_nobody_else,
}
