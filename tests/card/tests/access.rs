// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every file of every application in every state of its secrets, as `access.md` has it.
#![allow(clippy::unwrap_used)]

mod cards;
mod talk;

use std::collections::{BTreeMap, BTreeSet};

use talk::Talk;
use uketsuke_virtual_card::profile::{NUMBER_A, PASSWORD};

const TABLE: &str = include_str!("access.md");
/// A signature over 32 bytes, by the file that is selected.
const SIGN: &str = "802A028020 0000000000000000000000000000000000000000000000000000000000000000 00";

/// One row of the table.
#[derive(Debug)]
enum Row {
    /// To be read once one of these is presented; none of none.
    File(BTreeSet<u16>),
    /// To be read by no one.
    Protected,
    /// A record, always to be read.
    Record,
    /// To be signed with once one of these is presented.
    Key(BTreeSet<u16>),
    /// To be presented; the word that asks for its tries.
    Secret(u16),
    /// Neither.
    Opaque,
}

struct Application {
    select: String,
    rows: BTreeMap<u16, Row>,
}

fn identifiers(text: &str) -> BTreeSet<u16> {
    text.split(|letter: char| !letter.is_ascii_hexdigit())
        .filter(|word| word.len() == 4)
        .filter_map(|word| u16::from_str_radix(word, 16).ok())
        .collect()
}

fn row(text: &str) -> Row {
    match text {
        "–" => Row::Opaque,
        "protected" => Row::Protected,
        "record free" => Row::Record,
        "blocked" => Row::Secret(0x63C0),
        "secret, no limit" => Row::Secret(0x6300),
        "free" | "key free" => {
            if text == "free" {
                Row::File(BTreeSet::new())
            } else {
                Row::Key(BTreeSet::new())
            }
        }
        _ => {
            if let Some(tries) = text.strip_prefix("secret, ") {
                let tries: u16 = tries.strip_suffix(" tries").unwrap().parse().unwrap();
                Row::Secret(0x63C0 | tries)
            } else {
                let by = identifiers(text);
                assert!(!by.is_empty(), "{text}");
                if text.starts_with("key") {
                    Row::Key(by)
                } else {
                    Row::File(by)
                }
            }
        }
    }
}

fn applications() -> Vec<Application> {
    let mut found = Vec::new();
    for line in TABLE.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            found.push(Application {
                select: title.split(' ').next_back().unwrap().to_owned(),
                rows: BTreeMap::new(),
            });
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let [_, fid, text, _] = cells[..]
            && let Ok(fid) = u16::from_str_radix(fid, 16)
        {
            let rows = &mut found.last_mut().unwrap().rows;
            assert!(rows.insert(fid, row(text)).is_none(), "{fid:04X} twice");
        }
    }
    found
}

/// What opens this secret of the normal card.
fn value(talk: &Talk, application: &str, fid: u16) -> String {
    let number_b = talk.number_b("normal-adult");
    let text = match (application, fid) {
        (talk::JPKI, 0x001B) => PASSWORD,
        (talk::SURFACE, 0x0011) => &number_b[..6],
        (talk::SURFACE, 0x0012) | (talk::SUPPORT, 0x0015) => &number_b,
        (talk::SURFACE, 0x0013) | (talk::SUPPORT, 0x0014) => NUMBER_A,
        _ => "1234",
    };
    text.to_owned()
}

/// Every choice of some of these.
fn subsets(all: &[u16]) -> Vec<BTreeSet<u16>> {
    (0..1_u32 << all.len())
        .map(|bits| {
            let chosen = all.iter().enumerate();
            chosen
                .filter(|(at, _)| bits & (1 << at) != 0)
                .map(|(_, fid)| *fid)
                .collect()
        })
        .collect()
}

fn opened(by: &BTreeSet<u16>, presented: &BTreeSet<u16>) -> u16 {
    if by.is_empty() || !by.is_disjoint(presented) {
        0x9000
    } else {
        0x6982
    }
}

#[test]
fn every_file_opens_to_what_the_table_says_and_to_nothing_else() {
    let applications = applications();
    assert_eq!(applications.len(), 5);
    let mut talk = Talk::new("normal-adult");
    let mut asked = 0;
    for application in &applications {
        let secrets: Vec<u16> = application
            .rows
            .iter()
            .filter(|(_, row)| matches!(row, Row::Secret(query) if *query != 0x63C0))
            .map(|(fid, _)| *fid)
            .collect();
        for presented in subsets(&secrets) {
            talk.expect(&[(talk::ISD, 0x9000), (&application.select, 0x9000)]);
            for fid in &presented {
                let value = value(&talk, &application.select, *fid);
                assert_eq!(talk.present(*fid, &value), 0x9000, "{fid:04X}");
            }
            for fid in 0x0001..=0x001E {
                let select = format!("00A4020C02{fid:04X}");
                let Some(row) = application.rows.get(&fid) else {
                    talk.expect(&[(&select, 0x6A82)]);
                    continue;
                };
                let (read, record, sign, query) = match row {
                    Row::File(by) => (opened(by, &presented), 0x6981, 0x6981, 0x6981),
                    Row::Protected => (0x6982, 0x6981, 0x6981, 0x6981),
                    Row::Record => (0x6981, 0x9000, 0x6981, 0x6981),
                    Row::Key(by) => (0x6981, 0x6981, opened(by, &presented), 0x6981),
                    Row::Secret(query) => (0x6981, 0x6981, 0x6981, *query),
                    Row::Opaque => (0x6981, 0x6981, 0x6981, 0x6981),
                };
                for (command, expected) in [
                    (&*select, 0x9000),
                    ("00B0000001", read),
                    ("00B2010400", record),
                    (SIGN, sign),
                    ("00200080", query),
                ] {
                    asked += 1;
                    let (_, sw) = talk.send(command);
                    assert_eq!(
                        sw, expected,
                        "{} with {presented:04X?}: {fid:04X}, {command}: {sw:04X}",
                        application.select
                    );
                }
            }
        }
    }
    // 4 states of 17 files, 8 of 12, 8 of 16, 2 of 4 and 2 of 2, five commands each.
    assert_eq!(asked, (4 * 17 + 8 * 12 + 8 * 16 + 2 * 4 + 2 * 2) * 5);
}

#[test]
fn the_secrets_of_one_application_open_nothing_in_another() {
    let mut talk = Talk::new("normal-adult");
    let number_b = talk.number_b("normal-adult");
    talk.expect(&[(talk::SURFACE, 0x9000)]);
    assert_eq!(talk.present(0x0012, &number_b), 0x9000);
    talk.expect(&[(talk::SUPPORT, 0x9000)]);
    assert_eq!(talk.read(0x0002), Err(0x6982));
    assert_eq!(talk.present(0x0011, "1234"), 0x9000);
    talk.expect(&[
        (talk::JPKI, 0x9000),
        ("00A4020C020017", 0x9000),
        (SIGN, 0x6982),
    ]);
    talk.expect(&[(talk::SUPPORT, 0x9000)]);
    assert_eq!(talk.read(0x0001), Err(0x6982));
}
