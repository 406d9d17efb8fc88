// SPDX-License-Identifier: MIT OR Apache-2.0
//! The 券面入力補助AP, the 共通カードAP, the 住基AP and the card's own data objects, as an independent
//! reader of My Number Cards (crate myna-card) finds them.
#![allow(clippy::unwrap_used)]

mod cards;
mod talk;

use myna_card::ap::common::CommonAp;
use myna_card::ap::juki::JukiAp;
use myna_card::ap::surface::{self, SurfaceAp};
use myna_card::ap::text::{self, Attributes, TextAp};
use myna_card::card::Retries;
use myna_card::data::{CardVerifiableCertificate, RsaPublicKey};
use myna_card::mf::{MasterFile, tag};
use myna_card::{Command, Pin};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use openssl::sign::Verifier;
use talk::{Link, Talk};
use uketsuke_virtual_card::card::Behaviour;
use uketsuke_virtual_card::issuer::public;
use uketsuke_virtual_card::profile::{Chain, NUMBER_A};

fn openssl(key: &RsaPublicKey) -> PKey<Public> {
    let number = |bytes: &[u8]| BigNum::from_slice(bytes).unwrap();
    let rsa = Rsa::from_public_components(number(&key.modulus), number(&key.exponent));
    PKey::from_rsa(rsa.unwrap()).unwrap()
}

/// Whether this is the ordinary signature of the bytes.
fn signed(key: &RsaPublicKey, bytes: &[u8], signature: &[u8]) -> bool {
    let key = openssl(key);
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
    verifier.verify_oneshot(signature, bytes).unwrap()
}

fn believed(certificate: &CardVerifiableCertificate, by: &RsaPublicKey) -> bool {
    signed(by, &certificate.signed_data, &certificate.signature)
}

fn pin(text: &str) -> Pin {
    Pin::numeric(text).unwrap()
}

#[test]
fn text_digests_and_keys_of_the_support_application_hold_together() {
    let talk = Talk::new("second-adult");
    let number_b = talk.number_b("second-adult");
    let issuer = talk.vault.issuer(Chain::Trusted).unwrap();
    let root = RsaPublicKey::parse(&public(&issuer.root).unwrap()).unwrap();
    let mut card = myna_card::Card::new(Link(talk.card));
    let mut support = TextAp::select(&mut card).unwrap();

    assert_eq!(
        support.retries(text::ef::PIN).unwrap(),
        Retries::Remaining(3)
    );
    assert_eq!(
        support.retries(text::ef::BLOCKED_0012).unwrap().count(),
        Some(0)
    );
    assert!(support.read_my_number().is_err());
    support.verify_code_a(&pin(NUMBER_A)).unwrap();
    assert_eq!(support.read_my_number().unwrap().as_str(), NUMBER_A);
    assert!(support.read_attributes().is_err());
    support.verify_code_b(&pin(&number_b)).unwrap();
    let attributes = support.read_attributes().unwrap();
    assert_eq!(attributes.split_name(), Some(("試験", "太郎")));

    let record = support.read_integrity_record().unwrap();
    let physical = support.read_my_number_file().unwrap();
    assert_eq!(physical.len(), 17);
    assert_eq!(record.my_number_digest, sha256(&physical));
    let raw = support.read_ef(text::ef::ATTRIBUTES).unwrap();
    assert_eq!(
        record.attributes_digest,
        sha256(Attributes::digest_source(&raw).unwrap())
    );

    let certificate = support.read_certificate().unwrap();
    assert!(believed(&certificate, &root));
    assert!(signed(
        &certificate.public_key,
        &record.signed_data,
        &record.signature
    ));
    let own = support.read_signed_public_key().unwrap();
    assert!(signed(
        &certificate.public_key,
        &own.signed_data,
        &own.signature
    ));
    let proof = support
        .card()
        .call_ok(&Command::with_data_le(0x80, 0x2A, 3, 0, *b"challenge", 256))
        .unwrap();
    assert!(signed(&own.public_key, b"challenge", &proof));
    support.read_session_key_public_key().unwrap();
    let basic = support.read_ap_basic_data().unwrap();
    assert!(basic.digest().is_some());
    support.change_pin(&pin("4321"), &pin("8765")).unwrap();
    assert!(support.verify_pin(&pin("4321")).is_err());

    let mut surface = SurfaceAp::select(&mut card).unwrap();
    surface.verify_code_a(&pin(NUMBER_A)).unwrap();
    let image = surface.read_my_number_image().unwrap();
    let certificate = surface.read_certificate().unwrap();
    assert!(signed(
        &certificate.public_key,
        &image.signed_data,
        &image.signature
    ));
    assert!(
        !openssl(&image.public_key).public_eq(&openssl(&own.public_key)),
        "each application has a key of its own"
    );
    surface.read_ap_basic_data().unwrap();
    assert_eq!(
        surface.retries(surface::ef::CODE_A).unwrap(),
        Retries::Remaining(10)
    );
}

#[test]
fn files_have_the_sizes_of_the_official_test_card() {
    let mut talk = Talk::new("normal-adult");
    let number_b = talk.number_b("normal-adult");
    talk.expect(&[(talk::SURFACE, 0x9000)]);
    for (secret, value) in [
        (0x0011, &number_b[..6]),
        (0x0012, &number_b),
        (0x0013, NUMBER_A),
    ] {
        assert_eq!(talk.present(secret, value), 0x9000);
    }
    for (file, size) in [
        (0x0001, 547),
        (0x0002, 3_070),
        (0x0003, 320),
        (0x0004, 568),
        (0x0005, 686),
        (0x0006, 16),
    ] {
        assert_eq!(talk.read(file).unwrap().len(), size, "{file:04X}");
    }
    talk.expect(&[(talk::SUPPORT, 0x9000)]);
    assert_eq!(talk.present(0x0011, "1234"), 0x9000);
    for (file, size) in [
        (0x0001, 17),
        (0x0003, 336),
        (0x0004, 568),
        (0x0005, 164),
        (0x0006, 269),
        (0x0007, 536),
        (0x0008, 16),
    ] {
        assert_eq!(talk.read(file).unwrap().len(), size, "{file:04X}");
    }
}

#[test]
fn the_common_card_tells_number_municipality_and_end_and_proves_itself() {
    let talk = Talk::new("normal-adult");
    let mut card = myna_card::Card::new(Link(talk.card));
    let mut common = CommonAp::select(&mut card).unwrap();
    let info = common.read_card_info().unwrap();
    assert_eq!(info.municipality_code, "13221");
    assert_eq!(info.serial.len(), 15);
    let named = common.read_record(0x0002, 1).unwrap();
    assert_eq!(named.len(), 16);
    // Its public half is on no file: the same challenge, the same bytes, is all a reader can see.
    let proof = common.internal_authenticate(&[7; 32]).unwrap();
    assert_eq!(proof.len(), 256);
    assert_eq!(common.internal_authenticate(&[7; 32]).unwrap(), proof);
    assert_ne!(common.internal_authenticate(&[8; 32]).unwrap(), proof);
    common.change_pin(&pin("1234"), &pin("2222")).unwrap();
    common.verify_pin(&pin("2222")).unwrap();

    let mut register = JukiAp::select(&mut card).unwrap();
    assert_eq!(register.read_record(0x0002, 1).unwrap(), named);
    assert!(register.verify_pin(&pin("2222")).is_err());
    assert_eq!(register.pin_retries().unwrap(), Retries::Remaining(2));
    register.verify_pin(&pin("1234")).unwrap();
    let mut common = CommonAp::select(&mut card).unwrap();
    assert_eq!(common.pin_retries().unwrap(), Retries::Remaining(3));
}

#[test]
fn internal_authentication_is_a_signature_of_that_key_over_the_challenge() {
    let mut talk = Talk::new("normal-adult");
    talk.expect(&[(talk::COMMON, 0x9000)]);
    let (proof, sw) = talk.send("0088009904 01020304 00");
    assert_eq!(sw, 0x9000);
    let pem = std::fs::read(talk.state().join("normal-adult/common.key")).unwrap();
    let key = PKey::private_key_from_pem(&pem).unwrap();
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
    assert!(verifier.verify_oneshot(&proof, &[1, 2, 3, 4]).unwrap());
    talk.expect(&[
        ("0088009904 01020304", 0x6700),
        ("0088019904 01020304 00", 0x6A86),
        ("0088009C04 01020304 00", 0x6981),
        ("0088008304 01020304 00", 0x6A88),
        ("0088000004 01020304 00", 0x6A86),
        (talk::SURFACE, 0x9000),
        ("0088000004 01020304 00", 0x6985),
        (talk::SUPPORT, 0x9000),
        ("0088009304 01020304 00", 0x6985),
        (talk::ISD, 0x9000),
        ("0088008004 01020304 00", 0x6986),
    ]);
}

#[test]
fn records_are_read_by_number_of_the_current_file_or_one_by_short_identifier() {
    Talk::new("normal-adult").expect(&[
        (talk::COMMON, 0x9000),
        ("00B2010400", 0x6986),
        ("00B2010C00", 0x9000),
        ("00B2010400", 0x9000),
        ("00B2020400", 0x6A83),
        ("00B2000400", 0x6A83),
        ("00B2010500", 0x6A81),
        ("00B2010600", 0x6A86),
        ("00B20104", 0x6700),
        ("00B2011C00", 0x6A82),
        ("00B2011400", 0x9000),
        ("00B0000000", 0x6981),
        ("00A4020C02001C", 0x9000),
        ("00B2010400", 0x6981),
        (talk::JPKI, 0x9000),
        ("00B2015400", 0x6981),
    ]);
}

#[test]
fn each_application_takes_one_of_the_two_commands_that_change_a_pin() {
    Talk::new("normal-adult").expect(&[
        (talk::COMMON, 0x9000),
        ("00A4020C02001C", 0x9000),
        ("8032008004 35363738", 0x6982),
        ("0020008004 31323334", 0x9000),
        ("0024018004 35363738", 0x6A81),
        ("8032018004 35363738", 0x6A86),
        ("8032008004 35363738", 0x9000),
        ("0020008004 35363738", 0x9000),
        (talk::SUPPORT, 0x9000),
        ("00A4020C020011", 0x9000),
        ("0020008004 31323334", 0x9000),
        ("8032008004 35363738", 0x6A81),
        ("0024018004 35363738", 0x9000),
        // Blocked from the day of issue.
        ("00200092", 0x63C0),
        ("0020009204 31323334", 0x6984),
    ]);
}

#[test]
fn no_application_takes_a_session_key_and_each_says_so_in_its_word() {
    let mut talk = Talk::new("normal-adult");
    for (application, word) in [
        (talk::JPKI, 0x6982),
        (talk::REGISTER, 0x6982),
        (talk::SURFACE, 0x66F1),
        (talk::COMMON, 0x66F1),
        (talk::SUPPORT, 0x66F1),
    ] {
        talk.expect(&[(application, 0x9000), ("80AE000000", word)]);
    }
}

#[test]
fn the_chain_among_the_data_objects_leads_from_the_root_down() {
    let talk = Talk::new("normal-adult");
    let issuer = talk.vault.issuer(Chain::Trusted).unwrap();
    let root = RsaPublicKey::parse(&public(&issuer.root).unwrap()).unwrap();
    let mut card = myna_card::Card::new(Link(talk.card));
    let mut master = MasterFile::select(&mut card).unwrap();
    let chain = master.certificate_chain().unwrap();
    let [upper, lower] = &chain[..] else {
        panic!("{} certificates", chain.len());
    };
    assert!(believed(upper, &root) && believed(lower, &upper.public_key));
    assert_eq!(upper.subject_key_id, lower.issuer_key_id);
    let named = master.data_object(tag::INTERMEDIATE_KEY_ID).unwrap();
    assert_eq!(upper.subject_key_id.as_bytes()[..], named[..]);
    for object in [tag::CHAIN_UPPER, tag::CHAIN_LOWER] {
        assert_eq!(master.data_object(object).unwrap().len(), 575);
    }
    let expiry = master.data_object(tag::EXPIRY).unwrap();
    let mut common = CommonAp::select(&mut card).unwrap();
    let info = common.read_card_info().unwrap().expiry;
    let text = format!("{:04}{:02}{:02}", info.year, info.month, info.day);
    assert_eq!(expiry, text.as_bytes());
}

#[test]
fn a_chip_of_another_generation_has_no_lower_certificate() {
    let mut talk = Talk::new("second-adult");
    talk.expect(&[("00CA00F8 000000", 0x9000), ("00CA7F21 000000", 0x6A88)]);
    assert_eq!(talk.send("00CA00F800").1, 0x6700, "it needs an extended Le");
}

#[test]
fn the_contact_atr_is_given_in_the_state_the_switch_says() {
    use uketsuke_virtual_card::behaviour::ContactAtr::{
        Always, WithApplication, WithoutApplication,
    };
    const ASK: &str = "00CA5F5100";
    for (contact_atr, without, with) in [
        (Always, 0x9000, 0x9000),
        (WithApplication, 0x6A88, 0x9000),
        (WithoutApplication, 0x9000, 0x6A88),
    ] {
        let switched = Behaviour {
            contact_atr,
            ..Behaviour::default()
        };
        let mut talk = Talk::with("normal-adult", switched);
        talk.expect(&[(ASK, without), (talk::JPKI, 0x9000), (ASK, with)]);
    }
}

#[test]
fn whether_number_b_opens_the_digests_is_a_switch() {
    for (b_opens_digests, opened) in [(true, true), (false, false)] {
        let switched = Behaviour {
            b_opens_digests,
            ..Behaviour::default()
        };
        let mut talk = Talk::with("normal-adult", switched);
        let number_b = talk.number_b("normal-adult");
        talk.expect(&[(talk::SUPPORT, 0x9000)]);
        assert_eq!(talk.present(0x0015, &number_b), 0x9000);
        assert_eq!(talk.read(0x0003).is_ok(), opened);
        assert!(talk.read(0x0002).is_ok());
    }
}

#[test]
fn the_tries_of_the_birth_key_are_a_switch() {
    for (birth_key_tries, before, wrong, after) in [
        (None, 0x6300, 0x6300, 0x6300),
        (Some(10), 0x63CA, 0x63C9, 0x63CA),
        (Some(1), 0x63C1, 0x63C0, 0x63C0),
    ] {
        let switched = Behaviour {
            birth_key_tries,
            ..Behaviour::default()
        };
        let mut talk = Talk::with("normal-adult", switched);
        talk.expect(&[(talk::SURFACE, 0x9000), ("00200091", before)]);
        assert_eq!(talk.present(0x0011, "000000"), wrong);
        let number_b = talk.number_b("normal-adult");
        let right = if birth_key_tries == Some(1) {
            0x6984
        } else {
            0x9000
        };
        assert_eq!(talk.present(0x0011, &number_b[..6]), right);
        talk.expect(&[("00200091", after)]);
    }
}
