// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every method, misused in every way its errors name.

use std::fs::File;

use uketsuke_bus::secret;
use uketsuke_bus::uplink1::{CONSENTS_BYTES, CheckInRequest, REQUEST_BYTES, Uplink1Error};
use zbus::OwnedFd;

use crate::house::{House, consents, file};

fn bytes(content: &[u8]) -> OwnedFd {
    secret::seal(content).unwrap().into()
}

fn not_a_secret() -> OwnedFd {
    std::os::fd::OwnedFd::from(File::open("/dev/null").unwrap()).into()
}

#[tokio::test]
async fn check_in_names_each_misuse() {
    let house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(1, 100);
    let (session, digest) = client.challenge().await;
    let good = || holder.request(&digest);
    let call = |session: &str, request: OwnedFd| {
        let (uplink, session) = (client.uplink.clone(), session.to_owned());
        async move { uplink.check_in(&session, request).await.err() }
    };
    for fd in [
        not_a_secret(),
        bytes(b""),
        bytes(&vec![b' '; REQUEST_BYTES + 1]),
    ] {
        let error = call(&session, fd).await;
        assert!(
            matches!(error, Some(Uplink1Error::BadSecret(_))),
            "{error:?}"
        );
    }
    let with = |change: fn(&mut CheckInRequest)| {
        let mut request = good();
        change(&mut request);
        file(&request)
    };
    for fd in [
        bytes(b"{"),
        bytes(b"[]"),
        bytes("\u{fffd}".as_bytes()),
        with(|r| r.certificate.clear()),
        with(|r| r.certificate = "*".into()),
        with(|r| r.signature.clear()),
        with(|r| r.signature = "AAAA".into()),
    ] {
        let error = call(&session, fd).await;
        assert!(
            matches!(error, Some(Uplink1Error::BadRequest(_))),
            "{error:?}"
        );
    }
    for unknown in ["", "x", "../..", &"0".repeat(32), &"0".repeat(10_000)] {
        let error = call(unknown, file(&good())).await;
        assert!(
            matches!(error, Some(Uplink1Error::UnknownSession(_))),
            "{error:?}"
        );
    }
    let other = house.client().await;
    let error = other.check_in(&session, &good()).await.err();
    assert!(
        matches!(error, Some(Uplink1Error::UnknownSession(_))),
        "{error:?}"
    );

    // None of that has used the session up; this does.
    client.check_in(&session, &good()).await.unwrap();
    let error = call(&session, file(&good())).await;
    assert!(
        matches!(error, Some(Uplink1Error::SessionOver(_))),
        "{error:?}"
    );
    let counts = house.centre.counts().await.unwrap();
    assert_eq!((counts.asked, counts.refused), (1, 0));
}

#[tokio::test]
async fn complete_and_abandon_name_each_misuse() {
    let house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(1, 100);
    let call = |session: &str, fd: OwnedFd| {
        let (uplink, session) = (client.uplink.clone(), session.to_owned());
        async move { uplink.complete(&session, fd).await.err() }
    };
    let (opened, _) = client.challenge().await;
    let error = call(&opened, file(&consents())).await;
    assert!(
        matches!(error, Some(Uplink1Error::UnknownSession(_))),
        "not checked in: {error:?}"
    );

    let session = client.checked_in(&holder).await;
    for fd in [
        not_a_secret(),
        bytes(b""),
        bytes(&vec![b' '; CONSENTS_BYTES + 1]),
    ] {
        let error = call(&session, fd).await;
        assert!(
            matches!(error, Some(Uplink1Error::BadSecret(_))),
            "{error:?}"
        );
    }
    let mut missing = consents();
    missing.answers.pop();
    let mut twice = consents();
    twice.categories.groups.push(twice.categories.groups[0]);
    let mut never = consents();
    never.at = u64::MAX;
    for fd in [
        bytes(b"null"),
        bytes(b"{}"),
        file(&missing),
        file(&twice),
        file(&never),
    ] {
        let error = call(&session, fd).await;
        assert!(
            matches!(error, Some(Uplink1Error::BadRequest(_))),
            "{error:?}"
        );
    }
    let other = house.client().await;
    let error = other.complete(&session).await.err();
    assert!(
        matches!(error, Some(Uplink1Error::UnknownSession(_))),
        "{error:?}"
    );
    for (who, what) in [(&other, session.as_str()), (&client, "x"), (&client, "")] {
        let error = who.uplink.abandon(what).await.err();
        assert!(
            matches!(error, Some(Uplink1Error::UnknownSession(_))),
            "{error:?}"
        );
    }
    client.complete(&session).await.unwrap();
    let error = client.uplink.abandon(&session).await.err();
    assert!(
        matches!(error, Some(Uplink1Error::UnknownSession(_))),
        "{error:?}"
    );
    client.uplink.abandon(&opened).await.unwrap();
    let error = client.uplink.abandon(&opened).await.err();
    assert!(
        matches!(error, Some(Uplink1Error::UnknownSession(_))),
        "{error:?}"
    );
    let counts = house.counts("completed", |c| c.completed == 1).await;
    assert_eq!(counts.abandoned, 0);
}

#[tokio::test]
async fn a_caller_that_leaves_gives_its_sessions_up() {
    let house = House::start().await;
    let holder = house.root.holder(1, 100);
    let client = house.client().await;
    let session = client.checked_in(&holder).await;
    client.connection.close().await.unwrap();
    let counts = house.counts("given up", |c| c.abandoned == 1).await;
    assert_eq!(counts.completed, 0);
    let other = house.client().await;
    let error = other.complete(&session).await.err();
    assert!(
        matches!(error, Some(Uplink1Error::UnknownSession(_))),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_queue_that_cannot_store_is_named_and_the_next_attempt_works() {
    let house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(1, 100);
    let (session, digest) = client.challenge().await;
    // Another program holds the write lock: the commit fails, as on a failing disk.
    let lock = uketsuke_uplink::queue::options(&house.state().join("queue.db"), 100);
    let mut lock = sqlx::ConnectOptions::connect(&lock).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut lock)
        .await
        .unwrap();
    let error = client
        .check_in(&session, &holder.request(&digest))
        .await
        .err();
    assert!(
        matches!(error, Some(Uplink1Error::QueueFailed(_))),
        "{error:?}"
    );
    assert_eq!(
        house.centre.counts().await.unwrap().asked,
        0,
        "nothing was sent"
    );
    sqlx::raw_sql("ROLLBACK").execute(&mut lock).await.unwrap();
    client
        .check_in(&session, &holder.request(&digest))
        .await
        .unwrap();

    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut lock)
        .await
        .unwrap();
    let error = client.complete(&session).await.err();
    assert!(
        matches!(error, Some(Uplink1Error::QueueFailed(_))),
        "{error:?}"
    );
    sqlx::raw_sql("ROLLBACK").execute(&mut lock).await.unwrap();
    client.complete(&session).await.unwrap();
    house.counts("completed", |c| c.completed == 1).await;
}
