// SPDX-License-Identifier: MIT OR Apache-2.0
//! What PostgreSQL alone does: asks for a password, goes away and comes back, is somebody else's already.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use axum::http::Method;
use support::{LIMIT, Lodging, again, alone};
use uketsuke_link::client::CallError;
use uketsuke_link::fault::Cause;
use uketsuke_link::orders::{Results, Taken};
use uketsuke_terminal::app;
use uketsuke_testkit::postgres::Postgres;

#[tokio::test]
async fn a_second_terminal_on_a_database_ends_by_itself_and_one_after_the_first_does_not() {
    let dir = Lodging::postgres();
    let (first, _reader) = alone(&dir).await;
    let other = Lodging::sqlite();
    uketsuke_centre::pki::make(&other.path().join("pki")).unwrap();
    let error = app::start(&support::config(&dir), &other.places(), || (), None)
        .await
        .err()
        .unwrap();
    assert!(
        format!("{error:#}").contains("another terminal works on this database"),
        "{error:#}"
    );
    drop(first);
    again(&dir).await;
}

#[tokio::test]
async fn a_server_that_crashes_is_told_to_readers_and_come_back_to() {
    let server = Postgres::start();
    let dir = Lodging::on(&server.database());
    let (_terminal, reader) = alone(&dir).await;
    support::heard(&reader).await;
    let nothing = Results {
        results: Vec::new(),
    };
    let path = "/v1/orders/results";
    let ask = || reader.call::<Taken>(Method::POST, path, Some(&nothing), LIMIT);
    for _ in 0..3 {
        server.crash();
        let answered = async {
            loop {
                match ask().await {
                    Ok(_) => return,
                    Err(CallError::Refused(fault)) => {
                        assert_eq!(fault.error, Cause::StorageFailed);
                    }
                    Err(other) => panic!("{other}"),
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(LIMIT, answered).await.unwrap();
    }
}

/// The daemon with a file of passwords; what it said until it listened or ended.
fn started(dir: &Lodging, database: &str, password: &str) -> String {
    let config = format!(
        "[terminal]\nlisten = \"127.0.0.1:0\"\npage = \"127.0.0.1:0\"\ndatabase = \"{database}\"\n"
    );
    let place = dir.path();
    std::fs::create_dir_all(place.join("config")).unwrap();
    std::fs::write(place.join("config/reader.toml"), config).unwrap();
    let passwords = place.join("database.pgpass");
    std::fs::write(&passwords, format!("*:*:*:*:{password}\n")).unwrap();
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&passwords, private).unwrap();
    let log = place.join("log");
    let said = std::fs::File::create(&log).unwrap();
    let places = dir.places();
    let mut daemon = Command::new(Path::new(env!("CARGO_BIN_EXE_uketsuke-terminal")))
        .env("UKETSUKE_CONFIG", place.join("config"))
        .env("STATE_DIRECTORY", places.state)
        .env("RUNTIME_DIRECTORY", places.runtime)
        .env("CREDENTIALS_DIRECTORY", places.credentials)
        .env("PGPASSFILE", passwords)
        .env("UKETSUKE_LOG", "debug")
        .env_remove("NOTIFY_SOCKET")
        .stdin(Stdio::null())
        .stdout(said.try_clone().unwrap())
        .stderr(said)
        .spawn()
        .unwrap();
    let end = std::time::Instant::now() + LIMIT;
    let said = loop {
        let said = std::fs::read_to_string(&log).unwrap();
        if said.contains("listening") || daemon.try_wait().unwrap().is_some() {
            break said;
        }
        assert!(std::time::Instant::now() < end, "{said}");
        std::thread::sleep(Duration::from_millis(20));
    };
    // It may have ended by itself.
    let _ = daemon.kill();
    daemon.wait().unwrap();
    said
}

#[tokio::test]
async fn a_password_comes_from_a_file_of_its_own_and_is_never_told() {
    const PASSWORD: &str = "a password of a test";
    let server = Postgres::start();
    let database = server.database();
    server.demand_password("guarded", PASSWORD);
    let database = database.replace("user=postgres", "user=guarded");
    let dir = Lodging::sqlite();
    uketsuke_centre::pki::make(&dir.path().join("pki")).unwrap();
    let said = started(&dir, &database, PASSWORD);
    assert!(said.contains("listening"), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
    let said = started(&dir, &database, "another one");
    assert!(!said.contains("listening"), "{said}");
    assert!(said.contains("password authentication failed"), "{said}");
    assert!(!said.contains("another one"), "{said}");
}

/// PostgreSQL keeps no text with a NUL in it, and SQLite does.
async fn a_nul_in_what_is_asked_for_is_nobodys_name_and_no_failure(dir: Lodging) {
    let (desk, _reader) = alone(&dir).await;
    for (what, form) in [
        ("GET /history?reader=%00&result=%00", ""),
        ("GET /history?result=valid%00", ""),
        ("POST /log-in", "account=kanri%00&password=%00"),
        ("POST /accounts/register", "account=%00&role=general"),
        ("GET /accounts/one?account=%00", ""),
        ("POST /accounts/role", "account=%00&role=general"),
        ("POST /accounts/enabled", "account=%00&enabled=false"),
        ("POST /accounts/initial", "account=%00"),
        ("POST /accounts/unlock", "account=%00"),
        ("POST /passcodes/confirm", "account=%00&what=issue"),
        ("POST /passcodes/done", "token=%00"),
        ("GET /readers/mode?reader=%00", ""),
        ("POST /readers/mode", "reader=%00&mode=pin-only"),
        (
            "POST /readers/vouch",
            "reader=%00&id=%00&done=on&checked=%00",
        ),
        ("GET /profile?reader=%00", ""),
        ("POST /profile", "reader=%00"),
        ("POST /password", "present=%00&new=%00&again=%00"),
    ] {
        let answer = support::page(&desk, "localhost", what, form).await;
        let status = support::between(&answer, "HTTP/1.1 ", " ").to_owned();
        assert!(!status.starts_with('5'), "{what}: {answer}");
    }
}

on_both! {
    a_nul_in_what_is_asked_for_is_nobodys_name_and_no_failure,
}
