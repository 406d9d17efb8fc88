// SPDX-License-Identifier: MIT OR Apache-2.0
//! What makes each card of the tray the card it is, and the switches for what nobody knows.
#![allow(clippy::unwrap_used)]

mod cards;
mod talk;

use myna_card::ap::common::CommonAp;
use myna_card::ap::jpki::JpkiAp;
use openssl::asn1::Asn1Time;
use openssl::x509::X509;
use talk::{Link, Talk};
use uketsuke_virtual_card::behaviour::{AbsentFile, AbsentPassword};
use uketsuke_virtual_card::card::Behaviour;
use uketsuke_virtual_card::official;
use uketsuke_virtual_card::profile::{NUMBER_A, PASSWORD};

const QUERY: &str = "00200080";
const SIGN: &str = "802A028020 0000000000000000000000000000000000000000000000000000000000000000 00";

fn auth_certificate(talk: &mut Talk) -> X509 {
    talk.expect(&[(talk::JPKI, 0x9000)]);
    let file = talk.read(0x000A).unwrap();
    let length = usize::from(u16::from_be_bytes([file[2], file[3]])) + 4;
    X509::from_der(&file[..length]).unwrap()
}

/// Days from now to the end of the certificate.
fn days_left(certificate: &X509) -> i32 {
    let now = Asn1Time::days_from_now(0).unwrap();
    now.diff(certificate.not_after()).unwrap().days
}

/// Last day of the card as the 共通カードAP says, `YYYYMMDD`.
fn card_end(name: &str) -> String {
    let mut card = myna_card::Card::new(Link(Talk::new(name).card));
    let end = CommonAp::select(&mut card).unwrap().read_card_info();
    let end = end.unwrap().expiry;
    format!("{:04}{:02}{:02}", end.year, end.month, end.day)
}

/// Birth date as the face record has it, `YYYYMMDD`.
fn birth(name: &str) -> String {
    let mut talk = Talk::new(name);
    let number_b = talk.number_b(name);
    talk.expect(&[(talk::SURFACE, 0x9000)]);
    assert_eq!(talk.present(0x0011, &number_b[..6]), 0x9000);
    String::from_utf8(talk.read(0x0001).unwrap()[8..16].to_vec()).unwrap()
}

#[test]
fn a_card_without_pin_is_one_with_a_locked_pin_and_its_certificate_is_free() {
    let mut talk = Talk::new("pinless");
    auth_certificate(&mut talk);
    talk.expect(&[
        ("00A4020C020018", 0x9000),
        (QUERY, 0x63C0),
        ("0020008004 31323334", 0x6984),
        ("00A4020C020017", 0x9000),
        (SIGN, 0x6982),
    ]);
    let number_b = talk.number_b("pinless");
    talk.expect(&[(talk::SURFACE, 0x9000)]);
    assert_eq!(talk.present(0x0012, &number_b), 0x9000);
    assert!(talk.read(0x0002).is_ok());
    assert_eq!(talk.present(0x0013, NUMBER_A), 0x9000);
}

#[test]
fn what_is_unknown_of_a_card_without_pin_is_switched() {
    let defaults = Behaviour::default();
    for (file, select, read) in [
        (AbsentFile::Missing, 0x6A82, 0x6986),
        (AbsentFile::Empty, 0x9000, 0x6B00),
        (AbsentFile::Closed, 0x9000, 0x6982),
    ] {
        let switched = Behaviour {
            absent_signature_file: file,
            ..defaults
        };
        Talk::with("pinless", switched).expect(&[
            (talk::JPKI, 0x9000),
            ("00A4020C020001", select),
            ("00B0000004", read),
        ]);
    }
    for (password, select, query) in [
        (AbsentPassword::Missing, 0x6A82, 0x6986),
        (AbsentPassword::Blocked, 0x9000, 0x63C0),
        (AbsentPassword::Untouched, 0x9000, 0x63C5),
    ] {
        let switched = Behaviour {
            absent_signature_password: password,
            ..defaults
        };
        Talk::with("pinless", switched).expect(&[
            (talk::JPKI, 0x9000),
            ("00A4020C02001B", select),
            (QUERY, query),
        ]);
    }
    for (blocks, query) in [(true, 0x63C0), (false, 0x63C3)] {
        let switched = Behaviour {
            pinless_blocks_other_pins: blocks,
            ..defaults
        };
        let mut talk = Talk::with("pinless", switched);
        for (application, pin) in [
            (talk::SUPPORT, "00200091"),
            (talk::COMMON, "0020009C"),
            (talk::REGISTER, "0020009C"),
        ] {
            talk.expect(&[(application, 0x9000), (pin, query)]);
        }
    }
    for (clears, flags) in [(true, 0x05), (false, 0x0D)] {
        let switched = Behaviour {
            pinless_clears_flag: clears,
            ..defaults
        };
        let mut talk = Talk::with("pinless", switched);
        talk.expect(&[(talk::JPKI, 0x9000)]);
        assert_eq!(talk.read(0x0006).unwrap()[96..100], [0, 0, 4, flags]);
    }
    let switched = Behaviour {
        absent_certificate_byte: 0x42,
        ..defaults
    };
    let mut talk = Talk::with("pinless", switched);
    talk.expect(&[(talk::JPKI, 0x9000)]);
    assert_eq!(talk.read(0x0008).unwrap(), [0x42, 0x8F, 0x00]);
}

#[test]
fn a_card_without_signature_certificate_still_logs_in() {
    for name in ["no-signature", "under-fifteen"] {
        let mut talk = Talk::new(name);
        talk.expect(&[(talk::JPKI, 0x9000)]);
        assert_eq!(talk.read(0x0008).unwrap()[1], 0x8F);
        assert_ne!(talk.read(0x0008).unwrap()[0], 0x8F);
        assert_eq!(talk.read(0x0001), Err(0x6982));
        talk.expect(&[("0020009B", 0x63C0)]);
        assert_eq!(talk.present(0x0018, "1234"), 0x9000);
        talk.expect(&[("00A4020C020017", 0x9000), (SIGN, 0x9000)]);
    }
}

#[test]
fn a_childs_card_ends_with_its_certificates_and_the_child_is_one() {
    let today = Asn1Time::days_from_now(0).unwrap().to_string();
    let year: i32 = today.split(' ').rev().nth(1).unwrap().parse().unwrap();
    for (name, ages) in [("under-fifteen", 9..=12), ("photo-absent", 0..=3)] {
        let born: i32 = birth(name)[..4].parse().unwrap();
        assert!(ages.contains(&(year - born)), "{name}: born {born}");
        let certificate = auth_certificate(&mut Talk::new(name));
        let end = card_end(name);
        let until = Asn1Time::from_str_x509(&format!("{end}145959Z")).unwrap();
        assert!(*certificate.not_after() == until, "{name}: {end}");
    }
    assert_eq!(birth("normal-adult"), "19800217");
}

#[test]
fn an_expired_card_says_so_in_every_place_and_in_number_b() {
    let end = card_end("expired-card");
    let mut talk = Talk::new("expired-card");
    let left = days_left(&auth_certificate(&mut talk));
    assert!((-62..-59).contains(&left), "{left} days");
    assert_eq!(talk.number_b("expired-card")[6..10], end[..4]);
    talk.expect(&[(talk::ISD, 0x9000)]);
    assert_eq!(talk.send("00CA00F200").0, end.as_bytes());
    let until = Asn1Time::from_str_x509(&format!("{end}145959Z")).unwrap();
    assert!(until < Asn1Time::days_from_now(0).unwrap());
}

#[test]
fn a_foreign_nationals_number_has_the_western_year() {
    let mut talk = Talk::new("foreign-national");
    let number_b = talk.number_b("foreign-national");
    assert_eq!(number_b[..6], *"910730");
    talk.expect(&[(talk::SURFACE, 0x9000)]);
    let era = format!("03{}", &number_b[2..]);
    assert_eq!(talk.present(0x0012, &era), 0x63C9, "平成3");
    assert_eq!(talk.present(0x0012, &number_b), 0x9000);
    assert_eq!(talk.present(0x0011, "910730"), 0x9000);
    assert_eq!(birth("foreign-national"), "19910730");
}

#[test]
fn a_locked_number_b_opens_neither_face_nor_text_and_the_pin_still_works() {
    let mut talk = Talk::new("number-locked");
    let number_b = talk.number_b("number-locked");
    for (application, file) in [(talk::SURFACE, 0x0012), (talk::SUPPORT, 0x0015)] {
        talk.expect(&[(application, 0x9000)]);
        assert_eq!(talk.present(file, &number_b), 0x6984);
        talk.expect(&[(QUERY, 0x63C0)]);
        assert_eq!(talk.read(0x0002), Err(0x6982));
    }
    talk.expect(&[(talk::JPKI, 0x9000)]);
    assert_eq!(talk.present(0x0018, "1234"), 0x9000);
}

#[test]
fn a_phone_has_the_jpki_application_alone_and_its_own_token() {
    for (name, token, last) in [
        ("android", "JPKIAPGPSETOKEN", 0x6700),
        ("iphone", "JPKIAPIOSTOKEN", 0x9000),
    ] {
        let locked = Behaviour {
            iphone_unlocked: false,
            ..Behaviour::default()
        };
        let mut talk = Talk::with(name, locked);
        for absent in [talk::SURFACE, talk::SUPPORT, talk::COMMON, talk::REGISTER] {
            talk.expect(&[(absent, 0x6A82)]);
        }
        talk.expect(&[(talk::ISD, 0x6A82), ("00CA00F000", 0x6A88)]);
        talk.expect(&[(talk::JPKI, 0x9000), ("80FC0000", last)]);
        let label = format!("{token:<32}");
        assert_eq!(talk.read(0x0006).unwrap()[..32], *label.as_bytes());
        assert_eq!(talk.read(0x000A), Err(0x6982), "not before the PIN");
        talk.expect(&[("00A4020C020017", 0x9000), (SIGN, 0x6982)]);
        assert_eq!(talk.present(0x0018, "1234"), 0x9000);
        assert!(talk.read(0x000A).is_ok());
        talk.expect(&[("00A4020C020017", 0x9000), (SIGN, 0x9000)]);
        let mut card = myna_card::Card::new(Link(talk.card));
        let mut jpki = JpkiAp::select(&mut card).unwrap();
        assert!(!jpki.read_token_type().unwrap().is_physical_card());
    }
    Talk::new("normal-adult").expect(&[(talk::JPKI, 0x9000), ("80FC0000", 0x6700)]);
}

#[test]
fn an_unlocked_iphone_signs_with_nothing_presented_and_android_does_not() {
    for (name, open) in [("iphone", true), ("android", false)] {
        let mut talk = Talk::new(name);
        talk.expect(&[(talk::JPKI, 0x9000)]);
        assert_eq!(talk.read(0x000A).is_ok(), open, "{name}");
        let signed = if open { 0x9000 } else { 0x6982 };
        talk.expect(&[("00A4020C020017", 0x9000), (SIGN, signed)]);
    }
}

#[test]
fn whether_an_iphones_certificate_needs_the_pin_is_a_switch() {
    let switched = Behaviour {
        iphone_certificate_needs_pin: true,
        ..Behaviour::default()
    };
    let mut talk = Talk::with("iphone", switched);
    talk.expect(&[(talk::JPKI, 0x9000)]);
    assert_eq!(talk.read(0x000A), Err(0x6982));
    talk.expect(&[("00A4020C020017", 0x9000), (SIGN, 0x9000)]);
}

#[test]
fn a_card_of_the_next_generation_has_nothing_that_is_known_today() {
    let mut talk = Talk::new("next-generation");
    talk.expect(&[(talk::ISD, 0x9000)]);
    for application in [
        talk::JPKI,
        talk::SURFACE,
        talk::SUPPORT,
        talk::COMMON,
        talk::REGISTER,
    ] {
        talk.expect(&[(application, 0x6A82)]);
    }
}

#[test]
fn the_official_test_card_has_its_files_as_they_were_read() {
    use myna_card::ap::surface::SurfaceAp;
    use myna_card::ap::text::TextAp;
    use myna_card::{MasterFile, Pin};
    let pin = |text: &str| Pin::numeric(text).unwrap();
    let talk = Talk::new("official-test-card");
    assert_eq!(talk.number_b("official-test-card"), official::NUMBER_B);
    let mut card = myna_card::Card::new(Link(talk.card));
    let chain = MasterFile::new(&mut card).certificate_chain().unwrap();
    assert_eq!(chain.len(), 2);
    let mut surface = SurfaceAp::select(&mut card).unwrap();
    surface.verify_code_b(&pin(official::NUMBER_B)).unwrap();
    surface.verify_code_a(&pin(official::NUMBER_A)).unwrap();
    surface
        .verify_birth_date(&pin(official::BIRTH_KEY))
        .unwrap();
    surface.read_card_face().unwrap();
    surface.read_age_record().unwrap();
    surface.read_my_number_image().unwrap();
    surface.read_ap_basic_data().unwrap();
    let mut text = TextAp::select(&mut card).unwrap();
    text.verify_code_b(&pin(official::NUMBER_B)).unwrap();
    text.verify_code_a(&pin(official::NUMBER_A)).unwrap();
    assert_eq!(text.read_my_number().unwrap().as_str(), official::NUMBER_A);
    let sex = text.read_attributes().unwrap().sex;
    assert_eq!(sex, myna_card::data::Sex::Male);
    text.read_integrity_record().unwrap();
    text.read_signed_public_key().unwrap();
    let info = CommonAp::select(&mut card).unwrap().read_card_info();
    assert_eq!(info.unwrap().serial, "400000012719843");
    let mut jpki = JpkiAp::select(&mut card).unwrap();
    let certificate = X509::from_der(&jpki.read_auth_certificate_der().unwrap()).unwrap();
    let root = X509::from_der(&jpki.read_auth_ca_certificate_der().unwrap()).unwrap();
    assert!(certificate.verify(&root.public_key().unwrap()).unwrap());
    assert!(jpki.read_sign_certificate_der().is_err());
    jpki.verify_sign_pin(&Pin::new(PASSWORD).unwrap()).unwrap();
    jpki.read_sign_certificate_der().unwrap();
}

#[test]
fn the_official_test_cards_keys_are_refused_once_their_secrets_are_presented() {
    let mut talk = Talk::new("official-test-card");
    talk.expect(&[
        (talk::JPKI, 0x9000),
        ("00A4020C020017", 0x9000),
        (SIGN, 0x6982),
    ]);
    assert_eq!(talk.present(0x0018, "1234"), 0x9000);
    talk.expect(&[("00A4020C020017", 0x9000), (SIGN, 0x6985)]);
    for (application, own) in [
        (talk::SURFACE, "802A0300 01 07 00"),
        (talk::SUPPORT, "802A0300 01 07 00"),
        (talk::SUPPORT, "802A0393 01 07 00"),
        (talk::COMMON, "00880099 01 07 00"),
    ] {
        talk.expect(&[(application, 0x9000), (own, 0x6985)]);
    }
}

#[test]
fn the_registry_has_the_official_card_by_the_serial_number_of_its_certificate() {
    let mut talk = Talk::new("official-test-card");
    let certificate = auth_certificate(&mut talk);
    let serial = certificate.serial_number().to_bn().unwrap();
    let entries = uketsuke_virtual_card::registry::read(talk.state()).unwrap();
    let entry = entries
        .iter()
        .find(|entry| entry.profile == "official-test-card")
        .unwrap();
    assert_eq!(entry.serial_hex, serial.to_hex_str().unwrap().to_string());
    let name = certificate.subject_name().entries().last().unwrap();
    assert_eq!(entry.subject_cn.as_bytes(), name.data().as_slice());
}
