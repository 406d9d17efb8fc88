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

impl Row {
    /// `names` says which files "PIN", "A" and "B" are.
    fn parse(cells: &[&str], names: &BTreeMap<&str, u16>) -> Self {
        let (fid, content, access) = (cells[0], cells[1], clause(cells[2]));
        // Files have their size in the fourth column.
        let was_read = cells
            .get(3)
            .is_some_and(|size| size.starts_with(|digit: char| digit.is_ascii_digit()));
        let by = || {
            if access.contains("free") {
                BTreeSet::new()
            } else {
                secrets(&access, names)
            }
        };
        if let Some(query) = query(cells) {
            Self::Secret(query)
        } else if fid.ends_with("rec 1") {
            assert!(by().is_empty(), "{content}");
            Self::Record
        } else if content.contains("private key") || content.contains("this AP's signing key") {
            Self::Key(by())
        } else if access == "protected" {
            Self::Protected
        } else if access == "–" && was_read {
            Self::File(BTreeSet::new())
        } else if ["–", "U", "`80 A2`"].contains(&&*access)
            || content.starts_with("internal-authentication key")
        {
            Self::Opaque
        } else {
            Self::File(by())
        }
    }
}

/// What the row says before it goes into the details, without remarks in brackets.
fn clause(text: &str) -> String {
    let first = text.split([';', '.']).next().unwrap();
    let first = first.split(", else").next().unwrap();
    let mut plain = String::new();
    for (number, part) in first.split(['(', ')']).enumerate() {
        let is_bracketed = number % 2 == 1;
        if !is_bracketed || u16::from_str_radix(part, 16).is_ok() {
            plain.push_str(part);
        }
    }
    plain.trim().to_owned()
}

/// The secrets a clause names.
fn secrets(clause: &str, names: &BTreeMap<&str, u16>) -> BTreeSet<u16> {
    let mut found = BTreeSet::new();
    for word in clause.split(|letter: char| !letter.is_alphanumeric()) {
        let named = names.get(word.trim_start_matches("照合番号"));
        let numbered = u16::from_str_radix(word, 16)
            .ok()
            .filter(|_| word.len() == 4);
        found.extend(named.copied().or(numbered));
    }
    assert!(!found.is_empty(), "{clause:?} names no secret");
    found
}

/// Answer to asking for the tries of a secret; `None` of a row that is none.
fn query(cells: &[&str]) -> Option<u16> {
    let row = cells.join(" ").replace("**", "");
    if row.contains("blocked from issuance") {
        return Some(0x63C0);
    }
    if row.contains("tries U") {
        // Nobody knows; the card's default is no limit.
        return Some(0x6300);
    }
    let before = row.split(" tries").next().filter(|before| *before != row)?;
    let tries: u16 = before.rsplit(' ').next()?.parse().ok()?;
    Some(0x63C0 | tries)
}

/// Which file "PIN", "A" and "B" are in an application, by its own rows.
fn names(rows: &[Vec<&'static str>]) -> BTreeMap<&'static str, u16> {
    let named = |cells: &Vec<&str>| match (cells[1], &fids(cells[0])[..]) {
        (content, [fid]) if content.starts_with("PIN ") => vec![("PIN", *fid)],
        (content, [a, b]) if content.starts_with("照合番号A / B") => vec![("A", *a), ("B", *b)],
        (content, [fid]) if content.starts_with("照合番号A") => vec![("A", *fid)],
        (content, [fid]) if content.starts_with("照合番号B") => vec![("B", *fid)],
        _ => Vec::new(),
    };
    rows.iter().flat_map(named).collect()
}

/// The identifiers of a row; there may be several, and what is no row has none.
fn fids(cell: &str) -> Vec<u16> {
    cell.split([',', '/', ' '])
        .filter(|word| word.len() == 4)
        .filter_map(|word| u16::from_str_radix(word, 16).ok())
        .collect()
}

fn applications() -> Vec<Application> {
    let mut found = Vec::new();
    for section in TABLE.split("\n## ").skip(1) {
        let title = section.lines().next().unwrap();
        let rows: Vec<Vec<&'static str>> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
            .map(|line| line.split(" | ").collect())
            .filter(|cells: &Vec<&str>| !fids(cells[0]).is_empty())
            .collect();
        let names = names(&rows);
        let mut application = Application {
            select: title.split(' ').next_back().unwrap().to_owned(),
            rows: BTreeMap::new(),
        };
        for cells in &rows {
            for fid in fids(cells[0]) {
                let row = Row::parse(cells, &names);
                let twice = application.rows.insert(fid, row);
                assert!(twice.is_none(), "{fid:04X} twice");
            }
        }
        found.push(application);
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
fn the_table_is_read_as_it_is_meant() {
    let applications = applications();
    let row =
        |application: usize, fid: u16| format!("{:04X?}", applications[application].rows[&fid]);
    for (application, fid, meant) in [
        (0, 0x0001, "File({001B})"),
        (0, 0x0009, "Protected"),
        (0, 0x000A, "File({})"),
        (0, 0x0016, "Opaque"),
        (0, 0x0017, "Key({0018})"),
        (0, 0x001B, "Secret(63C5)"),
        (1, 0x0001, "File({0011})"),
        (1, 0x0002, "File({0012, 0013})"),
        (1, 0x0005, "File({0013})"),
        (1, 0x0006, "File({0012, 0013})"),
        (1, 0x0011, "Secret(6300)"),
        (1, 0x0012, "Secret(63CA)"),
        (2, 0x0001, "File({0011, 0014})"),
        (2, 0x0002, "File({0011, 0015})"),
        (2, 0x0003, "File({0011, 0014, 0015})"),
        (2, 0x0008, "File({})"),
        (2, 0x0012, "Secret(63C0)"),
        (2, 0x0013, "Key({})"),
        (2, 0x0015, "Secret(63CA)"),
        (3, 0x0001, "Record"),
        (3, 0x0019, "Opaque"),
        (4, 0x001C, "Secret(63C3)"),
    ] {
        assert_eq!(row(application, fid), meant, "{application}, {fid:04X}");
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
