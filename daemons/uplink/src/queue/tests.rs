// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]
use super::*;
use sqlx::ConnectOptions;
use uketsuke_bus::consent::{Categories, ConsentAnswer, ConsentGroup, Consents, Variant};
use uketsuke_bus::staff::StaffEvent;
use uketsuke_link::events::Event;

const CANARY: &str = "certificate-canary";

fn consents() -> Vec<u8> {
    serde_json::to_vec(&Consents {
        categories: Categories {
            variant: Variant::Y,
            groups: vec![ConsentGroup::Surgery],
        },
        answers: vec![ConsentAnswer {
            group: ConsentGroup::Surgery,
            agreed: true,
        }],
        at: 1_795_188_605,
        carried_over: false,
        prescription: None,
        subsidy: None,
        high_cost: None,
        letters: Vec::new(),
    })
    .unwrap()
}

async fn queue(directory: &Path) -> Queue {
    Queue::open(directory, PAGES).await.unwrap()
}

async fn checked_in(queue: &Queue, session: &str) {
    queue
        .check_in(session, "me", CANARY.as_bytes())
        .await
        .unwrap();
    queue.answered(session).await.unwrap();
}

fn kinds(records: &[Record]) -> Vec<(&str, &'static str)> {
    records
        .iter()
        .map(|record| {
            let kind = match record.matter {
                Matter::Consents { .. } => "consents",
                Matter::Abandon => "abandon",
            };
            (record.session.as_str(), kind)
        })
        .collect()
}

fn settled(records: &[Record]) -> Receipt {
    Receipt {
        acknowledged: records.iter().map(|r| r.key.clone()).collect(),
        refused: Vec::new(),
    }
}

fn event(key: &str, at: u64) -> Event {
    Event {
        key: key.repeat(32),
        at,
        event: StaffEvent::Opened,
        account: "suzuki".into(),
        seconds: 0,
    }
}

#[tokio::test]
async fn events_have_a_lane_of_their_own_and_are_told_once_per_key() {
    let directory = tempfile::tempdir().unwrap();
    let first = queue(directory.path()).await;
    checked_in(&first, "a").await;
    first.complete("a", "me", &consents()).await.unwrap();
    for (key, at) in [("2", 1), ("1", 2), ("2", 3)] {
        first.note(&event(key, at)).await.unwrap();
    }
    assert_eq!(*first.waiting().borrow(), 3);
    first.close().await.unwrap();

    let queue = queue(directory.path()).await;
    assert_eq!(kinds(&queue.batch().await.unwrap()), [("a", "consents")]);
    let events = queue.events().await.unwrap();
    assert_eq!(events, [event("2", 1), event("1", 2)]);
    let receipt = Receipt {
        acknowledged: vec![events[0].key.clone()],
        refused: vec![events[1].key.clone()],
    };
    queue.settle_events(&receipt).await.unwrap();
    assert!(queue.events().await.unwrap().is_empty());
    assert_eq!(*queue.waiting().borrow(), 1, "the consents");
    assert_eq!(kinds(&queue.batch().await.unwrap()), [("a", "consents")]);
}

#[tokio::test]
async fn records_are_delivered_in_order_and_leave_only_on_acknowledgement() {
    let directory = tempfile::tempdir().unwrap();
    let queue = queue(directory.path()).await;
    for session in ["c", "a", "b"] {
        checked_in(&queue, session).await;
        let done = queue.complete(session, "me", &consents()).await.unwrap();
        assert_eq!(done, Completed::Stored);
    }
    let first = queue.batch().await.unwrap();
    assert_eq!(
        kinds(&first),
        [("c", "consents"), ("a", "consents"), ("b", "consents")]
    );
    let again = queue.batch().await.unwrap();
    assert!(
        first
            .iter()
            .map(|r| &r.key)
            .eq(again.iter().map(|r| &r.key))
    );
    queue.settle(&settled(&first[..2])).await.unwrap();
    assert_eq!(kinds(&queue.batch().await.unwrap()), [("b", "consents")]);
    assert_eq!(*queue.waiting().borrow(), 1);
    queue.settle(&settled(&first[2..])).await.unwrap();
    assert!(queue.batch().await.unwrap().is_empty());
    assert_eq!(*queue.waiting().borrow(), 0);
}

#[tokio::test]
async fn a_session_has_one_outcome_and_one_owner() {
    let directory = tempfile::tempdir().unwrap();
    let queue = queue(directory.path()).await;
    let complete = |session: &'static str, owner: &'static str| {
        let queue = &queue;
        async move { queue.complete(session, owner, &consents()).await.unwrap() }
    };
    assert_eq!(complete("s", "me").await, Completed::Unknown);
    queue.check_in("s", "me", b"proof").await.unwrap();
    assert_eq!(
        complete("s", "me").await,
        Completed::Unknown,
        "not answered"
    );
    queue.answered("s").await.unwrap();
    assert_eq!(complete("s", "you").await, Completed::Unknown);
    assert!(!queue.abandon("s", "you").await.unwrap());
    assert_eq!(complete("s", "me").await, Completed::Stored);
    assert_eq!(complete("s", "me").await, Completed::Already);
    assert!(!queue.abandon("s", "me").await.unwrap());
    queue.withdraw("s", true).await.unwrap();
    let batch = queue.batch().await.unwrap();
    assert_eq!(kinds(&batch), [("s", "consents")]);
    queue.settle(&settled(&batch)).await.unwrap();
    assert_eq!(complete("s", "me").await, Completed::Already);
    queue.orphan("s").await.unwrap();
    assert_eq!(complete("s", "me").await, Completed::Unknown);
}

#[tokio::test]
async fn a_check_in_that_never_left_is_forgotten_and_one_that_may_have_is_abandoned() {
    let directory = tempfile::tempdir().unwrap();
    let queue = queue(directory.path()).await;
    queue.check_in("near", "me", b"proof").await.unwrap();
    queue.check_in("far", "me", b"proof").await.unwrap();
    assert_eq!(*queue.waiting().borrow(), 2);
    queue.withdraw("near", false).await.unwrap();
    queue.withdraw("far", true).await.unwrap();
    assert_eq!(kinds(&queue.batch().await.unwrap()), [("far", "abandon")]);
    assert_eq!(*queue.waiting().borrow(), 1);
}

#[tokio::test]
async fn a_restart_withdraws_check_ins_and_keeps_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    {
        let queue = queue(directory.path()).await;
        queue.check_in("asked", "me", b"proof").await.unwrap();
        checked_in(&queue, "open").await;
        checked_in(&queue, "given").await;
        queue.complete("given", "me", &consents()).await.unwrap();
    }
    let queue = queue(directory.path()).await;
    assert_eq!(
        kinds(&queue.batch().await.unwrap()),
        [("given", "consents"), ("asked", "abandon")]
    );
    let mut left: Vec<_> = queue
        .left()
        .await
        .unwrap()
        .into_iter()
        .map(|left| (left.session, left.open))
        .collect();
    left.sort();
    assert_eq!(
        left,
        [("given".to_owned(), false), ("open".to_owned(), true)]
    );
    queue.orphan("open").await.unwrap();
    queue.orphan("given").await.unwrap();
    assert_eq!(
        kinds(&queue.batch().await.unwrap()),
        [
            ("given", "consents"),
            ("asked", "abandon"),
            ("open", "abandon")
        ]
    );
}

#[tokio::test]
async fn nothing_of_a_patient_is_readable_in_any_file() {
    let directory = tempfile::tempdir().unwrap();
    let queue = queue(directory.path()).await;
    checked_in(&queue, "s").await;
    queue.check_in("t", "me", CANARY.as_bytes()).await.unwrap();
    queue.complete("s", "me", &consents()).await.unwrap();
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for canary in [CANARY, "surgery", "categories"] {
            let found = bytes.windows(canary.len()).any(|w| w == canary.as_bytes());
            assert!(!found, "{canary} in {}", path.display());
        }
    }
}

#[tokio::test]
async fn a_full_queue_refuses_by_name_and_takes_again_once_drained() {
    let directory = tempfile::tempdir().unwrap();
    let queue = Queue::open(directory.path(), 24).await.unwrap();
    let mut sessions = Vec::new();
    let refused = loop {
        let session = format!("s{}", sessions.len());
        match queue.check_in(&session, "me", &[7; 3000]).await {
            Ok(()) => sessions.push(session),
            Err(error) => break error,
        }
        assert!(sessions.len() < 100, "24 pages hold less");
    };
    assert!(matches!(refused, QueueError::Full(_)), "{refused}");
    assert!(!sessions.is_empty());
    for session in &sessions {
        queue.withdraw(session, false).await.unwrap();
    }
    queue.check_in("again", "me", &[7; 3000]).await.unwrap();
}

#[tokio::test]
async fn a_damaged_database_is_set_aside_and_the_reader_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("queue.db");
    for damage in [
        &b"not a database at all, but long enough to look"[..],
        &[0xff; 8192],
    ] {
        {
            let queue = queue(directory.path()).await;
            checked_in(&queue, "before").await;
            queue.close().await.unwrap();
        }
        for suffix in ["-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(suffix);
            let _ = std::fs::remove_file(name);
        }
        std::fs::write(&path, damage).unwrap();
        let queue = queue(directory.path()).await;
        checked_in(&queue, "after").await;
        queue.abandon("after", "me").await.unwrap();
        let batch = queue.batch().await.unwrap();
        queue.settle(&settled(&batch)).await.unwrap();
        queue.close().await.unwrap();
        std::fs::remove_file(&path).unwrap();
    }
    let kept = std::fs::read_dir(directory.path())
        .unwrap()
        .filter(|e| {
            e.as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .contains("damaged")
        })
        .count();
    assert!(
        kept >= 1,
        "the damaged file is kept for a person to look at"
    );
}

#[tokio::test]
async fn a_database_of_a_later_version_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    queue(directory.path()).await.close().await.unwrap();
    let path = directory.path().join("queue.db");
    let mut later = options(&path, PAGES).connect().await.unwrap();
    sqlx::raw_sql("PRAGMA user_version = 2")
        .execute(&mut later)
        .await
        .unwrap();
    later.close().await.unwrap();
    let error = Queue::open(directory.path(), PAGES).await.err().unwrap();
    assert!(
        matches!(error, QueueError::Format { found: 2, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_record_that_cannot_be_read_does_not_hold_back_the_others() {
    let directory = tempfile::tempdir().unwrap();
    {
        let queue = queue(directory.path()).await;
        checked_in(&queue, "old").await;
        queue.complete("old", "me", &consents()).await.unwrap();
    }
    std::fs::remove_file(directory.path().join("queue.key")).unwrap();
    let queue = queue(directory.path()).await;
    checked_in(&queue, "new").await;
    queue.complete("new", "me", &consents()).await.unwrap();
    assert_eq!(kinds(&queue.batch().await.unwrap()), [("new", "consents")]);
    assert_eq!(*queue.waiting().borrow(), 1);
}

#[tokio::test]
async fn what_the_terminal_refuses_is_not_sent_again() {
    let directory = tempfile::tempdir().unwrap();
    let queue = queue(directory.path()).await;
    checked_in(&queue, "s").await;
    queue.complete("s", "me", &consents()).await.unwrap();
    let batch = queue.batch().await.unwrap();
    let receipt = Receipt {
        acknowledged: Vec::new(),
        refused: vec![batch[0].key.clone()],
    };
    queue.settle(&receipt).await.unwrap();
    assert!(queue.batch().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = Queue::open(&file.join("state"), PAGES).await.err().unwrap();
    assert!(error.to_string().contains("file/state"), "{error}");
}

/// Whether the disk takes anything, from now on.
async fn writable(queue: &Queue, yes: bool) {
    let statement = if yes {
        "PRAGMA query_only = OFF"
    } else {
        "PRAGMA query_only = ON"
    };
    let mut database = queue.database.lock().await;
    sqlx::raw_sql(statement)
        .execute(&mut *database)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_could_not_be_written_is_written_once_the_disk_takes_it() {
    let dir = tempfile::tempdir().unwrap();
    let queue = queue(dir.path()).await;
    checked_in(&queue, "left").await;
    for session in ["reached", "never sent"] {
        queue.check_in(session, "me", b"{}").await.unwrap();
    }
    writable(&queue, false).await;
    assert!(queue.withdraw("reached", true).await.is_err());
    assert!(queue.withdraw("never sent", false).await.is_err());
    assert!(queue.orphan("left").await.is_err());
    // Whoever delivers is told to look, and finds that it still cannot be written.
    queue.rung().await;
    assert!(queue.pay().await.is_err());
    assert!(queue.batch().await.unwrap().is_empty());
    assert_eq!(*queue.waiting().borrow(), 2);

    writable(&queue, true).await;
    queue.pay().await.unwrap();
    let batch = queue.batch().await.unwrap();
    assert_eq!(kinds(&batch), [("reached", "abandon"), ("left", "abandon")]);
    queue.settle(&settled(&batch)).await.unwrap();
    assert_eq!(*queue.waiting().borrow(), 0);
    queue.pay().await.unwrap();
    assert!(queue.batch().await.unwrap().is_empty(), "paid once");
}
