// SPDX-License-Identifier: MIT OR Apache-2.0
//! 資格確認履歴照会: found by day, reader and result, page by page.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use support::{Desk, Lodging, alone, page};
use uketsuke_link::random_id;

/// Check-ins of two readers: 110 valid at one, two at the other.
async fn desk(dir: &Lodging) -> Desk {
    let store = dir.store().await;
    let rows = (0..110).map(|_| ("reader-1", "valid"));
    let rows = rows.chain([("reader-2", "invalid"), ("reader-2", "network-down")]);
    for (reader, result) in rows {
        let session = random_id();
        store.opened(&session, reader).await.unwrap();
        store.checked(&session, result).await.unwrap();
    }
    drop(store);
    alone(dir).await.0
}

async fn asked(desk: &Desk, query: &str) -> String {
    let answer = page(desk, "localhost", &format!("GET /history{query}"), "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

/// How many check-ins a page shows.
fn rows(page: &str) -> usize {
    let body = page.split("<tbody>").nth(1).unwrap_or_default();
    body.matches("<tr>").count()
}

async fn check_ins_are_found_by_reader_and_result(dir: Lodging) {
    let desk = desk(&dir).await;
    for (query, count) in [
        ("?reader=reader-2", 2),
        ("?result=invalid", 1),
        ("?reader=reader-2&result=network-down", 1),
        ("?reader=reader-1&result=invalid", 0),
        ("?reader=%27+OR+1%3D1+--", 0),
        ("?result=nothing", 0),
    ] {
        let page = asked(&desk, query).await;
        assert_eq!(rows(&page), count, "{query}: {page}");
        assert_eq!(
            page.contains("該当する受付はありません"),
            count == 0,
            "{query}"
        );
    }
}

async fn check_ins_are_found_by_day_in_japan(dir: Lodging) {
    let desk = desk(&dir).await;
    // The test may run over midnight.
    for (query, count) in [
        ("?from=2020-01-01", 50),
        ("?to=9999-12-31", 50),
        ("?to=2020-01-01", 0),
        ("?from=9000-01-01", 0),
        ("?from=2020-01-01&to=9999-12-31&reader=reader-2", 2),
    ] {
        assert_eq!(rows(&asked(&desk, query).await), count, "{query}");
    }
    for (query, field) in [
        ("?from=2026-02-30", "from"),
        ("?to=yesterday", "to"),
        ("?from=2026-11-02&to=2026-11-01", "to"),
    ] {
        let page = asked(&desk, query).await;
        assert!(
            page.contains(&format!("href=\"#{field}\"")),
            "{query}: {page}"
        );
        assert!(page.contains("aria-invalid=\"true\""), "{query}: {page}");
        assert_eq!(rows(&page), 0, "{query}");
    }
}

async fn pages_follow_each_other_and_keep_what_was_asked_for(dir: Lodging) {
    let desk = desk(&dir).await;
    let mut query = "?reader=reader-1".to_owned();
    for (at, count) in [50, 50, 10].into_iter().enumerate() {
        let page = asked(&desk, &query).await;
        assert_eq!(rows(&page), count, "{query}");
        let older = "href=\"/history";
        let links: Vec<_> = page.split(older).skip(1).collect();
        let next = links.iter().find(|link| link.contains("古い受付へ"));
        let newer = links.iter().any(|link| link.contains("新しい受付へ"));
        assert_eq!((next.is_some(), newer), (at < 2, at > 0), "{query}: {page}");
        if let Some(next) = next {
            query = next.split('"').next().unwrap().replace("&amp;", "&");
            assert!(query.contains("reader=reader-1"), "{query}");
        }
    }
    // Far behind the end, and beyond any number.
    for beyond in ["?page=4000000000", "?page=-1", "?page=x"] {
        asked(&desk, beyond).await;
    }
}

on_both! {
    check_ins_are_found_by_reader_and_result,
    check_ins_are_found_by_day_in_japan,
    pages_follow_each_other_and_keep_what_was_asked_for,
}
