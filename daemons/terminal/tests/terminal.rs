// SPDX-License-Identifier: MIT OR Apache-2.0
//! The terminal against a centre that is not there, and its page.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::path::Path;
use std::sync::Arc;

use axum::http::Method;
use support::{LIMIT, Lodging, alone, page};
use uketsuke_bus::consent::{Categories, ConsentAnswer, ConsentGroup, Consents, Variant};
use uketsuke_bus::staff::StaffEvent;
use uketsuke_bus::view::Operation;
use uketsuke_link::client::CallError;
use uketsuke_link::elements::names;
use uketsuke_link::fault::Cause;
use uketsuke_link::orders::{Became, OrderResult};
use uketsuke_link::wire::{BATCH, Batch, Challenge, Heartbeat, Matter, Proof, Receipt, Record};
use uketsuke_link::{is_id, random_id};
use uketsuke_receipt::is_consent;
use uketsuke_terminal::api::Document;
use uketsuke_terminal::{Of, Store};
use utoipa::OpenApi;

#[test]
fn the_interface_is_the_committed_document() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let generated = Document::openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &generated).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == generated,
        "openapi.json differs from the code; read the change, then run BLESS=1 cargo test"
    );
}

#[test]
fn receipt_computers_know_every_consent_that_a_reader_asks_for() {
    for group in [
        ConsentGroup::Surgery,
        ConsentGroup::Care,
        ConsentGroup::Medicine,
        ConsentGroup::CheckUps,
    ] {
        for variant in [Variant::X, Variant::Y] {
            for name in names(group, variant) {
                for end in ["ConsFlg", "ConsTime", "AvailableTime"] {
                    assert!(is_consent(&format!("{name}{end}")), "{name}{end}");
                }
            }
        }
    }
}

fn refused<T>(result: Result<T, CallError>) -> Cause {
    match result {
        Err(CallError::Refused(fault)) => fault.error,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

fn consents() -> Consents {
    Consents {
        categories: Categories {
            variant: Variant::X,
            groups: vec![ConsentGroup::Medicine],
        },
        answers: vec![ConsentAnswer {
            group: ConsentGroup::Medicine,
            agreed: true,
        }],
        at: 1_795_188_605,
        carried_over: false,
        prescription: None,
        subsidy: None,
        high_cost: None,
        letters: Vec::new(),
    }
}

fn record(key: &str, session: &str) -> Record {
    Record {
        key: key.to_owned(),
        session: session.to_owned(),
        matter: Matter::Consents {
            consents: consents(),
        },
    }
}

async fn every_request_is_refused_by_name_while_the_centre_is_away(dir: Lodging) {
    let (_terminal, client) = alone(&dir).await;
    let post = Method::POST;
    let hops: Heartbeat = client
        .call(Method::GET, "/v1/heartbeat", None::<&()>, LIMIT)
        .await
        .unwrap();
    assert!(!hops.network.up && !hops.centre.up);
    let open = client.call::<Challenge>(post.clone(), "/v1/sessions", None::<&()>, LIMIT);
    assert_eq!(refused(open.await), Cause::NetworkDown);

    let proof = Proof {
        certificate: "AA==".into(),
        signature: "AA==".into(),
    };
    for session in [random_id(), "x".into(), "0".repeat(31)] {
        let path = format!("/v1/sessions/{session}/check-in");
        let asked = client.call::<Receipt>(post.clone(), &path, Some(&proof), LIMIT);
        assert_eq!(refused(asked.await), Cause::UnknownSession);
    }
    for (certificate, signature) in [("å", "AA=="), ("AA==", "A")] {
        let proof = Proof {
            certificate: certificate.into(),
            signature: signature.into(),
        };
        let path = format!("/v1/sessions/{}/check-in", random_id());
        let asked = client.call::<Receipt>(post.clone(), &path, Some(&proof), LIMIT);
        assert_eq!(refused(asked.await), Cause::BadRequest);
    }
    for body in [
        serde_json::json!({}),
        serde_json::json!({"records": 1}),
        serde_json::json!([]),
    ] {
        let asked = client.call::<Receipt>(post.clone(), "/v1/records", Some(&body), LIMIT);
        assert_eq!(refused(asked.await), Cause::BadRequest, "{body}");
    }
    let many = Batch {
        records: (0..=BATCH)
            .map(|_| record(&random_id(), &random_id()))
            .collect(),
    };
    let asked = client.call::<Receipt>(post.clone(), "/v1/records", Some(&many), LIMIT);
    assert_eq!(refused(asked.await), Cause::BadRequest);

    let good = record(&random_id(), &random_id());
    let mut inconsistent = record(&random_id(), &random_id());
    if let Matter::Consents { consents } = &mut inconsistent.matter {
        consents.categories.groups.clear();
    }
    let batch = Batch {
        records: vec![
            good.clone(),
            record("x", &random_id()),
            inconsistent,
            good.clone(),
        ],
    };
    let receipt: Receipt = client
        .call(post, "/v1/records", Some(&batch), LIMIT)
        .await
        .unwrap();
    assert_eq!(receipt.acknowledged, [good.key.clone(), good.key]);
    assert_eq!(receipt.refused.len(), 2);
}

async fn the_page_shows_the_state_in_japanese_to_this_machine_alone(dir: Lodging) {
    let (terminal, client) = alone(&dir).await;
    let _: Heartbeat = client
        .call(Method::GET, "/v1/heartbeat", None::<&()>, LIMIT)
        .await
        .unwrap();
    let batch = Batch {
        records: vec![record(&random_id(), &random_id())],
    };
    let _: Receipt = client
        .call(Method::POST, "/v1/records", Some(&batch), LIMIT)
        .await
        .unwrap();
    let shown = page(&terminal, "localhost:8480", "GET /state", "").await;
    assert!(shown.starts_with("HTTP/1.1 200"), "{shown}");
    for text in [
        "lang=\"ja\"",
        "資格確認端末の状態",
        "reader-0001",
        "接続中",
        "送信待ち：1件",
        "停止",
    ] {
        assert!(shown.contains(text), "{text} is not on the page:\n{shown}");
    }
    assert!(shown.contains("no-store") && shown.contains("default-src 'none'"));
    assert!(
        page(&terminal, "example.com", "GET /", "")
            .await
            .starts_with("HTTP/1.1 421")
    );
    assert!(
        page(&terminal, "localhost", "POST /", "")
            .await
            .starts_with("HTTP/1.1 405")
    );
}

async fn a_record_is_stored_once_per_key_and_for_one_reader(dir: Lodging) {
    let store = dir.store().await;
    let (mine, other): (Arc<str>, Arc<str>) = ("reader-1".into(), "reader-2".into());
    let session = random_id();
    assert!(is_id(&session));
    store.opened(&session, &mine).await.unwrap();
    let first = record(&random_id(), &session);
    for _ in 0..3 {
        let receipt = store
            .take(&mine, std::slice::from_ref(&first), &[])
            .await
            .unwrap();
        assert_eq!(receipt.acknowledged, std::slice::from_ref(&first.key));
    }
    let stolen = [first.clone(), record(&random_id(), &session)];
    let receipt = store.take(&other, &stolen, &[]).await.unwrap();
    assert_eq!(receipt.refused.len(), 2);
    let waiting = store.outbox().await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].elements["PrescriptionInfoConsFlg"], "1");

    let receipt = Receipt {
        acknowledged: vec![first.key.clone()],
        refused: Vec::new(),
    };
    store.delivered(&receipt).await.unwrap();
    assert!(store.outbox().await.unwrap().is_empty());
    store.take(&mine, &[first], &[]).await.unwrap();
    assert!(store.outbox().await.unwrap().is_empty(), "delivered twice");

    let history = store.history(&Of::default(), 0, 10).await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].outcome.as_deref(), Some("consents"));
    store.prune(1).await.unwrap();
    assert_eq!(store.history(&Of::default(), 0, 10).await.unwrap().len(), 1);
}

async fn a_database_of_a_later_version_is_left_alone(dir: Lodging) {
    drop(dir.store().await);
    dir.write(if dir.is_sqlite() {
        "PRAGMA user_version = 9"
    } else {
        "UPDATE format SET number = 9"
    })
    .await;
    let error = Store::open(&dir.database()).await.err().unwrap();
    assert!(error.to_string().contains("format 9"), "{error}");
}

/// What the first version made, with a row.
const FIRST: &str = "
CREATE TABLE session (
  id TEXT PRIMARY KEY, reader TEXT NOT NULL, opened INTEGER NOT NULL,
  checked INTEGER, result TEXT, outcome TEXT, elements TEXT) STRICT;
CREATE TABLE record (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, session TEXT NOT NULL,
  reader TEXT NOT NULL, matter TEXT NOT NULL, elements TEXT NOT NULL, received INTEGER NOT NULL,
  delivered INTEGER, refused INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO session (id, reader, opened) VALUES ('s', 'reader-1', 7);
PRAGMA user_version = 1;";

/// What the second added, with rows.
const SECOND: &str = "
CREATE TABLE reader (name TEXT PRIMARY KEY, met INTEGER NOT NULL) STRICT;
CREATE TABLE passcode (
  account TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL,
  withdrawn INTEGER NOT NULL) STRICT;
CREATE TABLE passcode_reader (
  account TEXT NOT NULL, reader TEXT NOT NULL, id TEXT NOT NULL, became TEXT NOT NULL,
  at INTEGER NOT NULL, PRIMARY KEY (account, reader)) STRICT;
CREATE TABLE staff_event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, reader TEXT NOT NULL,
  at INTEGER NOT NULL, event TEXT NOT NULL, account TEXT NOT NULL, seconds INTEGER NOT NULL,
  received INTEGER NOT NULL) STRICT;
INSERT INTO reader VALUES ('reader-1', 7);
INSERT INTO passcode VALUES ('suzuki', 'i', 7, 0);
INSERT INTO passcode_reader VALUES ('suzuki', 'reader-1', 'i', 'no-passcodes', 8);
INSERT INTO staff_event VALUES (1, 'k', 'reader-1', 9, 'opened', 'suzuki', 0, 9);
PRAGMA user_version = 2;";

/// What the third added, with rows.
const THIRD: &str = "
CREATE TABLE mode (
  reader TEXT PRIMARY KEY, operation TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE vouched (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, reader TEXT NOT NULL,
  at INTEGER NOT NULL, checked TEXT NOT NULL, became TEXT) STRICT;
INSERT INTO mode VALUES ('reader-1', 'pin-only', 'm', 7);
INSERT INTO vouched VALUES (1, 'v', 'reader-1', 7, '2026-11-21', 'vouched');
PRAGMA user_version = 3;";

#[tokio::test]
async fn a_database_of_an_earlier_format_is_taken_over() {
    for format in 1..=3 {
        let dir = Lodging::sqlite();
        for sql in [FIRST, SECOND, THIRD].into_iter().take(format) {
            dir.write(sql).await;
        }
        for _ in 0..2 {
            let store = dir.store().await;
            let history = store.history(&Of::default(), 0, 10).await.unwrap();
            assert_eq!(history.len(), 1);
            assert_eq!(history[0].reader, "reader-1");
            let holders = store.holders().await.unwrap();
            let modes = store.modes().await.unwrap();
            let happenings = store.happenings(10).await.unwrap();
            let vouchings = store.vouchings(10).await.unwrap();
            if format >= 2 {
                assert_eq!(holders[0].account, "suzuki");
                assert_eq!(holders[0].readers[0].became, Some(Became::NoPasscodes));
                assert_eq!(happenings[0].event, Some(StaffEvent::Opened));
                assert_eq!(modes.len(), 1);
                assert_eq!(modes[0].0, "reader-1");
            } else {
                assert!(holders.is_empty() && happenings.is_empty() && modes.is_empty());
            }
            if format >= 3 {
                assert_eq!(modes[0].1.as_ref().unwrap().operation, Operation::PinOnly);
                assert_eq!(vouchings[0].checked, "2026-11-21");
                assert_eq!(vouchings[0].became, Some(Became::Vouched));
            } else {
                assert!(vouchings.is_empty() && modes.iter().all(|(_, set)| set.is_none()));
            }
            // Who ran it before had no accounts: it begins with the code of the box.
            assert!(!store.has_accounts().await.unwrap());
            assert!(store.doings(10).await.unwrap().is_empty());
        }
    }
}

async fn what_staff_vouched_for_is_answered_by_its_reader_and_goes_with_the_history(dir: Lodging) {
    let store = dir.store().await;
    assert!(store.vouch("reader-1", "a", "2026-11-21").await.unwrap());
    assert!(!store.vouch("reader-1", "a", "2026-11-22").await.unwrap());
    for (reader, became, known) in [
        ("reader-2", Became::Vouched, None),
        ("reader-1", Became::NotNow, Some(Became::NotNow)),
        ("reader-1", Became::Vouched, Some(Became::NotNow)),
    ] {
        let id = "a".to_owned();
        let result = OrderResult::new(id, became);
        store.told(reader, &[result]).await.unwrap();
        assert_eq!(store.vouched("reader-1", "a").await.unwrap(), known);
    }
    store.prune(1).await.unwrap();
    assert_eq!(store.vouchings(10).await.unwrap()[0].checked, "2026-11-21");
    dir.write("UPDATE vouched SET at = at - 100000").await;
    store.prune(1).await.unwrap();
    assert!(store.vouchings(10).await.unwrap().is_empty());
}

on_both! {
    every_request_is_refused_by_name_while_the_centre_is_away,
    the_page_shows_the_state_in_japanese_to_this_machine_alone,
    a_record_is_stored_once_per_key_and_for_one_reader,
    a_database_of_a_later_version_is_left_alone,
    what_staff_vouched_for_is_answered_by_its_reader_and_goes_with_the_history,
}
