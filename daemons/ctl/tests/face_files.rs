// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsukectl face-files` on what others wrote.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::process::Command;

/// Exit code and what was printed.
fn judge(path: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uketsukectl"));
    let done = command.arg("face-files").arg(path).output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8(said).unwrap())
}

const GOOD: &str = "<XmlMsg><MessageHeader><QualificationConfirmationDate>20261201</QualificationConfirmationDate>\
    <MedicalInstitutionCode>1312345678</MedicalInstitutionCode><SegmentOfResult>1</SegmentOfResult>\
    <CharacterCodeIdentifier>0</CharacterCodeIdentifier></MessageHeader><MessageBody>\
    <ProcessingResultStatus>1</ProcessingResultStatus><QualificationValidity>1</QualificationValidity>\
    <ResultList><ResultOfQualificationConfirmation><Name>資格　一郎</Name><Sex1>1</Sex1>\
    </ResultOfQualificationConfirmation></ResultList></MessageBody></XmlMsg>";

#[test]
fn each_file_is_judged_and_no_patient_is_named() {
    let place = tempfile::tempdir().unwrap();
    let put = |id: &str, text: &str| {
        let name = format!("OQSsiquc01res_face_{id}_20261201093000.xml");
        std::fs::write(place.path().join(name), text).unwrap();
    };
    put("1", GOOD);
    assert_eq!(
        judge(place.path()),
        (
            Some(0),
            "OQSsiquc01res_face_1_20261201093000.xml: ok\n1 files: 0 wrong, 0 odd\n".to_owned()
        )
    );
    put("2", &GOOD.replace("資格　一郎", "資格　●"));
    put("3", &GOOD.replace("<Sex1>1", "<Sex1>男"));
    put("4", &GOOD[..400]);
    std::fs::write(place.path().join("other.json"), "{}").unwrap();
    let (code, said) = judge(place.path());
    let result = "XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation";
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(lines.len(), 5, "{said}");
    for (line, end) in [
        (
            1,
            format!(": odd: {result}/Name: a sign was lost on the way (●); the kana are whole"),
        ),
        (2, format!(": wrong: {result}/Sex1: not one of 1, 2, 3")),
        (4, "4 files: 2 wrong, 1 odd".to_owned()),
    ] {
        assert!(lines[line].ends_with(&end), "{}", lines[line]);
    }
    assert!(
        lines[3].contains(": wrong: file: no XML from character "),
        "{}",
        lines[3]
    );
    assert!(!said.contains("資格") && !said.contains('男'));

    let (code, said) = judge(&place.path().join("nothing"));
    assert!(code == Some(2) && said.contains("cannot read"), "{said}");
}
