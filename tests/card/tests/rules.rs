// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the card answers, command by command.
#![allow(clippy::unwrap_used)]

mod cards;

use tempfile::TempDir;
use uketsuke_virtual_card::card::{Behaviour, Card};
use uketsuke_virtual_card::profile;
use uketsuke_virtual_card::vault::Vault;

const JPKI: &str = "00A4040C0AD392F000260100000001";
const ISD: &str = "00A4040C07A0000001510000";
const PIN_EF: &str = "00A4020C020018";
const KEY_EF: &str = "00A4020C020017";
const RIGHT: &str = "002000800431323334";
const WRONG: &str = "002000800439393939";
const QUERY: &str = "00200080";
/// Signature over the SHA-256 of "hello".
const SIGN: &str = "802A0080333031300D0609608648016503040201050004202CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B982400";

struct Bed {
    card: Card,
    _vault: Vault,
    _dir: TempDir,
}

impl Bed {
    fn with(name: &str, behaviour: Behaviour) -> Self {
        let dir = cards::copied();
        let mut vault = Vault::open(dir.path()).unwrap();
        let card = vault.card(profile::find(name).unwrap(), behaviour).unwrap();
        Self {
            card,
            _vault: vault,
            _dir: dir,
        }
    }

    fn new(name: &str) -> Self {
        Self::with(name, Behaviour::default())
    }

    fn send(&mut self, hex: &str) -> (Vec<u8>, u16) {
        let hex: String = hex
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect();
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let (answer, failure) = self.card.transmit(&bytes);
        assert!(failure.is_none());
        (answer.data, answer.sw.0)
    }

    /// Sends each command and compares the status words.
    fn talk(&mut self, lines: &[(&str, u16)]) {
        for (number, (command, expected)) in lines.iter().enumerate() {
            let (_, sw) = self.send(command);
            assert_eq!(
                sw, *expected,
                "command {number}, {command}: {sw:04X}, not {expected:04X}"
            );
        }
    }
}

#[test]
fn only_whole_identifiers_select_an_application() {
    Bed::new("normal-adult").talk(&[
        ("00A4000000", 0x6A86),
        ("00A40000", 0x6A86),
        ("00A4000C023F00", 0x6A82),
        ("00A4040C09D392F0002601000000", 0x6A82),
        ("00A4040C09D39210003100010104", 0x6A82),
        ("00A4040C0AD3921000310001010103", 0x6A82),
        ("00A4040C", 0x6700),
        ("00A404010AD392F000260100000001", 0x6A86),
        ("00A404000AD392F00026010000000100", 0x9000),
        (JPKI, 0x9000),
        ("00A40000", 0x9000),
        ("00A4090C020018", 0x6A86),
        ("00A4020C03000018", 0x6700),
        ("00A4020C022F10", 0x6A82),
        (ISD, 0x9000),
        ("00A4020C02000A", 0x6A82),
    ]);
}

#[test]
fn none_of_the_probes_of_other_drivers_succeeds() {
    let mut bed = Bed::new("normal-adult");
    for probe in [
        "00A4040007627601FF000000",
        "00A4040006A00000000101",
        "00A404000BE82B0601040181C31F020100",
        "00A4040C0FD23300000045737445494420763335",
        "00CADF3005",
        "00CB3FFF035C017E08",
        "00A4040009A0000003080000100000",
        "00A4040C07A000000116DB0000",
        "00A404000CF276A288BCFBA69D34F31001",
        "00A4040009A0000003974254465900",
        "00A4040006D2760001240100",
        "00A4040C0FE828BD080FA000000167455349474E",
    ] {
        assert_ne!(bed.send(probe).1, 0x9000, "{probe}");
    }
}

#[test]
fn reading_follows_offset_length_and_short_identifier() {
    let mut bed = Bed::new("normal-adult");
    bed.talk(&[
        ("00B0000004", 0x6986),
        (JPKI, 0x9000),
        ("00B0000004", 0x6986),
        ("00A4020C02000A", 0x9000),
    ]);
    let (head, _) = bed.send("00B0000004");
    assert_eq!(head[..2], [0x30, 0x82]);
    let length = usize::from(u16::from_be_bytes([head[2], head[3]])) + 4;
    let mut whole = Vec::new();
    while whole.len() < length {
        let (part, sw) = bed.send(&format!("00B0{:04X}00", whole.len()));
        assert_eq!(sw, 0x9000);
        assert_eq!(
            part.len(),
            256.min(length - whole.len()),
            "short only at the end"
        );
        whole.extend(part);
    }
    assert_eq!(
        bed.send(&format!("00B0{:04X}10", length - 3)),
        (whole[length - 3..].to_vec(), 0x9000)
    );
    assert_eq!(bed.send(&format!("00B0{length:04X}01")).1, 0x6B00);
    assert_eq!(bed.send("00B07FFF00").1, 0x6B00);
    assert_eq!(bed.send("00B0000000FFFF").0, whole, "extended Le");
    // Short identifier 0A with offset 4, which also makes it the current file.
    bed.talk(&[("00A4020C020006", 0x9000)]);
    assert_eq!(bed.send("00B08A0402"), (whole[4..6].to_vec(), 0x9000));
    assert_eq!(bed.send("00B0000004").0, head);
    bed.talk(&[
        ("00B0000000", 0x9000),
        ("00B00000", 0x6700),
        ("00B000000100", 0x6700),
        ("00B0800004", 0x6A86),
        ("00B0C10004", 0x6A86),
        ("00B0830004", 0x6A82),
        (JPKI, 0x9000),
        ("00B0000004", 0x6986),
    ]);
}

#[test]
fn token_and_availability_can_be_read_freely() {
    let mut bed = Bed::new("normal-adult");
    bed.talk(&[(JPKI, 0x9000), ("00A4020C020006", 0x9000)]);
    assert_eq!(
        bed.send("00B0000020").0,
        b"JPKIAPICCTOKEN2                 "
    );
    assert_eq!(bed.send("00B0880003"), (vec![0x8F, 0x8F, 0x00], 0x9000));
    let mut old = Bed::new("old-juki");
    old.talk(&[(ISD, 0x6A82), (JPKI, 0x9000), ("00A4020C020006", 0x9000)]);
    assert_eq!(
        old.send("00B0000020").0,
        b"JPKIAPICCTOKEN                  "
    );
}

#[test]
fn filler_follows_the_certificate_of_some_cards() {
    let mut bed = Bed::new("second-adult");
    bed.talk(&[(JPKI, 0x9000), ("00A4020C02000A", 0x9000)]);
    let (file, _) = bed.send("00B0000000FFFF");
    let length = usize::from(u16::from_be_bytes([file[2], file[3]])) + 4;
    assert_eq!(file[length..], [0xFF; 37]);
}

#[test]
fn commands_fit_only_their_kind_of_file() {
    Bed::new("normal-adult").talk(&[
        ("00A4020C02001E", 0x9000),
        ("00B0000004", 0x6981),
        ("00B2010400", 0x6981),
        (JPKI, 0x9000),
        (QUERY, 0x6986),
        ("802A00800101 00", 0x6986),
        (KEY_EF, 0x9000),
        ("00B0000004", 0x6981),
        (QUERY, 0x6981),
        (PIN_EF, 0x9000),
        ("00B0000004", 0x6981),
        (SIGN, 0x6981),
        ("00A4020C02000A", 0x9000),
        (QUERY, 0x6981),
        (RIGHT, 0x6981),
        ("00B2010400", 0x6981),
        ("0088009904010203 0400", 0x6985),
        ("00A4020C020009", 0x9000),
        ("00B0000004", 0x6982),
        ("00A4020C020005", 0x9000),
        ("00B0000004", 0x6981),
    ]);
}

#[test]
fn the_pin_counts_down_blocks_and_is_restored_by_success() {
    let mut bed = Bed::new("normal-adult");
    bed.talk(&[
        (JPKI, 0x9000),
        (PIN_EF, 0x9000),
        (QUERY, 0x63C3),
        (WRONG, 0x63C2),
        (QUERY, 0x63C2),
        (RIGHT, 0x9000),
        (QUERY, 0x63C3),
        (WRONG, 0x63C2),
        (WRONG, 0x63C1),
        (WRONG, 0x63C0),
        (QUERY, 0x63C0),
        (RIGHT, 0x6984),
        (WRONG, 0x6984),
    ]);
    Bed::new("pin-one-left").talk(&[
        (JPKI, 0x9000),
        (PIN_EF, 0x9000),
        (QUERY, 0x63C1),
        (RIGHT, 0x9000),
        (QUERY, 0x63C3),
    ]);
    Bed::new("pin-locked").talk(&[
        (JPKI, 0x9000),
        (PIN_EF, 0x9000),
        (QUERY, 0x63C0),
        (RIGHT, 0x6984),
    ]);
    Bed::new("second-adult").talk(&[
        (JPKI, 0x9000),
        (PIN_EF, 0x9000),
        (RIGHT, 0x63C2),
        ("002000800434333231", 0x9000),
    ]);
}

#[test]
fn verify_takes_1_to_16_bytes_and_its_own_parameters_without_cost() {
    Bed::new("normal-adult").talk(&[
        (JPKI, 0x9000),
        (PIN_EF, 0x9000),
        ("0020008011 3131313131313131313131313131313131", 0x6700),
        ("0020008004 31323334 00", 0x6700),
        ("0020008000", 0x6700),
        ("0020018004 31323334", 0x6A86),
        ("0020000004 31323334", 0x6A86),
        ("0020009E", 0x6981),
        ("00200098", 0x63C3),
        ("0020009B", 0x63C5),
        ("00200083", 0x6A88),
        (PIN_EF, 0x9000),
        ("0020008010 31313131313131313131313131313131", 0x63C2),
        ("0020009804 31323334", 0x9000),
    ]);
}

#[test]
fn a_signature_needs_the_pin_of_its_own_key() {
    let mut bed = Bed::new("normal-adult");
    bed.talk(&[
        (JPKI, 0x9000),
        (KEY_EF, 0x9000),
        (SIGN, 0x6982),
        (PIN_EF, 0x9000),
        (RIGHT, 0x9000),
        (KEY_EF, 0x9000),
        (SIGN, 0x9000),
        (SIGN, 0x9000),
        ("00A4020C02001A", 0x9000),
        (SIGN, 0x6982),
        ("00200098", 0x63C3),
    ]);
    // Key 0017 by short identifier gives the same bytes; 001A stays closed.
    let (by_file, _) = {
        bed.talk(&[(KEY_EF, 0x9000)]);
        bed.send(SIGN)
    };
    assert_eq!(by_file.len(), 256);
    assert_eq!(
        bed.send(&SIGN.replacen("802A0080", "802A0097", 1)).0,
        by_file
    );
    bed.talk(&[
        (&SIGN.replacen("802A0080", "802A009A", 1), 0x6982),
        (&SIGN.replacen("802A0080", "802A0000", 1), 0x6A86),
        (KEY_EF, 0x9000),
        (&SIGN.replacen("802A0080", "802A0680", 1), 0x6A86),
        ("802A0280021122 00", 0x6985),
        ("802A008000", 0x6700),
        (&SIGN[..SIGN.len() - 2], 0x6700),
        ("002A0080011100", 0x6D00),
    ]);
    for p1 in ["01", "03", "05"] {
        let (signature, sw) = bed.send(&format!("802A{p1}800568656C6C6F00"));
        assert_eq!((signature.len(), sw), (256, 0x9000), "P1 {p1}");
    }
}

#[test]
fn the_signature_certificate_and_key_need_the_password() {
    Bed::new("normal-adult").talk(&[
        (JPKI, 0x9000),
        ("00A4020C020001", 0x9000),
        ("00B0000004", 0x6982),
        (PIN_EF, 0x9000),
        (RIGHT, 0x9000),
        ("00A4020C020001", 0x9000),
        ("00B0000004", 0x6982),
        ("00A4020C02001B", 0x9000),
        (QUERY, 0x63C5),
        ("0020008008 4142434431323334", 0x9000),
        ("00A4020C020001", 0x9000),
        ("00B0000004", 0x9000),
        ("00A4020C02001A", 0x9000),
        (SIGN, 0x9000),
    ]);
}

fn open(bed: &mut Bed) {
    bed.talk(&[(JPKI, 0x9000), (PIN_EF, 0x9000), (RIGHT, 0x9000)]);
}

fn is_open(bed: &mut Bed) -> bool {
    bed.talk(&[(JPKI, 0x9000), (KEY_EF, 0x9000)]);
    bed.send(SIGN).1 == 0x9000
}

#[test]
fn a_presented_pin_lasts_until_another_application_or_no_power() {
    let mut bed = Bed::new("normal-adult");
    open(&mut bed);
    assert!(is_open(&mut bed), "the same application again keeps it");
    bed.card.warm_reset();
    bed.talk(&[(KEY_EF, 0x6A82)]);
    assert!(
        is_open(&mut bed),
        "a warm reset keeps it, though not the application"
    );
    bed.talk(&[("00A4040C0AD3921000310001010409", 0x6A82)]);
    assert!(
        is_open(&mut bed),
        "an application that is not there changes nothing"
    );
    bed.talk(&[("00A4040C0AD3921000310001010402", 0x9000)]);
    assert!(!is_open(&mut bed), "another application clears it");
    open(&mut bed);
    bed.talk(&[(ISD, 0x9000)]);
    assert!(!is_open(&mut bed), "the issuer domain clears it");
    open(&mut bed);
    bed.card.power_cycle();
    assert!(!is_open(&mut bed), "without power it is gone");
}

#[test]
fn a_failed_verify_takes_an_earlier_success_back() {
    let mut bed = Bed::new("normal-adult");
    open(&mut bed);
    bed.talk(&[(WRONG, 0x63C2)]);
    assert!(!is_open(&mut bed));
}

#[test]
fn the_switches_choose_the_other_behaviour() {
    let switched = Behaviour {
        failed_verify_revokes: false,
        survives_warm_reset: false,
        first_command_fails: true,
        ..Behaviour::default()
    };
    let mut bed = Bed::with("normal-adult", switched);
    bed.talk(&[(JPKI, 0x6F00), (JPKI, 0x9000)]);
    open(&mut bed);
    bed.talk(&[(WRONG, 0x63C2)]);
    assert!(is_open(&mut bed), "a failed VERIFY takes nothing back");
    bed.card.warm_reset();
    bed.talk(&[(JPKI, 0x6F00)]);
    assert!(!is_open(&mut bed), "a warm reset clears it");
}

#[test]
fn a_secret_is_changed_only_after_it_was_presented() {
    let change = "0024018004 35363738";
    Bed::new("normal-adult").talk(&[
        (JPKI, 0x9000),
        (PIN_EF, 0x9000),
        (change, 0x6982),
        (RIGHT, 0x9000),
        ("0024008004 35363738", 0x6A86),
        ("0024018003 353637", 0x6A80),
        ("00240180", 0x6700),
        (change, 0x9000),
        (RIGHT, 0x63C2),
        ("0020008004 35363738", 0x9000),
    ]);
}

#[test]
fn channels_classes_and_instructions_it_does_not_know_have_their_words() {
    Bed::new("normal-adult").talk(&[
        ("01A4040C0AD392F000260100000001", 0x6881),
        ("8384000008", 0x6881),
        ("0CA4040C0AD392F000260100000001", 0x6882),
        ("0884000008", 0x6882),
        ("10A40000", 0x6E00),
        ("FFCA000000", 0x6E00),
        ("00FE0000", 0x6D00),
        ("80A40000", 0x6D00),
        ("00", 0x6700),
        ("80AE000000", 0x6D00),
        (JPKI, 0x9000),
        ("80AE000000", 0x6982),
        ("80FC0000", 0x6700),
        ("80A2000000", 0x6986),
        ("00A4020C020016", 0x9000),
        ("80A2000000", 0x6A86),
        ("80A200C1080000000000000000", 0x6700),
    ]);
}

#[test]
fn a_challenge_is_random_and_of_the_length_asked_for() {
    let mut bed = Bed::new("normal-adult");
    let (first, sw) = bed.send("0084000008");
    assert_eq!((first.len(), sw), (8, 0x9000));
    assert_ne!(bed.send("0084000008").0, first);
    assert_eq!(bed.send("0084000000").0.len(), 256);
    bed.talk(&[
        ("008400000001 01", 0x6985),
        ("00840000", 0x6700),
        ("0084010008", 0x6A86),
    ]);
}

#[test]
fn data_objects_are_there_until_an_application_is_selected() {
    let mut bed = Bed::new("normal-adult");
    assert_eq!(bed.send("00CA00F000"), (b"13221".to_vec(), 0x9000));
    assert_eq!(bed.send("00CA00F200").0.len(), 8);
    bed.talk(&[
        ("00CA004208", 0x6700),
        ("00CA00F300", 0x6A88),
        ("00CA00F0", 0x6700),
        (JPKI, 0x9000),
        ("00CA00F000", 0x6A88),
        ("00CA5F5100", 0x9000),
        (ISD, 0x9000),
        ("00CA00F000", 0x9000),
    ]);
}

#[test]
fn another_kind_of_card_has_none_of_it() {
    Bed::new("foreign-card").talk(&[
        (JPKI, 0x6A82),
        (ISD, 0x6A82),
        (PIN_EF, 0x6A82),
        ("00A4020C02001E", 0x6A82),
    ]);
}

#[test]
fn what_the_card_cannot_remember_it_does_not_answer_as_done() {
    let dir = tempfile::tempdir().unwrap();
    let mut vault = Vault::open(&dir.path().join("cards")).unwrap();
    let mut card = vault
        .card(profile::find("normal-adult").unwrap(), Behaviour::default())
        .unwrap();
    let send = |card: &mut Card, bytes: &[u8]| card.transmit(bytes);
    send(
        &mut card,
        &[
            &[0, 0xA4, 4, 0x0C, 10][..],
            uketsuke_virtual_card::files::JPKI_AID,
        ]
        .concat(),
    );
    send(&mut card, &[0, 0xA4, 2, 0x0C, 2, 0, 0x18]);
    std::fs::remove_dir_all(dir.path().join("cards")).unwrap();
    let (answer, failure) = send(&mut card, b"\x00\x20\x00\x80\x041234");
    assert_eq!(answer.sw.0, 0x6581);
    assert!(failure.is_some());
    assert_eq!(send(&mut card, &[0, 0x20, 0, 0x80]).0.sw.0, 0x63C3);
}
