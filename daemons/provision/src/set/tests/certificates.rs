// SPDX-License-Identifier: MIT OR Apache-2.0
//! Certificates that are whole but wrong: dates, names, chains.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use time::{Duration, OffsetDateTime};

use super::*;

const READER_CRT: &str = "credentials/uplink/reader.crt";
const READER_KEY: &str = "credentials/uplink/reader.key";
const READER_CA: &str = "credentials/terminal/reader-ca.crt";

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = OffsetDateTime::now_utc() - Duration::days(10);
    params.not_after = OffsetDateTime::now_utc() + Duration::days(10);
    params
}

fn authority(name: &str, by: Option<&Authority>) -> Authority {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let made = match by {
        Some(by) => params.signed_by(&key, &by.issuer),
        None => params.self_signed(&key),
    };
    Authority {
        pem: made.unwrap().pem(),
        issuer: Issuer::new(params, key),
    }
}

/// Certificate and key, PEM.
fn leaf(by: &Authority, change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
    let mut params = params("reader-0001");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let made = params.signed_by(&key, &by.issuer).unwrap();
    (made.pem(), key.serialize_pem())
}

/// A good set whose reader has this chain and key, under this root.
fn with(chain: &str, key: &str, root: &str) -> Files {
    let mut files = good();
    files.insert(READER_CRT.into(), chain.into());
    files.insert(READER_KEY.into(), key.into());
    files.insert(READER_CA.into(), root.into());
    files
}

fn refused(change: impl FnOnce(&mut CertificateParams), expected: &str) {
    let root = authority("readers", None);
    let (chain, key) = leaf(&root, change);
    let said = said(&with(&chain, &key, &root.pem));
    assert!(
        said.iter().any(|l| l.starts_with(expected)),
        "{expected} in {said:#?}"
    );
}

#[test]
fn dates_are_judged() {
    let day = Duration::days(1);
    refused(
        |p| p.not_after = OffsetDateTime::now_utc() - day,
        "credentials/uplink/reader.crt:1: not after: expired on",
    );
    refused(
        |p| p.not_before = OffsetDateTime::now_utc() + day,
        "credentials/uplink/reader.crt:1: not before: not valid before",
    );
}

#[test]
fn a_certificate_of_tomorrow_is_only_noted_where_the_clock_may_be_slow() {
    let root = authority("readers", None);
    let (chain, key) = leaf(&root, |p| {
        p.not_before = OffsetDateTime::now_utc() + Duration::days(1);
    });
    let set = crate::testing::set(&with(&chain, &key, &root.pem));
    let doubtful = Clock {
        certain: false,
        ..clock()
    };
    let Ok(checked) = set.check(Path::new(""), Path::new("/nonexistent"), doubtful) else {
        panic!("refused");
    };
    assert_eq!(checked.notes.len(), 1);
    assert!(checked.notes[0].to_string().contains("not valid before"));
}

#[test]
fn a_reader_without_a_name_the_terminal_can_use_is_refused() {
    for name in ["", "reader 1", "受付", "a\u{7f}"] {
        refused(
            |p| p.distinguished_name.push(DnType::CommonName, name),
            "credentials/uplink/reader.crt:1: subject:",
        );
    }
}

#[test]
fn an_authority_does_not_stand_for_a_reader() {
    refused(
        |p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
        "credentials/uplink/reader.crt:1: basic constraints:",
    );
}

#[test]
fn a_chain_is_followed_certificate_by_certificate() {
    let root = authority("readers", None);
    let between = authority("readers of the north", Some(&root));
    let (own, key) = leaf(&between, |_| {});
    let chain = format!("{own}{}", between.pem);
    assert_eq!(said(&with(&chain, &key, &root.pem)), [""; 0]);

    let said_of = |chain: &str| said(&with(chain, &key, &root.pem)).join("\n");
    let without = said_of(&own);
    assert!(
        without.contains("reader.crt:1: not believed with the root"),
        "{without}"
    );
    let reversed = said_of(&format!("{}{own}", between.pem));
    assert!(reversed.contains("stands first"), "{reversed}");
    let stranger = authority("readers of the north", None);
    let wrong = said_of(&format!("# ours\n{own}{}", stranger.pem));
    assert!(
        wrong.contains("reader.crt:2: issuer: not signed by"),
        "{wrong}"
    );
}
