// SPDX-License-Identifier: MIT OR Apache-2.0
//! Operation modes from the page to a reader: what is ordered of it, how often, and what the page says.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use axum::http::Method;
use support::{
    Desk, LIMIT, Lodging, again, alone, between, confirmed, heard, orders, page, page_from, tell,
};
use uketsuke_bus::view::Operation;
use uketsuke_link::client::{CallError, Client};
use uketsuke_link::fault::Cause;
use uketsuke_link::orders::{Became, Command, Orders};

const HERE: &str = "localhost";
const READER: &str = "reader-0001";
const UNATTENDED: &str = "?operation=unattended";
const PIN_ONLY: &str = "?operation=pin-only";
const VISUAL: &str = "?operation=visual";
const MODES: [&str; 3] = ["unattended", "pin-only", "visual"];

/// A terminal and a reader that always has something to do about a passcode: what it is to do besides is
/// told at once, and so is that there is nothing.
async fn busy(dir: &Lodging) -> (Desk, Client) {
    let (terminal, reader) = alone(dir).await;
    confirmed(&terminal, "issue", "suzuki").await;
    (terminal, reader)
}

/// What a reader of [`busy`] has to do beside the passcode, after it said how things stand.
async fn besides(reader: &Client, query: &str) -> Option<(String, Command)> {
    let mut orders = orders(reader, query).await.into_iter();
    let passcode = orders.next().unwrap().command;
    assert!(matches!(
        passcode,
        Command::IssuePasscode { .. } | Command::WithdrawPasscode { .. }
    ));
    let besides = orders.next();
    assert!(orders.next().is_none());
    besides.map(|order| (order.id, order.command))
}

/// The same once there is something: what is pressed on the page meanwhile comes when it comes.
async fn until_besides(reader: &Client, query: &str) -> (String, Command) {
    let asked = async {
        loop {
            if let Some(order) = besides(reader, query).await {
                return order;
            }
        }
    };
    tokio::time::timeout(LIMIT, asked).await.unwrap()
}

async fn nothing_besides(reader: &Client, query: &str) {
    assert!(besides(reader, query).await.is_none(), "{query}");
}

/// The reader is to be held in this mode; the order's name.
async fn held_in(reader: &Client, query: &str, mode: Operation) -> String {
    match besides(reader, query).await {
        Some((id, Command::Hold { operation })) if operation == mode => id,
        _ => panic!("{query}: no order for {mode:?}"),
    }
}

/// A button is pressed on the page; the answer.
async fn press(terminal: &Desk, operation: &str) -> String {
    let form = format!("reader={READER}&operation={operation}");
    let answer = page(terminal, HERE, "POST /readers/mode", &form).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

async fn shown(terminal: &Desk) -> String {
    let shown = page(terminal, HERE, "GET /readers", "").await;
    assert!(shown.starts_with("HTTP/1.1 200"), "{shown}");
    shown
}

/// Which buttons are marked as in force.
fn marked(page: &str) -> Vec<&'static str> {
    let on = |mode: &&str| {
        let button =
            format!("class=\"on\" name=\"operation\" value=\"{mode}\" aria-pressed=\"true\"");
        page.contains(&button)
    };
    let marked: Vec<_> = MODES.into_iter().filter(on).collect();
    assert_eq!(page.matches("aria-pressed=\"true\"").count(), marked.len());
    marked
}

/// The reader is put to 目視確認 from the page.
async fn to_visual(terminal: &Desk, reader: &Client) -> String {
    let (answer, ()) = tokio::join!(press(terminal, "visual"), async {
        let (id, command) = until_besides(reader, UNATTENDED).await;
        let visual = Operation::Visual;
        assert!(matches!(command, Command::Hold { operation } if operation == visual));
        tell(reader, &id, Became::Held).await;
    });
    answer
}

/// The form 目視確認時利用項目 as it stands on a page, ticked.
fn ticked(page: &str) -> String {
    let section = between(page, "<section", "</section>");
    let id = between(section, "name=\"id\" value=\"", "\"");
    let today = between(section, "required value=\"", "\"");
    format!("reader={READER}&id={id}&done=1&checked={today}")
}

async fn a_reader_that_waits_is_switched_at_once_and_the_page_shows_it(dir: Lodging) {
    let (terminal, reader) = alone(&dir).await;
    assert!(shown(&terminal).await.contains("まだ接続がありません"));
    heard(&reader).await;
    assert_eq!(marked(&shown(&terminal).await), [""; 0]);
    let pressed = async {
        let said = async { while marked(&shown(&terminal).await) != ["unattended"] {} };
        tokio::time::timeout(LIMIT, said).await.unwrap();
        press(&terminal, "pin-only").await
    };
    let (answer, ()) = tokio::join!(pressed, async {
        let mut orders = orders(&reader, UNATTENDED).await;
        assert_eq!(orders.len(), 1);
        let order = orders.remove(0);
        let Command::Hold { operation } = order.command else {
            panic!("no mode");
        };
        assert_eq!(operation, Operation::PinOnly);
        tell(&reader, &order.id, Became::Held).await;
    });
    assert!(
        answer.contains("reader-0001：暗証番号認証固定に切り替わりました"),
        "{answer}"
    );
    assert_eq!(marked(&answer), ["pin-only"]);
    assert!(!answer.contains("切り替えています") && !answer.contains("目視確認時利用項目"));
    assert!(answer.contains("no-store") && answer.contains("form-action 'self'"));
    let menu = page(&terminal, HERE, "GET /", "").await;
    assert!(menu.contains("<a href=\"/readers\">顔認証付きカードリーダー操作</a>"));
}

async fn pin_only_comes_again_after_a_restart_of_either_end(dir: Lodging) {
    let (terminal, reader) = busy(&dir).await;
    nothing_besides(&reader, UNATTENDED).await;
    // The page waits no longer for a reader that has not said anything since the terminal was started.
    drop((terminal, reader));
    let (terminal, reader) = again(&dir).await;
    let answer = press(&terminal, "pin-only").await;
    assert!(answer.contains("接続を待っています") && answer.contains("接続すると"));
    assert_eq!(marked(&answer), [""; 0]);

    let id = held_in(&reader, UNATTENDED, Operation::PinOnly).await;
    assert!(shown(&terminal).await.contains("切り替えています"));
    tell(&reader, &id, Became::Held).await;
    assert_eq!(marked(&shown(&terminal).await), ["pin-only"]);
    nothing_besides(&reader, PIN_ONLY).await;
    held_in(&reader, UNATTENDED, Operation::PinOnly).await;

    drop((terminal, reader));
    let (terminal, reader) = again(&dir).await;
    held_in(&reader, UNATTENDED, Operation::PinOnly).await;
    nothing_besides(&reader, PIN_ONLY).await;
    let (answer, ()) = tokio::join!(press(&terminal, "unattended"), async {
        let (id, command) = until_besides(&reader, PIN_ONLY).await;
        let back = Operation::Unattended;
        assert!(matches!(command, Command::Hold { operation } if operation == back));
        tell(&reader, &id, Became::Held).await;
    });
    assert_eq!(marked(&answer), ["unattended"]);
    nothing_besides(&reader, UNATTENDED).await;
}

async fn visual_does_not_come_again_after_a_restart_of_either_end(dir: Lodging) {
    let (terminal, reader) = busy(&dir).await;
    nothing_besides(&reader, UNATTENDED).await;
    let answer = to_visual(&terminal, &reader).await;
    assert!(answer.contains("目視確認に切り替わりました"), "{answer}");
    assert_eq!(marked(&answer), ["visual"]);
    assert!(answer.contains("目視確認時利用項目") && answer.contains("自動で無人運転に戻ります"));
    nothing_besides(&reader, VISUAL).await;

    // The reader came back by itself, after its patient or a restart: it is left alone.
    nothing_besides(&reader, UNATTENDED).await;
    let left = shown(&terminal).await;
    assert_eq!(marked(&left), ["unattended"]);
    assert!(!left.contains("目視確認時利用項目") && !left.contains("切り替えています"));

    // A terminal that was started anew knows nothing of it, and puts it back.
    to_visual(&terminal, &reader).await;
    drop((terminal, reader));
    let (terminal, reader) = again(&dir).await;
    held_in(&reader, VISUAL, Operation::Unattended).await;
    assert!(!shown(&terminal).await.contains("目視確認時利用項目"));
    nothing_besides(&reader, UNATTENDED).await;

    // Neither does a wish that no reader has heard of outlive it.
    drop((terminal, reader));
    let (terminal, reader) = again(&dir).await;
    let answer = press(&terminal, "visual").await;
    assert!(answer.contains("1分以内") && answer.contains("接続を待っています"));
    drop((terminal, reader));
    let (_terminal, reader) = again(&dir).await;
    nothing_besides(&reader, UNATTENDED).await;
}

async fn another_button_ends_visual_while_it_is_in_force(dir: Lodging) {
    let (terminal, reader) = busy(&dir).await;
    nothing_besides(&reader, UNATTENDED).await;
    to_visual(&terminal, &reader).await;
    let (answer, ()) = tokio::join!(press(&terminal, "unattended"), async {
        let (id, command) = until_besides(&reader, VISUAL).await;
        let back = Operation::Unattended;
        assert!(matches!(command, Command::Hold { operation } if operation == back));
        assert!(!shown(&terminal).await.contains("目視確認時利用項目"));
        tell(&reader, &id, Became::Held).await;
    });
    assert_eq!(marked(&answer), ["unattended"]);
    nothing_besides(&reader, UNATTENDED).await;
}

async fn a_tick_reaches_the_reader_once_and_what_became_of_it_is_told_and_kept(dir: Lodging) {
    let (terminal, reader) = busy(&dir).await;
    nothing_besides(&reader, UNATTENDED).await;
    let mut on_page = to_visual(&terminal, &reader).await;
    for (became, words) in [
        (
            Became::Vouched,
            "マイナンバーカードを置いてもらってください",
        ),
        (Became::NotNow, "受け付けられませんでした"),
    ] {
        let form = ticked(&on_page);
        let (answer, twice, ()) = tokio::join!(
            page(&terminal, HERE, "POST /readers/vouch", &form),
            // A double click.
            page(&terminal, HERE, "POST /readers/vouch", &form),
            async {
                let (id, command) = until_besides(&reader, VISUAL).await;
                assert!(matches!(command, Command::Vouch) && form.contains(&id));
                nothing_besides(&reader, VISUAL).await;
                tell(&reader, &id, became).await;
            }
        );
        for answer in [&answer, &twice] {
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert!(answer.contains(words), "{answer}");
        }
        on_page = answer;
        nothing_besides(&reader, VISUAL).await;
    }
    let first = ticked(&on_page);
    nothing_besides(&reader, UNATTENDED).await;
    // The reader is back: nobody can be vouched for.
    let answer = page(&terminal, HERE, "POST /readers/vouch", &first).await;
    assert!(
        answer.contains("先に「目視確認」を押してください"),
        "{answer}"
    );
    nothing_besides(&reader, UNATTENDED).await;

    let record = dir.store().await;
    let record = record.vouchings(10).await.unwrap();
    let became: Vec<_> = record.iter().map(|tick| tick.became).collect();
    assert_eq!(became, [Some(Became::NotNow), Some(Became::Vouched)]);
    for tick in record {
        assert!(first.ends_with(&format!("checked={}", tick.checked)));
        assert_eq!(tick.reader, READER);
    }
}

async fn a_form_that_is_sent_again_for_the_next_patient_does_not_vouch_for_him(dir: Lodging) {
    let (terminal, reader) = busy(&dir).await;
    nothing_besides(&reader, UNATTENDED).await;
    let form = ticked(&to_visual(&terminal, &reader).await);
    tokio::join!(page(&terminal, HERE, "POST /readers/vouch", &form), async {
        let (id, _) = until_besides(&reader, VISUAL).await;
        tell(&reader, &id, Became::Vouched).await;
    });
    nothing_besides(&reader, UNATTENDED).await;
    to_visual(&terminal, &reader).await;
    let answer = page(&terminal, HERE, "POST /readers/vouch", &form).await;
    assert!(answer.starts_with("HTTP/1.1 409"), "{answer}");
    assert!(answer.contains("送信済み"));
    nothing_besides(&reader, VISUAL).await;
}

async fn a_reader_that_does_not_say_its_mode_is_ordered_none(dir: Lodging) {
    let (terminal, reader) = busy(&dir).await;
    nothing_besides(&reader, "").await;
    for mode in MODES {
        // Not for ten seconds: there is nothing to wait for.
        let answer = press(&terminal, mode).await;
        assert!(answer.contains("運転モードの通知がありません"), "{answer}");
        nothing_besides(&reader, "").await;
    }
    press(&terminal, "pin-only").await;
    nothing_besides(&reader, "").await;
    held_in(&reader, UNATTENDED, Operation::PinOnly).await;
    for query in ["?operation=", "?operation=face", "?operation=visual&x=1"] {
        let path = format!("/v1/orders{query}");
        let asked = reader.call::<Orders>(Method::GET, &path, None::<&()>, LIMIT);
        match asked.await {
            Err(CallError::Refused(fault)) => assert_eq!(fault.error, Cause::BadRequest),
            Err(other) => panic!("{query}: {other:?}"),
            Ok(_) => panic!("{query} was understood"),
        }
    }
}

async fn what_is_wrong_or_comes_from_elsewhere_changes_nothing(dir: Lodging) {
    let (terminal, reader) = busy(&dir).await;
    nothing_besides(&reader, UNATTENDED).await;
    for (form, words) in [
        ("", "ボタンで選んで"),
        ("reader=reader-0001", "ボタンで選んで"),
        ("reader=reader-0001&operation=face", "ボタンで選んで"),
        (
            "reader=other&operation=pin-only",
            "一度も接続されていません",
        ),
        (
            "reader=%3Cb%3E&operation=visual",
            "一度も接続されていません",
        ),
    ] {
        let refused = page(&terminal, HERE, "POST /readers/mode", form).await;
        assert!(refused.starts_with("HTTP/1.1 400"), "{form}: {refused}");
        assert!(refused.contains(words), "{form}: {refused}");
        nothing_besides(&reader, UNATTENDED).await;
    }
    let good = ticked(&to_visual(&terminal, &reader).await);
    let (before, today) = good.rsplit_once('=').unwrap();
    let year = today[..4].parse::<u32>().unwrap();
    let dated = |date: &str| format!("{before}={date}");
    for (form, words) in [
        (String::new(), "チェックを入れて"),
        (good.replace("&done=1", ""), "チェックを入れて"),
        (good.replace("&done=1", "&done=0"), "チェックを入れて"),
        (dated(""), "実在する日付"),
        (dated("2026%2F11%2F21"), "実在する日付"),
        (dated("2023-02-29"), "実在する日付"),
        (dated(&today.replace('-', "")), "実在する日付"),
        (dated(&format!("{}-01-01", year + 1)), "明日以降"),
        (good.replace(READER, "other"), "一度も接続されていません"),
        (good.replace("&id=", "&id=x"), "もう一度入力して"),
    ] {
        let refused = page(&terminal, HERE, "POST /readers/vouch", &form).await;
        assert!(refused.starts_with("HTTP/1.1 400"), "{form}: {refused}");
        assert!(refused.contains(words), "{form}: {refused}");
        nothing_besides(&reader, VISUAL).await;
    }
    let mode = "reader=reader-0001&operation=pin-only";
    for (what, form) in [
        ("POST /readers/mode", mode),
        ("POST /readers/vouch", good.as_str()),
    ] {
        for site in [None, Some("cross-site"), Some("same-site"), Some("none")] {
            let refused = page_from(&terminal, HERE, site, what, form).await;
            assert!(refused.starts_with("HTTP/1.1 403"), "{site:?}: {refused}");
            nothing_besides(&reader, VISUAL).await;
        }
        let refused = page(&terminal, "example.com", what, form).await;
        assert!(refused.starts_with("HTTP/1.1 421"), "{what}: {refused}");
    }
    let store = dir.store().await;
    assert!(store.vouchings(10).await.unwrap().is_empty());
    assert_eq!(store.mode(READER).await.unwrap(), None);
}

on_both! {
    a_reader_that_waits_is_switched_at_once_and_the_page_shows_it,
    pin_only_comes_again_after_a_restart_of_either_end,
    visual_does_not_come_again_after_a_restart_of_either_end,
    another_button_ends_visual_while_it_is_in_force,
    a_tick_reaches_the_reader_once_and_what_became_of_it_is_told_and_kept,
    a_form_that_is_sent_again_for_the_next_patient_does_not_vouch_for_him,
    a_reader_that_does_not_say_its_mode_is_ordered_none,
    what_is_wrong_or_comes_from_elsewhere_changes_nothing,
}
