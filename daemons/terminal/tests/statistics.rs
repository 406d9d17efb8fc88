// SPDX-License-Identifier: MIT OR Apache-2.0
//! 利用状況: what is counted, the sample, the table for other programs.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::sync::Arc;

use support::{Lodging, alone, page};
use uketsuke_bus::consent::{Categories, ConsentAnswer, ConsentGroup, Consents, Variant};
use uketsuke_bus::staff::StaffEvent;
use uketsuke_link::events::Event;
use uketsuke_link::random_id;
use uketsuke_link::wire::{Matter, Record};
use uketsuke_terminal::{Figures, Store};

/// A check-in that the centre answered with `result`; its session.
async fn checked(store: &Store, result: &str) -> String {
    let session = random_id();
    store.opened(&session, "reader-1").await.unwrap();
    store.checked(&session, result).await.unwrap();
    session
}

/// Its end: the patient's answers, or none.
async fn ended(store: &Store, session: &str, answers: Option<[(ConsentGroup, bool); 2]>) {
    let matter = answers.map_or(Matter::Abandon, |answers| Matter::Consents {
        consents: Consents {
            categories: Categories {
                variant: Variant::X,
                groups: answers.map(|(group, _)| group).to_vec(),
            },
            answers: answers
                .map(|(group, agreed)| ConsentAnswer { group, agreed })
                .to_vec(),
            at: 0,
            carried_over: false,
            prescription: None,
            subsidy: None,
            high_cost: None,
            letters: Vec::new(),
        },
    });
    let record = Record {
        key: random_id(),
        session: session.to_owned(),
        matter,
    };
    let receipt = store
        .take(&Arc::from("reader-1"), &[record], &[])
        .await
        .unwrap();
    assert_eq!(receipt.acknowledged.len(), 1);
}

/// A history: two done, one given up, one whose insurance is over, one that found the line down.
async fn history(store: &Store) {
    use ConsentGroup::{Care, CheckUps, Medicine};
    let first = checked(store, "valid").await;
    ended(store, &first, Some([(Care, true), (CheckUps, false)])).await;
    let second = checked(store, "valid").await;
    ended(store, &second, Some([(Medicine, true), (CheckUps, true)])).await;
    let third = checked(store, "valid").await;
    ended(store, &third, None).await;
    checked(store, "invalid").await;
    let fifth = checked(store, "network-down").await;
    ended(store, &fifth, None).await;
    let opened = Event {
        key: random_id(),
        at: uketsuke_link::now(),
        event: StaffEvent::Opened,
        account: "suzuki".into(),
        seconds: 0,
    };
    store
        .happened(&Arc::from("reader-1"), &[opened])
        .await
        .unwrap();
}

async fn what_the_centre_answered_is_counted_month_by_month(dir: Lodging) {
    let store = dir.store().await;
    assert_eq!(store.months().await.unwrap(), []);
    history(&store).await;
    let months = store.months().await.unwrap();
    let [(month, figures)] = &months[..] else {
        panic!("{months:?}");
    };
    assert_eq!(month.len(), "2026-11".len());
    let counted = Figures {
        checks: 4,
        by_card: 4,
        check_ups: 1,
        medicine: 2,
        care: 1,
    };
    assert_eq!(*figures, counted);
}

async fn the_course_says_how_long_steps_took_and_what_ended_them(dir: Lodging) {
    let store = dir.store().await;
    history(&store).await;
    let course = store.course(0).await.unwrap();
    assert_eq!((course.asked.len(), course.consented.len()), (5, 2));
    assert!(
        course
            .asked
            .iter()
            .chain(&course.consented)
            .all(|s| *s < 60)
    );
    let results = course
        .results
        .iter()
        .map(|(code, count)| (code.as_str(), *count));
    let wanted = [("invalid", 1), ("network-down", 1), ("valid", 3)];
    assert_eq!(results.collect::<Vec<_>>(), wanted);
    assert_eq!(course.given_up, 2);
    assert_eq!(course.staff.get("opened"), Some(&1));
    let later = store.course(uketsuke_link::now() + 60).await.unwrap();
    assert_eq!(later, uketsuke_terminal::Course::default());
}

async fn the_sample_shows_the_shares_of_the_notice_and_is_never_mixed_with_what_happened_here(
    dir: Lodging,
) {
    let (desk, _reader) = alone(&dir).await;
    let own = page(&desk, "localhost", "GET /statistics", "").await;
    assert!(own.contains("まだ資格確認がありません"), "{own}");
    assert!(!own.contains("病院"), "{own}");
    let sample = page(&desk, "localhost", "GET /statistics?of=august2024", "").await;
    assert!(sample.contains("見本です"), "{sample}");
    for share in [
        "20.6 %",
        "10.4 %",
        "17.3 %",
        "12.3 %",
        "12.4 %",
        "195,956,957",
    ] {
        assert!(sample.contains(share), "{share}: {sample}");
    }
    let odd = page(&desk, "localhost", "GET /statistics?of=1970", "").await;
    assert!(
        odd.starts_with("HTTP/1.1 200") && odd.contains("この端末"),
        "{odd}"
    );
}

async fn the_table_can_be_saved_for_other_programs(dir: Lodging) {
    let (desk, _reader) = alone(&dir).await;
    let answer = page(&desk, "localhost", "GET /statistics.csv?of=august2024", "").await;
    assert!(
        answer.contains("content-type: text/csv; charset=utf-8\r\n"),
        "{answer}"
    );
    let text = answer.split_once("\r\n\r\n").unwrap().1;
    let lines: Vec<_> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 6, "{text}");
    assert_eq!(
        lines[0],
        "施設,資格確認,マイナ保険証,保険証,利用率,特定健診等,薬剤,診療"
    );
    assert_eq!(
        lines[1],
        "病院,13701606,2816439,10885167,20.6,712061,470808,1197471"
    );
    assert_eq!(
        lines[5],
        "総計,195956957,24362840,171594117,12.4,7062561,7008920,13726693"
    );
}

on_both! {
    what_the_centre_answered_is_counted_month_by_month,
    the_course_says_how_long_steps_took_and_what_ended_them,
    the_sample_shows_the_shares_of_the_notice_and_is_never_mixed_with_what_happened_here,
    the_table_can_be_saved_for_other_programs,
}
