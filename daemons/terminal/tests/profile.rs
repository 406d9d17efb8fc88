// SPDX-License-Identifier: MIT OR Apache-2.0
//! Facility profiles (環境設定情報更新) from the page to a reader: what is ordered of it, how often, and what the
//! page says.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use axum::http::Method;
use support::{
    Desk, LIMIT, Lodging, again, alone, between, confirmed, heard, orders, page, page_from,
};
use uketsuke_bus::staff::Objection;
use uketsuke_link::client::{CallError, Client};
use uketsuke_link::fault::Cause;
use uketsuke_link::orders::{Became, Command, OrderResult, Orders, Results, Taken};

const HERE: &str = "localhost";
const OWN: &str = "?operation=unattended&profile=own&kept=own";
/// Every field left alone but these.
const MEDICINE: &str =
    "facility.takes=set&facility.takes[]=medicine&mode.link_s=20&facility.phones=no";

/// A terminal and a reader that always has something to do about a passcode, so that what it has to do
/// besides is told at once, and so is that there is nothing.
async fn busy(dir: &Lodging) -> (Desk, Client) {
    let (terminal, reader) = alone(dir).await;
    confirmed(&terminal, "issue", "suzuki").await;
    heard(&reader).await;
    (terminal, reader)
}

/// What the reader has to do about its profile; the profile's id, and its TOML.
async fn ordered(reader: &Client, query: &str) -> Option<(String, Option<String>)> {
    let all = orders(reader, query).await;
    all.into_iter().find_map(|order| match order.command {
        Command::SetProfile { profile } => Some((order.id, Some(profile))),
        Command::WithdrawProfile => Some((order.id, None)),
        _ => None,
    })
}

async fn until_ordered(reader: &Client, query: &str) -> (String, Option<String>) {
    let asked = async {
        loop {
            if let Some(order) = ordered(reader, query).await {
                return order;
            }
        }
    };
    tokio::time::timeout(LIMIT, asked).await.unwrap()
}

fn on(profile: &str, kept: &str) -> String {
    format!("?operation=unattended&profile={profile}&kept={kept}")
}

async fn tell(reader: &Client, id: &str, became: Became, objections: Vec<Objection>) {
    let results = Results {
        results: vec![OrderResult {
            objections,
            ..OrderResult::new(id.into(), became)
        }],
    };
    let path = "/v1/orders/results";
    let told = reader.call::<Taken>(Method::POST, path, Some(&results), LIMIT);
    told.await.unwrap();
}

async fn send(terminal: &Desk, what: &str, fields: &str) -> String {
    let form = format!("reader=reader-0001&what={what}&{fields}");
    page(terminal, HERE, "POST /profile", &form).await
}

async fn shown(terminal: &Desk) -> String {
    let shown = page(terminal, HERE, "GET /profile?reader=reader-0001", "").await;
    assert!(shown.starts_with("HTTP/1.1 200"), "{shown}");
    shown
}

/// The whole field of this key, from its name to what is wrong with it.
fn field<'a>(page: &'a str, key: &str) -> &'a str {
    let name = format!("name=\"{key}\"");
    let at = page.find(&name).expect(key);
    let before = page[..at].rfind("<div class=\"field\"").expect(key);
    let rest = &page[before..];
    let end = rest[1..]
        .find("<div class=\"field\"")
        .map_or(rest.len(), |end| end + 1);
    &rest[..end]
}

async fn what_is_set_on_the_page_comes_to_the_reader_and_the_page_shows_it(dir: Lodging) {
    let (terminal, reader) = busy(&dir).await;
    assert!(ordered(&reader, OWN).await.is_none());
    let empty = shown(&terminal).await;
    assert!(empty.contains("カードリーダー自身の設定") && !empty.contains("value=\"withdraw\""));

    let (answer, (id, text)) = tokio::join!(send(&terminal, "set", MEDICINE), async {
        let (id, text) = until_ordered(&reader, OWN).await;
        tell(&reader, &id, Became::Kept, Vec::new()).await;
        (id, text.unwrap())
    });
    let expected = "[facility]\nphones = false\ntakes = [\"medicine\"]\n\n[mode]\nlink_s = 20\n";
    assert_eq!(text, expected);
    assert!(answer.contains("次の患者から使用します"), "{answer}");
    assert!(field(&answer, "mode.link_s").contains("value=\"20\""));
    let takes = field(&answer, "facility.takes");
    assert!(
        takes.contains("value=\"medicine\" checked") && !takes.contains("value=\"care\" checked")
    );
    assert!(field(&answer, "facility.phones").contains("<option value=\"no\" selected"));
    assert!(field(&answer, "screen.voice").contains("<option value=\"\" selected"));

    // A patient is there, and then no more.
    assert!(ordered(&reader, &on("own", &id)).await.is_none());
    assert!(shown(&terminal).await.contains("次の患者から使用します"));
    assert!(ordered(&reader, &on(&id, &id)).await.is_none());
    assert!(shown(&terminal).await.contains("使用中</div>"));

    // A reader that lost it is given it again, and so after a restart of the terminal.
    assert_eq!(
        ordered(&reader, OWN).await,
        Some((id.clone(), Some(text.clone())))
    );
    drop((terminal, reader));
    let (terminal, reader) = again(&dir).await;
    assert_eq!(ordered(&reader, OWN).await, Some((id.clone(), Some(text))));
    assert!(ordered(&reader, &on(&id, &id)).await.is_none());

    // Another takes its place; until then the page says what is in force.
    let (answer, second) = tokio::join!(send(&terminal, "set", "mode.message_s=20"), async {
        let (second, _) = until_ordered(&reader, &on(&id, &id)).await;
        tell(&reader, &second, Became::Kept, Vec::new()).await;
        second
    });
    let before = between(&answer, "いま使用中の設定", "</section>");
    assert!(
        before.contains("お薬") && before.contains("20 秒"),
        "{before}"
    );
    assert!(ordered(&reader, &on(&second, &second)).await.is_none());

    let (answer, ()) = tokio::join!(send(&terminal, "withdraw", ""), async {
        let (withdrawn, text) = until_ordered(&reader, &on(&second, &second)).await;
        assert!(text.is_none());
        tell(&reader, &withdrawn, Became::Withdrawn, Vec::new()).await;
    });
    assert!(answer.contains("次の患者から使用します"), "{answer}");
    assert!(ordered(&reader, OWN).await.is_none());
    let left = shown(&terminal).await;
    assert!(left.contains("カードリーダー自身の設定") && left.contains("使用中</div>"));
    assert!(!left.contains("いま使用中の設定") && !left.contains("value=\"withdraw\""));
}

async fn what_is_wrong_is_told_beside_its_field_and_nothing_is_set(dir: Lodging) {
    let (terminal, reader) = busy(&dir).await;
    assert!(ordered(&reader, OWN).await.is_none());
    for (fields, key, why) in [
        (
            "mode.link_s=4",
            "mode.link_s",
            "4 is out of range; 5 to 60 s",
        ),
        ("mode.link_s=ten", "mode.link_s", "invalid type: string"),
        ("mode.warning_s=55", "mode.warning_s", "10 to 50 s"),
        ("facility.takes=set", "facility.takes", "name at least one"),
        (
            "facility.takes=set&facility.takes[]=care&facility.takes[]=medicine",
            "facility.takes",
            "name one of them",
        ),
        (
            "facility.prescriptions=paper&facility.prescription_asked=at-check",
            "facility.prescription_asked",
            "nothing to choose",
        ),
        (
            "screen.language=en&screen.languages=set&screen.languages[]=ja",
            "screen.languages",
            "is missing",
        ),
        ("screen.voice=loud", "screen.voice", "unknown variant"),
        ("facility.phones=perhaps", "facility.phones", "invalid type"),
    ] {
        let refused = send(&terminal, "set", fields).await;
        assert!(refused.starts_with("HTTP/1.1 400"), "{fields}: {refused}");
        assert_eq!(refused.matches("この値は使えません").count(), 1, "{fields}");
        let field = field(&refused, key);
        assert!(field.contains("aria-invalid=\"true\""), "{field}");
        assert!(field.contains(why), "{field}");
    }
    let name = format!("facility.name={}", "x".repeat(5000));
    let refused = send(&terminal, "set", &name).await;
    assert!(refused.contains("larger than 4096 bytes"), "{refused}");
    for form in [
        "",
        "what=set",
        "reader=elsewhere&what=set&mode.link_s=20",
        "reader=reader-0001",
    ] {
        let refused = page(&terminal, HERE, "POST /profile", form).await;
        assert!(refused.starts_with("HTTP/1.1 400"), "{form}: {refused}");
    }
    let elsewhere = page(&terminal, HERE, "GET /profile?reader=elsewhere", "").await;
    assert!(elsewhere.starts_with("HTTP/1.1 400"), "{elsewhere}");
    assert!(ordered(&reader, OWN).await.is_none());
}

async fn what_the_reader_refuses_is_told_beside_its_field_and_not_ordered_again(dir: Lodging) {
    let (terminal, reader) = busy(&dir).await;
    assert!(ordered(&reader, OWN).await.is_none());
    let (answer, id) = tokio::join!(send(&terminal, "set", "mode.warning_s=50"), async {
        let (id, _) = until_ordered(&reader, OWN).await;
        let objection = Objection {
            line: 2,
            key: "mode.warning_s".into(),
            what: "50 is out of range; 10 to 20 s".into(),
        };
        tell(&reader, &id, Became::Refused, vec![objection]).await;
        id
    });
    for page in [answer, shown(&terminal).await] {
        assert!(page.contains("カードリーダーが受け付けません"), "{page}");
        let field = field(&page, "mode.warning_s");
        assert!(
            field.contains("value=\"50\"") && field.contains("10 to 20 s"),
            "{field}"
        );
    }
    assert!(ordered(&reader, OWN).await.is_none());
    drop((terminal, reader));
    let (terminal, reader) = again(&dir).await;
    assert!(ordered(&reader, OWN).await.is_none());
    // Sent once more it is another one.
    let (_, second) = tokio::join!(send(&terminal, "set", "mode.warning_s=20"), async {
        let (second, _) = until_ordered(&reader, OWN).await;
        tell(&reader, &second, Became::Kept, Vec::new()).await;
        second
    });
    assert_ne!(id, second);
    assert!(!shown(&terminal).await.contains("受け付けません"));
}

async fn a_reader_that_does_not_say_what_it_keeps_is_ordered_nothing(dir: Lodging) {
    let (terminal, reader) = busy(&dir).await;
    assert!(ordered(&reader, "?operation=unattended").await.is_none());
    let answer = send(&terminal, "set", MEDICINE).await;
    assert!(
        answer.contains("このカードリーダーでは設定できません"),
        "{answer}"
    );
    assert!(ordered(&reader, "?operation=unattended").await.is_none());
    for query in [
        "?profile=none&kept=own",
        "?profile=own&kept=",
        "?kept=../own",
    ] {
        let path = format!("/v1/orders{query}");
        let refused = reader.call::<Orders>(Method::GET, &path, None::<&()>, LIMIT);
        match refused.await {
            Err(CallError::Refused(fault)) => assert_eq!(fault.error, Cause::BadRequest),
            other => panic!("{query}: {:?}", other.map(|orders| orders.orders.len())),
        }
    }
}

async fn only_a_page_of_ours_sets_anything(dir: Lodging) {
    let (terminal, reader) = busy(&dir).await;
    assert!(ordered(&reader, OWN).await.is_none());
    for site in [None, Some("cross-site"), Some("none")] {
        let form = format!("reader=reader-0001&what=set&{MEDICINE}");
        let refused = page_from(&terminal, HERE, site, "POST /profile", &form).await;
        assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    }
    let refused = page(&terminal, "example.com", "GET /profile", "").await;
    assert!(refused.starts_with("HTTP/1.1 421"), "{refused}");
    assert!(ordered(&reader, OWN).await.is_none());
    let menu = page(&terminal, HERE, "GET /", "").await;
    assert!(menu.contains("<a href=\"/profile\">環境設定情報更新</a>"));
}

on_both! {
    what_is_set_on_the_page_comes_to_the_reader_and_the_page_shows_it,
    what_is_wrong_is_told_beside_its_field_and_nothing_is_set,
    what_the_reader_refuses_is_told_beside_its_field_and_not_ordered_again,
    a_reader_that_does_not_say_what_it_keeps_is_ordered_nothing,
    only_a_page_of_ours_sets_anything,
}
