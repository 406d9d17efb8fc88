// SPDX-License-Identifier: MIT OR Apache-2.0
//! Certificates have the shape of those on official test cards, as the `openssl` program and an
//! independent reader of My Number Cards (crate myna-card) see them.
#![allow(clippy::unwrap_used)]

mod cards;

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use myna_card::ap::jpki::{JpkiAp, SignatureScheme};
use myna_card::{Pin, Transmit};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::rsa::Padding;
use openssl::sign::Verifier;
use openssl::x509::X509;
use uketsuke_virtual_card::card::{Behaviour, Card};
use uketsuke_virtual_card::vault::Vault;
use uketsuke_virtual_card::{profile, registry};

/// The card as the other crate wants a link to one.
struct Link(Card);

impl Transmit for Link {
    fn transmit(&mut self, command: &[u8]) -> myna_card::Result<Vec<u8>> {
        let (answer, failure) = self.0.transmit(command);
        assert!(failure.is_none());
        Ok(answer.into_bytes())
    }
}

fn link(vault: &mut Vault, name: &str) -> myna_card::Card<Link> {
    let card = vault
        .card(profile::find(name).unwrap(), Behaviour::default())
        .unwrap();
    myna_card::Card::new(Link(card))
}

fn auth_certificate(vault: &mut Vault, name: &str) -> X509 {
    let mut card = link(vault, name);
    let der = JpkiAp::select(&mut card)
        .unwrap()
        .read_auth_certificate_der()
        .unwrap();
    X509::from_der(&der).unwrap()
}

/// Whether this is the signature of "message".
fn verifies(key: &PKey<Public>, padding: Padding, signature: &[u8]) -> bool {
    let mut verifier = Verifier::new(MessageDigest::sha256(), key).unwrap();
    verifier.set_rsa_padding(padding).unwrap();
    verifier.verify_oneshot(signature, b"message").unwrap()
}

fn described(dir: &Path, certificate: &X509) -> String {
    let file = dir.join("described.pem");
    std::fs::write(&file, certificate.to_pem().unwrap()).unwrap();
    let output = Command::new("openssl")
        .args([
            "x509",
            "-noout",
            "-text",
            "-nameopt",
            "RFC2253,-esc_msb",
            "-in",
        ])
        .arg(file)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_independent_reader_finds_token_certificates_and_working_keys() {
    let dir = cards::copied();
    let mut vault = Vault::open(dir.path()).unwrap();
    let mut card = link(&mut vault, "second-adult");
    let mut jpki = JpkiAp::select(&mut card).unwrap();
    assert!(jpki.read_token_type().unwrap().is_physical_card());
    let token = jpki.read_token_info().unwrap();
    assert_eq!(
        token.token_type.name(),
        jpki.read_token_type().unwrap().name()
    );
    assert_eq!(token.model, "E16R01NJ");
    let available = jpki.read_certificate_availability().unwrap();
    assert!(available.has_auth_certificate() && available.has_sign_certificate());
    let certificate = X509::from_der(&jpki.read_auth_certificate_der().unwrap()).unwrap();

    assert!(
        jpki.verify_auth_pin(&Pin::numeric("1234").unwrap())
            .is_err()
    );
    jpki.verify_auth_pin(&Pin::numeric("4321").unwrap())
        .unwrap();
    let key = certificate.public_key().unwrap();
    for (scheme, padding) in [
        (SignatureScheme::Sha256DigestInfo, Padding::PKCS1),
        (SignatureScheme::Sha256Pss, Padding::PKCS1_PSS),
    ] {
        let signature = jpki.sign_with_auth_key(scheme, b"message").unwrap();
        assert!(verifies(&key, padding, &signature), "{scheme:?}");
    }
    jpki.verify_sign_pin(&Pin::new("ABCD1234").unwrap())
        .unwrap();
    let certificate = X509::from_der(&jpki.read_sign_certificate_der().unwrap()).unwrap();
    let signature = jpki
        .sign_with_sign_key(SignatureScheme::Sha256DigestInfo, b"message")
        .unwrap();
    let key = certificate.public_key().unwrap();
    assert!(verifies(&key, Padding::PKCS1, &signature));
    jpki.change_auth_pin(
        &Pin::numeric("4321").unwrap(),
        &Pin::numeric("1111").unwrap(),
    )
    .unwrap();
    jpki.verify_auth_pin(&Pin::numeric("1111").unwrap())
        .unwrap();
}

#[test]
fn the_authentication_certificate_has_its_shape() {
    let dir = cards::copied();
    let mut vault = Vault::open(dir.path()).unwrap();
    let certificate = auth_certificate(&mut vault, "normal-adult");
    let text = described(dir.path(), &certificate);
    for line in [
        "Version: 3",
        "Signature Algorithm: sha256WithRSAEncryption",
        "Issuer: OU=Japan Agency for Local Authority Information Systems,OU=JPKI for user authentication,O=JPKI-TEST,C=JP",
        "Public-Key: (2048 bit)",
        "Exponent: 65537",
        "X509v3 Key Usage: critical\n                Digital Signature\n",
        "X509v3 Extended Key Usage: \n                TLS Web Client Authentication\n",
        "X509v3 Certificate Policies: critical\n                Policy: 1.2.392.200149.8.5.1.0.30\n                  CPS: http://www.jpki.go.jp/cps.html\n",
        "X509v3 Issuer Alternative Name",
        "X509v3 CRL Distribution Points",
        "CN = Kiyose-shi CRLDP",
        "OCSP - URI:http://test-ocspauthnorm.jpki.invalid",
        "X509v3 Subject Key Identifier",
        "keyid:",
        "serial:",
        " 14:59:59 ",
        " Feb 17 14:59:59 ",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    let size = certificate.to_der().unwrap().len();
    assert!(
        (1_300..=1_800).contains(&size),
        "{size} bytes; the official test card's has 1590"
    );
    let name = certificate
        .subject_name()
        .entries()
        .last()
        .unwrap()
        .data()
        .as_slice()
        .to_vec();
    assert_eq!(name.len(), 23);
    assert!(name.ends_with(b"13221003A"));
    assert!(!text.contains("番号"), "the holder's name is not in it");
}

#[test]
fn the_signature_certificate_names_its_holder() {
    let dir = cards::copied();
    let mut vault = Vault::open(dir.path()).unwrap();
    let mut card = link(&mut vault, "normal-adult");
    let mut jpki = JpkiAp::select(&mut card).unwrap();
    jpki.verify_sign_pin(&Pin::new("ABCD1234").unwrap())
        .unwrap();
    let certificate = X509::from_der(&jpki.read_sign_certificate_der().unwrap()).unwrap();
    let text = described(dir.path(), &certificate);
    assert!(
        text.contains("Digital Signature, Non Repudiation"),
        "{text}"
    );
    assert!(text.contains("1.2.392.200149.8.5.1.0.20"), "{text}");
    assert!(text.contains("OU=JPKI for digital signature"), "{text}");
    assert!(!text.contains("Extended Key Usage"), "{text}");
    let der = certificate.to_der().unwrap();
    let holder = "番号　花子".as_bytes();
    assert!(der.windows(holder.len()).any(|part| part == holder));
    assert_eq!(
        certificate
            .subject_name()
            .entries()
            .last()
            .unwrap()
            .data()
            .len(),
        28
    );
    let root = X509::from_der(&jpki.read_sign_ca_certificate_der().unwrap()).unwrap();
    assert!(certificate.verify(&root.public_key().unwrap()).unwrap());
}

#[test]
fn roots_are_ones_that_say_test_and_sign_directly() {
    let dir = cards::copied();
    let mut vault = Vault::open(dir.path()).unwrap();
    let trusted = X509::stack_from_pem(vault.trusted_roots().unwrap().as_bytes()).unwrap();
    assert_eq!(trusted.len(), 2);
    for root in &trusted {
        let text = described(dir.path(), root);
        assert!(root.verify(&root.public_key().unwrap()).unwrap());
        for line in [
            "O=JPKI-TEST",
            "CA:TRUE",
            "Certificate Sign, CRL Sign",
            "X509v3 Subject Alternative Name",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("Authority Key Identifier"));
    }
    let root_key = trusted[0].public_key().unwrap();
    assert!(
        auth_certificate(&mut vault, "normal-adult")
            .verify(&root_key)
            .unwrap()
    );
    let stranger = auth_certificate(&mut vault, "untrusted-root");
    assert!(!stranger.verify(&root_key).unwrap());
    let names =
        [stranger.issuer_name(), trusted[0].subject_name()].map(|name| name.to_der().unwrap());
    assert_eq!(names[0], names[1], "the name alone tells nothing");
}

#[test]
fn a_forged_card_signs_with_a_key_that_is_not_its_certificates() {
    let dir = cards::copied();
    let mut vault = Vault::open(dir.path()).unwrap();
    let trusted = X509::stack_from_pem(vault.trusted_roots().unwrap().as_bytes()).unwrap();
    let certificate = auth_certificate(&mut vault, "forged");
    assert!(
        certificate
            .verify(&trusted[0].public_key().unwrap())
            .unwrap()
    );
    let mut card = link(&mut vault, "forged");
    let mut jpki = JpkiAp::select(&mut card).unwrap();
    jpki.verify_auth_pin(&Pin::numeric("1234").unwrap())
        .unwrap();
    let signature = jpki
        .sign_with_auth_key(SignatureScheme::Sha256DigestInfo, b"message")
        .unwrap();
    let key = certificate.public_key().unwrap();
    assert!(!verifies(&key, Padding::PKCS1, &signature));
}

#[test]
fn validity_is_as_the_profile_says_and_ends_on_a_birthday_in_japan() {
    use openssl::asn1::Asn1Time;
    let dir = cards::copied();
    let mut vault = Vault::open(dir.path()).unwrap();
    let now = Asn1Time::days_from_now(0).unwrap();
    for (name, days) in [
        ("normal-adult", 900..1_900),
        ("expired-recent", -31..-28),
        ("expired-old", -244..-241),
        ("expiring", 73..76),
    ] {
        let certificate = auth_certificate(&mut vault, name);
        let left = now.diff(certificate.not_after()).unwrap().days;
        assert!(days.contains(&left), "{name}: {left} days");
        assert!(certificate.not_after().to_string().contains("14:59:59"));
        let life = certificate
            .not_before()
            .diff(certificate.not_after())
            .unwrap()
            .days;
        assert!(
            (1_460..=1_827).contains(&life),
            "{name}: {life} days of life"
        );
    }
}

#[test]
fn the_registry_lists_every_card_with_a_certificate_and_stays_the_same() {
    let dir = cards::copied();
    let entries = {
        let mut vault = Vault::open(dir.path()).unwrap();
        let entries = registry::read(dir.path()).unwrap();
        let entry = entries
            .iter()
            .find(|entry| entry.profile == "normal-adult")
            .unwrap();
        let certificate = auth_certificate(&mut vault, "normal-adult");
        let serial = certificate
            .serial_number()
            .to_bn()
            .unwrap()
            .to_hex_str()
            .unwrap()
            .to_string();
        assert_eq!(entry.serial_hex, serial);
        let name = certificate.subject_name().entries().last().unwrap();
        assert_eq!(entry.subject_cn.as_bytes(), name.data().as_slice());
        entries
    };
    let serials: HashSet<_> = entries.iter().map(|entry| &entry.serial_hex).collect();
    assert_eq!(serials.len(), entries.len());
    assert_eq!(
        entries.len(),
        profile::PROFILES
            .iter()
            .filter(|profile| profile.has_jpki())
            .count()
    );
    Vault::open(dir.path()).unwrap();
    assert_eq!(registry::read(dir.path()).unwrap(), entries);
}

#[test]
fn keys_and_counters_are_for_their_owner_and_the_registry_for_all() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("cards");
    let mut vault = Vault::open(&state).unwrap();
    auth_certificate(&mut vault, "normal-adult");
    let mode = |path: &str| state.join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    for file in [
        "trusted/auth.key",
        "normal-adult/auth.key",
        "normal-adult/memory.json",
        "identities.json",
    ] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
    assert_eq!(mode("registry.json"), 0o644);
}

#[test]
fn two_programs_do_not_share_a_state_directory() {
    let dir = tempfile::tempdir().unwrap();
    let _first = Vault::open(dir.path()).unwrap();
    let second = Vault::open(dir.path());
    assert!(matches!(
        second,
        Err(uketsuke_virtual_card::vault::VaultError::InUse(_))
    ));
}
