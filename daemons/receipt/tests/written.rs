// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is written is what was meant: by our own reader, and by libxml2 with a schema of the names that are
//! public.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use support::{answered, consents};
use uketsuke_receipt::{Element, Encoding, Folder, check, identifier, read};

const BOTH: [Encoding; 2] = [Encoding::Utf8, Encoding::ShiftJis];
/// Beyond Shift_JIS: a surname that many have.
const YOSHIDA: &str = "𠮷田　花子";

#[test]
fn what_is_written_is_read_again_and_nothing_is_wrong_with_it() {
    let consents = consents();
    for encoding in BOTH {
        let answered = answered(&consents, YOSHIDA);
        let name = answered.name();
        let document = answered.document(encoding);
        let file = encoding.write(&document).unwrap();
        let (again, label) = read(&file).unwrap();
        assert!(again == document, "{encoding:?}");
        assert_eq!(label, encoding.label());
        assert_eq!(check(&name, &file), []);
    }
}

/// `xmllint` on a file; what it printed.
fn xmllint(file: &Path, arguments: &[&str]) -> String {
    let done = Command::new("xmllint")
        .arg("--nonet")
        .args(arguments)
        .arg(file)
        .output();
    let done = done.expect("xmllint, of libxml2-utils");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{}: {said}", file.display());
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn another_parser_finds_everything_by_name_and_the_schema_holds() {
    let consents = consents();
    let place = tempfile::tempdir().unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/face-file.xsd");
    let schema = schema.to_str().unwrap();
    for encoding in BOTH {
        let answered = answered(&consents, YOSHIDA);
        let path = place.path().join(answered.name());
        fs::write(
            &path,
            &*encoding.write(&answered.document(encoding)).unwrap(),
        )
        .unwrap();
        xmllint(&path, &["--noout", "--schema", schema]);
        for (of, text) in [
            ("Name", YOSHIDA),
            ("NameKana", "ｼｶｸ ｲﾁﾛｳ"),
            ("InsurerNumber", "  123456"),
            ("Address", "見本県 <A&B> \"棟\" ]]>"),
            ("CharacterCodeIdentifier", encoding.code()),
            ("ArbitraryFileIdentifier", "ABEiM0RVZneImaq7"),
            ("MedicalInstitutionCode", "1312345678"),
            ("QualificationConfirmationDate", "20261201"),
            ("PharmacistsInfoConsFlg", "1"),
            ("PharmacistsInfoAvailableTime", "20261202093000"),
            ("PrescriptionIssueSelect", "1"),
        ] {
            let found = xmllint(&path, &["--xpath", &format!("string(//{of})")]);
            assert_eq!(found.strip_suffix('\n'), Some(text), "{of} in {encoding:?}");
        }
        let count = xmllint(
            &path,
            &["--xpath", "count(//SpecificDiseasesCertificateInfo)"],
        );
        assert_eq!(count.trim(), "2");
    }
}

#[test]
fn the_schema_refuses_what_is_not_of_the_interface() {
    let consents = consents();
    let place = tempfile::tempdir().unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/face-file.xsd");
    let good = Encoding::Utf8.write(&answered(&consents, YOSHIDA).document(Encoding::Utf8));
    let good = String::from_utf8(good.unwrap().to_vec()).unwrap();
    for (from, to) in [
        ("<Sex1>1</Sex1>", "<Sex1>4</Sex1>"),
        ("<Sex1>1</Sex1>", "<Sex3>1</Sex3>"),
        ("<Birthdate>19750408", "<Birthdate>1975-04-08"),
        ("PharmacistsInfoConsFlg>1<", "PharmacistsInfoConsFlg>4<"),
        ("<MessageBody>", "<MessageBody><MessageBody/>"),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good, "{from}");
        let path = place.path().join("bad.xml");
        fs::write(&path, bad).unwrap();
        let done = Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema"])
            .args([&schema, &path])
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(3), "{from} → {to}");
    }
}

#[test]
fn the_identifier_is_of_the_session() {
    assert_eq!(identifier(support::SESSION), "ABEiM0RVZneImaq7");
    assert_ne!(identifier(&"01".repeat(16)), identifier(&"10".repeat(16)));
}

#[test]
fn what_xml_cannot_hold_is_refused_by_the_name_of_its_element() {
    for text in ["a\0", "\u{1B}[31m", "\r\n", "\u{FFFE}"] {
        let element = Element::text("Name", text);
        for encoding in BOTH {
            let error = encoding.write(&element).unwrap_err().to_string();
            assert_eq!(error, "Name holds a sign that XML cannot hold");
        }
    }
    for name in ["", "1a", "a b", "a>", "名"] {
        assert!(
            Encoding::Utf8.write(&Element::text(name, "")).is_err(),
            "{name}"
        );
    }
}

#[test]
fn nobody_who_looks_every_millisecond_sees_half_a_file() {
    let consents = consents();
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::new(place.path().to_owned());
    let over = AtomicBool::new(false);
    let looked = thread::scope(|scope| {
        let look = scope.spawn(|| {
            let (mut files, mut looks) = (0, 0);
            while !over.load(Ordering::Relaxed) {
                looks += 1;
                for entry in fs::read_dir(place.path()).unwrap() {
                    let path = entry.unwrap().path();
                    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                    // As receipt computers choose: by the end of the name.
                    if !name.to_ascii_lowercase().ends_with(".xml") {
                        continue;
                    }
                    // One that was taken away in between is no half file.
                    let Ok(bytes) = fs::read(&path) else { continue };
                    assert_eq!(check(&name, &bytes), [], "{name}");
                    files += 1;
                }
                thread::sleep(Duration::from_millis(1));
            }
            (files, looks)
        });
        let mut name = None;
        for round in 0..300 {
            let encoding = BOTH[round % 2];
            let mut answered = answered(&consents, YOSHIDA);
            // Every third replaces the one before, as after a kill.
            answered.counter = (round / 3) as u64;
            let now = answered.name();
            let file = encoding.write(&answered.document(encoding)).unwrap();
            folder.lay(&now, &file).unwrap();
            if let Some(old) = name.replace(now.clone()).filter(|old| *old != now) {
                folder.take_away(&old).unwrap();
            }
        }
        over.store(true, Ordering::Relaxed);
        look.join().unwrap()
    });
    println!("{} whole files seen in {} looks", looked.0, looked.1);
    assert!(looked.0 > 50, "too few to say anything: {looked:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_comes_back(text in "[\\t -~\u{A0}-\u{2FFF}\u{3000}-\u{9FFF}\u{E000}-\u{FFFD}\u{10000}-\u{2FFFF}]{0,40}") {
        let document = Element::holding("XmlMsg", vec![Element::text("Name", text.clone()), Element::text("Sex1", "1")]);
        for encoding in BOTH {
            let file = encoding.write(&document).unwrap();
            let (again, _) = read(&file).unwrap();
            prop_assert_eq!(again.said("Name"), Some(text.as_str()));
        }
    }
}
