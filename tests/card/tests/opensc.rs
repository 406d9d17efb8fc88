// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real pcscd and the real OpenSC accept the card (their `jpki` driver is the oracle).
#![allow(clippy::unwrap_used)]

mod cards;
mod common;

use std::path::Path;
use std::process::Command;

use common::{Bed, text};

fn openssl(dir: &Path, arguments: &str) -> String {
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "openssl {arguments}: {}",
        text(&output)
    );
    text(&output)
}

/// Signs the digest of `message` with OpenSC; its own words and whether it succeeded.
fn sign(bed: &Bed, key: &str, pin: &str) -> (bool, String) {
    openssl(bed.dir.path(), "dgst -sha256 -binary -out digest message");
    let output = bed.opensc(
        "pkcs15-crypt",
        &[
            "--sign",
            "--key",
            key,
            "--pin",
            pin,
            "--sha-256",
            "--pkcs1",
            "-i",
            "digest",
            "-o",
            "signature",
        ],
    );
    (output.status.success(), text(&output))
}

#[test]
fn opensc_reads_the_certificate_and_signs_and_openssl_verifies() {
    let mut bed = Bed::new();
    let dir = bed.dir.path().to_owned();
    std::fs::write(dir.join("message"), "確認").unwrap();
    bed.place("normal-adult");

    let pins = bed.opensc("pkcs15-tool", &["--list-pins"]);
    assert!(pins.status.success(), "{}", text(&pins));
    assert!(
        text(&pins).contains("User Authentication PIN"),
        "{}",
        text(&pins)
    );
    assert!(
        text(&pins).contains("Tries left     : 3"),
        "{}",
        text(&pins)
    );

    let read = bed.opensc(
        "pkcs15-tool",
        &["--read-certificate", "1", "-o", "certificate.pem"],
    );
    assert!(read.status.success(), "{}", text(&read));
    std::fs::write(dir.join("roots.pem"), bed.card.ca().unwrap()).unwrap();
    openssl(
        &dir,
        "verify -x509_strict -CAfile roots.pem certificate.pem",
    );

    let (signed, said) = sign(&bed, "1", "1234");
    assert!(signed, "{said}");
    openssl(&dir, "x509 -in certificate.pem -pubkey -noout -out key.pem");
    openssl(
        &dir,
        "dgst -sha256 -verify key.pem -signature signature message",
    );

    let state = bed.card.state().unwrap();
    assert_eq!(
        (state.pin_tries, state.verifies, state.verifies_wrong),
        (Some(3), 1, 0)
    );
}

#[test]
fn a_wrong_pin_costs_exactly_one_try_and_a_locked_card_none() {
    let mut bed = Bed::new();
    std::fs::write(bed.dir.path().join("message"), "x").unwrap();
    bed.place("normal-adult");
    for (left, spent) in [(2, 1), (1, 2), (0, 3)] {
        let (signed, _) = sign(&bed, "1", "9999");
        assert!(!signed);
        let state = bed.card.state().unwrap();
        assert_eq!((state.pin_tries, state.verifies_wrong), (Some(left), spent));
        let pins = text(&bed.opensc("pkcs15-tool", &["--list-pins"]));
        assert!(pins.contains(&format!("Tries left     : {left}")), "{pins}");
    }
    let (signed, _) = sign(&bed, "1", "1234");
    assert!(!signed, "a locked card signs nothing");

    // Neither a killed program nor a new one forgets.
    bed.restart_program();
    bed.place("normal-adult");
    assert_eq!(bed.card.state().unwrap().pin_tries, Some(0));
    bed.card.reset("normal-adult").unwrap();
    let (signed, said) = sign(&bed, "1", "1234");
    assert!(signed, "{said}");
}

#[test]
fn the_signature_certificate_needs_its_password() {
    let mut bed = Bed::new();
    let dir = bed.dir.path().to_owned();
    std::fs::write(dir.join("message"), "x").unwrap();
    bed.place("second-adult");
    let closed = bed.opensc("pkcs15-tool", &["--read-certificate", "2"]);
    assert!(!text(&closed).contains("BEGIN CERTIFICATE"));
    let open = [
        "--read-certificate",
        "2",
        "--verify-pin",
        "--auth-id",
        "2",
        "--pin",
        "ABCD1234",
    ];
    let read = bed.opensc(
        "pkcs15-tool",
        &[&open[..], &["-o", "certificate.pem"]].concat(),
    );
    assert!(read.status.success(), "{}", text(&read));
    std::fs::write(dir.join("roots.pem"), bed.card.ca().unwrap()).unwrap();
    openssl(&dir, "verify -CAfile roots.pem certificate.pem");
    let (signed, said) = sign(&bed, "2", "ABCD1234");
    assert!(signed, "{said}");
    openssl(&dir, "x509 -in certificate.pem -pubkey -noout -out key.pem");
    openssl(
        &dir,
        "dgst -sha256 -verify key.pem -signature signature message",
    );
}

#[test]
fn without_a_hint_opensc_finds_its_jpki_driver_by_probing() {
    let mut bed = Bed::new();
    bed.place("normal-adult");
    let output = Command::new("opensc-tool")
        .arg("--name")
        .env("PCSCLITE_CSOCK_NAME", &bed.pcscd.socket)
        .env("OPENSC_CONF", "/dev/null")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "jpki");
}

#[test]
fn another_card_is_not_taken_for_one() {
    let mut bed = Bed::new();
    bed.place("foreign-card");
    let output = bed.opensc("pkcs15-tool", &["--list-pins"]);
    assert!(!output.status.success());
    assert_eq!(bed.card.state().unwrap().pin_tries, None);
}

#[test]
fn the_card_is_found_again_by_a_restarted_pcscd() {
    let mut bed = Bed::new();
    bed.place("normal-adult");
    assert!(bed.opensc("pkcs15-tool", &["--list-pins"]).status.success());
    bed.pcscd.restart().unwrap();
    bed.wait_until_noticed(0);
    let again = bed.opensc("pkcs15-tool", &["--list-pins"]);
    assert!(again.status.success(), "{}", text(&again));
}

#[test]
fn cards_can_be_swapped_and_lie_on_both_slots() {
    let mut bed = Bed::new();
    let control = uketsuke_virtual_card::control::Request::Place {
        profile: "second-adult".to_owned(),
        slot: 1,
    };
    bed.place("normal-adult");
    bed.card.request(&control).unwrap();
    bed.wait_until_noticed(1);
    let read = |bed: &Bed, reader: &str| {
        let output = bed.opensc(
            "pkcs15-tool",
            &["--reader", reader, "--read-certificate", "1"],
        );
        assert!(output.status.success(), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let (first, second) = (read(&bed, "0"), read(&bed, "1"));
    assert_ne!(first, second);
    bed.place("pin-locked");
    assert_ne!(read(&bed, "0"), first);
    bed.card.lift().unwrap();
    bed.place("normal-adult");
    assert_eq!(read(&bed, "0"), first);
}

#[test]
fn a_mute_card_is_seen_and_does_not_answer() {
    let mut bed = Bed::new();
    bed.place("mute");
    let output = bed.opensc("pkcs15-tool", &["--list-pins"]);
    assert!(!output.status.success(), "{}", text(&output));
    let state = bed.card.state().unwrap();
    assert!(state.placed && state.connected);
    assert_eq!(
        state.apdus, 0,
        "pcscd got no answer to reset, so it sends nothing"
    );
}

#[test]
fn a_chosen_answer_to_reset_reaches_the_client_and_changes_nothing_else() {
    use uketsuke_virtual_card::control::Request;
    let mut bed = Bed::new();
    for (name, printed) in [
        (
            "contact-2",
            "3b:da:13:ff:81:31:fb:46:80:12:39:2f:31:c1:73:c6:01:c0:3b",
        ),
        ("contactless-8", "3b:88:80:01:00:4b:51:ff:00:81:d1:00:bc"),
    ] {
        let name = Some(name.to_owned());
        bed.card.request(&Request::Atr { name, slot: 0 }).unwrap();
        bed.place("normal-adult");
        let atr = bed.opensc("opensc-tool", &["--reader", "0", "--atr"]);
        assert!(text(&atr).contains(printed), "{}", text(&atr));
        let pins = bed.opensc("pkcs15-tool", &["--list-pins"]);
        assert!(
            text(&pins).contains("Tries left     : 3"),
            "{}",
            text(&pins)
        );
        bed.card.lift().unwrap();
    }
}

#[test]
fn applications_phones_and_the_official_card_answer_through_the_real_reader() {
    let mut bed = Bed::new();
    for (card, commands, answers) in [
        (
            "normal-adult",
            ["00A4040C0AD3921000310001010100", "00B2010C00"],
            ["(SW1=0x90, SW2=0x00)", "01 1C 34"],
        ),
        (
            "normal-adult",
            ["00A4040C0AD3921000310001010408", "00B0850004"],
            ["(SW1=0x90, SW2=0x00)", "FF 40 82 00"],
        ),
        (
            "android",
            ["00A4040C0AD392F000260100000001", "00B08A0004"],
            ["(SW1=0x90, SW2=0x00)", "(SW1=0x69, SW2=0x82)"],
        ),
        (
            "official-test-card",
            ["00A4040C0AD3921000310001010402", "00B0830007"],
            ["(SW1=0x90, SW2=0x00)", "FF 30 82 01 3B DF 31"],
        ),
        (
            "pinless",
            ["00A4040C0AD392F000260100000001", "00200098"],
            ["(SW1=0x90, SW2=0x00)", "(SW1=0x63, SW2=0xC0)"],
        ),
    ] {
        bed.place(card);
        let output = bed.opensc(
            "opensc-tool",
            &[
                "--reader",
                "0",
                "--send-apdu",
                commands[0],
                "--send-apdu",
                commands[1],
            ],
        );
        let said = text(&output);
        let second = said.rsplit("Sending").next().unwrap();
        assert!(said.contains(answers[0]), "{card}: {said}");
        assert!(second.contains(answers[1]), "{card}: {said}");
        bed.card.lift().unwrap();
    }
}
